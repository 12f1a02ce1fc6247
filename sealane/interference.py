"""Interference: many ships thrown onto one spot within an hour. Fixes of that spot and time are suspect.

    ship A  ----+          +----        a jump proves nothing: one GPS errs, two hulls share one MMSI
    ship B  ----|--+       +----        jumps of three ships onto one spot within an hour: interference
    ship C  ----|--|---+   +----
                x  x   x                the spot

Each jump begins an hour: if within it ships enough are thrown to within 2 km of it, all their jumps are one
interference, and what shares a jump is one. That goes by the set of jumps; their order cannot matter.

Suspect fixes support a call, they never make one. A ship that lies at a berth beside the spot was not thrown there: its
path was not opened by a jump, and it was heard at its port at other times too. That a ship was thrown aside for a while
does not contest its own call. Nothing is said of who interfered.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from math import ceil

import msgspec

from sealane.distance import distance_km
from sealane.fix import Fix, Mmsi
from sealane.follow import RadioFacts
from sealane.portcall import PortCall, minute_of, with_rivals
from sealane.rules import Limits
from sealane.unheard import Jump

ID_DECIMALS = 3  # of a degree: about 100 m
CENTRE_DECIMALS = 4  # about 10 m
M_PER_KM = 1000
HALF_TURN_DEG, TURN_DEG = 180.0, 360.0


class Interference(msgspec.Struct, frozen=True, kw_only=True):
    """One spot and time. The id is of the first ship thrown there: it stays while more are."""

    id: str
    lat_deg: float  # centre of where they were thrown to
    lon_deg: float
    radius_km: float  # holds them all, with 2 km around
    from_at: datetime  # an hour before the first was thrown there
    to_at: datetime  # an hour after the last
    mmsis: tuple[Mmsi, ...]  # in ascending order

    def holds(self, at: datetime, lat_deg: float, lon_deg: float) -> bool:
        """Whether a moment and a place lie in it."""
        if not self.from_at <= at <= self.to_at:
            return False
        return distance_km(self.lat_deg, self.lon_deg, lat_deg, lon_deg) <= self.radius_km


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """A call by what interference leaves of it."""

    call: PortCall  # its rivals without those that were thrown there
    suspect: bool  # some of the fixes it rests on are
    wholly: bool  # all of them are: it supports, but makes no call


def interferences_of(radios: Iterable[RadioFacts], limits: Limits) -> tuple[Interference, ...]:
    """Every interference that the jumps of a corridor's radios show, in order of id."""
    jumps = sorted((jump for radio in radios for jump in radio.jumps), key=_in_order)
    group_of: dict[int, list[int]] = {}  # by jump
    for thrown in _thrown_together(jumps, limits):
        groups = {id(group): group for index in thrown if (group := group_of.get(index)) is not None}
        largest = max(groups.values(), key=len, default=[])
        for group in groups.values():
            if group is not largest:
                _move(group, largest, group_of)
        _move([index for index in thrown if index not in group_of], largest, group_of)
    found = {id(group): group for group in group_of.values()}.values()
    each = (_interference([jumps[index] for index in sorted(group)], limits) for group in found)
    return tuple(sorted(each, key=lambda interference: interference.id))


def thrown_segments(radio: RadioFacts, found: tuple[Interference, ...], limits: Limits) -> frozenset[int]:
    """The segments of a radio that were thrown there and never heard anywhere else, for however long they were heard.

    No hull sailed them.
    """
    near_km = limits.interference_spot_km
    return frozenset(jump.segment for jump in radio.jumps if jump.roamed_km <= near_km and _landings(jump, found))


def weighed(radio: RadioFacts, found: tuple[Interference, ...], limits: Limits) -> tuple[Weighed, ...]:
    """Each call of a radio as it stands beside all interferences, in the radio's order."""
    thrown = thrown_segments(radio, found, limits)
    landings = {jump.segment: _landings(jump, found) for jump in radio.jumps}
    return tuple(_weighed(call, thrown, landings.get(call.segment, ()), found) for call in radio.calls)


def _in_order(jump: Jump) -> tuple[datetime, Mmsi, int]:
    return jump.at, jump.mmsi, jump.segment


def _thrown_together(jumps: list[Jump], limits: Limits) -> Iterator[list[int]]:
    """Of each jump that begins such an hour: the jumps within it and near, by index; jumps come in order of time."""
    times = [jump.at for jump in jumps]
    hour = timedelta(minutes=limits.interference_within_min)
    for first in jumps:
        within = range(bisect_left(times, first.at), bisect_right(times, first.at + hour))
        if len(within) < limits.interference_min_ships:
            continue
        near = [index for index in within if _apart_km(first, jumps[index]) <= limits.interference_spot_km]
        if len({jumps[index].mmsi for index in near}) >= limits.interference_min_ships:
            yield near


def _move(indexes: list[int], group: list[int], group_of: dict[int, list[int]]) -> None:
    group += indexes
    group_of.update(dict.fromkeys(indexes, group))


def _interference(jumps: list[Jump], limits: Limits) -> Interference:
    """Of jumps in order. Longitudes are taken from the first one's, so that the antimeridian parts no spot."""
    first, last = jumps[0], jumps[-1]
    lat_deg = sum(jump.lat_deg for jump in jumps) / len(jumps)
    lon_deg = _round_the_globe(
        first.lon_deg + sum(_round_the_globe(jump.lon_deg - first.lon_deg) for jump in jumps) / len(jumps)
    )
    lat_deg, lon_deg = round(lat_deg, CENTRE_DECIMALS), round(lon_deg, CENTRE_DECIMALS)
    farthest_km = max(distance_km(lat_deg, lon_deg, jump.lat_deg, jump.lon_deg) for jump in jumps)
    margin = timedelta(hours=limits.interference_margin_h)
    return Interference(
        id=f"interference:{_degrees(first.lat_deg)}:{_degrees(first.lon_deg)}:{minute_of(first.at)}",
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        radius_km=ceil((farthest_km + limits.interference_spot_km) * M_PER_KM) / M_PER_KM,
        from_at=first.at - margin,
        to_at=last.at + margin,
        mmsis=tuple(sorted({jump.mmsi for jump in jumps})),
    )


def _landings(jump: Jump, found: Iterable[Interference]) -> tuple[Interference, ...]:
    """The interferences a jump leads into."""
    return tuple(each for each in found if each.holds(jump.at, jump.lat_deg, jump.lon_deg))


def _weighed(
    call: PortCall, thrown: frozenset[int], landings: tuple[Interference, ...], found: tuple[Interference, ...]
) -> Weighed:
    never_elsewhere = tuple(each for each in found if all(_lies_in(fix, each) for fix in _inside(call)))
    doubted = landings + never_elsewhere
    suspect = [any(_lies_in(evidence.fix, each) for each in doubted) for evidence in call.evidence]
    return Weighed(
        call=with_rivals(call, tuple(rival for rival in call.rivals if rival not in thrown)),
        suspect=any(suspect),
        wholly=all(suspect),
    )


def _inside(call: PortCall) -> list[Fix]:
    """The first and the last fix at the port: a ship that lay there before or after was not only thrown there."""
    return [evidence.fix for evidence in call.evidence if evidence.kind in ("entered", "last_inside")]


def _lies_in(fix: Fix, interference: Interference) -> bool:
    return interference.holds(fix.at, fix.lat_deg, fix.lon_deg)


def _apart_km(one: Jump, other: Jump) -> float:
    return distance_km(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg)


def _round_the_globe(lon_deg: float) -> float:
    """A longitude, or a difference of two, from -180 to 180."""
    return (lon_deg + HALF_TURN_DEG) % TURN_DEG - HALF_TURN_DEG


def _degrees(deg: float) -> str:
    return f"{round(deg, ID_DECIMALS) + 0.0:.{ID_DECIMALS}f}"  # adding 0 leaves no "-0.000"
