"""Outbox: one who sends the chain on, by lease, from a cursor the ledger keeps. At least once, the same ids each time.

    begin      a name that never sent has its cursor set, at the beginning or at the end of the chain
    take       wait until the lease is ours: given back, or its beat stood still for LEASE_S by our own watch
    follow     the chain from the cursor on, entry by entry as it is committed; what is not to be sent is passed over
    move       after what was sent has been taken: the cursor, in one script with what is kept of it
    give back  at a clean end, so that the next need not wait

The lease is `epoch:beat:sequence:holder`; only its holder changes it, each change raises the beat, each taking the
epoch. Who was paused past its lease finds it changed and is refused (Fenced). No two clocks are compared. Beat 0: free.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from secrets import token_hex
from typing import cast

import msgspec
from redis.exceptions import ResponseError

from streams.ledger import keys
from streams.ledger.chain import Entry
from streams.ledger.ledger import Fenced, Ledger, LedgerError, Word, Write
from streams.ledger.wire import telling

LEASE_S = 6.0  # a holder that has not beaten for so long has lost it
BEATS = 3  # in a lease


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Who may send, and how far it has sent: an entry of `sealane:outbox`."""

    epoch: int = 0
    beat: int = 0  # 0: free
    sequence: int = 0
    holder: str = "-"

    @property
    def written(self) -> str:
        return f"{self.epoch}:{self.beat}:{self.sequence}:{self.holder}"


def lease_of(written: str) -> Lease:
    """What an entry of `sealane:outbox` says; nothing: free, and nothing sent."""
    if not written:
        return Lease()
    epoch, beat, sequence, holder = written.split(":")
    return Lease(epoch=int(epoch), beat=int(beat), sequence=int(sequence), holder=holder)


class Outbox:
    """One name under which the chain is sent on."""

    def __init__(self, ledger: Ledger, name: str, lease_s: float = LEASE_S, holder: str | None = None) -> None:
        """`holder`: a name that no other living process has; who had it before is not waited for."""
        self.ledger, self.name, self.lease_s = ledger, name, lease_s
        self._me = holder or token_hex(4)
        self._held: Lease | None = None
        self._passed = 0
        self._beaten_s = 0.0  # of the loop's time
        self._step = asyncio.Lock()  # the beat and whoever sends change one lease

    @property
    def sequence(self) -> int:
        """The last entry that was sent and taken, or that is none of ours."""
        return max(self._held.sequence, self._passed) if self._held else 0

    def pass_over(self, sequence: int) -> None:
        """An entry is not to be sent. The next beat or move writes it; lost in a kill, it is passed over again."""
        self._passed = sequence

    async def begin(self, after: int | None = None) -> None:
        """Have a name that never sent begin after an entry; None: after the last there is now. Raises LedgerError."""
        if await self.ledger.meta() is None:  # a key of ours would keep a ledger from being born
            raise LedgerError(f"{self.ledger.url}: holds no ledger yet; sealane run or replay makes one")
        if not await self._written():
            sequence = (await self.ledger.read_head()).sequence if after is None else after
            with suppress(Fenced):  # another has begun it meanwhile
                await self._change("", Lease(sequence=sequence))

    async def take(self) -> None:
        """Wait until the lease is ours. Raises LedgerError."""
        loop = asyncio.get_running_loop()
        seen, since_s = None, loop.time()
        while True:
            written = await self._written()
            lease = lease_of(written)
            if written != seen:
                seen, since_s = written, loop.time()
            if lease.beat == 0 or lease.holder == self._me or loop.time() - since_s >= self.lease_s:
                taken = Lease(epoch=lease.epoch + 1, beat=1, sequence=lease.sequence, holder=self._me)
                with suppress(Fenced):
                    await self._change(written, taken)
                    self._keep(taken)
                    self._passed = 0
                    return
            await asyncio.sleep(self.lease_s / BEATS)

    async def follow(self) -> AsyncIterator[Entry]:
        """The chain after the cursor, and then each entry as it is committed. It does not end."""
        async for entry in self.ledger.follow(self.sequence):
            yield entry

    async def sure(self) -> None:
        """The lease is still ours: asked before anything is sent. Raises Fenced."""
        if asyncio.get_running_loop().time() - self._beaten_s >= self.lease_s / BEATS:
            await self.beat()

    async def beat(self, writes: Sequence[Write] = ()) -> None:
        """Say that we are here. Raises Fenced where another has taken the lease, and nothing is written."""
        async with self._step:
            await self._moved(self.sequence, writes)

    async def move(self, sequence: int, writes: Sequence[Write] = ()) -> None:
        """The chain is sent up to an entry; with this, what is kept of it. Raises Fenced, and nothing is written."""
        async with self._step:
            await self._moved(sequence, writes)

    async def note(self, writes: Sequence[Write]) -> None:
        """Keep what was sent beside the relay, by a person: whole, and the lease stays as it is."""
        while True:
            written = await self._written()
            with suppress(Fenced):
                await self._change(written, lease_of(written), writes)
                return

    async def give_back(self) -> None:
        """Let the next have it at once."""
        async with self._step:
            self._held = None
            lease = lease_of(await self._written())
            if lease.holder == self._me and lease.beat:
                sequence = max(lease.sequence, self._passed)
                await self._change(lease.written, msgspec.structs.replace(lease, beat=0, sequence=sequence))

    async def _moved(self, sequence: int, writes: Sequence[Write] = ()) -> None:
        if self._held is None:
            raise Fenced(f"{self.ledger.url}: {self.name!r} holds no lease")
        moved = msgspec.structs.replace(self._held, beat=self._held.beat + 1, sequence=sequence)
        await self._change(self._held.written, moved, writes)
        self._keep(moved)

    def _keep(self, lease: Lease) -> None:
        self._held, self._beaten_s = lease, asyncio.get_running_loop().time()

    async def _written(self) -> str:
        with telling(self.ledger.url):
            held = cast(bytes | None, await self.ledger.server.hget(keys.OUTBOX, self.name))
        return (held or b"").decode()

    async def _change(self, expected: str, lease: Lease, writes: Sequence[Write] = ()) -> None:
        words: list[Word] = [self.name, expected, lease.written]
        for write in writes:
            words += (len(write), *write)
        with telling(self.ledger.url):
            try:
                await self.ledger.server.eval(keys.MOVE, 0, *words)
            except ResponseError as error:
                refused, _, found = str(error).partition(" ")
                if refused != "FENCED":
                    raise
                if found != lease.written:  # else it had been written: only the answer was lost, and it was sent again
                    text = f"{self.name!r} stands at {found!r}, expected {expected!r}: another has its lease"
                    raise Fenced(f"{self.ledger.url}: {text}") from None


@asynccontextmanager
async def holding(outbox: Outbox) -> AsyncIterator[Outbox]:
    """Hold the lease, beating beside the sending, and give it back. Raises LedgerError.

    A beat that fails ends nothing by itself: the next `sure` or `move` is refused.
    """
    await outbox.take()
    beating = asyncio.create_task(_beating(outbox))
    try:
        yield outbox
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        with suppress(LedgerError):
            await outbox.give_back()


async def _beating(outbox: Outbox) -> None:
    with suppress(LedgerError):
        while True:
            await asyncio.sleep(outbox.lease_s / BEATS)
            await outbox.beat()


async def anew(ledger: Ledger, name: str) -> None:
    """Whoever sends under this name begins with the chain's first entry; its holder must have ended."""
    with telling(ledger.url):
        await ledger.server.hdel(keys.OUTBOX, name)
