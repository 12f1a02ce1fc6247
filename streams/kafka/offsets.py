"""Offsets: where a partition stands on the broker, in its group, and in the ledger, which is the one to be believed.

begins <= fence <= ends        the ledger holds every record below its fence
committed <= fence             what Kafka was told of it, at most a second behind; ahead, the ledger was set back
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from streams.kafka.broker import BrokerError, telling
from streams.kafka.settings import Kafka
from streams.kafka.topics import name_of, partitions_of
from streams.ledger import keys
from streams.ledger.ledger import Claim, Ledger, claim_of

MISSED_AFTER_S = 5.0  # beyond its session, on a busy broker
LOOKS_EVERY_S = 0.5
FOLLOW, JUDGE = "follow", "judge"  # groups, and the stages they carry


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """Where one partition stands. `committed` None: its group never read it."""

    partition: int
    begins: int
    ends: int
    committed: int | None
    claim: Claim

    @property
    def fence(self) -> int:
        """The next record the ledger lacks."""
        return self.claim.offset if self.claim.commits else self.begins

    @property
    def lag(self) -> int:
        return max(0, self.ends - self.fence)


def source_of(topic: str, partition: int) -> str:
    """The source of ADR 8: a partition takes the place of a feed."""
    return f"kafka:{topic}:{partition}"


def group_of(kafka: Kafka, stage: str) -> str:
    return f"{kafka.prefix}{stage}"


async def stands(kafka: Kafka, ledger: Ledger, noun: str, stage: str) -> tuple[Stand, ...]:
    """Where every partition of a topic stands. Raises BrokerError, LedgerError."""
    topic = name_of(kafka, noun)
    parts = [TopicPartition(topic, number) for number in range(await partitions_of(kafka, noun))]
    fences = await ledger.hash(keys.FENCE)
    found = []
    async with _reading(kafka, stage) as consumer:
        consumer.assign(parts)
        begins, ends = await consumer.beginning_offsets(parts), await consumer.end_offsets(parts)
        for part in parts:
            source = source_of(topic, part.partition)
            stand = Stand(
                partition=part.partition,
                begins=begins[part],
                ends=ends[part],
                committed=await consumer.committed(part),
                claim=claim_of(source, fences.get(source.encode(), b"").decode()),
            )
            found.append(stand)
    return tuple(found)


@asynccontextmanager
async def _reading(kafka: Kafka, stage: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer that speaks for a group and is no member of it. Raises BrokerError."""
    with telling(kafka):
        consumer = AIOKafkaConsumer(**kafka.client(), group_id=group_of(kafka, stage), enable_auto_commit=False)
        try:
            await consumer.start()
            yield consumer
        finally:
            await consumer.stop()


def sound(kafka: Kafka, found: tuple[Stand, ...], noun: str) -> None:
    """End a worker whose ledger lacks records that Kafka would not send again. Raises BrokerError."""
    for each in found:
        where = f"{kafka.told}: {name_of(kafka, noun)} partition {each.partition}"
        if each.committed is not None and each.committed > each.fence:
            raise BrokerError(
                f"{where}: its group has read up to {each.committed}, the ledger holds up to {each.fence}: after "
                "sealane restore (which sets it back with --kafka), or with another ledger, set the group back with: "
                "sealane topics rewind"
            )
        if each.begins > each.fence or each.fence > each.ends:
            raise BrokerError(
                f"{where}: holds records {each.begins} to {each.ends}, the ledger goes on from {each.fence}: it is "
                "another topic, or it lost records; name the topic's own ledger, or: sealane rebuild --from-kafka"
            )


async def rewind(kafka: Kafka, ledger: Ledger, noun: str, stage: str) -> tuple[Stand, ...]:
    """Set a group to where the ledger stands: what it lacks is sent again. Its workers must have ended.

    A worker in a slot is missed only after its session, so that it may come back: until then the group is not set, and
    this waits. Raises BrokerError, LedgerError.
    """
    found = await stands(kafka, ledger, noun, stage)
    topic = name_of(kafka, noun)
    fences = {TopicPartition(topic, each.partition): each.fence for each in found}
    missed = AsyncRetrying(
        retry=retry_if_exception_type(CommitFailedError),
        stop=stop_after_delay(kafka.session_s + MISSED_AFTER_S),
        wait=wait_fixed(LOOKS_EVERY_S),
        reraise=True,
    )
    async with _reading(kafka, stage) as consumer:
        consumer.assign(list(fences))
        try:
            await missed(consumer.commit, fences)
        except CommitFailedError:
            text = f"group {group_of(kafka, stage)} still has workers, expected none; end them, then run this again"
            raise BrokerError(f"{kafka.told}: {text}") from None
    return found
