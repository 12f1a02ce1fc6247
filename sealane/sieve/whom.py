"""Whom: who is followed at a time, as tables that columns and the mesh ask."""

from collections.abc import Collection
from math import ceil, floor
from typing import NamedTuple

import numpy as np

from geofences.chart import Box
from sealane.filter import Watch
from sealane.sieve.columns import Bytes
from sealane.sieve.numbers import Numbers
from sealane.sieve.pairs import Limits, near_pairs
from sealane.sieve.radios import lanes_of

UNITS_A_DEGREE, COARSE_UNITS_A_DEGREE = 600_000, 600  # 1/10 000 minute; 1/10 minute
MARGIN = 20  # of a border, in those units: rounding is left to the plain form
EVERYWHERE: tuple[Box, ...] = ((-1e6, 1e6, -1e6, 1e6),)


class Whom(NamedTuple):
    radios: Numbers  # as lanes: listed, or bound
    met: Numbers
    imos: Numbers
    near: Bytes  # by two characters of a payload
    fine: Limits
    coarse: Limits


class Following:
    """The tables of a watch. Made anew when somebody was learned of, and put in place at once: threads ask."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._size = 0, 0
        boxes = EVERYWHERE if watch.boxes is None else watch.boxes
        fine, coarse = (limits(boxes, units) for units in (UNITS_A_DEGREE, COARSE_UNITS_A_DEGREE))
        self._now = Whom(self._radios(), _radios(watch.met), Numbers(watch.imo), near_pairs(fine), fine, coarse)

    def now(self) -> Whom:
        """With what was learned since: the sets only grow."""
        size = len(self._watch.bound), len(self._watch.met)
        if size != self._size:
            self._now = self._now._replace(radios=self._radios(), met=_radios(self._watch.met))
            self._size = size
        return self._now

    def _radios(self) -> Numbers:
        return _radios((*(self._watch.mmsi or ()), *self._watch.bound))


def _radios(mmsis: Collection[int]) -> Numbers:
    """Those of some MMSIs, which are taken as they are: they may grow meanwhile."""
    held = tuple(mmsis)
    return Numbers(lanes_of(np.fromiter(held, np.uint64, len(held))))


def limits(boxes: tuple[Box, ...], units: int) -> Limits:
    """Of boxes and a little off."""
    rows = [
        (floor(south * units) - MARGIN, ceil(north * units) + MARGIN, floor(west * units) - MARGIN,
         ceil(east * units) + MARGIN)
        for south, north, west, east in boxes
    ]  # fmt: skip
    return np.array(rows, np.int64).reshape(-1, 4)
