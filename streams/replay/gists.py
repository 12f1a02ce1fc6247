"""Gists: what the first pass of a replay saw of each block, kept for the second: in memory, the later ones on disk.

Some five bytes a line. Where they cannot be kept (too many, a full disk), or the file has changed since, the second
pass sifts its blocks itself: it takes longer and finds the same.
"""

import tempfile
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, cast

from sealane.sieve.gist import Gist, unpacked
from streams.replay.merge import Merged
from streams.replay.recording import Recording

IN_MEMORY_BYTES = 4 << 20
MOST_BYTES = 2 << 30  # of one stretch: of some 40 GB of it
SIZE_BYTES = 4  # before each on disk


class Counts(NamedTuple):
    """Of a stretch: blocks, how many of them have theirs kept (the first ones), and the bytes those take."""

    blocks: int = 0
    kept: int = 0
    kept_bytes: int = 0


class Gists:
    """Of one stretch of a recording, block by block in their order; read once, in the same order."""

    def __init__(self, recording: Recording | Merged) -> None:
        self.recording, self._state = recording, recording.state
        self._in_memory: deque[bytes] = deque()
        self._file: BinaryIO | None = None  # of those that came later
        self.counts = Counts()
        self._is_full = False

    def share(self) -> None:
        """Another process will add them, to a file of both; it must say how many they are (`counts`)."""
        self._file = _file()

    def clear(self) -> None:
        """It did not get far: begin again."""
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()
        self.counts = Counts()

    def close(self) -> None:
        """They are needed no more."""
        self._in_memory.clear()
        if self._file is not None:
            self._file.close()

    def add(self, gist: Gist | None) -> None:
        """Of the next block; None: it has none."""
        packed = b"" if gist is None else gist.packed
        blocks, kept, kept_bytes = self.counts
        size_bytes = SIZE_BYTES + len(packed)
        self._is_full = self._is_full or kept_bytes + size_bytes > MOST_BYTES or not self._has_kept(packed, kept_bytes)
        more = 0 if self._is_full else 1
        self.counts = Counts(blocks + 1, kept + more, kept_bytes + more * size_bytes)

    def _has_kept(self, packed: bytes, kept_bytes: int) -> bool:
        if self._file is None and kept_bytes + len(packed) <= IN_MEMORY_BYTES:
            self._in_memory.append(packed)
            return True
        try:
            self._file = self._file or _file()
            held = len(packed).to_bytes(SIZE_BYTES, "little") + packed
            return self._file.write(held) == len(held)
        except OSError:  # no room for it: what is kept so far is good
            return False

    def __iter__(self) -> Iterator[Gist | None]:
        """Of each block in turn; None: it must be sifted again."""
        if self._file is not None:
            self._file.seek(0)
        is_same = True
        for number in range(self.counts.blocks):
            if number >= self.counts.kept:
                yield None
                continue
            packed = self._next()
            is_same = is_same and self.recording.state == self._state
            yield unpacked(packed) if packed and is_same else None

    def _next(self) -> bytes:
        if self._in_memory:
            return self._in_memory.popleft()
        assert self._file is not None, "what is not in memory was written"
        return self._file.read(int.from_bytes(self._file.read(SIZE_BYTES), "little"))


def _file() -> BinaryIO:
    return cast(BinaryIO, tempfile.TemporaryFile(buffering=0))
