"""Carrier: the Faust app of one worker, one topic each. It brings batches and tells of partitions; it reads no record.

Only the safe part of Faust is used, each setting measured on a real broker: raw bytes, acknowledged by hand after the
commit; any error ends the worker, because Faust's own supervision loses the record that raised; nothing is made by
itself. One app, one process, one topic: a slow agent would starve its neighbour.
"""

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import cast

import faust
import mode
from faust.streams import Stream
from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP, ChannelT, EventT, StreamT
from faust.types.transports import SchedulingStrategyT
from mode.services import WaitArgT, WaitResults
from mode.utils.times import Seconds

from streams.kafka.failpoint import ACKNOWLEDGED, passes
from streams.kafka.health import WorkerHealth
from streams.kafka.observation import Headers
from streams.kafka.offsets import group_of
from streams.kafka.partition import Record
from streams.kafka.settings import REQUEST_TIMEOUT_S, Kafka
from streams.kafka.topics import name_of

AT_MOST = 1_024  # records a batch: many, because radios are folded and disks written once a batch
TURNS = 8  # of the loop, some tenths of a millisecond where nothing comes
TAKEN_WITHIN_S = 30.0  # a batch; a hung await would stand still for ever, with its heartbeats going on
HEARTBEAT_S, REBALANCED_WITHIN_S, POLLED_WITHIN_S = 1.0, 20.0, 60.0
COMMITTED_EVERY_S = 1.0
METADATA_AGE_MS = 3_000
LOUD = logging.ERROR  # what Faust and its clients say below it is of no use to an operator


class Quick(Consumer):
    """Faust's consumer, which waits in four tasks for each record it hands on: nearly always that is done at once."""

    async def wait_first(self, *waits: WaitArgT, timeout: Seconds | None = None) -> WaitResults:
        first, *others = waits
        if timeout is not None or not asyncio.iscoroutine(first):
            return await super().wait_first(*waits, timeout=timeout)  # type: ignore[arg-type] # None is its default
        handing = asyncio.ensure_future(first)
        try:
            await asyncio.sleep(0)
            if not handing.done():
                return await super().wait_first(handing, *others)
            for each in others:
                if asyncio.iscoroutine(each):
                    each.close()
            return WaitResults([first], [handing.result()], self.should_stop)
        finally:
            handing.cancel()


class Driver(Transport):
    """Faust's own, with that consumer."""

    Consumer = Quick


class InTurn(SchedulingStrategyT):
    """One partition after the other, as they were fetched. Faust's own deals them out one record each.

    A batch of few partitions has more records of each radio, and a radio is folded once a batch.
    """

    def iterate(self, records: Mapping[TP, list[object]]) -> Iterator[tuple[TP, object]]:
        return ((part, record) for part, some in records.items() for record in some)


Take = Callable[[list[Record]], Awaitable[Sequence[Record]]]
Assign = Callable[[Iterable[int]], None]


def app_of(kafka: Kafka, stage: str, slot: str | None) -> faust.App:
    """The app of one worker; with a slot it is a static member, whose partitions wait for it while it starts again."""
    app = faust.App(
        group_of(kafka, stage),
        broker=";".join(f"kafka://{each}" for each in kafka.brokers),
        broker_credentials=kafka.credentials(),
        store="memory://",
        version=1,
        datadir=tempfile.mkdtemp(prefix="sealane-"),
        value_serializer="raw",
        key_serializer="raw",
        ConsumerScheduler=InTurn,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        stream_wait_empty=False,
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=METADATA_AGE_MS,
        consumer_group_instance_id=None if slot is None else f"{group_of(kafka, stage)}-{slot}",
        broker_commit_interval=COMMITTED_EVERY_S,
        broker_session_timeout=kafka.session_s,
        broker_heartbeat_interval=HEARTBEAT_S,
        broker_rebalance_timeout=REBALANCED_WITHIN_S,
        broker_max_poll_interval=POLLED_WITHIN_S,
        broker_request_timeout=REQUEST_TIMEOUT_S,
    )
    app.transport = Driver(app.conf.broker_consumer, app)
    return app


def carry(app: faust.App, kafka: Kafka, noun: str, take: Take, assign: Assign, health: WorkerHealth) -> None:
    """Have an app bring the records of a topic, and acknowledge those that were taken; ready while in its group."""
    topic = app.topic(
        name_of(kafka, noun), key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
    )

    @app.agent(topic, supervisor_strategy=mode.CrashingSupervisor)
    async def carrying(stream: StreamT[bytes]) -> None:
        async for batch in batches(cast(Stream[bytes], stream)):
            records = {(event.message.partition, event.message.offset): event for event in batch}
            async with asyncio.timeout(TAKEN_WITHIN_S):
                taken = await take([_record(event) for event in batch])
            for record in taken:
                records[record.partition, record.offset].ack()
            passes(ACKNOWLEDGED)

    @app.on_partitions_assigned.connect(weak=False)
    async def assigned(_: object, assigned: set[TP], **more: object) -> None:
        del more
        assign(part.partition for part in assigned)
        health.is_ready = True

    @app.on_partitions_revoked.connect(weak=False)
    async def revoked(_: object, revoked: set[TP], **more: object) -> None:
        del revoked, more  # all of them: what stays is assigned again
        health.is_ready = False
        assign(())


async def batches(stream: Stream[bytes]) -> AsyncIterator[list[EventT[bytes]]]:
    """What is at hand, one at least; never waits for more."""
    batch: list[EventT[bytes]] = []
    waiting = cast(ChannelT[bytes], stream.channel).queue
    async for event in stream.noack().events():
        batch.append(event)
        if len(batch) < AT_MOST and await _more(waiting):
            continue
        yield batch
        batch = []


async def _more(waiting: asyncio.Queue[EventT[bytes]]) -> bool:
    """Whether Faust, who hands a record over in several turns of the loop, has another at hand."""
    for _ in range(TURNS):
        if not waiting.empty():
            return True
        await asyncio.sleep(0)
    return not waiting.empty()


async def running(app: faust.App, beside: Sequence[Awaitable[None]] = ()) -> None:
    """Run an app, and what goes on beside it, until cancelled. Raises what ended either."""
    for name in ("faust", "mode", "aiokafka", "kafka"):
        logging.getLogger(name).setLevel(LOUD)
    tasks = [asyncio.ensure_future(each) for each in beside]
    try:
        await app.start()
        tasks.append(asyncio.ensure_future(app.wait_until_stopped()))
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if app.crash_reason is not None:
            raise app.crash_reason
    finally:
        for task in tasks:
            task.cancel()
        await app.stop()
        await asyncio.gather(*tasks, return_exceptions=True)


def _record(event: EventT[bytes]) -> Record:
    message = event.message
    headers = cast(Headers, message.headers or ())  # as aiokafka has them: pairs
    return Record(message.partition, message.offset, message.key, message.value, headers)
