"""Texts: the lines of a block by their rows, wherever they are: in the block, in what is left of it, or on disk."""

from typing import NamedTuple, Protocol

import numpy as np

from sealane.sieve import sieve as sieving
from sealane.sieve.columns import Rows

if sieving.COMPILED:
    from sealane.sieve import mesh


class Text(Protocol):
    """The bytes of a block: here, or read where they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> bytes: ...


class Texts(Protocol):
    """The lines of a block, without their ends."""

    def line(self, row: int) -> bytes: ...

    def kept(self, rows: Rows, /) -> "Texts":
        """The same of some rows alone; no more of the block need stay in memory."""
        ...


class Here(NamedTuple):
    """Of a block that is here."""

    block: bytes
    starts: Rows
    ends: Rows

    def line(self, row: int) -> bytes:
        return self.block[self.starts.item(row) : self.ends.item(row)]

    def kept(self, rows: Rows) -> "Some":
        starts, ends = self.starts[rows], self.ends[rows]
        return Some(_joined(self.block, starts, ends), rows, np.cumsum(ends - starts))


class Some(NamedTuple):
    """Of some of its rows."""

    text: bytes  # one after the other
    rows: Rows
    ends: Rows  # in the text

    def line(self, row: int) -> bytes:
        at = int(self.rows.searchsorted(row))
        return self.text[self.ends.item(at - 1) if at else 0 : self.ends.item(at)]

    def kept(self, _rows: Rows) -> "Some":
        return self


def _joined(block: bytes, starts: Rows, ends: Rows) -> bytes:
    """Pieces of a block, one after the other."""
    if sieving.COMPILED:
        return mesh.joined(block, starts, ends)
    return b"".join([block[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)])
