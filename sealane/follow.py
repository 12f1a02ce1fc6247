"""Follow: stage 1. Fold the reports of one radio into facts.

    report --advance--> track (a set)  --tick--> fold day by day --> port calls, statements, spans heard

`advance` takes one report in and marks its day; `tick` folds what is marked, from the kept state before it until the
fold meets a kept state, and says what the radio's reports amount to as of then. However late, repeated or out of order
the reports came, the same set gives the same facts: a property the tests hold.
"""

from collections import defaultdict
from datetime import datetime, timedelta

import msgspec

from sealane.fix import Fix, Mmsi
from sealane.portcall import PortCall, portcall_of
from sealane.rules import Limits, Rules
from sealane.segment import Life, Segment, first_to_go, joined, life_of, outlived
from sealane.statement import Span, Statement, spans_of, statements_of
from sealane.static import StaticReport
from sealane.stay import SECONDS_PER_MINUTE, Stay, step
from sealane.stay import closed as stay_closed
from sealane.track import Track
from sealane.unheard import Jump, Unheard, Voice


class Ended(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A stay that ended for good, and the segment it belongs to."""

    segment: int
    stay: Stay


class Fold(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where the fold stands between two days: the open segments, and how many were ever opened."""

    open: tuple[Segment, ...] = ()
    opened: int = 0


class Day(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One folded day: what it was given, what it gives on, and what ended in it."""

    given: Fold
    after: Fold
    ended: tuple[Ended, ...]
    closed: tuple[Life, ...]


class RadioFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that stage 1 says of one MMSI."""

    mmsi: Mmsi
    calls: tuple[PortCall, ...]  # in order of first fix inside
    statements: tuple[Statement, ...]  # what it said it is, in order
    spans: tuple[Span, ...]  # when it was heard, broken at silences of 180 days; never empty
    voices: tuple[Voice, ...] = ()  # the segments that count, in order of number
    unheard: tuple[Unheard, ...] = ()  # their silences, in order of last fix; the last one of each voice is open
    jumps: tuple[Jump, ...] = ()  # in order


class Following:
    """State of stage 1 for one MMSI: its track, and what was made of it day by day."""

    __slots__ = ("begins", "days", "heard", "statements", "track")

    def __init__(self, mmsi: Mmsi) -> None:
        self.track = Track(mmsi)
        self.days: dict[int, Day] = {}
        self.heard: dict[int, tuple[datetime, datetime]] = {}  # by day: first and last time
        self.begins: tuple[datetime, ...] = ()  # of the spans the statements were made under
        self.statements: tuple[Statement, ...] = ()

    @property
    def newest_at(self) -> datetime | None:
        """When the radio was last heard, among its kept reports."""
        days = self.track.days.keys() | self.track.statics.keys()
        return self.track.heard_on(max(days))[1] if days else None

    @property
    def restless(self) -> bool:
        """Whether time alone can change the facts: half an hour outside with nothing more heard is a departure."""
        if not self.days:
            return False
        stays = (segment.stay for segment in self.days[max(self.days)].after.open)
        return any(stay is not None and stay.outside is not None for stay in stays)


def advance(state: Following, report: Fix | StaticReport, rules: Rules) -> Following:
    """Take one report into the track. Repeated: nothing changes. Late: its day is folded again at the next tick."""
    if isinstance(report, Fix):
        state.track.add_fix(report, rules.chart.place(report.lat_deg, report.lon_deg))
    else:
        state.track.add_static(report)
    return state


def tick(state: Following, as_of: datetime, rules: Rules) -> tuple[Following, RadioFacts]:
    """Fold what is marked and tell the facts as of a time not before the newest report."""
    track = state.track
    state.heard.update((day, track.heard_on(day)) for day in track.marked)
    spans = spans_of((state.heard[day] for day in sorted(state.heard)), timedelta(days=rules.limits.identity_silence_d))
    begins = tuple(span.first_at for span in spans)
    if track.restated or begins != state.begins:
        state.statements = statements_of(track.statics_in_order(), begins)
        state.begins, track.restated = begins, False
    _fold_marked(state, rules.limits)
    calls = _calls(state, as_of, rules.limits)
    return state, RadioFacts(mmsi=track.mmsi, calls=calls, statements=state.statements, spans=spans)


def _fold_marked(state: Following, limits: Limits) -> None:
    """Fold the marked days, and the days after each until the fold meets the state a kept day was folded from."""
    marked = state.track.marked
    if not marked:
        return
    fold = Fold()
    for day in sorted(state.track.days):
        kept = state.days.get(day)
        if kept is None or day in marked or kept.given != fold:
            kept = state.days[day] = _fold_day(fold, state.track, day, limits)
        fold = kept.after
    marked.clear()


def _fold_day(given: Fold, track: Track, day: int, limits: Limits) -> Day:
    open_segments, opened = list(given.open), given.opened
    ended: list[Ended] = []
    closed: list[Life] = []
    for kept in track.fixes_of(day):
        fix, place = kept.fix, kept.place
        if len(open_segments) > 1:
            for segment in outlived(open_segments, fix.at, limits):
                _close(segment, open_segments, ended, closed)
        index = joined(open_segments, fix, limits) if open_segments else None
        if index is None:
            if len(open_segments) >= limits.segment_max_open:
                _close(first_to_go(open_segments), open_segments, ended, closed)
            stay, _ = step(None, None, fix, place, limits)
            open_segments.append(Segment(number=opened, first_at=fix.at, last=fix, fixes=1, stay=stay))
            opened += 1
            continue
        segment = open_segments[index]
        stay = segment.stay
        if stay is not None or place.port is not None:
            stay, left = step(stay, segment.last, fix, place, limits)
            if left is not None:
                ended.append(Ended(segment=segment.number, stay=left))
        open_segments[index] = Segment(
            number=segment.number, first_at=segment.first_at, last=fix, fixes=segment.fixes + 1, stay=stay
        )
    after = Fold(open=tuple(open_segments), opened=opened)
    return Day(given=given, after=after, ended=tuple(ended), closed=tuple(closed))


def _close(segment: Segment, open_segments: list[Segment], ended: list[Ended], closed: list[Life]) -> None:
    open_segments.remove(segment)
    closed.append(life_of(segment))
    if segment.stay is not None:
        ended.append(Ended(segment=segment.number, stay=stay_closed(segment.stay)))


def _calls(state: Following, as_of: datetime, limits: Limits) -> tuple[PortCall, ...]:
    """Every call of every segment that counts, contested ones marked."""
    days = [state.days[day] for day in sorted(state.days)]
    last = days[-1].after if days else Fold()
    lives = {life.number: life for day in days for life in day.closed}
    lives.update((segment.number, life_of(segment)) for segment in last.open)
    confirmed = [life for life in lives.values() if life.confirmed]
    stays = [ended for day in days for ended in day.ended]
    stays += [Ended(segment=each.number, stay=each.stay) for each in last.open if each.stay is not None]
    counted = [ended for ended in stays if _counts(lives[ended.segment], confirmed, limits)]
    counted.sort(key=lambda ended: (ended.stay.entered.at, ended.stay.entered.payload, ended.segment))
    calls = [
        portcall_of(
            ended.stay,
            segment=ended.segment,
            contested=_is_contested(ended, confirmed, limits),
            as_of=as_of,
            limits=limits,
        )
        for ended in counted
    ]
    return _with_own_ids(calls)


def _counts(life: Life, confirmed: list[Life], limits: Limits) -> bool:
    """One fix can do nothing, nor can a burst of a few minutes beside a confirmed segment."""
    if not life.confirmed:
        return False
    if life.span_s >= limits.segment_short_min * SECONDS_PER_MINUTE:
        return True
    return not _any_other(
        life.number, life.first_at, life.last_at, confirmed, timedelta(minutes=limits.segment_short_closes_after_min)
    )


def _is_contested(ended: Ended, confirmed: list[Life], limits: Limits) -> bool:
    stay = ended.stay
    ends_at = stay.left.at if stay.left is not None else stay.last_inside.at
    return _any_other(ended.segment, stay.entered.at, ends_at, confirmed, timedelta(hours=limits.contested_within_h))


def _any_other(number: int, first_at: datetime, last_at: datetime, lives: list[Life], within: timedelta) -> bool:
    """Whether another of these segments lived within so long of an interval."""
    if len(lives) <= 1:
        return False
    earliest, latest = first_at - within, last_at + within
    return any(life.number != number and life.first_at <= latest and life.last_at >= earliest for life in lives)


def _with_own_ids(calls: list[PortCall]) -> tuple[PortCall, ...]:
    """Two hulls of one MMSI can enter one port in one minute: the later ones get a number behind their id."""
    seen: dict[str, int] = defaultdict(int)
    own: list[PortCall] = []
    for call in calls:
        seen[call.id] += 1
        own.append(call if seen[call.id] == 1 else msgspec.structs.replace(call, id=f"{call.id}~{seen[call.id]}"))
    return tuple(own)
