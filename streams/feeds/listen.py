"""A TCP server: stations connect to us and push. Several at once; the lines of one never run into another's.

station 1 --> whole lines --+
station 2 --> whole lines --+--> queue (bounded) --> blocks        a full queue is not filled: the stations wait
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

from streams.clock import now
from streams.feeds import BLOCK_BYTES, Block, Mark, Status, Tell
from streams.feeds.address import address_of
from streams.feeds.lines import WholeLines

CONNECTIONS = 64
BLOCKS_WAITING = 16
PAUSE_S = 5.0  # before another try to listen where somebody else does
KEEPALIVE = ((socket.SO_KEEPALIVE, 1), (socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 4))


class TcpServer:
    """Its offset counts the bytes of all connections."""

    def __init__(self, address: str, tell: Tell, option: str = "--listen") -> None:
        """Of HOST:PORT, where 0.0.0.0 is every interface. Raises BadReference."""
        _, self.host, self.port = address_of(address, option, ("tcp",), "0.0.0.0:4002")
        self.name = f"listen:{self.host}:{self.port}"
        self.status = Status()
        self._tell = tell
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(maxsize=BLOCKS_WAITING)
        self._serving: set[asyncio.Task[None]] = set()

    async def blocks(self, after: Mark) -> AsyncIterator[Block]:
        offset = after.offset
        server = await self._listening()
        try:
            while True:
                read = await self._waiting.get()
                offset += len(read)
                at = now()
                self.status.got(at)
                yield Block(bytes=read, ends_at=offset, arrived_at=at)
        finally:
            server.close()
            for task in tuple(self._serving):
                task.cancel()

    async def _listening(self) -> asyncio.Server:
        told = ""
        while True:
            try:
                server = await asyncio.start_server(self._serve, self.host, self.port, limit=BLOCK_BYTES)
            except OSError as error:
                why = error.strerror or str(error)
                if why != told:
                    told = why
                    self._tell(f"{self.name}: cannot listen ({why}); trying again every {PAUSE_S:g} s")
                await asyncio.sleep(PAUSE_S)
            else:
                self._tell(f"{self.name}: listening")
                return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One station, from its first byte to its last."""
        status = self.status
        who = str((writer.get_extra_info("peername") or ("unknown",))[0])
        if status.connections >= CONNECTIONS:
            status.refused += 1
            self._tell(f"{self.name}: {who} refused; {CONNECTIONS} connections are open, and no more are taken")
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        status.connections += 1
        status.connected = True
        self._tell(f"{self.name}: {who} connected; {status.connections} open")
        try:
            await self._read(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._serving.discard(task)
            status.connections -= 1
            status.connected = status.connections > 0
            writer.transport.abort()
            self._tell(f"{self.name}: {who} gone; {status.connections} open")

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = WholeLines()
        with suppress(OSError):
            for option, value in KEEPALIVE:
                level = socket.SOL_SOCKET if option == socket.SO_KEEPALIVE else socket.IPPROTO_TCP
                writer.get_extra_info("socket").setsockopt(level, option, value)
        try:
            while read := await reader.read(BLOCK_BYTES):
                if whole := lines.take(read):
                    await self._waiting.put(whole)
        finally:
            if rest := lines.rest():
                with suppress(asyncio.QueueFull):  # asked to end: nobody waits
                    self._waiting.put_nowait(rest)
