"""Where a replay into a ledger goes on after it was killed: so many lines into the same bytes, heard the same way.

    mark      what was replayed and how, as a hash: contents, rules, whom it follows, span, when it became known
    places    after which lines all is settled that an earlier line can still be needed for

With each batch the ledger keeps how many lines need not be heard again, and the mark; at the end the mark is taken
away. What was heard after that place is heard again, which changes nothing.
"""

import hashlib
from collections import deque
from collections.abc import Iterable

from sealane.filter import Watch
from sealane.fragment import KEPT_SENTENCES
from sealane.listener import Listener

HEARD_BEFORE = "heard_before"
MARK_BYTES = 16


def seal_of(block: bytes) -> bytes:
    """The hash of a block's bytes."""
    return hashlib.blake2b(block, digest_size=MARK_BYTES).digest()


class Contents:
    """A hash of all bytes of a replay, file by file, block by block."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=MARK_BYTES)

    def add(self, file: str, seals: Iterable[bytes]) -> None:
        """A file, by the seals of its blocks."""
        self._hash.update(f"\nfile {file}\n".encode())
        self._hash.update(b"".join(seals))

    def mark(self, watch: Watch, how: Iterable[object]) -> str:
        """The mark of a replay of these bytes."""
        self._hash.update(repr((sorted(watch.mmsi or ()), sorted(watch.bound), sorted(watch.met))).encode())
        self._hash.update(repr([str(each) for each in how]).encode())
        return self._hash.hexdigest()


class Places:
    """Up to which line all is settled."""

    def __init__(self, begun_lines: int) -> None:
        self._settled_lines = begun_lines
        self._later: deque[tuple[int, int]] = deque()  # sentences and lines heard

    def reached(self, sentences: int, lines: int) -> None:
        """Whole blocks have been heard."""
        if self._later and self._later[-1][0] == sentences:
            self._later.pop()
        self._later.append((sentences, lines))

    def settled(self, listener: Listener) -> int:
        """How many lines need not be heard again: no message, open or passed over, can want a part of them."""
        upto = min(listener.settled, listener.heard - KEPT_SENTENCES)
        while self._later and self._later[0][0] <= upto:
            self._settled_lines = self._later.popleft()[1]
        return self._settled_lines
