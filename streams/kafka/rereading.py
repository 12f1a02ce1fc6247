"""Rereading: a ledger's reports made whole from the observations topic, which keeps every one of them for ever.

    topic --all records--> tracks --what the ledger lacks--> inputs --> rebuild: views and partitions in one commit

Inputs are a set that only grows: what is there stays, what is missing is added, in commits of a bearable size; nothing
stands differently until the one commit at the end. Hours and facts are in the ledger alone. Each partition goes on
after what was read here. Records nobody can read are counted: they are in the dead letters.
"""

from collections.abc import AsyncIterator

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from sealane.heard import Hours
from sealane.rules import Rules
from streams.care.rebuild import SOURCE, Rebuilt, rebuild
from streams.embedded import Embedded
from streams.kafka.broker import telling
from streams.kafka.observation import Undecodable, observed
from streams.kafka.offsets import source_of
from streams.kafka.settings import Kafka
from streams.kafka.topics import OBSERVATIONS, name_of, partitions_of
from streams.ledger.inputs import changed_reports, known_statics, stored_fixes
from streams.ledger.keeper import meta_for
from streams.ledger.ledger import Ledger
from streams.ledger.radios import raised

WAITS_MS = 1_000
AT_MOST = 1_000  # inputs a commit


class Reread(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    records: int
    undecodable: int
    added: int  # inputs the ledger lacked
    rebuilt: Rebuilt


class _Reading:
    """One pass over the topic, up to where it ended when it began."""

    def __init__(self, kafka: Kafka, partitions: int) -> None:
        self._kafka, self._topic = kafka, name_of(kafka, OBSERVATIONS)
        self._parts = [TopicPartition(self._topic, number) for number in range(partitions)]
        self.ends: dict[str, int] = {}  # by source
        self.records = self.undecodable = 0

    async def into(self, embedded: Embedded) -> None:
        """Have a runner take every report. Raises BrokerError, FromTheFuture."""
        with telling(self._kafka):
            consumer = AIOKafkaConsumer(**self._kafka.client(), enable_auto_commit=False, auto_offset_reset="earliest")
            try:
                await consumer.start()
                consumer.assign(self._parts)
                async for record in self._records(consumer):
                    self.records += 1
                    try:
                        report, known_at = observed(record.key, record.value, record.headers)
                    except Undecodable:
                        self.undecodable += 1
                        continue
                    embedded.take((report,), known_at)
            finally:
                await consumer.stop()

    async def _records(self, consumer: AIOKafkaConsumer) -> AsyncIterator[ConsumerRecord]:
        ends = await consumer.end_offsets(self._parts)
        self.ends = {source_of(part.topic, part.partition): end for part, end in ends.items()}
        for part in self._parts:
            await consumer.seek_to_beginning(part)
            while await consumer.position(part) < ends[part]:
                for records in (await consumer.getmany(part, timeout_ms=WAITS_MS)).values():
                    for record in records:
                        if record.offset < ends[part]:
                            yield record


async def reread(ledger: Ledger, rules: Rules, kafka: Kafka) -> Reread:
    """Add what the ledger lacks, then rebuild it. Workers must have ended. Raises BrokerError, LedgerError."""
    await ledger.born(meta_for(rules))
    reading = _Reading(kafka, await partitions_of(kafka, OBSERVATIONS))
    embedded = Embedded(rules, Hours())
    embedded.is_kept = True
    async for _, _, stored in stored_fixes(ledger):
        embedded.restore_fix(stored.fix, stored.sources, stored.known_at)
    async for static in known_statics(ledger):
        embedded.take((static.report,), static.known_at)
    embedded.restore(embedded.standing, {})
    await reading.into(embedded)
    embedded.fold()
    added = 0
    claim = await ledger.claim(SOURCE)
    for track in embedded.changed_tracks():
        inputs = list(changed_reports(track, embedded.known))
        added += len(inputs)
        for first in range(0, len(inputs), AT_MOST):
            some = inputs[first : first + AT_MOST]
            claim = await ledger.commit_inputs(claim, claim.offset, list(raised([track.mmsi])), some)
    rebuilt = await rebuild(ledger, rules, offsets=reading.ends)
    return Reread(records=reading.records, undecodable=reading.undecodable, added=added, rebuilt=rebuilt)
