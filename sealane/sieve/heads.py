"""Heads: whom the first twenty characters of payloads show, a column at once.

Type, MMSI, IMO number and position stand at fixed bits (filter.py). A glance looks at the first twelve characters: it
finds whoever is followed, by MMSI exactly, by position within a degree or ten, and any head it cannot tell from there.
A look at all twenty leaves few more than the plain form follows. Neither misses any.
"""

import numpy as np

from sealane.sieve.columns import COMMA, EACH_BYTE, EACH_TOP, Flags, Words, holds_byte
from sealane.sieve.pairs import (
    CLASS_A,
    CLASS_B,
    LON_BITS,
    LONG_RANGE,
    OF_MET,
    REACH,
    STATIC_AND_VOYAGE,
    STATICS,
    Limits,
)
from sealane.sieve.radios import LANES
from sealane.sieve.tagged import Seconds
from sealane.sieve.whom import Following

HALF = np.uint64(32)  # a word: four characters
IMO_SHIFT, THIRTY_BITS = np.uint64(2), np.uint64((1 << 30) - 1)
RADIO = np.uint64(LANES)

TYPES = 64
SHIFTS = dict.fromkeys(CLASS_A, (7, 4)) | dict.fromkeys(CLASS_B, (11, 8))  # of longitude and latitude, by type
LON_SHIFT, LAT_SHIFT = (
    np.array([SHIFTS.get(kind, (0, 0))[angle] for kind in range(TYPES)], np.uint64) for angle in range(2)
)
IS_STATIC, HAS_POSITION = (np.isin(np.arange(TYPES), kinds) for kinds in (STATICS, tuple(SHIFTS)))

# Characters in the lanes of a word. Legal are 0x30 to 0x57 and 0x60 to 0x77: the six bits less 0x30, or less 0x38.
EACH_ZERO = np.uint64(0x30) * EACH_BYTE
FROM_ZERO, FROM_UPPER, FROM_END = (np.uint64(0x80 - first) * EACH_BYTE for first in (0x30, 0x58, 0x78))  # set the top
EACH_COMMA = np.uint64(COMMA) * EACH_BYTE
LON_PAIR = 1  # of the second word
LAT_BITS = 27


class Heads:
    """Whom to look for, by one watch."""

    def __init__(self, following: Following) -> None:
        self._following = following

    def glance(self, one: Words, two: Words) -> tuple[Flags, Words]:
        """Which heads, of eight characters and eight more, may show somebody followed; and the radio of each."""
        now = self._following.now()
        lanes, found = _lanes(one)
        radios = lanes & RADIO
        found |= now.radios.holds(radios)
        reach = REACH[one.view(np.uint8)[::8]]
        found |= now.near[two.view(np.uint16)[LON_PAIR::4]] & reach != 0
        found |= holds_byte(two, EACH_COMMA) & (reach != 0)  # a position that is cut short
        if now.met:
            rows = np.flatnonzero(reach & OF_MET != 0)
            found[rows] |= now.met.holds(radios[rows])
        return found, radios

    def look(self, one: Words, two: Words, three: Words) -> tuple[Flags, Words]:
        """Which heads may show somebody followed, or cannot be told from here; and the radio of each."""
        now = self._following.now()
        lanes, found = _lanes(one)
        kinds, radios = (lanes & np.uint64(TYPES - 1)).astype(np.uint8), lanes & RADIO
        found |= now.radios.holds(radios)
        if now.imos:
            rows = np.flatnonzero(kinds == STATIC_AND_VOYAGE)
            middle, strange = _bits(one[rows] >> HALF | two[rows] << HALF)
            found[rows] |= strange | now.imos.holds(middle >> IMO_SHIFT & THIRTY_BITS)
        if now.met:
            rows = np.flatnonzero(IS_STATIC[kinds])
            found[rows] |= now.met.holds(radios[rows])
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
        return found, radios


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


def _lanes(characters: Words) -> tuple[Words, Flags]:
    """Eight characters of armour as six bits a byte; strange where one of them is none, as a comma."""
    upper = characters + FROM_UPPER
    strange = characters | characters + FROM_END | ~(characters + FROM_ZERO) | upper & ~(characters << np.uint64(2))
    return characters - EACH_ZERO - ((upper & EACH_TOP) >> np.uint64(4)), strange & EACH_TOP != 0


def _bits(characters: Words) -> tuple[Words, Flags]:
    """The same as 48 bits."""
    lanes, strange = _lanes(characters)
    lanes = lanes.byteswap()
    pairs = (lanes & np.uint64(0x3F003F003F003F00)) >> np.uint64(2) | lanes & np.uint64(0x003F003F003F003F)
    fours = (pairs & np.uint64(0x0FFF00000FFF0000)) >> np.uint64(4) | pairs & np.uint64(0x00000FFF00000FFF)
    return (fours >> HALF) << np.uint64(24) | fours & np.uint64(0xFFFFFF), strange


def _signed(raw: Words, bits: int) -> Seconds:
    """The lowest bits as a signed number."""
    left = np.uint64(64 - bits)
    signed: Seconds = (raw << left).view(np.int64) >> np.int64(64 - bits)
    return signed
