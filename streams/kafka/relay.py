"""Relay: the chain, sent on to Kafka as CloudEvents. One at a time, by lease; others stand by.

    chain --> events      every event, in order for each hull        key: IMO number, else MMSI, else subject
              tallies     what changed of a tally, whole values      key: subject
              alerts      what changed of an alert, whole values     key: subject
              bindings    which radio is which hull: for ingest      key: subject

A batch is one transaction of Kafka's, then the cursor moves in the ledger: each event at least once, the same bytes
each time. Who takes the lease also takes the transactional id, so that a relay that was paused is refused twice: by the
ledger, and, where it had already begun to send, by Kafka (ADR 14). It decides nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced

from streams.contract.cloudevent import CloudEvent, binary, cloud_event
from streams.corridor.corridor import Corridor
from streams.kafka.broker import BrokerError, telling
from streams.kafka.failpoint import READ, SENT, passes
from streams.kafka.health import WorkerHealth
from streams.kafka.sent import continues
from streams.kafka.settings import Kafka
from streams.kafka.topics import ALERTS, BINDINGS, EVENTS, TALLIES, check, name_of, required
from streams.ledger.chain import Entry
from streams.ledger.ledger import Fenced, Ledger
from streams.ledger.outbox import Outbox, holding
from streams.reading import check as check_ledger
from streams.showing.telling import told

NAME = "kafka"  # of its cursor in the ledger
CHAIN = "sealane:log"  # what it lags behind
AT_MOST = 500  # entries a transaction
SENT_WITHIN_S = 30.0
ABORTED_AFTER_MS = 10_000  # by the broker, where a relay died in the middle: readers wait no longer for it
LOOKS_EVERY_S = 1.0

ALSO = {"tally": TALLIES, "alert": ALERTS, "identity": BINDINGS}  # by the noun a subject begins with


async def relay(
    ledger: Ledger, corridor: Corridor, kafka: Kafka, health: WorkerHealth, holder: str | None = None
) -> None:
    """Send the chain on from the cursor, and then each entry as it is committed. Ends when cancelled.

    `holder`: under which name it holds the lease, as its slot has it. Raises BrokerError and LedgerError, Fenced where
    another has taken its lease.
    """
    required(kafka, await check(kafka, nouns=(EVENTS, *ALSO.values())))
    outbox = Outbox(ledger, NAME, holder=holder)
    standing_by = asyncio.create_task(_standing_by(health))
    await _born(ledger, corridor)
    await outbox.begin(after=0)
    async with holding(outbox):
        standing_by.cancel()
        with telling(kafka):
            async with _producer(kafka) as producer:  # which ends what another has begun: all can be read
                await continues(ledger, kafka, outbox.sequence)
                health.is_ready = True
                looking = asyncio.create_task(_look(outbox, health))
                try:
                    async for batch in _batches(outbox.follow()):
                        passes(READ)
                        await outbox.sure()
                        health.published += await _send(producer, kafka, corridor.rules.corridor, batch)
                        passes(SENT)
                        await outbox.move(batch[-1].sequence)
                        _count(health, len(batch))
                finally:
                    health.is_ready = False
                    looking.cancel()
                    await asyncio.gather(looking, return_exceptions=True)


def destinations(event: CloudEvent) -> Iterator[tuple[str, str]]:
    """The topics an event goes to, and its key in each."""
    row = event.data.object
    yield EVENTS, str(row.get("imo") or row.get("mmsi") or event.subject)
    noun = event.subject.partition(":")[0]
    if noun in ALSO:
        yield ALSO[noun], event.subject


async def _send(producer: AIOKafkaProducer, kafka: Kafka, corridor: str, batch: Sequence[Entry]) -> int:
    """Send a batch whole: how many records it made. Raises Fenced, BrokerError."""
    sent = 0
    try:
        async with asyncio.timeout(SENT_WITHIN_S), producer.transaction():
            for entry in batch:
                event = cloud_event(told(entry), corridor)
                headers, value = binary(event)
                for noun, key in destinations(event):
                    await producer.send(name_of(kafka, noun), value, key=key.encode(), headers=headers)
                    sent += 1
    except (ProducerFenced, InvalidProducerEpoch):
        raise Fenced(f"{kafka.told}: another relay has begun to send; this one ends") from None
    except TimeoutError:
        first, last = batch[0].sequence, batch[-1].sequence
        text = f"entries {first} to {last} were not taken within {SENT_WITHIN_S:g} s; they are sent again"
        raise BrokerError(f"{kafka.told}: {text}") from None
    return sent


async def _batches(entries: AsyncIterator[Entry]) -> AsyncIterator[list[Entry]]:
    """As many as are at hand, one at least; never waits for more."""
    coming = asyncio.ensure_future(anext(entries))
    try:
        while True:
            batch = [await coming]
            while True:
                coming = asyncio.ensure_future(anext(entries))
                await asyncio.sleep(0)
                if not coming.done() or len(batch) == AT_MOST:
                    break
                batch.append(coming.result())
            yield batch
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def _born(ledger: Ledger, corridor: Corridor) -> None:
    """Wait until somebody has begun the ledger: a key of ours in an empty database would keep it from being born."""
    while (meta := await ledger.meta()) is None:
        await asyncio.sleep(LOOKS_EVERY_S)
    check_ledger(ledger.url, meta, corridor)


@asynccontextmanager
async def _producer(kafka: Kafka) -> AsyncIterator[AIOKafkaProducer]:
    asyncio.get_running_loop().set_exception_handler(_said_once)
    producer = AIOKafkaProducer(
        **kafka.client(),
        acks="all",
        enable_idempotence=True,
        transactional_id=f"{kafka.prefix}relay",
        transaction_timeout_ms=ABORTED_AFTER_MS,
    )
    try:
        async with asyncio.timeout(SENT_WITHIN_S):
            await producer.start()
        yield producer
    except TimeoutError:
        raise BrokerError(f"{kafka.told}: gave no transactional id within {SENT_WITHIN_S:g} s") from None
    finally:
        await producer.stop()


def _said_once(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """What became of records is said by their transaction: nobody looks at the future of each."""
    if not isinstance(context.get("exception"), KafkaError):
        loop.default_exception_handler(context)


def _count(health: WorkerHealth, records: int) -> None:
    health.records += records
    health.commits += 1
    health.moved()


async def _look(outbox: Outbox, health: WorkerHealth) -> None:
    """How far behind it is, each second; where nothing waits, it moves."""
    while True:
        waiting = (await outbox.ledger.read_head()).sequence - outbox.sequence
        health.lag[CHAIN, 0] = max(0, waiting)
        if waiting <= 0:
            health.moved()
        await asyncio.sleep(LOOKS_EVERY_S)


async def _standing_by(health: WorkerHealth) -> None:
    while True:
        health.moved()
        await asyncio.sleep(LOOKS_EVERY_S)
