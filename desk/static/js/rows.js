// Rows: which alert or row of the ledger is chosen, by j and k or by a click; and the ledger's order and find.

import { put, query } from "./url.js";

let chosen = null;

const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility());

/** The row that is chosen, if it is still there. */
export function chosenRow() {
  return rows().find((row) => row.dataset.id === chosen) ?? null;
}

/** Choose a row and bring it into view. */
export function choose(row) {
  chosen = row?.dataset.id ?? null;
  mark();
  row?.scrollIntoView({ block: "nearest" });
  row?.focus({ preventScroll: true });
}

/** Choose the next row, or the one before. */
export function step(by) {
  const all = rows();
  const at = all.findIndex((row) => row.dataset.id === chosen);
  choose(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)]);
}

function mark() {
  for (const row of document.querySelectorAll("[data-row]")) row.classList.toggle("chosen", row.dataset.id === chosen);
}

const key = (text) => text.trim().replace(/^by /, "");
const collator = new Intl.Collator("en", { numeric: true });

function order() {
  const table = document.getElementById("rows");
  const [column, way] = (query().get("sort") ?? "").split(".");
  if (!table || column === "") return;
  const heads = [...table.tHead.rows[0].cells];
  const at = heads.findIndex((head) => head.textContent.trim() === column);
  if (at < 0) return;
  heads.forEach((head, n) => (head.ariaSort = n === at ? (way === "down" ? "descending" : "ascending") : "none"));
  const sign = way === "down" ? -1 : 1;
  const body = table.tBodies[0];
  const sorted = [...body.rows].sort(
    (one, other) => sign * collator.compare(key(one.cells[at].textContent), key(other.cells[at].textContent)),
  );
  body.append(...sorted);
}

function find() {
  const table = document.getElementById("rows");
  const word = (query().get("q") ?? "").toLowerCase();
  const box = document.getElementById("find");
  if (box && box !== document.activeElement) box.value = word;
  if (!table) return;
  let shown = 0;
  for (const row of table.tBodies[0].rows) {
    row.hidden = !row.textContent.toLowerCase().includes(word);
    shown += !row.hidden;
  }
  const found = document.getElementById("found");
  found.dataset.all ??= found.textContent;
  found.textContent = word ? `${shown} of ${found.dataset.all}` : found.dataset.all;
}

/** Bring the rows into the order and to the words of the URL. */
export function arrange() {
  order();
  find();
  mark();
}

/** Ask the desk for the rows that the form names. */
function narrow(form) {
  put(Object.fromEntries([...new FormData(form)].map(([name, word]) => [name, String(word)])), { asStep: true });
  document.dispatchEvent(new CustomEvent("narrowed"));
}

/** Listen for what a person does with the rows. */
export function listen(open) {
  document.addEventListener("click", (event) => {
    const sort = event.target.closest("[data-sort]");
    if (sort) {
      const column = sort.textContent.trim();
      put({ sort: `${column}.${query().get("sort") === `${column}.up` ? "down" : "up"}` });
      return arrange();
    }
    const row = event.target.closest("[data-row]");
    if (row && !event.target.closest("button, a, input, select")) choose(row);
    const link = event.target.closest("a");
    const plain = !(event.metaKey || event.ctrlKey || event.shiftKey || event.button);
    const path = link?.dataset.open ?? (link && row?.contains(link) ? row.dataset.open : null);
    if (path && plain) {
      event.preventDefault();
      if (row) choose(row);
      open(path);
    }
  });
  document.addEventListener("dblclick", (event) => {
    const row = event.target.closest("[data-row]");
    if (row && !event.target.closest("button, a")) open(row.dataset.open);
  });
  document.addEventListener("input", (event) => {
    if (event.target.id !== "find") return;
    put({ q: event.target.value });
    arrange();
  });
  document.addEventListener("change", (event) => event.target.form?.matches(".narrow") && narrow(event.target.form));
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".narrow")) return;
    event.preventDefault();
    narrow(event.target);
  });
}
