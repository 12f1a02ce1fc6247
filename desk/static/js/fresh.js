// Fresh: the page fetched again, and the parts that differ put in the place of what they were.
// The server alone makes HTML; a part is swapped whole, and what was chosen, scrolled and focused in it stays so.

import { tick } from "./clock.js";

const AGAIN_MS = 3000;

let underWay = null;

/** Fetch the page again and swap its live parts; asked while one is under way, once more after it. */
export async function refresh(after = () => {}) {
  if (underWay) return (underWay.again = true);
  underWay = { again: false };
  try {
    do {
      underWay.again = false;
      const answer = await fetch(location.pathname + location.search, { headers: { accept: "text/html" } });
      if (!answer.ok) throw new Error(`the desk answered ${answer.status}`);
      swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
      after();
    } while (underWay.again);
  } catch (error) {
    console.warn(`not refreshed: ${error.message}`);
    setTimeout(() => refresh(after), AGAIN_MS);
  } finally {
    underWay = null;
  }
}

function swap(next) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = next.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!fresh || fresh.isEqualNode(part)) continue;
    keep(part, fresh);
    part.replaceWith(document.adoptNode(fresh));
  }
  const main = next.getElementById("main");
  if (main) Object.assign(document.getElementById("main").dataset, main.dataset);
  document.title = next.title;
  tick();
  document.dispatchEvent(new CustomEvent("fresh"));
}

/** Carry over what a person did in a part: scrolled, opened, typed, focused. */
function keep(part, fresh) {
  const scrolled = [...part.querySelectorAll(".scroll, .picture")].map((each) => [each.scrollTop, each.scrollLeft]);
  const open = [...part.querySelectorAll("details")].map((each) => each.open);
  fresh.querySelectorAll("details").forEach((each, n) => (each.open = open[n] ?? each.open));
  const typed = new Map([...part.querySelectorAll("input[name], select[name]")].map((each) => [each.name, each.value]));
  for (const each of fresh.querySelectorAll("input[name], select[name]")) {
    if (typed.has(each.name)) each.value = typed.get(each.name);
  }
  const focused = part.contains(document.activeElement) ? placeOf(document.activeElement) : null;
  queueMicrotask(() => {
    fresh.querySelectorAll(".scroll, .picture").forEach((each, n) => {
      if (scrolled[n]) [each.scrollTop, each.scrollLeft] = scrolled[n];
    });
    if (focused) fresh.querySelector(focused)?.focus({ preventScroll: true });
  });
}

function placeOf(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.name) return `[name="${CSS.escape(element.name)}"]`;
  const row = element.closest("[data-id]");
  return row ? `[data-id="${CSS.escape(row.dataset.id)}"]` : ".scroll";
}
