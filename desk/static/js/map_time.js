// The map at a time: lines cut where the time falls, and around each ship that is silent a ring in which it can be.
// The ring grows at one speed from where the ship was heard last; it is no guess of where it is.

const EARTH_NM = 3440.065;
const RING_AFTER_S = 3600; // silent for less is not worth a ring
const WIDEST_NM = 300; // a wider ring says no more than that it can be anywhere
const SIDES = 72;

/** The features to draw at a time (seconds since 1970), and where each ship was heard last by then. */
export function atTime(shown, at) {
  const features = [];
  const last = new Map();
  for (const feature of shown.features) {
    const { what, imo, from_at: from } = feature.properties;
    if (what === "sighting" && from <= at) features.push(feature);
    if (what === "interference") features.push(feature);
    if (what !== "observed" && what !== "gap") continue;
    const cut = upTo(feature, at);
    if (cut) features.push(cut);
    const heard = what === "observed" ? heardBy(feature, at) : null;
    if (heard && heard.at >= (last.get(imo)?.at ?? 0)) last.set(imo, heard);
  }
  for (const ship of last.values()) {
    ship.silent = at - ship.at;
    ship.ring = ship.silent > RING_AFTER_S ? (shown.speed_kn * ship.silent) / 3600 : 0;
    features.push({ type: "Feature", geometry: { type: "Point", coordinates: ship.position }, properties: { what: "last", imo: ship.imo, silent: ship.ring > 0 } });
    if (ship.ring && ship.ring <= WIDEST_NM) features.push(ringOf(ship));
  }
  return { features: { type: "FeatureCollection", features }, ships: [...last.values()] };
}

/** A line as far as it was heard by a time. A gap is drawn once its far end is known. */
function upTo(feature, at) {
  const { times, what } = feature.properties;
  const points = feature.geometry.coordinates;
  if (feature.geometry.type !== "LineString" || times[0] > at) return null;
  if (times.at(-1) <= at) return feature;
  if (what === "gap") return null;
  const count = times.findLastIndex((each) => each <= at) + 1;
  if (count < 2) return null;
  return { ...feature, geometry: { type: "LineString", coordinates: points.slice(0, count) } };
}

function heardBy(feature, at) {
  const { times, imo, name } = feature.properties;
  const n = times.findLastIndex((each) => each <= at);
  if (n < 0) return null;
  const points = feature.geometry.type === "Point" ? [feature.geometry.coordinates] : feature.geometry.coordinates;
  return { imo, name, at: times[n], position: points[n] };
}

function ringOf({ position: [lon, lat], ring, imo }) {
  const rad = Math.PI / 180;
  const reach = ring / EARTH_NM;
  const edge = [];
  for (let n = 0; n <= SIDES; n++) {
    const bearing = (2 * Math.PI * n) / SIDES;
    const there = Math.asin(
      Math.sin(lat * rad) * Math.cos(reach) + Math.cos(lat * rad) * Math.sin(reach) * Math.cos(bearing),
    );
    const east = Math.atan2(
      Math.sin(bearing) * Math.sin(reach) * Math.cos(lat * rad),
      Math.cos(reach) - Math.sin(lat * rad) * Math.sin(there),
    );
    edge.push([lon + east / rad, there / rad]);
  }
  return { type: "Feature", geometry: { type: "Polygon", coordinates: [edge] }, properties: { what: "ring", imo, ring } };
}
