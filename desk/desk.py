"""The desk: what every route is handed. It keeps up with one ledger, and answers from what it read last."""

import asyncio
from contextlib import suppress
from datetime import datetime

from desk.earlier import Earlier
from desk.metrics import Metrics
from desk.outflow import Outflow
from desk.snapshot import Kept, Snapshot
from desk.writer import Opens, Writer
from streams.clock import now
from streams.corridor import Corridor
from streams.ledger import Ledger, LedgerError
from streams.log import log

EVERY_S = 0.05  # how often the ledger is looked at
REST = 4  # times as long as reading it took: a fifth of the time at most goes into that
AWAY_S = 1.0  # between tries while it cannot be read


class Desk:
    """One desk of one corridor's ledger."""

    def __init__(self, ledger: Ledger, corridor: Corridor, opens: Opens) -> None:
        """`opens` connects to the ledger once more, for who works in a thread of its own."""
        self.ledger, self.corridor = ledger, corridor
        self.writer = Writer(opens, corridor)
        self.metrics = Metrics()
        self._earlier = Earlier(opens, corridor)
        self.outflow = Outflow(ledger, corridor.rules.corridor)
        self._kept = Kept(ledger, corridor)
        self._snapshot: Snapshot | None = None
        self.read_at: datetime | None = None
        self.away: str | None = "the ledger has not been read yet"  # why what is shown is not up to date

    @property
    def snapshot(self) -> Snapshot:
        """What stands, as it was read last. Raises LedgerError where nothing was ever read."""
        if self._snapshot is None:
            raise LedgerError(self.away or "")
        return self._snapshot

    async def refresh(self) -> Snapshot:
        """Read the ledger again. Raises LedgerError, and then shows what it showed before."""
        try:
            self._snapshot = await self._kept.read()
        except LedgerError as error:
            self.away = str(error)
            raise
        self.away, self.read_at = None, now()
        self.outflow.reach(self._snapshot.head.sequence)
        return self._snapshot

    async def as_of(self, known_by: datetime | None) -> Snapshot:
        """What stands; or what was known by a time."""
        return self.snapshot if known_by is None else await self._earlier.at(known_by)

    async def keep_up(self) -> None:
        """Read the ledger as it goes on, for ever. A ledger that goes away is waited for."""
        loop = asyncio.get_running_loop()
        while True:
            was_away, began_s = self.away, loop.time()
            try:
                await self.refresh()
            except LedgerError as error:
                if was_away is None:
                    log().warning(f"{error}; showing what was read last")
                await asyncio.sleep(AWAY_S)
                continue
            if was_away is not None:
                log().info("the ledger is read", sequence=self.snapshot.head.sequence)
            await asyncio.sleep(max(EVERY_S, REST * (loop.time() - began_s)))


async def ended(task: asyncio.Task[None]) -> None:
    """End a task, and wait until it has."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
