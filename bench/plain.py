"""A plain consumer of aiokafka in the role of `sealane worker follow`, to hold Faust against: python -m bench.plain.

The same follower, the same batches, the same commits; offsets go to Kafka each second. It is no worker of ours: nothing
of it is checked at the start, and nothing watches it.
"""

import asyncio
import os
import sys
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from streams.app import corridor_of
from streams.kafka.carrier import AT_MOST
from streams.kafka.deadletters import Posts
from streams.kafka.follower import Follower
from streams.kafka.health import WorkerHealth
from streams.kafka.offsets import FOLLOW, group_of, stands
from streams.kafka.partition import Record
from streams.kafka.producer import producing
from streams.kafka.settings import from_environment
from streams.kafka.topics import OBSERVATIONS, name_of
from streams.ledger.ledger import Ledger

COMMITTED_EVERY_S = 1.0
WAITS_MS = 200


class _Assigned(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka ships no types
    def __init__(self, follower: Follower) -> None:
        self._follower = follower

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        del revoked
        self._follower.assign(())

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._follower.assign(part.partition for part in assigned)


async def follow(slot: str) -> None:
    kafka, rules = from_environment(), corridor_of(None).rules
    ledger, topic = Ledger(os.environ["SEALANE_REDIS_URL"]), name_of(kafka, OBSERVATIONS)
    async with producing(kafka) as producer:
        posts, health = Posts(kafka, producer, rules.corridor), WorkerHealth(worker="plain", slot=slot)
        follower = Follower(topic, rules, ledger, posts, health)
        await follower.open(await stands(kafka, ledger, OBSERVATIONS, FOLLOW))
        consumer = AIOKafkaConsumer(
            **kafka.client(),
            group_id=group_of(kafka, FOLLOW),
            group_instance_id=f"plain-{slot}",
            enable_auto_commit=True,
            auto_commit_interval_ms=int(COMMITTED_EVERY_S * 1000),
            auto_offset_reset="earliest",
            session_timeout_ms=int(kafka.session_s * 1000),
            heartbeat_interval_ms=1000,
        )
        consumer.subscribe([topic], listener=_Assigned(follower))
        await consumer.start()
        while True:
            found = await consumer.getmany(timeout_ms=WAITS_MS, max_records=AT_MOST)
            batch = [
                Record(part.partition, each.offset, each.key, each.value, each.headers)
                for part, records in found.items()
                for each in records
            ]
            if batch:
                await follower.take(batch)


if __name__ == "__main__":
    asyncio.run(follow(sys.argv[1]))
