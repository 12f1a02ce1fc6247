"""A report: what a message says of its ship, with "not available" as None. Nothing in-band is seen beyond this file.

    message             gives
    1 2 3 9 18 27       a fix
    5 24A 24B           a static report
    19                  both

A position report whose position is not available gives no fix, and the line still counts as decoded. SOG over 102.2 kn
(no ship; message 9 counts whole knots), COG of 360 degrees and more, heading over 359 are None. ITU-R M.1371-5.
"""

from datetime import datetime

from sealane.account import Reason
from sealane.fix import Fix, StampedBy
from sealane.fragment import Whole
from sealane.message import Message
from sealane.static import StaticReport

LON_UNAVAILABLE_DEG, LON_MAX_DEG = 181.0, 180.0
LAT_UNAVAILABLE_DEG, LAT_MAX_DEG = 91.0, 90.0
SOG_MAX_KN = 102.2
SOG_COARSE_UNAVAILABLE_KN = 63  # message 27
COG_BELOW_DEG = 360.0
HEADING_MAX_DEG = 359
STATUS_UNDEFINED = 15
COARSE = 27
STATIC_TYPES = frozenset({5, 19, 24})
MONTHS, DAYS, HOURS, MINUTES = range(1, 13), range(1, 32), range(24), range(60)


def position_defect(message: Message) -> Reason | None:
    """A position beyond the poles or the date line is no position; "not available" is no defect."""
    lat_deg, lon_deg = message.lat_deg, message.lon_deg
    if lat_deg is None or lon_deg is None or _is_unavailable(lat_deg, lon_deg):
        return None
    return "bad_position" if abs(lat_deg) > LAT_MAX_DEG or abs(lon_deg) > LON_MAX_DEG else None


def read_reports(message: Message, whole: Whole, at: datetime, by: StampedBy, source: str) -> list[Fix | StaticReport]:
    """What a message without defect reports, heard `at` by `source`; nothing if it says neither place nor identity."""
    reports: list[Fix | StaticReport] = []
    lat_deg, lon_deg = message.lat_deg, message.lon_deg
    if lat_deg is not None and lon_deg is not None and not _is_unavailable(lat_deg, lon_deg):
        reports.append(_fix(message, lat_deg, lon_deg, whole, at, by, source))
    if message.type in STATIC_TYPES:
        reports.append(_static(message, whole, at, by, source))
    return reports


def _is_unavailable(lat_deg: float, lon_deg: float) -> bool:
    return lat_deg == LAT_UNAVAILABLE_DEG or lon_deg == LON_UNAVAILABLE_DEG


def _fix(
    message: Message, lat_deg: float, lon_deg: float, whole: Whole, at: datetime, by: StampedBy, source: str
) -> Fix:
    sog_kn, cog_deg, heading_deg = message.sog_kn, message.cog_deg, message.heading_deg
    if sog_kn is not None and (sog_kn > SOG_MAX_KN or (message.type == COARSE and sog_kn == SOG_COARSE_UNAVAILABLE_KN)):
        sog_kn = None
    return Fix(
        mmsi=message.mmsi,
        at=at,
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        sog_kn=sog_kn,
        cog_deg=None if cog_deg is None or cog_deg >= COG_BELOW_DEG else cog_deg,
        heading_deg=None if heading_deg is None or heading_deg > HEADING_MAX_DEG else heading_deg,
        nav_status=None if message.nav_status == STATUS_UNDEFINED else message.nav_status,
        payload=whole.payload,
        source=source,
        stamped_by=by,
        raw=whole.raw,
    )


def _static(message: Message, whole: Whole, at: datetime, by: StampedBy, source: str) -> StaticReport:
    return StaticReport(
        mmsi=message.mmsi,
        at=at,
        imo_stated=message.imo or None,
        name=_text(message.name),
        callsign=_text(message.callsign),
        ship_type=message.ship_type or None,
        length_m=_sum(message.bow_m, message.stern_m),
        beam_m=_sum(message.port_m, message.starboard_m),
        draught_m=message.draught_m or None,
        destination=_text(message.destination),
        eta_md_hm=_eta(message),
        payload=whole.payload,
        source=source,
        stamped_by=by,
        raw=whole.raw,
    )


def _text(sent: str | None) -> str | None:
    """The first @ ends a text; what stands after it is left over from a longer one."""
    return (sent or "").partition("@")[0].strip() or None


def _sum(one_m: int | None, other_m: int | None) -> int | None:
    """None where both are 0 or the message has no dimensions (an auxiliary craft names its mother ship instead)."""
    return (one_m or 0) + (other_m or 0) or None


def _eta(message: Message) -> str | None:
    month, day, hour, minute = message.eta_month, message.eta_day, message.eta_hour, message.eta_minute
    if month not in MONTHS or day not in DAYS or hour not in HOURS or minute not in MINUTES:
        return None
    return f"{month:02}-{day:02}T{hour:02}:{minute:02}"
