"""Squares: exact answers about points, remembered for small squares of the chart.

A border is a polygon and the distances from it at which an answer changes. On a plane at the polygon's own latitude
the distance from it (negative inside) changes by no more than the way gone. So where none of those distances lies
within half a square's diagonal of the distance at its centre, the whole square has one answer, and it is kept.

    one degree       out of reach of everything: kept as such, so ships all over the world fill nothing finer
    0.005 degree     where ships move about
    0.000625 degree  inside a square that is cut: where a moored ship swings
    0.000078125      inside a square of those that is cut: nine metres
    a point          inside a finest square that is cut: worked out each time

Never approximate: an answer from memory is the answer of the point (`exactly`), which the tests hold.
"""

import math
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import shapely

from geofences.zone import TURN_DEG, Polygon, Ring

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
KM_PER_DEG = math.radians(EARTH_RADIUS_KM)
HALF_TURN_DEG, RIGHT_ANGLE_DEG = TURN_DEG / 2, TURN_DEG / 4
ROUNDING_KM = 1e-6  # a millimetre: more than floating point loses between a square and its points
ON_LINE_KM = 1e-9  # a micrometre: the line itself is inside, however it was rounded

COARSE, SMALL, FINE, FINEST = 1, 200, 1600, 12800  # squares to a degree
ROW = 1 << 22  # more than the squares of a meridian: column * ROW + row is unique

Answer = TypeVar("Answer")


class Border:
    """A polygon on a plane of kilometres at its own latitude, and the distances from it that matter."""

    def __init__(self, polygon: Polygon, at_km: tuple[float, ...]) -> None:
        west, south, east, north = map(float, shapely.Polygon(polygon[0]).bounds)
        self.lon_deg, self.lat_deg = (west + east) / 2, (south + north) / 2
        self.east_km, self.at_km = KM_PER_DEG * math.cos(math.radians(self.lat_deg)), at_km
        shell, *holes = map(self.flat, polygon)
        self.shape = shapely.Polygon(shell, holes)
        self.line = self.shape.boundary
        west_km, south_km, east_km, north_km = self.line.bounds
        self._half_wide_km, self._half_high_km = float(max(-west_km, east_km)), float(max(-south_km, north_km))
        self._reach_km = max(at_km, default=0.0)
        shapely.prepare(self.shape)
        shapely.prepare(self.line)

    def flat(self, ring: Ring) -> list[tuple[float, float]]:
        """A ring on the plane, in kilometres east and north, its middle the short way round the globe."""
        lons_deg = [lon for lon, _ in ring]
        turns = round(((min(lons_deg) + max(lons_deg)) / 2 - self.lon_deg) / TURN_DEG)
        centre_deg = self.lon_deg + TURN_DEG * turns
        return [((lon - centre_deg) * self.east_km, (lat - self.lat_deg) * KM_PER_DEG) for lon, lat in ring]

    def _off_deg(self, lon_deg: float) -> float:
        """Degrees east of the centre, the short way round the globe."""
        return (lon_deg - self.lon_deg + HALF_TURN_DEG) % TURN_DEG - HALF_TURN_DEG

    def distance_km(self, lat_deg: float, lon_deg: float) -> float:
        """How far outside the polygon a point is; negative inside, 0 on its line."""
        point = shapely.Point(self._off_deg(lon_deg) * self.east_km, (lat_deg - self.lat_deg) * KM_PER_DEG)
        way_km = float(self.line.distance(point))
        if way_km <= ON_LINE_KM:
            return 0.0
        return -way_km if self.shape.covers(point) else way_km

    def may_reach(self, lat_deg: float, lon_deg: float, per_deg: int) -> bool:
        """Whether it may be within reach of a square about a point, as far as the box around the polygon tells."""
        reach_km = self._reach_km + self.half_diagonal_km(per_deg)
        north_km = abs(lat_deg - self.lat_deg) * KM_PER_DEG - self._half_high_km
        east_km = abs(self._off_deg(lon_deg)) * self.east_km - self._half_wide_km
        return north_km <= reach_km and east_km <= reach_km

    def reach_deg(self) -> tuple[float, float, float, float]:
        """The box that all within reach of it is in: south, north, west, east; all longitudes if they go on round."""
        north_deg = (self._half_high_km + self._reach_km + ROUNDING_KM) / KM_PER_DEG
        east_deg = (self._half_wide_km + self._reach_km + ROUNDING_KM) / self.east_km
        west, east = self.lon_deg - east_deg, self.lon_deg + east_deg
        if west < -HALF_TURN_DEG or east > HALF_TURN_DEG:
            west, east = -HALF_TURN_DEG, HALF_TURN_DEG
        return self.lat_deg - north_deg, self.lat_deg + north_deg, west, east

    def half_diagonal_km(self, per_deg: int) -> float:
        """From the centre to a corner of a square; the plane keeps squares rectangles."""
        return math.hypot(self.east_km, KM_PER_DEG) / (2 * per_deg) + ROUNDING_KM


class Squares(Generic[Answer]):
    """Borders, and what follows from a point's distances to those within reach: {index: distance_km}."""

    def __init__(self, borders: tuple[Border, ...], answer: Callable[[dict[int, float]], Answer]) -> None:
        self._borders, self._answer = borders, answer
        self._far = answer({})
        self._south, self._north, self._west, self._east = _around(borders)
        self._within: dict[int, tuple[int, ...]] = {}  # of a one-degree square: the borders within reach
        self._coarse: dict[int, Answer | None] = {}  # None in these: the square is cut
        self._small: dict[int, Answer | None] = {}
        self._fine: dict[int, Answer | None] = {}
        self._finest: dict[int, Answer | None] = {}
        self._cut: dict[int, tuple[dict[int, float], tuple[int, ...]]] = {}  # finest: distances_km, borders that cut it
        self._kept = ((self._coarse, COARSE), (self._small, SMALL), (self._fine, FINE), (self._finest, FINEST))

    def at(self, lat_deg: float, lon_deg: float) -> Answer:
        """The answer at a point, from memory where its square has one; far away from all borders there is but one."""
        if not (self._south <= lat_deg <= self._north and self._west <= lon_deg <= self._east):
            return self._far
        lat, lon = lat_deg + RIGHT_ANGLE_DEG, lon_deg + HALF_TURN_DEG
        found = self._small.get(int(lon * SMALL) * ROW + int(lat * SMALL))
        if found is not None:
            return found
        found = self._coarse.get(int(lon) * ROW + int(lat))
        if found is None:
            found = self._fine.get(int(lon * FINE) * ROW + int(lat * FINE))
        return self._learn(lat_deg, lon_deg) if found is None else found

    def exactly(self, lat_deg: float, lon_deg: float) -> Answer:
        """The answer at a point, worked out from every border."""
        return self._answer({index: one.distance_km(lat_deg, lon_deg) for index, one in enumerate(self._borders)})

    def _learn(self, lat_deg: float, lon_deg: float) -> Answer:
        key, centre = _square(lat_deg, lon_deg, COARSE)
        within = self._within.get(key)
        if within is None:
            within = self._within[key] = self._reach(*centre, COARSE, range(len(self._borders)))
        for kept, per_deg in self._kept:
            key, centre = _square(lat_deg, lon_deg, per_deg)
            if key not in kept:
                distances_km, cutting = self._of_square(*centre, per_deg, within)
                kept[key] = None if cutting else self._answer(distances_km)
                if cutting and per_deg == FINEST:
                    self._cut[key] = distances_km, cutting
            if (found := kept[key]) is not None:
                return found
        distances_km, cutting = self._cut[key]
        own_km = {index: self._borders[index].distance_km(lat_deg, lon_deg) for index in cutting}
        return self._answer(distances_km | own_km)

    def _reach(self, lat_deg: float, lon_deg: float, per_deg: int, of: Iterable[int]) -> tuple[int, ...]:
        """Which of some borders may be within reach of a square."""
        return tuple(index for index in of if self._borders[index].may_reach(lat_deg, lon_deg, per_deg))

    def _of_square(
        self, lat_deg: float, lon_deg: float, per_deg: int, within: tuple[int, ...]
    ) -> tuple[dict[int, float], tuple[int, ...]]:
        """The distances at a square's centre, and the borders that cut it."""
        near = self._reach(lat_deg, lon_deg, per_deg, within)
        distances_km = {index: self._borders[index].distance_km(lat_deg, lon_deg) for index in near}
        return distances_km, tuple(
            index
            for index, border in ((index, self._borders[index]) for index in near)
            if any(abs(distances_km[index] - at_km) <= border.half_diagonal_km(per_deg) for at_km in border.at_km)
        )


def _around(borders: tuple[Border, ...]) -> tuple[float, float, float, float]:
    """The box that all within reach of any border is in: south, north, west, east."""
    if not borders:
        return math.inf, -math.inf, math.inf, -math.inf
    souths, norths, wests, easts = zip(*(border.reach_deg() for border in borders), strict=True)
    return min(souths), max(norths), min(wests), max(easts)


def _square(lat_deg: float, lon_deg: float, per_deg: int) -> tuple[int, tuple[float, float]]:
    """The key of the square a point is in, and its centre (latitude, longitude)."""
    column, row = int((lon_deg + HALF_TURN_DEG) * per_deg), int((lat_deg + RIGHT_ANGLE_DEG) * per_deg)
    return column * ROW + row, ((row + 0.5) / per_deg - RIGHT_ANGLE_DEG, (column + 0.5) / per_deg - HALF_TURN_DEG)
