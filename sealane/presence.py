"""Presence: one hull at one port in an interval, on what grounds, and how well that is known.

    strong    a call with confidence 3 or 4, uncontested, not suspect; a sighting that names one ship; an analyst's word
    weak      a call of confidence 1 or 2, or unconfirmed; a sighting that names several; a gap that could hide it
    none      a transit, a contested call, one made of suspect fixes; a sighting that AIS contradicts

Overlapping presences of one hull at one port are one; all its evidence stays listed. A sighting joins the stay it falls
into and never makes two stays one: it says the ship was seen at some moment, not all the time.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from geofences.zone import PortCode
from sealane.attribution import Attributed
from sealane.decision import Decision
from sealane.portcall import minute_of
from sealane.seen import CallSeen
from sealane.static import Imo
from sealane.target import Aim, aimed_at, anchor_of

Strength = Literal["strong", "weak", "none"]
Basis = Literal["observed", "sighted", "inferred", "decided"]

STRONG_FROM_CONFIDENCE = 3
BEST_FIRST: tuple[Strength, ...] = ("strong", "weak", "none")


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """It was there at some moment from `first_known_at` to `last_known_at`; a call, all the time between.

    By `here_by_at` it had surely come, at `here_until_at` it had surely not left. The arrival interval of a call is
    wider where the entry was not observed.
    """

    id: str
    imo: Imo
    port: PortCode
    basis: Basis
    strength: Strength
    first_known_at: datetime
    last_known_at: datetime
    here_by_at: datetime
    here_until_at: datetime
    arrived_at: datetime | None = None  # None where it was already there when first heard, and where it was not heard
    arrived_earliest_at: datetime | None = None  # None where the entry was observed or nothing was heard before
    departed_at: datetime | None = None
    calls: tuple[str, ...] = ()  # ids of the calls it rests on, in order
    sightings: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    needs: str | None = None  # the sighting of several ships that it stands and falls with

    @property
    def rests_on(self) -> tuple[str, ...]:
        """Ids of all its evidence."""
        sightings = (f"sighting:{each}" for each in self.sightings)
        return (*self.calls, *sightings, *self.gaps, *(f"decision:{each}" for each in self.decisions))


def strength_of(attributed: Attributed) -> Strength:
    """How well a call shows that a hull was there."""
    call = attributed.call
    if attributed.verdict is not None:
        return "strong" if attributed.verdict == "confirm" else "none"
    if call.contested or call.status == "transit" or attributed.wholly_suspect:
        return "none"
    sound = call.status == "call" and call.confidence >= STRONG_FROM_CONFIDENCE and not attributed.suspect
    return "strong" if sound else "weak"


def presences_of(
    attributed: Iterable[tuple[Imo, Attributed]],
    seen: Iterable[tuple[Imo, CallSeen]] = (),
    merged: Iterable[tuple[str, str]] = (),
) -> tuple[Presence, ...]:
    """The presences that calls and calls seen amount to, each with the hull it is of. `merged`: calls that are one."""
    one = {frozenset(pair) for pair in merged}
    stays: dict[tuple[Imo, PortCode], list[Presence]] = {}
    for imo, each in sorted(attributed, key=lambda pair: (pair[1].call.first_heard_at, pair[1].call.id)):
        _join(stays.setdefault((imo, each.call.port), []), _of_call(imo, each), one)
    for imo, call in sorted(seen, key=lambda pair: (pair[1].from_at, pair[1].anchor)):
        _add_seen(stays.setdefault((imo, call.port), []), _of_seen(imo, call))
    return tuple(sorted((each for held in stays.values() for each in held), key=lambda each: each.id))


def decided_on(
    presences: Iterable[Presence], hidden: Iterable[Presence], decisions: Iterable[Decision], within: timedelta
) -> tuple[tuple[Presence, ...], dict[str, str]]:
    """Presences with analysts' verdicts on them, and which presence each decision means.

    One that a gap could hide (`hidden`), or that nothing shows at all, stands on the analyst's word once confirmed.
    """
    known = {each.id: each for each in presences}
    possible = {each.id: each for each in hidden if each.id not in known}
    meant: dict[str, str] = {}
    for decision in decisions:  # in order of time: the latest wins
        aims = [_aim(each) for each in (*known.values(), *possible.values())]
        is_there = decision.target in known or decision.target in possible
        target = decision.target if is_there else aimed_at(decision.target, "presence", aims, within)
        if decision.action == "confirm" and (target is None or target in possible):
            asserted = _asserted(decision) if target is None else possible[target]
            if asserted is None:
                continue
            known[asserted.id], target = asserted, asserted.id
        if target not in known or decision.action == "undo":
            continue
        meant[decision.id] = target
        known[target] = _decided(known[target], decision)
    return tuple(known[key] for key in sorted(known)), meant


def _asserted(decision: Decision) -> Presence | None:
    """What an analyst says of a hull, a port and a minute where nothing else speaks."""
    anchor = anchor_of(decision.target)
    if anchor is None or anchor.kind != "presence":
        return None
    imo, port = Imo(anchor.ship), PortCode(anchor.port)
    return Presence(
        id=presence_id(imo, port, anchor.at),
        imo=imo,
        port=port,
        basis="decided",
        strength="strong",
        first_known_at=anchor.at,
        last_known_at=anchor.at,
        here_by_at=anchor.at,
        here_until_at=anchor.at,
    )


def _decided(presence: Presence, decision: Decision) -> Presence:
    decisions = tuple(dict.fromkeys((*presence.decisions, decision.id)))
    if decision.action == "confirm":
        return msgspec.structs.replace(presence, strength="strong", basis="decided", needs=None, decisions=decisions)
    if decision.action == "reject":
        return msgspec.structs.replace(presence, strength="none", basis="decided", decisions=decisions)
    return msgspec.structs.replace(presence, decisions=decisions)


def _aim(each: Presence) -> Aim:
    return Aim(id=each.id, ship=each.imo, ports=(each.port,), from_at=each.first_known_at, to_at=each.last_known_at)


def presence_id(imo: Imo, port: PortCode, at: datetime) -> str:
    return f"presence:{imo}:{port}:{minute_of(at)}"


def _of_call(imo: Imo, each: Attributed) -> Presence:
    call, strength = each.call, strength_of(each)
    return Presence(
        id=presence_id(imo, call.port, call.first_heard_at),
        imo=imo,
        port=call.port,
        basis="decided" if each.verdict == "confirm" else "observed",
        strength=strength,
        first_known_at=call.first_heard_at,
        last_known_at=call.last_heard_at,
        here_by_at=call.first_heard_at,
        here_until_at=call.last_heard_at,
        arrived_at=call.arrived_at,
        arrived_earliest_at=call.arrived_earliest_at,
        departed_at=call.departed_at,
        calls=(call.id,),
        decisions=each.decisions,
    )


def _of_seen(imo: Imo, call: CallSeen) -> Presence:
    strength: Strength = "strong" if imo in call.named else "weak"
    return Presence(
        id=presence_id(imo, call.port, call.from_at),
        imo=imo,
        port=call.port,
        basis="decided" if call.decisions else "sighted",
        strength="none" if imo in call.contradicted else strength,
        first_known_at=call.from_at,
        last_known_at=call.to_at,
        here_by_at=call.here_by_at,
        here_until_at=call.here_until_at,
        sightings=call.sightings,
        decisions=call.decisions,
        needs=call.anchor if len(call.ships) > 1 else None,
    )


def _join(stays: list[Presence], presence: Presence, merged: set[frozenset[str]]) -> None:
    """One call more: part of the stay before it where they overlap or somebody says so."""
    before = stays[-1] if stays else None
    if before is not None and (
        presence.first_known_at <= before.last_known_at
        or any(frozenset((call, presence.calls[0])) in merged for call in before.calls)
    ):
        stays[-1] = _one_stay(before, presence)
    else:
        stays.append(presence)


def _one_stay(earlier: Presence, later: Presence) -> Presence:
    lasting = later if later.last_known_at > earlier.last_known_at else earlier
    best = min(earlier, later, key=lambda each: BEST_FIRST.index(each.strength))
    return msgspec.structs.replace(
        earlier,
        basis=best.basis,
        strength=best.strength,
        last_known_at=lasting.last_known_at,
        here_until_at=max(earlier.here_until_at, later.here_until_at),
        departed_at=lasting.departed_at,
        calls=earlier.calls + later.calls,
        decisions=tuple(dict.fromkeys(earlier.decisions + later.decisions)),
    )


def _add_seen(stays: list[Presence], seen: Presence) -> None:
    """A call seen belongs to the stay it falls into, the earliest of those, or is a stay of its own."""
    for index, stay in enumerate(stays):
        begins_at = stay.arrived_earliest_at or stay.first_known_at
        ends_at = max(stay.last_known_at, stay.departed_at or stay.last_known_at)
        if stay.calls and seen.first_known_at <= ends_at and begins_at <= seen.last_known_at:
            stays[index] = _backed(stay, seen)
            return
    stays.append(seen)
    stays.sort(key=lambda each: (each.first_known_at, each.id))


def _backed(stay: Presence, seen: Presence) -> Presence:
    """A stay that was seen as well. One that shows nothing by itself takes the times at which it was seen."""
    evidence: dict[str, Any] = {
        "sightings": stay.sightings + seen.sightings,
        "decisions": tuple(dict.fromkeys(stay.decisions + seen.decisions)),
    }
    if stay.strength == "none" and seen.strength != "none":
        return msgspec.structs.replace(seen, calls=stay.calls, **evidence)
    if seen.strength == "strong":  # this ship and no other: the moment it was seen narrows when it came and left
        stay = msgspec.structs.replace(
            stay,
            here_by_at=min(stay.here_by_at, seen.here_by_at),
            here_until_at=max(stay.here_until_at, seen.here_until_at),
        )
    if BEST_FIRST.index(seen.strength) < BEST_FIRST.index(stay.strength):
        stay = msgspec.structs.replace(stay, strength=seen.strength, basis=seen.basis)
    return msgspec.structs.replace(stay, **evidence)
