"""Payload: messages 1, 3 and 5 packed to six-bit characters (ITU-R M.1371-5, annex 8, tables 48 and 52).

A field is a name and its width in bits; numbers are given as they are sent (longitude in 1/10000 min, speed in 0.1 kn).
The library's own encoder measures some thousand messages a second; these tables are faster and hold the same bits.
"""

from collections.abc import Mapping

Field = tuple[str, int]

POSITION: tuple[Field, ...] = (  # messages 1 and 3: 168 bits
    ("type", 6),
    ("repeat", 2),
    ("mmsi", 30),
    ("nav_status", 4),
    ("turn", 8),
    ("sog", 10),
    ("accuracy", 1),
    ("lon", 28),
    ("lat", 27),
    ("cog", 12),
    ("heading", 9),
    ("second", 6),
    ("manoeuvre", 2),
    ("spare", 3),
    ("raim", 1),
    ("radio", 19),
)

STATIC: tuple[Field, ...] = (  # message 5: 424 bits
    ("type", 6),
    ("repeat", 2),
    ("mmsi", 30),
    ("ais_version", 2),
    ("imo", 30),
    ("callsign", 42),
    ("name", 120),
    ("ship_type", 8),
    ("to_bow", 9),
    ("to_stern", 9),
    ("to_port", 6),
    ("to_starboard", 6),
    ("epfd", 4),
    ("eta_month", 4),
    ("eta_day", 5),
    ("eta_hour", 5),
    ("eta_minute", 6),
    ("draught", 8),
    ("destination", 120),
    ("dte", 1),
    ("spare", 1),
)

BITS_A_CHARACTER = 6
DEG_UNITS = 600_000  # 1/10000 min in a degree
SOG_UNITS = 10  # 0.1 kn
COG_UNITS, COG_NOT_AVAILABLE = 10, 3600  # 0.1 deg
DRAUGHT_UNITS = 10  # 0.1 m
TURN_NOT_AVAILABLE = -128
EPFD_GPS = 1

ARMOUR = "".join(chr(value + (48 if value < 40 else 56)) for value in range(64))  # table 44 of the same


def pack(fields: tuple[Field, ...], values: Mapping[str, int | str]) -> tuple[str, int]:
    """Armoured payload and number of fill bits; a field without a value is 0."""
    bits = width = 0
    for name, size in fields:
        value = values.get(name, 0)
        number = _text(value, size) if isinstance(value, str) else value
        bits = bits << size | number & (1 << size) - 1  # the mask gives two's complement
        width += size
    fill = -width % BITS_A_CHARACTER
    bits <<= fill
    shifts = range(width + fill - BITS_A_CHARACTER, -1, -BITS_A_CHARACTER)
    return "".join(ARMOUR[bits >> shift & 63] for shift in shifts), fill


def _text(text: str, size: int) -> int:
    """Six-bit characters, filled up with @."""
    number = 0
    for character in text.ljust(size // BITS_A_CHARACTER, "@"):
        number = number << BITS_A_CHARACTER | ord(character) & 63
    return number
