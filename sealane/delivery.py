"""Delivery: a load end and a discharge end of one hull, and the grade its evidence earns. Not proof of cargo.

    strong + strong   confirmed          pairs of strong ends are made first, in time order; weak ends serve what is
    strong + weak     probable           left, and never inside or across a pair
    weak   + weak     possible

The load end is the last one before the discharge; one load end makes one delivery. From the latest known presence at
the load port to the earliest at the discharge port there are at most ten days. No pair is made across an identity
conflict.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal

import msgspec

from geofences.zone import PortCode, Role
from sealane.portcall import minute_of
from sealane.presence import Presence
from sealane.static import Imo

Grade = Literal["confirmed", "probable", "possible"]

GRADE: dict[tuple[str, str], Grade] = {
    ("strong", "strong"): "confirmed",
    ("strong", "weak"): "probable",
    ("weak", "strong"): "probable",
    ("weak", "weak"): "possible",
}

Parted = Callable[[Imo, datetime, datetime], bool]


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One pair of ends. Its arrival is an interval where the entry at the discharge port was not observed."""

    id: str
    imo: Imo
    grade: Grade
    load_port: PortCode
    loaded_at: datetime  # latest known presence at the load port
    discharge_port: PortCode
    arrived_at: datetime | None  # None where it was already there when first heard
    arrival_earliest_at: datetime  # the arrival lies from here
    arrival_latest_at: datetime  # to here; equal where it was observed
    load_presence: str
    discharge_presence: str


class _Pair(msgspec.Struct, frozen=True, kw_only=True):
    load: Presence
    discharge: Presence


def deliveries_of(
    corridor: str, presences: Iterable[Presence], role: Callable[[PortCode], Role], parted: Parted, longest: timedelta
) -> tuple[Delivery, ...]:
    """Every delivery that the presences of a corridor's hulls amount to, by id."""
    ends = sorted(
        (each for each in presences if each.strength != "none" and role(each.port) != "other"),
        key=lambda each: (each.imo, each.first_known_at, each.id),
    )
    found = [
        _delivery(corridor, pair)
        for _, hull_ends in groupby(ends, key=lambda each: each.imo)
        for pair in _pairs(list(hull_ends), role, parted, longest)
    ]
    return tuple(sorted(found, key=lambda each: each.id))


def _pairs(ends: list[Presence], role: Callable[[PortCode], Role], parted: Parted, longest: timedelta) -> list[_Pair]:
    """Strong ends first; then all that is left. A pair already made is a wall that no other is made across."""
    pairs: list[_Pair] = []
    for strengths in (("strong",), ("strong", "weak")):
        load: Presence | None = None
        for end in ends:
            pair = _pair_around(end, pairs)
            if pair is not None:
                load = None
            elif end.strength not in strengths:
                continue
            elif role(end.port) == "load":
                load = end
            elif load is not None:
                if _fits(load, end, parted, longest):
                    pairs.append(_Pair(load=load, discharge=end))
                load = None
    return pairs


def _pair_around(end: Presence, pairs: list[_Pair]) -> _Pair | None:
    """The pair an end belongs to or lies within."""
    for pair in pairs:
        if pair.load.first_known_at <= end.first_known_at <= pair.discharge.first_known_at:
            return pair
    return None


def _fits(load: Presence, discharge: Presence, parted: Parted, longest: timedelta) -> bool:
    sailed = discharge.first_known_at - load.last_known_at
    if not timedelta(0) <= sailed <= longest:
        return False
    return not parted(load.imo, load.first_known_at, discharge.last_known_at)


def _delivery(corridor: str, pair: _Pair) -> Delivery:
    load, discharge = pair.load, pair.discharge
    earliest = discharge.arrived_earliest_at or discharge.arrived_at or load.last_known_at
    return Delivery(
        id=f"delivery:{corridor}:{discharge.imo}:{discharge.port}:{minute_of(discharge.first_known_at)}",
        imo=discharge.imo,
        grade=GRADE[load.strength, discharge.strength],
        load_port=load.port,
        loaded_at=load.last_known_at,
        discharge_port=discharge.port,
        arrived_at=discharge.arrived_at,
        arrival_earliest_at=max(earliest, load.last_known_at),
        arrival_latest_at=discharge.first_known_at,
        load_presence=load.id,
        discharge_presence=discharge.id,
    )
