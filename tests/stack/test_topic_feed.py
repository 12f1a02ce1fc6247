"""A Kafka topic as a feed: its records are heard, and each partition goes on where the last run stood."""

import asyncio
import gzip
import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import zstandard
from aiokafka.admin import NewTopic, RecordsToDelete
from aiokafka.structs import TopicPartition

from streams.feeds import Mark
from streams.feeds.topic import MOST_BYTES, Topic, plain
from streams.kafka import settings
from streams.kafka.broker import asked
from streams.kafka.producer import producing
from streams.kafka.settings import Kafka, kafka_of
from tests.shell.commands import SEALANE, TIME_LIMIT_S, environment, sealane
from tests.shell.listening import Listening, listening

pytestmark = pytest.mark.stack

LINE = b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24"


async def made(kafka: Kafka, partitions: int = 1) -> str:
    """A topic of sentence blocks; its name."""
    name = f"{kafka.prefix}raw.v1"
    async with asked(kafka) as admin:
        await admin.create_topics([NewTopic(name, partitions, 1)])
    return name


async def sent(kafka: Kafka, topic: str, *values: bytes, partition: int = 0) -> None:
    async with producing(kafka) as producer:
        for value in values:
            await producer.send_and_wait(topic, value, partition=partition)


def feed(kafka: Kafka, topic: str, heard: Listening, places: Mapping[str, str] | None = None) -> Topic:
    found = Topic(topic, kafka, heard.told.append)
    found.resume(places or {})
    return found


async def test_records_plain_and_compressed_are_heard_each_with_its_last_line_ended(kafka: Kafka):
    topic, heard = await made(kafka), Listening()
    frames = zstandard.compress(b"three\n") + zstandard.compress(b"four\n")
    await sent(kafka, topic, b"one\ntwo", frames, gzip.compress(b"five\n"))
    async with listening(feed(kafka, topic, heard), heard):
        await heard.until_heard(b"one\ntwo\nthree\nfour\nfive\n")
        await sent(kafka, topic, b"six\n")
        await heard.until_heard(b"one\ntwo\nthree\nfour\nfive\nsix\n")
    assert all(block.arrived_at is not None for block in heard.blocks)


async def test_each_partition_goes_on_where_it_stood(kafka: Kafka):
    topic, first, second = await made(kafka, partitions=2), Listening(), Listening()
    await sent(kafka, topic, b"a\n", b"b\n", partition=0)
    await sent(kafka, topic, b"c\n", partition=1)
    heard = feed(kafka, topic, first)
    async with listening(heard, first):
        await first.until(lambda: len(first.blocks) == 3)
    places = heard.places(Mark(offset=first.blocks[-1].ends_at))
    assert places == {"0": "2", "1": "1"}
    await sent(kafka, topic, b"d\n", partition=1)
    async with listening(feed(kafka, topic, second, places), second, Mark(offset=6)):
        await second.until_heard(b"d\n")
    assert second.blocks[0].ends_at == 8


async def test_what_is_not_settled_is_read_again(kafka: Kafka):
    topic, heard = await made(kafka), Listening()
    await sent(kafka, topic, b"a\n", b"b\n")
    one = feed(kafka, topic, heard)
    async with listening(one, heard):
        await heard.until_heard(b"a\nb\n")
    assert one.places(Mark(offset=2)) == {"0": "1"}


async def test_a_record_that_cannot_be_read_is_told_of_and_passed_over(kafka: Kafka):
    topic, heard = await made(kafka), Listening()
    await sent(kafka, topic, zstandard.compress(b"a" * 1_000)[:-5], b"b\n")
    one = feed(kafka, topic, heard)
    async with listening(one, heard):
        await heard.until(lambda: heard.text.endswith(b"b\n"))
    assert one.status.dropped == 1
    assert any("record 0 of partition 0" in told for told in heard.told)


async def test_records_the_topic_kept_no_longer_are_told_of(kafka: Kafka):
    topic, heard = await made(kafka), Listening()
    await sent(kafka, topic, b"a\n", b"b\n", b"c\n")
    async with asked(kafka) as admin:
        await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=2)})
    async with listening(feed(kafka, topic, heard, {"0": "0"}), heard):
        await heard.until_heard(b"c\n")
    assert any("kept 2 records no longer" in told for told in heard.told)


async def test_a_topic_that_is_missing_is_told_of_and_heard_once_it_is_there(kafka: Kafka):
    heard = Listening()
    async with listening(feed(kafka, f"{kafka.prefix}raw.v1", heard), heard):
        await heard.until_told("there is no topic")
        topic = await made(kafka)
        await sent(kafka, topic, b"a\n")
        await heard.until_heard(b"a\n")


async def test_a_broker_that_is_away_is_told_of():
    heard = Listening()
    async with listening(feed(kafka_of({settings.BROKERS: "127.0.0.1:9"}), "raw", heard), heard):
        await heard.until_told("check SEALANE_KAFKA_BROKERS; trying again")


def test_a_value_too_long_when_decompressed_is_refused():
    with pytest.raises(ValueError, match="64 MB"):
        plain(zstandard.compress(b"a" * (MOST_BYTES + 1)))


async def test_a_run_that_is_started_again_hears_on_and_ends_as_a_replay_does(
    kafka: Kafka, home: Path, corridor: Path, good: bytes
):
    """Twice started, once killed between: the digest is that of the recording."""
    topic, lines = await made(kafka), good.splitlines(keepends=True)
    blocks = [zstandard.compress(b"".join(lines[at : at + 100])) for at in range(0, len(lines), 100)]
    await sent(kafka, topic, *blocks[:2])
    words = [str(SEALANE), "run", "--config", str(corridor), "--kafka", topic]
    for more, ending in ((blocks[2:], signal.SIGKILL), ((), signal.SIGTERM)):
        run = await asyncio.create_subprocess_exec(*words, env=environment(), stdout=subprocess.DEVNULL)
        try:
            await sent(kafka, topic, *more)
            await _heard(f"kafka:{topic}", corridor, 200 if more else len(lines))
        finally:
            run.send_signal(ending)
            await asyncio.wait_for(run.wait(), TIME_LIMIT_S)
    recording = home / "good.nmea"
    recording.write_bytes(good)
    words_of_replay = ("replay", recording, "--config", corridor, "--state", "--ledger", "memory")
    replayed = json.loads((await asyncio.to_thread(sealane, *words_of_replay))[1])
    kept = json.loads((await asyncio.to_thread(sealane, "digest", "--config", corridor, "--json"))[1])
    assert kept["digest"] == replayed["digest"]
    assert os.environ[settings.PREFIX_ENV] == kafka.prefix


async def _heard(feed_name: str, corridor: Path, least: int) -> None:
    """Wait until a run says that it heard so many lines of a feed in all of its runs."""
    async with asyncio.timeout(TIME_LIMIT_S):
        while True:
            code, text, _ = await asyncio.to_thread(sealane, "feeds", "--config", corridor, "--json")
            if code == 0 and any(
                each["name"] == feed_name and int(str(each["sentences"])) >= least for each in rows(text)
            ):
                return
            await asyncio.sleep(0.5)


def rows(text: str) -> list[dict[str, object]]:
    found = json.loads(text)
    return found if isinstance(found, list) else [found]
