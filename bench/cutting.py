"""A proxy between a ledger and its server that cuts the connection at a named point of a commit.

before it is sent    the server never hears of it
after it is sent     the server takes it; the connection is gone before it can answer
before its answer    the server has answered; the answer is lost
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

POINTS = ("before it is sent", "after it is sent", "before its answer")
COMMIT = b"EVAL"
BLOCK_BYTES = 1 << 20
QUIET_S = 0.05  # a client that sends nothing for so long waits for its answer


class Proxy:
    """Hands bytes on. Once the `at`-th commit from now on reaches `point`: `act` is called, its connection is cut."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._point: str | None = None
        self._left = 0
        self._act: Callable[[], None] = lambda: None

    def cut(self, point: str, at: int = 1, act: Callable[[], None] = lambda: None) -> None:
        self._point, self._left, self._act = point, at, act

    @property
    def has_cut(self) -> bool:
        return self._point is None

    async def connect(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """One connection: request and answer by turns, as a client that waits for each answer sends them."""
        try:
            from_server, to_server = await asyncio.open_unix_connection(self._server)
        except OSError:  # the server is gone: so is whoever stands for it
            to_client.close()
            return
        back = asyncio.create_task(_hand_on(from_server, to_client))
        try:
            while block := await from_client.read(BLOCK_BYTES):
                if not self._is_due(block):
                    to_server.write(block)
                    continue
                back.cancel()
                point, self._point = self._point, None
                if point != POINTS[0]:
                    await _sent(block, from_client, to_server)
                if point == POINTS[2]:
                    await from_server.read(BLOCK_BYTES)
                self._act()
                break
        except ConnectionError:
            pass
        finally:
            back.cancel()
            to_client.close()
            to_server.close()

    def _is_due(self, block: bytes) -> bool:
        if self._point is None or COMMIT not in block:
            return False
        self._left -= 1
        return self._left == 0


@asynccontextmanager
async def proxied(server: str, path: Path) -> AsyncIterator[Proxy]:
    """A proxy that listens at a path of its own."""
    proxy = Proxy(server)
    async with await asyncio.start_unix_server(proxy.connect, path):
        yield proxy


async def _hand_on(from_server: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
    while block := await from_server.read(BLOCK_BYTES):
        to_client.write(block)
    to_client.close()


async def _sent(block: bytes, from_client: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
    """The whole request: up to where the client waits for an answer."""
    while block:
        to_server.write(block)
        await to_server.drain()
        try:
            block = await asyncio.wait_for(from_client.read(BLOCK_BYTES), QUIET_S)
        except TimeoutError:
            return
