"""The gist: what a first pass saw of a block, in a few bytes a line, so that the second need not look at it again.

    first pass     sift; learn whom to follow; keep the gist
    second pass    lines of those learned of since are found by a hash of their MMSI; the block is not sifted again

What is made of it and of the block is what the sieve would make of the block, now that everybody is known.
"""

from struct import Struct
from typing import NamedTuple, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from sealane.filter import Watch, why
from sealane.sentence import FIRST, glance
from sealane.sieve.columns import Rows
from sealane.sieve.radios import RADIO_BITS, Hashes, lanes_of, radio_hashes
from sealane.sieve.sifted import Loose, Sifted
from sealane.sieve.telling import Told

Lengths: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]

COUNTS = Struct("<QIIII")  # bytes of the block; lines; heard; loose; bytes of what it tells
SHORT_BYTES = 255  # a line whose length needs one byte
NONE = np.zeros(0, np.uint64)


class Gist(NamedTuple):
    """Of one block."""

    block_bytes: int
    lengths: Lengths  # of its lines, without their ends
    radios: Hashes
    heard: Rows
    loose: Loose
    told: Told

    @property
    def packed(self) -> bytes:
        told = msgspec.msgpack.encode(self.told)
        lengths = self.lengths
        is_short = bool((lengths <= SHORT_BYTES).all())
        columns = (
            lengths.astype(np.uint8 if is_short else np.uint32),
            self.radios,
            self.heard.astype(np.uint32),
            self.loose.rows.astype(np.uint32),
            self.loose.codes,
            self.loose.at_s.astype(np.int64),
        )
        counts = COUNTS.pack(self.block_bytes, len(lengths), len(self.heard), len(self.loose.rows), len(told))
        return b"".join((counts, bytes([is_short]), told, *(column.tobytes() for column in columns)))


def gist_of(block: bytes, sifted: Sifted, told: Told) -> Gist:
    """The gist of a block that was sifted."""
    lengths = (sifted.ends - sifted.starts).astype(np.uint32)
    return Gist(len(block), lengths, sifted.radios, sifted.heard, sifted.loose, told)


def unpacked(packed: bytes) -> Gist:
    block_bytes, lines, heard, loose, told_bytes = COUNTS.unpack_from(packed)
    at = COUNTS.size + 1
    told = msgspec.msgpack.decode(packed[at : at + told_bytes], type=list[tuple[str | None, int]])
    at += told_bytes
    lengths: Lengths
    if packed[COUNTS.size]:
        lengths, at = np.frombuffer(packed, np.uint8, lines, at), at + lines
    else:
        lengths, at = np.frombuffer(packed, np.uint32, lines, at), at + 4 * lines
    radios, at = np.frombuffer(packed, np.uint16, lines, at), at + 2 * lines
    rows, at = np.frombuffer(packed, np.uint32, heard + loose, at).astype(np.intp), at + 4 * (heard + loose)
    codes, at = np.frombuffer(packed, np.uint32, loose, at), at + 4 * loose
    at_s = np.frombuffer(packed, np.int64, loose, at)
    return Gist(block_bytes, lengths, radios, rows[:heard], Loose(rows[heard:], codes, at_s), told)


class Recall:
    """Whom a first pass learned to follow, to find their lines again."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._hashes = np.zeros(1 << RADIO_BITS, np.bool_)
        learned = np.fromiter(watch.bound | watch.met, np.uint64, len(watch.bound | watch.met))
        self._hashes[radio_hashes(lanes_of(learned))] = True

    def sifted(self, block: bytes, gist: Gist) -> Sifted:
        """What the sieve would make of the block; what its stamps tell is left to `gist.told`."""
        ends = np.cumsum(gist.lengths, dtype=np.intp)
        ends += np.arange(len(ends))
        starts = ends - gist.lengths
        heard, loose = gist.heard, gist.loose
        maybe = set(np.flatnonzero(self._hashes[gist.radios]).tolist()).difference(heard.tolist())
        more = [row for row in maybe if self._is_followed(block[starts[row] : ends[row]])]
        if more:
            is_heard = np.zeros(len(ends), np.bool_)
            is_heard[heard] = True
            is_heard[more] = True
            stays = ~is_heard[loose.rows]
            heard = np.flatnonzero(is_heard)
            loose = Loose(loose.rows[stays], loose.codes[stays], loose.at_s[stays])
        return Sifted(
            starts=starts,
            ends=ends,
            heard=heard,
            loose=loose,
            radios=gist.radios,
            telling=(),
            keys=NONE,
            has_unstamped=False,
        )

    def _is_followed(self, line: bytes) -> bool:
        shown = glance(line)
        return shown is None or (shown[0] == FIRST and why(shown[1], self._watch) is not None)
