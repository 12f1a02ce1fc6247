"""What tests of the stack may ask for: one real Kafka broker a session, and topics of its own for each test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from bench.broker import Broker, missing, running
from streams.kafka import settings
from streams.kafka.settings import Kafka
from tests.shell.conftest import corridor, good, home, keep_in, recording, url  # noqa: F401 - fixtures

_numbers = count(1)


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """A broker on ports of its own. Without java and mvn: skipped, except where CI is set."""
    if (why := missing()) and not os.environ.get("CI"):
        pytest.skip(why)
    with running() as found:
        yield found


@pytest.fixture
def kafka(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Kafka:
    """How to reach the broker, with names of topics that no other test has; the environment says the same."""
    prefix = f"test{os.getpid()}-{next(_numbers)}."
    monkeypatch.setenv(settings.BROKERS, broker.address)
    monkeypatch.setenv(settings.PREFIX_ENV, prefix)
    for name in (settings.USER, settings.PASSWORD, settings.CA, settings.MECHANISM):
        monkeypatch.delenv(name, raising=False)
    return settings.kafka_of(os.environ)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder: a socket's path must be so."""
    found = Path(tempfile.mkdtemp(prefix="sk"))
    yield found
    shutil.rmtree(found, ignore_errors=True)
