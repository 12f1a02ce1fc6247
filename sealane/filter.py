"""The filter: never decode what nobody watches.

Type, MMSI, IMO number and position sit at fixed bits of a payload (ITU-R M.1371-5), so no decode is needed to decide.
Only a message's first fragment is looked at. This is the plain-Python form; it neither loses nor invents a message
against full decoding (tests/core/test_filter.py).

    why     a message is followed because
    mmsi    its radio is listed, or bound: it said a watched IMO number in message 5
    imo     it is a message 5 that names a watched IMO number
    box     its position is inside the area, or it is a message 5, 19 or 24 of a radio met there
"""

from binascii import a2b_base64
from collections.abc import Callable
from typing import Literal, NamedTuple

import msgspec

from geofences.chart import Box, Chart
from sealane.watchlist import Watchlist

Why = Literal["mmsi", "imo", "box"]

HEAD_CHARS = 20  # 120 bits: all that is looked at ends before
STATIC_TYPES = frozenset({5, 19, 24})
STATIC_AND_VOYAGE = 5

TYPE_SHIFT = 114
MMSI_SHIFT, MMSI_MASK = 82, (1 << 30) - 1
IMO_SHIFT, IMO_MASK = 50, (1 << 30) - 1


class Angles(NamedTuple):
    """Longitude and latitude at fixed bits of the head, signed, in so many millionths of a degree by six."""

    lon_shift: int
    lon_mask: int
    lon_sign: int
    lat_shift: int
    lat_mask: int
    lat_sign: int
    unit: int


def _angles(first: int, length: int, unit: int) -> Angles:
    """From a longitude's first bit; the latitude stands after it, and is a bit shorter."""
    lon_shift = HEAD_CHARS * 6 - first - length
    lon_mask, lat_mask = (1 << length) - 1, (1 << length - 1) - 1
    return Angles(lon_shift, lon_mask, lon_mask // 2 + 1, lon_shift - length + 1, lat_mask, lat_mask // 2 + 1, unit)


FINE, COARSE = 10, 10_000  # 1/10 000 minute; 1/10 minute
CLASS_A, CLASS_B = _angles(61, 28, FINE), _angles(57, 28, FINE)
LONG_RANGE = _angles(44, 18, COARSE)
POSITIONS = {1: CLASS_A, 2: CLASS_A, 3: CLASS_A, 9: CLASS_A, 18: CLASS_B, 19: CLASS_B, 27: LONG_RANGE}

ARMOUR = bytes(range(0x30, 0x58)) + bytes(range(0x60, 0x78))  # six-bit values 0..63, in order
BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_TO_BASE64 = bytes(BASE64[ARMOUR.index(byte)] if byte in ARMOUR else BASE64[0] for byte in range(256))


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """Who is followed. `bound` and `met` are learned: they only grow, in place, and are the one thing that changes."""

    mmsi: frozenset[int] | None = frozenset()  # listed radios; None: every radio is
    imo: frozenset[int] = frozenset()
    in_area: Callable[[float, float], bool]  # (lat_deg, lon_deg): every ship's positions are followed here
    boxes: tuple[Box, ...] | None = None  # round that area: (south, north, west, east); None: nobody says
    bound: set[int] = msgspec.field(default_factory=set)  # said a watched IMO number in message 5
    met: set[int] = msgspec.field(default_factory=set)  # heard inside the area
    binds_met: bool = False  # no watchlist: a radio heard inside the area is as good as listed, wherever it goes

    @property
    def learned(self) -> int:
        """How many radios were ever learned of."""
        return len(self.bound) + len(self.met)


def watch_for(watchlist: Watchlist | None, chart: Chart) -> Watch:
    """What a corridor follows. Without a watchlist: every ship met inside the area, so that its way there is known."""
    vessels = watchlist.vessels if watchlist else ()
    return Watch(
        mmsi=frozenset(known.mmsi for vessel in vessels for known in vessel.mmsi),
        imo=frozenset(vessel.imo for vessel in vessels),
        in_area=chart.in_area,
        boxes=chart.boxes(),
        binds_met=watchlist is None,
    )


def why(payload: bytes, watch: Watch) -> Why | None:
    """Why a message is followed, from its first fragment's payload; None: it is not."""
    if watch.mmsi is None:
        return "mmsi"
    head = read_head(payload)
    mmsi = head >> MMSI_SHIFT & MMSI_MASK
    if mmsi in watch.mmsi or mmsi in watch.bound:
        return "mmsi"
    kind = head >> TYPE_SHIFT
    if kind == STATIC_AND_VOYAGE and head >> IMO_SHIFT & IMO_MASK in watch.imo:
        return "imo"
    if _is_in_area(head, kind, watch) or (kind in STATIC_TYPES and mmsi in watch.met):
        return "box"
    return None


def mmsi_of(payload: bytes) -> int:
    """Whose message it is, from its first fragment's payload."""
    return read_head(payload) >> MMSI_SHIFT & MMSI_MASK


def teaches(payload: bytes, watch: Watch) -> bool:
    """Whether a first fragment shows something to learn that is not known yet."""
    head = read_head(payload)
    kind, mmsi = head >> TYPE_SHIFT, head >> MMSI_SHIFT & MMSI_MASK
    if kind == STATIC_AND_VOYAGE:
        return mmsi not in watch.bound and head >> IMO_SHIFT & IMO_MASK in watch.imo
    met = watch.bound if watch.binds_met else watch.met
    return mmsi not in met and _is_in_area(head, kind, watch)


def learn(payload: bytes, watch: Watch) -> None:
    """Add to `bound` or `met` what a first fragment shows. Its checksum must have been found good."""
    if teaches(payload, watch):
        head = read_head(payload)
        binds = watch.binds_met or head >> TYPE_SHIFT == STATIC_AND_VOYAGE
        (watch.bound if binds else watch.met).add(head >> MMSI_SHIFT & MMSI_MASK)


def read_head(payload: bytes) -> int:
    """The first 120 bits as a number. Illegal characters read as zero: such a payload is rejected when decoded."""
    return read_bits(payload[:HEAD_CHARS].ljust(HEAD_CHARS, b"0"))


def read_bits(payload: bytes) -> int:
    """All bits as a number, of a payload of any multiple of four characters."""
    return int.from_bytes(a2b_base64(payload.translate(_TO_BASE64)), "big")


def position_of(head: int, kind: int) -> tuple[float, float]:
    """Latitude and longitude in degrees, as sent, of a type of message that has them.

    Rounded to six decimals, as pyais rounds: a point on a border falls on one side for both.
    """
    lon_shift, lon_mask, lon_sign, lat_shift, lat_mask, lat_sign, unit = POSITIONS[kind]
    lon = (head >> lon_shift & lon_mask ^ lon_sign) - lon_sign
    lat = (head >> lat_shift & lat_mask ^ lat_sign) - lat_sign
    return (lat * unit + 3) // 6 / 1e6, (lon * unit + 3) // 6 / 1e6


def _is_in_area(head: int, kind: int, watch: Watch) -> bool:
    if kind not in POSITIONS:
        return False
    lat_deg, lon_deg = position_of(head, kind)
    return -90 <= lat_deg <= 90 and -180 <= lon_deg <= 180 and watch.in_area(lat_deg, lon_deg)
