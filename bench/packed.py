"""Packed: many payloads of one type at once, as six-bit characters (ITU-R M.1371-5), by NumPy.

Fields are those of streams/demo/payload.py and their like; values are whole numbers as they are sent, an array for many
messages or one number for all; a text is an array of six-bit characters, one row a message.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from streams.demo.payload import ARMOUR, BITS_A_CHARACTER, POSITION, STATIC, Field

Numbers = NDArray[np.int64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.uint8]  # one row a message or a line; 0 is no byte

HEAD: tuple[Field, ...] = (("type", 6), ("repeat", 2), ("mmsi", 30))
SIZES: tuple[Field, ...] = (("to_bow", 9), ("to_stern", 9), ("to_port", 6), ("to_starboard", 6))
LON_LAT: tuple[Field, ...] = (("lon", 28), ("lat", 27))
BASE_STATION: tuple[Field, ...] = (  # message 4: 168 bits
    *HEAD,
    *(("year", 14), ("month", 4), ("day", 5), ("hour", 5), ("minute", 6), ("second", 6), ("accuracy", 1)),
    *LON_LAT,
    *(("epfd", 4), ("long_range", 1), ("spare", 9), ("raim", 1), ("radio", 19)),
)
AIRCRAFT: tuple[Field, ...] = (  # message 9: 168 bits
    *HEAD,
    *(("altitude", 12), ("sog", 10), ("accuracy", 1), *LON_LAT, ("cog", 12), ("second", 6)),
    *(("sensor", 1), ("spare", 7), ("dte", 1), ("spare_2", 3), ("assigned", 1), ("raim", 1), ("radio", 20)),
)
CLASS_B: tuple[Field, ...] = (  # message 18: 168 bits
    *HEAD,
    *(("reserved", 8), ("sog", 10), ("accuracy", 1), *LON_LAT, ("cog", 12), ("heading", 9), ("second", 6)),
    *(("spare", 2), ("flags", 7), ("radio", 20)),
)
CLASS_B_EXTENDED: tuple[Field, ...] = (  # message 19: 312 bits
    *HEAD,
    *(("reserved", 8), ("sog", 10), ("accuracy", 1), *LON_LAT, ("cog", 12), ("heading", 9), ("second", 6)),
    *(("spare", 4), ("name", 120), ("ship_type", 8), *SIZES, ("epfd", 4), ("flags", 3), ("spare_2", 4)),
)
AID: tuple[Field, ...] = (  # message 21: 272 bits
    *HEAD,
    *(("aid_type", 5), ("name", 120), ("accuracy", 1), *LON_LAT, *SIZES, ("epfd", 4), ("second", 6)),
    *(("off_position", 1), ("regional", 8), ("flags", 4)),
)
NAME_B: tuple[Field, ...] = (*HEAD, ("part", 2), ("name", 120))  # message 24A: 160 bits
STATIC_B: tuple[Field, ...] = (  # message 24B: 168 bits
    *HEAD,
    *(("part", 2), ("ship_type", 8), ("vendor", 42), ("callsign", 42), *SIZES, ("spare", 6)),
)
LONG_RANGE: tuple[Field, ...] = (  # message 27: 96 bits
    *HEAD,
    *(("accuracy", 1), ("raim", 1), ("nav_status", 4), ("lon", 18), ("lat", 17), ("sog", 6), ("cog", 9)),
    *(("latency", 1), ("spare", 1)),
)
FREE: tuple[Field, ...] = (
    *HEAD,
    *((f"free_{number}", 26) for number in range(5)),
)  # 168 bits: what is in it nobody reads

LAYOUTS: dict[str, tuple[Field, ...]] = {
    **dict.fromkeys(("1", "2", "3"), POSITION),
    "4": BASE_STATION,
    "5": STATIC,
    "9": AIRCRAFT,
    "18": CLASS_B,
    "19": CLASS_B_EXTENDED,
    "21": AID,
    "24A": NAME_B,
    "24B": STATIC_B,
    "27": LONG_RANGE,
}
_ARMOUR = np.frombuffer(ARMOUR.encode(), np.uint8)
_WEIGHTS = np.array([32, 16, 8, 4, 2, 1], np.uint8)


def packed(layout: tuple[Field, ...], said: Mapping[str, Numbers | Rows | int], rows: int) -> tuple[Rows, int]:
    """Armoured payloads of as many messages, and the number of fill bits; a field that is not said is 0."""
    width = sum(size for _, size in layout)
    fill = -width % BITS_A_CHARACTER
    bits = np.zeros((rows, width + fill), np.uint8)
    at = 0
    for name, size in layout:
        value = said.get(name, 0)
        if isinstance(value, np.ndarray) and value.ndim > 1:
            bits[:, at : at + size] = _bits(value.astype(np.int64), BITS_A_CHARACTER).reshape(rows, size)
        elif isinstance(value, np.ndarray) or value:
            bits[:, at : at + size] = _bits(np.asarray(value, np.int64), size)
        at += size
    return _ARMOUR[
        (bits.reshape(rows, (width + fill) // BITS_A_CHARACTER, BITS_A_CHARACTER) * _WEIGHTS).sum(
            axis=2, dtype=np.uint8
        )
    ], fill


def text(written: str, width: int) -> Rows:
    """Six-bit characters, filled up with @."""
    return np.frombuffer(written.ljust(width, "@").encode(), np.uint8) & np.uint8(63)


def _bits(values: Numbers, size: int) -> Rows:
    """The lowest bits of each value, highest first: of negative ones two's complement."""
    return (values[..., None] >> np.arange(size - 1, -1, -1) & 1).astype(np.uint8)
