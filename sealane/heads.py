"""Heads: whom the first twenty characters of payloads show, a column at once.

Type, MMSI, IMO number and position stand at fixed bits (filter.py). A glance looks at the first twelve characters: it
finds whoever is followed, by MMSI exactly, by position within a degree or ten, and any head it cannot tell from there.
A look at all twenty leaves few more than the plain form follows. Neither misses any.
"""

from math import ceil, floor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sealane.columns import COMMA, EACH_BYTE, EACH_TOP, Bytes, Flags, Words, holds_byte
from sealane.filter import ARMOUR, Watch
from sealane.numbers import Numbers
from sealane.tagged import Seconds

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
MARGIN = 20  # of a border, in the unit of the position: rounding is left to the plain form
UNITS_A_DEGREE, COARSE_UNITS_A_DEGREE = 600_000, 600  # 1/10 000 minute; 1/10 minute

# Characters in the lanes of a word. Legal are 0x30 to 0x57 and 0x60 to 0x77: the six bits less 0x30, or less 0x38.
EACH_ZERO = np.uint64(0x30) * EACH_BYTE
FROM_ZERO, FROM_UPPER, FROM_END = (np.uint64(0x80 - first) * EACH_BYTE for first in (0x30, 0x58, 0x78))  # set the top
EACH_COMMA = np.uint64(COMMA) * EACH_BYTE

LON_PAIR = 1  # characters 10 and 11 of a payload: a pair of its second word
NEAR_A, NEAR_B, NEAR_ANY, OF_MET = 1, 2, 4, 8  # what a pair may show, by the type it is of; all but the last
LON_BITS, LAT_BITS = 28, 27
NOBODY = 0, 0


class _Now(NamedTuple):
    """Who is followed at a time. Made anew when somebody was learned of, and put in place at once: threads look."""

    size: tuple[int, int]
    radios: Numbers
    met: Numbers
    reach: Bytes  # by a payload's first character: which of a pair's bits count


class Heads:
    """Whom to look for, by one watch."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self._imos = Numbers(watch.imo)
        self._near = _near_pairs(watch)
        self._now = self._follow(NOBODY)

    def glance(self, one: Words, two: Words) -> tuple[Flags, Words]:
        """Which heads, of eight characters and eight more, may show somebody followed; and the MMSI of each."""
        now = self._current()
        first, found = _bits(one)
        mmsis = first >> MMSI_SHIFT & THIRTY_BITS
        found |= now.radios.holds(mmsis)
        reach = now.reach[one.view(np.uint8)[::8]]
        found |= self._near[two.view(np.uint16)[LON_PAIR::4]] & reach != 0
        found |= holds_byte(two, EACH_COMMA) & (reach != 0)  # a position that is cut short
        if now.size[1]:
            rows = np.flatnonzero(reach & OF_MET != 0)
            found[rows] |= now.met.holds(mmsis[rows])
        return found, mmsis

    def look(self, one: Words, two: Words, three: Words) -> tuple[Flags, Words]:
        """Which heads may show somebody followed, or cannot be told from here; and the MMSI of each."""
        now = self._current()
        first, found = _bits(one)
        kinds = (first >> TYPE_SHIFT).astype(np.uint8)
        mmsis = first >> MMSI_SHIFT & THIRTY_BITS
        found |= now.radios.holds(mmsis)
        if self.watch.imo:
            rows = np.flatnonzero(kinds == STATIC_AND_VOYAGE)
            middle, strange = _bits(one[rows] >> HALF | two[rows] << HALF)
            found[rows] |= strange | self._imos.holds(middle >> IMO_SHIFT & THIRTY_BITS)
        if now.size[1]:
            rows = np.flatnonzero(IS_STATIC[kinds])
            found[rows] |= now.met.holds(mmsis[rows])
        rows = np.flatnonzero(HAS_POSITION[kinds])
        second, strange = _bits(two[rows])
        near = self._within(_signed(second >> LON_SHIFT[kinds[rows]], LON_BITS), UNITS_A_DEGREE, of_lat=False)
        near |= strange
        rows, strange = rows[near], strange[near]  # few: only these are looked at further
        third, short = _bits(two[rows] >> HALF | three[rows] << HALF)
        lats = _signed(third >> LAT_SHIFT[kinds[rows]], LAT_BITS)
        found[rows] |= strange | short | self._within(lats, UNITS_A_DEGREE, of_lat=True)
        rows = np.flatnonzero(kinds == LONG_RANGE)
        if len(rows):
            found[rows] |= self._is_near_coarsely(one[rows], two[rows])
        return found, mmsis

    def _is_near_coarsely(self, one: Words, two: Words) -> Flags:
        """The same of messages 27."""
        middle, short = _bits(one >> HALF | two << HALF)
        second, strange = _bits(two)
        near = self._within(_signed(middle >> np.uint64(10), 18), COARSE_UNITS_A_DEGREE, of_lat=False)
        near &= self._within(_signed(second >> np.uint64(17), 17), COARSE_UNITS_A_DEGREE, of_lat=True)
        return near | short | strange

    def _current(self) -> _Now:
        """With what was learned since: the sets only grow."""
        size = len(self.watch.bound), len(self.watch.met)
        if size != self._now.size:
            self._now = self._follow(size)
        return self._now

    def _follow(self, size: tuple[int, int]) -> _Now:
        watch = self.watch
        radios, met = Numbers((*(watch.mmsi or ()), *watch.bound)), Numbers(tuple(watch.met))
        reach = np.zeros(256, np.uint8)
        for bits, kinds in (
            (NEAR_A, CLASS_A),
            (NEAR_B, CLASS_B),
            (NEAR_ANY, (STATIC_AND_VOYAGE, LONG_RANGE)),
            (OF_MET, (19, 24)),
        ):
            reach[[ARMOUR[kind] for kind in kinds]] |= bits
        return _Now(size, radios, met, reach)

    def _within(self, angles: Seconds, units: int, *, of_lat: bool) -> Flags:
        """Whether latitudes, or longitudes, may be those of the area: in one of the boxes round it, or a little off."""
        found = np.full(len(angles), self.watch.boxes is None)
        for south, north, west, east in self.watch.boxes or ():
            low, high = (south, north) if of_lat else (west, east)
            found |= (angles >= floor(low * units) - MARGIN) & (angles <= ceil(high * units) + MARGIN)
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


def _near_pairs(watch: Watch) -> Bytes:
    """By two characters, as a number: what a position may be near to whose longitude they are of.

    Of class A they are its upper eleven bits; of class B the three above them are not among them.
    """
    near = np.full(1 << 16, NEAR_A | NEAR_B | NEAR_ANY, np.uint8)  # whatever is no armour may be anything
    armour, sixes = np.frombuffer(ARMOUR, np.uint8).astype(np.intp), np.arange(64)
    pairs = armour[:, None] | armour << 8
    is_a = _may_be_within((sixes[:, None] & 31) << 6 | sixes, 11, watch)
    tops = np.arange(8)[:, None, None] << 12
    is_b = _may_be_within(tops | sixes[:, None] << 6 | sixes, 15, watch).any(axis=0)
    near[pairs] = NEAR_ANY | is_a * np.uint8(NEAR_A) | is_b * np.uint8(NEAR_B)
    return near


def _may_be_within(upper: npt.NDArray[np.intp], bits: int, watch: Watch) -> Flags:
    """Whether longitudes whose upper bits these are may lie in one of the boxes round the area, or a little off."""
    span = 1 << LON_BITS - bits
    west_most = ((upper ^ 1 << bits - 1) - (1 << bits - 1)) * span
    found = np.full(upper.shape, watch.boxes is None)
    for _, _, west, east in watch.boxes or ():
        is_east = west_most + span > floor(west * UNITS_A_DEGREE) - MARGIN
        found |= is_east & (west_most <= ceil(east * UNITS_A_DEGREE) + MARGIN)
    return found
