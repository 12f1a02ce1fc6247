"""Pairs: what two characters of a payload, the tenth and the eleventh from 0, show of where a ship is.

Of class A they are the upper eleven bits of its longitude: a sixth of a degree. Of class B the three above them are not
among them, and of messages 5 and 27 they are something else: those are always looked at.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sealane.filter import ARMOUR
from sealane.sieve.columns import Bytes, Flags

Limits: TypeAlias = npt.NDArray[np.int64]  # a row a box: south, north, west, east, in the unit of a position

STATICS = (5, 19, 24)
LONG_RANGE, STATIC_AND_VOYAGE = 27, 5
CLASS_A, CLASS_B = (1, 2, 3, 9), (18, 19)
LON_BITS = 28
SHOWN_AT_BYTE = 2  # of a payload's second eight characters
NEAR_A, NEAR_B, NEAR_ANY, OF_MET = 1, 2, 4, 8  # what a pair may show, by the type it is of; all but the last
REACH = np.zeros(256, np.uint8)  # by a payload's first character: which of a pair's bits count
for _bits_there, _kinds in (
    (NEAR_A, CLASS_A),
    (NEAR_B, CLASS_B),
    (NEAR_ANY, (STATIC_AND_VOYAGE, LONG_RANGE)),
    (OF_MET, (19, 24)),
):
    REACH[[ARMOUR[kind] for kind in _kinds]] |= _bits_there


def near_pairs(limits: Limits) -> Bytes:
    """By two characters, as a number: what a position may be near to whose longitude they are of."""
    near = np.full(1 << 16, NEAR_A | NEAR_B | NEAR_ANY, np.uint8)  # whatever is no armour may be anything
    armour, sixes = np.frombuffer(ARMOUR, np.uint8).astype(np.intp), np.arange(64)
    pairs = armour[:, None] | armour << 8
    is_a = _may_be_within((sixes[:, None] & 31) << 6 | sixes, 11, limits)
    tops = np.arange(8)[:, None, None] << 12
    is_b = _may_be_within(tops | sixes[:, None] << 6 | sixes, 15, limits).any(axis=0)
    near[pairs] = NEAR_ANY | is_a * np.uint8(NEAR_A) | is_b * np.uint8(NEAR_B)
    return near


def _may_be_within(upper: npt.NDArray[np.intp], bits: int, limits: Limits) -> Flags:
    """Whether longitudes whose upper bits these are may lie in one of the boxes round the area, or a little off."""
    span = 1 << LON_BITS - bits
    west_most = ((upper ^ 1 << bits - 1) - (1 << bits - 1)) * span
    found = np.zeros(upper.shape, np.bool_)
    for _, _, west, east in limits:
        found |= (west_most + span > west) & (west_most <= east)
    return found
