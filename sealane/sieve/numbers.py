"""Numbers: a set of numbers that can be asked for a whole column at once."""

from collections.abc import Collection
from functools import cached_property

import numpy as np

from sealane.sieve.columns import Bytes, Flags, Words
from sealane.sieve.tagged import K1

LEAST_BITS = 14
ROOMY = 32  # slots for each number


class Numbers:
    """A table of their hashes, and exactly where the table says maybe. Its attributes are read by the mesh, too."""

    def __init__(self, numbers: Collection[int] | Words) -> None:
        held = numbers if isinstance(numbers, np.ndarray) else np.fromiter(numbers, np.uint64, len(numbers))
        self.ascending: Words = np.unique(held)
        self._exact = frozenset(self.ascending.tolist())
        self.shift = 64 - max(LEAST_BITS, (ROOMY * len(self._exact)).bit_length())
        slots = np.zeros(1 << (64 - self.shift), np.uint8)
        slots[self._slots(self.ascending)] = 1
        self.bits: Bytes = np.packbits(slots, bitorder="little")  # of 100,000 numbers it stays in the cache

    def __len__(self) -> int:
        return len(self._exact)

    def holds(self, numbers: Words) -> Flags:
        """Which of a column it holds."""
        found = self._maybe[self._slots(numbers)].view(np.bool_)
        rows = np.flatnonzero(found)
        found[rows] = [number in self._exact for number in numbers[rows].tolist()]
        return found

    @cached_property
    def _maybe(self) -> Bytes:
        """A byte a slot, for columns."""
        return np.unpackbits(self.bits, bitorder="little")

    def _slots(self, numbers: Words) -> Words:
        return (numbers * K1) >> np.uint64(self.shift)
