"""Pairing: which load end and which discharge end of one hull make one delivery.

    strong ends first, in time order; then weak ones among what is left, never inside or across a pair

The load end is the last one before the discharge; one load end makes one delivery. From the latest known presence at
the load port to the earliest at the discharge port there are at most ten days, and time to sail. No pair is made across
an identity conflict.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import msgspec

from geofences.zone import PortCode, Role
from sealane.presence import Presence
from sealane.seaway import Seaways
from sealane.static import Imo

Parted = Callable[[Imo, datetime, datetime], bool]
RoleOf = Callable[[PortCode], Role]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What two ends must meet to be paired."""

    role: RoleOf
    parted: Parted  # whether an identity conflict of a hull lies between two times
    longest: timedelta
    seaways: Seaways = Seaways()
    fastest_kn: float = 30.0

    def fit(self, load: Presence, discharge: Presence) -> bool:
        """Whether a load end and a discharge end can be one delivery."""
        sailed = discharge.here_by_at - load.here_until_at
        if sailed < self.sailing(load.port, discharge.port):
            return False
        if discharge.first_known_at - load.last_known_at > self.longest:
            return False
        return not self.parted(load.imo, load.first_known_at, discharge.last_known_at)

    def sailing(self, one: PortCode, other: PortCode) -> timedelta:
        """The least time from port to port; none where the chart does not say where they are."""
        ports = self.seaways.ports
        if one not in ports or other not in ports:
            return timedelta(0)
        return timedelta(hours=self.seaways.hours(ports[one], ports[other], self.fastest_kn))


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two known ends of one hull."""

    load: Presence
    discharge: Presence

    def holds(self, at: datetime) -> bool:
        """Whether a time lies in it: no other delivery begins or ends there."""
        return self.load.first_known_at <= at <= self.discharge.first_known_at

    def overlaps(self, from_at: datetime, to_at: datetime) -> bool:
        return self.load.first_known_at < to_at and from_at < self.discharge.first_known_at


def ends_of(presences: Iterable[Presence], role: RoleOf) -> list[Presence]:
    """The presences that can be an end, in order of time."""
    ends = (each for each in presences if each.strength != "none" and role(each.port) != "other")
    return sorted(ends, key=lambda each: (each.first_known_at, each.id))


def pairs_of(ends: list[Presence], terms: Terms) -> list[Pair]:
    """Pair the ends of one hull, strong ones first; a pair already made is a wall that no other is made across."""
    pairs: list[Pair] = []
    for strengths in (("strong",), ("strong", "weak")):
        load: Presence | None = None
        for end in ends:
            if any(pair.holds(end.first_known_at) for pair in pairs):
                load = None
            elif end.strength not in strengths:
                continue
            elif terms.role(end.port) == "load":
                load = end
            elif load is not None:
                if terms.fit(load, end):
                    pairs.append(Pair(load=load, discharge=end))
                load = None
    return pairs


def arrival_of(discharge: Presence, not_before: datetime) -> tuple[datetime, datetime]:
    """From when to when the arrival at a discharge end lies; equal where it was observed."""
    if discharge.arrived_at is not None and discharge.arrived_earliest_at is None:
        return discharge.arrived_at, discharge.arrived_at
    earliest = max(discharge.arrived_earliest_at or not_before, not_before)
    return min(earliest, discharge.here_by_at), discharge.here_by_at
