"""A survey of zones: how large they are, and which lie so near another port's that calls may be mistaken.

Slow and for people (`sealane zones check`); the chart answers the rules.
"""

from collections.abc import Iterable

import msgspec
import shapely

from geofences.chart import CALLING
from geofences.squares import Border
from geofences.zone import Polygon, Zone


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """One zone, measured."""

    zone: Zone
    area_km2: float
    vertices: int
    warnings: tuple[str, ...]


def survey(zones: tuple[Zone, ...], margin_km: float) -> tuple[Survey, ...]:
    """Every zone measured, with what a person should look at."""
    return tuple(
        Survey(
            zone=zone,
            area_km2=sum(float(Border(polygon, ()).shape.area) for polygon in zone.polygons),
            vertices=sum(len(ring) - 1 for polygon in zone.polygons for ring in polygon),
            warnings=tuple(_warnings(zone, zones, margin_km)),
        )
        for zone in zones
    )


def _warnings(zone: Zone, zones: tuple[Zone, ...], margin_km: float) -> Iterable[str]:
    if zone.kind not in CALLING:
        return
    for other in zones:
        if other.port == zone.port or other.kind not in CALLING:
            continue
        apart_km = min(_apart_km(one, another) for one in zone.polygons for another in other.polygons)
        if apart_km == 0:
            yield f"overlaps {other.key} of port {other.port}: a call there is given to one of the two"
        elif apart_km < 2 * margin_km:
            yield f"{apart_km:.2f} km from {other.key} of port {other.port}: their margins of {margin_km:g} km overlap"


def _apart_km(one: Polygon, other: Polygon) -> float:
    plane = Border(one, ())
    return float(plane.shape.distance(shapely.Polygon(plane.flat(other[0]))))
