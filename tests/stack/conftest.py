"""What tests of the stack may ask for: one real Kafka broker a session, and topics of its own for each test."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from bench.broker import Broker, missing, running
from bench.fleet import Fleet, fleet
from streams.kafka import settings
from streams.kafka.settings import Kafka
from tests.shell.commands import process
from tests.shell.conftest import corridor, end_servers, good, home, keep_in, recording, two_weeks, url  # noqa: F401 - fixtures
from tests.stack.desking import Seen, Told, desk_of, seen, story_in

WITHOUT_CARD = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]

_numbers = count(1)

Run = Callable[[Path, Path], str]


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
def ships(broker: Broker, corridor: Path) -> Iterator[Fleet]:  # noqa: F811 - asks for the fixture
    """Workers of the demo's corridor, to be started; topics and ledger are their own."""
    with fleet(broker, corridor) as found:
        yield found


@pytest.fixture
def run(home: Path) -> Run:  # noqa: F811 - asks for the fixture
    """Have `sealane run` hear the lines of a file by a corridor's: the digest of what it heard."""

    def made(config: Path, file: Path) -> str:
        words, own = ("--config", config, "--ledger", "embedded"), str(home / "run")
        assert process("run", "--stdin", *words, given=file.read_bytes(), SEALANE_DATA=own)[0] == 0
        code, digest, _ = process("digest", *words, SEALANE_DATA=own)
        assert code == 0
        return digest.split()[-1]

    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, drawing without a graphics card. Without it: skipped, except where CI is set.

    A module's, not the session's: while it lives a loop runs in this thread, and no other test could run one.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None and not os.environ.get("CI"):
        pytest.skip("no chromium on PATH: apt-get install chromium")
    assert chromium is not None, "no chromium on PATH: .ci/run installs it"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=WITHOUT_CARD)
        yield found
        found.close()


@pytest.fixture(scope="module")
def story() -> Iterator[Told]:
    """A ledger that holds the story, for one module's tests to read or to write."""
    place = Path(tempfile.mkdtemp(prefix="sd"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(place / "run"))
        patch.setenv("SEALANE_DATA", str(place / "data"))
        yield story_in(place)
    end_servers(place)
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def desk(story: Told, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a desk of the story."""
    with desk_of(story, tmp_path_factory.mktemp("desk") / "log") as (address, _):
        yield address


@pytest.fixture
def look(browser: Browser, desk: str) -> Iterator[Seen]:
    """A page of the desk, 1440 x 900; whatever it does wrong fails the test."""
    with seen(browser, desk) as found:
        yield found


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder: a socket's path must be so."""
    found = Path(tempfile.mkdtemp(prefix="sk"))
    yield found
    shutil.rmtree(found, ignore_errors=True)
