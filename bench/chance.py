"""Chance: numbers that look drawn, the same for a seed on any machine and with any NumPy.

A number belongs to (seed, what it is for, index), not to an order of drawing: SplitMix64 of the three, whole numbers
only. So parts of a corpus can be made each for itself.
"""

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bench.packed import Bools, Numbers

GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
BITS_KEPT = np.uint64(33)  # the lowest are the least mixed; 31 are left


class Chance:
    def __init__(self, seed: int) -> None:
        self._seed = seed

    def below(self, limit: int | Numbers, what: str, at: Numbers) -> Numbers:
        """A number from 0 up to a limit, for each index."""
        key = np.array([self._seed << 32 | crc32(what.encode())], np.uint64)
        mixed = at.astype(np.uint64) * GOLDEN + _mixed(key * GOLDEN)
        return (_mixed(mixed) >> BITS_KEPT).astype(np.int64) % limit

    def hits(self, share: float, what: str, at: Numbers) -> Bools:
        """Whether something of a share of all befalls each index."""
        return self.below(1_000_000, what, at) < round(share * 1_000_000)


def _mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * FIRST
    z = (z ^ (z >> np.uint64(27))) * SECOND
    return z ^ (z >> np.uint64(31))
