"""Sailing: the stretches of a ship's life, one after the other, without a hole.

    watched     lies up | sails to load | moored | sails to discharge | moored | sails to lie up | lies up ...
    bystander   sails in | moored, at anchor or just passes | sails out | (beyond every receiver) | sails in ...

A stretch knows its whole path and how the ship behaves on it, so what she transmits can be told from the stretch alone.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import msgspec

from streams.demo.fleet import BYSTANDERS, WATCHED, Hull
from streams.demo.rhythm import FIRST_MONTH
from streams.demo.seaways import PLACES, S_PER_H, Path, drift, passage, stay
from streams.demo.trips import STARTS_AT, Trip, starts_of, trips


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How a ship behaves and how often she is heard."""

    nav_status: int  # ITU-R M.1371-5, message 1
    every_s: int
    off_by_m: float  # position noise, each way


UNDER_WAY = Manner(nav_status=0, every_s=600, off_by_m=8.0)
MOORED = Manner(nav_status=5, every_s=600, off_by_m=4.0)
AT_ANCHOR = Manner(nav_status=1, every_s=3540, off_by_m=40.0)
ADRIFT = Manner(nav_status=0, every_s=3540, off_by_m=10.0)
PASSING = Manner(nav_status=0, every_s=1200, off_by_m=8.0)
CALLING = Manner(nav_status=5, every_s=1200, off_by_m=4.0)
WAITING = Manner(nav_status=1, every_s=1200, off_by_m=30.0)
LAY_UPS = {"vladivostok": (stay, AT_ANCHOR), "offshore": (drift, ADRIFT)}


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """One ship on one path."""

    hull: Hull
    starts_at: datetime
    ends_at: datetime
    path: Path
    manner: Manner
    laden: bool
    destination: str
    heading_deg: int  # while she lies still


def watched(hull: Hull, seed: int) -> Iterator[Stretch]:
    """The life of a ship of the watchlist, without end."""
    rests_since = STARTS_AT
    for trip in trips(seed):
        if trip.imo == hull.imo:
            yield _lie_up(hull, trip.came_from, rests_since, trip.sailed_at)
            yield from _make(hull, trip)
            rests_since = trip.laid_up_at


def _make(hull: Hull, trip: Trip) -> Iterator[Stretch]:
    load, discharge = trip.load, trip.discharge
    yield _sail(hull, trip.came_from, load.port, trip.sailed_at, trip.sea_kn, UNDER_WAY, laden=False)
    yield _lie(hull, load.port, load.moored_at, load.cast_off_at, MOORED, laden=False)
    yield _sail(hull, load.port, discharge.port, load.cast_off_at, trip.sea_kn, UNDER_WAY, laden=True)
    yield _lie(hull, discharge.port, discharge.moored_at, discharge.cast_off_at, MOORED, laden=True)
    yield _sail(hull, discharge.port, trip.lays_up, discharge.cast_off_at, trip.sea_kn, UNDER_WAY, laden=False)


BYSTANDER_DAYS = (4, 17)  # of each month; no visit lasts to the next, nor to a month's end
BYSTANDER_WITHIN_MIN = 5 * 24 * 60
BYSTANDER_STAY_H = (12.0, 30.0)
BYSTANDER_KN = (11.0, 14.0)
BYSTANDER_WAYS = {  # from where, to where, how she lies there
    "AVOCET": ("south_east", "vostochny", CALLING),
    "REDSHANK": ("south_east", "nakhodka", WAITING),
    "WHIMBREL": ("far_west", "far_east", None),  # south of the followed area all the way
}


def bystander(hull: Hull, seed: int) -> Iterator[Stretch]:
    """The visits of a ship nobody watches, without end. She never comes near Rajin."""
    origin, target, manner = BYSTANDER_WAYS[hull.name]
    chance = Random(f"{seed}/{hull.name}")
    month = FIRST_MONTH
    while True:
        for day in BYSTANDER_DAYS:
            begins = starts_of(month) + timedelta(days=day - 1, minutes=chance.randrange(BYSTANDER_WITHIN_MIN))
            sea_kn, stay_h = round(chance.uniform(*BYSTANDER_KN), 1), chance.uniform(*BYSTANDER_STAY_H)
            come = _sail(hull, origin, target, begins, sea_kn, PASSING, laden=True)
            yield come
            if manner is not None:
                sails = come.ends_at + timedelta(seconds=round(stay_h * S_PER_H))
                yield _lie(hull, target, come.ends_at, sails, manner, laden=True)
                yield _sail(hull, target, origin, sails, sea_kn, PASSING, laden=False)
        month = month.after(1)


def everybody(seed: int) -> list[Iterator[Stretch]]:
    """One endless life for each ship, in the order of the fleet."""
    return [watched(hull, seed) for hull in WATCHED] + [bystander(hull, seed) for hull in BYSTANDERS]


def _sail(
    hull: Hull, origin: str, target: str, starts_at: datetime, sea_kn: float, manner: Manner, *, laden: bool
) -> Stretch:
    path = passage(origin, target, hull.berth, sea_kn)
    ends_at = starts_at + timedelta(seconds=path.takes_s)
    return _stretch(hull, target, starts_at, ends_at, path, manner, laden=laden)


def _lie(hull: Hull, place: str, starts_at: datetime, ends_at: datetime, manner: Manner, *, laden: bool) -> Stretch:
    path = stay(place, hull.berth, _seconds(starts_at, ends_at))
    return _stretch(hull, place, starts_at, ends_at, path, manner, laden=laden)


def _lie_up(hull: Hull, place: str, starts_at: datetime, ends_at: datetime) -> Stretch:
    lie, manner = LAY_UPS[place]
    path = lie(place, hull.berth, _seconds(starts_at, ends_at))
    return _stretch(hull, place, starts_at, ends_at, path, manner, laden=False)


def _stretch(
    hull: Hull, place: str, starts_at: datetime, ends_at: datetime, path: Path, manner: Manner, *, laden: bool
) -> Stretch:
    return Stretch(
        hull=hull,
        starts_at=starts_at,
        ends_at=ends_at,
        path=path,
        manner=manner,
        laden=laden,
        destination=PLACES[place].destination,
        heading_deg=PLACES[place].heading_deg,
    )


def _seconds(starts_at: datetime, ends_at: datetime) -> int:
    return round((ends_at - starts_at).total_seconds())
