"""Lines: blocks of bytes, cut anywhere, become whole lines. The same lines however the blocks are cut."""

from collections.abc import Iterator

MAX_LINE_BYTES = 64 * 1024


class Lines:
    """Cuts blocks into lines at b"\\n", the same however the blocks are cut.

    A line over MAX_LINE_BYTES comes out shortened, still too long, so that `hear` rejects it; memory stays bounded.
    """

    def __init__(self) -> None:
        self._begun = b""

    def cut(self, block: bytes) -> Iterator[bytes]:
        """The lines this block completes, without their ends."""
        first, *others = block.split(b"\n")
        self._begun = (self._begun + first)[: MAX_LINE_BYTES + 1]
        for line in others:
            yield self._begun
            self._begun = line[: MAX_LINE_BYTES + 1]

    def whole(self, block: bytes) -> bytes:
        """The lines this block completes, with their ends, as one block."""
        end = block.rfind(b"\n") + 1
        if not end:
            self._begun = (self._begun + block)[: MAX_LINE_BYTES + 1]
            return b""
        whole = b"".join((self._begun, memoryview(block)[:end]))
        self._begun = block[end:][: MAX_LINE_BYTES + 1]
        return whole

    def rest(self) -> Iterator[bytes]:
        """The last line, if it had no end."""
        if self._begun:
            yield self._begun
        self._begun = b""
