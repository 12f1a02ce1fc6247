"""Events: past-tense facts of how the standing objects changed. Corrections are events too; nothing is edited.

    object      appears                  changes                       is no longer true
    call        PortCallStarted          PortCallEnded, ...Revised     PortCallRetracted
    voyage      VoyageRecorded           VoyageRevised                 VoyageRetracted
    delivery    DeliveryRecorded         DeliveryRevised               DeliveryRetracted
    tally       TallyRevised             TallyRevised                  TallyRetracted
    alert       AlertFired               AlertResolved, ...Revised     AlertRetracted
    identity    IdentityBound            -                             IdentityRetracted
    conflict    IdentityConflictFound    -                             IdentityConflictRetracted
    candidate   CandidateFound           CandidateRevised              CandidateRetracted

An object keeps its id while it grows; a change that tells a reader nothing new (an open call heard once more) is no
event. An object that takes the place of a retracted one of the same ship and port names it: `supersedes`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from sealane.alert import Alert
from sealane.candidate import Candidate
from sealane.delivery import Delivery
from sealane.identity import Identity, IdentityConflict
from sealane.judge import Attributed, Standing
from sealane.tally import Tally
from sealane.voyage import Voyage

SCHEMA = 1

StandingObject = Attributed | Voyage | Delivery | Tally | Alert | Identity | IdentityConflict | Candidate


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One change. `id` is the subject's id and its revision, so that every run that learns it alike names it alike."""

    id: str
    kind: str
    schema: int
    subject: str
    revision: int
    at: datetime  # event time
    known_at: datetime  # as of when it was concluded
    observed: bool
    rests_on: tuple[str, ...]
    supersedes: str | None
    synthetic: bool
    object: StandingObject


class _Family(NamedTuple):
    """How one kind of object tells its changes."""

    standing: str  # the field of Standing
    stem: str
    appears: str
    shown: tuple[str, ...]  # fields whose change is an event
    succeeds: bool = False  # ids end in a minute that late data can move: the new one names the old


FAMILIES: tuple[_Family, ...] = (
    _Family("identities", "Identity", "IdentityBound", ()),
    _Family("conflicts", "IdentityConflict", "IdentityConflictFound", ()),
    _Family(
        "calls",
        "PortCall",
        "PortCallStarted",
        (
            "imo",
            "status",
            "confidence",
            "contested",
            "arrived_earliest_at",
            "departed_at",
            "departed_earliest_at",
            "shifts",
        ),
        succeeds=True,
    ),
    _Family("voyages", "Voyage", "VoyageRecorded", ("to_port", "arrived_at")),
    _Family("candidates", "Candidate", "CandidateFound", ("imo", "load_port")),
    _Family("deliveries", "Delivery", "DeliveryRecorded", ("grade", "load_port", "arrived_at"), succeeds=True),
    _Family("tallies", "Tally", "TallyRevised", ("low", "high", "confirmed", "probable", "possible")),
    _Family("alerts", "Alert", "AlertFired", ("state", "count")),
)


def changes(before: Standing, after: Standing, revisions: dict[str, int], *, synthetic: bool) -> tuple[Event, ...]:
    """The events that lead from one standing to the next, in event-time order. `revisions` counts on in place."""
    if after.as_of is None:
        return ()
    events: list[tuple[datetime, int, Event]] = []
    for rank, family in enumerate(FAMILIES):
        for kind, each, supersedes in _told(family, before, after):
            subject = _id(each)
            revision = revisions[subject] = revisions.get(subject, 0) + 1
            event = Event(
                id=f"{subject}#{revision}",
                kind=kind,
                schema=SCHEMA,
                subject=subject,
                revision=revision,
                at=_at(kind, each, after.as_of),
                known_at=after.as_of,
                observed=_observed(each),
                rests_on=_rests_on(each),
                supersedes=supersedes,
                synthetic=synthetic,
                object=each,
            )
            events.append((event.at, rank, event))
    return tuple(
        event for _, _, event in sorted(events, key=lambda entry: (*entry[:2], entry[2].subject, entry[2].revision))
    )


def _told(family: _Family, before: Standing, after: Standing) -> Iterator[tuple[str, StandingObject, str | None]]:
    was: dict[str, StandingObject] = {_id(each): each for each in getattr(before, family.standing)}
    now: dict[str, StandingObject] = {_id(each): each for each in getattr(after, family.standing)}
    gone = sorted(was.keys() - now.keys())
    for key in gone:
        if _is_news(was[key]):
            yield f"{family.stem}Retracted", was[key], None
    for key, each in now.items():
        earlier = was.get(key)
        if earlier is None:
            if not _is_news(each):
                continue
            yield family.appears, each, _superseded(each, [was[key] for key in gone]) if family.succeeds else None
            if ending := _ending(each):
                yield ending, each, None
        elif _shown(family, earlier) != _shown(family, each):
            ending = _ending(each)
            yield ending if ending and not _ending(earlier) else f"{family.stem}Revised", each, None


def _ending(each: StandingObject) -> str | None:
    """The event that ends an object's life without making it untrue."""
    if isinstance(each, Attributed) and each.call.departed_at is not None:
        return "PortCallEnded"
    if isinstance(each, Alert) and each.state == "resolved":
        return "AlertResolved"
    return None


def _is_news(each: StandingObject) -> bool:
    """A month in which nothing arrived is none."""
    return not isinstance(each, Tally) or each.high > 0


def _superseded(each: StandingObject, gone: list[StandingObject]) -> str | None:
    """The retracted object of the same ship and port whose place this one takes: the nearest in time."""
    line = _id(each).rpartition(":")[0]
    replaced = [other for other in gone if _id(other).rpartition(":")[0] == line]
    nearest = min(replaced, key=lambda other: (abs(_begins_at(other) - _begins_at(each)), _id(other)), default=None)
    return None if nearest is None else _id(nearest)


def _shown(family: _Family, each: StandingObject) -> tuple[object, ...]:
    return tuple(
        getattr(each.call if isinstance(each, Attributed) and field != "imo" else each, field) for field in family.shown
    )


def _id(each: StandingObject) -> str:
    return each.call.id if isinstance(each, Attributed) else each.id


def _at(kind: str, each: StandingObject, as_of: datetime) -> datetime:
    match each:
        case Attributed(call=call):
            return call.ends_at if kind == "PortCallEnded" else call.first_heard_at
        case Voyage():
            return each.first_known_at
        case Delivery():
            return each.arrival_latest_at
        case Alert():
            return each.resolved_at if kind == "AlertResolved" and each.resolved_at else each.fired_at
        case Identity() | IdentityConflict():
            return each.from_at
        case _:
            return as_of


def _begins_at(each: StandingObject) -> datetime:
    """The minute that an id of a family that succeeds ends in."""
    match each:
        case Attributed(call=call):
            return call.first_heard_at
        case Delivery():
            return each.arrival_latest_at
        case _:
            raise TypeError(f"{type(each).__name__} names no predecessor")


def _observed(each: StandingObject) -> bool:
    """Seen in a fix at both ends, not concluded across a silence."""
    match each:
        case Attributed(call=call):
            return call.observed
        case Delivery():
            return each.arrival_earliest_at == each.arrival_latest_at
        case _:
            return True


def _rests_on(each: StandingObject) -> tuple[str, ...]:
    match each:
        case Attributed(call=call):
            return tuple(f"fix:{call.mmsi}:{evidence.fix.at:%Y%m%dT%H%M%SZ}" for evidence in call.evidence)
        case Voyage():
            return each.presences
        case Delivery():
            return (each.load_presence, each.discharge_presence)
        case Candidate():
            return (each.load_call, each.discharge_call)
        case Tally() | Alert():
            return each.deliveries
        case _:
            return ()
