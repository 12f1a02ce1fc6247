"""Earlier: what was known by a time, folded anew from what a ledger holds. Seconds of work: so in a thread of its own,
one at a time, and kept for a minute for whoever asks again.
"""

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from desk.problem import Refused
from desk.snapshot import Snapshot
from desk.writer import Opens
from streams.asof import standing_as_of
from streams.corridor.corridor import Corridor
from streams.reading import check, reading_of

KEPT = 8
KEPT_S = 60.0  # others may add meanwhile what had been known by then
WAIT_AT_MOST = 16
RETRY_S = "10"


class Earlier:
    """The standings of one ledger at earlier times."""

    def __init__(self, opens: Opens, corridor: Corridor) -> None:
        self._opens, self._corridor = opens, corridor
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="earlier")
        self._found: OrderedDict[datetime, tuple[float, asyncio.Task[Snapshot]]] = OrderedDict()

    async def at(self, known_by: datetime) -> Snapshot:
        """What was known by a time. Raises LedgerError, Refused."""
        loop = asyncio.get_running_loop()
        since_s, found = self._found.get(known_by, (float("-inf"), None))
        if found is None or found.cancelled() or loop.time() - since_s > KEPT_S or (found.done() and found.exception()):
            if sum(not task.done() for _, task in self._found.values()) >= WAIT_AT_MOST:
                detail = f"{WAIT_AT_MOST} earlier times are being worked out; come again"
                raise Refused("busy", detail, {"retry-after": RETRY_S})
            found = asyncio.ensure_future(self._folded(known_by))
            self._found[known_by] = loop.time(), found
            while len(self._found) > KEPT and next(iter(self._found.values()))[1].done():
                self._found.popitem(last=False)
        return await asyncio.shield(found)

    async def _folded(self, known_by: datetime) -> Snapshot:
        def work() -> Snapshot:
            return asyncio.run(self._fold(known_by))

        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _fold(self, known_by: datetime) -> Snapshot:
        async with self._opens() as ledger:
            meta, head = await ledger.meta(), await ledger.read_head()
            if meta is not None:
                check(ledger.url, meta, self._corridor)
            rules = self._corridor.rules
            standing = await standing_as_of(ledger, rules, known_by)
            reading = reading_of(self._corridor, meta, head, standing, known_by)
            return Snapshot(reading=reading, feeds=(), judged_by=rules.fingerprint)
