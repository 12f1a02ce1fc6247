"""Outflow: the chain as a stream of events. Encoded once, a page at a time, and shared by everybody who listens.

    chain    1 .. 256 | 257 .. 512 | 513 .. end        pages: read from the ledger when first asked for
    reader             after^------> a chunk of 256 kB at most, then the next; at the end it waits

A reader is told of an event once the views show what came of it. One who comes back with the last sequence it has is
given all that came after: nothing twice, nothing left out. How fast anybody reads holds up nobody else.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator
from itertools import count

from streams.contract.cloudevent import cloud_event, structured
from streams.ledger.ledger import Ledger, LedgerError
from streams.showing.telling import told

PAGE = 256  # events
PAGES_KEPT = 64
CHUNKS_KEPT = 64
CHUNK_BYTES = 256_000  # what one slow reader can hold up in memory
COALESCE_S = 0.1  # at the end of the chain: what comes within it goes out as one
PING_S = 15.0
AGAIN_S = 1.0  # while the ledger cannot be read

BEGIN = b"retry: 1000\n: sealane\n\n"
PING = b": ping\n\n"


class Outflow:
    """The events of one ledger. `reach` says how far readers may be told."""

    def __init__(self, ledger: Ledger, corridor: str) -> None:
        self.end = 0
        self.readers: Counter[str] = Counter()  # by client
        self._turns = count()
        self.is_closing = False
        self._ledger, self._corridor = ledger, corridor
        self._pages: OrderedDict[int, list[bytes]] = OrderedDict()
        self._chunks: OrderedDict[tuple[int, int], tuple[int, bytes]] = OrderedDict()
        self._reading = asyncio.Lock()
        self._tick = asyncio.Event()

    def reach(self, sequence: int) -> None:
        """The chain is known up to a sequence; a lower one than before is another chain."""
        if sequence < self.end:
            self._pages.clear()
            self._chunks.clear()
        if sequence != self.end:
            self.end = sequence
            self._wake()

    def close(self) -> None:
        """Have every stream end, with a whole chunk."""
        self.is_closing = True
        self._wake()

    def _wake(self) -> None:
        # Swapped, not a Condition: who waits on one can be cancelled twice, and then fails on a lock it does not hold.
        tick, self._tick = self._tick, asyncio.Event()
        tick.set()

    async def stream(self, after: int, client: str) -> AsyncIterator[bytes]:
        """What came after a sequence, and then each event as it comes; pings where nothing does."""
        self.readers[client] += 1
        turn = next(self._turns)
        try:
            yield BEGIN
            while not self.is_closing:
                tick, end = self._tick, self.end  # the tick first: what comes between is not missed
                if after > end:
                    after = end
                    yield _reset(end)
                elif after < end:
                    after, chunk = await self._next(after)
                    yield chunk
                    await asyncio.sleep(0 if after < end else COALESCE_S)
                else:
                    try:
                        async with asyncio.timeout(PING_S):
                            await tick.wait()
                    except TimeoutError:
                        yield PING
                    else:
                        await asyncio.sleep(self._later_s(turn))
        finally:
            self.readers[client] -= 1
            self.readers += Counter()  # whose last stream has ended is forgotten

    def _later_s(self, turn: int) -> float:
        """When in the time that is told as one a reader has its turn: all at once would hold up every page."""
        readers = self.readers.total()
        return 0.0 if self.is_closing else COALESCE_S * (turn % readers) / readers

    async def _next(self, after: int) -> tuple[int, bytes]:
        """The next chunk; where the ledger cannot be read a ping, a second later."""
        try:
            return await self.chunk(after)
        except LedgerError:
            await asyncio.sleep(AGAIN_S)
            return after, PING

    async def chunk(self, after: int) -> tuple[int, bytes]:
        """What comes next after a sequence, as the bytes of a stream, and the sequence of its last event."""
        key = (after, self.end)
        if key not in self._chunks:
            number, begins = divmod(after, PAGE)
            frames = await self._page(number, min(self.end - number * PAGE, PAGE))
            last, size = begins, 0
            while last < len(frames) and number * PAGE + last < key[1]:
                size += len(frames[last])
                if size > CHUNK_BYTES and last > begins:
                    break
                last += 1
            self._chunks[key] = number * PAGE + last, b"".join(frames[begins:last])
            while len(self._chunks) > CHUNKS_KEPT:
                self._chunks.popitem(last=False)
        return self._chunks[key]

    async def _page(self, number: int, at_least: int) -> list[bytes]:
        """The events of a page as frames, so many of them at least."""
        async with self._reading:
            frames = self._pages.setdefault(number, [])
            self._pages.move_to_end(number)
            if len(frames) < at_least:
                async for entry in self._ledger.entries(number * PAGE + len(frames), PAGE - len(frames)):
                    frames.append(_frame(entry.sequence, structured(cloud_event(told(entry), self._corridor))))
                    if len(frames) == PAGE:
                        break
            while len(self._pages) > PAGES_KEPT:
                self._pages.popitem(last=False)
            return frames


def _frame(sequence: int, event: bytes) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (sequence, event)


def _reset(end: int) -> bytes:
    """The chain ends before what the reader has: it is another one."""
    return b'event: reset\nid: %d\ndata: {"sequence":%d}\n\n' % (end, end)
