"""GeoJSON: the rows of a view on a map (RFC 7946). What has no known place has no geometry: none is invented.

calls                    the last fix inside the port that the call rests on, else the one that entered it
gaps                     a line from the last fix before to the first fix after; a point while it is open
sightings                the place as told: its position, or the middle of its port or zone
vessels                  the newest fix that a call or a gap of hers rests on
deliveries, candidates   a line from port to port, where both are known: not a track
alerts, tally, reports, feeds   nowhere
"""

from collections.abc import Callable
from typing import cast

import shapely

from desk.views import View, key_of
from geofences.zone import PortCode
from streams.corridor.corridor import Corridor
from streams.corridor.places import DEGREES
from streams.reading import Reading, Row

Position = tuple[float, float]  # longitude, latitude: the order of GeoJSON
DIGITS = 5  # of a degree: about a metre

# The fixes of a call, best witness of her place first.
WITNESSES = ("last_inside", "entered")


def collection_of(view: View, rows: list[Row], reading: Reading) -> Row:
    """A feature for each row, with all of its fields."""
    place = _PLACES.get(view.name, _nowhere)
    features = [
        {"type": "Feature", "id": key_of(view, row), "geometry": _geometry(place(row, reading)), "properties": row}
        for row in rows
    ]
    return {"type": "FeatureCollection", "features": features}


def _geometry(positions: tuple[Position, ...]) -> Row | None:
    """No position is nowhere, one a point, two a line."""
    if not positions:
        return None
    rounded = [(round(lon_deg, DIGITS), round(lat_deg, DIGITS)) for lon_deg, lat_deg in positions]
    if len(set(rounded)) == 1:
        return {"type": "Point", "coordinates": rounded[0]}
    return {"type": "LineString", "coordinates": rounded}


def _nowhere(row: Row, reading: Reading) -> tuple[Position, ...]:
    del row, reading
    return ()


def _call(row: Row, reading: Reading) -> tuple[Position, ...]:
    del reading
    fixes = {str(fix["kind"]): fix for fix in _rows(row["evidence"])}
    return next(((_position(fixes[kind]),) for kind in WITNESSES if kind in fixes), ())


def _gap(row: Row, reading: Reading) -> tuple[Position, ...]:
    del reading
    return tuple(_position(spot) for spot in (row["begins"], row["ends"]) if isinstance(spot, dict))


def _sighting(row: Row, reading: Reading) -> tuple[Position, ...]:
    return placed(str(row["place"]), reading.corridor)


def _vessel(row: Row, reading: Reading) -> tuple[Position, ...]:
    """The newest fix of hers that something standing rests on."""
    standing = reading.standing
    fixes = [
        (each.fix.at, each.fix.lon_deg, each.fix.lat_deg)
        for called in standing.calls
        if called.imo == row["imo"]
        for each in called.call.evidence
    ]
    for gap in standing.gaps:
        if gap.imo == row["imo"]:
            ends = ((gap.from_at, gap.begins), (gap.to_at, gap.ends))
            fixes += [(at, spot.lon_deg, spot.lat_deg) for at, spot in ends if at is not None and spot is not None]
    return (max(fixes)[1:],) if fixes else ()


def _from_port_to_port(row: Row, reading: Reading) -> tuple[Position, ...]:
    ports = reading.corridor.rules.seaways.ports
    ends = [ports.get(PortCode(str(row[field]))) for field in ("load_port", "discharge_port")]
    known = [(spot.lon_deg, spot.lat_deg) for spot in ends if spot is not None]
    return tuple(known) if len(known) == len(ends) else ()


def placed(place: str, corridor: Corridor) -> tuple[Position, ...]:
    """A place as a person named it: a position, a port or a zone."""
    if degrees := DEGREES.fullmatch(place):
        return ((float(degrees[2]), float(degrees[1])),)
    if spot := corridor.rules.seaways.ports.get(PortCode(place)):
        return ((spot.lon_deg, spot.lat_deg),)
    for zone in corridor.rules.chart.zones:
        if zone.key == place:
            middle = shapely.union_all([shapely.Polygon(shell, holes) for shell, *holes in zone.polygons]).centroid
            return ((middle.x, middle.y),)
    return ()


def _position(fix: Row) -> Position:
    return cast(float, fix["lon_deg"]), cast(float, fix["lat_deg"])


def _rows(value: object) -> list[Row]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


_PLACES: dict[str, Callable[[Row, Reading], tuple[Position, ...]]] = {
    "calls": _call,
    "gaps": _gap,
    "sightings": _sighting,
    "vessels": _vessel,
    "deliveries": _from_port_to_port,
    "candidates": _from_port_to_port,
}
