"""Port call: one stay of one vessel at one port, as a fact with its evidence.

    status        call           >= 30 min from first to last fix inside, >= 2 fixes, and a stop or a silence >= 4 h
                  transit        entry and exit observed, and not a call
                  unconfirmed    too little was heard to say
    confidence    4  entry, exit, and a stop or silence       (Global Fishing Watch, port visits, 2024-10)
                  3  a stop or silence, and entry or exit
                  2  a stop or silence only; at most 2 while another hull uses the MMSI (contested)
                  1  not a call

An arrival or departure hidden by a silence of 4 h is an interval, never a guess: its early end is `*_earliest_at`.
A ship already inside when it was first heard has no arrival: only `first_heard_at`.
"""

from datetime import datetime
from typing import Literal

import msgspec

from geofences.zone import PortCode
from sealane.fix import Fix, Mmsi
from sealane.rules import Limits
from sealane.stay import SECONDS_PER_MINUTE, Stay, silent_between, unless_heard

Status = Literal["call", "transit", "unconfirmed"]
Confidence = Literal[1, 2, 3, 4]
EvidenceKind = Literal["before_entry", "entered", "last_inside", "left"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One fix a call rests on, and what it shows."""

    kind: EvidenceKind
    fix: Fix


class PortCall(msgspec.Struct, frozen=True, kw_only=True):
    """Times are event time, UTC. `observed`: no end of it was concluded across a silence."""

    id: str
    mmsi: Mmsi
    port: PortCode
    segment: int
    status: Status
    confidence: Confidence
    contested: bool
    observed: bool
    arrival_open: bool  # already there when first heard
    arrived_at: datetime | None  # first fix inside; None where it was already there
    arrived_earliest_at: datetime | None  # last heard outside, where the entry was not observed
    first_heard_at: datetime  # first fix inside
    last_heard_at: datetime  # last fix inside or in the margin
    departed_earliest_at: datetime | None  # last heard inside, where the exit was not observed
    departed_at: datetime | None  # first fix beyond the margin; None while the call is open
    stopped_s: int
    silence_s: int  # longest silence between two fixes inside, 0 below 4 h
    shifts: int
    fixes: int
    evidence: tuple[Evidence, ...]
    rivals: tuple[int, ...] = ()  # the segments that contest it, in order
    confidence_alone: Confidence = 1  # what it would be without them

    @property
    def ends_at(self) -> datetime:
        return self.departed_at or self.last_heard_at


class Departing(msgspec.Struct, frozen=True, kw_only=True):
    """A call whose ship was last heard outside: from a time on, with nothing more heard, it has left."""

    at: datetime
    call: PortCall  # as it stands from then on, under the same id


def minute_of(at: datetime) -> str:
    """The anchor of an id: a UTC minute, ISO 8601 basic format, so that ids part at their colons."""
    return at.strftime("%Y%m%dT%H%MZ")


def portcall_of(stay: Stay, *, segment: int, rivals: tuple[int, ...], limits: Limits) -> PortCall:
    """The fact a stay amounts to by what was heard."""
    entered, last, left = stay.entered, stay.last_inside, stay.left
    entry_hidden = stay.before is not None and silent_between(stay.before, entered, limits)
    exit_hidden = left is not None and silent_between(last, left, limits)
    entry_seen = stay.before is not None and not entry_hidden
    exit_seen = left is not None and not exit_hidden
    status = _status(stay, entry_seen and exit_seen, limits)
    alone = _confidence(status, entry_seen + exit_seen)
    return PortCall(
        id=f"call:{entered.mmsi}:{stay.port}:{minute_of(entered.at)}",
        mmsi=entered.mmsi,
        port=stay.port,
        segment=segment,
        status=status,
        confidence=_contested(alone) if rivals else alone,
        contested=bool(rivals),
        observed=not (entry_hidden or exit_hidden),
        arrival_open=stay.before is None,
        arrived_at=None if stay.before is None else entered.at,
        arrived_earliest_at=stay.before.at if stay.before is not None and entry_hidden else None,
        first_heard_at=entered.at,
        last_heard_at=last.at,
        departed_earliest_at=last.at if exit_hidden else None,
        departed_at=None if left is None else left.at,
        stopped_s=int(stay.stopped_s),
        silence_s=int(stay.silence_s),
        shifts=stay.shifts,
        fixes=stay.fixes,
        evidence=_evidence(stay),
        rivals=rivals,
        confidence_alone=alone,
    )


def departing_of(stay: Stay, call: PortCall, limits: Limits) -> Departing | None:
    """How the call of a stay stands once time has made a departure of it; None: time alone changes nothing."""
    left = unless_heard(stay, limits)
    if left is None:
        return None
    at, stay = left
    gone = portcall_of(stay, segment=call.segment, rivals=call.rivals, limits=limits)
    return Departing(at=at, call=msgspec.structs.replace(gone, id=call.id))


def with_rivals(call: PortCall, rivals: tuple[int, ...]) -> PortCall:
    """The same call, contested by these segments alone."""
    if rivals == call.rivals:
        return call
    confidence = _contested(call.confidence_alone) if rivals else call.confidence_alone
    return msgspec.structs.replace(call, rivals=rivals, contested=bool(rivals), confidence=confidence)


def _status(stay: Stay, passed_in_sight: bool, limits: Limits) -> Status:
    stayed_s = (stay.last_inside.at - stay.entered.at).total_seconds()
    long_enough = stayed_s >= limits.call_min_stay_min * SECONDS_PER_MINUTE and stay.fixes >= limits.call_min_fixes
    if long_enough and (stay.stops or stay.silence_s):
        return "call"
    return "transit" if passed_in_sight else "unconfirmed"


def _confidence(status: Status, ends_seen: int) -> Confidence:
    if status != "call":
        return 1
    confidence: tuple[Confidence, ...] = (2, 3, 4)
    return confidence[ends_seen]


def _contested(alone: Confidence) -> Confidence:
    return 1 if alone == 1 else 2


def _evidence(stay: Stay) -> tuple[Evidence, ...]:
    shown: tuple[tuple[EvidenceKind, Fix | None], ...] = (
        ("before_entry", stay.before),
        ("entered", stay.entered),
        ("last_inside", stay.last_inside),
        ("left", stay.left),
    )
    return tuple(Evidence(kind=kind, fix=fix) for kind, fix in shown if fix is not None)
