"""Unheard: a time in which one segment of a radio was not heard. Stage 1 says so; stage 2 judges what it means.

    ----- fix ------------------------------ fix -----     closed: heard again
           |<--- 6 h at sea, 4 h in port --->|
    ----- fix ------------------------------>              open: not heard again as of now

Dated from the last fix. It never says that the ship was silent: whether anybody could have heard it is judged from the
hours each source was heard in.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from geofences.zone import PortCode
from sealane.fix import Fix, Mmsi
from sealane.rules import Limits
from sealane.segment import Segment
from sealane.static import StaticReport

SOURCES_WITHIN = timedelta(hours=24)  # who heard the radio so long before it fell silent


class Unheard(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One silence of one segment. `sources` heard the radio in the 24 h up to the last fix, in order."""

    mmsi: Mmsi
    segment: int
    last: Fix  # before
    last_port: PortCode | None  # the port it was in when last heard
    next: Fix | None  # after; None: still open
    next_port: PortCode | None  # the port it was in when next heard
    same_call: bool  # the stay it was last heard in goes on after it
    sources: tuple[str, ...]
    draught_before_m: float | None  # as last stated up to the last fix
    draught_after_m: float | None  # as first stated from the next fix on


class Voice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One segment that counts, from its first fix to its last. What it was silent in between is in `Unheard`."""

    mmsi: Mmsi
    segment: int
    first: Fix
    last: Fix
    last_port: PortCode | None  # the port it was in when last heard
    first_port: PortCode | None = None  # and when first heard


class Jump(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fix that no open segment could have sailed to. One proves nothing; several ships on one spot, interference."""

    mmsi: Mmsi
    segment: int  # the segment it opened
    at: datetime
    lat_deg: float
    lon_deg: float
    from_lat_deg: float  # where the radio was heard before
    from_lon_deg: float
    roamed_km: float  # how far from here that segment was heard; past 100 km it is not measured on


class Break(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the fold sees of a silence: two fixes of one segment, with nothing of it between; or its last fix."""

    segment: int
    last: Fix
    last_port: PortCode | None
    next: Fix | None
    next_port: PortCode | None
    same_call: bool


class Draughts(msgspec.Struct, frozen=True, kw_only=True):
    """The draughts a radio stated, in order of time."""

    at: tuple[datetime, ...] = ()
    draught_m: tuple[float, ...] = ()

    def last_stated(self, at: datetime, oldest: timedelta) -> float | None:
        """As stated last up to a time, but not longer ago than this."""
        index = bisect_right(self.at, at) - 1
        return self.draught_m[index] if index >= 0 and at - self.at[index] <= oldest else None

    def next_stated(self, at: datetime, latest: timedelta) -> float | None:
        """As stated first from a time on, but not longer after it than this."""
        index = bisect_left(self.at, at)
        return self.draught_m[index] if index < len(self.at) and self.at[index] - at <= latest else None


def shortest_silence(limits: Limits) -> timedelta:
    """What is shorter is no silence, wherever it begins."""
    return timedelta(hours=min(limits.gap_at_sea_h, limits.gap_in_port_h))


def breaks_between(before: Segment, after: Segment, limits: Limits) -> tuple[Break, ...]:
    """The silence between a segment and the same with one fix more, if they are far enough apart for one."""
    last_port = before.last_port
    long_enough = timedelta(hours=limits.gap_at_sea_h if last_port is None else limits.gap_in_port_h)
    if after.last.at - before.last.at < long_enough:
        return ()
    stay, goes_on = before.stay, after.stay
    found = Break(
        segment=before.number,
        last=before.last,
        last_port=last_port,
        next=after.last,
        next_port=after.last_port,
        same_call=stay is not None and goes_on is not None and goes_on.left is None and goes_on.entered == stay.entered,
    )
    return (found,)


def break_after(segment: Segment) -> Break:
    """Nothing more was heard of a segment, however long that is by now."""
    return Break(
        segment=segment.number,
        last=segment.last,
        last_port=segment.last_port,
        next=None,
        next_port=None,
        same_call=False,
    )


def draughts_of(reports: Iterable[StaticReport]) -> Draughts:
    """The draughts that static reports in order of time state."""
    stated = [(report.at, report.draught_m) for report in reports if report.draught_m is not None]
    return Draughts(at=tuple(at for at, _ in stated), draught_m=tuple(draught_m for _, draught_m in stated))


def unheard_of(mmsi: Mmsi, seen: Break, sources: tuple[str, ...], draughts: Draughts, limits: Limits) -> Unheard:
    """The fact a silence amounts to. A draught is as old as a statement may be."""
    oldest = timedelta(days=limits.identity_silence_d)
    return Unheard(
        mmsi=mmsi,
        segment=seen.segment,
        last=seen.last,
        last_port=seen.last_port,
        next=seen.next,
        next_port=seen.next_port,
        same_call=seen.same_call,
        sources=sources,
        draught_before_m=draughts.last_stated(seen.last.at, oldest),
        draught_after_m=None if seen.next is None else draughts.next_stated(seen.next.at, oldest),
    )


def jump_of(mmsi: Mmsi, segment: Segment) -> Jump | None:
    """The jump that opened a segment; None if it was the only one open then."""
    first, before = segment.first, segment.thrown_from
    if before is None:
        return None
    return Jump(
        mmsi=mmsi,
        segment=segment.number,
        at=first.at,
        lat_deg=first.lat_deg,
        lon_deg=first.lon_deg,
        from_lat_deg=before.lat_deg,
        from_lon_deg=before.lon_deg,
        roamed_km=segment.roamed_km,
    )
