// Clock: the UTC clock, and how long ago each time on the page was.

const LONG_AGO_S = 90 * 86400; // a date says more than so many days
const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

/** About how long, as the server says it: never "2 h" for less than two hours. */
export function span(seconds) {
  const [length, unit] = UNITS.find(([length]) => seconds >= 2 * length) ?? [1, "s"];
  return `${Math.floor(Math.max(seconds, 0) / length)} ${unit}`;
}

/** A moment in UTC, to the minute. */
export function moment(at) {
  return `${at.toISOString().slice(0, 16).replace("T", " ")}Z`;
}

function tick() {
  const now = new Date();
  const clock = document.getElementById("clock");
  if (clock) {
    clock.textContent = `${now.toISOString().slice(0, 19).replace("T", " ")}Z`;
    clock.dateTime = now.toISOString();
  }
  for (const each of document.querySelectorAll("time[data-ago]")) {
    each.textContent = `${span((now - new Date(each.dateTime)) / 1000)} ago`;
  }
  for (const each of document.querySelectorAll("time[data-relative]")) {
    const seconds = (now - new Date(each.dateTime)) / 1000;
    const ago = seconds >= 0 && seconds < LONG_AGO_S ? `, ${span(seconds)} ago` : "";
    each.textContent = `${each.dateTime.slice(0, 16).replace("T", " ")}Z${ago}`;
  }
}

/** Keep all of them going. */
export function keepTime() {
  tick();
  setInterval(tick, 1000);
}

export { tick };
