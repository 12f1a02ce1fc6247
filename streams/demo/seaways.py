"""Seaways: where ships of the demo lie, and the water between. Points are (longitude, latitude) in degrees.

    berth --- gate --- outer mark ~~~ sea marks ~~~ outer mark --- gate --- berth
      harbour speed            sea speed              harbour speed

A gate lies just inside the calling ground of its port: passing it is the arrival the plan speaks of. The marks keep
clear of land roughly; this is no chart. Distances are those of a flat sea at 42.5 N, within 1 % here.
"""

from bisect import bisect_right
from itertools import accumulate, pairwise
from math import atan2, degrees, sqrt

import msgspec

Point = tuple[float, float]

KM_PER_DEG_LAT = 111.195
KM_PER_DEG_LON = 81.982  # at 42.5 N
KM_PER_NM = 1.852
S_PER_H = 3600
HARBOUR_KN = 6.0
FULL_CIRCLE_DEG = 360


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A port or a lay-up ground."""

    channel: tuple[Point, ...]  # from the first berth outwards
    berth_step: Point  # from one berth to the next
    heading_deg: int  # of the quay, or of ships lying to the wind
    destination: str  # as a mate would type it


PLACES = {
    "rajin": Place(
        channel=((130.2950, 42.2270), (130.3120, 42.1925), (130.3400, 42.1450)),
        berth_step=(0.0015, 0.0012),
        heading_deg=35,
        destination="RAJIN",
    ),
    "dunay": Place(
        channel=((132.3620, 42.8420), (132.3350, 42.8175), (132.2500, 42.7500)),
        berth_step=(0.0020, 0.0020),
        heading_deg=20,
        destination="DUNAI",
    ),
    "vostochny": Place(
        channel=((133.0570, 42.7500), (132.9750, 42.7370), (132.9550, 42.6600)),
        berth_step=(0.0018, 0.0010),
        heading_deg=115,
        destination="VOSTOCHNY",
    ),
    "vladivostok": Place(
        channel=((131.9880, 43.0350), (131.9950, 42.9300)),
        berth_step=(0.0060, -0.0110),
        heading_deg=330,
        destination="VLADIVOSTOK ROADS",
    ),
    "offshore": Place(
        channel=((131.7500, 42.1500),),
        berth_step=(0.1000, -0.0600),
        heading_deg=300,
        destination="FOR ORDERS",
    ),
    "nakhodka": Place(  # the bay Nakhodka shares with Vostochny: outside the ground where a call begins
        channel=((132.9150, 42.7000), (132.9350, 42.6400)),
        berth_step=(0.0, 0.0),
        heading_deg=330,
        destination="NAKHODKA",
    ),
    "south_east": Place(channel=((133.7, 41.2),), berth_step=(0.0, 0.0), heading_deg=0, destination="HAKODATE"),
    "far_west": Place(channel=((131.0, 38.8),), berth_step=(0.0, 0.0), heading_deg=0, destination="SAKATA"),
    "far_east": Place(channel=((136.0, 40.1),), berth_step=(0.0, 0.0), heading_deg=0, destination="SAKATA"),
}

SEA_MARKS: dict[tuple[str, str], tuple[Point, ...]] = {
    ("rajin", "dunay"): ((130.60, 42.14), (132.15, 42.67)),
    ("rajin", "vostochny"): ((130.60, 42.14), (132.88, 42.55)),
    ("vladivostok", "rajin"): ((131.95, 42.65), (131.30, 42.36), (130.60, 42.14)),
    ("offshore", "rajin"): ((130.60, 42.14),),
    ("dunay", "vladivostok"): ((132.12, 42.74),),
    ("dunay", "offshore"): ((132.12, 42.60),),
    ("vostochny", "vladivostok"): ((132.88, 42.58), (132.30, 42.68), (132.06, 42.80)),
    ("vostochny", "offshore"): ((132.85, 42.48),),
    ("south_east", "vostochny"): ((133.20, 42.30),),
    ("vostochny", "south_east"): ((133.20, 42.30),),
    ("south_east", "nakhodka"): ((133.20, 42.30),),
    ("nakhodka", "south_east"): ((133.20, 42.30),),
    ("far_west", "far_east"): (),
}

DRIFT_LOOP: tuple[Point, ...] = ((0.0, 0.0), (0.03, 0.01), (0.04, -0.02), (0.01, -0.03), (0.0, 0.0))  # about 6 nm
DRIFT_KN = 0.5


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """Points and the second, from the path's start, at which a ship is there."""

    points: tuple[Point, ...]
    seconds: tuple[int, ...]
    gate_out_s: int = 0  # when she passes the gate of the port she leaves
    gate_in_s: int = 0  # and that of the port she comes to

    @property
    def takes_s(self) -> int:
        return self.seconds[-1]


class Motion(msgspec.Struct, frozen=True, kw_only=True):
    """Where a ship is on her path, and how she moves."""

    point: Point
    sog_kn: float
    cog_deg: float | None  # None while she lies still


def distance_nm(a: Point, b: Point) -> float:
    """Distance on the flat sea."""
    east_km, north_km = (b[0] - a[0]) * KM_PER_DEG_LON, (b[1] - a[1]) * KM_PER_DEG_LAT
    return sqrt(east_km * east_km + north_km * north_km) / KM_PER_NM


def berth_of(place: str, berth: int) -> Point:
    """The berth of that number."""
    (lon_deg, lat_deg), (step_lon_deg, step_lat_deg) = PLACES[place].channel[0], PLACES[place].berth_step
    return lon_deg + berth * step_lon_deg, lat_deg + berth * step_lat_deg


def passage(origin: str, target: str, berth: int, sea_kn: float) -> Path:
    """From a berth at one place to that of the same number at another: harbour speed between berth and outer mark."""
    out = (berth_of(origin, berth), *PLACES[origin].channel[1:])
    come = (*reversed(PLACES[target].channel[1:]), berth_of(target, berth))
    marks = SEA_MARKS[origin, target]
    points = (*out, *marks, *come)
    speeds_kn = [HARBOUR_KN] * (len(out) - 1) + [sea_kn] * (len(marks) + 1) + [HARBOUR_KN] * (len(come) - 1)
    seconds = [0]
    for (a, b), speed_kn in zip(pairwise(points), speeds_kn, strict=True):
        seconds.append(seconds[-1] + round(distance_nm(a, b) / speed_kn * S_PER_H))
    return Path(points=points, seconds=tuple(seconds), gate_out_s=seconds[1], gate_in_s=seconds[-2])


def stay(place: str, berth: int, takes_s: int) -> Path:
    """Lying still."""
    spot = berth_of(place, berth)
    return Path(points=(spot, spot), seconds=(0, takes_s))


def drift(place: str, berth: int, takes_s: int) -> Path:
    """Adrift in slow loops that end where they began, so that the next passage starts there."""
    lon_deg, lat_deg = berth_of(place, berth)
    loop = [(lon_deg + east_deg, lat_deg + north_deg) for east_deg, north_deg in DRIFT_LOOP]
    loop_nm = sum(distance_nm(a, b) for a, b in pairwise(loop))
    loops = max(1, round(takes_s / S_PER_H * DRIFT_KN / loop_nm))
    points = (*(loop[:-1] * loops), loop[0])
    gone_nm = list(accumulate((distance_nm(a, b) for a, b in pairwise(points)), initial=0.0))
    return Path(points=points, seconds=tuple(round(nm / gone_nm[-1] * takes_s) for nm in gone_nm))


def motion_at(path: Path, second: int) -> Motion:
    """Where she is so many seconds after the path's start."""
    piece = min(bisect_right(path.seconds, second), len(path.points) - 1)
    (a, b), (from_s, to_s) = path.points[piece - 1 : piece + 1], path.seconds[piece - 1 : piece + 1]
    if a == b:
        return Motion(point=a, sog_kn=0.0, cog_deg=None)
    share = (second - from_s) / (to_s - from_s)
    point = (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))
    cog_deg = degrees(atan2((b[0] - a[0]) * KM_PER_DEG_LON, (b[1] - a[1]) * KM_PER_DEG_LAT)) % FULL_CIRCLE_DEG
    return Motion(point=point, sog_kn=distance_nm(a, b) / (to_s - from_s) * S_PER_H, cog_deg=cog_deg)
