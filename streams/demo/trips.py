"""Trips: what the made-up ships did, and so what a reader of their AIS should find.

    lay-up ~~> load call at Rajin ~~> discharge call at Dunai or Vostochny ~~> lay-up

Planned backwards from each arrival at the discharge port, which decides the month of a delivery. No arrival, at either
port, lies within three hours of a month's end: a fix is ten minutes from the next, and the truth must not hang on it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from random import Random

import msgspec

from streams.demo.fleet import WATCHED, Hull
from streams.demo.rhythm import LIVE_MONTH, Month, rhythm
from streams.demo.seaways import S_PER_H, passage

DEFAULT_SEED = 64  # as many deliveries as were published
STARTS_AT = datetime(2023, 8, 25, tzinfo=UTC)  # first heard, every ship laid up
LIVE_FROM = datetime(2025, 4, 1, tzinfo=UTC)
LOAD_PORT = "rajin"
FIRST_LAY_UP = "vladivostok"
LAY_UPS = ("vladivostok", "vladivostok", "offshore")
VOSTOCHNY_FROM = datetime(2023, 10, 1, tzinfo=UTC)  # main discharge port from Oct 2023
DUNAI_UNTIL = datetime(2023, 12, 20, tzinfo=UTC)  # hardly used after: NK Pro, 2024-03-01
SEA_KN = (10.4, 12.0)
LOAD_STAY_H, DISCHARGE_STAY_H = (15.0, 22.0), (15.0, 26.0)
LAY_UP_LEAST = timedelta(hours=6)
TRIP_AHEAD = timedelta(hours=56)  # from leaving the lay-up ground to discharge, at most, and six hours of rest
CLEAR_OF_MONTH_END = timedelta(hours=3)
ARRIVALS_FROM, ARRIVALS_UNTIL = timedelta(days=1), timedelta(days=-1.5)  # of the month
MIDDLE = (0.15, 0.85)  # of an arrival's own part of the month
CROWDED_DAYS = 16  # the first live month: its deliveries come early, so that the surge does too


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One planned stay: the gate inwards, the berth, the gate outwards."""

    port: str
    arrived_at: datetime
    moored_at: datetime
    cast_off_at: datetime
    departed_at: datetime


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """One planned delivery."""

    imo: int
    name: str
    came_from: str
    sailed_at: datetime  # from the lay-up ground
    sea_kn: float
    load: Call
    discharge: Call
    lays_up: str
    laid_up_at: datetime


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """Where a hull waits, and since when."""

    hull: Hull
    place: str
    since: datetime


def trips(seed: int) -> Iterator[Trip]:
    """Every trip in the order of arrival, without end."""
    chance = Random(f"{seed}/trips")
    fleet = [Rest(hull=hull, place=FIRST_LAY_UP, since=STARTS_AT) for hull in WATCHED]
    for month, count in rhythm(chance):
        for arrives_at in _arrivals(month, count, chance):
            rested = sorted((rest for rest in fleet if rest.since <= arrives_at - TRIP_AHEAD), key=lambda r: r.since)
            rest = chance.choice(rested[:2])
            trip = _trip(rest, arrives_at, chance)
            fleet.remove(rest)
            fleet.append(Rest(hull=rest.hull, place=trip.lays_up, since=trip.laid_up_at))
            yield trip


def plan(seed: int = DEFAULT_SEED) -> tuple[Trip, ...]:
    """The trips of the history: those that arrived before it ends."""
    return tuple(takewhile(lambda trip: trip.discharge.arrived_at < LIVE_FROM, trips(seed)))


def starts_of(month: Month) -> datetime:
    """Midnight UTC of its first day."""
    return datetime(month.year, month.month, 1, tzinfo=UTC)


def _arrivals(month: Month, count: int, chance: Random) -> list[datetime]:
    """Spread over the month, each somewhere in the middle of its own part of it."""
    first, last = starts_of(month) + ARRIVALS_FROM, starts_of(month.after(1)) + ARRIVALS_UNTIL
    if month == LIVE_MONTH:
        last = starts_of(month) + timedelta(days=CROWDED_DAYS)
    part_s = round((last - first).total_seconds() / max(count, 1))
    return [first + timedelta(seconds=round((n + chance.uniform(*MIDDLE)) * part_s)) for n in range(count)]


def _trip(rest: Rest, arrives_at: datetime, chance: Random) -> Trip:
    """One trip that reaches its discharge port at that time; drawn again if its load call touches a month's end."""
    port = _discharge_port(arrives_at, chance)
    while True:
        trip = _draw(rest, port, arrives_at, chance)
        if _is_clear(trip.load.arrived_at):
            return trip


def _draw(rest: Rest, port: str, arrives_at: datetime, chance: Random) -> Trip:
    sea_kn = round(chance.uniform(*SEA_KN), 1)
    load_s, discharge_s = (round(chance.uniform(*stay_h) * S_PER_H) for stay_h in (LOAD_STAY_H, DISCHARGE_STAY_H))
    lays_up = chance.choice(LAY_UPS)
    out, laden, home = (
        passage(origin, target, rest.hull.berth, sea_kn)
        for origin, target in ((rest.place, LOAD_PORT), (LOAD_PORT, port), (port, lays_up))
    )
    load_left = arrives_at - timedelta(seconds=laden.gate_in_s)
    discharge_moored = load_left + timedelta(seconds=laden.takes_s)
    discharge_left = discharge_moored + timedelta(seconds=discharge_s)
    sailed = load_left - timedelta(seconds=load_s + out.takes_s)
    return Trip(
        imo=rest.hull.imo,
        name=rest.hull.name,
        came_from=rest.place,
        sailed_at=sailed,
        sea_kn=sea_kn,
        load=Call(
            port=LOAD_PORT,
            arrived_at=sailed + timedelta(seconds=out.gate_in_s),
            moored_at=sailed + timedelta(seconds=out.takes_s),
            cast_off_at=load_left,
            departed_at=load_left + timedelta(seconds=laden.gate_out_s),
        ),
        discharge=Call(
            port=port,
            arrived_at=arrives_at,
            moored_at=discharge_moored,
            cast_off_at=discharge_left,
            departed_at=discharge_left + timedelta(seconds=home.gate_out_s),
        ),
        lays_up=lays_up,
        laid_up_at=discharge_left + timedelta(seconds=home.takes_s),
    )


def _discharge_port(arrives_at: datetime, chance: Random) -> str:
    if arrives_at < VOSTOCHNY_FROM:
        return "dunay"
    return chance.choice(("dunay", "vostochny")) if arrives_at < DUNAI_UNTIL else "vostochny"


def _is_clear(at: datetime) -> bool:
    """Whether no month ends within three hours."""
    return (at - CLEAR_OF_MONTH_END).month == (at + CLEAR_OF_MONTH_END).month
