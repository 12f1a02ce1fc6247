"""Fold: one radio's fixes of one day made into segments, their stays and their silences.

    what was open before the day --fix by fix--> what is open after it; what ended in it

A day is folded from what the day before left and nothing else, so a kept day stands until that or its fixes change.
"""

from datetime import datetime

import msgspec

from geofences.chart import Place
from sealane.distance import distance_km
from sealane.fix import Fix
from sealane.rules import Limits
from sealane.segment import Segment, first_to_go, joined, outlived
from sealane.stay import Stay, step
from sealane.stay import closed as stay_closed
from sealane.track import Track
from sealane.unheard import Break, breaks_between, shortest_silence

ROAMED_FAR_KM = 100.0  # no spot is so wide


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
    closed: tuple[Segment, ...]
    breaks: tuple[Break, ...]  # silences that ended in it


def fold_day(given: Fold, track: Track, day: int, limits: Limits) -> Day:
    """Fold the kept fixes of one day."""
    open_segments, opened = list(given.open), given.opened
    ended: list[Ended] = []
    closed: list[Segment] = []
    breaks: list[Break] = []
    shortest = shortest_silence(limits)
    for kept in track.fixes_of(day):
        fix, place = kept.fix, kept.place
        if len(open_segments) > 1:
            for segment in outlived(open_segments, fix.at, limits):
                _close(segment, open_segments, ended, closed)
        index = joined(open_segments, fix, limits) if open_segments else None
        if index is None:
            thrown_from = max(open_segments, key=_newest).last if open_segments else None
            if len(open_segments) >= limits.segment_max_open:
                _close(first_to_go(open_segments), open_segments, ended, closed)
            open_segments.append(_opened(opened, fix, place, thrown_from, limits))
            opened += 1
            continue
        segment = open_segments[index]
        last, stay = segment.last, segment.stay
        if stay is not None or place.port is not None:
            stay, left = step(stay, last, fix, place, limits)
            if left is not None:
                ended.append(Ended(segment=segment.number, stay=left))
        longer = open_segments[index] = Segment(
            number=segment.number,
            first=segment.first,
            last=fix,
            is_confirmed=True,
            stay=stay,
            thrown_from=segment.thrown_from,
            roamed_km=0.0 if segment.thrown_from is None else _roamed_km(segment, fix),
        )
        if fix.at - last.at >= shortest:
            breaks += breaks_between(segment, longer, limits)
    after = Fold(open=tuple(open_segments), opened=opened)
    return Day(given=given, after=after, ended=tuple(ended), closed=tuple(closed), breaks=tuple(breaks))


def _newest(segment: Segment) -> tuple[datetime, bytes, int]:
    return segment.last.at, segment.last.payload, segment.number


def _opened(number: int, fix: Fix, place: Place, thrown_from: Fix | None, limits: Limits) -> Segment:
    stay, _ = step(None, None, fix, place, limits)
    return Segment(
        number=number, first=fix, last=fix, is_confirmed=False, stay=stay, thrown_from=thrown_from, roamed_km=0.0
    )


def _roamed_km(segment: Segment, fix: Fix) -> float:
    """How far it has been from where it was thrown; past ROAMED_FAR_KM it is not measured on."""
    if segment.roamed_km > ROAMED_FAR_KM:
        return segment.roamed_km
    first = segment.first
    return max(segment.roamed_km, distance_km(first.lat_deg, first.lon_deg, fix.lat_deg, fix.lon_deg))


def _close(segment: Segment, open_segments: list[Segment], ended: list[Ended], closed: list[Segment]) -> None:
    open_segments.remove(segment)
    closed.append(segment)
    if segment.stay is not None:
        ended.append(Ended(segment=segment.number, stay=stay_closed(segment.stay)))
