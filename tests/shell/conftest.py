"""What tests of the shell may ask for: stretches of the demo feed, its corridor, and real servers. All SYNTHETIC."""

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest
import redis

from sealane.filter import watch_for
from sealane.listener import Listener
from sealane.scout import Scout
from streams.clock import now
from streams.corridor.corridor import load_corridor
from streams.demo import feed
from streams.demo.files import write_corridor
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import Ledger
from streams.ledger.server import serve

ENDS_WITHIN_S = 60.0  # on a busy machine
AUTUMN_LINES = 14_500  # of the demo: just into November 2023
SETTLE_EVERY_LINES = 2_000
FEW_LINES = 412  # four days, no message in halves
CALL_LINES = 3_001  # two weeks, the first calls


@pytest.fixture(scope="session", autouse=True)
def _nobodys_data() -> Iterator[None]:
    """No test touches the data of whoever runs it."""
    folder = Path(tempfile.mkdtemp(prefix="sl"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEALANE_DATA", str(folder / "data"))
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        yield
    end_servers(folder)
    shutil.rmtree(folder, ignore_errors=True)  # what a test started may still be leaving


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A short folder (so must a socket's path be) where data and sockets go; its servers are ended after the test."""
    folder = Path(tempfile.mkdtemp(prefix="sl"))
    monkeypatch.setenv("SEALANE_DATA", str(folder / "data"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
    monkeypatch.delenv("SEALANE_REDIS_URL", raising=False)
    monkeypatch.delenv("SEALANE_CONFIG", raising=False)
    yield folder
    end_servers(folder)
    shutil.rmtree(folder, ignore_errors=True)  # what a test started may still be leaving


@pytest.fixture
def url(home: Path) -> str:
    """The URL of an empty embedded server."""
    return serve(home / "data" / "test")


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[Ledger]:
    held = Ledger(url)
    yield held
    await held.close()


def server_pid(url: str) -> int | None:
    """The process id of the server at a Unix socket; None where nobody answers."""
    try:
        with redis.Redis.from_url(url) as client:
            return int(client.info("server")["process_id"])
    except redis.RedisError:
        return None


def end_servers(folder: Path, asked: signal.Signals = signal.SIGTERM) -> None:
    """End every server whose socket is in a folder, by its id, and wait until it is gone."""
    for socket in folder.glob("run/**/*.sock"):
        if pid := server_pid(f"unix://{socket}"):
            end(pid, asked)


def end(pid: int, asked: signal.Signals = signal.SIGTERM) -> None:
    """End a process and wait until it is gone, whoever its parent is."""
    os.kill(pid, asked)
    for _ in range(int(ENDS_WITHIN_S / 0.01)):
        if not _lives(pid):
            return
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class Kept(NamedTuple):
    """A ledger that holds the begin of the demo, and the corridor it is of."""

    url: str
    config: Path


@pytest.fixture(scope="session")
def kept() -> Iterator[Kept]:
    """Autumn of the demo in an embedded server; to be read, not written."""
    folder = Path(tempfile.mkdtemp(prefix="sl"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        found = Kept(serve(folder / "data"), write_corridor(folder / "corridor"))
        asyncio.run(keep(found, list(islice(feed(), AUTUMN_LINES))))
    yield found
    end_servers(folder)
    shutil.rmtree(folder, ignore_errors=True)  # what a test started may still be leaving


@pytest.fixture
def keep_in(url: str, tmp_path: Path) -> Callable[[list[bytes]], Kept]:
    """Have a ledger of its own hold lines of the demo; asked again, more of them."""
    own = Kept(url, write_corridor(tmp_path / "corridor"))

    def more(lines: list[bytes]) -> Kept:
        asyncio.run(keep(own, lines))
        return own

    return more


async def keep(into: Kept, lines: list[bytes]) -> None:
    """Have a ledger hold what some lines say."""
    rules = load_corridor(into.config).rules
    watch = watch_for(rules.watchlist, rules.chart)
    scout, listener = Scout(watch), Listener(watch, feed="demo", read_at=now())
    for line in lines:
        scout.hear(line)
    ledger = Ledger(into.url)
    keeper = Keeper(rules, listener.hours, ledger, "demo")
    await keeper.open()
    for number, line in enumerate(lines, start=1):
        keeper.take(listener.hear(line))
        if number % SETTLE_EVERY_LINES == 0:
            await keeper.settle(number)
    await keeper.settle(len(lines))
    await ledger.close()


@pytest.fixture(scope="session")
def corridor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the demo's corridor."""
    return write_corridor(tmp_path_factory.mktemp("corridor"))


@pytest.fixture(scope="session")
def good() -> bytes:
    """Four days of the demo feed."""
    return b"".join(islice(feed(), FEW_LINES))


@pytest.fixture(scope="session")
def recording(good: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, as a file."""
    return _written(good, tmp_path_factory.mktemp("recording"))


@pytest.fixture(scope="session")
def two_weeks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of the demo feed, with calls in them, as a file."""
    return _written(b"".join(islice(feed(), CALL_LINES)), tmp_path_factory.mktemp("two_weeks"))


def _written(lines: bytes, folder: Path) -> Path:
    file = folder / "good.nmea"
    file.write_bytes(lines)
    return file
