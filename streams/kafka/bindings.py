"""Bindings: which radio is which hull, as the judge found and the relay told, back to whoever ingests.

The topic is compacted: it is read from its beginning, and then for ever. Nothing is ever unlearned while a process
lives, as with what it learns itself. Where the broker is away it is read again, once it is back.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, TopicPartition

from sealane.filter import Watch
from sealane.identity import Identity
from streams.contract.cloudevent import NotAnEvent, from_binary
from streams.kafka.broker import BrokerError, telling
from streams.kafka.settings import Kafka
from streams.kafka.topics import BINDINGS, name_of
from streams.showing.telling import object_of

AGAIN_AFTER_S = 5.0


async def followed(kafka: Kafka, watch: Watch) -> None:
    """Have every radio followed that is bound to a watched hull, until cancelled."""
    while True:
        with suppress(BrokerError):  # whoever sends what is heard says it
            await _read(kafka, watch)
        await asyncio.sleep(AGAIN_AFTER_S)


async def _read(kafka: Kafka, watch: Watch) -> None:
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
                follow_binding(record.headers, record.value, watch)
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
