"""The desk: what every route is handed. It keeps up with one ledger, and answers from what it read last."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from desk.earlier import Earlier
from desk.metrics import Metrics
from desk.outflow import Outflow
from desk.snapshot import Kept, Snapshot
from desk.writer import Opens, Writer
from streams.clock import now
from streams.corridor.corridor import Corridor
from streams.ledger.ledger import Ledger, LedgerError
from streams.log import log

EVERY_S = 0.05  # how often the ledger is looked at
REST = 4  # times as long as a snapshot took to read and to answer from: at most a fifth of the time goes into that
LONGEST_REST_S = 1.0  # all the same: what is shown is no older
ANSWERS_KEPT = 256  # of one snapshot
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
        self._answering_s = 0.0  # what was worked out from the last snapshot took so long
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

    def answered(self, snapshot: Snapshot, key: str, worked_out: Callable[[], bytes]) -> bytes:
        """What is answered to what was asked: worked out once for each snapshot."""
        if key not in snapshot.answers:
            loop = asyncio.get_running_loop()
            began_s = loop.time()
            found = worked_out()
            if len(snapshot.answers) >= ANSWERS_KEPT:
                snapshot.answers.clear()
            snapshot.answers[key] = found
            self._answering_s += loop.time() - began_s
        return snapshot.answers[key]

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
            rest_s = REST * (loop.time() - began_s + self._answering_s)
            self._answering_s = 0.0
            await asyncio.sleep(min(max(EVERY_S, rest_s), LONGEST_REST_S))


async def ended(task: asyncio.Task[None]) -> None:
    """End a task, and wait until it has."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
