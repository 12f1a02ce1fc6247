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
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from sealane.columns import COMMA, ONE_BYTE, Flags, Plain, Rows, Words, cut, plain
from sealane.filter import Watch
from sealane.fragment import REACH_US
from sealane.heads import Heads
from sealane.numbers import K
from sealane.sentence import Sentence
from sealane.stamp import SECOND_US
from sealane.tagged import NO_STAMP, Codes, Groups, Seconds, Stamps, group_code, stamps_of
from sealane.usual import usual_of

Hashes: TypeAlias = npt.NDArray[np.uint16]

LEAST_BYTES = 256  # of a block

REACH_S = REACH_US // SECOND_US + 1
KNOWN_BITS = 13
MOST_KNOWN = 16_384  # more than a feed has stations; hours gone by are seldom asked for again
RADIO_BITS = 16  # of a hash by which lines of a radio are found again


class Awaited(NamedTuple):
    """What an open message waits for."""

    code: int  # of its fragments
    at_s: int  # Unix time of one of them; NO_STAMP: none has any
    upto: int  # the last sentence that can be one of them if it or they have no stamp


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

    def awaited_after(self, row: int, awaited: Iterable[Awaited] | None, least: Rows) -> list[int]:
        """The rows of those after a row that may belong to one of some messages; all, if nobody says to which.

        `least`: at least so many sentences are reached with each of them.
        """
        later = self.rows > row
        if awaited is not None:
            later &= self._may_be(awaited, least)
        rows: list[int] = self.rows[later].tolist()
        return rows

    def _may_be(self, awaited: Iterable[Awaited], least: Rows) -> Flags:
        """Which may belong to one of some open messages, by code and time."""
        found = np.zeros(len(self.codes), np.bool_)
        for wait in awaited:
            near = least <= wait.upto
            if wait.at_s != NO_STAMP:
                near = np.where(self.at_s == NO_STAMP, near, np.abs(self.at_s - wait.at_s) <= 2 * REACH_S)
            found |= near & (self.codes == wait.code)
        return found


class Sifted(NamedTuple):
    """What a block holds, by row of its lines."""

    starts: Rows
    ends: Rows  # where each line's end stands
    heard: Rows
    loose: Loose
    radios: Hashes  # a hash of each line's MMSI; of one that is heard or a later part it says nothing
    telling: Sequence[tuple[int, int]]  # key and first row of stamps that may tell an hour that is not known yet
    keys: Words  # of the stamps of lines passed over: station and hour
    besides: Words  # of what stands beside a stamp
    has_unstamped: bool  # some that were passed over have no tag block

    def like(self, key: int, first: int) -> Iterator[int]:
        """The rows of all stamps with a key, the first as often as not the only one asked for."""
        yield first
        yield from np.flatnonzero(self.keys == np.uint64(key)).tolist()


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
        self._known, self._besides = (np.zeros(1 << KNOWN_BITS, np.uint64) for _ in range(2))
        self._all_known: set[int] = set()
        self._heads = Heads(watch)

    def knows(self, key: int, beside: int | None = None) -> None:
        """A stamp with this key tells nothing new from now on; of one with the same beside it only its time does."""
        if len(self._all_known) >= MOST_KNOWN:
            self._all_known.clear()  # they are asked for again, one by one
        self._all_known.add(key)
        self._known[key >> 64 - KNOWN_BITS] = key
        if beside:
            self._besides[beside >> 64 - KNOWN_BITS] = beside

    def is_known(self, key: int) -> bool:
        return key in self._all_known

    def sift(self, block: bytes) -> Sifted:
        """Sift whole lines, each with its end. Whether an open message waits for a loose fragment is asked later."""
        lines = cut(block)
        usual = usual_of(block, lines)
        is_found, mmsis = self._heads.glance(*usual.heads)
        is_unstamped = usual.keys == 0
        is_known = _found(usual.besides, self._besides) & ~is_unstamped
        is_nobodys = usual.sound & ~is_found
        is_passed = is_nobodys & (is_known | is_unstamped)
        rest = np.flatnonzero(~is_passed)  # most of these are passed over too
        columns = plain(block, lines.of(rest))
        stamps, groups = stamps_of(block, columns, usual.stamps(rest, is_known[rest]))
        is_heard = ~(columns.sound & stamps.sound)
        rows = np.flatnonzero((columns.part == 1) & ~is_nobodys[rest])
        is_followed, mmsis[rest[rows]] = self._heads.look(*(words[rows] for words in columns.heads))
        is_heard[rows] |= is_followed
        keys = np.where(is_unstamped[rest], stamps.keys, usual.keys[rest])
        keys[groups.rows] = stamps.keys[groups.rows]
        keys[is_heard] = 0
        usual.keys[rest] = keys
        heard, loose = rest[is_heard], _loose(columns, stamps, groups, is_heard)
        return Sifted(
            starts=lines.starts,
            ends=lines.ends,
            heard=heard,
            loose=loose._replace(rows=rest[loose.rows]),
            radios=radio_hashes(mmsis),
            telling=self._telling(usual.keys),
            keys=usual.keys,
            besides=usual.besides,
            has_unstamped=int(np.count_nonzero(usual.keys)) + len(heard) < len(lines.ends),
        )

    def _telling(self, keys: Words) -> list[tuple[int, int]]:
        """Keys that are not known, each with a row."""
        rows = _one_of_each(keys, np.flatnonzero(~_found(keys, self._known) & (keys != 0)))
        found = zip(keys[rows].tolist(), rows.tolist(), strict=True)
        return [(key, row) for key, row in found if key not in self._all_known]


def _found(keys: Words, known: Words) -> Flags:
    """Which keys stand in a table."""
    found: Flags = known[keys >> np.uint64(64 - KNOWN_BITS)] == keys
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
