"""Follower: stage 1 of some partitions. Whoever brings it their records, it folds them and commits what follows.

    records --decode--> reports --fold--> facts of radios --commit--> ledger --> judge is woken
                  \\--> dead letters

A batch of one partition is one commit, taken whole or refused whole, and holds how far the partition was read. What was
read before is passed over; a record that is missing ends the worker. A radio whose reports another writer has changed
is read again and the batch folded again. It decides nothing about ships.
"""

from collections.abc import Iterable, Sequence
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
from streams.kafka.failpoint import COMMITTED, DEAD_LETTERED, READ, passes
from streams.kafka.health import WorkerHealth
from streams.kafka.observation import FromTheFuture, Headers, Undecodable, observed
from streams.kafka.offsets import Stand, source_of
from streams.ledger.inputs import changed_reports
from streams.ledger.keeper import check, meta_for
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


class Follower:
    """`assign` it its partitions as they change; `take` what they bring."""

    def __init__(self, topic: str, rules: Rules, ledger: Ledger, posts: Posts, health: WorkerHealth) -> None:
        self._topic, self._rules, self._ledger, self._posts, self._health = topic, rules, ledger, posts, health
        self._embedded = Embedded(rules, Hours())
        self._embedded.is_kept = True
        self._shelf = Shelf(ledger)
        self._assigned: frozenset[int] = frozenset()
        self._assignment = 0  # how often it changed
        self._claims: dict[int, Claim] = {}
        self._begins: dict[int, int] = {}  # of partitions nobody has read yet
        self._reached: dict[Mmsi, int] = {}
        self._of: dict[Mmsi, int] = {}  # the partition of each radio that is held

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
        """These from now on. Each is claimed anew: whoever had it before is refused; radios of others are dropped."""
        self._assigned = frozenset(partitions)
        self._assignment += 1
        self._claims.clear()

    async def take(self, records: Sequence[Record]) -> list[Record]:
        """Have the ledger hold what some records bring: those that may be acknowledged. Raises what ends a worker."""
        passes(READ)
        for mmsi in [mmsi for mmsi, partition in self._of.items() if partition not in self._assigned]:
            self._forget(mmsi)
        done: list[Record] = []
        by_partition = itemgetter(0)
        has_news = False
        for partition, group in groupby(sorted(records, key=by_partition), key=by_partition):
            if partition not in self._assigned:  # it went to another, who is sent these again
                continue
            batch = list(group)
            assignment = self._assignment
            try:
                has_news |= await self._take(partition, batch)
            except Fenced:
                if assignment == self._assignment:
                    raise
                continue  # it went to another while the ledger was asked
            done += batch
        if has_news:
            await self._posts.wake()
        passes(COMMITTED)
        self._health.moved()
        return done

    async def _take(self, partition: int, batch: list[Record]) -> bool:
        """One batch of one partition; whether the ledger has anything new to judge."""
        assignment = self._assignment
        claim = self._claims.get(partition) or await self._claim(partition)
        fresh = self._fresh(partition, claim, batch)
        self._health.fence_refusals += len(batch) - len(fresh)
        if not fresh:
            self._keep(partition, claim, assignment)
            return False
        reports: list[Told] = []
        letters: list[DeadLetter] = []
        for record in fresh:
            try:
                reports.append(observed(record.key, record.value, record.headers))
            except Undecodable as error:
                letters.append(DeadLetter.of(self._topic, record, UNDECODABLE, str(error)))
            except FromTheFuture as error:
                where = f"{self._topic} partition {partition} offset {record.offset}"
                raise BrokerError(f"{where}: {error}") from None
        if letters:
            await self._posts.bury(letters)
            for letter in letters:
                self._health.reject(letter.reason)
            passes(DEAD_LETTERED)
        claim, is_new = await self._commit(partition, claim, fresh[-1].offset + 1, reports)
        self._keep(partition, claim, assignment)
        self._health.records += len(fresh)
        self._health.commits += 1
        return is_new

    async def _claim(self, partition: int) -> Claim:
        return await self._ledger.claim(source_of(self._topic, partition))

    def _keep(self, partition: int, claim: Claim, assignment: int) -> None:
        if assignment == self._assignment:
            self._claims[partition] = claim

    def _fresh(self, partition: int, claim: Claim, batch: list[Record]) -> list[Record]:
        """Those the ledger lacks. Raises Hole where one before them is missing."""
        expected = claim.offset if claim.commits else self._begins.get(partition, 0)
        fresh: list[Record] = []
        for record in batch:
            if record.offset < expected:
                continue
            if record.offset > expected:
                raise Hole(
                    f"{self._topic} partition {partition}: read record {record.offset}, expected {expected}: records "
                    "are missing; was the ledger restored? then: sealane topics rewind"
                )
            fresh.append(record)
            expected += 1
        return fresh

    async def _commit(self, partition: int, claim: Claim, offset: int, reports: Sequence[Told]) -> tuple[Claim, bool]:
        """Fold and commit, again with what others have stored meanwhile; and whether anything was new."""
        radios = sorted({report.mmsi for report, _ in reports})
        for _ in range(STALE_TRIES):
            await self._know(partition, radios)
            inputs, writes, raised_to = self._folded(reports)
            counts = {int(mmsi): self._reached[mmsi] for mmsi in radios}
            try:
                claim = await self._ledger.commit_inputs(claim, offset, writes, inputs, counts)
            except (Stale, Fenced) as error:
                for mmsi in radios:  # they hold what was not stored
                    self._forget(mmsi)
                if isinstance(error, Fenced):
                    raise
                continue
            self._reached |= raised_to
            return claim, bool(inputs)
        raise LedgerError(
            f"{self._ledger.url}: others changed the same radios {STALE_TRIES} times in a row; too many writers at once"
        )

    async def _know(self, partition: int, radios: Sequence[Mmsi]) -> None:
        """Read the radios that are not held."""
        missing = [mmsi for mmsi in radios if not self._embedded.knows(mmsi)]
        for mmsi, reached in (await stored_reached(self._ledger, missing)).items():
            await restore_radio(self._ledger, self._embedded, await self._shelf.keys_of(mmsi, reached), mmsi)
            self._embedded.know(mmsi)
            self._reached[mmsi], self._of[mmsi] = reached, partition

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

    def _forget(self, mmsi: Mmsi) -> None:
        self._embedded.forget(mmsi)
        self._reached.pop(mmsi, None)
        self._of.pop(mmsi, None)
