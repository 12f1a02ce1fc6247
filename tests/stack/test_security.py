"""Signing in and TLS, as configuration: Kafka with SCRAM and TLS, Redis with a user of few rights and TLS. All real."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from itertools import islice
from pathlib import Path

import pytest
import redis

from bench.broker import Broker, running
from bench.crosscheck import embedded
from bench.fleet import fleet
from geofences.errors import BadReference
from streams.corridor.corridor import load_corridor
from streams.demo import feed
from streams.kafka.broker import BrokerError
from streams.kafka.health import WorkerHealth
from streams.kafka.relay import relay
from streams.kafka.settings import Kafka, kafka_of
from streams.kafka.topics import check, create
from streams.ledger.ledger import Ledger
from streams.subscribe import subscribe
from tests.shell.commands import process, sealane
from tests.shell.conftest import Kept, keep
from tests.stack.authority import Certified, certified

pytestmark = pytest.mark.stack

USER, PASSWORD = "sealane", "made-up-secret"
WITHIN_S = 20.0  # on a busy machine
LINES = 1_500
TAKES_LEAVE_S = 0.2  # TLS, after all was closed
ACL = Path(__file__).resolve().parents[2] / "deploy" / "redis" / "users.acl"


@pytest.fixture(scope="module")
def papers() -> Iterator[Certified]:
    folder = Path(tempfile.mkdtemp(prefix="sc"))
    yield certified(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def secured(papers: Certified) -> Iterator[Broker]:
    """A broker whose listeners ask for a user, for TLS, and for both."""
    with running(users={USER: PASSWORD}, keystore=papers.keystore) as found:
        yield found


def reached_by(secured: Broker, papers: Certified, way: str, password: str = PASSWORD) -> Kafka:
    """How to reach it by a way, as the environment would say it."""
    env = {"SEALANE_KAFKA_PREFIX": f"{way}.", "SEALANE_KAFKA_BROKERS": getattr(secured, way)}
    if "sasl" in way:
        env |= {"SEALANE_KAFKA_USER": USER, "SEALANE_KAFKA_PASSWORD": password}
    if "tls" in way:
        env["SEALANE_KAFKA_CA"] = str(papers.authority)
    return kafka_of(env)


# Kafka


@pytest.mark.parametrize("way", ["sasl", "tls", "sasl_tls"])
async def test_topics_relay_and_subscriber_work_over(way: str, secured: Broker, papers: Certified, url: str, keep_in):
    kafka = reached_by(secured, papers, way)
    assert all(each.fine for each in await create(kafka, partitions=2))
    kept = await asyncio.to_thread(keep_in, list(islice(feed(), LINES)))
    ledger = Ledger(url)
    task = asyncio.create_task(relay(ledger, load_corridor(kept.config), kafka, WorkerHealth(worker="relay")))
    async with asyncio.timeout(WITHIN_S), aclosing(subscribe(kafka, after=0)) as events:
        assert (await anext(events)).event.synthetic
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await ledger.close()
    await asyncio.sleep(TAKES_LEAVE_S)


async def test_a_wrong_password_is_named(secured: Broker, papers: Certified):
    with pytest.raises(BrokerError, match="let us not in: check SEALANE_KAFKA_USER and SEALANE_KAFKA_PASSWORD"):
        await check(reached_by(secured, papers, "sasl_tls", password="wrong"))
    with pytest.raises(BrokerError, match="let us not in"):
        await anext(subscribe(reached_by(secured, papers, "sasl", password="wrong")))


async def test_an_authority_that_is_not_trusted_is_named(secured: Broker, tmp_path: Path):
    other = certified(tmp_path)
    with pytest.raises(BrokerError, match="its certificate is not trusted: check SEALANE_KAFKA_CA"):
        await check(reached_by(secured, other, "tls"))


async def test_a_file_that_is_no_authority_is_named(secured: Broker, tmp_path: Path):
    (tmp_path / "ca.pem").write_text("not a certificate")
    env = {"SEALANE_KAFKA_BROKERS": secured.tls, "SEALANE_KAFKA_CA": str(tmp_path / "ca.pem")}
    with pytest.raises(BadReference, match="a PEM file of certificates"):
        await check(kafka_of(env))


def test_a_worker_with_a_wrong_password_ends_with_one_line(secured: Broker, home: Path, corridor: Path):
    del home
    env = {"SEALANE_KAFKA_BROKERS": secured.sasl, "SEALANE_KAFKA_USER": USER, "SEALANE_KAFKA_PASSWORD": "wrong"}
    with pytest.MonkeyPatch.context() as environ:
        for name, value in env.items():
            environ.setenv(name, value)
        code, _, said = process("worker", "relay", "--config", corridor)
    assert (code, said.count("\n")) == (1, 1)
    assert "let us not in" in said
    assert "wrong" not in said


# Redis


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[int]:
    """A redis-server of the system's, the only one at hand that was built with TLS: its port."""
    binary = shutil.which("redis-server")
    if binary is None and not os.environ.get("CI"):
        pytest.skip("no redis-server on PATH: apt-get install redis-server")
    assert binary is not None
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    options = ["--dir", str(folder), "--appendonly", "yes", "--appendfsync", "always", "--save", ""]
    command = [binary, *(word.replace("PORT", str(port)) for word in words), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
        try:
            for _ in range(int(WITHIN_S / 0.02)):
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.02)
            yield port
        finally:
            child.send_signal(signal.SIGTERM)


@pytest.fixture
def with_tls(papers: Certified, folder: Path) -> Iterator[int]:
    tls = ("--tls-cert-file", str(papers.certificate), "--tls-key-file", str(papers.key), "--tls-auth-clients", "no")
    with serving(folder, "--port", "0", "--tls-port", "PORT", *tls) as port:
        yield port


@pytest.fixture
def with_users(folder: Path) -> Iterator[int]:
    """The users of deploy/redis/, as shipped."""
    with serving(folder, "--port", "PORT", "--aclfile", str(ACL), "--maxmemory-policy", "noeviction") as port:
        yield port


def test_a_ledger_is_kept_over_tls(with_tls: int, papers: Certified, corridor: Path, recording: Path):
    url = f"rediss://localhost:{with_tls}/0?ssl_ca_certs={papers.authority}"
    code, _, error = process("replay", recording, "--ledger", url, "--config", corridor)
    assert code == 0, error
    code, said, error = process("verify", "--ledger", url, "--config", corridor)
    assert code == 0, said + error


def test_an_authority_that_is_not_trusted_is_named_by_redis_too(with_tls: int, corridor: Path):
    code, _, said = process("verify", "--ledger", f"rediss://localhost:{with_tls}/0", "--config", corridor)
    assert (code, said.count("\n")) == (1, 1)
    assert "certificate verify failed" in said


def test_a_ledger_is_kept_by_a_user_of_few_rights_and_read_by_one_of_fewer(with_users: int, corridor: Path):
    writer = f"redis://sealane:change-me@localhost:{with_users}/0"
    reader = f"redis://sealane-reader:change-me-too@localhost:{with_users}/0"
    asyncio.run(keep(Kept(writer, corridor), list(islice(feed(), LINES))))
    for words in (("verify",), ("calls",)):
        code, said, error = sealane(*words, "--ledger", reader, "--config", corridor)
        assert code == 0, said + error
    with redis.Redis.from_url(reader) as client, pytest.raises(redis.exceptions.NoPermissionError):
        client.hset("sealane:outbox", "kafka", "")


async def test_the_relay_needs_no_more_rights_than_the_writer_has(with_users: int, corridor: Path, kafka: Kafka):
    writer = f"redis://sealane:change-me@localhost:{with_users}/0"
    await create(kafka, partitions=2)
    await keep(Kept(writer, corridor), list(islice(feed(), LINES)))
    ledger = Ledger(writer)
    task = asyncio.create_task(relay(ledger, load_corridor(corridor), kafka, WorkerHealth(worker="relay")))
    async with asyncio.timeout(WITHIN_S), aclosing(subscribe(kafka, after=0)) as events:
        await anext(events)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await ledger.close()


def test_a_wrong_password_of_redis_is_named_without_it(with_users: int, corridor: Path):
    url = f"redis://sealane:not-this-one@localhost:{with_users}/0"
    code, _, said = sealane("verify", "--ledger", url, "--config", corridor)
    assert code == 1
    assert "refused" in said
    assert "not-this-one" not in said


@pytest.mark.slow
def test_workers_need_no_more_rights_than_the_writer_has(
    broker: Broker, with_users: int, corridor: Path, recording: Path
):
    with fleet(broker, corridor) as ships:
        ships.url = f"redis://sealane:change-me@localhost:{with_users}/0"
        for worker in ("follow", "judge", "relay"):
            ships.start(worker, "0")
        ships.replay([recording])
        assert ships.settled() == embedded(corridor, [recording]), ships.said()
        assert ships.restarts == 0, ships.said()
