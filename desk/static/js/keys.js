// Keys: all that a mouse can do. Never while somebody types, never with a modifier.

import * as drawer from "./drawer.js";
import * as forms from "./forms.js";
import * as rows from "./rows.js";

const KEYS = {
  j: () => rows.step(1),
  k: () => rows.step(-1),
  e: evidence,
  Enter: evidence,
  a: () => ofAlert("acknowledge"),
  s: () => ofAlert("silence"),
  n: () => forms.add("sighting"),
  c: () => drawer.copyCitation(),
  "/": () => document.getElementById("find")?.focus(),
  "?": () => document.getElementById("help").showModal(),
  Escape: () => drawer.close(),
};

function evidence() {
  const row = rows.chosenRow();
  if (row) drawer.open(row.dataset.open);
}

/** Of the chosen alert; of the first one, where none is chosen. */
function ofAlert(kind) {
  const row = rows.chosenRow() ?? document.querySelector(".alert");
  if (!row?.classList.contains("alert")) return;
  rows.choose(row);
  forms.ofAlert(kind, row);
}

/** Listen to the keyboard. */
export function listen() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing && event.key !== "Escape") return;
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    if (typing) typing.blur();
    else act();
  });
}
