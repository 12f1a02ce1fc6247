"""The relay: each event of the chain on Kafka at least once, the same bytes each time, whoever is killed. SYNTHETIC."""

import asyncio
import json
import random
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord

from bench.broker import running
from streams.care.backup import backup, restore
from streams.contract.cloudevent import binary, cloud_event
from streams.corridor.corridor import Corridor, load_corridor
from streams.demo import feed
from streams.kafka import relay as relaying
from streams.kafka.broker import BrokerError
from streams.kafka.health import WorkerHealth
from streams.kafka.relay import destinations, relay
from streams.kafka.settings import Kafka
from streams.kafka.topics import ALERTS, BINDINGS, EVENTS, TALLIES, create
from streams.ledger import keys
from streams.ledger.chain import Entry
from streams.ledger.ledger import Fenced, Ledger, LedgerError
from streams.showing.telling import told
from tests.shell.commands import SEALANE, environment, process
from tests.stack.reading import read_all, started

pytestmark = pytest.mark.stack

FEW, MORE = 2_000, 5_000  # lines of the demo
WITHIN_S = 20.0  # on a busy machine

Keep = Callable[[list[bytes]], object]


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[Ledger]:
    found = Ledger(url)
    yield found
    await found.close()


@pytest.fixture
def demo(corridor: Path) -> Corridor:
    return load_corridor(corridor)


@asynccontextmanager
async def relayed(
    ledger: Ledger, kafka: Kafka, corridor: Corridor, health: WorkerHealth | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    """A relay at work beside the test."""
    task = asyncio.create_task(relay(ledger, corridor, kafka, health or WorkerHealth(worker="relay")))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def sent_up_to_the_end(ledger: Ledger, within_s: float = WITHIN_S) -> None:
    """Wait until the cursor stands at the chain's end."""
    async with asyncio.timeout(within_s):
        while await cursor(ledger) < (await ledger.read_head()).sequence:
            await asyncio.sleep(0.02)


async def cursor(ledger: Ledger) -> int:
    written = (await ledger.hash(keys.OUTBOX)).get(relaying.NAME.encode(), b"0:0:0:-")
    return int(written.split(b":")[2])


async def chain(ledger: Ledger) -> list[Entry]:
    return [entry async for entry in ledger.entries()]


def by_sequence(records: list[ConsumerRecord]) -> dict[int, set[tuple[object, ...]]]:
    """What was received of each entry: key, headers and value."""
    found: dict[int, set[tuple[object, ...]]] = {}
    for each in records:
        sequence = json.loads(each.value)["sequence"]
        found.setdefault(sequence, set()).add((each.partition, each.key, each.headers, each.value))
    return found


async def test_every_event_is_sent_in_order_and_tallies_alerts_and_bindings_beside(
    kafka: Kafka, ledger: Ledger, demo: Corridor, keep_in: Keep
):
    await create(kafka, partitions=3)
    await asyncio.to_thread(keep_in, list(islice(feed(), MORE)))
    health = WorkerHealth(worker="relay")
    async with relayed(ledger, kafka, demo, health):
        await sent_up_to_the_end(ledger)
        assert health.is_ready
    entries = await chain(ledger)
    records = await read_all(kafka, EVENTS)
    assert sorted(json.loads(each.value)["sequence"] for each in records) == list(range(1, len(entries) + 1))
    for number in range(3):
        sequences = [json.loads(each.value)["sequence"] for each in records if each.partition == number]
        assert sequences == sorted(sequences)
    expected = {entry.sequence: binary(cloud_event(told(entry), "demo")) for entry in entries}
    for each in records:
        headers, value = expected[json.loads(each.value)["sequence"]]
        assert (list(each.headers), each.value) == (headers, value)
    for noun, topic in (("tally", TALLIES), ("alert", ALERTS), ("identity", BINDINGS)):
        own = [entry.sequence for entry in entries if told(entry).subject.startswith(f"{noun}:")]
        assert [json.loads(each.value)["sequence"] for each in await read_all(kafka, topic)] == own
    beside = [len(await read_all(kafka, topic)) for topic in (TALLIES, ALERTS, BINDINGS)]
    assert health.published == len(entries) + sum(beside)


async def test_an_event_goes_by_its_hull_so_that_each_ship_keeps_its_order(ledger: Ledger, keep_in: Keep):
    await asyncio.to_thread(keep_in, list(islice(feed(), FEW)))
    for entry in await chain(ledger):
        event = told(entry)
        (topic, key), *_ = destinations(cloud_event(event, "demo"))
        assert topic == EVENTS
        assert key == str(event.object.get("imo") or event.object.get("mmsi") or event.subject)


async def test_events_are_sent_as_they_are_committed_and_sending_goes_on_where_it_stopped(
    kafka: Kafka, ledger: Ledger, demo: Corridor, keep_in: Keep
):
    await create(kafka, partitions=2)
    lines = list(islice(feed(), MORE))
    async with relayed(ledger, kafka, demo):
        await asyncio.to_thread(keep_in, lines[:FEW])
        await sent_up_to_the_end(ledger)
    await asyncio.to_thread(keep_in, lines)
    async with relayed(ledger, kafka, demo):
        await sent_up_to_the_end(ledger)
    records = await read_all(kafka, EVENTS)
    assert len(records) == len(await chain(ledger))


async def test_killed_at_any_moment_every_event_arrives_and_repeats_are_the_same(
    kafka: Kafka, ledger: Ledger, demo: Corridor, keep_in
):
    await create(kafka, partitions=2)
    kept = await asyncio.to_thread(keep_in, list(islice(feed(), MORE)))
    chance = random.Random(7)
    words = ("worker", "relay", "--ledger", kept.url, "--config", kept.config)
    for _ in range(3):
        with started([SEALANE, *words], environment()) as child:
            await asyncio.sleep(1.0 + 0.5 * chance.random())
            child.send_signal(signal.SIGKILL)
        await ledger.server.hdel(keys.OUTBOX, relaying.NAME)  # from the beginning again, and no lease to wait for
    async with relayed(ledger, kafka, demo):
        await sent_up_to_the_end(ledger)
    got = by_sequence(await read_all(kafka, EVENTS))
    assert sorted(got) == [entry.sequence for entry in await chain(ledger)]
    assert all(len(forms) == 1 for forms in got.values())


async def test_a_relay_whose_lease_another_took_is_refused(kafka: Kafka, ledger: Ledger, demo: Corridor, keep_in: Keep):
    await create(kafka, partitions=2)
    lines = list(islice(feed(), MORE))
    await asyncio.to_thread(keep_in, lines[:FEW])
    async with relayed(ledger, kafka, demo) as first:
        await sent_up_to_the_end(ledger)
        before = await cursor(ledger)
        await ledger.server.hset(keys.OUTBOX, relaying.NAME, f"9:1:{before}:another")
        await asyncio.to_thread(keep_in, lines)
        with pytest.raises(Fenced, match="another has its lease"):
            async with asyncio.timeout(WITHIN_S):
                await first
    assert await cursor(ledger) == before


async def test_a_relay_that_slept_while_sending_is_refused_by_kafka_too(
    kafka: Kafka, ledger: Ledger, demo: Corridor, keep_in: Keep
):
    await create(kafka, partitions=2)
    lines = list(islice(feed(), MORE))
    await asyncio.to_thread(keep_in, lines[:FEW])
    async with relayed(ledger, kafka, demo) as first:
        await sent_up_to_the_end(ledger)
        before = (await ledger.read_head()).sequence  # a record each; readers see the last of them a moment later
        other = AIOKafkaProducer(**kafka.client(), transactional_id=f"{kafka.prefix}relay")
        await other.start()
        await asyncio.to_thread(keep_in, lines)
        with pytest.raises(Fenced, match="another relay has begun to send"):
            async with asyncio.timeout(WITHIN_S):
                await first
        await other.stop()
    assert len(await read_all(kafka, EVENTS)) == before


async def test_a_chain_that_was_set_back_is_told(kafka: Kafka, ledger: Ledger, demo: Corridor, keep_in: Keep):
    await create(kafka, partitions=2)
    await asyncio.to_thread(keep_in, list(islice(feed(), FEW)))
    await ledger.server.hset(keys.OUTBOX, relaying.NAME, "1:0:999999:-")
    with pytest.raises(LedgerError, match="entries up to 999999 were sent to Kafka: it was set back by a restore"):
        await relay(ledger, demo, kafka, WorkerHealth(worker="relay"))


async def test_a_chain_that_a_restore_set_back_is_told_though_its_cursor_was_set_back_with_it(
    kafka: Kafka, ledger: Ledger, demo: Corridor, keep_in: Keep, tmp_path: Path
):
    await create(kafka, partitions=2)
    lines = list(islice(feed(), MORE))
    await asyncio.to_thread(keep_in, lines[:FEW])
    async with relayed(ledger, kafka, demo):
        await sent_up_to_the_end(ledger)
        await backup(ledger, tmp_path / "early.zst")
        await asyncio.to_thread(keep_in, lines)
        await sent_up_to_the_end(ledger)
    await restore(ledger, tmp_path / "early.zst", demo.rules, replace=True)
    with pytest.raises(LedgerError, match="it was set back by a restore"):
        async with asyncio.timeout(WITHIN_S):
            await relay(ledger, demo, kafka, WorkerHealth(worker="relay"))
    others = list(islice(feed(), MORE, MORE + FEW))
    await asyncio.to_thread(keep_in, others)  # the chain is longer than it was, and another
    with pytest.raises(LedgerError, match="is not the one that was sent to Kafka: it was set back by a restore"):
        async with asyncio.timeout(WITHIN_S):
            await relay(ledger, demo, kafka, WorkerHealth(worker="relay"))


async def test_missing_topics_end_a_relay_before_it_begins(kafka: Kafka, ledger: Ledger, demo: Corridor):
    with pytest.raises(BrokerError, match=r"events.v1: missing; .*run: sealane topics create"):
        await relay(ledger, demo, kafka, WorkerHealth(worker="relay"))


@pytest.mark.usefixtures("home", "kafka")
def test_a_broker_nobody_runs_and_a_ledger_nobody_runs_are_named(corridor):
    words = ("worker", "relay", "--config", corridor)
    code, _, said = process(*words, SEALANE_KAFKA_BROKERS="127.0.0.1:9")
    assert (code, said.count("\n")) == (1, 1)
    assert "kafka 127.0.0.1:9: cannot be reached" in said
    code, _, said = process(*words, "--ledger", "redis://127.0.0.1:9/0")
    assert (code, said.count("\n")) == (1, 1)
    assert "redis://127.0.0.1:9/0: cannot be reached" in said


async def test_asked_to_end_a_relay_gives_its_lease_back(kafka: Kafka, ledger: Ledger, keep_in):
    await create(kafka, partitions=2)
    kept = await asyncio.to_thread(keep_in, list(islice(feed(), FEW)))
    words = [SEALANE, "worker", "relay", "--ledger", kept.url, "--config", kept.config]
    with started(words, environment()) as child:
        await sent_up_to_the_end(ledger)
        child.send_signal(signal.SIGTERM)
        _, said = await asyncio.to_thread(child.communicate, timeout=WITHIN_S)
    assert (child.returncode, said) == (0, b"")
    assert (await ledger.hash(keys.OUTBOX))[relaying.NAME.encode()].split(b":")[1] == b"0"


@pytest.mark.slow
async def test_a_broker_that_is_killed_and_started_again_loses_nothing(
    ledger: Ledger, demo: Corridor, keep_in: Keep, folder: Path
):
    with running(folder / "kafka") as own:
        kafka = Kafka(brokers=(own.address,), prefix="again.")
        await create(kafka, partitions=2)
        lines = list(islice(feed(), MORE))
        await asyncio.to_thread(keep_in, lines[:FEW])
        async with relayed(ledger, kafka, demo) as first:
            await sent_up_to_the_end(ledger)
            await asyncio.to_thread(own.kill)
            await asyncio.to_thread(keep_in, lines)
            await asyncio.to_thread(own.start)
            await sent_up_to_the_end(ledger, within_s=60.0)
            assert not first.done()
        got = by_sequence(await read_all(kafka, EVENTS))
        assert sorted(got) == [entry.sequence for entry in await chain(ledger)]
