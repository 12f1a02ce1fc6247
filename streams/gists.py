"""Gists: what the first pass of a replay saw of each block, kept for the second: in memory, then on disk.

Some four bytes a line. Where they cannot be kept (too many, a full disk), or the file has changed since, the second
pass sifts its blocks itself: it takes longer and finds the same.
"""

import tempfile
from collections.abc import Iterator
from typing import IO

from sealane.gist import Gist, unpacked
from streams.merge import Merged
from streams.recording import Recording

IN_MEMORY_BYTES = 4 << 20
MOST_BYTES = 2 << 30  # of some 40 GB of recordings
SIZE_BYTES = 4  # before each


class Gists:
    """Kept block by block in their order; read once, in the same order."""

    def __init__(self) -> None:
        self._spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - till the end
        self._kept = self._bytes = 0  # how many, and how much of the spool they take
        self._is_full = False
        # the first block of each, and the state it was read in
        self._recordings: list[tuple[int, Recording | Merged, tuple[int, ...]]] = []

    def begin(self, recording: Recording | Merged) -> None:
        """Blocks of another recording come."""
        self._recordings.append((self._kept, recording, recording.state))

    def close(self) -> None:
        """They are needed no more."""
        self._spool.close()

    def add(self, gist: Gist | None) -> None:
        """Of the next block; None: it has none."""
        packed = b"" if gist is None else gist.packed
        self._is_full = self._is_full or self._bytes + len(packed) > MOST_BYTES
        if self._is_full:
            return
        try:
            self._spool.write(len(packed).to_bytes(SIZE_BYTES, "little"))
            self._spool.write(packed)
        except OSError:  # no room for it: what is kept so far is good
            self._is_full = True
            return
        self._kept, self._bytes = self._kept + 1, self._bytes + SIZE_BYTES + len(packed)

    def __iter__(self) -> Iterator[Gist | None]:
        """Of each block in turn, without end; None: it must be sifted again."""
        self._spool.seek(0)
        recordings = iter(self._recordings)
        upcoming = next(recordings, None)
        has_changed = False
        for number in range(self._kept):
            while upcoming is not None and upcoming[0] == number:
                _, recording, state = upcoming
                has_changed = recording.state != state
                upcoming = next(recordings, None)
            packed = self._spool.read(int.from_bytes(self._spool.read(SIZE_BYTES), "little"))
            yield unpacked(packed) if packed and not has_changed else None
        while True:
            yield None
