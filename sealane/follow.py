"""Follow: stage 1. Fold the reports of one radio into facts.

    report --advance--> track (a set)  --tick--> fold day by day --> port calls, silences, jumps, statements, spans

`advance` takes one report in and marks its day; `tick` folds what is marked, from the kept state before it until the
fold meets a kept state, and says what the radio's reports amount to, whenever it is asked: a call that time alone can
end carries how it stands once it has, and stage 2, which has a time, picks (`standing_at`). However late, repeated or
out of order the reports came, the same set gives the same facts: a property the tests hold.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from operator import attrgetter

import msgspec

from geofences.chart import Chart
from sealane.fix import Fix, Mmsi
from sealane.fold import Day, Ended, Fold, fold_day
from sealane.portcall import Departing, PortCall, departing_of, portcall_of
from sealane.rules import Limits, Rules
from sealane.segment import Company, Segment
from sealane.statement import Span, Statement, spans_of, statements_of
from sealane.static import StaticReport
from sealane.stay import SECONDS_PER_MINUTE
from sealane.track import Track
from sealane.unheard import (
    SOURCES_WITHIN,
    Break,
    Draughts,
    Jump,
    Unheard,
    Voice,
    break_after,
    draughts_of,
    jump_of,
    unheard_of,
)

_in_order = attrgetter("last.at", "last.payload", "segment")


class Told(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was made of the silences that ended in one day, and on which days they began."""

    breaks: tuple[Break, ...]
    began: frozenset[int]
    unheard: tuple[Unheard, ...]


class RadioFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that stage 1 says of one MMSI."""

    mmsi: Mmsi
    calls: tuple[PortCall, ...]  # in order of first fix inside
    statements: tuple[Statement, ...]  # what it said it is, in order
    spans: tuple[Span, ...]  # when it was heard, broken at silences of 180 days; never empty
    voices: tuple[Voice, ...] = ()  # the segments that count, in order of number
    unheard: tuple[Unheard, ...] = ()  # their silences, in order of last fix; the last one of each voice is open
    jumps: tuple[Jump, ...] = ()  # in order
    departing: tuple[Departing, ...] = ()  # the calls among `calls` that time alone will end


class Following:
    """State of stage 1 for one MMSI: its track, and what was made of it day by day."""

    __slots__ = ("begins", "days", "draughts", "heard", "sources", "statements", "told", "track")

    def __init__(self, mmsi: Mmsi) -> None:
        self.track = Track(mmsi)
        self.days: dict[int, Day] = {}
        self.heard: dict[int, tuple[datetime, datetime]] = {}  # by day: first and last time
        self.begins: tuple[datetime, ...] = ()  # of the spans the statements were made under
        self.statements: tuple[Statement, ...] = ()
        self.draughts = Draughts()
        self.told: dict[int, Told] = {}  # by the day a silence ended in
        self.sources: dict[datetime, tuple[str, ...]] = {}  # who heard the radio up to the last fix of each voice

    @property
    def newest_at(self) -> datetime | None:
        """When the radio was last heard, among its kept reports."""
        days = self.track.days.keys() | self.track.statics.keys()
        return self.track.heard_on(max(days))[1] if days else None


def advance(state: Following, report: Fix | StaticReport, rules: Rules) -> Following:
    """Take one report into the track. Repeated: nothing changes. Late: its day is folded again at the next tick."""
    if isinstance(report, Fix):
        state.track.add_fix(report, rules.chart.place(report.lat_deg, report.lon_deg))
    else:
        state.track.add_static(report)
    return state


def tick(state: Following, rules: Rules) -> tuple[Following, RadioFacts]:
    """Fold what is marked and tell the facts."""
    track = state.track
    state.heard.update((day, track.heard_on(day)) for day in track.marked)
    spans = spans_of((state.heard[day] for day in sorted(state.heard)), timedelta(days=rules.limits.identity_silence_d))
    begins = tuple(span.first_at for span in spans)
    if track.restated or begins != state.begins:
        reports = track.statics_in_order()
        state.statements, state.draughts = statements_of(reports, begins), draughts_of(reports)
        state.begins, track.restated = begins, False
        state.told.clear()
    reheard = track.marked | track.overheard
    _fold_marked(state, rules.limits)
    return state, _facts(state, spans, reheard | {day + 1 for day in reheard}, rules)


def standing_at(facts: RadioFacts, as_of: datetime) -> RadioFacts:
    """The facts as of a time not before the newest report: who is outside for long enough by then has left."""
    gone = {each.call.id: each.call for each in facts.departing if each.at <= as_of}
    if not gone:
        return facts
    return msgspec.structs.replace(facts, calls=tuple(gone.get(call.id, call) for call in facts.calls))


def _fold_marked(state: Following, limits: Limits) -> None:
    """Fold the marked days, and the days after each until the fold meets the state a kept day was folded from."""
    marked = state.track.marked
    state.track.overheard.clear()
    if not marked:
        return
    fold = Fold()
    for day in sorted(state.track.days):
        kept = state.days.get(day)
        if kept is None or day in marked or kept.given != fold:
            kept = state.days[day] = fold_day(fold, state.track, day, limits)
        fold = kept.after
    marked.clear()


def _facts(state: Following, spans: tuple[Span, ...], reheard: set[int], rules: Rules) -> RadioFacts:
    """All that the folded days amount to, but only of segments that count: one fix can do nothing."""
    days = [state.days[day] for day in sorted(state.days)]
    still_open = days[-1].after.open if days else ()
    segments = [segment for day in days for segment in day.closed] + list(still_open)
    segments.sort(key=lambda segment: segment.number)
    company = Company(segments, rules.limits)
    voices = {segment.number: segment for segment in segments if _counts(segment, company, rules.limits)}
    stays = [ended for day in days for ended in day.ended if ended.segment in voices]
    stays += [Ended(segment=each.number, stay=each.stay) for each in still_open if each.stay and each.number in voices]
    mmsi = state.track.mmsi
    calls, departing = _calls(stays, company, rules.limits)
    return RadioFacts(
        mmsi=mmsi,
        calls=calls,
        statements=state.statements,
        spans=spans,
        voices=tuple(_voice(mmsi, segment, rules.chart) for segment in voices.values()),
        unheard=_unheard(state, voices, reheard, rules.limits),
        jumps=tuple(jump for segment in segments if (jump := jump_of(mmsi, segment)) is not None),
        departing=departing,
    )


def _counts(segment: Segment, company: Company, limits: Limits) -> bool:
    """One fix can do nothing, nor can a burst of a few minutes beside a confirmed segment."""
    if not segment.is_confirmed:
        return False
    if segment.span_s >= limits.segment_short_min * SECONDS_PER_MINUTE:
        return True
    beside = timedelta(minutes=limits.segment_short_closes_after_min)
    return not company.of(segment.number, segment.first.at, segment.last.at, beside)


def _calls(stays: list[Ended], company: Company, limits: Limits) -> tuple[tuple[PortCall, ...], tuple[Departing, ...]]:
    """The call of every stay, with the segments that contest it; and those that time alone will end."""
    in_order = sorted(stays, key=lambda ended: (ended.stay.entered.at, ended.stay.entered.payload, ended.segment))
    calls = _with_own_ids(
        [
            portcall_of(ended.stay, segment=ended.segment, rivals=_rivals(ended, company, limits), limits=limits)
            for ended in in_order
        ]
    )
    departing = (departing_of(ended.stay, call, limits) for ended, call in zip(in_order, calls, strict=True))
    return calls, tuple(each for each in departing if each is not None)


def _rivals(ended: Ended, company: Company, limits: Limits) -> tuple[int, ...]:
    stay = ended.stay
    ends_at = stay.left.at if stay.left is not None else stay.last_inside.at
    others = company.of(ended.segment, stay.entered.at, ends_at, timedelta(hours=limits.contested_within_h))
    return tuple(sorted(each.number for each in others))


def _voice(mmsi: Mmsi, segment: Segment, chart: Chart) -> Voice:
    first = segment.first
    return Voice(
        mmsi=mmsi,
        segment=segment.number,
        first=first,
        last=segment.last,
        last_port=segment.last_port,
        first_port=chart.place(first.lat_deg, first.lon_deg).port,
    )


def _unheard(state: Following, voices: dict[int, Segment], reheard: set[int], limits: Limits) -> tuple[Unheard, ...]:
    """Every silence, also the open one after each voice. `reheard`: days up to which others may have heard the radio.

    What was told stays told until its day is folded again, somebody else heard the radio before it, or a draught came.
    """
    track, known = state.track, state.sources
    state.sources = {}
    unheard: list[Unheard] = []
    for segment in voices.values():
        at = segment.last.at
        sources = None if at.toordinal() in reheard else known.get(at)
        state.sources[at] = track.sources(at - SOURCES_WITHIN, at) if sources is None else sources
        unheard.append(unheard_of(track.mmsi, break_after(segment), state.sources[at], state.draughts, limits))
    for number, day in state.days.items():
        if day.breaks:
            told = state.told.get(number)
            if told is None or told.breaks is not day.breaks or not reheard.isdisjoint(told.began):
                told = state.told[number] = _told(state, day.breaks, limits)
            unheard += (each for each in told.unheard if each.segment in voices)
    return tuple(sorted(unheard, key=_in_order))


def _told(state: Following, breaks: tuple[Break, ...], limits: Limits) -> Told:
    track = state.track
    return Told(
        breaks=breaks,
        began=frozenset(each.last.at.toordinal() for each in breaks),
        unheard=tuple(
            unheard_of(
                track.mmsi, each, track.sources(each.last.at - SOURCES_WITHIN, each.last.at), state.draughts, limits
            )
            for each in breaks
        ),
    )


def _with_own_ids(calls: list[PortCall]) -> tuple[PortCall, ...]:
    """Two hulls of one MMSI can enter one port in one minute: the later ones get a number behind their id."""
    seen: dict[str, int] = defaultdict(int)
    own: list[PortCall] = []
    for call in calls:
        seen[call.id] += 1
        own.append(call if seen[call.id] == 1 else msgspec.structs.replace(call, id=f"{call.id}~{seen[call.id]}"))
    return tuple(own)
