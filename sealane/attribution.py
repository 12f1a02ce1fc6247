"""Attribution: whose call it was, and what is held against it or said for it.

whose      the hull whose statements reach over all of the call; another, where an analyst re-attributed it
against    interference: its fixes may have been moved
for, or    an analyst's verdict: confirmed or rejected
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Literal

import msgspec

from sealane.decision import Decision
from sealane.identities import Identities
from sealane.interference import Weighed
from sealane.portcall import PortCall
from sealane.static import Imo
from sealane.target import Aim, aimed_at


class Attributed(msgspec.Struct, frozen=True, kw_only=True):
    """A call, the hull it is attributed to, and what speaks about it."""

    call: PortCall
    imo: Imo | None
    suspect: bool = False  # rests on fixes that interference may have moved
    wholly_suspect: bool = False  # on no others
    verdict: Literal["confirm", "reject"] | None = None  # an analyst's
    decisions: tuple[str, ...] = ()  # ids of those on it


def attributed_of(
    weighed: Iterable[Weighed], identities: Identities, decisions: Iterable[Decision], within: timedelta
) -> tuple[tuple[Attributed, ...], dict[str, str]]:
    """Every call by id, and which call each decision means."""
    calls = {
        each.call.id: Attributed(
            call=each.call,
            imo=identities.hull_of(each.call),
            suspect=each.suspect,
            wholly_suspect=each.wholly,
        )
        for each in weighed
    }
    aims = [_aim(each.call) for each in calls.values()]
    meant: dict[str, str] = {}
    for decision in decisions:  # in order of time: the latest wins
        target = decision.target if decision.target in calls else aimed_at(decision.target, "call", aims, within)
        if target is None or decision.action == "undo":
            continue
        meant[decision.id] = target
        calls[target] = _decided(calls[target], decision)
    return tuple(calls[key] for key in sorted(calls)), meant


def calls_merged(
    decisions: Iterable[Decision], meant: dict[str, str], calls: Iterable[Attributed], within: timedelta
) -> list[tuple[str, str]]:
    """The pairs of calls that analysts say are one."""
    ids = {each.call.id: each for each in calls}
    aims = [_aim(each.call) for each in ids.values()]
    pairs: list[tuple[str, str]] = []
    for decision in decisions:
        if decision.action != "merge" or decision.id not in meant or decision.other is None:
            continue
        other = decision.other if decision.other in ids else aimed_at(decision.other, "call", aims, within)
        if other is not None:
            pairs.append((meant[decision.id], other))
    return pairs


def _aim(call: PortCall) -> Aim:
    return Aim(id=call.id, ship=call.mmsi, ports=(call.port,), from_at=call.first_heard_at, to_at=call.last_heard_at)


def _decided(each: Attributed, decision: Decision) -> Attributed:
    decisions = (*each.decisions, decision.id)
    if decision.action == "re-attribute" and decision.imo is not None:
        return msgspec.structs.replace(each, imo=decision.imo, decisions=decisions)
    if decision.action == "confirm" or decision.action == "reject":
        return msgspec.structs.replace(each, verdict=decision.action, decisions=decisions)
    return msgspec.structs.replace(each, decisions=decisions)
