"""The sieve: the filter's fast form. Finds in a block the lines that must be heard; the rest is passed over unread.

Type, MMSI, IMO number and position stand at fixed bits of a payload's first twenty characters (filter.py). A line is
passed over only if its shape is plain (columns.py), its head shows nobody that is followed, no open message may wait
for it, and its stamp tells no new hour (tagged.py). Whatever is not that plain is heard, and the plain form decides: so
the sieve may send too much to be heard, and never too little.

    heard     lines to be read in full
    loose     fragments of nobody followed: kept for a while, should a first part of theirs turn up that is followed
    passed    all others
"""

from collections.abc import Iterable, Iterator, Sequence
from math import ceil, floor
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from sealane.columns import COMMA, ONE_BYTE, Flags, Plain, Rows, Words, plain
from sealane.filter import ARMOUR, Watch
from sealane.fragment import REACH_US
from sealane.numbers import K, Numbers
from sealane.sentence import Sentence
from sealane.stamp import SECOND_US
from sealane.tagged import NO_STAMP, Codes, Groups, Seconds, Stamps, group_code, stamps_of

Hashes: TypeAlias = npt.NDArray[np.uint16]

LEAST_BYTES = 256  # of a block
FLAGGED = 64  # a comma where the payload should go on: too short to be looked at here
SIX_BITS = np.zeros(256, np.uint8)  # an illegal character reads as zero, as in the plain form
SIX_BITS[list(ARMOUR)] = np.arange(64, dtype=np.uint8)
SIX_BITS[COMMA] = FLAGGED
HALF = np.uint64(32)  # a word: four characters
TYPE_SHIFT, MMSI_SHIFT, IMO_SHIFT, THIRTY_BITS = np.uint64(42), np.uint64(10), np.uint64(2), np.uint64((1 << 30) - 1)

STATICS = (5, 19, 24)
LONG_RANGE, STATIC_AND_VOYAGE = 27, 5
TYPES = 64
SHIFTS = {1: (7, 4), 2: (7, 4), 3: (7, 4), 9: (7, 4), 18: (11, 8), 19: (11, 8)}  # of longitude and latitude, by type
LON_SHIFT, LAT_SHIFT = (
    np.array([SHIFTS.get(kind, (0, 0))[angle] for kind in range(TYPES)], np.uint64) for angle in range(2)
)
IS_STATIC, HAS_POSITION = (np.isin(np.arange(TYPES), kinds) for kinds in (STATICS, tuple(SHIFTS)))
MARGIN = 20  # of a border, in the unit of the position: rounding is left to the plain form
UNITS_A_DEGREE, COARSE_UNITS_A_DEGREE = 600_000, 600  # 1/10 000 minute; 1/10 minute

REACH_S = REACH_US // SECOND_US + 1
KNOWN_BITS = 13
MOST_KNOWN = 100_000
RADIO_BITS = 16  # of a hash by which lines of a radio are found again


class Awaited(NamedTuple):
    """What an open message waits for."""

    code: int  # of its fragments
    at_s: int  # Unix time of one of them; NO_STAMP: none has any


class Loose(NamedTuple):
    """Fragments passed over."""

    rows: Rows  # of the block's lines
    codes: Codes
    at_s: Seconds

    def near(self, code: int, at_s: int) -> list[int]:
        """The rows of those with a code that are near a time, or unstamped."""
        near = self.codes == code
        if at_s != NO_STAMP:
            near &= (self.at_s == NO_STAMP) | (np.abs(self.at_s - at_s) <= REACH_S)
        rows: list[int] = self.rows[near].tolist()
        return rows

    def awaited_after(self, row: int, awaited: Iterable[Awaited] | None) -> list[int]:
        """The rows of those after a row that may belong to one of some messages; all, if nobody says to which."""
        later = self.rows > row
        if awaited is not None:
            later &= self._may_be(awaited)
        rows: list[int] = self.rows[later].tolist()
        return rows

    def _may_be(self, awaited: Iterable[Awaited]) -> Flags:
        """Which may belong to one of some open messages, by code and time."""
        found = np.zeros(len(self.codes), np.bool_)
        for wait in awaited:
            near = self.codes == wait.code
            if wait.at_s != NO_STAMP:
                near &= (self.at_s == NO_STAMP) | (np.abs(self.at_s - wait.at_s) <= 2 * REACH_S)
            found |= near
        return found


class Sifted(NamedTuple):
    """What a block holds, by row of its lines."""

    starts: Rows
    ends: Rows  # where each line's end stands
    heard: Rows
    loose: Loose
    radios: Hashes  # a hash of each line's MMSI; of one that is heard or a later part it says nothing
    telling: Sequence[tuple[int, int]]  # key and first row of stamps that may tell an hour that is not known yet
    keys: Words  # of all stamps: station and hour
    has_unstamped: bool  # some that were passed over have no tag block

    def like(self, key: int, first: int) -> Iterator[int]:
        """The rows of all stamps with a key, the first as often as not the only one asked for."""
        yield first
        yield from np.flatnonzero(self.keys == np.uint64(key)).tolist()


class _Followed(NamedTuple):
    """Who is followed at a time. Made anew when somebody was learned of, and put in place at once: threads look."""

    size: tuple[int, int]
    radios: Numbers
    met: Numbers


def code_of(sentence: Sentence) -> int | None:
    """What tells fragments apart that may belong together; None where the sieve leaves them to the plain form."""
    if sentence.group is not None:
        return group_code(sentence.group.id)
    talker, sequence, channel = sentence.talker, sentence.sequence, sentence.channel
    if len(sequence) > 1 or len(channel) > 1:
        return None
    return talker[0] << 24 | talker[1] << 16 | (sequence or b"\0")[0] << 8 | (channel or b"\0")[0]


def radio_hashes(mmsis: Words) -> Hashes:
    """By what lines of radios are found again: not exactly."""
    hashes: Hashes = (mmsis * K >> np.uint64(64 - RADIO_BITS)).astype(np.uint16)
    return hashes


class Sieve:
    """Sifts blocks by one watch, in any thread. Remembers which stamps tell no new hour."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self._known = np.zeros(1 << KNOWN_BITS, np.uint64)
        self._all_known: set[int] = set()
        self._imos = Numbers(watch.imo)
        self._now = _Followed((0, 0), Numbers(watch.mmsi or ()), Numbers(()))

    def knows(self, key: int) -> None:
        """A stamp with this key tells nothing new from now on."""
        if len(self._all_known) >= MOST_KNOWN:
            self._all_known.clear()  # they are asked for again, one by one
        self._all_known.add(key)
        self._known[key >> 64 - KNOWN_BITS] = key

    def is_known(self, key: int) -> bool:
        return key in self._all_known

    def sift(self, block: bytes) -> Sifted:
        """Sift whole lines, each with its end. Whether an open message waits for a loose fragment is asked later."""
        columns = plain(block)
        stamps, groups = stamps_of(block, columns)
        is_followed, mmsis = self._followed(columns)
        is_heard = ~(columns.sound & stamps.sound) | ((columns.part == 1) & is_followed)
        told = (self._known[stamps.keys >> np.uint64(64 - KNOWN_BITS)] == stamps.keys) | is_heard
        telling = _one_of_each(stamps.keys, np.flatnonzero(~told))
        return Sifted(
            starts=columns.cut.starts,
            ends=columns.cut.ends,
            heard=np.flatnonzero(is_heard),
            loose=_loose(columns, stamps, groups, is_heard),
            radios=radio_hashes(mmsis),
            telling=[
                (key, row)
                for key, row in zip(stamps.keys[telling].tolist(), telling.tolist(), strict=True)
                if key not in self._all_known
            ],
            keys=stamps.keys,
            has_unstamped=bool(((stamps.keys == 0) & ~is_heard).any()),
        )

    def _current(self) -> _Followed:
        """With what was learned since: the sets only grow."""
        watch, now = self.watch, self._now
        size = len(watch.bound), len(watch.met)
        if size != now.size:
            now = _Followed(size, Numbers((*(watch.mmsi or ()), *watch.bound)), Numbers(tuple(watch.met)))
            self._now = now
        return now

    def _followed(self, lines: Plain) -> tuple[Flags, Words]:
        """Whether a line's head may show somebody followed, or cannot be told from here; and its MMSI."""
        now = self._current()
        one, two, three = lines.heads
        first, followed = _bits(one)
        kinds = (first >> TYPE_SHIFT).astype(np.uint8)
        mmsis = first >> MMSI_SHIFT & THIRTY_BITS
        followed |= now.radios.holds(mmsis)
        if self.watch.imo:
            rows = np.flatnonzero(kinds == STATIC_AND_VOYAGE)
            middle, flagged = _bits(one[rows] >> HALF | two[rows] << HALF)
            followed[rows] |= flagged | self._imos.holds(middle >> IMO_SHIFT & THIRTY_BITS)
        if now.size[1]:
            rows = np.flatnonzero(IS_STATIC[kinds])
            followed[rows] |= now.met.holds(mmsis[rows])
        second, flagged = _bits(two)
        near = self._within(_signed(second >> LON_SHIFT[kinds], 28), UNITS_A_DEGREE, of_lat=False)
        rows = np.flatnonzero((near | flagged) & HAS_POSITION[kinds])  # few: only these are looked at further
        third, short = _bits(two[rows] >> HALF | three[rows] << HALF)
        lats = _signed(third >> LAT_SHIFT[kinds[rows]], 27)
        followed[rows] |= flagged[rows] | short | self._within(lats, UNITS_A_DEGREE, of_lat=True)
        rows = np.flatnonzero(kinds == LONG_RANGE)
        if len(rows):
            middle, short = _bits(one[rows] >> HALF | two[rows] << HALF)
            near = self._within(_signed(middle >> np.uint64(10), 18), COARSE_UNITS_A_DEGREE, of_lat=False)
            near &= self._within(_signed(second[rows] >> np.uint64(17), 17), COARSE_UNITS_A_DEGREE, of_lat=True)
            followed[rows] |= near | short | flagged[rows]
        return followed, mmsis

    def _within(self, angles: Seconds, units: int, *, of_lat: bool) -> Flags:
        """Whether latitudes, or longitudes, may be those of the area: in one of the boxes round it, or a little off."""
        found = np.full(len(angles), self.watch.boxes is None)
        for south, north, west, east in self.watch.boxes or ():
            low, high = (south, north) if of_lat else (west, east)
            found |= (angles >= floor(low * units) - MARGIN) & (angles <= ceil(high * units) + MARGIN)
        return found


def _one_of_each(keys: Words, rows: Rows) -> Rows:
    """Of some rows one for each key they have."""
    table = np.empty(1 << KNOWN_BITS, np.intp)
    found = [rows[:0]]
    while len(rows):
        slots = keys[rows] >> np.uint64(64 - KNOWN_BITS)
        table[slots] = rows
        there = table[slots]
        found.append(rows[there == rows])
        rows = rows[keys[there] != keys[rows]]  # of another key in the same slot
    return np.concatenate(found)


def _bits(characters: Words) -> tuple[Words, Flags]:
    """Eight characters of armour as 48 bits; flagged where one of them is a comma."""
    lanes = SIX_BITS.take(characters.view(np.uint8)).view(np.uint64).byteswap()
    flagged = (lanes & np.uint64(0x4040404040404040)) != 0
    pairs = (lanes & np.uint64(0x3F003F003F003F00)) >> np.uint64(2) | lanes & np.uint64(0x003F003F003F003F)
    fours = (pairs & np.uint64(0x0FFF00000FFF0000)) >> np.uint64(4) | pairs & np.uint64(0x00000FFF00000FFF)
    return (fours >> np.uint64(32)) << np.uint64(24) | fours & np.uint64(0xFFFFFF), flagged


def _signed(raw: Words, bits: int) -> Seconds:
    """The lowest bits as a signed number."""
    left = np.uint64(64 - bits)
    signed: Seconds = (raw << left).view(np.int64) >> np.int64(64 - bits)
    return signed


def _loose(lines: Plain, stamps: Stamps, groups: Groups, is_heard: Flags) -> Loose:
    """The fragments that are not heard, with the talker, sequence and channel, or the group, of each (`code_of`)."""
    rows = np.flatnonzero((lines.parts > 1) & ~is_heard)
    shapes, fields, channel = lines.shapes[rows], lines.fields[rows], lines.rest[rows] & ONE_BYTE
    sequence = fields >> np.uint64(24) & ONE_BYTE
    sequence[sequence == COMMA] = 0
    channel[channel == COMMA] = 0
    talker = (shapes >> np.uint64(8) & ONE_BYTE) << np.uint64(24) | (shapes >> np.uint64(16) & ONE_BYTE) << np.uint64(
        16
    )
    codes: Codes = (talker | sequence << np.uint64(8) | channel).astype(np.uint32)
    if len(groups.rows):
        at = rows.searchsorted(groups.rows)
        at[at == len(rows)] = 0
        is_loose = rows[at] == groups.rows if len(rows) else np.zeros(len(at), np.bool_)
        codes[at[is_loose]] = groups.codes[is_loose]
    return Loose(rows, codes, stamps.at_s[rows])
