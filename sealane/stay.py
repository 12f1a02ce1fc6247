"""Stay: the life of one segment at one port, from which a port call is made.

    AT_SEA --enter--> IN_PORT --stop--> STOPPED --start--> IN_PORT --leave--> AT_SEA
       |                 ^                                                      |
       |                 +------- back within 2 h, never far, never silent: a shift
       +--- a stay that has left but may still be resumed is kept with `left` set

A vessel enters at the zone (berth or anchorage) and leaves at the margin around it, so a ship swinging at anchor on the
line makes one call, not twenty. Where two ports touch, a ship that swings over the line between them stays where it
called: it has gone on to the other when it is heard there half a km from where it was last in this one. A silence of
four hours makes the end it hides an interval; nothing is guessed in it.
Fixes come in event-time order: the track sees to that. No clock, no I/O.
"""

from datetime import datetime, timedelta
from enum import IntEnum

import msgspec

from geofences.chart import Place
from geofences.zone import PortCode
from sealane.distance import distance_km
from sealane.fix import Fix
from sealane.rules import Limits

SECONDS_PER_HOUR = 3600.0
SECONDS_PER_MINUTE = 60.0

INSIDE, MARGIN, OUTSIDE, FAR, BEYOND_SHIFT = range(5)  # bands of a place, as Chart counts them


class State(IntEnum):
    AT_SEA = 0
    IN_PORT = 1
    STOPPED = 2


AT_SEA, IN_PORT, STOPPED = State


class Stay(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One stay in progress, or just left and still open to a shift."""

    state: State
    port: PortCode
    before: Fix | None  # last heard outside; None: already there when the segment began
    entered: Fix  # first fix inside
    last_inside: Fix  # last fix inside or in the margin
    last_within: Fix  # last fix in the port's own zones
    fixes: int  # inside or in the margin
    stops: int
    stopped_s: float
    silence_s: float  # the longest silence between two fixes inside
    shifts: int
    anchor: Fix | None  # without speed: where it has lain since
    outside: Fix | None  # first fix outside, not yet enough to have left
    outside_fixes: int
    left: Fix | None  # first fix outside of a stay that has been left


def step(
    stay: Stay | None, before: Fix | None, fix: Fix, place: Place, limits: Limits
) -> tuple[Stay | None, Stay | None]:
    """Advance one segment by one fix, already placed on the chart.

    `before` is the segment's previous fix. Returns the stay from here on, and the stay that ended for good, if one did.
    """
    if stay is None:
        return (None if place.port is None else _enter(before, fix, place.port, limits)), None
    if stay.left is not None:
        return _after_leaving(stay, before, fix, place, limits)
    return _in_call(stay, before, fix, place, limits)


def unless_heard(stay: Stay, limits: Limits) -> tuple[datetime, Stay] | None:
    """Half an hour outside with nothing more heard is a departure: from when on, and the stay as it stands then."""
    if stay.outside is None or stay.left is not None:
        return None
    return stay.outside.at + timedelta(minutes=limits.call_out_min), _leave(stay, stay.outside)


def closed(stay: Stay) -> Stay:
    """The stay of a segment that is not joined again: where it was heard outside, it has left."""
    return stay if stay.outside is None else _leave(stay, stay.outside)


def port_in(stay: Stay) -> PortCode | None:
    """The port a segment is in after its last fix; None where that lay outside."""
    return stay.port if stay.left is None and stay.outside is None else None


def silent_between(earlier: Fix, later: Fix, limits: Limits) -> bool:
    """Whether two fixes of a stay are so far apart in time that what lies between was not observed."""
    return (later.at - earlier.at).total_seconds() >= limits.call_silence_h * SECONDS_PER_HOUR


def _enter(before: Fix | None, fix: Fix, port: PortCode, limits: Limits) -> Stay:
    slow = fix.sog_kn is not None and fix.sog_kn <= limits.stop_begins_kn
    return Stay(
        state=STOPPED if slow else IN_PORT,
        port=port,
        before=before,
        entered=fix,
        last_inside=fix,
        last_within=fix,
        fixes=1,
        stops=int(slow),
        stopped_s=0.0,
        silence_s=0.0,
        shifts=0,
        anchor=fix if fix.sog_kn is None else None,
        outside=None,
        outside_fixes=0,
        left=None,
    )


def _in_call(stay: Stay, before: Fix | None, fix: Fix, place: Place, limits: Limits) -> tuple[Stay | None, Stay | None]:
    band = place.bands.get(stay.port, BEYOND_SHIFT)
    if place.port is not None and band > INSIDE and not _swings(stay, fix, band, limits):
        # next heard in another port: it has left this one, seen or unseen
        return _enter(before, fix, place.port, limits), _leave(stay, stay.outside or fix)
    if band <= MARGIN:
        if stay.outside is not None and _outside_long(stay.outside, fix.at, limits):
            return _after_leaving(_leave(stay, stay.outside), before, fix, place, limits)
        return _still_inside(stay, before, fix, limits, within=band == INSIDE), None
    first_outside = stay.outside or fix
    if (
        band >= FAR
        or stay.outside_fixes + 1 >= limits.call_out_fixes
        or silent_between(stay.last_inside, first_outside, limits)
        or _outside_long(first_outside, fix.at, limits)
    ):
        return _after_leaving(_leave(stay, first_outside), None, fix, place, limits)
    return msgspec.structs.replace(stay, outside=first_outside, outside_fixes=stay.outside_fixes + 1), None


def _swings(stay: Stay, fix: Fix, band: int, limits: Limits) -> bool:
    """Whether a ship over the line in a port that touches this one has only swung there, no farther than at anchor."""
    return band <= MARGIN and _apart_km(stay.last_within, fix) <= limits.stop_radius_km


def _outside_long(first_outside: Fix, at: datetime, limits: Limits) -> bool:
    return (at - first_outside.at).total_seconds() >= limits.call_out_min * SECONDS_PER_MINUTE


def _leave(stay: Stay, first_outside: Fix) -> Stay:
    return msgspec.structs.replace(stay, state=AT_SEA, outside=None, outside_fixes=0, left=first_outside)


def _after_leaving(
    stay: Stay, before: Fix | None, fix: Fix, place: Place, limits: Limits
) -> tuple[Stay | None, Stay | None]:
    """A stay that has been left waits to see whether it was a shift: back soon, never far, never silent."""
    assert stay.left is not None
    band = place.bands.get(stay.port, BEYOND_SHIFT)
    ended = (
        band >= BEYOND_SHIFT
        or (place.port is not None and band > INSIDE)
        or (fix.at - stay.left.at).total_seconds() > limits.call_shift_within_h * SECONDS_PER_HOUR
        or silent_between(stay.last_inside, stay.left, limits)
        or (before is not None and silent_between(before, fix, limits))
    )
    if ended:
        return (None if place.port is None else _enter(before, fix, place.port, limits)), stay
    if band > INSIDE:
        return stay, None
    back = msgspec.structs.replace(stay, state=IN_PORT, shifts=stay.shifts + 1, anchor=None, left=None)
    return _still_inside(back, before, fix, limits, within=True), None


def _still_inside(stay: Stay, before: Fix | None, fix: Fix, limits: Limits, *, within: bool) -> Stay:
    """One more fix inside or in the margin: stops, and silences that no stop reaches across.

    It was not silent while it was heard outside: `before` is the fix before this one, wherever it was.
    """
    last = stay.last_inside
    step_s = (fix.at - last.at).total_seconds()
    silent = silent_between(before or last, fix, limits)
    was_stopped = stay.state is STOPPED and not silent
    anchor = None if silent else stay.anchor
    stopped_s = stay.stopped_s + step_s if was_stopped else stay.stopped_s
    if fix.sog_kn is not None:
        anchor = None
        stopped = fix.sog_kn < limits.stop_ends_kn if was_stopped else fix.sog_kn <= limits.stop_begins_kn
    else:
        moved = anchor is not None and _apart_km(anchor, fix) > limits.stop_radius_km
        anchor = fix if anchor is None or moved else anchor
        lain_s = (fix.at - anchor.at).total_seconds()
        stopped = lain_s >= limits.stop_radius_min * SECONDS_PER_MINUTE or (was_stopped and not moved)
        if stopped and not was_stopped:
            stopped_s += lain_s
    return Stay(
        state=STOPPED if stopped else IN_PORT,
        port=stay.port,
        before=stay.before,
        entered=stay.entered,
        last_inside=fix,
        last_within=fix if within else stay.last_within,
        fixes=stay.fixes + 1,
        stops=stay.stops + (stopped and not was_stopped),
        stopped_s=stopped_s,
        silence_s=step_s if silent and step_s > stay.silence_s else stay.silence_s,
        shifts=stay.shifts,
        anchor=anchor,
        outside=None,
        outside_fixes=0,
        left=None,
    )


def _apart_km(one: Fix, other: Fix) -> float:
    return distance_km(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg)
