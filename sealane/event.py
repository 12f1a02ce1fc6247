"""Events: past-tense facts of how the standing objects changed. Corrections are events too; nothing is edited.

    object         appears                  changes                                 is no longer true
    call           PortCallStarted          PortCallEnded, ...Revised               PortCallRetracted
    gap            GapFound                 GapClosed, ...Revised                   GapRetracted
    voyage         VoyageRecorded           VoyageRevised                           VoyageRetracted
    delivery       DeliveryRecorded         DeliveryRevised                         DeliveryRetracted
    tally          TallyRevised             TallyRevised                            TallyRetracted
    alert          AlertFired               AlertEscalated, ...Resolved, ...Revised AlertRetracted
    identity       IdentityBound            -                                       IdentityRetracted
    conflict       IdentityConflictFound    -                                       IdentityConflictRetracted
    interference   InterferenceFound        InterferenceRevised                     InterferenceRetracted
    candidate      CandidateFound           CandidateRevised                        CandidateRetracted
    sighting       SightingRecorded         SightingRevised                         SightingRetracted
    report         CountReported            -                                       CountRetracted
    decision       DecisionRecorded         DecisionRevised                         DecisionRetracted

An object keeps its id while it grows; a change that tells a reader nothing new (an open call heard once more, a gap
that is only longer) is no event. An object that takes the place of a retracted one of the same ship and port names it:
`supersedes`; an alert, one that it shares deliveries with. `because` names what changed it. Presences have no events.
`AlertNotified` is told beside these: not of what stands, but that somebody was told of it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from sealane.alert import Alert
from sealane.attribution import Attributed
from sealane.conflict import IdentityConflict
from sealane.countreport import CountReport
from sealane.delivery import Delivery
from sealane.gap import Gap
from sealane.grounds import StandingObject, because, id_of, rests_on, touched
from sealane.identity import Identity
from sealane.interference import Interference
from sealane.judge import Standing
from sealane.notification import Notification
from sealane.ruling import Ruling
from sealane.seen import Sighted
from sealane.tally import Tally
from sealane.voyage import Voyage

__all__ = ["FAMILIES", "NOTIFIED", "SCHEMA", "Event", "StandingObject", "changes", "notified"]

SCHEMA = 1
NOTIFIED = "AlertNotified"


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
    because: tuple[str, ...]  # of what it rests on: what came, went or changed
    supersedes: str | None
    synthetic: bool
    object: StandingObject | Notification


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
    _Family("interferences", "Interference", "InterferenceFound", ("from_at", "to_at", "mmsis")),
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
            "suspect",
            "verdict",
        ),
        succeeds=True,
    ),
    _Family("gaps", "Gap", "GapFound", ("imo", "kind", "to_at")),
    _Family("sightings", "Sighting", "SightingRecorded", ("ships", "verdict", "contradicted")),
    _Family("voyages", "Voyage", "VoyageRecorded", ("to_port", "arrived_at")),
    _Family("candidates", "Candidate", "CandidateFound", ("imo", "load_port")),
    _Family(
        "deliveries", "Delivery", "DeliveryRecorded", ("grade", "load_port", "arrived_at", "decisions"), succeeds=True
    ),
    _Family("tallies", "Tally", "TallyRevised", ("low", "high", "confirmed", "probable", "possible")),
    _Family("alerts", "Alert", "AlertFired", ("state", "count", "severity", "threshold"), succeeds=True),
    _Family("reports", "Count", "CountReported", ()),
    _Family("decisions", "Decision", "DecisionRecorded", ("means", "force")),
)


def changes(before: Standing, after: Standing, revisions: dict[str, int], *, synthetic: bool) -> tuple[Event, ...]:
    """The events that lead from one standing to the next, in event-time order. `revisions` counts on in place."""
    if after.as_of is None:
        return ()
    changed = touched(before, after)
    events: list[tuple[datetime, int, Event]] = []
    for rank, family in enumerate(FAMILIES):
        for change in _told(family, before, after):
            subject = id_of(change.object)
            revision = revisions[subject] = revisions.get(subject, 0) + 1
            event = Event(
                id=f"{subject}#{revision}",
                kind=change.kind,
                schema=SCHEMA,
                subject=subject,
                revision=revision,
                at=_at(change.kind, change.object, after.as_of),
                known_at=after.as_of,
                observed=_observed(change.object),
                rests_on=rests_on(change.object),
                because=because(change.was, change.now, changed),
                supersedes=change.supersedes,
                synthetic=synthetic,
                object=change.object,
            )
            events.append((event.at, rank, event))
    return tuple(
        event for _, _, event in sorted(events, key=lambda entry: (*entry[:2], entry[2].subject, entry[2].revision))
    )


def notified(notifications: Iterable[Notification], revisions: dict[str, int], *, synthetic: bool) -> tuple[Event, ...]:
    """The events that say who was told what of alerts, after those of what changed. `revisions` counts on in place."""
    events = []
    for each in notifications:
        revision = revisions[each.id] = revisions.get(each.id, 0) + 1
        event = Event(
            id=f"{each.id}#{revision}",
            kind=NOTIFIED,
            schema=SCHEMA,
            subject=each.id,
            revision=revision,
            at=each.at,
            known_at=each.at,
            observed=False,
            rests_on=(each.alert,),
            because=(),
            supersedes=None,
            synthetic=synthetic,
            object=each,
        )
        events.append(event)
    return tuple(events)


class _Change(NamedTuple):
    """One step of one object. `was` is what it takes the place of, too."""

    kind: str
    object: StandingObject
    was: StandingObject | None
    now: StandingObject | None
    supersedes: str | None = None


def _told(family: _Family, before: Standing, after: Standing) -> Iterator[_Change]:
    was: dict[str, StandingObject] = {id_of(each): each for each in getattr(before, family.standing)}
    now: dict[str, StandingObject] = {id_of(each): each for each in getattr(after, family.standing)}
    gone = [was[key] for key in sorted(was.keys() - now.keys())]
    for each in gone:
        if _is_news(each):
            yield _Change(f"{family.stem}Retracted", each, each, None)
    for key, each in now.items():
        earlier = was.get(key)
        if earlier is None:
            if not _is_news(each):
                continue
            replaced = _superseded(each, gone) if family.succeeds else None
            yield _Change(family.appears, each, replaced, each, None if replaced is None else id_of(replaced))
            for kind in _stages(None, each):
                yield _Change(kind, each, each, each)
        elif stages := _stages(earlier, each):
            for kind in stages:
                yield _Change(kind, each, earlier, each)
        elif _shown(family, earlier) != _shown(family, each):
            yield _Change(f"{family.stem}Revised", each, earlier, each)


def _stages(earlier: StandingObject | None, each: StandingObject) -> list[str]:
    """What an object's life came to since: events that make it no less true. None: since it appeared."""
    stages = []
    if isinstance(each, Alert):
        told = len(earlier.escalations) if isinstance(earlier, Alert) else 0
        stages += ["AlertEscalated"] if len(each.escalations) > told else []
    ending = _ending(each)
    if ending and (earlier is None or not _ending(earlier)):
        stages.append(ending)
    return stages


def _ending(each: StandingObject) -> str | None:
    """The event that ends an object's life without making it untrue."""
    if isinstance(each, Attributed) and each.call.departed_at is not None:
        return "PortCallEnded"
    if isinstance(each, Gap) and each.to_at is not None:
        return "GapClosed"
    if isinstance(each, Alert) and each.state == "resolved":
        return "AlertResolved"
    return None


def _is_news(each: StandingObject) -> bool:
    """A month in which nothing arrived is none."""
    return not isinstance(each, Tally) or each.high > 0


def _superseded(each: StandingObject, gone: list[StandingObject]) -> StandingObject | None:
    """The retracted object of the same ship and port whose place this one takes: the nearest in time."""
    line = id_of(each).rpartition(":")[0]
    replaced = [other for other in gone if id_of(other).rpartition(":")[0] == line]
    if isinstance(each, Alert):  # of one rule all have one line
        replaced = [other for other in replaced if not set(rests_on(other)).isdisjoint(each.deliveries)]
    return min(replaced, key=lambda other: (abs(_begins_at(other) - _begins_at(each)), id_of(other)), default=None)


def _shown(family: _Family, each: StandingObject) -> tuple[object, ...]:
    if not isinstance(each, Attributed):
        return tuple(getattr(each, field) for field in family.shown)
    own = Attributed.__struct_fields__
    return tuple(getattr(each if field in own else each.call, field) for field in family.shown)


def _at(kind: str, each: StandingObject, as_of: datetime) -> datetime:
    match each:
        case Attributed(call=call):
            return call.ends_at if kind == "PortCallEnded" else call.first_heard_at
        case Gap():
            return each.to_at if kind == "GapClosed" and each.to_at else each.from_at
        case Voyage():
            return each.first_known_at
        case Delivery():
            return each.arrival_latest_at
        case Alert():
            return _of_alert(kind, each)
        case Identity() | IdentityConflict() | Interference():
            return each.from_at
        case Sighted():
            return each.sighting.to_at
        case CountReport():
            return each.known_at
        case Ruling():
            return each.decision.at
        case _:
            return as_of


def _of_alert(kind: str, each: Alert) -> datetime:
    if kind == "AlertResolved" and each.resolved_at:
        return each.resolved_at
    return each.escalations[-1].at if kind == "AlertEscalated" else each.fired_at


def _begins_at(each: StandingObject) -> datetime:
    """The time that an id of a family that succeeds ends in."""
    match each:
        case Attributed(call=call):
            return call.first_heard_at
        case Delivery():
            return each.arrival_latest_at
        case Alert():
            return each.fired_at
        case _:
            raise TypeError(f"{type(each).__name__} names no predecessor")


def _observed(each: StandingObject) -> bool:
    """Seen in a fix at both ends, not concluded across a silence, nor told by somebody."""
    match each:
        case Attributed(call=call):
            return call.observed
        case Delivery():
            return each.arrived_at is not None and each.arrival_earliest_at == each.arrival_latest_at
        case Gap() | Sighted() | CountReport() | Ruling():
            return False
        case _:
            return True
