"""Partition: stage 1 of the radios of one partition. It folds what a batch brings, and commits what follows.

    records --decode--> reports --fold--> facts of radios --commit--> ledger
                  \\--> dead letters

A batch is one commit, taken whole or refused whole, and holds how far the partition was read. What was read before is
passed over; a record that is missing ends the worker. A radio whose reports another writer has changed is read again
and the batch folded again. It decides nothing about ships.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from sealane.fix import Fix, Mmsi
from sealane.heard import Hours
from sealane.rules import Rules
from sealane.static import StaticReport
from streams.embedded import Embedded
from streams.kafka.broker import BrokerError
from streams.kafka.deadletters import DeadLetter, Posts
from streams.kafka.failpoint import DEAD_LETTERED, passes
from streams.kafka.health import WorkerHealth
from streams.kafka.observation import FromTheFuture, Headers, Undecodable, observed
from streams.kafka.offsets import source_of
from streams.ledger.inputs import changed_reports
from streams.ledger.ledger import Claim, Fenced, Ledger, LedgerError, Stale, Write
from streams.ledger.radios import Shelf, raised, restore_radio, stored_reached, told

STALE_TRIES = 20
UNDECODABLE = "undecodable"

Told = tuple[Fix | StaticReport, datetime | None]  # a report, and when it became known


class Record(NamedTuple):
    """A record as Kafka brings it."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Hole(BrokerError):  # noqa: N818 - a state, not a fault
    """A record is missing between what the ledger holds and what Kafka brings."""


class Partition:
    """One partition of `observations`. `take` its records in order, one batch at a time."""

    def __init__(
        self,
        topic: str,
        number: int,
        begins: int,
        rules: Rules,
        ledger: Ledger,
        shelf: Shelf,
        posts: Posts,
        health: WorkerHealth,
    ) -> None:
        """`begins`: its first record, where nobody has read it yet."""
        self._topic, self._number, self._begins = topic, number, begins
        self._ledger, self._shelf, self._posts, self._health = ledger, shelf, posts, health
        self._embedded = Embedded(rules, Hours())
        self._embedded.is_kept = True
        self._reached: dict[Mmsi, int] = {}
        self._claim: Claim | None = None
        self.assigned = 1  # how often

    def assign(self) -> None:
        """It is ours again: claimed anew, its radios as they are known. What is under way meanwhile may be refused."""
        self.assigned += 1
        self._claim = None

    async def take(self, batch: Sequence[Record]) -> bool:
        """Have the ledger hold a batch; whether it has anything new to judge. Raises Fenced, Hole, LedgerError."""
        assigned = self.assigned
        claim = self._claim or await self._ledger.claim(source_of(self._topic, self._number))
        fresh = self._fresh(claim, batch)
        self._health.fence_refusals += len(batch) - len(fresh)
        is_new = False
        if fresh:
            reports = await self._read(fresh)
            claim, is_new = await self._commit(claim, fresh[-1].offset + 1, reports)
            self._health.records += len(fresh)
            self._health.commits += 1
        if assigned == self.assigned:
            self._claim = claim
        return is_new

    def _fresh(self, claim: Claim, batch: Sequence[Record]) -> list[Record]:
        """Those the ledger lacks. Raises Hole where one before them is missing."""
        expected = claim.offset if claim.commits else self._begins
        fresh: list[Record] = []
        for record in batch:
            if record.offset < expected:
                continue
            if record.offset > expected:
                where = f"{self._topic} partition {self._number}"
                raise Hole(
                    f"{where}: read record {record.offset}, expected {expected}: records are missing; was the ledger "
                    "restored? then: sealane topics rewind"
                )
            fresh.append(record)
            expected += 1
        return fresh

    async def _read(self, records: Sequence[Record]) -> list[Told]:
        """What some records say; those that say nothing are buried."""
        reports: list[Told] = []
        letters: list[DeadLetter] = []
        for record in records:
            try:
                reports.append(observed(record.key, record.value, record.headers))
            except Undecodable as error:
                letters.append(DeadLetter.of(self._topic, record, UNDECODABLE, str(error)))
            except FromTheFuture as error:
                where = f"{self._topic} partition {self._number} offset {record.offset}"
                raise BrokerError(f"{where}: {error}") from None
        if letters:
            await self._posts.bury(letters)
            for letter in letters:
                self._health.reject(letter.reason)
            passes(DEAD_LETTERED)
        return reports

    async def _commit(self, claim: Claim, offset: int, reports: Sequence[Told]) -> tuple[Claim, bool]:
        """Fold and commit, again with what others have stored meanwhile; and whether anything was new."""
        radios = sorted({report.mmsi for report, _ in reports})
        for _ in range(STALE_TRIES):
            await self._know(radios)
            inputs, writes, raised_to = self._folded(reports)
            counts = {int(mmsi): self._reached[mmsi] for mmsi in radios}
            try:
                claim = await self._ledger.commit_inputs(claim, offset, writes, inputs, counts)
            except (Stale, Fenced) as error:
                for mmsi in radios:  # they hold what was not stored
                    self._embedded.forget(mmsi)
                    self._reached.pop(mmsi, None)
                if isinstance(error, Fenced):
                    raise
                continue
            self._reached |= raised_to
            return claim, bool(inputs)
        raise LedgerError(
            f"{self._ledger.url}: others changed the same radios {STALE_TRIES} times in a row; too many writers at once"
        )

    async def _know(self, radios: Sequence[Mmsi]) -> None:
        """Read the radios that are not held."""
        missing = [mmsi for mmsi in radios if not self._embedded.knows(mmsi)]
        for mmsi, reached in (await stored_reached(self._ledger, missing)).items():
            await restore_radio(self._ledger, self._embedded, await self._shelf.keys_of(mmsi, reached), mmsi)
            self._embedded.know(mmsi)
            self._reached[mmsi] = reached

    def _folded(self, reports: Sequence[Told]) -> tuple[list[Write], list[Write], dict[Mmsi, int]]:
        """What a batch amounts to: inputs, what goes with them, and the new count of each radio that changed."""
        embedded = self._embedded
        for known_at, group in groupby(reports, key=itemgetter(1)):
            embedded.take((report for report, _ in group), known_at)
        said = {facts.mmsi: facts for facts in embedded.fold()}
        inputs: list[Write] = []
        raised_to: dict[Mmsi, int] = {}
        for track in embedded.changed_tracks():
            if changed := list(changed_reports(track, embedded.known)):
                inputs += changed
                raised_to[track.mmsi] = self._reached[track.mmsi] + 1
        writes = [*raised(raised_to), *(told(said[mmsi], count) for mmsi, count in raised_to.items())]
        return inputs, writes, raised_to
