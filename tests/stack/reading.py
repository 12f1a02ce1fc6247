"""Reading a topic to its end, as a test needs it."""

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from streams.kafka.settings import Kafka
from streams.kafka.topics import name_of


async def read_all(kafka: Kafka, noun: str) -> list[ConsumerRecord]:
    """Every committed record a topic has now."""
    consumer = AIOKafkaConsumer(
        name_of(kafka, noun), **kafka.client(), isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        parts = consumer.assignment()
        ends = await consumer.end_offsets(parts)
        found: list[ConsumerRecord] = []
        while any([await consumer.position(part) < ends[part] for part in parts]):
            for records in (await consumer.getmany(timeout_ms=100)).values():
                found += records
        return found
    finally:
        await consumer.stop()
