"""Settled: lines that had to be read and, as far as a first pass knows, are of nobody followed.

    no sentence                  foreign, whoever is followed
    whole messages run together  of nobody, unless a radio that one of them shows is learned of

Whoever hears the block again counts them, and reads only those that turned out to be of somebody.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sealane.aisstream import OPENS
from sealane.filter import mmsi_of
from sealane.lines import MAX_LINE_BYTES
from sealane.reader import Reader
from sealane.sentence import Sentence, holds_sentence
from sealane.sieve.columns import Bytes, Rows
from sealane.sieve.framing import read_line
from sealane.sieve.radios import Hashes, lanes_of, radio_hashes
from sealane.stamp import Tags

MOST_SENTENCES = 255  # of a line: their number takes a byte


class Settled(NamedTuple):
    """Of a block."""

    rows: Rows
    sentences: npt.NDArray[np.uint8]  # that each holds
    shown: Hashes  # of the radios of all of them, row by row

    def showing(self, marks: Bytes) -> set[int]:
        """The rows that show a radio whose hash is marked."""
        is_marked = marks[self.shown].view(np.bool_)
        return set(np.repeat(self.rows, self.sentences)[is_marked].tolist()) if is_marked.any() else set()


def settled_of(found: Mapping[int, list[Sentence]]) -> Settled:
    """By row, the sentences that were found in it."""
    shown = [mmsi_of(sentence.payload) for sentences in found.values() for sentence in sentences]
    return Settled(
        np.array([*found], np.intp),
        np.array([*map(len, found.values())], np.uint8),
        radio_hashes(lanes_of(np.array(shown, np.uint64))),
    )


def settle(line: bytes, reader: Reader, tags: Tags) -> list[Sentence] | None:
    """The sentences of a line, all whole messages of nobody followed; none in a foreign one; None: it must be heard.

    Of a block without a stamp for the lines after it, as all are that are sifted.
    """
    text = line.strip() if len(line) <= MAX_LINE_BYTES else b""
    if not text or text.startswith(OPENS):
        return None
    if not holds_sentence(text):
        return []
    if text.count(b"!") < 2:  # most of those are followed
        return None
    found: list[Sentence] = []
    for sentence in read_line(text, tags):
        if not isinstance(sentence, Sentence) or sentence.parts > 1 or reader.follows(sentence.payload):
            return None
        if sentence.at_us is not None and sentence.stamped_by != "tag_block":  # a stamp before it would count first
            return None
        found.append(sentence)
    return found if 1 < len(found) <= MOST_SENTENCES else None
