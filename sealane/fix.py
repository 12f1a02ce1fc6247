"""A fix: where one radio said it was, and when.

Every number carries its unit in its name. AIS marks "not available" with in-band values (ITU-R M.1371-5, message 1:
longitude 181, latitude 91, speed 102.3 kn, course 360, heading 511). They become None, or no fix at all, in `report.py`
and are never seen again.
"""

from datetime import datetime
from typing import Literal, NewType

import msgspec

Mmsi = NewType("Mmsi", int)  # nine digits at most; identifies the radio, not the hull

StampedBy = Literal["tag_block", "pghp", "prefix", "trailer", "aisstream", "arrival"]


class Fix(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One position report. Positive latitude is north, positive longitude east, WGS 84."""

    mmsi: Mmsi
    at: datetime  # event time, UTC: when a receiver heard it
    lat_deg: float
    lon_deg: float
    sog_kn: float | None  # speed over ground, 0..102.2
    cog_deg: float | None  # course over ground, true, 0..359.9
    heading_deg: int | None  # true heading, 0..359
    nav_status: int | None  # ITU-R M.1371-5, message 1; set by hand on the bridge; 15 = not defined = None
    payload: bytes  # the whole message's armoured payload: breaks ties, so that order never matters
    source: str  # the station that heard it, else the feed
    stamped_by: StampedBy
    raw: tuple[bytes, ...]  # the sentences as received, for evidence
