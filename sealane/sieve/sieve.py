"""The sieve: the filter's fast form. Finds in a block the lines that must be heard; the rest is passed over unread.

Type, MMSI, IMO number and position stand at fixed bits of a payload's first twenty characters (filter.py). A line is
passed over only if its shape is plain, its head shows nobody that is followed, no open message may wait for it, and
its stamp tells no new hour. Whatever is not that plain is heard, and the plain form decides: so the sieve may send too
much to be heard, and never too little.

    heard     lines to be read in full
    loose     fragments of nobody followed: kept for a while, should a first part of theirs turn up that is followed
    passed    all others

It has two forms, which find the same: compiled (mesh.pyx) where that was built, else by NumPy (screen.py).
"""

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec

import numpy as np

from sealane.filter import Watch
from sealane.sieve import screen
from sealane.sieve.heads import Heads
from sealane.sieve.sifted import Found, Loose, Sifted
from sealane.sieve.whom import Following

COMPILED = find_spec("sealane.sieve.mesh") is not None
if COMPILED:
    from sealane.sieve import mesh

LEAST_BYTES = 256  # of a block
KNOWN_BITS = 14  # of a table: where two hashes share a slot the later one is known, the other is asked for again


class Sieve:
    """Sifts blocks by one watch, in any thread. Remembers which stamps tell no new hour."""

    def __init__(self, watch: Watch) -> None:
        self._known, self._besides = (np.zeros(1 << KNOWN_BITS, np.uint64) for _ in range(2))
        self._following = Following(watch)
        self._form = self._by_mesh if COMPILED else self._by_screen

    def know(self, keys: Sequence[int], besides: Sequence[int]) -> None:
        """Stamps with these keys tell nothing new from now on; of one with the same beside it only its time does."""
        for table, known in ((self._known, keys), (self._besides, besides)):
            hashes = np.fromiter(known, np.uint64, len(known))
            table[hashes >> np.uint64(64 - KNOWN_BITS)] = hashes

    def sift(self, block: bytes) -> Sifted:
        """Sift whole lines, each with its end. Whether an open message waits for a loose fragment is asked later."""
        found = self._form(block)
        columns = found.keys[found.unknown], found.unknown, found.besides
        telling = zip(*(column.tolist() for column in columns), strict=True)
        return Sifted(
            starts=found.starts,
            ends=found.ends,
            heard=found.heard,
            loose=found.loose,
            radios=found.radios,
            telling=list({each[0]: each for each in telling}.values()),  # of each key one
            keys=found.keys,
            has_unstamped=found.has_unstamped,
        )

    @cached_property
    def _heads(self) -> Heads:
        return Heads(self._following)

    def _by_screen(self, block: bytes) -> Found:
        return screen.sift(block, self._heads, self._known, self._besides)

    def _by_mesh(self, block: bytes) -> Found:
        found = mesh.sift(block, self._following.now(), self._known, self._besides)
        if found is None:
            return self._by_screen(block)
        starts, ends, heard, loose, codes, at_s, radios, keys, unknown, besides, has_unstamped = found
        return Found(starts, ends, heard, Loose(loose, codes, at_s), radios, keys, unknown, besides, has_unstamped)
