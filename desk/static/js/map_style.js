// The map's style: coast, zones, tracks, labels; its colours are the page's own, in light and in dark.
// MapLibre draws the labels itself, from the pinned fonts: there is no server of glyphs or tiles.

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const font = (file, range) => ({ url: `${location.origin}/static/vendor/${file}.woff2`, "unicode-range": [range] });
const of = (what) => ["==", ["get", "what"], what];
const empty = { type: "FeatureCollection", features: [] };

/** The style with what is to be drawn: `fixed` (zones, ports) and `moving` (what depends on the time). */
export function styleOf(fixed = empty, moving = empty) {
  const quiet = colour("quiet");
  const halo = { "text-halo-color": colour("paper"), "text-halo-width": 1.6 };
  return {
    version: 8,
    "font-faces": {
      Plex: [
        font("plex-latin-600", "U+0000-00FF"),
        font("plex-cyrillic-600", "U+0400-045F"),
        font("plex-hangul-600", "U+AC00-D7A3"),
      ],
    },
    sources: {
      land: { type: "geojson", data: "/static/coast/land.geojson", attribution: "Natural Earth" },
      shore: {
        type: "geojson", data: "/static/coast/shore.geojson", tolerance: 0.1,
        attribution: '<a href="/static/coast/NOTICE.md">© OpenStreetMap contributors</a>',
      },
      shoreline: { type: "geojson", data: "/static/coast/shoreline.geojson", tolerance: 0.1 },
      fixed: { type: "geojson", data: fixed },
      moving: { type: "geojson", data: moving, tolerance: 0.1 },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": colour("sea") } },
      fill("ring-fill", colour("surge"), of("ring"), "moving", ["case", ["<", ["get", "ring"], 80], 0.09, 0]),
      fill("land", colour("land")),
      fill("shore", colour("land")),
      line("shoreline", { "line-color": colour("shore"), "line-width": ["interpolate", ["linear"], ["zoom"], 6, 0.5, 12, 1.1] }),
      ...zones(quiet),
      line("ring", { "line-color": colour("surge"), "line-width": 1.4, "line-opacity": 0.8 }, of("ring"), "moving"),
      line("observed", { "line-color": colour("accent"), "line-width": 1.8 }, of("observed"), "moving"),
      line("gap", { "line-color": colour("surge"), "line-width": 1.4, "line-dasharray": [2.5, 2.5] }, of("gap"), "moving"),
      point("sighting", "moving", { "circle-color": "transparent", "circle-stroke-color": colour("band-name"), "circle-stroke-width": 2, "circle-radius": 6 }),
      point("last", "moving", { "circle-color": ["case", ["get", "silent"], colour("surge"), colour("accent")], "circle-stroke-color": colour("paper"), "circle-stroke-width": 1.2, "circle-radius": 4.2 }),
      point("interference", "moving", { "circle-color": colour("surge"), "circle-opacity": 0.25, "circle-radius": 16 }),
      point("port", "fixed", { "circle-color": colour("paper"), "circle-stroke-color": colour("ink"), "circle-stroke-width": 1.3, "circle-radius": ["match", ["get", "role"], ["load", "discharge"], 3.4, 2] }),
      {
        id: "port-name", type: "symbol", source: "fixed", filter: of("port"),
        layout: {
          "text-field": ["case", ["!=", ["get", "local"], ""], ["concat", ["get", "name"], " ", ["get", "local"]], ["get", "name"]],
          "text-font": ["Plex"], "text-size": ["match", ["get", "role"], ["load", "discharge"], 12.5, 10.5],
          "text-variable-anchor": ["left", "top", "right", "bottom"], "text-radial-offset": 0.7, "text-justify": "auto",
          "symbol-sort-key": ["match", ["get", "role"], ["load", "discharge"], 0, 1],
        },
        paint: { "text-color": ["match", ["get", "role"], ["load", "discharge"], colour("ink"), quiet], ...halo },
      },
    ],
  };
}

function zones(quiet) {
  const role = ["match", ["get", "role"], "load", colour("elevated"), "discharge", colour("accent"), quiet];
  const strength = ["match", ["get", "kind"], "berth", 0.2, "anchorage", 0.1, 0.03];
  return [
    { id: "zone", type: "fill", source: "fixed", filter: of("zone"), paint: { "fill-color": role, "fill-opacity": strength } },
    line("zone-edge", { "line-color": role, "line-width": 0.9, "line-opacity": ["match", ["get", "kind"], "berth", 0.9, "anchorage", 0.6, 0.35] }, of("zone"), "fixed"),
  ];
}

const fill = (id, shade, filter, source = id, opacity = 1) => layer(id, "fill", source, filter, { "fill-color": shade, "fill-opacity": opacity });
const line = (id, paint, filter, source = id) => layer(id, "line", source, filter, paint);
const point = (id, source, paint) => layer(id, "circle", source, of(id), paint);

function layer(id, type, source, filter, paint) {
  return { id, type, source, paint, ...(filter ? { filter } : {}) };
}
