"""Numbers: a set of numbers that can be asked for a whole column at once. Each is told by its hash, which no other has.

bits      whether a number is in a slot, a bit each: a slot is the upper bits of a hash
hashes    of all numbers, ascending
begins    of those of each eight slots the first, and where the last ends
"""

from collections.abc import Collection
from functools import cached_property

import numpy as np

from sealane.sieve.columns import Bytes, Flags, Words
from sealane.sieve.tagged import K1, K2

LEAST_BITS = 14
ROOMY = 16  # slots for each number, at least: of 100,000 they stay in the cache
EIGHT = np.uint64(3)  # as a shift
HALF = np.uint64(32)


class Numbers:
    """Its attributes are read by the mesh, too."""

    def __init__(self, numbers: Collection[int] | Words) -> None:
        held = numbers if isinstance(numbers, np.ndarray) else np.fromiter(numbers, np.uint64, len(numbers))
        self.hashes: Words = np.unique(spread(held))
        self.shift = 64 - max(LEAST_BITS, (ROOMY * len(self)).bit_length())
        taken = self.hashes >> np.uint64(self.shift)
        slots = np.zeros(1 << (64 - self.shift), np.uint8)
        slots[taken] = 1
        self.bits: Bytes = np.packbits(slots, bitorder="little")
        eights = (taken >> EIGHT).astype(np.intp)
        self.begins = np.append(0, np.cumsum(np.bincount(eights, minlength=len(self.bits)))).astype(np.uint32)

    def __len__(self) -> int:
        return len(self.hashes)

    def holds(self, numbers: Words) -> Flags:
        """Which of a column it holds."""
        hashes = spread(numbers)
        found: Flags = self._maybe[hashes >> np.uint64(self.shift)].view(np.bool_)
        rows = np.flatnonzero(found)
        if len(rows):
            at = np.minimum(self.hashes.searchsorted(hashes[rows]), len(self) - 1)
            found[rows] = self.hashes[at] == hashes[rows]
        return found

    @cached_property
    def _maybe(self) -> Bytes:
        """A byte a slot, for columns."""
        return np.unpackbits(self.bits, bitorder="little")


def spread(numbers: Words) -> Words:
    """A hash of each, in its upper bits, however alike they are, as those of a fleet; of each number another."""
    mixed = numbers * K1
    return (mixed ^ mixed >> HALF) * K2
