"""Usual: the one form almost all lines have, told from all others in few steps, a whole block at once.

    \\s:NORTH,c:1704067200*hh\\!AIVDM,1,1,,A,13u?etPv2;0n:dDP...   one part, no sequence, a channel of one character
    !AIVDM,1,1,,A,13u?etPv2;0n:dDP...                           the same without a tag block

64 bytes are taken out round each !, so that words fall where they can be compared whole:

    bytes from the !   -34      -26      -18       -10       -2        6         14        22
                       beside   beside   ..c:dddd  dddddd*h  h\\!AIVDM  ,1,1,,A,  head      more

Who heard is not read, only told apart, by a hash of all that stands beside the stamp; a key is made of it and the hour.
Where the same beside a stamp was read before, this one needs no closer look; but the first of its key may tell an hour.
What is new, or of another form, is looked at more closely (columns.py, tagged.py).
"""

from typing import NamedTuple

import numpy as np

from sealane.sieve.columns import BACKSLASH, LONGEST, Cut, Flags, Rows, Words, ends_whole, taken
from sealane.sieve.tagged import K1, K2, K3, K4, NO_STAMP, Stamps, decimal, seconds_of

BEFORE_BYTES, TAKEN_BYTES = 34, 64
HEAD_AT_MOST = 14 + 20  # from ! to the end of the head
BARE_BYTES = 17  # a tag block of a stamp alone: `\c:dddddddddd*hh\`
MOST_LEAD = np.uint64(BEFORE_BYTES - BARE_BYTES)
BYTE_BITS, WORD_BITS, HALF_BITS = np.uint64(3), np.uint64(64), np.uint64(32)  # the first of a shift
HOUR_HUNDREDS_S = np.uint64(36)

SHAPE = np.frombuffer(b"\0\0!\0\0VDM", "<u8")[0]
SHAPE_MASK = np.frombuffer(b"\0\0\xff\0\0\xff\xff\xfd", "<u8")[0]  # VDM and VDO differ in one bit
CLOSING, CLOSING_MASK = np.uint64(BACKSLASH << 8), np.uint64(0xFF << 8)  # before the !
FIELDS = np.frombuffer(b",1,1,,\0,", "<u8")[0]
FIELDS_MASK = np.frombuffer(b"\xff\xff\xff\xff\xff\xff\0\xff", "<u8")[0]
NO_CHANNEL = np.frombuffer(b",1,1,,,,", "<u8")[0]
# Ten digits in two words. Less their zeros, those above nine have a high bit, or get one when six is added.
STAMP, STAMP_END = np.frombuffer(b"\0\0c:0000000000*\0", "<u8")
STAMP_MASK, STAMP_END_MASK = np.frombuffer(b"\0\0\xff\xff" + b"\xf0" * 10 + b"\xff\0", "<u8")
SIXES, SIXES_END = np.frombuffer(b"\0\0\0\0" + b"\6" * 10 + b"\0\0", "<u8")
BESIDE_MASK = np.uint64(0xFFFF)


class Usual(NamedTuple):
    """The lines of a block, a column each; where one is not sound its other columns say nothing."""

    heads: tuple[Words, Words]  # the payload, eight characters each
    digits: tuple[Words, Words]  # of the stamp: its first four in the upper half, six from the lowest on
    besides: Words  # of what stands beside the stamp, where the tag block is of the usual form; else 0
    keys: Words  # of that and the hour; else 0
    sound: Flags  # of the usual form, with a tag block or without

    def stamps(self, rows: Rows, is_known: Flags) -> Stamps:
        """The stamps of some lines, where what stands beside them is known."""
        first, last = (words[rows] for words in self.digits)
        at_s, _ = seconds_of(first >> HALF_BITS | last << HALF_BITS, last >> HALF_BITS)
        return Stamps(np.where(is_known, at_s.view(np.int64), NO_STAMP), self.keys[rows], is_known)


def usual_of(block: bytes, lines: Cut) -> Usual:
    """Which of a block's lines are of the usual form, and what stands there."""
    starts, bangs = lines.starts, lines.bangs
    at = np.maximum(np.minimum(bangs - BEFORE_BYTES, len(block) - TAKEN_BYTES), 0)
    far, near, stamp, end, shape, fields, *heads = taken(block, TAKEN_BYTES, at)
    sound = lines.sound & (bangs - at == BEFORE_BYTES)
    sizes = bangs - starts
    lead = (BEFORE_BYTES - sizes).view(np.uint64)  # where the tag block begins; a huge number: before all this
    digits, more = stamp ^ STAMP, end ^ STAMP_END
    strays = (digits | digits + SIXES) & STAMP_MASK | (more | more + SIXES_END) & STAMP_END_MASK
    is_stamped = sound & (strays == 0) & (shape & CLOSING_MASK == CLOSING) & (lead <= MOST_LEAD)
    hours = decimal(digits >> HALF_BITS | more << HALF_BITS) // HOUR_HUNDREDS_S
    besides = np.where(is_stamped, _mixed((stamp & BESIDE_MASK, near, far), lead << BYTE_BITS), np.uint64(0))
    keys = np.where(is_stamped, _hashed(besides + hours * K1), np.uint64(0))
    length = (lines.lasts - bangs - HEAD_AT_MOST).view(np.uint64)
    sound &= (length <= LONGEST - HEAD_AT_MOST) & (shape & SHAPE_MASK == SHAPE)
    sound &= (fields & FIELDS_MASK == FIELDS) & (fields != NO_CHANNEL) & (is_stamped | (sizes == 0))
    nameless = np.flatnonzero(sizes <= BARE_BYTES)
    if len(nameless):
        sound[nameless] &= ends_whole(block, lines.of(nameless))  # no station in a trailer
    return Usual((heads[0], heads[1]), (stamp, end), besides, keys, sound)


def _mixed(beside: tuple[Words, Words, Words], lead: Words) -> Words:
    """The bytes beside stamps as a number, from the tag block's first on, so many bits into the farthest word."""
    mixed = np.zeros_like(lead)
    for word, factor, before in zip(beside, (K2, K3, K4), (2 * WORD_BITS, WORD_BITS, None), strict=True):
        shift = lead if before is None else np.maximum(lead, before) - before
        mixed += (word >> shift << shift) * factor
    return _hashed(mixed)


def _hashed(mixed: Words) -> Words:
    """A hash in the upper bits; never 0."""
    return (mixed ^ mixed >> HALF_BITS) * K1 | np.uint64(1)
