// The desk: its parts put together. Each is a noun in a file of its own; none of them decides anything about ships.

import { keepTime } from "./clock.js";
import * as drawer from "./drawer.js";
import * as forms from "./forms.js";
import { refresh } from "./fresh.js";
import * as keys from "./keys.js";
import { Live } from "./live.js";
import { startMap } from "./map.js";
import * as rows from "./rows.js";
import { query } from "./url.js";

const STRIP_MS = 30_000; // a feed that is gone makes no event

const told = new Set([...document.querySelectorAll(".alert.firing")].map((row) => row.dataset.id));

/** Alerts that were not there before are said aloud and shown as new. */
function announce() {
  for (const row of document.querySelectorAll(".alert.firing")) {
    if (told.has(row.dataset.id)) continue;
    told.add(row.dataset.id);
    row.classList.add("arrived");
    document.getElementById("said").textContent = `New alert, ${row.dataset.severity}: ${row.dataset.sentence}`;
  }
}

keepTime();
rows.listen(drawer.open);
rows.arrange();
forms.listen();
keys.listen();
drawer.follow();
addEventListener("popstate", () => {
  drawer.follow();
  refresh();
});
document.addEventListener("fresh", rows.arrange);
document.addEventListener("narrowed", () => refresh(announce));
const picture = document.querySelector(".picture");
picture.scrollLeft = picture.scrollWidth; // on a narrow page: the newest months

const map = startMap();
if (!query().get("as_of")) {
  new Live(Number(document.getElementById("main").dataset.sequence), () => {
    refresh(announce);
    map.later();
  });
  setInterval(() => document.hidden || refresh(announce), STRIP_MS);
}
