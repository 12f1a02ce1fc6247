"""Reading a topic to its end, and processes that end with their test."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from streams.kafka.settings import Kafka
from streams.kafka.topics import name_of

LIVES_AT_MOST_S = 120.0  # on a busy machine


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


@contextmanager
def started(words: Sequence[str | Path], env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A command in a process of its own; killed with the test, however that ends, and after a while in any case."""
    command = [str(word) for word in words]
    with subprocess.Popen(command, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        ends = Timer(LIVES_AT_MOST_S, child.kill)  # what tells nothing would be waited for without end
        ends.start()
        try:
            yield child
        finally:
            ends.cancel()
            child.kill()
