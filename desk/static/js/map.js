// The map: some days of the corridor, at a time that can be moved and replayed. The URL says which, and where it looks.
// <html data-map> is "idle" when all is drawn, "none" where a browser cannot draw it.

import { moment } from "./clock.js";
import * as ships from "./map_ships.js";
import { styleOf } from "./map_style.js";
import { atTime } from "./map_time.js";
import { put, query } from "./url.js";

const CORRIDOR = [[129.75, 41.85], [133.55, 43.3]];
const STEPS = 1000;
const REPLAY_MS = 24_000; // all of the days
const LATER_MS = 5000; // between fetches while events come
const slow = matchMedia("(prefers-reduced-motion: reduce)");

/** Draw the map, if the browser can; what is returned fetches it again later. */
export function startMap() {
  const begun = new Desk();
  begun.start();
  return begun;
}

class Desk {
  #map = null;
  #Marker = null;
  #shown = null;
  #waiting = null;
  #playing = null;

  async start() {
    document.documentElement.dataset.map = "drawing";
    try {
      const library = await import("/static/vendor/maplibre-gl.mjs");
      this.#Marker = library.Marker;
      this.#map = this.#made(library);
    } catch (error) {
      document.documentElement.dataset.map = "none";
      document.getElementById("map").textContent = `This browser cannot draw the map (${error.message}).`;
    }
    this.#listen();
    await this.#load();
  }

  #made({ Map, NavigationControl, AttributionControl, ScaleControl }) {
    const [zoom, lat, lon] = (query().get("map") ?? "").split("/").map(Number);
    const there = Number.isFinite(lon) ? { zoom, center: [lon, lat] } : { bounds: CORRIDOR, fitBoundsOptions: { padding: 24 } };
    const map = new Map({
      container: "map", style: styleOf(), attributionControl: false, minZoom: 4, maxZoom: 15,
      maxBounds: [[118, 32], [146, 52]], dragRotate: false, pitchWithRotate: false, fadeDuration: slow.matches ? 0 : 150, ...there,
    });
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new ScaleControl({ unit: "nautical", maxWidth: 90 }), "bottom-left");
    map.addControl(new AttributionControl({ compact: false }), "bottom-right");
    map.on("idle", () => this.#shown && (document.documentElement.dataset.map = "idle"));
    map.on("moveend", (event) => event.originalEvent && this.#say());
    map.on("zoomend", () => this.#shown && this.#draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#restyle());
    return map;
  }

  #say() {
    const { lat, lng } = this.#map.getCenter();
    put({ map: `${this.#map.getZoom().toFixed(2)}/${lat.toFixed(4)}/${lng.toFixed(4)}` });
  }

  #listen() {
    const days = document.getElementById("days");
    if ([...days.options].some((option) => option.value === query().get("days"))) days.value = query().get("days");
    days.addEventListener("change", () => {
      put({ days: days.value === "30" ? null : days.value, at: null });
      this.#load();
    });
    document.getElementById("at").addEventListener("input", () => this.#moved());
    document.getElementById("play").addEventListener("click", () => (this.#playing ? this.#stop() : this.#play()));
    document.getElementById("time").addEventListener("submit", (event) => event.preventDefault());
  }

  /** Fetch again, soon: at most every few seconds however many events come. */
  later() {
    this.#waiting ??= setTimeout(() => {
      this.#waiting = null;
      this.#load();
    }, LATER_MS);
  }

  async #load() {
    const asked = new URLSearchParams({ days: document.getElementById("days").value });
    if (query().get("as_of")) asked.set("as_of", query().get("as_of"));
    const answer = await fetch(`/map.geojson?${asked}`);
    if (!answer.ok) return;
    this.#shown = await answer.json();
    document.getElementById("speed").textContent = this.#shown.speed_kn;
    ships.notDrawn(this.#shown.not_drawn);
    const at = Date.parse(query().get("at") ?? "") / 1000;
    const { from, to } = this.#shown;
    document.getElementById("at").value = Number.isFinite(at) ? Math.round((STEPS * (at - from)) / (to - from)) : STEPS;
    this.#restyle();
  }

  get #time() {
    const { from, to } = this.#shown;
    return from + ((to - from) * Number(document.getElementById("at").value)) / STEPS;
  }

  #moved() {
    if (!this.#shown) return;
    const at = new Date(this.#time * 1000);
    const atEnd = Number(document.getElementById("at").value) === STEPS;
    put({ at: atEnd ? null : at.toISOString().replace(/:\d\d\.\d+Z/, "Z") });
    this.#draw();
  }

  #fixed() {
    const features = this.#shown.features.filter(({ properties: { what } }) => what === "zone" || what === "port");
    return { type: "FeatureCollection", features };
  }

  #restyle() {
    if (!this.#shown) return;
    const { features } = atTime(this.#shown, this.#time);
    this.#map?.setStyle(styleOf(this.#fixed(), features));
    this.#draw();
  }

  #draw() {
    const now = atTime(this.#shown, this.#time);
    document.getElementById("at-words").textContent = moment(new Date(this.#time * 1000));
    ships.list(now.ships);
    if (!this.#map) return;
    ships.place(this.#map, this.#Marker, now.ships, this.#fixed().features.filter((each) => each.properties.what === "port"));
    this.#map.getSource("moving")?.setData(now.features);
  }

  #play() {
    const slider = document.getElementById("at");
    if (Number(slider.value) >= STEPS) slider.value = 0;
    document.getElementById("play").textContent = "Stop";
    document.getElementById("play").ariaPressed = "true";
    const every = slow.matches ? 1000 : 80;
    this.#playing = setInterval(() => {
      slider.value = Number(slider.value) + Math.max(1, Math.round((STEPS * every) / REPLAY_MS));
      this.#draw();
      if (Number(slider.value) >= STEPS) this.#stop();
    }, every);
  }

  #stop() {
    clearInterval(this.#playing);
    this.#playing = null;
    document.getElementById("play").textContent = "Replay";
    document.getElementById("play").ariaPressed = "false";
    this.#moved();
  }
}
