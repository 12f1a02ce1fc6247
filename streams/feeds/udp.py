"""UDP: stations send datagrams, each of whole lines. Nothing is asked for again, and what the kernel drops (its buffer
full, the network at its limit) nobody can know: use TCP where it matters. What we drop ourselves is counted.
"""

import asyncio
import socket
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import suppress

from streams.clock import now
from streams.feeds import BLOCK_BYTES, Block, Mark, Status, Tell
from streams.feeds.address import address_of
from streams.feeds.lines import LINE_END, WholeLines
from streams.feeds.listen import PAUSE_S

DATAGRAMS_WAITING = 4_096
SENDERS_KEPT = 256  # whose message in halves is waited for
BUFFER_BYTES = 4 << 20  # asked of the kernel, which may give less


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, feed: "Udp") -> None:
        self._feed = feed

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        self._feed.take(data, str(addr[:2]))

    def error_received(self, exc: Exception) -> None:
        """An answer to something we never sent; nothing follows."""


class Udp:
    """Its offset counts the bytes of all datagrams, and the line end given to one that has none."""

    def __init__(self, address: str, tell: Tell, option: str = "--udp") -> None:
        """Of HOST:PORT to listen on, where 0.0.0.0 is every interface. Raises BadReference."""
        _, self.host, self.port = address_of(address, option, ("udp",), "0.0.0.0:10110")
        self.name = f"udp:{self.host}:{self.port}"
        self.status = Status()
        self._tell = tell
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(maxsize=DATAGRAMS_WAITING)
        self._senders: OrderedDict[str, WholeLines] = OrderedDict()

    def take(self, datagram: bytes, sender: str) -> None:
        """One datagram, which ends its last line whether it says so or not."""
        lines = self._senders.setdefault(sender, WholeLines())
        self._senders.move_to_end(sender)
        whole = lines.take(datagram if datagram.endswith(LINE_END) else datagram + LINE_END)
        if len(self._senders) > SENDERS_KEPT:
            whole = self._senders.popitem(last=False)[1].rest() + whole
        try:
            if whole:
                self._waiting.put_nowait(whole)
        except asyncio.QueueFull:
            self.status.dropped += 1

    async def blocks(self, after: Mark) -> AsyncIterator[Block]:
        offset = after.offset
        transport = await self._listening()
        self.status.connected = True
        try:
            while True:
                read = await self._waiting.get()
                while len(read) < BLOCK_BYTES and not self._waiting.empty():
                    read += self._waiting.get_nowait()
                offset += len(read)
                at = now()
                self.status.got(at)
                yield Block(bytes=read, ends_at=offset, arrived_at=at)
        finally:
            self.status.connected = False
            transport.close()

    async def _listening(self) -> asyncio.DatagramTransport:
        told = ""
        loop = asyncio.get_running_loop()
        while True:
            try:
                transport, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self), local_addr=(self.host, self.port)
                )
            except OSError as error:
                why = error.strerror or str(error)
                if why != told:
                    told = why
                    self._tell(f"{self.name}: cannot listen ({why}); trying again every {PAUSE_S:g} s")
                await asyncio.sleep(PAUSE_S)
            else:
                with suppress(OSError):
                    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
                self._tell(f"{self.name}: listening; what the kernel drops cannot be counted")
                return transport
