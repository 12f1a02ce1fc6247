"""The chart: where a point is, among the zones of all ports, and whether it lies in the corridor's area.

Berths and anchorages form a port's calling ground. Around it lie bands:

    band 0   inside the calling ground: a call begins here
    band 1   within bands_km[0]: a call goes on but cannot begin (hysteresis)
    band 2   within bands_km[1]: out of port, by two fixes
    band 3   within bands_km[2]: out by one fix; near enough to come back as a shift
    absent   farther away

Approach and context zones matter for `kind` and `near` alone. Answers are exact and, by squares, fast: `place` is asked
for every fix. Distances are true to 0.5 % within 50 km of a zone.
"""

from collections.abc import Iterator
from math import cos, radians

import msgspec
import shapely

from geofences.squares import Border, Squares
from geofences.zone import (
    KINDS,
    MAX_LAT_DEG,
    MAX_LON_DEG,
    TURN_DEG,
    Kind,
    Polygon,
    PortCode,
    Ring,
    Role,
    Zone,
)

Box = tuple[float, float, float, float]  # south, north, west, east

KM_PER_DEG = 110.5  # of a meridian at the least, so that a margin in degrees is never too small
CALLING: frozenset[Kind] = frozenset({"berth", "anchorage"})
PRECEDENCE = {kind: rank for rank, kind in enumerate(KINDS)}


class Place(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where the chart puts a fix."""

    port: PortCode | None  # whose berth or anchorage holds the point (a call can begin)
    kind: Kind | None  # kind of the zone that holds it: berth before anchorage before approach before context
    near: bool  # within near_km of any zone of any kind
    bands: dict[PortCode, int]  # ports reached, by band; a port farther away is absent


OFF_CHART = Place(port=None, kind=None, near=False, bands={})


class Chart:
    """The zones of a corridor and its area. Fills a memory of squares as it is asked; otherwise never changes."""

    def __init__(
        self,
        zones: tuple[Zone, ...],
        area: tuple[Polygon, ...] | None = None,
        *,
        bands_km: tuple[float, float, float] = (1.0, 10.0, 15.0),
        near_km: float = 30.0,
        area_margin_km: float = 50.0,
    ) -> None:
        self.zones, self.area, self.bands_km, self.near_km = zones, area, bands_km, near_km
        self.ports: tuple[PortCode, ...] = tuple(sorted({zone.port for zone in zones}))
        self._roles = {zone.port: zone.role for zone in zones}
        self._shared: dict[tuple[object, ...], Place] = {}  # equal places are one object
        drawn = [(zone, polygon) for zone in zones for polygon in zone.polygons]
        self._zone_of = tuple(zone for zone, _ in drawn)  # by border
        limits_km = {kind: (0.0, *bands_km, near_km) if kind in CALLING else (0.0, near_km) for kind in KINDS}
        self._places = Squares(tuple(Border(polygon, limits_km[zone.kind]) for zone, polygon in drawn), self._place)
        self._area_km = area_margin_km if area is None else 0.0
        bounds = tuple(polygon for _, polygon in drawn) if area is None else area
        self._inside = Squares(tuple(Border(polygon, (self._area_km,)) for polygon in bounds), self._is_in_area)

    def place(self, lat_deg: float, lon_deg: float) -> Place:
        """Where a point is. Equal places are the same object."""
        return self._places.at(lat_deg, lon_deg)

    def place_exactly(self, lat_deg: float, lon_deg: float) -> Place:
        """The same, from every border and without memory: slow, for tests and single questions."""
        return self._places.exactly(lat_deg, lon_deg)

    def in_area(self, lat_deg: float, lon_deg: float) -> bool:
        """Whether every ship's positions are followed here, listed or not."""
        return self._inside.at(lat_deg, lon_deg)

    def in_area_exactly(self, lat_deg: float, lon_deg: float) -> bool:
        """The same, without memory."""
        return self._inside.exactly(lat_deg, lon_deg)

    def boxes(self) -> tuple[Box, ...]:
        """Boxes that hold all of the area: (south, north, west, east) in degrees, none over the antimeridian."""
        drawn = [polygon for zone in self.zones for polygon in zone.polygons] if self.area is None else self.area
        return tuple(box for shell, *_ in drawn for box in _boxes(shell, self._area_km))

    def role(self, port: PortCode) -> Role:
        """What a port is to the corridor; "other" where the chart does not know it."""
        return self._roles.get(port, "other")

    def middle(self, port: PortCode) -> tuple[float, float]:
        """Latitude and longitude of the middle of a port's berths; of its other zones where it has none."""
        zones = [zone for zone in self.zones if zone.port == port]
        best = min(PRECEDENCE[zone.kind] for zone in zones)
        drawn = [polygon for zone in zones if PRECEDENCE[zone.kind] == best for polygon in zone.polygons]
        middle = shapely.union_all([shapely.Polygon(shell, holes) for shell, *holes in drawn]).centroid
        return middle.y, (middle.x + TURN_DEG / 2) % TURN_DEG - TURN_DEG / 2

    def port_of(self, zone: str) -> PortCode | None:
        """The port a zone belongs to, by the zone's key."""
        return next((each.port for each in self.zones if each.key == zone), None)

    def _place(self, distances_km: dict[int, float]) -> Place:
        holding = sorted(
            (PRECEDENCE[zone.kind], zone.port, zone.kind)
            for zone in (self._zone_of[index] for index, distance_km in distances_km.items() if distance_km <= 0)
        )
        port = next((port for _, port, kind in holding if kind in CALLING), None)
        kind = holding[0][2] if holding else None
        near = any(distance_km <= self.near_km for distance_km in distances_km.values())
        bands: dict[PortCode, int] = {}
        for index, distance_km in distances_km.items():
            zone = self._zone_of[index]
            band = self._band(distance_km) if zone.kind in CALLING else None
            if band is not None:
                bands[zone.port] = min(band, bands.get(zone.port, band))
        bands = dict(sorted(bands.items()))
        if not (near or bands or kind):
            return OFF_CHART
        place = Place(port=port, kind=kind, near=near, bands=bands)
        return self._shared.setdefault((port, kind, near, *bands.items()), place)

    def _band(self, distance_km: float) -> int | None:
        return next((band for band, within_km in enumerate((0.0, *self.bands_km)) if distance_km <= within_km), None)

    def _is_in_area(self, distances_km: dict[int, float]) -> bool:
        return any(distance_km <= self._area_km for distance_km in distances_km.values())


def _boxes(shell: Ring, margin_km: float) -> Iterator[Box]:
    """One ring and a margin, cut at the antimeridian."""
    lons, lats = [point[0] for point in shell], [point[1] for point in shell]
    margin_deg = margin_km / KM_PER_DEG
    south, north = min(lats) - margin_deg, max(lats) + margin_deg
    if max(-south, north) >= MAX_LAT_DEG:
        yield max(south, -MAX_LAT_DEG), min(north, MAX_LAT_DEG), -MAX_LON_DEG, MAX_LON_DEG
        return
    wide_deg = margin_deg / cos(radians(max(-south, north)))
    west, east = min(lons) - wide_deg, max(lons) + wide_deg
    for turn in (-TURN_DEG, 0.0, TURN_DEG):
        if west + turn < MAX_LON_DEG and east + turn > -MAX_LON_DEG:
            yield south, north, max(west + turn, -MAX_LON_DEG), min(east + turn, MAX_LON_DEG)
