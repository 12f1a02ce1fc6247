"""Tagged: the tag blocks of a block's lines as columns: when each was heard, by whom, and in which group.

    \\s:NORTH,c:1704067200*hh\\              the stamp last, of ten digits or (in ms) of thirteen
    \\c:1704067200,s:NORTH*hh\\              or first
    \\s:NORTH,c:1704067200,g:1-2-76*hh\\     the group of a fragment at either end

Who heard is not read, only told apart: a key is made of the hour and of all that stands beside the stamp, and each key
is read once, by the plain form. What is not of these forms is not sound.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from sealane.sieve.columns import (
    BACKSLASH,
    COMMA,
    ONE_BYTE,
    STAR,
    WORD_BYTES,
    Bytes,
    Cut,
    Flags,
    Plain,
    Rows,
    Words,
    bytes_at,
    bytes_of,
    holds_byte,
    taken,
)

Seconds: TypeAlias = npt.NDArray[np.int64]
Codes: TypeAlias = npt.NDArray[np.uint32]

NO_STAMP = -1
HOUR_S = 3600
SHORTEST_TEXT = 12  # `c:` and ten digits
PREFIX_BYTES = 24  # beside the stamp: a longer one is not sound
LOOK_BACK = PREFIX_BYTES + SHORTEST_TEXT  # from where a stamp ends
CLOSING_BYTES = 4  # `*hh\`
MS_DIGITS = 3  # more than of seconds
GROUP_BYTES = 56  # of a tag block in which a group is looked for
GROUP_BEFORE_ID = 6  # `g:1-2-`
GROUP, GROUP_MASK, SEVENS = (  # a number less 1 has no high bit, and gets none when seven is added
    np.frombuffer(each, "<u8")[0] for each in (b"\0g:1-1-\0", b"\0\xff\xff\xf0\xff\xf0\xff\0", b"\0\0\0\7\0\7\0\0")
)
COLUMN = np.arange(GROUP_BYTES)
ID_BYTES = 8  # a longer one is not sound
FEW = 8  # tag blocks of another form: sooner heard than looked at
TAKEN_FIRST = 16  # bytes of a stamp that comes first
GROUPED = 1 << 31  # of a code: no talker begins with such a byte

STAMP = np.uint64(int.from_bytes(b"c:", "little"))
TWO_BYTES = np.uint64(0xFFFF)
CLOSING = np.frombuffer(b"\x00\x00\x00\x00*\x00\x00\\", "<u8")[0]
CLOSING_MASK = np.frombuffer(b"\x00\x00\x00\x00\xff\x00\x00\xff", "<u8")[0]
LOW = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)  # the first so many bytes
HIGH = np.array([(1 << 64) - (1 << 8 * (8 - size)) for size in range(9)], np.uint64)  # the last
EACH_SLASH = np.uint64(0x5C5C5C5C5C5C5C5C)
EACH_C, EACH_COLON = np.uint64(0x6363636363636363), np.uint64(0x3A3A3A3A3A3A3A3A)
DIGITS, SIXES, HIGH_HALVES = (np.uint64(each * 0x0101010101010101) for each in (0x30, 6, 0xF0))
K = 0x9E3779B97F4A7C15
K1, K2, K3, K4 = (np.uint64(k) for k in (K, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93))


class Stamps(NamedTuple):
    at_s: Seconds  # Unix time; NO_STAMP: none
    keys: Words  # of station and hour; 0: no tag block
    sound: Flags


class Groups(NamedTuple):
    """The groups of fragments."""

    rows: Rows
    codes: Codes


def group_code(group: bytes) -> int | None:
    """What tells fragments of a group apart from others; None where it is left to the plain form."""
    if not 0 < len(group) <= ID_BYTES:
        return None
    word = int.from_bytes(group.rjust(ID_BYTES, b"\0"), "little")
    return GROUPED | (word * K & (1 << 64) - 1) >> 33


def stamps_of(block: bytes, plain: Plain, known: Stamps) -> tuple[Stamps, Groups]:
    """The stamps of lines, of which some are known, those that are sound; and the groups of fragments that have one."""
    others = np.flatnonzero(~known.sound)
    found, groups = _read(block, plain.cut.of(others), plain.parts[others], plain.sound[others])
    for column, values in zip(known, found, strict=True):
        column[others] = values
    return known, Groups(others[groups.rows], groups.codes)


def _read(block: bytes, lines: Cut, parts: Bytes, sound: Flags) -> tuple[Stamps, Groups]:
    """The stamps of sound lines, and the groups of those of several parts that have one."""
    starts, bangs = lines.starts, lines.bangs
    sizes = bangs - starts
    begins, ends = starts + 1, bangs - CLOSING_BYTES
    leads = np.frombuffer(block, np.uint8)[starts]
    is_block = sound & (sizes > SHORTEST_TEXT + CLOSING_BYTES) & (leads == BACKSLASH)
    groups, is_unclear = _groups(block, lines, is_block & (parts > 1), begins, ends)
    words = taken(block, LOOK_BACK + CLOSING_BYTES, np.maximum(ends - LOOK_BACK, 0))
    is_closed = words[4] & CLOSING_MASK == CLOSING
    is_closed[groups.rows] = True  # _groups looked
    is_block &= is_closed & ~is_unclear
    stamps = _stamped_last(words, ends - begins - SHORTEST_TEXT, is_block & (ends >= LOOK_BACK))
    for form in (_ms_last, _first):
        others = np.flatnonzero(is_block & ~stamps.sound)
        if len(others) > FEW:
            for column, values in zip(stamps, form(block, begins[others], ends[others]), strict=True):
                column[others] = values
    stamps.sound[sizes == 0] = True
    return stamps, groups


def _stamped_last(words: Words, sizes: Rows, is_block: Flags) -> Stamps:
    """The stamps that end where the words but for their last four bytes do; so many bytes stand before them."""
    sound = is_block & (sizes >= 0) & (sizes <= PREFIX_BYTES) & (words[3] & TWO_BYTES == STAMP)
    sound &= (sizes == 0) | (words[2] >> np.uint64(56) == COMMA)
    digits = words[3] >> np.uint64(16) | words[4] << np.uint64(48)
    seconds, are = seconds_of(digits, words[4] >> np.uint64(16))
    beside = tuple(
        words[2 - place] & HIGH.take(sizes - place * WORD_BYTES, mode="clip") for place in range(_most(sizes, sound))
    )
    return _keyed(seconds, beside, sound & are)


def _ms_last(block: bytes, begins: Rows, ends: Rows) -> Stamps:
    """The same where three digits more make milliseconds."""
    ends = ends - MS_DIGITS
    words = taken(block, LOOK_BACK + CLOSING_BYTES, np.maximum(ends - LOOK_BACK, 0))
    in_ms = are_digits(words[4] >> np.uint64(32), MS_DIGITS)
    return _stamped_last(words, ends - begins - SHORTEST_TEXT, in_ms & (ends >= LOOK_BACK))


def _first(block: bytes, begins: Rows, ends: Rows) -> Stamps:
    """Stamps at the beginning, of seconds or of milliseconds, and what comes after the comma behind them."""
    at = np.minimum(begins, len(block) - TAKEN_FIRST)
    words = taken(block, TAKEN_FIRST, at)
    in_ms = are_digits(words[1] >> np.uint64(32), MS_DIGITS)
    comma = np.where(in_ms, words[1] >> np.uint64(56), words[1] >> np.uint64(32)) & np.uint64(0xFF)
    ends_there = begins + SHORTEST_TEXT + np.where(in_ms, MS_DIGITS, 0)
    sound = (at == begins) & (words[0] & TWO_BYTES == STAMP) & ((comma == COMMA) & (ends_there < ends))
    digits = words[0] >> np.uint64(16) | words[1] << np.uint64(48)
    seconds, are = seconds_of(digits, words[1] >> np.uint64(16))
    sizes = ends - ends_there - 1
    sound &= are & (sizes <= PREFIX_BYTES)
    rest = taken(block, PREFIX_BYTES, np.minimum(ends_there + 1, len(block) - PREFIX_BYTES))
    beside = tuple(
        rest[place] & LOW.take(sizes - place * WORD_BYTES, mode="clip") for place in range(_most(sizes, sound))
    )
    return _keyed(seconds, beside, sound & ~_holds_stamp(beside))


def _holds_stamp(beside: tuple[Words, ...]) -> Flags | np.bool_:
    """Where `c:` stands in some bytes, words of them: of two stamps the last is gone by, and that is not looked for."""
    found: Flags | np.bool_ = np.False_
    before: Words | np.uint64 = np.uint64(0)  # whether the word before ends in c
    for word in beside:
        letters = bytes_of(word, EACH_C)
        found = found | ((letters << np.uint64(8) | before) & bytes_of(word, EACH_COLON) != 0)
        before = letters >> np.uint64(56)
    return found


def _most(sizes: Rows, sound: Flags) -> int:
    """In how many words lie so many bytes of those that are sound."""
    longest = int(np.where(sound, sizes, 0).max(initial=0))
    return -(-longest // WORD_BYTES)


def _keyed(seconds: Words, beside: tuple[Words, ...], sound: Flags) -> Stamps:
    """Stamps with a key of their hour and of the bytes beside them, which say who heard."""
    mixed = seconds // np.uint64(HOUR_S)
    for held, factor in zip(beside, (K1, K2, K3), strict=False):
        mixed = (mixed + held) * factor
        mixed ^= mixed >> np.uint64(32)
        sound = sound & ~holds_byte(held, EACH_SLASH)  # one block alone
    at_s = np.where(sound, seconds.view(np.int64), NO_STAMP)
    return Stamps(at_s, np.where(sound, (mixed * K2) | np.uint64(1), np.uint64(0)), sound)


def seconds_of(digits: Words, last_two: Words) -> tuple[Words, Flags]:
    """Ten digits as a number, and whether they are digits."""
    are = are_digits(digits, 8) & are_digits(last_two, 2)
    tens = (last_two & np.uint64(15)) * np.uint64(10) + (last_two >> np.uint64(8) & np.uint64(15))
    return decimal(digits) * np.uint64(100) + tens, are


def are_digits(words: Words, count: int) -> Flags:
    """Whether the first bytes of words are decimal digits: less their zeros, none above nine even when six is added."""
    less = (words ^ DIGITS) & LOW[count]
    found: Flags = (less | less + SIXES) & HIGH_HALVES & LOW[count] == 0
    return found


def decimal(digits: Words) -> Words:
    """Eight decimal digits as a number, all at once in the lanes of a word."""
    lanes = (digits & np.uint64(0x0F0F0F0F0F0F0F0F)) * np.uint64(2561) >> np.uint64(8)
    lanes = (lanes & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(6553601) >> np.uint64(16)
    return (lanes & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42949672960001) >> np.uint64(32)


def _groups(block: bytes, lines: Cut, is_fragment: Flags, begins: Rows, ends: Rows) -> tuple[Groups, Flags]:
    """The groups of fragments, taken off their tag blocks' bounds; and which fragments may have one that is unclear."""
    is_unclear = np.zeros(len(begins), np.bool_)
    rows = np.flatnonzero(is_fragment)
    origins = lines.bangs[rows] - GROUP_BYTES
    lead = lines.starts[rows] - origins  # how many of the bytes looked at stand before the tag block
    is_whole = (lead >= 0) & (origins >= 0)
    text = bytes_at(block, GROUP_BYTES, np.maximum(origins, 0))
    letters = (text | 0x20 == ord("g")) & (lead[:, None] <= COLUMN)
    count = np.count_nonzero(letters, axis=1)
    is_unclear[rows] = (count > 0) | ~is_whole
    one = np.flatnonzero((count == 1) & is_whole)
    if not len(one):
        return Groups(one, np.zeros(0, np.uint32)), is_unclear
    rows, origins, text, at = rows[one], origins[one], text[one], letters[one].argmax(axis=1)
    field_end = (((text == COMMA) | (text == STAR)) & (at[:, None] < COLUMN)).argmax(axis=1)
    length = field_end - at - GROUP_BEFORE_ID
    (field,) = taken(block, WORD_BYTES, origins + at - 1)
    (closing,) = taken(block, WORD_BYTES, lines.bangs[rows] - WORD_BYTES)
    less = field ^ GROUP
    good = ((less | less + SEVENS) & GROUP_MASK == 0) & (closing & CLOSING_MASK == CLOSING)
    good &= (length >= 1) & (length <= ID_BYTES)
    is_first = origins + at == begins[rows]
    is_last = (field_end == GROUP_BYTES - CLOSING_BYTES) & (field & ONE_BYTE == COMMA)
    good &= is_first != is_last
    rows, at, field_end = (column[good] for column in (rows, origins + at, origins + field_end))
    is_first = is_first[good]
    ends[rows[~is_first]] = at[~is_first] - 1
    begins[rows[is_first]] = field_end[is_first] + 1
    is_unclear[rows] = False
    (ids,) = taken(block, ID_BYTES, field_end - ID_BYTES)
    ids &= HIGH[length[good]]
    return Groups(rows, (np.uint32(GROUPED) | (ids * K1 >> np.uint64(33))).astype(np.uint32)), is_unclear
