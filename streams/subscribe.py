"""Subscribe: the events of a corridor from Kafka, typed, each once and none older than what came before it.

    from the beginning     after=0
    after a sequence       after=N: the last you have; what came up to it is passed over
    where a group stood    group="ours": kept by Kafka, moved once you ask for the event after
    from offsets           offsets={("sealane.events.v1", 0): 17, ...}
    from now on            none of these

Kafka delivers at least once, and a ship's events can change partition when her IMO number becomes known. So of each
subject an event is told only if its sequence is higher than the last one told: a repeat and an older revision are both
dropped. Remembered are the last `REMEMBERED` subjects. It connects again by itself and does not end.
"""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Literal

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalGenerationError, UnknownMemberIdError

from sealane.event import StandingObject
from sealane.notification import Notification
from streams.contract.cloudevent import NotAnEvent, from_binary
from streams.kafka.broker import telling
from streams.kafka.settings import Kafka, from_environment
from streams.kafka.topics import name_of, partitions_of
from streams.log import log
from streams.showing.telling import Told, object_of

REMEMBERED = 100_000  # subjects
WAITS_MS = 1_000
AT_MOST = 500  # records asked for at a time
LOST = (CommitFailedError, IllegalGenerationError, UnknownMemberIdError)  # of a group: others have the partitions now

Noun = Literal["events", "tallies", "alerts", "bindings"]
Part = tuple[str, int]  # topic and partition


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """One event, and where on Kafka it stands."""

    event: Told
    topic: str
    partition: int
    offset: int

    @property
    def object(self) -> StandingObject | Notification | None:
        """What changed, as it stood after the event; None for what is no such object: rules, a feed."""
        return object_of(self.event)


class Newest:
    """The highest sequence told of each subject, of so many subjects."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._sequences: OrderedDict[str, int] = OrderedDict()

    def is_news(self, event: Told) -> bool:
        """Whether it is newer than all that was told of its subject; from now on it is not."""
        if event.sequence <= self._sequences.get(event.subject, 0):
            return False
        self._sequences[event.subject] = event.sequence
        self._sequences.move_to_end(event.subject)
        if len(self._sequences) > self._remembered:
            self._sequences.popitem(last=False)
        return True


async def subscribe(
    kafka: Kafka | str | None = None,
    *,
    topics: Sequence[Noun] = ("events",),
    group: str | None = None,
    after: int | None = None,
    offsets: Mapping[Part, int] | None = None,
    follow: bool = True,
) -> AsyncGenerator[Received, None]:
    """The events of some topics, as they come. `kafka`: HOST:PORT, or settings; None: those of the environment.

    Without `follow` it ends where the topics ended when it began. Raises BrokerError where Kafka cannot be used.
    """
    kafka = Kafka(brokers=tuple(kafka.split(","))) if isinstance(kafka, str) else kafka or from_environment()
    newest = Newest()
    for noun in topics:
        await partitions_of(kafka, noun)  # a consumer would wait long, and in silence, for a topic that is missing
    with telling(kafka):
        from_now = group is None and after is None and offsets is None
        consumer = _consumer(kafka, topics, group, "latest" if from_now else "earliest")
        try:
            await consumer.start()
            ends = await _begun(consumer, offsets or {}, follow=follow)
            while True:
                found = await consumer.getmany(timeout_ms=WAITS_MS, max_records=AT_MOST)
                for record in (record for records in found.values() for record in records):
                    received = _received(record)
                    if received and received.event.sequence > (after or 0) and newest.is_news(received.event):
                        yield received
                if group is not None and found:
                    await _keep(consumer)
                if ends is not None and not await _waits(consumer, ends):
                    return
        finally:
            await consumer.stop()


def _consumer(kafka: Kafka, topics: Sequence[Noun], group: str | None, begins: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        *(name_of(kafka, noun) for noun in topics),
        **kafka.client(),
        group_id=None if group is None else f"{kafka.prefix}{group}",
        enable_auto_commit=False,
        auto_offset_reset=begins,
        isolation_level="read_committed",
    )


async def _begun(
    consumer: AIOKafkaConsumer, offsets: Mapping[Part, int], *, follow: bool
) -> dict[TopicPartition, int] | None:
    """Stand where it is to begin: where the topics end now; None where that is no end."""
    for (topic, number), offset in offsets.items():
        consumer.seek(TopicPartition(topic, number), offset)
    return None if follow else dict(await consumer.end_offsets(_parts(consumer)))


def _parts(consumer: AIOKafkaConsumer) -> list[TopicPartition]:
    """Every partition of the topics asked for, whoever of the group reads it."""
    return [
        TopicPartition(topic, number)
        for topic in consumer.subscription()
        for number in consumer.partitions_for_topic(topic) or ()
    ]


async def _waits(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    """Whether any record before the ends is still to come to this consumer."""
    own = consumer.assignment()
    return not own or any([await consumer.position(part) < ends.get(part, 0) for part in own])


async def _keep(consumer: AIOKafkaConsumer) -> None:
    """Have the group go on after these. Where others have the partitions now they read them again, which is right."""
    try:
        await consumer.commit()
    except LOST as error:
        log().info(f"the group has new members; some events come again ({type(error).__name__})")


def _received(record: ConsumerRecord) -> Received | None:
    """The event of a record; None, and said, where it is none."""
    try:
        event = from_binary(record.headers, record.value).data
    except NotAnEvent as error:
        log().warning(f"{record.topic} {record.partition} offset {record.offset}: {error}; passed over")
        return None
    return Received(event=event, topic=record.topic, partition=record.partition, offset=record.offset)
