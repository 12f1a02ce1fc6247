"""A TCP client: AIS from a server that sends it, plain or in TLS. Lost connections are made again, for ever.

connecting --> connected
    ^              |
    +-- pause <----+   pause doubles from half a second to half a minute; a connection that lasts sets it back

With TLS the server's certificate must be good: signed by an authority of the system, or of a file of the operator's.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from geofences.errors import BadReference
from streams.clock import now
from streams.feeds import BLOCK_BYTES, Block, Mark, Status, Tell
from streams.feeds.address import address_of, not_reached
from streams.feeds.listen import KEEPALIVE

CONNECT_TIMEOUT_S = 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
LASTS_S = 3.0  # a web server that is no feed has sent its page and closed by then
BRIEF_PAUSE_S = 5.0  # after a connection that did not last, and yet may have been a feed's
LINE_END = b"\n"


class TcpClient:
    """One server's stream. Its offset counts the bytes of all connections: what was sent meanwhile is gone."""

    def __init__(self, address: str, tell: Tell, authority: Path | None = None, option: str = "--tcp") -> None:
        """Of HOST:PORT or tls://HOST:PORT; `authority` is a file of certificates to trust. Raises BadReference."""
        scheme, self.host, self.port = address_of(address, option, ("tcp", "tls"), "localhost:4001")
        self.name = f"{scheme}:{self.host}:{self.port}"
        self.status = Status()
        self._tell = tell
        self._tls = _trusting(authority) if scheme == "tls" else None

    async def blocks(self, after: Mark) -> AsyncIterator[Block]:
        offset, pause_s = after.offset, FIRST_PAUSE_S
        time_s = asyncio.get_running_loop().time
        while True:
            blocks_before, began_s = self.status.blocks, time_s()
            is_whole = True
            try:
                async for read in self._connection():
                    offset += len(read)
                    is_whole = read.endswith(LINE_END)
                    yield Block(bytes=read, ends_at=offset, arrived_at=self.status.last_byte_at)
                why = "the server closed the connection"
            except (OSError, TimeoutError) as error:
                why = _words(error)
            if self.status.blocks > blocks_before:
                pause_s = FIRST_PAUSE_S if time_s() - began_s >= LASTS_S else min(pause_s, BRIEF_PAUSE_S)
            if not is_whole:
                offset += len(LINE_END)
                yield Block(bytes=LINE_END, ends_at=offset, arrived_at=now())
            self._tell(f"{self.name}: {why}; trying again in {pause_s:g} s")
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            self.status.reconnects += 1

    async def _connection(self) -> AsyncIterator[bytes]:
        """The bytes of one connection."""
        async with asyncio.timeout(CONNECT_TIMEOUT_S):  # wait_for forgets that it was ended, if that is just done
            reader, writer = await asyncio.open_connection(
                self.host,
                self.port,
                limit=BLOCK_BYTES,
                ssl=self._tls,
                ssl_handshake_timeout=CONNECT_TIMEOUT_S if self._tls else None,
            )
        try:
            for option, value in KEEPALIVE:
                level = socket.SOL_SOCKET if option == socket.SO_KEEPALIVE else socket.IPPROTO_TCP
                writer.get_extra_info("socket").setsockopt(level, option, value)
            self.status.connected = True
            self._tell(f"{self.name}: connected")
            while read := await reader.read(BLOCK_BYTES):
                self.status.got(now())
                yield read
        finally:
            self.status.connected = False
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()


def _trusting(authority: Path | None) -> ssl.SSLContext:
    """Trusts the authorities of a file, else those of the system. Raises BadReference."""
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        reason = (getattr(error, "strerror", None) or "unreadable").lower()
        raise BadReference("--tls-ca", "", f"{str(authority)!r} ({reason})", "a file of certificates in PEM") from None


def _words(error: Exception) -> str:
    """Why there is no connection, and what can be done."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not good ({error.verify_message}); --tls-ca names a file of those to trust"
        case ssl.SSLError(reason="WRONG_VERSION_NUMBER" | "HTTP_REQUEST" | "RECORD_LAYER_FAILURE"):
            return "the server does not speak TLS here; without TLS it is tcp://"
        case ssl.SSLError():
            return f"no TLS connection ({(error.reason or str(error)).replace('_', ' ').lower()})"
        case _:
            return not_reached(error)
