"""Bindings: which radio is which hull, as the judge found and the relay told, back to whoever ingests.

The topic is compacted: it is read from its beginning, and then for ever. Nothing is ever unlearned while a process
lives, as with what it learns itself.
"""

from collections.abc import Callable, Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition

from sealane.filter import Watch
from sealane.identity import Identity
from streams.contract.cloudevent import NotAnEvent, from_binary
from streams.kafka.broker import telling
from streams.kafka.settings import Kafka
from streams.kafka.topics import BINDINGS, name_of
from streams.showing.telling import object_of


async def followed(kafka: Kafka, watch: Callable[[], Watch]) -> None:
    """Have every radio followed that is bound to a watched hull, until cancelled. Raises BrokerError."""
    with telling(kafka):
        consumer = AIOKafkaConsumer(
            **kafka.client(),
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            isolation_level="read_committed",
        )
        try:
            await consumer.start()
            part = TopicPartition(name_of(kafka, BINDINGS), 0)
            consumer.assign([part])
            await consumer.seek_to_beginning(part)
            async for record in consumer:
                follow_binding(record.headers, record.value, watch())
        finally:
            await consumer.stop()


def follow_binding(headers: Iterable[tuple[str, bytes]], value: bytes | None, watch: Watch) -> None:
    """Follow the radio of one record, if it is a watched hull's. What cannot be read binds nobody."""
    try:
        bound = object_of(from_binary(headers, value).data)
    except NotAnEvent:
        return
    if isinstance(bound, Identity) and bound.imo in watch.imo:
        watch.bound.add(bound.mmsi)
