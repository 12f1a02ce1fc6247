"""A TCP client: AIS from a server that sends it. Lost connections are made again, for ever.

connecting --> connected --> silent (told, not ended) --> connected
    ^              |
    +-- pause <----+   pause doubles from half a second to half a minute; bytes received set it back
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

from geofences.errors import BadReference
from streams.clock import now
from streams.feeds import BLOCK_BYTES, Block, Mark, Status, Tell

ADDRESS = re.compile(r"(?:tcp://)?(?:\[(?P<v6>[^]]+)\]|(?P<host>[^:\s/]+)):(?P<port>\d{1,5})")
HIGHEST_PORT = 65_535
CONNECT_TIMEOUT_S = 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
SILENT_AFTER_S = 60.0
LINE_END = b"\n"


class TcpClient:
    """One server's stream. Its offset counts the bytes of all connections: what was sent meanwhile is gone."""

    def __init__(self, address: str, tell: Tell) -> None:
        """Of HOST:PORT, an IPv6 host in brackets. Raises BadReference."""
        found = ADDRESS.fullmatch(address)
        if found is None or not 0 < int(found["port"]) <= HIGHEST_PORT:
            raise BadReference("--tcp", "", repr(address), "HOST:PORT, such as localhost:4001 or [::1]:4001")
        self.host, self.port = found["v6"] or found["host"], int(found["port"])
        self.name = f"tcp:{self.host}:{self.port}"
        self.status = Status()
        self._tell = tell

    async def blocks(self, after: Mark) -> AsyncIterator[Block]:
        offset, pause_s = after.offset, FIRST_PAUSE_S
        while True:
            blocks_before = self.status.blocks
            is_whole = True
            try:
                async for read in self._connection():
                    offset += len(read)
                    is_whole = read.endswith(LINE_END)
                    yield Block(bytes=read, ends_at=offset, arrived_at=self.status.last_byte_at)
                why = "the server closed the connection"
            except (OSError, TimeoutError) as error:
                why = str(error) or "no answer"
            if self.status.blocks > blocks_before:
                pause_s = FIRST_PAUSE_S
            if not is_whole:
                offset += len(LINE_END)
                yield Block(bytes=LINE_END, ends_at=offset, arrived_at=now())
            self._tell(f"{self.name}: {why}; trying again in {pause_s:g} s")
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            self.status.reconnects += 1

    async def _connection(self) -> AsyncIterator[bytes]:
        """The bytes of one connection."""
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection(self.host, self.port, limit=BLOCK_BYTES), CONNECT_TIMEOUT_S
        )
        try:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self.status.connected = True
            self._tell(f"{self.name}: connected")
            while read := await self._read(reader):
                self.status.got(now())
                yield read
        finally:
            self.status.connected = False
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        """The next bytes, however long they take; a long silence is told once."""
        reading = asyncio.ensure_future(reader.read(BLOCK_BYTES))
        try:
            done, _ = await asyncio.wait({reading}, timeout=SILENT_AFTER_S)
            if not done:
                self._tell(f"{self.name}: connected, but silent for {SILENT_AFTER_S:g} s")
            return await reading
        finally:
            reading.cancel()
