"""Seen: what sightings amount to. Two desks that report one call are one call.

    sightings that overlap in time, at one port, with a candidate ship in common      one call seen
    candidates of a call seen        those all its sightings share; all of them where they share none
    strong                           for the one ship that a sighting of it names alone
    weak                             where every sighting names several; the weights are shown, the grade ignores them
    none                             for a ship that AIS shows elsewhere all that time

The interval bounds when the ship was seen, not its stay: it had come by the earliest end, and had not left before the
latest begin. A decision may reject a sighting, re-attribute it, merge it with another or split it off.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Literal

import msgspec

from geofences.chart import Chart
from geofences.zone import PortCode
from sealane.decision import Decision
from sealane.sighting import Sighting
from sealane.static import Imo

Verdict = Literal["confirm", "reject"]
CouldBeAt = Callable[[Imo, PortCode, datetime, datetime], bool]


class Sighted(msgspec.Struct, frozen=True, kw_only=True):
    """A sighting as it stands: where the chart puts it, and what analysts made of it."""

    id: str
    sighting: Sighting
    port: PortCode | None  # None: a position in no port
    ships: tuple[Imo, ...]  # after decisions, ascending
    verdict: Verdict | None  # an analyst's
    contradicted: tuple[Imo, ...]  # of the ships, those that AIS shows elsewhere
    decisions: tuple[str, ...]  # ids of the decisions


class CallSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One call that one or more sightings show. Somebody of `ships` was there."""

    port: PortCode
    ships: tuple[Imo, ...]
    named: tuple[Imo, ...]  # those that a sighting names alone
    contradicted: tuple[Imo, ...]
    from_at: datetime  # earliest moment of any of the sightings
    to_at: datetime  # latest
    here_by_at: datetime  # surely come
    here_until_at: datetime  # surely not left yet
    sightings: tuple[str, ...]
    decisions: tuple[str, ...]

    @property
    def anchor(self) -> str:
        """What stands for it where it can be used once only."""
        return (*self.sightings, *self.decisions)[0]


def sighted_of(
    sightings: Iterable[Sighting], decisions: Iterable[Decision], chart: Chart, could_be_at: CouldBeAt
) -> tuple[Sighted, ...]:
    """Every sighting as it stands after decisions and beside AIS, by id."""
    made = tuple(decisions)
    return tuple(_sighted(each, made, chart, could_be_at) for each in sorted(sightings, key=lambda each: each.id))


def sighting_of(target: str, ids: Iterable[str]) -> str | None:
    """The sighting a decision's target names, with or without the word in front."""
    known = set(ids)
    bare = target.removeprefix("sighting:")
    return target if target in known else bare if bare in known else None


def _sighted(sighting: Sighting, decisions: tuple[Decision, ...], chart: Chart, could_be_at: CouldBeAt) -> Sighted:
    mine = [each for each in decisions if sighting_of(each.target, (sighting.id,)) and each.action != "annotate"]
    port = port_at(sighting.place, chart)
    ships = tuple(sorted({ship.imo for ship in sighting.ships}))
    verdict: Verdict | None = None
    for decision in mine:  # in order of time: the latest wins
        if decision.action == "re-attribute" and decision.imo is not None:
            ships = (decision.imo,)
        elif decision.action == "confirm" or decision.action == "reject":
            verdict = decision.action
    elsewhere = (
        ()
        if port is None or verdict == "confirm"
        else tuple(imo for imo in ships if not could_be_at(imo, port, sighting.from_at, sighting.to_at))
    )
    return Sighted(
        id=sighting.id,
        sighting=sighting,
        port=port,
        ships=ships,
        verdict=verdict,
        contradicted=elsewhere,
        decisions=tuple(each.id for each in mine),
    )


def port_at(place: str, chart: Chart) -> PortCode | None:
    """The port of a sighting's place: a port's key, a zone's key, or a position in degrees."""
    zone_port = chart.port_of(place)
    if zone_port is not None:
        return zone_port
    lat, comma, lon = place.partition(",")
    if comma:
        return chart.place(float(lat), float(lon)).port
    return PortCode(place)


def calls_seen(sighted: Iterable[Sighted], decisions: Iterable[Decision]) -> tuple[CallSeen, ...]:
    """The calls that sightings show, each sighting in one of them."""
    standing = [each for each in sighted if each.port is not None and each.verdict != "reject"]
    made = tuple(decisions)
    ids = [each.id for each in standing]
    split = {sighting_of(each.target, ids) for each in made if each.action == "split"}
    merged = {
        frozenset((sighting_of(each.target, ids), sighting_of(each.other or "", ids)))
        for each in made
        if each.action == "merge"
    }

    def is_one_call(one: Sighted, other: Sighted) -> bool:
        if frozenset((one.id, other.id)) in merged:
            return one.port == other.port
        if one.id in split or other.id in split:
            return False
        return _overlap(one, other) and not set(one.ships).isdisjoint(other.ships)

    return tuple(_call_seen(group) for group in _grouped(standing, is_one_call))


def _overlap(one: Sighted, other: Sighted) -> bool:
    return (
        one.port == other.port
        and one.sighting.from_at <= other.sighting.to_at
        and other.sighting.from_at <= one.sighting.to_at
    )


def _grouped(sighted: list[Sighted], is_one: Callable[[Sighted, Sighted], bool]) -> list[list[Sighted]]:
    """Groups linked by pairs, whatever the order."""
    groups: list[list[Sighted]] = []
    for each in sighted:
        linked = [group for group in groups if any(is_one(each, other) for other in group)]
        groups = [group for group in groups if group not in linked]
        groups.append([other for group in linked for other in group] + [each])
    return [sorted(group, key=lambda each: each.id) for group in groups]


def _call_seen(group: list[Sighted]) -> CallSeen:
    port = group[0].port
    assert port is not None, "a position in no port is no call"
    shared = set.intersection(*(set(each.ships) for each in group))
    everyone = set.union(*(set(each.ships) for each in group))
    ships = shared or everyone
    return CallSeen(
        port=port,
        ships=tuple(sorted(ships)),
        named=tuple(sorted({each.ships[0] for each in group if len(each.ships) == 1} & ships)),
        contradicted=tuple(sorted({imo for each in group for imo in each.contradicted} & ships)),
        from_at=min(each.sighting.from_at for each in group),
        to_at=max(each.sighting.to_at for each in group),
        here_by_at=min(each.sighting.to_at for each in group),
        here_until_at=max(each.sighting.from_at for each in group),
        sightings=tuple(each.id for each in group),
        decisions=tuple(sorted({decision for each in group for decision in each.decisions})),
    )
