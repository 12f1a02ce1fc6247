"""Heads: whom the first twenty characters of payloads show, a column at once.

Type, MMSI, IMO number and position stand at fixed bits (filter.py). A glance looks at the first twelve characters: it
finds whoever is followed, by MMSI exactly, by position within a degree or ten, and any head it cannot tell from there.
A look at all twenty leaves few more than the plain form follows. Neither misses any.
"""

import numpy as np
import numpy.typing as npt

from sealane.filter import ARMOUR
from sealane.sieve.columns import COMMA, EACH_BYTE, EACH_TOP, Bytes, Flags, Words, holds_byte
from sealane.sieve.tagged import Seconds
from sealane.sieve.whom import Following, Limits

HALF = np.uint64(32)  # a word: four characters
TYPE_SHIFT, MMSI_SHIFT, IMO_SHIFT, THIRTY_BITS = np.uint64(42), np.uint64(10), np.uint64(2), np.uint64((1 << 30) - 1)

STATICS = (5, 19, 24)
LONG_RANGE, STATIC_AND_VOYAGE = 27, 5
TYPES = 64
CLASS_A, CLASS_B = (1, 2, 3, 9), (18, 19)
SHIFTS = dict.fromkeys(CLASS_A, (7, 4)) | dict.fromkeys(CLASS_B, (11, 8))  # of longitude and latitude, by type
LON_SHIFT, LAT_SHIFT = (
    np.array([SHIFTS.get(kind, (0, 0))[angle] for kind in range(TYPES)], np.uint64) for angle in range(2)
)
IS_STATIC, HAS_POSITION = (np.isin(np.arange(TYPES), kinds) for kinds in (STATICS, tuple(SHIFTS)))

# Characters in the lanes of a word. Legal are 0x30 to 0x57 and 0x60 to 0x77: the six bits less 0x30, or less 0x38.
EACH_ZERO = np.uint64(0x30) * EACH_BYTE
FROM_ZERO, FROM_UPPER, FROM_END = (np.uint64(0x80 - first) * EACH_BYTE for first in (0x30, 0x58, 0x78))  # set the top
EACH_COMMA = np.uint64(COMMA) * EACH_BYTE

LON_PAIR = 1  # characters 10 and 11 of a payload: a pair of its second word
NEAR_A, NEAR_B, NEAR_ANY, OF_MET = 1, 2, 4, 8  # what a pair may show, by the type it is of; all but the last
LON_BITS, LAT_BITS = 28, 27
REACH = np.zeros(256, np.uint8)  # by a payload's first character: which of a pair's bits count
for _bits_there, _kinds in (
    (NEAR_A, CLASS_A),
    (NEAR_B, CLASS_B),
    (NEAR_ANY, (STATIC_AND_VOYAGE, LONG_RANGE)),
    (OF_MET, (19, 24)),
):
    REACH[[ARMOUR[kind] for kind in _kinds]] |= _bits_there


class Heads:
    """Whom to look for, by one watch."""

    def __init__(self, following: Following) -> None:
        self._following = following
        self._near = _near_pairs(following.now().fine)

    def glance(self, one: Words, two: Words) -> tuple[Flags, Words]:
        """Which heads, of eight characters and eight more, may show somebody followed; and the MMSI of each."""
        now = self._following.now()
        first, found = _bits(one)
        mmsis = first >> MMSI_SHIFT & THIRTY_BITS
        found |= now.radios.holds(mmsis)
        reach = REACH[one.view(np.uint8)[::8]]
        found |= self._near[two.view(np.uint16)[LON_PAIR::4]] & reach != 0
        found |= holds_byte(two, EACH_COMMA) & (reach != 0)  # a position that is cut short
        if now.met:
            rows = np.flatnonzero(reach & OF_MET != 0)
            found[rows] |= now.met.holds(mmsis[rows])
        return found, mmsis

    def look(self, one: Words, two: Words, three: Words) -> tuple[Flags, Words]:
        """Which heads may show somebody followed, or cannot be told from here; and the MMSI of each."""
        now = self._following.now()
        first, found = _bits(one)
        kinds = (first >> TYPE_SHIFT).astype(np.uint8)
        mmsis = first >> MMSI_SHIFT & THIRTY_BITS
        found |= now.radios.holds(mmsis)
        if now.imos:
            rows = np.flatnonzero(kinds == STATIC_AND_VOYAGE)
            middle, strange = _bits(one[rows] >> HALF | two[rows] << HALF)
            found[rows] |= strange | now.imos.holds(middle >> IMO_SHIFT & THIRTY_BITS)
        if now.met:
            rows = np.flatnonzero(IS_STATIC[kinds])
            found[rows] |= now.met.holds(mmsis[rows])
        rows = np.flatnonzero(HAS_POSITION[kinds])
        second, strange = _bits(two[rows])
        near = _within(_signed(second >> LON_SHIFT[kinds[rows]], LON_BITS), now.fine, of_lat=False)
        near |= strange
        rows, strange = rows[near], strange[near]  # few: only these are looked at further
        third, short = _bits(two[rows] >> HALF | three[rows] << HALF)
        lats = _signed(third >> LAT_SHIFT[kinds[rows]], LAT_BITS)
        found[rows] |= strange | short | _within(lats, now.fine, of_lat=True)
        rows = np.flatnonzero(kinds == LONG_RANGE)
        if len(rows):
            found[rows] |= _is_near_coarsely(one[rows], two[rows], now.coarse)
        return found, mmsis


def _is_near_coarsely(one: Words, two: Words, coarse: Limits) -> Flags:
    """The same of messages 27."""
    middle, short = _bits(one >> HALF | two << HALF)
    second, strange = _bits(two)
    near = _within(_signed(middle >> np.uint64(10), 18), coarse, of_lat=False)
    near &= _within(_signed(second >> np.uint64(17), 17), coarse, of_lat=True)
    return near | short | strange


def _within(angles: Seconds, limits: Limits, *, of_lat: bool) -> Flags:
    """Whether latitudes, or longitudes, may be those of the area: in one of the boxes round it, or a little off."""
    found = np.zeros(len(angles), np.bool_)
    for south, north, west, east in limits:
        low, high = (south, north) if of_lat else (west, east)
        found |= (angles >= low) & (angles <= high)
    return found


def _bits(characters: Words) -> tuple[Words, Flags]:
    """Eight characters of armour as 48 bits; strange where one of them is none, as a comma."""
    upper = characters + FROM_UPPER
    strange = characters | characters + FROM_END | ~(characters + FROM_ZERO) | upper & ~(characters << np.uint64(2))
    lanes = (characters - EACH_ZERO - ((upper & EACH_TOP) >> np.uint64(4))).byteswap()
    pairs = (lanes & np.uint64(0x3F003F003F003F00)) >> np.uint64(2) | lanes & np.uint64(0x003F003F003F003F)
    fours = (pairs & np.uint64(0x0FFF00000FFF0000)) >> np.uint64(4) | pairs & np.uint64(0x00000FFF00000FFF)
    return (fours >> HALF) << np.uint64(24) | fours & np.uint64(0xFFFFFF), strange & EACH_TOP != 0


def _signed(raw: Words, bits: int) -> Seconds:
    """The lowest bits as a signed number."""
    left = np.uint64(64 - bits)
    signed: Seconds = (raw << left).view(np.int64) >> np.int64(64 - bits)
    return signed


def _near_pairs(limits: Limits) -> Bytes:
    """By two characters, as a number: what a position may be near to whose longitude they are of.

    Of class A they are its upper eleven bits; of class B the three above them are not among them.
    """
    near = np.full(1 << 16, NEAR_A | NEAR_B | NEAR_ANY, np.uint8)  # whatever is no armour may be anything
    armour, sixes = np.frombuffer(ARMOUR, np.uint8).astype(np.intp), np.arange(64)
    pairs = armour[:, None] | armour << 8
    is_a = _may_be_within((sixes[:, None] & 31) << 6 | sixes, 11, limits)
    tops = np.arange(8)[:, None, None] << 12
    is_b = _may_be_within(tops | sixes[:, None] << 6 | sixes, 15, limits).any(axis=0)
    near[pairs] = NEAR_ANY | is_a * np.uint8(NEAR_A) | is_b * np.uint8(NEAR_B)
    return near


def _may_be_within(upper: npt.NDArray[np.intp], bits: int, limits: Limits) -> Flags:
    """Whether longitudes whose upper bits these are may lie in one of the boxes round the area, or a little off."""
    span = 1 << LON_BITS - bits
    west_most = ((upper ^ 1 << bits - 1) - (1 << bits - 1)) * span
    found = np.zeros(upper.shape, np.bool_)
    for _, _, west, east in limits:
        found |= (west_most + span > west) & (west_most <= east)
    return found
