"""An aisstream.io message: AIS that comes decoded, as JSON, one object a line. It becomes what a payload becomes.

    {"MessageType": T, "MetaData": {"time_utc": ...}, "Message": {T: {...}}}

Field names and types are those of the service's own definition (github.com/aisstream/ais-message-models). Its decoder
leaves "not available" in-band as ITU-R M.1371-5 has it, so `report.py` removes it here as well. `time_utc` is when the
service received the message. The line is the evidence; the body of the message, byte for byte, stands where a payload
does: it breaks ties. Follows as `filter.py` follows, from the same values (tests/core/test_aisstream.py holds them so).
"""

import re
from datetime import datetime
from typing import Any

import msgspec

from sealane.account import Rejected
from sealane.filter import STATIC_AND_VOYAGE, Watch, Why
from sealane.fix import Mmsi
from sealane.fragment import Whole
from sealane.message import HIGHEST_TYPE, MMSI_MAX, Message
from sealane.report import LAT_MAX_DEG, LON_MAX_DEG, STATIC_TYPES
from sealane.stamp import unix_us

OPENS = b"{"
MARK = b'"MessageType"'
TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))? \+0000 UTC")
DEG_DIGITS, TENTH_DIGITS = 6, 1  # as a payload's values are rounded
TYPES = {  # those that carry a report; None: its own MessageID, 1 to 3
    "PositionReport": None,
    "ShipStaticData": 5,
    "StandardSearchAndRescueAircraftReport": 9,
    "StandardClassBPositionReport": 18,
    "ExtendedClassBPositionReport": 19,
    "StaticDataReport": 24,
    "LongRangeAisBroadcastMessage": 27,
}


class _Size(msgspec.Struct, frozen=True):
    bow_m: int = msgspec.field(name="A", default=0)
    stern_m: int = msgspec.field(name="B", default=0)
    port_m: int = msgspec.field(name="C", default=0)
    starboard_m: int = msgspec.field(name="D", default=0)


class _Eta(msgspec.Struct, frozen=True, rename="pascal"):
    month: int = 0
    day: int = 0
    hour: int = 24
    minute: int = 60


class _PartA(msgspec.Struct, frozen=True, rename="pascal"):
    name: str | None = None


class _PartB(msgspec.Struct, frozen=True, rename="pascal"):
    ship_type: int | None = None
    call_sign: str | None = None
    dimension: _Size | None = None


class _Body(msgspec.Struct, frozen=True, rename="pascal"):
    """Any message: the fields that a report is made of."""

    message_id: int = msgspec.field(name="MessageID", default=0)
    user_id: int = msgspec.field(name="UserID", default=0)
    valid: bool = True
    latitude: float | None = None
    longitude: float | None = None
    sog: float | None = None
    cog: float | None = None
    true_heading: int | None = None
    navigational_status: int | None = None
    imo_number: int | None = None
    call_sign: str | None = None
    name: str | None = None
    type: int | None = None
    dimension: _Size | None = None
    eta: _Eta | None = None
    maximum_static_draught: float | None = None
    destination: str | None = None
    part_number: bool = False
    report_a: _PartA | None = None
    report_b: _PartB | None = None


class _Meta(msgspec.Struct, frozen=True):
    time_utc: str | None = None


class _Line(msgspec.Struct, frozen=True):
    """The service spells its metadata in two ways."""

    type: str = msgspec.field(name="MessageType")
    message: dict[str, msgspec.Raw] = msgspec.field(name="Message")
    meta: _Meta = msgspec.field(name="MetaData", default=_Meta())
    meta_too: _Meta = msgspec.field(name="Metadata", default=_Meta())


_LINE, _BODY = msgspec.json.Decoder(_Line), msgspec.json.Decoder(_Body)


class Said(msgspec.Struct, frozen=True):
    """A message, and the line it came on."""

    message: Message
    whole: Whole


def read_json(line: bytes) -> Said | Rejected | None:
    """What a line says; None: it is no message of this service."""
    if not line.startswith(OPENS) or MARK not in line:
        return None
    try:
        read = _LINE.decode(line)
        raw = bytes(read.message[read.type])
        body = _BODY.decode(raw)
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError):
        return Rejected("malformed")
    if not body.valid:
        return Rejected("bad_payload")
    kind = TYPES.get(read.type) or body.message_id
    if not 0 < kind <= HIGHEST_TYPE:
        return Rejected("unknown_type")
    if not 0 < body.user_id <= MMSI_MAX:
        return Rejected("bad_mmsi")
    at_us = _time_us(read.meta.time_utc or read.meta_too.time_utc)
    stamped_by = None if at_us is None else "aisstream"
    whole = Whole(raw, 0, 0, at_us, stamped_by, None, (line,))  # type: ignore[arg-type] # a Literal behind a condition
    return Said(_message(read.type, kind, body), whole)


def _message(name: str, kind: int, body: _Body) -> Message:
    mmsi = Mmsi(body.user_id)
    if name not in TYPES:
        return Message(type=kind, mmsi=mmsi)
    if name == "StaticDataReport":
        return _part(mmsi, body)
    eta = body.eta or _Eta()
    return Message(
        type=kind,
        mmsi=mmsi,
        lat_deg=_rounded(body.latitude, DEG_DIGITS),
        lon_deg=_rounded(body.longitude, DEG_DIGITS),
        sog_kn=_rounded(body.sog, TENTH_DIGITS),
        cog_deg=_rounded(body.cog, TENTH_DIGITS),
        heading_deg=body.true_heading,
        nav_status=body.navigational_status,
        imo=body.imo_number,
        name=body.name,
        callsign=body.call_sign,
        ship_type=body.type,
        draught_m=_rounded(body.maximum_static_draught, TENTH_DIGITS),
        destination=body.destination,
        eta_month=eta.month,
        eta_day=eta.day,
        eta_hour=eta.hour,
        eta_minute=eta.minute,
        **_size(body.dimension),
    )


def _part(mmsi: Mmsi, body: _Body) -> Message:
    """Part A or B of message 24: the other one is there too, empty."""
    if not body.part_number:
        return Message(type=24, mmsi=mmsi, name=None if body.report_a is None else body.report_a.name)
    part = body.report_b or _PartB()
    return Message(type=24, mmsi=mmsi, callsign=part.call_sign, ship_type=part.ship_type, **_size(part.dimension))


def _size(size: _Size | None) -> dict[str, Any]:
    return {} if size is None else msgspec.structs.asdict(size)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _time_us(text: str | None) -> int | None:
    """Unix time in microseconds of "2022-12-29 18:22:32.318353 +0000 UTC"; None: no such time."""
    found = TIME.fullmatch(text or "")
    if found is None:
        return None
    try:
        at = datetime.fromisoformat(f"{found[1]}T{found[2]}+00:00")
    except ValueError:
        return None
    return unix_us(at) + int((found[3] or "")[:6].ljust(6, "0"))


def why_said(message: Message, watch: Watch) -> Why | None:
    """Why a message is followed; None: it is not."""
    if watch.mmsi is None or message.mmsi in watch.mmsi or message.mmsi in watch.bound:
        return "mmsi"
    if message.type == STATIC_AND_VOYAGE and message.imo in watch.imo:
        return "imo"
    if _is_in_area(message, watch) or (message.type in STATIC_TYPES and message.mmsi in watch.met):
        return "box"
    return None


def learn_said(message: Message, watch: Watch) -> None:
    """Add to `bound` or `met` what a message shows."""
    if message.type == STATIC_AND_VOYAGE:
        if message.imo in watch.imo:
            watch.bound.add(message.mmsi)
    elif _is_in_area(message, watch):
        (watch.bound if watch.binds_met else watch.met).add(message.mmsi)


def _is_in_area(message: Message, watch: Watch) -> bool:
    lat_deg, lon_deg = message.lat_deg, message.lon_deg
    if lat_deg is None or lon_deg is None or abs(lat_deg) > LAT_MAX_DEG or abs(lon_deg) > LON_MAX_DEG:
        return False
    return watch.in_area(lat_deg, lon_deg)
