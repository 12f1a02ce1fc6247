"""Sifted: what is found in a block of lines, whichever form of the sieve looked: a column each, a row a line."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from sealane.sentence import Sentence
from sealane.sieve.columns import Rows, Words
from sealane.sieve.radios import Hashes
from sealane.sieve.tagged import Codes, Seconds, group_code

Hints: TypeAlias = Sequence[tuple[int, int, int]]  # key and row of stamps, and what stands beside


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

    def first(self, count: int) -> "Loose":
        """So many of them, in columns of their own: these may be parts of larger ones, of a place for each line."""
        return Loose(self.rows[:count].copy(), self.codes[:count].copy(), self.at_s[:count].copy())


class Seen(NamedTuple):
    """What a listener asks of a block, whoever looked at it."""

    heard: Sequence[int]  # rows to be read in full
    settled: Sequence[tuple[int, int]]  # rows that need not be, and how many sentences each holds: of nobody followed
    loose: Loose


class Found(NamedTuple):
    """What a form of the sieve finds."""

    starts: Rows
    ends: Rows  # where each line's end stands
    heard: Rows
    loose: Loose
    radios: Hashes  # a hash of each line's radio; of one that is heard or a later part it says nothing
    keys: Words  # of the stamps of lines passed over: station and hour; 0: no tag block, or heard
    unknown: Rows  # for each key that is not among those known, a few at most
    besides: Words  # of what stands beside their stamps; 0: by that alone it is never told again
    has_unstamped: bool  # some that were passed over have no tag block


class Sifted(NamedTuple):
    """The same, and what of it tells something new."""

    starts: Rows
    ends: Rows
    heard: Rows
    loose: Loose
    radios: Hashes
    telling: Hints  # of stamps that may tell an hour that is not known yet
    keys: Words
    has_unstamped: bool

    @property
    def seen(self) -> Seen:
        return Seen(self.heard.tolist(), (), self.loose)

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
