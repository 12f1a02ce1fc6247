"""Squares: exact answers about points, remembered for small squares of the chart.

A border is a polygon and the distances from it at which an answer changes. On a plane at the polygon's own latitude
the distance from it (negative inside) changes by no more than the way gone. So where none of those distances lies
within half a square's diagonal of the distance at its centre, the whole square has one answer, and it is kept.

    one degree       out of reach of everything: kept as such
    0.04 degree      where ships are under way
    0.005 degree     inside a square that is cut: where they come and go
    0.000625 degree  inside a square of those that is cut: where a moored ship swings
    0.000078125      inside a square of those that is cut: nine metres
    a point          inside a finest square that is cut: worked out each time

Each square lies within one of the larger ones, and a border that does not cut that one cuts none within. Far away from
all borders there is one answer, and nothing is kept of ships all over the world.

Never approximate: an answer from memory is the answer of the point (`exactly`), which the tests hold.
"""

import math
from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

import shapely

from geofences.zone import TURN_DEG, Polygon, Ring

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
KM_PER_DEG = math.radians(EARTH_RADIUS_KM)
HALF_TURN_DEG, RIGHT_ANGLE_DEG = TURN_DEG / 2, TURN_DEG / 4
ROUNDING_KM = 1e-6  # a millimetre: more than floating point loses between a square and its points
ON_LINE_KM = 1e-9  # a micrometre: the line itself is inside, however it was rounded

FINEST = 12800  # squares to a degree
COARSE, MIDDLE, SMALL, FINE = FINEST, 512, 64, 8  # sides of larger ones, in finest squares
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

    def may_reach(self, lat_deg: float, lon_deg: float, side: int) -> bool:
        """Whether it may be within reach of a square about a point, as far as the box around the polygon tells."""
        reach_km = self._reach_km + self.half_diagonal_km(side)
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

    def half_diagonal_km(self, side: int) -> float:
        """From the centre to a corner of a square; the plane keeps squares rectangles."""
        return math.hypot(self.east_km, KM_PER_DEG) * side / (2 * FINEST) + ROUNDING_KM

    def cuts(self, distance_km: float, side: int) -> bool:
        """Whether any distance that matters may lie within a square, at whose centre the polygon is so far away."""
        within_km = self.half_diagonal_km(side)
        return any(abs(distance_km - at_km) <= within_km for at_km in self.at_km)


class Cut(NamedTuple):
    """A square that has no one answer: the borders that cut it, and how far from its centre the others in reach are."""

    borders: tuple[int, ...]
    others_km: dict[int, float]


class Squares(Generic[Answer]):
    """Borders, and what follows from a point's distances to those within reach: {index: distance_km}."""

    def __init__(self, borders: tuple[Border, ...], answer: Callable[[dict[int, float]], Answer]) -> None:
        self._borders, self._answer = borders, answer
        self._far = answer({})
        self._south, self._north, self._west, self._east = _around(borders)
        self._all = Cut(tuple(range(len(borders))), {})
        self._coarse: dict[int, Answer | None] = {}  # None in these: the square is cut
        self._middle: dict[int, Answer | None] = {}
        self._small: dict[int, Answer | None] = {}
        self._fine: dict[int, Answer | None] = {}
        self._finest: dict[int, Answer | None] = {}
        kept = (self._coarse, self._middle, self._small, self._fine, self._finest)
        self._kept = tuple(zip(kept, (COARSE, MIDDLE, SMALL, FINE, 1), strict=True))
        self._cut: dict[int, dict[int, Cut]] = {side: {} for _, side in self._kept}

    def at(self, lat_deg: float, lon_deg: float) -> Answer:
        """The answer at a point, from memory where its square has one; far away from all borders there is but one."""
        if not (self._south <= lat_deg <= self._north and self._west <= lon_deg <= self._east):
            return self._far
        column, row = int((lon_deg + HALF_TURN_DEG) * FINEST), int((lat_deg + RIGHT_ANGLE_DEG) * FINEST)
        found = self._small.get(column // SMALL * ROW + row // SMALL)
        if found is None:
            found = self._middle.get(column // MIDDLE * ROW + row // MIDDLE)
        if found is None:
            found = self._coarse.get(column // COARSE * ROW + row // COARSE)
        if found is None:
            found = self._fine.get(column // FINE * ROW + row // FINE)
        return self._learn(lat_deg, lon_deg, column, row) if found is None else found

    def exactly(self, lat_deg: float, lon_deg: float) -> Answer:
        """The answer at a point, worked out from every border."""
        return self._answer({index: one.distance_km(lat_deg, lon_deg) for index, one in enumerate(self._borders)})

    def _learn(self, lat_deg: float, lon_deg: float, column: int, row: int) -> Answer:
        around = self._all
        for kept, side in self._kept:
            key = column // side * ROW + row // side
            if key not in kept:
                kept[key] = self._learn_square(key, side, around)
            if (found := kept[key]) is not None:
                return found
            around = self._cut[side][key]
        return self._answer(around.others_km | self._distances_km(around.borders, lat_deg, lon_deg))

    def _learn_square(self, key: int, side: int, around: Cut) -> Answer | None:
        """The answer of a square within one that is cut; None: it is cut as well."""
        lat_deg = (key % ROW + 0.5) * side / FINEST - RIGHT_ANGLE_DEG
        lon_deg = (key // ROW + 0.5) * side / FINEST - HALF_TURN_DEG
        near = [index for index in around.borders if self._borders[index].may_reach(lat_deg, lon_deg, side)]
        distances_km = self._distances_km(near, lat_deg, lon_deg)
        cutting = tuple(index for index in near if self._borders[index].cuts(distances_km[index], side))
        if not cutting:
            return self._answer(around.others_km | distances_km)
        others_km = {index: distance_km for index, distance_km in distances_km.items() if index not in cutting}
        self._cut[side][key] = Cut(cutting, around.others_km | others_km)
        return None

    def _distances_km(self, of: Iterable[int], lat_deg: float, lon_deg: float) -> dict[int, float]:
        return {index: self._borders[index].distance_km(lat_deg, lon_deg) for index in of}


def _around(borders: tuple[Border, ...]) -> tuple[float, float, float, float]:
    """The box that all within reach of any border is in: south, north, west, east."""
    if not borders:
        return math.inf, -math.inf, math.inf, -math.inf
    souths, norths, wests, easts = zip(*(border.reach_deg() for border in borders), strict=True)
    return min(souths), max(norths), min(wests), max(easts)
