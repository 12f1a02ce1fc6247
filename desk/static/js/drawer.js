// Drawer: the evidence of one object beside the desk. The same HTML as the object's own page; the URL says what is open.

import { tick } from "./clock.js";
import { put, query } from "./url.js";

const drawer = () => document.getElementById("drawer");
let before = null; // what had the focus

/** Open the evidence of an object by its path. */
export async function open(path) {
  before ??= document.activeElement;
  put({ open: path }, { asStep: query().get("open") !== path });
  const asOf = query().get("as_of");
  const answer = await fetch(path + (asOf ? `?as_of=${encodeURIComponent(asOf)}` : ""), { headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  show(path, page.getElementById("evidence") ?? page.getElementById("main"));
}

function show(path, evidence) {
  const bar = document.createElement("div");
  bar.className = "bar";
  bar.append(
    button("Close", "Esc", close),
    button("Copy citation", "c", copyCitation),
    button("Decide…", "", () => document.dispatchEvent(new CustomEvent("decide", { detail: evidence.dataset.id ?? "" }))),
    linkTo(path),
  );
  drawer().replaceChildren(bar, document.adoptNode(evidence));
  drawer().hidden = false;
  drawer().scrollTop = 0;
  drawer().focus({ preventScroll: true });
  document.documentElement.dataset.drawer = "open";
  tick();
}

function button(words, key, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  if (key) made.title = `${words} (${key})`;
  made.addEventListener("click", act);
  return made;
}

function linkTo(path) {
  const made = document.createElement("a");
  made.href = path;
  made.className = "note";
  made.textContent = "page of its own";
  return made;
}

/** Close it; the focus goes back to where it was. */
export function close() {
  if (drawer().hidden) return false;
  drawer().hidden = true;
  drawer().replaceChildren();
  delete document.documentElement.dataset.drawer;
  put({ open: null });
  before?.isConnected && before.focus({ preventScroll: true });
  before = null;
  return true;
}

/** Put the citation on the clipboard; where that is not allowed, select it. */
export async function copyCitation() {
  const words = document.getElementById("citation");
  if (!words) return;
  const said = document.getElementById("said");
  try {
    await navigator.clipboard.writeText(words.textContent);
    said.textContent = "Citation copied.";
  } catch {
    getSelection().selectAllChildren(words);
    said.textContent = "Citation selected: copy it with the keyboard.";
  }
}

/** Open what the URL names, when the page begins and when a person goes back. */
export function follow() {
  const path = query().get("open");
  if (path?.startsWith("/") && !path.startsWith("//")) open(path);
  else close();
}
