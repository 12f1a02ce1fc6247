"""A file that grows: read on as it is written to, by whatever program keeps it.

    not there yet     waited for
    grown             read on
    truncated         begun again from its start
    replaced          (rotation) the old one read to its end, then the new one from its start

Looked at ten times a second: plain and the same on every file system. The mark of the last run tells whether the file
is still the one that was read then; if not, it is read from its start: what is heard twice changes nothing.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from streams.clock import now
from streams.feeds import BLOCK_BYTES, Block, Mark, Status, Tell

LOOKS_EVERY_S = 0.1
LINE_END = b"\n"


def line_hash(line: bytes) -> str:
    """By which a mark knows the line before it again."""
    return sha256(line).hexdigest()[:16]


class GrowingFile:
    """One file, by path. Its offset is that in the file."""

    def __init__(self, path: Path, tell: Tell) -> None:
        self.path = path
        self.name = f"file:{os.path.abspath(path)}"
        self.status = Status()
        self._tell = tell

    async def blocks(self, after: Mark) -> AsyncIterator[Block]:
        was_there = self.path.exists()
        file = await self._opened()
        old_bytes = os.fstat(file.fileno()).st_size if was_there else 0  # these lay there before we looked
        offset = after.offset if after.offset and self._is_same(file, after) else 0
        file.seek(offset)
        is_whole = True
        try:
            while True:
                if read := file.read(BLOCK_BYTES):
                    offset += len(read)
                    is_whole = read.endswith(LINE_END)
                    yield self._block(read, offset, is_old=offset <= old_bytes)
                    continue
                if self._has_ended(file, offset):
                    if not is_whole:
                        yield self._block(LINE_END, offset, is_old=False)
                    file.close()
                    self._tell(f"{self.path}: replaced or truncated; reading it from its start")
                    file, offset, old_bytes, is_whole = await self._opened(), 0, 0, True
                    continue
                await asyncio.sleep(LOOKS_EVERY_S)
        finally:
            file.close()
            self.status.connected = False

    async def _opened(self) -> BinaryIO:
        """The file, as soon as it can be read."""
        told = None
        while True:
            try:
                file = self.path.open("rb")
            except OSError as error:
                self.status.connected = False
                if told != error.strerror:
                    told = error.strerror
                    self._tell(f"{self.path}: {(told or 'unreadable').lower()}; waiting for it")
                await asyncio.sleep(LOOKS_EVERY_S)
            else:
                self.status.connected = True
                return file

    def _has_ended(self, file: BinaryIO, offset: int) -> bool:
        """Whether the file read so far is not the one at the path any more, or was cut."""
        open_now = os.fstat(file.fileno())
        if open_now.st_size < offset:
            return True
        if open_now.st_size > offset:
            return False  # it grew meanwhile: read that first
        try:
            at_path = self.path.stat()
        except OSError:
            return False  # gone, and nothing in its place yet
        return (at_path.st_dev, at_path.st_ino) != (open_now.st_dev, open_now.st_ino)

    def _is_same(self, file: BinaryIO, after: Mark) -> bool:
        """Whether the line before the mark is the one that stood there in the last run."""
        begin = max(0, after.offset - BLOCK_BYTES)
        file.seek(begin)
        lines = file.read(after.offset - begin).split(LINE_END)
        is_same = len(lines) > 1 and lines[-1] == b"" and line_hash(lines[-2]) == after.line_hash
        how = "going on" if is_same else "not the file of the last run; reading it from its start instead of"
        self._tell(f"{self.path}: {how} after byte {after.offset:,}")
        return is_same

    def _block(self, read: bytes, ends_at: int, *, is_old: bool) -> Block:
        at: datetime = now()
        self.status.got(at)
        return Block(bytes=read, ends_at=ends_at, arrived_at=None if is_old else at)
