"""A subscriber: every event once, from where it is asked to begin, whatever is sent again. SYNTHETIC."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from sealane.alert import Alert
from sealane.tally import Tally
from streams.corridor.corridor import load_corridor
from streams.demo import feed
from streams.kafka.broker import BrokerError
from streams.kafka.health import WorkerHealth
from streams.kafka.relay import NAME, relay
from streams.kafka.settings import Kafka
from streams.kafka.topics import EVENTS, create, name_of
from streams.ledger import keys
from streams.ledger.ledger import Ledger
from streams.log import log_to_stderr
from streams.subscribe import Received, subscribe
from tests.shell.commands import SEALANE, environment, process
from tests.stack.reading import read_all, started

pytestmark = pytest.mark.stack

LINES = 14_000  # of the demo: into the month of its surge
WITHIN_S = 20.0  # on a busy machine
EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "subscriber.py"


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[Ledger]:
    found = Ledger(url)
    yield found
    await found.close()


@pytest.fixture
async def sent(kafka: Kafka, ledger: Ledger, keep_in) -> int:
    """The events of a ledger on Kafka: how many."""
    await create(kafka, partitions=3)
    kept = await asyncio.to_thread(keep_in, list(islice(feed(), LINES)))
    await send(kafka, ledger, kept.config)
    return (await ledger.read_head()).sequence


async def send(kafka: Kafka, ledger: Ledger, config: Path) -> None:
    """Relay the chain to its end."""
    task = asyncio.create_task(relay(ledger, load_corridor(config), kafka, WorkerHealth(worker="relay")))
    end = (await ledger.read_head()).sequence
    async with asyncio.timeout(WITHIN_S):
        while int((await ledger.hash(keys.OUTBOX)).get(NAME.encode(), b"0:0:0").split(b":")[2]) < end:
            await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def taken(events: AsyncIterator[Received], number: int) -> list[int]:
    """The sequences of the next so many events."""
    async with asyncio.timeout(WITHIN_S):
        return [(await anext(events)).event.sequence for _ in range(number)]


async def test_every_event_is_told_once_though_all_were_sent_twice(kafka: Kafka, ledger: Ledger, sent: int, corridor):
    await ledger.server.hdel(keys.OUTBOX, NAME)
    await send(kafka, ledger, corridor)
    assert len(await read_all(kafka, EVENTS)) == 2 * sent
    got = [each.event.sequence async for each in subscribe(kafka, after=0, follow=False)]
    assert sorted(got) == list(range(1, sent + 1))


async def test_what_is_told_is_typed(kafka: Kafka, sent: int):
    got = [each async for each in subscribe(kafka, topics=("alerts", "tallies"), after=0, follow=False)]
    assert {type(each.object) for each in got} == {Alert, Tally}
    assert all(each.event.synthetic and each.event.sequence <= sent for each in got)


async def test_a_subscriber_goes_on_after_the_sequence_it_has(kafka: Kafka, sent: int):
    got = [each.event.sequence async for each in subscribe(kafka, after=sent - 7, follow=False)]
    assert sorted(got) == list(range(sent - 6, sent + 1))


async def test_a_subscriber_goes_on_from_offsets(kafka: Kafka, sent: int):
    every = [each async for each in subscribe(kafka, after=0, follow=False)]
    ends = {(each.topic, each.partition): each.offset for each in every}
    again = [each async for each in subscribe(kafka, offsets=ends, follow=False)]
    assert {(each.topic, each.partition): each.offset for each in again} == ends
    assert len(again) == len(ends)
    assert len(every) == sent


async def test_a_group_goes_on_where_it_stood(kafka: Kafka, sent: int):
    first = subscribe(kafka, group="desk", follow=False)
    got = {each.event.sequence async for each in first}
    assert got == set(range(1, sent + 1))
    assert [each async for each in subscribe(kafka, group="desk", follow=False)] == []


async def test_a_member_that_left_in_the_middle_loses_nothing_for_its_group(kafka: Kafka, sent: int):
    first = subscribe(kafka, group="desk")
    got = set(await taken(first, 5))
    await first.aclose()
    got |= {each.event.sequence async for each in subscribe(kafka, group="desk", follow=False)}
    assert got == set(range(1, sent + 1))


async def test_without_a_place_to_begin_it_tells_what_comes_from_now_on(
    kafka: Kafka, ledger: Ledger, sent: int, corridor
):
    events = subscribe(kafka)
    first = asyncio.create_task(taken(events, 3))
    await asyncio.sleep(1.0)
    assert not first.done()
    await ledger.server.hdel(keys.OUTBOX, NAME)
    await send(kafka, ledger, corridor)
    assert len(await first) == 3 <= sent
    await events.aclose()


async def test_a_record_that_is_no_event_is_passed_over_and_said(
    kafka: Kafka, sent: int, capsys: pytest.CaptureFixture[str]
):
    log_to_stderr("text")
    producer = AIOKafkaProducer(**kafka.client())
    await producer.start()
    await producer.send_and_wait(name_of(kafka, EVENTS), b"not an event", key=b"odd")
    await producer.stop()
    got = [each async for each in subscribe(kafka, after=0, follow=False)]
    assert len(got) == sent
    assert f"{name_of(kafka, EVENTS)}" in capsys.readouterr().err


async def test_a_missing_topic_and_a_broker_nobody_runs_are_named(kafka: Kafka):
    with pytest.raises(BrokerError, match=r"events.v1 is missing; run: sealane topics create"):
        await anext(subscribe(kafka, after=0))
    with pytest.raises(BrokerError, match=r"kafka 127.0.0.1:9: cannot be reached"):
        await anext(subscribe("127.0.0.1:9", after=0))


async def test_tail_tells_the_same_from_kafka_as_from_the_ledger(kafka: Kafka, url: str, sent: int, corridor):
    del kafka, sent
    words = ("tail", "--after", "0", "--no-follow", "--json", "--config", corridor)
    from_ledger = await asyncio.to_thread(process, *words, "--ledger", url)
    from_kafka = await asyncio.to_thread(process, *words, "--kafka")
    assert from_kafka[0] == 0, from_kafka[2]
    assert sorted(from_kafka[1].splitlines()) == sorted(from_ledger[1].splitlines())


async def test_tail_tells_live_events_and_ends_well(kafka: Kafka, sent: int, corridor):
    del kafka
    words = [SEALANE, "tail", "--kafka", "--after", str(sent - 3), "--json", "--config", corridor]
    with started(words, environment()) as child:
        assert child.stdout is not None
        lines = [await asyncio.to_thread(child.stdout.readline) for _ in range(3)]
        child.send_signal(signal.SIGTERM)
        _, said = await asyncio.to_thread(child.communicate, timeout=WITHIN_S)
    assert sorted(json.loads(line)["sequence"] for line in lines) == [sent - 2, sent - 1, sent]
    assert (child.returncode, said) == (0, b"")


async def test_the_example_in_the_documents_works(kafka: Kafka, sent: int):
    del kafka, sent
    env = {**os.environ, "PYTHONPATH": str(EXAMPLE.parents[2])}
    with started([sys.executable, EXAMPLE], env) as child:
        assert child.stdout is not None
        lines = [await asyncio.to_thread(child.stdout.readline) for _ in range(3)]
    assert all(line.startswith(b"SYNTHETIC ") for line in lines)
