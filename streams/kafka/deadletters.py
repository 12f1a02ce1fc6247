"""Dead letters: records that nobody could read, kept with the reason, listed, shown, and sent again.

key        where it came from: topic:partition:offset; buried twice it is one letter
value      the bytes as they were
headers    what is known of it; a tombstone (no value) says that it was sent again
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol, Self

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.clock import now
from streams.kafka.broker import telling
from streams.kafka.observation import Headers
from streams.kafka.settings import Kafka
from streams.kafka.topics import DEAD_LETTERS, FACTS, name_of, partitions_of
from streams.showing.state import shown

REASON, DETAIL, TOPIC, PARTITION, OFFSET = "reason", "detail", "topic", "partition", "offset"
KEY, BURIED_AT, AGAIN = "key", "buried_at", "retried"
ORIGINAL = "original-"  # before the name of a header the record had itself
SECOND_MS = 1000


class Read(Protocol):
    """A record that was read."""

    @property
    def partition(self) -> int: ...

    @property
    def offset(self) -> int: ...

    @property
    def key(self) -> bytes | None: ...

    @property
    def value(self) -> bytes | None: ...

    @property
    def headers(self) -> Headers: ...


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One record nobody could read."""

    topic: str
    partition: int
    offset: int
    reason: str
    detail: str
    buried_at: datetime
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def id(self) -> str:
        return f"{self.topic}:{self.partition}:{self.offset}"

    @classmethod
    def of(cls, topic: str, record: Read, reason: str, detail: str) -> Self:
        """The letter of a record that was just read."""
        return cls(
            topic=topic,
            partition=record.partition,
            offset=record.offset,
            reason=reason,
            detail=detail,
            buried_at=now(),
            key=record.key,
            value=record.value,
            headers=tuple((str(name), value) for name, value in record.headers or ()),
        )

    def as_headers(self) -> list[tuple[str, bytes]]:
        said = {
            REASON: self.reason,
            DETAIL: self.detail,
            TOPIC: self.topic,
            PARTITION: str(self.partition),
            OFFSET: str(self.offset),
            BURIED_AT: str(shown(self.buried_at)),
        }
        own = [(name, text.encode()) for name, text in said.items()]
        own += [(KEY, self.key)] if self.key is not None else []
        return own + [(ORIGINAL + name, value) for name, value in self.headers]


class Posts:
    """What a worker sends beside its commits: dead letters, which are waited for, and wakes, which are not."""

    def __init__(self, kafka: Kafka, producer: AIOKafkaProducer, corridor: str) -> None:
        self._kafka, self._producer, self._corridor = kafka, producer, corridor.encode()

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Have Kafka hold some letters. Raises BrokerError."""
        topic = name_of(self._kafka, DEAD_LETTERS)
        for letter in letters:
            value = b"" if letter.value is None else letter.value  # a record without a value would be a tombstone
            await self._producer.send(topic, value, key=letter.id.encode(), headers=letter.as_headers())
        await self._producer.flush()

    async def wake(self) -> None:
        """Tell the judge that there is something new. Lost, it looks a second later by itself."""
        sent = await self._producer.send(name_of(self._kafka, FACTS), b"1", key=self._corridor)
        sent.add_done_callback(lambda done: done.cancelled() or done.exception())


async def buried(kafka: Kafka) -> dict[str, DeadLetter]:
    """Every letter that was not sent again, by id, in order of burial. Raises BrokerError."""
    topic = name_of(kafka, DEAD_LETTERS)
    found: dict[str, DeadLetter] = {}
    parts = [TopicPartition(topic, number) for number in range(await partitions_of(kafka, DEAD_LETTERS))]
    with telling(kafka):
        consumer = AIOKafkaConsumer(**kafka.client(), auto_offset_reset="earliest", enable_auto_commit=False)
        try:
            await consumer.start()
            consumer.assign(parts)
            ends = await consumer.end_offsets(parts)
            for part in parts:
                await consumer.seek_to_beginning(part)
                while await consumer.position(part) < ends[part]:
                    for records in (await consumer.getmany(part, timeout_ms=SECOND_MS)).values():
                        for record in records:
                            _note(found, record)
        finally:
            await consumer.stop()
    return found


def _note(found: dict[str, DeadLetter], record: Read) -> None:
    headers = dict(record.headers)
    id_ = (record.key or b"").decode(errors="replace")
    if AGAIN in headers:
        found.pop(id_, None)
    elif id_ not in found:
        found[id_] = DeadLetter(
            topic=headers[TOPIC].decode(),
            partition=int(headers[PARTITION]),
            offset=int(headers[OFFSET]),
            reason=headers[REASON].decode(),
            detail=headers[DETAIL].decode(),
            buried_at=datetime.fromisoformat(headers[BURIED_AT].decode()).astimezone(UTC),
            key=headers.get(KEY),
            value=record.value,
            headers=tuple(
                (name.removeprefix(ORIGINAL), value) for name, value in record.headers if name.startswith(ORIGINAL)
            ),
        )


async def send_again(producer: AIOKafkaProducer, kafka: Kafka, letters: Sequence[DeadLetter]) -> None:
    """Put letters back where they came from, and say so. Sent twice a report changes nothing. Raises BrokerError."""
    dead = name_of(kafka, DEAD_LETTERS)
    for letter in letters:
        await producer.send_and_wait(letter.topic, letter.value, key=letter.key, headers=list(letter.headers))
        await producer.send_and_wait(dead, None, key=letter.id.encode(), headers=[(AGAIN, b"1")])
