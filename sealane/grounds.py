"""Grounds: what a standing object rests on, by ids, and which of that changed it.

    call                  fixes                      tally, alert     deliveries
    gap                   the fixes on both sides    candidate        calls
    voyage, delivery      presences, gap, decisions  sighting         decisions on it
                                                     decision         the object it means

What changed an object: grounds that came or went between its two revisions, or changed themselves (a delivery: its
grade or arrival). An object may change and none of its grounds have: time passed, or other rules.
"""

from collections.abc import Iterator
from datetime import datetime

from sealane.alert import Alert
from sealane.attribution import Attributed
from sealane.candidate import Candidate
from sealane.conflict import IdentityConflict
from sealane.countreport import CountReport
from sealane.delivery import Delivery
from sealane.gap import Gap
from sealane.identity import Identity
from sealane.interference import Interference
from sealane.judge import Standing
from sealane.presence import Presence
from sealane.ruling import Ruling
from sealane.seen import Sighted
from sealane.tally import Tally
from sealane.voyage import Voyage

StandingObject = (
    Attributed
    | Identity
    | IdentityConflict
    | Interference
    | Gap
    | Sighted
    | Voyage
    | Candidate
    | Delivery
    | Tally
    | Alert
    | CountReport
    | Ruling
)

SECOND = "%Y%m%dT%H%M%SZ"


def id_of(each: StandingObject | Presence) -> str:
    """The id of a standing object; what people added is told apart by a word in front of the id they gave it.

    A call's is its own, whoever it is attributed to.
    """
    match each:
        case Attributed(call=call):
            return call.id
        case Sighted():
            return f"sighting:{each.id}"
        case CountReport():
            return f"report:{each.id}"
        case Ruling():
            return f"decision:{each.id}"
        case _:
            return each.id


def rests_on(each: StandingObject) -> tuple[str, ...]:
    """The ids of its grounds, in the order it names them."""
    match each:
        case Attributed(call=call):
            return tuple(_fix(call.mmsi, evidence.fix.at) for evidence in call.evidence)
        case Gap():
            ends = (each.from_at,) if each.to_at is None else (each.from_at, each.to_at)
            return tuple(_fix(each.mmsi, at) for at in ends)
        case Voyage():
            return each.presences
        case Delivery():
            return each.rests_on
        case Candidate():
            return (each.load_call, each.discharge_call)
        case Tally() | Alert():
            return each.deliveries
        case Sighted():
            return each.decisions
        case Ruling():
            return (each.means,) if each.means else ()
        case _:
            return ()


def touched(before: Standing, after: Standing) -> frozenset[str]:
    """The ids of all objects others rest on that came, went or changed from one standing to the next."""
    was, now = dict(_states(before)), dict(_states(after))
    return frozenset(key for key in was.keys() | now.keys() if was.get(key) != now.get(key))


def because(was: StandingObject | None, now: StandingObject | None, changed: frozenset[str]) -> tuple[str, ...]:
    """What changed an object from one revision to the next, by id. None: it was not there, or is no more."""
    earlier = frozenset(rests_on(was)) if was else frozenset()
    later = frozenset(rests_on(now)) if now else frozenset()
    came_or_went = earlier ^ later if was and now else frozenset()
    return tuple(sorted(came_or_went | ((earlier | later) & changed)))


def _states(standing: Standing) -> Iterator[tuple[str, object]]:
    """What of each object matters to those that rest on it. A stay that only goes on is the same stay."""
    for delivery in standing.deliveries:
        yield delivery.id, (delivery.grade, delivery.arrival_earliest_at, delivery.arrival_latest_at)
    for presence in standing.presences:
        yield presence.id, (presence.strength, presence.first_known_at, presence.arrived_earliest_at)
    for gap in standing.gaps:
        yield gap.id, (gap.kind, gap.to_at)
    for each in standing.calls:
        yield each.call.id, (each.imo, each.call.status, each.call.confidence, each.call.contested)
    for ruling in standing.decisions:
        yield id_of(ruling), (ruling.means, ruling.force)


def _fix(mmsi: int, at: datetime) -> str:
    return f"fix:{mmsi}:{at:{SECOND}}"
