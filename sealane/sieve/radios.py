"""Radios: told apart by the characters of a payload that show an MMSI, so that nobody need put its number together.

character of a payload    0    1    2    3    4    5    6        its six bits in a byte of their own, a lane;
bits of the MMSI          -    4    6    6    6    6    2        eight lanes a word, the first the lowest
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sealane.sieve.columns import Words
from sealane.sieve.numbers import spread

Hashes: TypeAlias = npt.NDArray[np.uint16]

# Of an MMSI: so many bits, from which one on, and where they stand in the lanes.
PLACES = ((4, 26, 8), (6, 20, 16), (6, 14, 24), (6, 8, 32), (6, 2, 40), (2, 0, 52))
LANES = sum((1 << bits) - 1 << at for bits, _, at in PLACES)
RADIO_BITS = 16  # of a hash by which lines of a radio are found again


def lanes_of(mmsis: Words) -> Words:
    """As they stand in the lanes of a payload's first eight characters, with nothing beside them."""
    lanes = np.zeros_like(mmsis)
    for bits, first, at in PLACES:
        lanes |= (mmsis >> np.uint64(first) & np.uint64((1 << bits) - 1)) << np.uint64(at)
    return lanes


def radio_hashes(lanes: Words) -> Hashes:
    """By what lines of radios are found again: not exactly."""
    hashes: Hashes = (spread(lanes) >> np.uint64(64 - RADIO_BITS)).astype(np.uint16)
    return hashes
