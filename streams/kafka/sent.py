"""Sent: the last event that Kafka has of a chain, whoever sent it; and whether the chain still holds it.

A ledger restored from a backup goes on from an earlier end, and its cursor with it: what is on Kafka is then of a chain
that was lost, though no number of the ledger's says so.
"""

import asyncio

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.contract.cloudevent import CloudEvent, NotAnEvent, from_binary
from streams.kafka.broker import telling
from streams.kafka.settings import Kafka
from streams.kafka.topics import EVENTS, name_of, partitions_of
from streams.ledger.ledger import Ledger, LedgerError
from streams.showing.telling import told

LOOKS_BACK = 16  # records of a partition; where none of them is an event, four times as many, and so on
WAITS_MS = 1_000
READ_WITHIN_S = 30.0


async def continues(ledger: Ledger, kafka: Kafka, cursor: int) -> None:
    """Check that the chain goes on from what was sent. Raises LedgerError where it was set back, BrokerError."""
    end = (await ledger.read_head()).sequence
    last = await last_sent(kafka)
    was_sent = max(cursor, last.data.sequence if last else 0)
    if was_sent > end:
        raise LedgerError(_set_back(ledger, f"the chain ends at entry {end}, but entries up to {was_sent} were sent"))
    if last is not None:
        async for entry in ledger.entries(after=last.data.sequence - 1, page_of=1):
            if told(entry) != last.data:
                raise LedgerError(_set_back(ledger, f"entry {entry.sequence} is not the one that was sent"))
            break


def _set_back(ledger: Ledger, what: str) -> str:
    return f"{ledger.url}: {what} to Kafka: it was set back by a restore; see docs/operations.md, After a restore"


async def last_sent(kafka: Kafka) -> CloudEvent | None:
    """The event of the highest sequence on the events topic. Raises BrokerError."""
    topic = name_of(kafka, EVENTS)
    parts = [TopicPartition(topic, number) for number in range(await partitions_of(kafka, EVENTS))]
    with telling(kafka):
        consumer = AIOKafkaConsumer(
            **kafka.client(), isolation_level="read_committed", enable_auto_commit=False, auto_offset_reset="earliest"
        )
        try:
            await consumer.start()
            consumer.assign(parts)
            async with asyncio.timeout(READ_WITHIN_S):
                begins, ends = await consumer.beginning_offsets(parts), await consumer.end_offsets(parts)
                found = [await _last_of(consumer, part, begins[part], ends[part]) for part in parts]
        finally:
            await consumer.stop()
    return max((each for each in found if each), key=lambda each: each.data.sequence, default=None)


async def _last_of(consumer: AIOKafkaConsumer, part: TopicPartition, begins: int, ends: int) -> CloudEvent | None:
    """The last event of one partition: what ends a transaction has an offset too, and is none."""
    back, last = LOOKS_BACK, None
    while last is None and begins < ends:
        first = max(begins, ends - back)
        consumer.seek(part, first)
        while await consumer.position(part) < ends:
            records = (await consumer.getmany(part, timeout_ms=WAITS_MS)).get(part, [])
            last = next((found for each in reversed(records) if (found := _event(each)) is not None), last)
        if first == begins:
            break
        back *= 4
    return last


def _event(record: ConsumerRecord) -> CloudEvent | None:
    try:
        return from_binary(record.headers, record.value)
    except NotAnEvent:
        return None
