"""Standard input: a pipe, a terminal or a file, read as it comes until it ends."""

import asyncio
import os
from collections.abc import AsyncIterator

from streams.clock import now
from streams.feeds import BLOCK_BYTES, Block, Mark, Status

STDIN_FD = 0


class Stdin:
    """The standard input of this process. Its offset counts the bytes of all runs: it can be read once only."""

    name = "stdin"

    def __init__(self, fd: int = STDIN_FD) -> None:
        self._fd = fd
        self.status = Status()

    async def blocks(self, after: Mark) -> AsyncIterator[Block]:
        self.status.connected = True
        offset = after.offset
        while await _readable(self._fd) and (read := os.read(self._fd, BLOCK_BYTES)):
            offset += len(read)
            at = now()
            self.status.got(at)
            yield Block(bytes=read, ends_at=offset, arrived_at=at)
        self.status.connected = False


async def _readable(fd: int) -> bool:
    """Wait until a read does not block. A plain file never does, and cannot be waited for."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(fd, ready.set)
    except PermissionError:
        return True
    try:
        return await ready.wait()
    finally:
        loop.remove_reader(fd)
