"""Numbers: a set of numbers that can be asked for a whole column at once."""

from collections.abc import Collection

import numpy as np

from sealane.columns import Flags, Words

K = np.uint64(0x9E3779B97F4A7C15)
LEAST_BITS = 14
ROOMY = 32  # slots for each number


class Numbers:
    """A table of their hashes, and exactly where the table says maybe."""

    def __init__(self, numbers: Collection[int]) -> None:
        self._exact = frozenset(numbers)
        self._shift = np.uint64(64 - max(LEAST_BITS, (ROOMY * len(self._exact)).bit_length()))
        self._maybe = np.zeros(1 << (64 - int(self._shift)), np.bool_)
        self._maybe[self._slots(np.fromiter(self._exact, np.uint64, len(self._exact)))] = True

    def holds(self, numbers: Words) -> Flags:
        """Which of a column it holds."""
        found = self._maybe[self._slots(numbers)]
        rows = np.flatnonzero(found)
        found[rows] = [number in self._exact for number in numbers[rows].tolist()]
        return found

    def _slots(self, numbers: Words) -> Words:
        return (numbers * K) >> self._shift
