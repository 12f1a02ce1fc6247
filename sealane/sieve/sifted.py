"""Sifted: what is found in a block of lines, whichever form of the sieve looked: a column each, a row a line."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from sealane.sentence import Sentence
from sealane.sieve.columns import Rows, Words
from sealane.sieve.tagged import K1, Codes, Seconds, group_code

Hashes: TypeAlias = npt.NDArray[np.uint16]

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


class Found(NamedTuple):
    """What a form of the sieve finds."""

    starts: Rows
    ends: Rows  # where each line's end stands
    heard: Rows
    loose: Loose
    radios: Hashes  # a hash of each line's MMSI; of one that is heard or a later part it says nothing
    keys: Words  # of the stamps of lines passed over: station and hour; 0: no tag block, or heard
    besides: Words  # of what stands beside a stamp; 0: by that alone it is never told again
    unknown: Rows  # for each key that is not among those known, a few at most


class Sifted(NamedTuple):
    """The same, and what of it tells something new."""

    starts: Rows
    ends: Rows
    heard: Rows
    loose: Loose
    radios: Hashes
    telling: Sequence[tuple[int, int]]  # key and a row of stamps that may tell an hour that is not known yet
    keys: Words
    besides: Words
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
    hashes: Hashes = (mmsis * K1 >> np.uint64(64 - RADIO_BITS)).astype(np.uint16)
    return hashes
