"""Segment: one hull's plausible path under one MMSI.

Several hulls can share an MMSI, and one bad fix can be anywhere. A fix joins the open segment it could have been sailed
from at the lowest speed (ties: the older segment); if none could, it opens a new one. A silence of more than an hour
counts as an hour: else every place could be reached slowly from a path long gone, and it would draw others' fixes.
Half a kilometre costs no speed: positions err and ships swing by as much, and two paths would take turns in it.

    one fix             unconfirmed: can do nothing
    two or more         confirmed: lives from its first to its last fix
    short, beside       shorter than 30 min while another confirmed one is open: closes an hour after its last fix

Fixes come in event-time order: the track sees to that. No track is invented over a gap.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from geofences.zone import PortCode
from sealane.distance import KM_PER_NM, distance_km
from sealane.fix import Fix
from sealane.rules import Limits
from sealane.stay import SECONDS_PER_HOUR, SECONDS_PER_MINUTE, Stay, port_in

KM_PER_DEG_AT_LEAST, KM_PER_DEG_AT_MOST = 111.1, 111.3  # of a great circle: 111.195; margins for rounding


class Segment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A segment from its first fix to its last. As long as it is open it may still be joined."""

    number: int  # in the order the segments of this MMSI were opened
    first: Fix
    last: Fix
    is_confirmed: bool  # by a second fix; they are not counted, or a late one would change every day after it
    stay: Stay | None
    thrown_from: Fix | None  # where the radio was heard before, if it was opened by a jump
    roamed_km: float  # how far from its first fix it was heard; only of one opened by a jump

    @property
    def span_s(self) -> float:
        return (self.last.at - self.first.at).total_seconds()

    @property
    def last_port(self) -> PortCode | None:
        """The port it was in when last heard."""
        return None if self.stay is None else port_in(self.stay)


class Company:
    """The confirmed segments of a radio, asked which of them were heard about a time.

    Interference makes brief ones by the hundred: those are found by their begin, only long ones are all looked at.
    """

    def __init__(self, segments: Iterable[Segment], limits: Limits) -> None:
        confirmed = [segment for segment in segments if segment.is_confirmed]
        self._brief_s = limits.segment_short_min * SECONDS_PER_MINUTE
        self._long = [segment for segment in confirmed if segment.span_s >= self._brief_s]
        brief = (segment for segment in confirmed if segment.span_s < self._brief_s)
        self._brief = sorted(brief, key=lambda segment: segment.first.at)
        self._begins = [segment.first.at for segment in self._brief]

    def of(self, number: int, first_at: datetime, last_at: datetime, within: timedelta) -> list[Segment]:
        """The others that were heard within so long of an interval."""
        earliest, latest = first_at - within, last_at + within
        begin = bisect_left(self._begins, earliest - timedelta(seconds=self._brief_s))
        near = self._brief[begin : bisect_right(self._begins, latest)]
        return [
            each
            for each in (*self._long, *near)
            if each.number != number and each.first.at <= latest and each.last.at >= earliest
        ]


def joined(open_segments: list[Segment], fix: Fix, limits: Limits) -> int | None:
    """Index of the open segment a fix belongs to; None if no ship could have sailed there."""
    within = [index for index, each in enumerate(open_segments) if _is_within_reach(each.last, fix, limits)]
    if len(within) > 1:
        return min(within, key=lambda index: _implied_km_s(open_segments[index].last, fix, limits))
    return within[0] if within else None


def _is_within_reach(last: Fix, fix: Fix, limits: Limits) -> bool:
    """Whether it could have been sailed. Most answers need no great circle: by meridian and parallel is no shorter."""
    north_deg, east_deg = abs(fix.lat_deg - last.lat_deg), abs(fix.lon_deg - last.lon_deg)
    if (north_deg + east_deg) * KM_PER_DEG_AT_MOST <= limits.segment_slack_km:
        return True
    reach_km = limits.segment_max_speed_kn * KM_PER_NM / SECONDS_PER_HOUR * _step_s(last, fix, limits)
    reach_km += limits.segment_slack_km
    if north_deg * KM_PER_DEG_AT_LEAST > reach_km:
        return False
    return (north_deg + east_deg) * KM_PER_DEG_AT_MOST <= reach_km or _apart_km(last, fix) <= reach_km


def _implied_km_s(last: Fix, fix: Fix, limits: Limits) -> float:
    sailed_km = max(0.0, _apart_km(last, fix) - limits.segment_slack_km)
    return sailed_km / min(_step_s(last, fix, limits), limits.segment_memory_min * SECONDS_PER_MINUTE)


def _step_s(last: Fix, fix: Fix, limits: Limits) -> float:
    return max((fix.at - last.at).total_seconds(), limits.segment_min_step_s)


def _apart_km(last: Fix, fix: Fix) -> float:
    return distance_km(last.lat_deg, last.lon_deg, fix.lat_deg, fix.lon_deg)


def first_to_go(open_segments: list[Segment]) -> Segment:
    """The segment that makes room for a new one: a single fix before a path, the longest silent of them."""
    return min(open_segments, key=lambda each: (each.is_confirmed, each.last.at, each.number))


def outlived(open_segments: list[Segment], at: datetime, limits: Limits) -> list[Segment]:
    """Short segments that close at this time: brief, silent for an hour, and another confirmed one stays open."""
    closes_after_s = limits.segment_short_closes_after_min * SECONDS_PER_MINUTE
    silent = [each for each in open_segments if (at - each.last.at).total_seconds() > closes_after_s]
    if not silent:
        return []
    closing: list[Segment] = []
    confirmed = sum(segment.is_confirmed for segment in open_segments)
    for segment in sorted(silent, key=lambda each: (each.last.at - each.first.at, each.number)):
        brief = segment.span_s < limits.segment_short_min * SECONDS_PER_MINUTE
        others = confirmed - segment.is_confirmed
        if brief and others:
            closing.append(segment)
            confirmed = others
    return closing
