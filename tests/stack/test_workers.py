"""Workers and their faults: every record once, each error in words, nothing acknowledged that the ledger lacks."""

import asyncio
import json
import time
from pathlib import Path
from signal import SIGKILL

import pytest
import redis

from bench.broker import Broker, running
from bench.crosscheck import embedded
from bench.fleet import Fleet, fleet
from streams.cli.exits import EXIT_TERMINATED
from streams.kafka import failpoint
from streams.kafka.broker import asked
from streams.kafka.observation import HEADERS, SCHEMA_HEADER
from streams.kafka.producer import producing
from streams.kafka.settings import Kafka
from streams.kafka.topics import ALERTS, BINDINGS, EVENTS, OBSERVATIONS, TALLIES, name_of
from streams.ledger import keys
from tests.shell.commands import Answer, process, sealane

pytestmark = pytest.mark.stack

ENDS_WITHIN_S = 60.0  # of a busy machine
POISON: tuple[tuple[bytes | None, bytes | None], ...] = (
    (b"1", b"text"),
    (b"1", b""),
    (b"1", b"\xff\xfe"),
    (b"1", b"\x93\x01\x02\x03"),
    (b"1", None),
)


def command(ships: Fleet, *words: str | Path) -> Answer:
    """Run a command with a fleet's Kafka and ledger."""
    return sealane(*words, given=b"", **ships.env())


def send(ships: Fleet, records: list[tuple[bytes | None, bytes | None]], schema: bytes = HEADERS[0][1]) -> None:
    """Put records on the topic, as nobody of ours would."""

    async def sent() -> None:
        async with producing(ships.kafka) as producer:
            for key, value in records:
                topic = name_of(ships.kafka, OBSERVATIONS)
                await producer.send_and_wait(topic, value, key=key, headers=[(SCHEMA_HEADER, schema)])

    asyncio.run(sent())


def test_what_nobody_can_read_is_a_dead_letter_and_the_rest_goes_on(ships: Fleet, corridor: Path, two_weeks: Path):
    send(ships, [*POISON])
    ships.replay([two_weeks])
    send(ships, [*POISON])
    ships.start("follow", "0")
    ships.start("judge", "0")
    assert ships.settled() == embedded(corridor, [two_weeks])
    code, out, _ = command(ships, "dlq", "list", "--json")
    letters = json.loads(out)["letters"]
    assert (code, len(letters)) == (0, 2 * len(POISON))
    assert {letter["reason"] for letter in letters} == {"undecodable"}
    assert "b'text'" in "".join(command(ships, "dlq", "show", letter["id"])[1] for letter in letters)
    assert command(ships, "dlq", "retry")[2].strip().endswith("0 sent again, 10 still cannot be read")
    assert command(ships, "dlq", "retry", letters[0]["id"])[0] == 1


def test_a_record_of_a_newer_sealane_ends_the_worker_and_waits(ships: Fleet):
    send(ships, [(b"1", b"text")], schema=b"2")
    worker = ships.start("follow", "0")
    assert worker.wait(ENDS_WITHIN_S) == 1
    assert "a newer sealane wrote it" in ships.said()
    assert [each.lag for each in ships.stands() if each.ends] == [1]


def test_a_worker_without_topics_ends_with_the_reason(broker: Broker, corridor: Path, folder: Path):
    bare = Fleet(broker, corridor, folder)
    try:
        for kind in ("follow", "judge"):
            assert bare.start(kind, "0").wait(ENDS_WITHIN_S) == 1
        assert bare.said().count("missing; run: sealane topics create") == 2
    finally:
        bare.end()


def test_a_worker_whose_broker_is_away_or_lets_nobody_in_ends_with_the_reason(ships: Fleet):
    away = {"SEALANE_KAFKA_BROKERS": "127.0.0.1:9"}
    for kind in ("follow", "judge", "relay"):
        code, _, err = process("worker", kind, given=b"", **(ships.env() | away))
        assert (code, "127.0.0.1:9: cannot be reached" in err) == (1, True), err
    wrong = {"SEALANE_KAFKA_USER": "who", "SEALANE_KAFKA_PASSWORD": "knows"}
    code, _, err = process("worker", "follow", given=b"", **(ships.env() | wrong))
    assert code == 1
    assert "SEALANE_KAFKA_" in err


def test_a_ledger_that_is_a_replica_is_refused_before_anything_is_read(ships: Fleet):
    with redis.Redis.from_url(ships.url) as server:
        server.execute_command("REPLICAOF", "127.0.0.1", "1")
    assert ships.start("follow", "0").wait(ENDS_WITHIN_S) == 1
    assert "read-only replica" in ships.said()


def test_a_worker_asked_to_end_does_so_with_all_it_took_committed(ships: Fleet, corridor: Path, two_weeks: Path):
    worker = ships.start("follow", "0")
    ships.start("judge", "0")
    sending = ships.replaying([two_weeks], "--speed", "250000x")
    while not any(each.claim.commits for each in ships.stands()):
        assert worker.poll() is None
    worker.terminate()
    assert worker.wait(ENDS_WITHIN_S) == 0
    assert all((each.committed or 0) <= each.fence for each in ships.stands())  # the ledger's is the one that counts
    ships.start("follow", "0")
    assert sending.wait(ENDS_WITHIN_S) == 0
    assert ships.settled() == embedded(corridor, [two_weeks])


async def topics_of_the_chain_deleted(kafka: Kafka) -> None:
    """What was sent of a chain is gone, once the broker has done with it."""
    names = [name_of(kafka, noun) for noun in (EVENTS, TALLIES, ALERTS, BINDINGS)]
    async with asked(kafka) as admin:
        await admin.delete_topics(names)
        while set(names) & set(await admin.list_topics()):
            await asyncio.sleep(0.1)


def test_a_ledger_that_was_set_back_is_named_and_rewound(ships: Fleet, corridor: Path, two_weeks: Path, tmp_path: Path):
    kept, begin = tmp_path / "early.zst", tmp_path / "begin.nmea"
    begin.write_bytes(b"".join(two_weeks.read_bytes().splitlines(keepends=True)[:100]))
    for kind in ("follow", "judge", "relay"):
        ships.start(kind, "0")
    ships.replay([begin])
    ships.settled()
    assert command(ships, "backup", kept)[0] == 0
    ships.replay([two_weeks])
    whole = ships.settled()
    ships.end()
    assert command(ships, "restore", kept, "--replace")[0] == 0
    assert ships.start("follow", "0").wait(ENDS_WITHIN_S) == 1
    assert "set the group back with: sealane topics rewind" in ships.said()
    assert ships.start("relay", "0").wait(ENDS_WITHIN_S) == 1
    assert "it was set back by a restore; see docs/operations.md" in ships.said()
    asyncio.run(topics_of_the_chain_deleted(ships.kafka))  # and on as docs/operations.md says
    assert command(ships, "topics", "create", "--partitions", str(ships.partitions))[0] == 0
    code, out, err = command(ships, "topics", "rewind")
    assert code == 0, err
    assert "(was at" in out
    ships.start("follow", "0")
    ships.until(lambda: all((each.committed or 0) == each.ends for each in ships.stands()))
    ships.end()
    code, _, err = command(ships, "restore", kept, "--replace", "--kafka")  # in one step what was done in several
    assert code == 0, err
    assert "observations 0: goes on from " in err
    for kind in ("follow", "judge", "relay"):
        ships.start(kind, "0")
    ships.replay([two_weeks])  # its hours and facts were in the ledger alone
    assert ships.settled() == whole == embedded(corridor, [two_weeks])
    ships.until(ships.is_told)


def test_a_ledger_is_made_anew_from_the_topic_at_once_or_not_at_all(ships: Fleet, corridor: Path, two_weeks: Path):
    ships.start("follow", "0")
    ships.start("judge", "0")
    ships.replay([two_weeks])
    whole = ships.settled()
    ships.end()
    with redis.Redis.from_url(ships.url) as server:
        chain = server.xlen(keys.LOG)
        held = sorted(server.scan_iter(f"{keys.FIXES}*"))
        server.delete(*held[::3], keys.view("deliveries"), keys.view("calls"))
        server.hset(held[1], server.hkeys(held[1])[0], b"garbage")
        before = {key: server.dump(key) for key in server.scan_iter()}
        code, _, err = process("rebuild", "--from-kafka", given=b"", **ships.env(f"{failpoint.READY}:1"))
        assert code == -SIGKILL, err
        kept = {key: value for key, value in before.items() if key != keys.FENCE.encode()}  # who rebuilds claims it
        assert {key: server.dump(key) for key in kept} == kept
    code, _, err = command(ships, "rebuild", "--from-kafka")
    assert code == 0, err
    assert f"{ships.stands()[0].ends + ships.stands()[1].ends + ships.stands()[2].ends:,} observations read" in err
    ships.start("follow", "0")
    ships.start("judge", "0")
    assert ships.settled() == whole == embedded(corridor, [two_weeks])
    with redis.Redis.from_url(ships.url) as server:
        assert server.xlen(keys.LOG) >= chain
        assert not list(server.scan_iter(f"{keys.NEXT}*"))


@pytest.mark.slow
def test_asked_to_end_while_its_broker_is_away_a_worker_ends_all_the_same(folder: Path, corridor: Path):
    with running(folder / "kafka") as own, fleet(own, corridor) as ships:
        send(ships, [*POISON])
        worker = ships.start("follow", "0")
        deadline = time.monotonic() + ENDS_WITHIN_S
        while not ships.has_begun():
            assert time.monotonic() < deadline, ships.said()
            time.sleep(0.1)
        own.pause()
        worker.terminate()
        assert worker.wait(ENDS_WITHIN_S) in (0, EXIT_TERMINATED)
        own.go_on()
