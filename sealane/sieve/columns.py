"""Columns: the lines of a block as arrays of NumPy, a row a line, as far as their payloads' first characters.

    [\\tag block\\] !AIVDM,parts,part,sequence,channel,payload,fill*hh      a plain line; all others are not sound

Nothing here is read a line at a time. One search finds whatever is no printable character, and the ! with it: of a
plain line that is its ! and its end. Then the 40 bytes from each ! are taken out at once.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Bytes: TypeAlias = npt.NDArray[np.uint8]
Words: TypeAlias = npt.NDArray[np.uint64]
Rows: TypeAlias = npt.NDArray[np.intp]
Flags: TypeAlias = npt.NDArray[np.bool_]

LINE_END, RETURN, BANG, COMMA, STAR, BACKSLASH = b"\n\r!,*\\"
DIGIT_0 = ord("0")
WORD_BYTES = 8
TAKEN_BYTES = 40  # from each !
SHORTEST, LONGEST = 20, 160  # from ! to the line's end; plain lines are no longer
HEAD_AT_MOST = 15 + 20  # from ! to the end of a first part's head
BEFORE_PAYLOAD = 13  # `!AIVDM,1,1,,,`: without sequence and channel
SHAPE = np.frombuffer(b"!\x00\x00VDM,\x00", "<u8")[0]
SHAPE_MASK = np.frombuffer(b"\xff\x00\x00\xff\xff\xfd\xff\x00", "<u8")[0]  # VDM and VDO differ in one bit
FIELDS = np.frombuffer(b",\x00,\x00\x00\x00\x00\x00", "<u8")[0]  # `,part,`
FIELDS_MASK = np.frombuffer(b"\xff\x00\xff\x00\x00\x00\x00\x00", "<u8")[0]
ONE_BYTE = np.uint64(0xFF)
WORD_BITS = np.uint64(64)
EACH_BYTE, EACH_TOP = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)


class Cut(NamedTuple):
    """Where the lines of a block lie."""

    starts: Rows
    bangs: Rows  # their only !; where there is not one, anything
    ends: Rows  # where each line's end stands
    lasts: Rows  # the same, or the CR before it
    sound: Flags  # one !, and beside it nothing but printable characters

    def of(self, rows: Rows) -> "Cut":
        """Some of them."""
        return Cut(self.starts[rows], self.bangs[rows], self.ends[rows], self.lasts[rows], self.sound[rows])


class Plain(NamedTuple):
    """The lines of a block, a column each; where one is not sound its other columns say nothing."""

    cut: Cut
    shapes: Words  # from ! on
    fields: Words  # from the eighth byte on
    rest: Words  # from the channel on
    parts: Bytes
    part: Bytes
    heads: tuple[Words, Words, Words]  # the payload, eight characters each
    sound: Flags


def bytes_at(block: bytes, size: int, at: Rows) -> Bytes:
    """So many bytes from each place on: a row a place."""
    found = np.ndarray((len(block) - size + 1,), f"V{size}", buffer=block, strides=(1,))[at]
    return found.view(np.uint8).reshape(len(at), size)


def taken(block: bytes, size: int, at: Rows) -> Words:
    """So many bytes from each place on, as words: a row a word, a column a place."""
    return np.ascontiguousarray(bytes_at(block, size, at).view("<u8").T)


def cut(block: bytes) -> Cut:
    """The lines of a block that ends with a line's end."""
    buffer = np.frombuffer(block, np.uint8)
    marks = np.flatnonzero(buffer <= BANG)
    kinds = np.empty(len(marks) + 3, np.uint8)  # with line ends before the first
    kinds[:3], kinds[3:] = LINE_END, buffer[marks]
    is_end, one, two, three = kinds[3:] == LINE_END, kinds[2:-1], kinds[1:-2], kinds[:-3]
    is_short = (one == BANG) & (two == LINE_END)
    is_return = (one == RETURN) & (two == BANG) & (three == LINE_END)
    rows = np.flatnonzero(is_end)
    ends = marks[rows]
    starts = np.empty_like(ends)
    starts[0], starts[1:] = 0, ends[:-1] + 1
    returns = is_return[rows]
    before = np.maximum(rows - 1, 0)
    lasts = ends
    if bool(returns.any()):
        returns &= marks[before] == ends - 1
        lasts = ends - returns
        before = np.maximum(before - returns, 0)
    return Cut(starts, marks[before], ends, lasts, is_short[rows] | returns)


def ends_whole(block: bytes, lines: Cut) -> Flags:
    """Which lines end with a checksum that is their first: nothing can trail."""
    stars = np.append(np.flatnonzero(np.frombuffer(block, np.uint8) == STAR), len(block))
    whole: Flags = stars[stars.searchsorted(lines.bangs)] == lines.lasts - 3
    return whole


def plain(block: bytes, lines: Cut) -> Plain:
    """The columns of some lines of a block, and which of them have the one shape that is looked at here."""
    at = np.minimum(lines.bangs, len(block) - TAKEN_BYTES)
    shapes, fields, *others = taken(block, TAKEN_BYTES, at)
    parts = (shapes >> np.uint64(56)).astype(np.uint8) - np.uint8(DIGIT_0)
    part = (fields >> np.uint64(8)).astype(np.uint8) - np.uint8(DIGIT_0)
    length = lines.lasts - lines.bangs
    sound = lines.sound & (at == lines.bangs)
    sound &= (length <= LONGEST) & (length >= np.where(part == 1, HEAD_AT_MOST, SHORTEST))
    sound &= ends_whole(block, lines)
    sound &= ((shapes & SHAPE_MASK) == SHAPE) & ((fields & FIELDS_MASK) == FIELDS)
    sound &= (parts - np.uint8(1) < 9) & (part - np.uint8(1) < parts)
    has_sequence = (fields >> np.uint64(24)) & ONE_BYTE != COMMA
    sound &= ~has_sequence | ((fields >> np.uint64(32)) & ONE_BYTE == COMMA)
    rest = fields >> (np.uint64(32) + (has_sequence.astype(np.uint64) << np.uint64(3)))
    has_channel = rest & ONE_BYTE != COMMA
    sound &= ~has_channel | ((rest >> np.uint64(8)) & ONE_BYTE == COMMA)
    offset = (BEFORE_PAYLOAD - WORD_BYTES) + has_sequence.astype(np.uint64) + has_channel
    right = offset << np.uint64(3)
    left = WORD_BITS - right
    words = (fields, *others)
    heads = tuple(words[place] >> right | words[place + 1] << left for place in range(3))
    return Plain(lines, shapes, fields, rest, parts, part, (heads[0], heads[1], heads[2]), sound)


def bytes_of(words: Words, each: np.uint64) -> Words:
    """The top bit of each byte that is a given one (given eight times); that of the byte after it may be set too."""
    marks = words ^ each
    return (marks - EACH_BYTE) & ~marks & EACH_TOP


def holds_byte(words: Words, each: np.uint64) -> Flags:
    """Which words hold a byte, given eight times."""
    found: Flags = bytes_of(words, each) != 0
    return found
