"""Follower: stage 1 of some partitions. Whoever brings it their records, it has them folded and what follows committed.

    records --+--> partition --commit--\\
              +--> partition --commit--+--> ledger --> judge is woken
              +--> partition --commit--/

Partitions go side by side, each with radios of its own: a server that writes to disk with each commit does so once for
all that wait. Each is taken whole or refused whole, whatever becomes of the others. It decides nothing about ships.
"""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter

from sealane.rules import Rules
from streams.kafka.deadletters import Posts
from streams.kafka.failpoint import COMMITTED, READ, passes
from streams.kafka.health import WorkerHealth
from streams.kafka.offsets import Stand
from streams.kafka.partition import Partition, Record
from streams.ledger.keeper import check, meta_for
from streams.ledger.ledger import Fenced, Ledger
from streams.ledger.radios import Shelf


class Follower:
    """`assign` it its partitions as they change; `take` what they bring."""

    def __init__(self, topic: str, rules: Rules, ledger: Ledger, posts: Posts, health: WorkerHealth) -> None:
        self._topic, self._rules, self._ledger, self._posts, self._health = topic, rules, ledger, posts, health
        self._shelf = Shelf(ledger)
        self._assigned: frozenset[int] = frozenset()
        self._held: dict[int, Partition] = {}
        self._begins: dict[int, int] = {}  # of partitions nobody has read yet

    @property
    def assigned(self) -> frozenset[int]:
        """The partitions that are its own now."""
        return self._assigned

    async def open(self, stands: Sequence[Stand]) -> None:
        """Check the ledger, and look where its reports are. Raises LedgerError."""
        await check(self._ledger, await self._ledger.born(meta_for(self._rules)), self._rules)
        self._begins = {each.partition: each.begins for each in stands}
        await self._shelf.look()

    def assign(self, partitions: Iterable[int]) -> None:
        """These from now on. Each is claimed anew: whoever had it before is refused."""
        self._assigned = frozenset(partitions)
        for number in self._assigned & self._held.keys():
            self._held[number].assign()

    async def take(self, records: Sequence[Record]) -> list[Record]:
        """Have the ledger hold what some records bring: those that may be acknowledged. Raises what ends a worker."""
        passes(READ)
        self._held = {number: held for number, held in self._held.items() if number in self._assigned}
        by_partition = itemgetter(0)
        groups = groupby(sorted(records, key=by_partition), key=by_partition)
        batches = [(number, list(group)) for number, group in groups]
        taken = await asyncio.gather(*(self._take(number, batch) for number, batch in batches), return_exceptions=True)
        for error in taken:
            if isinstance(error, BaseException):
                raise error
        if any(taken):
            await self._posts.wake()
        passes(COMMITTED)
        self._health.moved()
        return [record for (_, batch), each in zip(batches, taken, strict=True) if each is not None for record in batch]

    async def _take(self, number: int, batch: Sequence[Record]) -> bool | None:
        """One batch of one partition: whether it has anything new to judge; None where it went to another meanwhile."""
        if number not in self._assigned:  # who has it is sent these again
            return None
        partition = self._held.get(number) or self._hold(number)
        assigned = partition.assigned
        try:
            return await partition.take(batch)
        except Fenced:
            if number in self._assigned and partition.assigned == assigned:
                raise
            return None

    def _hold(self, number: int) -> Partition:
        begins = self._begins.get(number, 0)
        new = Partition(self._topic, number, begins, self._rules, self._ledger, self._shelf, self._posts, self._health)
        self._held[number] = new
        return new
