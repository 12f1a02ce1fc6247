"""A message: one whole AIS payload, checked and decoded, values as they were sent (ITU-R M.1371-5).

Most messages are positions, 1, 2, 3 and 18, and what ships say of themselves is mostly message 5: their fields are read
here, from fixed bits. All others pyais decodes, here and nowhere else, loaded with the first of them, for it takes a
seventh of a command's start. Both give the same, and nothing untyped leaves this file. Only the types that carry a
report are decoded in full: of the others armour, length and MMSI are checked, and the type is known. "Not available" is
still in-band here; `report.py` removes it.
"""

from binascii import b2a_base64
from math import ceil
from typing import Any, NamedTuple

import msgspec

from sealane.account import Rejected
from sealane.filter import ARMOUR, BASE64, MMSI_MASK, STATIC_AND_VOYAGE, mmsi_of, position_of, read_bits
from sealane.fix import Mmsi
from sealane.fragment import Whole

HIGHEST_TYPE = 27
MMSI_MAX = 999_999_999
MMSI_BITS = 8, 30  # first, how many
CHAR_BITS = 6
MANY = 1_200  # more bits than five slots hold

LENGTHS_BITS = {  # least, most; where no report comes of it the least is enough
    1: (168, 168),
    2: (168, 168),
    3: (168, 168),
    4: (168, 168),
    5: (420, 426),  # 424, and what receivers make of the fill bits
    6: (88, MANY),
    7: (72, MANY),
    8: (56, MANY),
    9: (168, 168),
    10: (72, MANY),
    11: (168, 168),
    12: (72, MANY),
    13: (72, MANY),
    14: (40, MANY),
    15: (88, MANY),
    16: (96, MANY),
    17: (80, MANY),
    18: (168, 168),
    19: (312, 312),
    20: (70, MANY),
    21: (272, MANY),
    22: (168, MANY),
    23: (160, MANY),
    24: (160, 168),
    25: (40, MANY),
    26: (60, MANY),
    27: (96, 168),
}

MOVES = {"lat_deg": "lat", "lon_deg": "lon", "sog_kn": "speed", "cog_deg": "course"}
HEADS = {"heading_deg": "heading"}
NAMES = {"name": "shipname"}
SIZES = {"bow_m": "to_bow", "stern_m": "to_stern", "port_m": "to_port", "starboard_m": "to_starboard"}
VOYAGE = {
    "imo": "imo",
    "callsign": "callsign",
    "draught_m": "draught",
    "destination": "destination",
    "eta_month": "month",
    "eta_day": "day",
    "eta_hour": "hour",
    "eta_minute": "minute",
}
STATUS = {"nav_status": "status"}
CLASS_A = MOVES | HEADS | STATUS
READ = {  # message type: our field, pyais's attribute; an attribute that a part lacks is None
    1: CLASS_A,
    2: CLASS_A,
    3: CLASS_A,
    5: NAMES | SIZES | VOYAGE,
    9: MOVES,
    18: MOVES | HEADS,
    19: MOVES | HEADS | NAMES | SIZES,
    24: NAMES | SIZES | {"callsign": "callsign", "ship_type": "ship_type"},
    27: MOVES | STATUS,
}
SHIP_TYPE_BIT = {5: 232, 19: 263}  # where pyais turns the raw code into an enum that forgets unknown ones
SHIP_TYPE_BITS = 8


class Shifts(NamedTuple):
    """Of a position report of 168 bits: how many stand behind each field."""

    sog: int
    cog: int
    heading: int
    status: int | None


SHIFTS_A, SHIFTS_B = Shifts(108, 40, 31, 126), Shifts(112, 44, 35, None)
MOVING = {1: SHIFTS_A, 2: SHIFTS_A, 3: SHIFTS_A, 18: SHIFTS_B}
MMSI_SHIFT, AFTER_HEAD = 130, 48  # the position is in the head
SOG_MASK, COG_MASK, HEADING_MASK, STATUS_MASK = ((1 << bits) - 1 for bits in (10, 12, 9, 4))

STATED_CHARS, STATED_BITS = 72, 422  # of message 5: with what makes it a multiple of four; up to the last field's end
STATED_NUMBERS = {  # first bit, how many
    "mmsi": MMSI_BITS,
    "imo": (40, 30),
    "ship_type": (232, 8),
    "bow_m": (240, 9),
    "stern_m": (249, 9),
    "port_m": (258, 6),
    "starboard_m": (264, 6),
    "eta_month": (274, 4),
    "eta_day": (278, 5),
    "eta_hour": (283, 5),
    "eta_minute": (288, 6),
    "draught_m": (294, 8),
}
STATED_TEXTS = {"callsign": (70, 7), "name": (112, 20), "destination": (302, 20)}  # first bit, characters
TEXT = bytes(range(0x40, 0x60)) + bytes(range(0x20, 0x40))  # six-bit values 0..63, in order
_TO_TEXT = bytes.maketrans(BASE64, TEXT)


class Field(NamedTuple):
    """Of message 5: its name, how many bits stand behind it, and its mask."""

    name: str
    shift: int
    mask: int


def _field(name: str, first: int, bits: int) -> Field:
    return Field(name, STATED_CHARS * CHAR_BITS - first - bits, (1 << bits) - 1)


NUMBERS = tuple(_field(name, first, bits) for name, (first, bits) in STATED_NUMBERS.items())
TEXTS = tuple(  # with those behind it that make its characters a multiple of four: whole bytes
    (_field(name, first, ceil(chars / 4) * 4 * CHAR_BITS), chars) for name, (first, chars) in STATED_TEXTS.items()
)


class Message(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """As sent. None: this type, or this part of it, has no such field."""

    type: int
    mmsi: Mmsi
    lat_deg: float | None = None
    lon_deg: float | None = None
    sog_kn: float | None = None
    cog_deg: float | None = None
    heading_deg: int | None = None
    nav_status: int | None = None
    imo: int | None = None
    name: str | None = None
    callsign: str | None = None
    ship_type: int | None = None
    bow_m: int | None = None
    stern_m: int | None = None
    port_m: int | None = None
    starboard_m: int | None = None
    draught_m: float | None = None
    destination: str | None = None
    eta_month: int | None = None
    eta_day: int | None = None
    eta_hour: int | None = None
    eta_minute: int | None = None


def decode(whole: Whole) -> Message | Rejected:
    payload = whole.payload
    if not payload or payload.translate(None, ARMOUR):
        return Rejected("bad_payload")
    kind = ARMOUR.index(payload[0])
    if not 0 < kind <= HIGHEST_TYPE:
        return Rejected("unknown_type")
    least, most = LENGTHS_BITS[kind]
    length = len(payload) * CHAR_BITS - whole.fill
    if not least <= length <= most:
        return Rejected("wrong_length")
    if kind in MOVING:
        return _read_position(kind, payload)
    if kind == STATIC_AND_VOYAGE and length >= STATED_BITS:
        return _read_statement(payload)
    mmsi = mmsi_of(payload)
    if not 0 < mmsi <= MMSI_MAX:
        return Rejected("bad_mmsi")
    if kind not in READ:
        return Message(type=kind, mmsi=Mmsi(mmsi))
    return _decode(kind, Mmsi(mmsi), whole)


def load_decoder() -> None:
    """Load what decodes the other types, before anything waits for it."""
    import pyais  # noqa: F401


def _read_position(kind: int, payload: bytes) -> Message | Rejected:
    """Of a type whose fields are at fixed bits, and all there."""
    bits, shifts = read_bits(payload), MOVING[kind]
    mmsi = bits >> MMSI_SHIFT & MMSI_MASK
    if not 0 < mmsi <= MMSI_MAX:
        return Rejected("bad_mmsi")
    lat_deg, lon_deg = position_of(bits >> AFTER_HEAD, kind)
    return Message(
        type=kind,
        mmsi=Mmsi(mmsi),
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        sog_kn=(bits >> shifts.sog & SOG_MASK) / 10,
        cog_deg=(bits >> shifts.cog & COG_MASK) / 10,
        heading_deg=bits >> shifts.heading & HEADING_MASK,
        nav_status=None if shifts.status is None else bits >> shifts.status & STATUS_MASK,
    )


def _read_statement(payload: bytes) -> Message | Rejected:
    """A message 5 whose fields are all there."""
    bits = read_bits(payload.ljust(STATED_CHARS, b"0"))
    values: dict[str, Any] = {field: bits >> shift & mask for field, shift, mask in NUMBERS}
    if not 0 < values["mmsi"] <= MMSI_MAX:
        return Rejected("bad_mmsi")
    for (field, shift, mask), chars in TEXTS:
        sixes = b2a_base64((bits >> shift & mask).to_bytes(mask.bit_length() // 8, "big"), newline=False)
        values[field] = sixes[:chars].translate(_TO_TEXT).decode("ascii").rstrip("@").strip()
    values["draught_m"] /= 10
    return Message(type=STATIC_AND_VOYAGE, **values)


def _decode(kind: int, mmsi: Mmsi, whole: Whole) -> Message | Rejected:
    """By the class pyais has for this type, from the bits alone: its sentences would be framed and summed once more."""
    from pyais import bit_vector
    from pyais.exceptions import AISBaseException
    from pyais.messages import MSG_CLASS

    bits = bit_vector(whole.payload, whole.fill)
    try:
        decoded: Any = MSG_CLASS[kind].from_vector(bits)
    except AISBaseException:
        return Rejected("bad_payload")
    values: dict[str, Any] = {field: getattr(decoded, attribute, None) for field, attribute in READ[kind].items()}
    if "nav_status" in values:
        values["nav_status"] = int(values["nav_status"])  # an enum would be written by its name
    if kind in SHIP_TYPE_BIT:
        values["ship_type"] = bits.get_num(SHIP_TYPE_BIT[kind], SHIP_TYPE_BITS, False)
    return Message(type=kind, mmsi=mmsi, **values)
