"""The sieve: the filter's fast form. Finds in a block the lines that must be heard; the rest is passed over unread.

    [\\tag block\\] !AIVDM,parts,part,sequence,channel,payload,fill*hh      a plain line; all others are heard

Type, MMSI, IMO number and position stand at fixed bits of a payload's first twenty characters (filter.py). Columns of
NumPy, one row a line. A line is passed over only if its shape is plain, its head shows nobody that is followed, no open
message may wait for it, and its stamp tells no new hour. Whatever is not that plain is heard, and the plain form
decides: so the sieve may send too much to be heard, and never too little.

    heard     lines to be read in full
    loose     fragments of nobody followed: kept for a while, should a first part of theirs turn up that is followed
    passed    all others
"""

from collections.abc import Iterable
from math import ceil, floor
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from sealane.filter import ARMOUR, Watch
from sealane.fragment import REACH_US
from sealane.stamp import SECOND_US

Bytes: TypeAlias = npt.NDArray[np.uint8]
Words: TypeAlias = npt.NDArray[np.uint64]
Rows: TypeAlias = npt.NDArray[np.intp]
Flags: TypeAlias = npt.NDArray[np.bool_]
Seconds: TypeAlias = npt.NDArray[np.int64]
Codes: TypeAlias = npt.NDArray[np.uint32]

LINE_END, RETURN, BANG, COMMA, STAR, BACKSLASH = b"\n\r!,*\\"
DIGIT_0 = ord("0")
FLAGGED = 64  # a comma where the payload should go on: too short to be looked at here
SIX_BITS = np.zeros(256, np.uint8)  # an illegal character reads as zero, as in the plain form
SIX_BITS[list(ARMOUR)] = np.arange(64, dtype=np.uint8)
SIX_BITS[COMMA] = FLAGGED

SHORTEST, LONGEST = 20, 160  # from ! to the line's end; plain lines are no longer
HEAD_AT_MOST = 15 + 20  # from ! to the end of a first part's head
SHAPE = np.frombuffer(b"!\x00\x00VDM,\x00", "<u8")[0]
SHAPE_MASK = np.frombuffer(b"\xff\x00\x00\xff\xff\xfd\xff\x00", "<u8")[0]  # VDM and VDO differ in one bit
FIELDS = np.frombuffer(b",\x00,\x00\x00\x00\x00\x00", "<u8")[0]  # `,part,`
FIELDS_MASK = np.frombuffer(b"\xff\x00\xff\x00\x00\x00\x00\x00", "<u8")[0]
FIXES, CLASS_B = (1, 2, 3, 9), (18, 19)
STATICS = (5, 19, 24)
LONG_RANGE, STATIC_AND_VOYAGE = 27, 5
MARGIN = 20  # of a border, in the unit of the position: rounding is left to the plain form
UNITS_A_DEGREE, COARSE_UNITS_A_DEGREE = 600_000, 600  # 1/10 000 minute; 1/10 minute

LEAST_BYTES = 256  # of a block
LOOK_AHEAD = 64  # bytes: a line that begins so near the block's end is heard, so that every look stays inside
PREFIX_BYTES = 24  # of a tag block beside its stamp: a longer one is heard
STAMP = np.uint64(int.from_bytes(b"c:", "little"))
TWO_BYTES, ONE_BYTE = np.uint64(0xFFFF), np.uint64(0xFF)
MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)  # of so many bytes
SHORTEST_BLOCK = 18
BLOCK_END = np.frombuffer(b"\x00\x00\x00\x00*\x00\x00\\", "<u8")[0]
BLOCK_END_MASK = np.frombuffer(b"\x00\x00\x00\x00\xff\x00\x00\xff", "<u8")[0]
EACH_SLASH = np.uint64(0x5C5C5C5C5C5C5C5C)
EACH_BYTE, EACH_TOP = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
K1, K2, K3 = (np.uint64(k) for k in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))
HOUR_S = 3600
NO_STAMP = -1
REACH_S = REACH_US // SECOND_US + 1
KNOWN_BITS = 13
MOST_KNOWN = 100_000
ROOMY = 32  # slots of a table for each number in it


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
            later &= may_be(self.codes, self.at_s, awaited)
        rows: list[int] = self.rows[later].tolist()
        return rows


class Sifted(NamedTuple):
    """What a block holds, by row of its lines."""

    starts: Rows
    ends: Rows  # where each line's end stands
    heard: Rows
    loose: Loose
    telling: list[tuple[int, int]]  # key and first row of stamps that may tell an hour that is not known yet
    keys: Words  # of all stamps: station and hour
    has_unstamped: bool  # some that were passed over have no tag block

    def like(self, key: int) -> list[int]:
        """The rows of all stamps with a key."""
        rows: list[int] = np.flatnonzero(self.keys == np.uint64(key)).tolist()
        return rows


class Teaching(NamedTuple):
    """The rows of a block's lines that may show somebody to follow."""

    starts: Rows
    ends: Rows
    rows: list[int]


class _Plain(NamedTuple):
    """The lines of a block, a column each; where one is not sound its other columns say nothing."""

    starts: Rows
    bangs: Rows
    shapes: Words  # from ! on
    fields: Words  # from the eighth byte on
    rest: Words  # from the channel on
    parts: Bytes
    part: Bytes
    payloads: Rows
    sound: Flags


def code_of(talker: bytes, sequence: bytes, channel: bytes) -> int | None:
    """What tells fragments apart that may belong together; None where the sieve leaves them to the plain form."""
    if len(sequence) > 1 or len(channel) > 1:
        return None
    return talker[0] << 24 | talker[1] << 16 | (sequence or b"\0")[0] << 8 | (channel or b"\0")[0]


class Sieve:
    """Sifts blocks by one watch. Remembers which stamps tell no new hour."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self._known = np.zeros(1 << KNOWN_BITS, np.uint64)
        self._all_known: set[int] = set()
        self._imos = _Table(watch.imo)
        self._radios, self._met = _Table(watch.mmsi or ()), _Table(())
        self._sizes = (-1, -1)

    def knows(self, key: int) -> None:
        """A stamp with this key tells nothing new from now on."""
        if len(self._all_known) >= MOST_KNOWN:
            self._all_known.clear()  # they are asked for again, one by one
        self._all_known.add(key)
        self._known[key >> 64 - KNOWN_BITS] = key

    def is_known(self, key: int) -> bool:
        return key in self._all_known

    def teaching(self, block: bytes) -> Teaching:
        """Which of some whole lines may show somebody to follow."""
        self._refresh()
        buffer, words, starts, ends = _lines(block)
        plain = _plain(buffer, words, starts, ends)
        may_teach = ~plain.sound | ((plain.part == 1) & self._followed(plain, words, is_scout=True))
        return Teaching(starts, ends, np.flatnonzero(may_teach).tolist())

    def sift(self, block: bytes) -> Sifted:
        """Sift whole lines, each with its end. Whether an open message waits for a loose fragment is asked later."""
        self._refresh()
        buffer, words, starts, ends = _lines(block)
        plain = _plain(buffer, words, starts, ends)
        stamps = _stamps(plain, words)
        is_first = plain.part == 1
        is_followed = self._followed(plain, words)
        is_heard = ~(plain.sound & stamps.sound) | (is_first & is_followed)
        loose = _fragments(plain, stamps, words, is_heard, is_first & is_followed)
        telling = np.flatnonzero((self._known[stamps.keys >> np.uint64(64 - KNOWN_BITS)] != stamps.keys) & ~is_heard)
        keys, firsts = np.unique(stamps.keys[telling], return_index=True)
        return Sifted(
            starts=starts,
            ends=ends,
            heard=np.flatnonzero(is_heard),
            loose=loose,
            telling=[
                (key, telling[first])
                for key, first in zip(keys.tolist(), firsts.tolist(), strict=True)
                if key not in self._all_known
            ],
            keys=stamps.keys,
            has_unstamped=bool(((stamps.keys == 0) & ~is_heard).any()),
        )

    def _refresh(self) -> None:
        """Take in what was learned since: the sets only grow."""
        watch = self.watch
        sizes = len(watch.bound), len(watch.met)
        if sizes != self._sizes:
            self._sizes = sizes
            self._radios, self._met = _Table((*(watch.mmsi or ()), *watch.bound)), _Table(watch.met)

    def _followed(self, plain: _Plain, words: Words, *, is_scout: bool = False) -> Flags:
        """Whether a line's head may show somebody followed, or cannot be told from here."""
        first, followed = _bits(words[plain.payloads])
        kinds = (first >> np.uint64(42)).astype(np.uint8)
        mmsis = (first >> np.uint64(10)) & np.uint64((1 << 30) - 1)
        if not is_scout:  # who is followed already teaches nothing
            followed |= self._radios.holds(mmsis)
        if self.watch.imo:
            rows = np.flatnonzero(kinds == STATIC_AND_VOYAGE)
            middle, flagged = _bits(words[plain.payloads[rows] + 4])
            followed[rows] |= flagged | self._imos.holds((middle >> np.uint64(2)) & np.uint64((1 << 30) - 1))
        if self.watch.met and not is_scout:
            rows = np.flatnonzero(_one_of(STATICS)[kinds])
            followed[rows] |= self._met.holds(mmsis[rows])
        for group, lon_shift, lat_shift in ((FIXES, 7, 4), (CLASS_B, 11, 8)):
            rows = np.flatnonzero(_one_of(group)[kinds])
            second, flagged = _bits(words[plain.payloads[rows] + 8])
            near = flagged | self._within(_signed(second >> np.uint64(lon_shift), 28), UNITS_A_DEGREE, of_lat=False)
            rows = rows[near]  # most are not: only these are looked at further
            third, flagged = _bits(words[plain.payloads[rows] + 12])
            lats = _signed(third >> np.uint64(lat_shift), 27)
            followed[rows] |= flagged | self._within(lats, UNITS_A_DEGREE, of_lat=True)
        rows = np.flatnonzero(kinds == LONG_RANGE)
        if len(rows):
            middle, flagged = _bits(words[plain.payloads[rows] + 4])
            second, more = _bits(words[plain.payloads[rows] + 8])
            near = self._within(_signed(middle >> np.uint64(10), 18), COARSE_UNITS_A_DEGREE, of_lat=False)
            near &= self._within(_signed(second >> np.uint64(17), 17), COARSE_UNITS_A_DEGREE, of_lat=True)
            followed[rows] |= near | flagged | more
        return followed

    def _within(self, angles: Seconds, units: int, *, of_lat: bool) -> Flags:
        """Whether latitudes, or longitudes, may be those of the area: in one of the boxes round it, or a little off."""
        found = np.full(len(angles), self.watch.boxes is None)
        for south, north, west, east in self.watch.boxes or ():
            low, high = (south, north) if of_lat else (west, east)
            found |= (angles >= floor(low * units) - MARGIN) & (angles <= ceil(high * units) + MARGIN)
        return found


class _Table:
    """A set of numbers as a table of their hashes, and exactly where the table says maybe."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._exact = frozenset(numbers)
        self._shift = 64 - max(10, (ROOMY * len(self._exact)).bit_length())
        self._maybe = np.zeros(1 << (64 - self._shift), np.bool_)
        listed = np.fromiter(self._exact, np.uint64, len(self._exact))
        self._maybe[self._slots(listed)] = True

    def holds(self, numbers: Words) -> Flags:
        found = self._maybe[self._slots(numbers)]
        rows = np.flatnonzero(found)
        found[rows] = [number in self._exact for number in numbers[rows].tolist()]
        return found

    def _slots(self, numbers: Words) -> Words:
        return (numbers * K1) >> np.uint64(self._shift)


def _lines(block: bytes) -> tuple[Bytes, Words, Rows, Rows]:
    """A block as bytes, and as the eight bytes from each of them on; and where its lines begin and end."""
    buffer = np.frombuffer(block, np.uint8)
    words: Words = np.ndarray((len(block) - 7,), "<u8", buffer=block, strides=(1,))
    ends = np.flatnonzero(buffer == LINE_END)
    starts = np.empty_like(ends)
    starts[0], starts[1:] = 0, ends[:-1] + 1
    return buffer, words, starts, ends


def _plain(buffer: Bytes, words: Words, starts: Rows, ends: Rows) -> _Plain:
    """The columns up to where payloads begin, and which lines have the one shape that is looked at here."""
    bangs, sound = _only_bangs(buffer, starts, ends)
    inside = len(words) - LOOK_AHEAD
    sound[int(np.searchsorted(bangs, inside)) :] = False
    bangs, begins = np.minimum(bangs, inside), np.minimum(starts, inside)
    last = ends - (buffer[ends - 1] == RETURN)
    length = last - bangs
    shapes, fields = words[bangs], words[bangs + 8]
    parts = (shapes >> np.uint64(56)).astype(np.uint8) - np.uint8(DIGIT_0)
    part = ((fields >> np.uint64(8)) & ONE_BYTE).astype(np.uint8) - np.uint8(DIGIT_0)
    sound &= (length <= LONGEST) & (length >= np.where(part == 1, HEAD_AT_MOST, SHORTEST))
    sound &= buffer[last - 3] == STAR
    sound &= ((shapes & SHAPE_MASK) == SHAPE) & ((fields & FIELDS_MASK) == FIELDS)
    sound &= (parts - np.uint8(1) < 9) & (part - np.uint8(1) < parts)
    has_sequence = (fields >> np.uint64(24)) & ONE_BYTE != COMMA
    sound &= ~has_sequence | ((fields >> np.uint64(32)) & ONE_BYTE == COMMA)
    rest = fields >> (np.uint64(32) + (has_sequence.astype(np.uint64) << np.uint64(3)))
    has_channel = rest & ONE_BYTE != COMMA
    sound &= ~has_channel | ((rest >> np.uint64(8)) & ONE_BYTE == COMMA)
    payloads = bangs + 13 + has_sequence + has_channel
    payloads[~sound] = 0
    return _Plain(begins, bangs, shapes, fields, rest, parts, part, payloads, sound)


def _only_bangs(buffer: Bytes, starts: Rows, ends: Rows) -> tuple[Rows, Flags]:
    """Where the ! of each line stands, and whether it is the only one."""
    bangs = np.flatnonzero(buffer == BANG)
    if len(bangs) == len(ends) and bool(((bangs >= starts) & (bangs < ends)).all()):
        return bangs, np.ones(len(ends), np.bool_)
    lines = np.searchsorted(ends, bangs)
    only = starts.copy()
    inside = lines < len(ends)
    only[lines[inside]] = bangs[inside]
    return only, np.bincount(lines, minlength=len(ends))[: len(ends)] == 1


class _Stamps(NamedTuple):
    at_s: Seconds
    keys: Words  # of station and hour; 0: no tag block
    sound: Flags


def _stamps(plain: _Plain, words: Words) -> _Stamps:
    """The stamps of tag blocks that begin or end with one in whole seconds, each with a key of station and hour."""
    sizes = plain.bangs - plain.starts
    opening, closing = words[plain.starts], words[np.maximum(plain.bangs - 8, 0)]
    latter = words[np.maximum(plain.bangs - 16, 0)]
    is_block = (sizes >= SHORTEST_BLOCK) & ((opening & ONE_BYTE) == BACKSLASH)
    is_block &= (closing & BLOCK_END_MASK) == BLOCK_END
    comes_last = is_block & ((latter & TWO_BYTES) == STAMP)
    digits = (latter >> np.uint64(16)) | (closing << np.uint64(48))
    seconds = _seconds(digits, closing >> np.uint64(16))
    stamps = _keyed(seconds, plain.starts, sizes - 16, opening, words, comes_last)
    other = np.flatnonzero(is_block & ~comes_last)
    if len(other):
        starts = plain.starts[other]
        comes_first = (opening[other] >> np.uint64(8)) & TWO_BYTES == STAMP
        comes_first &= (words[starts + 13] & ONE_BYTE == COMMA) | (words[starts + 13] & ONE_BYTE == STAR)
        seconds = _seconds(words[starts + 3], words[starts + 11])
        begins = starts + 13
        first = _keyed(seconds, begins, sizes[other] - 17, words[begins], words, comes_first)
        for column, part in zip(stamps, first, strict=True):
            column[other] = part
    stamps.sound[sizes == 0] = True
    return stamps


def _keyed(seconds: Words, begins: Rows, sizes: Rows, first: Words, words: Words, valid: Flags) -> _Stamps:
    """Stamps with a key of their hour and of the bytes beside them, which say who heard."""
    mixed = seconds // np.uint64(HOUR_S)
    sound = valid & (sizes <= PREFIX_BYTES)
    for offset, factor in ((0, K1), (8, K2), (16, K3)):
        if offset and int(sizes.max(initial=0)) <= offset:
            break
        held = (words[begins + offset] if offset else first) & MASKS[np.clip(sizes - offset, 0, 8)]
        mixed = (mixed + held) * factor
        mixed ^= mixed >> np.uint64(32)
        slashes = held ^ EACH_SLASH
        if not offset:
            slashes |= ONE_BYTE  # the first may open the block
        sound &= ((slashes - EACH_BYTE) & ~slashes & EACH_TOP) == 0
    at_s = np.where(sound, seconds.astype(np.int64), NO_STAMP)
    return _Stamps(at_s, np.where(sound, (mixed * K2) | np.uint64(1), np.uint64(0)), sound)


def _seconds(digits: Words, last_two: Words) -> Words:
    """Ten digits as a number."""
    tens = (last_two & np.uint64(15)) * np.uint64(10) + ((last_two >> np.uint64(8)) & np.uint64(15))
    return _number(digits) * np.uint64(100) + tens


def _number(digits: Words) -> Words:
    """Eight decimal digits as a number, all at once in the lanes of a word."""
    lanes = (digits & np.uint64(0x0F0F0F0F0F0F0F0F)) * np.uint64(2561) >> np.uint64(8)
    lanes = (lanes & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(6553601) >> np.uint64(16)
    return (lanes & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42949672960001) >> np.uint64(32)


def _bits(characters: Words) -> tuple[Words, Flags]:
    """Eight characters of armour as 48 bits; flagged where one of them is a comma."""
    lanes = SIX_BITS.take(characters.view(np.uint8)).view(np.uint64).byteswap()
    flagged = (lanes & np.uint64(0x4040404040404040)) != 0
    pairs = (lanes & np.uint64(0x3F003F003F003F00)) >> np.uint64(2) | lanes & np.uint64(0x003F003F003F003F)
    fours = (pairs & np.uint64(0x0FFF00000FFF0000)) >> np.uint64(4) | pairs & np.uint64(0x00000FFF00000FFF)
    return (fours >> np.uint64(32)) << np.uint64(24) | fours & np.uint64(0xFFFFFF), flagged


def _signed(raw: Words, bits: int) -> Seconds:
    """The lowest bits as a signed number."""
    value = (raw & np.uint64((1 << bits) - 1)).astype(np.int64)
    sign = 1 << (bits - 1)
    return (value ^ sign) - sign


def _one_of(group: Iterable[int]) -> Flags:
    """A table of message types, to be asked by type."""
    table = np.zeros(64, np.bool_)
    table[list(group)] = True
    return table


def _fragments(plain: _Plain, stamps: _Stamps, words: Words, is_heard: Flags, is_followed: Flags) -> Loose:
    """Have those heard that a followed message of the block may wait for; the others are loose."""
    in_parts = plain.parts > 1
    rows = np.flatnonzero(in_parts & ~is_heard)
    codes = _codes(plain, rows)
    firsts = np.flatnonzero(in_parts & is_followed)
    begun = zip(_codes(plain, firsts).tolist(), stamps.at_s[firsts].tolist(), strict=True)
    live = may_be(codes, stamps.at_s[rows], (Awaited(code, at_s) for code, at_s in begun))
    live |= _has_group(plain, words, rows)
    is_heard[rows[live]] = True
    return Loose(rows[~live], codes[~live], stamps.at_s[rows[~live]])


def _codes(plain: _Plain, rows: Rows) -> Codes:
    """Talker, sequence and channel of fragments in one number (`code_of`)."""
    shapes, fields, channel = plain.shapes[rows], plain.fields[rows], plain.rest[rows] & ONE_BYTE
    sequence = (fields >> np.uint64(24)) & ONE_BYTE
    sequence[sequence == COMMA] = 0
    channel[channel == COMMA] = 0
    talker = ((shapes >> np.uint64(8)) & ONE_BYTE) << np.uint64(24) | (
        (shapes >> np.uint64(16)) & ONE_BYTE
    ) << np.uint64(16)
    codes: Codes = (talker | sequence << np.uint64(8) | channel).astype(np.uint32)
    return codes


def may_be(codes: Codes, at_s: Seconds, awaited: Iterable[Awaited]) -> Flags:
    """Whether fragments may belong to one of some open messages, by code and time."""
    found = np.zeros(len(codes), np.bool_)
    for wait in awaited:
        near = codes == wait.code
        if wait.at_s != NO_STAMP:
            near &= (at_s == NO_STAMP) | (np.abs(at_s - wait.at_s) <= 2 * REACH_S)
        found |= near
    return found


def _has_group(plain: _Plain, words: Words, rows: Rows) -> Flags:
    """Whether a tag block may group sentences: those are left to the plain form."""
    sizes, starts = plain.bangs[rows] - plain.starts[rows], plain.starts[rows]
    found = np.zeros(len(rows), np.bool_)
    for offset in range(0, int(sizes.max(initial=0)), 8):
        held = words[starts + offset] & MASKS[np.clip(sizes - offset, 0, 8)]
        byte = held.view(np.uint8).reshape(-1, 8)
        found |= ((byte | 0x20) == ord("g")).any(axis=1)
    return found
