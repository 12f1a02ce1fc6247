"""The gist: what a first pass saw of a block, in a few bytes a line, so that the second need not look at it again.

first pass     sift; learn whom to follow; keep the gist
second pass    what must be heard is in the gist; the block itself is neither read nor sifted again (recall.py)
"""

from itertools import chain
from struct import Struct
from typing import NamedTuple, TypeAlias, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from sealane.heard import Told
from sealane.reader import Reader
from sealane.sieve.columns import Rows
from sealane.sieve.radios import Hashes
from sealane.sieve.settled import Settled, settle, settled_of
from sealane.sieve.sifted import Loose, Sifted
from sealane.stamp import Tags

Lengths: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]
Places: TypeAlias = npt.NDArray[np.uint32]
Kind = TypeVar("Kind", bound=np.generic)

COUNTS = Struct("<QIIIIIII?")  # block_bytes; lines; heard, settled, what those show, loose; bytes of texts; is short
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
    settled: Settled
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
            len(self.settled.rows),
            len(self.settled.shown),
            len(self.loose.rows),
            len(self.text),
            len(told),
            is_short,
        )
        settled, sentences, shown = self.settled
        rows = np.concatenate((self.heard, settled, self.loose.rows)).astype(np.uint32)
        columns = (self.lengths, self.places, self.radios, rows, sentences, shown, self.loose.codes, self.loose.at_s)
        return b"".join((counts, told, self.text, *(column.data for column in columns)))

    def start_of(self, row: int) -> int:
        """Where a line begins in the block."""
        near = row // EVERY * EVERY
        before: int = sum(self.lengths[near:row].tolist())
        return self.places.item(row // EVERY) + before + row - near


def gist_of(block: bytes, sifted: Sifted, told: Told, reader: Reader) -> Gist:
    """The gist of a block that was sifted, and of what was told by its lines that were passed over."""
    starts, ends = sifted.starts, sifted.ends
    rows, tags = sifted.heard, Tags()
    lines = [block[start:end] for start, end in zip(starts[rows].tolist(), ends[rows].tolist(), strict=True)]
    found = [settle(line, reader, tags) for line in lines]
    text = LINE_END.join([line for line, sentences in zip(lines, found, strict=True) if sentences is None])
    settled = {row: each for row, each in zip(rows.tolist(), found, strict=True) if each is not None}
    lengths = ends - starts
    return Gist(
        block_bytes=len(block),
        lengths=lengths.astype(np.uint8) if bool((lengths <= SHORT_BYTES).all()) else lengths.astype(np.uint32),
        places=starts[::EVERY].astype(np.uint32),
        radios=sifted.radios,
        heard=rows[[each is None for each in found]],
        text=text if len(text) <= MOST_TEXT * len(block) else b"",
        settled=settled_of(settled),
        loose=sifted.loose,
        told=reader.told_by(chain.from_iterable(settled.values()), told),
    )


def unpacked(packed: bytes) -> Gist:
    block_bytes, lines, heard, settled, shown, loose, text_bytes, told_bytes, is_short = COUNTS.unpack_from(packed)
    taken = _Taken(packed, COUNTS.size)
    told = msgspec.msgpack.decode(taken.bytes(told_bytes), type=dict[int, list[str | None]])
    text = taken.bytes(text_bytes)
    lengths: Lengths = taken.column(np.uint8, lines) if is_short else taken.column(np.uint32, lines)
    places, radios = taken.column(np.uint32, -(-lines // EVERY)), taken.column(np.uint16, lines)
    rows = taken.column(np.uint32, heard + settled + loose).astype(np.intp)
    nobodys = Settled(rows[heard : heard + settled], taken.column(np.uint8, settled), taken.column(np.uint16, shown))
    rest = Loose(rows[heard + settled :], taken.column(np.uint32, loose), taken.column(np.int64, loose))
    return Gist(block_bytes, lengths, places, radios, rows[:heard], text, nobodys, rest, told)


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
