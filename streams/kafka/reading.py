"""Reading: one pass over the observations topic, from some places up to where it ended when it began.

Who reads so is no member of a group: nothing is acknowledged, and nobody who follows is disturbed. Records nobody can
read are counted: they are in the dead letters, or will be.
"""

from collections.abc import AsyncIterator, Mapping

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.embedded import Embedded
from streams.kafka.broker import telling
from streams.kafka.observation import Undecodable, observed
from streams.kafka.offsets import source_of
from streams.kafka.settings import Kafka
from streams.kafka.topics import OBSERVATIONS, name_of

WAITS_MS = 1_000


class Reading:
    """`after`: where each partition is read from, or from its first record, where that is later."""

    def __init__(self, kafka: Kafka, after: Mapping[int, int]) -> None:
        topic = name_of(kafka, OBSERVATIONS)
        self._kafka = kafka
        self._after = {TopicPartition(topic, number): offset for number, offset in after.items()}
        self.ends: dict[str, int] = {}  # by source
        self.records = self.undecodable = 0

    async def into(self, embedded: Embedded) -> None:
        """Have a runner take every report. Raises BrokerError, FromTheFuture."""
        with telling(self._kafka):
            consumer = AIOKafkaConsumer(**self._kafka.client(), enable_auto_commit=False, auto_offset_reset="earliest")
            try:
                await consumer.start()
                consumer.assign(list(self._after))
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
        begins = await consumer.beginning_offsets(list(self._after))
        ends = await consumer.end_offsets(list(self._after))
        self.ends = {source_of(part.topic, part.partition): end for part, end in ends.items()}
        for part, after in self._after.items():
            if max(begins[part], after) >= ends[part]:
                continue
            consumer.seek(part, max(begins[part], after))
            while await consumer.position(part) < ends[part]:
                for records in (await consumer.getmany(part, timeout_ms=WAITS_MS)).values():
                    for record in records:
                        if record.offset < ends[part]:
                            yield record
