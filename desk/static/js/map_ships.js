// Ships on the map: a mark each that a keyboard and a screen reader can reach, a list beside it, and who is not drawn.

import { moment, span } from "./clock.js";

const NAME_PX = 90;
const ROW_PX = 13;
const ROWS = [0, 1, -1, 2, -2, 3, -3];

const marks = new Map();

/** Put each ship's mark where it was heard last; take away those that were not heard yet. */
export function place(map, Marker, ships, ports) {
  const taken = ports.flatMap((port) => {
    const { x, y } = map.project(port.geometry.coordinates);
    return [{ x, y: y - ROW_PX / 2 }, { x, y: y + ROW_PX / 2 }];
  });
  const there = new Set(ships.map((ship) => ship.imo));
  for (const [imo, mark] of marks) {
    if (there.has(imo)) continue;
    mark.remove();
    marks.delete(imo);
  }
  for (const ship of ships) {
    let mark = marks.get(ship.imo);
    if (!mark) {
      mark = new Marker({ element: button(map, ship), anchor: "left" }).setLngLat(ship.position).addTo(map);
      marks.set(ship.imo, mark);
    }
    mark.setLngLat(ship.position).setOffset([7, row(map.project(ship.position), taken)]);
    const element = mark.getElement();
    element.classList.toggle("silent", ship.ring > 0);
    element.setAttribute("aria-label", `${ship.name}, ${words(ship)}`);
  }
}

/** How far below its ship a name stands, so that it covers no other and no port's; in a crowd, beside it all the same. */
function row({ x, y }, taken) {
  const isTaken = (down) => taken.some((other) => Math.abs(other.x - x) < NAME_PX && Math.abs(other.y - y - down) < ROW_PX);
  const down = ROWS.map((row) => row * ROW_PX).find((each) => !isTaken(each)) ?? 0;
  taken.push({ x, y: y + down });
  return down;
}

function button(map, ship) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "ship-mark";
  made.textContent = ship.name;
  made.addEventListener("click", () => map.easeTo({ center: ship.position, zoom: Math.max(map.getZoom(), 10) }));
  return made;
}

function words(ship) {
  const heard = `heard ${moment(new Date(ship.at * 1000))}`;
  if (!ship.ring) return heard;
  return `${heard}, silent ${span(ship.silent)}: within ${Math.round(ship.ring).toLocaleString("en")} nm`;
}

/** The list beside the map. */
export function list(ships) {
  document.getElementById("ships").replaceChildren(
    ...ships.map((ship) => item(`/vessels/${ship.imo}`, ship.name, words(ship))),
  );
}

/** Ships of the watchlist that are not on the map, each with the reason. */
export function notDrawn(left) {
  document.getElementById("not-drawn-title").hidden = left.length === 0;
  document.getElementById("not-drawn").replaceChildren(
    ...left.map((ship) => item(`/vessels/${ship.imo}`, ship.name, ship.why)),
  );
}

function item(path, name, said) {
  const made = document.createElement("li");
  const link = document.createElement("a");
  const more = document.createElement("small");
  link.href = path;
  link.dataset.open = path;
  link.textContent = name;
  more.textContent = said;
  made.append(link, more);
  return made;
}
