"""Real servers for tests: embedded ones in folders of their own, ended by their process id."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from streams.server import serve

ENDS_WITHIN_S = 5.0


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
    shutil.rmtree(folder)


@pytest.fixture
def url(home: Path) -> str:
    """The URL of an empty embedded server."""
    return serve(home / "data" / "test")


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
