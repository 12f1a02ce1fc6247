"""Unheard: a time in which one segment of a radio was not heard. Stage 1 says so; stage 2 judges what it means.

    ----- fix ------------------------------ fix -----     closed: heard again
           |<--- 6 h at sea, 4 h in port --->|
    ----- fix ------------------------------>              open: not heard again as of now

Dated from the last fix. It never says that the ship was silent: whether anybody could have heard it is judged from the
hours each source was heard in.
"""

from datetime import datetime

import msgspec

from geofences.zone import PortCode
from sealane.fix import Fix, Mmsi


class Unheard(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One silence of one segment. `sources` heard the radio in the 24 h up to the last fix, in order."""

    mmsi: Mmsi
    segment: int
    last: Fix  # before
    last_port: PortCode | None  # the port it was in when last heard
    next: Fix | None  # after; None: still open
    next_port: PortCode | None  # whose berth or anchorage it was next heard in
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


class Jump(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fix that no open segment could have sailed to. One proves nothing; several ships on one spot, interference."""

    mmsi: Mmsi
    segment: int  # the segment it opened
    at: datetime
    lat_deg: float
    lon_deg: float
    from_lat_deg: float  # where the radio was heard before
    from_lon_deg: float
