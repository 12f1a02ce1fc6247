"""The gist: what a first pass saw of a block, in a few bytes a line, so that the second need not look at it again.

first pass     sift; learn whom to follow; keep the gist
second pass    what must be heard is in the gist; the block itself is neither read nor sifted again (recall.py)
"""

from struct import Struct
from typing import NamedTuple, TypeAlias, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from sealane.aisstream import OPENS
from sealane.heard import Told
from sealane.lines import MAX_LINE_BYTES
from sealane.sentence import holds_sentence
from sealane.sieve.columns import Rows
from sealane.sieve.radios import Hashes
from sealane.sieve.sifted import Loose, Sifted

Lengths: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]
Places: TypeAlias = npt.NDArray[np.uint32]
Kind = TypeVar("Kind", bound=np.generic)

COUNTS = Struct("<QIIIIII?")  # block_bytes; lines; heard, foreign and loose ones; bytes of texts and told; is short
LINE_END = b"\n"
SHORT_BYTES = 255  # a line whose length needs one byte
EVERY = 32  # lines: where each of so many begins is kept
MOST_TEXT = 1 / 8  # of a block: where more is heard, the block is as soon read


class Gist(NamedTuple):
    """Of one block."""

    block_bytes: int
    lengths: Lengths  # of its lines, without their ends
    places: Places  # where its first line begins, and each EVERYth after it
    radios: Hashes
    heard: Rows
    text: bytes  # of those heard, a line each; none where that is much
    foreign: Rows  # lines that would be heard, but are known to hold no sentence
    loose: Loose
    told: Told

    @property
    def packed(self) -> bytes:
        told = msgspec.msgpack.encode(self.told)
        is_short = self.lengths.dtype == np.uint8
        counts = COUNTS.pack(
            self.block_bytes,
            len(self.lengths),
            len(self.heard),
            len(self.foreign),
            len(self.loose.rows),
            len(self.text),
            len(told),
            is_short,
        )
        rows = np.concatenate((self.heard, self.foreign, self.loose.rows)).astype(np.uint32)
        columns = self.lengths, self.places, self.radios, rows, self.loose.codes, self.loose.at_s
        return b"".join((counts, told, self.text, *(column.data for column in columns)))

    def start_of(self, row: int) -> int:
        """Where a line begins in the block."""
        near = row // EVERY * EVERY
        before: int = sum(self.lengths[near:row].tolist())
        return self.places.item(row // EVERY) + before + row - near


def gist_of(block: bytes, sifted: Sifted, told: Told) -> Gist:
    """The gist of a block that was sifted."""
    lengths = sifted.ends - sifted.starts
    lines = [block[start:end] for start, end in zip(*(each[sifted.heard].tolist() for each in sifted[:2]), strict=True)]
    is_foreign = np.fromiter(map(_is_foreign, lines), np.bool_, len(lines))
    text = LINE_END.join([line for line, out in zip(lines, is_foreign.tolist(), strict=True) if not out])
    return Gist(
        block_bytes=len(block),
        lengths=lengths.astype(np.uint8) if bool((lengths <= SHORT_BYTES).all()) else lengths.astype(np.uint32),
        places=sifted.starts[::EVERY].astype(np.uint32),
        radios=sifted.radios,
        heard=sifted.heard[~is_foreign],
        text=text if len(text) <= MOST_TEXT * len(block) else b"",
        foreign=sifted.heard[is_foreign],
        loose=sifted.loose,
        told=told,
    )


def unpacked(packed: bytes) -> Gist:
    block_bytes, lines, heard, foreign, loose, text_bytes, told_bytes, is_short = COUNTS.unpack_from(packed)
    taken = _Taken(packed, COUNTS.size)
    told = msgspec.msgpack.decode(taken.bytes(told_bytes), type=dict[int, list[str | None]])
    text = taken.bytes(text_bytes)
    lengths: Lengths = taken.column(np.uint8, lines) if is_short else taken.column(np.uint32, lines)
    places, radios = taken.column(np.uint32, -(-lines // EVERY)), taken.column(np.uint16, lines)
    rows = taken.column(np.uint32, heard + foreign + loose).astype(np.intp)
    rest = Loose(rows[heard + foreign :], taken.column(np.uint32, loose), taken.column(np.int64, loose))
    return Gist(block_bytes, lengths, places, radios, rows[:heard], text, rows[heard : heard + foreign], rest, told)


class _Taken:
    """Takes a gist apart, from beginning to end."""

    def __init__(self, packed: bytes, at: int) -> None:
        self._packed, self._at = packed, at

    def bytes(self, count: int) -> bytes:
        self._at += count
        return self._packed[self._at - count : self._at]

    def column(self, kind: type[Kind], count: int) -> npt.NDArray[Kind]:
        column = np.frombuffer(self._packed, kind, count, self._at)
        self._at += column.nbytes
        return column


def _is_foreign(line: bytes) -> bool:
    """Whether whoever hears it counts it as foreign, whatever came before: where blocks are sifted none is a stamp."""
    line = line.strip() if len(line) <= MAX_LINE_BYTES else b""
    return line != b"" and not line.startswith(OPENS) and not holds_sentence(line)
