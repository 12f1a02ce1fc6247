"""Reasons: why a delivery has its grade, for and against, in sentences that name the evidence they speak of.

No score: who reads them can weigh them. Being heard by a receiver is not coverage at the place, and every inference
says so.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from sealane.attribution import Attributed
from sealane.decision import Decision
from sealane.delivery import Delivery, Ends, Reasons
from sealane.gap import SECONDS_PER_HOUR, Gap
from sealane.hiding import Hiding, Window
from sealane.presence import STRONG_FROM_CONFIDENCE, Presence
from sealane.seen import Sighted

NOT_COVERAGE = "a receiver that hears others need not reach her: being heard is not coverage at the place"
LONG_SILENCE = timedelta(hours=6)
SEEN_OF_CALL = {
    4: "entry, exit and a stop were observed",
    3: "a stop and one of entry and exit were observed",
    2: "a stop was observed, neither entry nor exit",
    1: "too little was heard to call it a call",
}

Said = list[str]


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence deliveries speak of, by id."""

    calls: Mapping[str, Attributed]
    sighted: Mapping[str, Sighted]
    decisions: Mapping[str, Decision]


def shelf_of(calls: Iterable[Attributed], sighted: Iterable[Sighted], decisions: Iterable[Decision]) -> Shelf:
    return Shelf(
        calls={each.call.id: each for each in calls},
        sighted={each.id: each for each in sighted},
        decisions={each.id: each for each in decisions},
    )


def reasons_of(delivery: Delivery, ends: Ends, shelf: Shelf) -> Reasons:
    """What speaks for a delivery and what against it."""
    speaks_for: Said = []
    against: Said = []
    for end in (ends.load, ends.discharge):
        if end is not None:
            _of_end(end, shelf, speaks_for, against)
    if ends.hiding is not None:
        _of_gap(ends.hiding, speaks_for, against)
    _of_arrival(delivery, ends, against)
    for decision in delivery.decisions:
        _of_decision(shelf.decisions[decision], delivery, speaks_for, against)
    return Reasons(speaks_for=tuple(dict.fromkeys(speaks_for)), against=tuple(dict.fromkeys(against)))


def _of_end(end: Presence, shelf: Shelf, speaks_for: Said, against: Said) -> None:
    for call_id in end.calls:
        _of_call(shelf.calls[call_id], speaks_for, against)
    for sighting_id in end.sightings:
        _of_sighting(shelf.sighted[sighting_id], end, speaks_for, against)
    for decision_id in end.decisions:
        if decision_id in shelf.decisions:
            speaks_for.append(_word(shelf.decisions[decision_id]))


def _of_call(each: Attributed, speaks_for: Said, against: Said) -> None:
    call = each.call
    weak = call.status != "call" or call.confidence < STRONG_FROM_CONFIDENCE
    (against if weak else speaks_for).append(
        f"{call.id}: {SEEN_OF_CALL[call.confidence]} (confidence {call.confidence})"
    )
    if call.contested:
        against.append(f"{call.id}: another path under MMSI {call.mmsi} overlaps it")
    if each.suspect:
        against.append(f"{call.id}: rests on fixes where several ships were thrown onto one spot")
    if not call.observed:
        against.append(f"{call.id}: an end of it lies in a silence")


def _of_sighting(each: Sighted, end: Presence, speaks_for: Said, against: Said) -> None:
    sighting = each.sighting
    told = f"sighting:{each.id} ({sighting.method}, {sighting.source or 'no source given'})"
    if len(each.ships) == 1:
        speaks_for.append(f"{told}: names this ship alone at {end.port}")
    else:
        speaks_for.append(f"{told}: this ship is one of {len(each.ships)} it may show at {end.port}")
        against.append(f"{told}: may show another of {len(each.ships)} ships")
    if end.imo in each.contradicted:
        against.append(f"{told}: AIS shows the ship elsewhere at that time")


def _of_gap(hiding: Hiding, speaks_for: Said, against: Said) -> None:
    gap = hiding.gap
    hidden = " and ".join(
        f"a {what} at {_ports(windows)}"
        for what, windows in (("load", hiding.loads), ("discharge", hiding.discharges))
        if windows
    )
    speaks_for.append(f"{gap.id}: {_lasted(gap)} unheard leave room for {hidden}")
    if gap.draught_before_m is not None and gap.draught_after_m is not None:
        said = f"{gap.id}: draught stated as {gap.draught_before_m:g} m before and {gap.draught_after_m:g} m after"
        (against if gap.draught_before_m == gap.draught_after_m else speaks_for).append(said)
    against.append(f"{gap.id}: {NOT_COVERAGE}")
    against.append(f"{gap.id}: {hidden} was not observed, only not ruled out")
    if gap.to_at is None:
        against.append(f"{gap.id}: still open, the ship has not been heard since")
    if gap.room_for > 1:
        against.append(f"{gap.id}: has room for {gap.room_for} deliveries, of which one is counted")


def _ports(windows: tuple[Window, ...]) -> str:
    return " or ".join(window.port for window in windows)


def _lasted(gap: Gap) -> str:
    if gap.to_at is None:
        return f"hours since {gap.from_at:%Y-%m-%d %H:%M} UTC"
    return f"{(gap.to_at - gap.from_at).total_seconds() / SECONDS_PER_HOUR:.0f} h"


def _of_arrival(delivery: Delivery, ends: Ends, against: Said) -> None:
    if ends.hiding is None and delivery.arrival_latest_at - delivery.arrival_earliest_at >= LONG_SILENCE:
        against.append(
            "the arrival was not observed: it lies between "
            f"{_moment(delivery.arrival_earliest_at)} and {_moment(delivery.arrival_latest_at)}"
        )


def _of_decision(decision: Decision, delivery: Delivery, speaks_for: Said, against: Said) -> None:
    word = _word(decision)
    if decision.action == "reject":
        against.append(word)
    else:
        speaks_for.append(word)
    if decision.action in ("confirm", "reject") and delivery.grade != delivery.machine_grade:
        against.append(f"decision:{decision.id}: the machine's own grade is {delivery.machine_grade}")


def _word(decision: Decision) -> str:
    return f"decision:{decision.id} of {decision.by}, {_moment(decision.at)}: {decision.action}, {decision.reason}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
