"""A full disk, as a limit on the size of a real server's files; and servers that a ledger cannot rest on."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from streams.demo import feed
from streams.ledger.condition import fit
from streams.ledger.ledger import LedgerError
from streams.ledger.server import binaries, data_folder
from tests.shell.commands import SEALANE, TIME_LIMIT_S, environment, process
from tests.shell.conftest import end, server_pid

LINES = 3_000
FEW_BLOCKS = 100  # of 512 bytes; the ledger of these lines takes megabytes

Started = Callable[..., str]


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A folder with a server in it that can write a few kilobytes a file, and is told so by the system."""
    script = tmp_path / "bin" / "valkey-server"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\ntrap '' XFSZ\nulimit -f {FEW_BLOCKS}\nexec {binaries()[-1]} \"$@\"\n")
    script.chmod(0o755)
    return script.parent


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Some weeks of the demo."""
    file = tmp_path / "demo.nmea"
    file.write_bytes(b"".join(islice(feed(), LINES)))
    return file


@pytest.fixture
def started(home: Path) -> Iterator[Started]:
    """Start a server of the user's, with options; it is ended after the test."""
    servers: list[subprocess.Popen[bytes]] = []

    def start(binary: str | Path, **options: str) -> str:
        path = home / "own.sock"
        ways = {"port": "0", "unixsocket": str(path), "dir": str(home), "appendonly": "yes", **options}
        words = [word for name, value in ways.items() for word in (f"--{name.replace('_', '-')}", value)]
        servers.append(subprocess.Popen([binary, *words], stdout=subprocess.DEVNULL))
        while server_pid(f"unix://{path}") is None:
            assert servers[-1].poll() is None
        return f"unix://{path}"

    yield start
    for server in servers:
        server.kill()
        server.wait()


@pytest.mark.usefixtures("home")
def test_an_embedded_server_that_cannot_write_is_told_and_what_was_committed_is_whole(
    corridor: Path, recording: Path, small_disk: Path
):
    into = ("--ledger", "embedded", "--config", corridor)
    few = recording.with_name("few.nmea")
    few.write_bytes(b"".join(recording.read_bytes().splitlines(keepends=True)[:50]))
    assert process("replay", few, *into)[0] == 0
    status, _, said = process("replay", recording, *into, PATH=f"{small_disk}:{os.environ['PATH']}")
    assert status == 1
    assert f"{data_folder('demo')}: its server cannot write its files" in said
    assert "free room on that disk, then run this again" in said
    assert "Traceback" not in said
    assert process("verify", "--config", corridor)[0] == 0
    _, told, _ = process("replay", recording, *into, "--state")  # there is room again
    _, alone, _ = process("replay", recording, "--config", corridor, "--state")
    assert json.loads(told)["digest"] == json.loads(alone)["digest"]


def test_a_redis_whose_disk_is_full_is_told_with_what_to_do(
    corridor: Path, recording: Path, small_disk: Path, started: Started
):
    url = started(small_disk / "valkey-server", appendfsync="everysec")
    status, _, said = process("replay", recording, "--ledger", url, "--config", corridor)
    if status == 0:  # it writes behind: the next commit is refused
        status, _, said = process("replay", recording, "--ledger", url, "--config", corridor)
    assert status == 1
    assert url in said
    assert "cannot write its files: free room on its disk" in said
    assert "Traceback" not in said


async def test_a_cluster_is_refused(started: Started):
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = str(free.getsockname()[1])
    url = started(binaries()[-1], cluster_enabled="yes", port=port, cluster_port=str(int(port) - 1))
    with pytest.raises(LedgerError, match=r"cluster is '1'; .* name a Redis that is no cluster"):
        await fit(url)


def test_a_demo_goes_on_when_its_redis_has_gone_away_and_come_back(home: Path, started: Started):
    url = started(binaries()[-1], appendfsync="always", maxmemory_policy="noeviction")
    show = subprocess.Popen(
        [SEALANE, "demo", "--ledger", url, "--json", "--pace", "100"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert show.stdout is not None
    assert len(list(islice(show.stdout, 10))) == 10
    pid = server_pid(url)
    assert pid is not None
    end(pid, signal.SIGKILL)
    started(binaries()[-1], appendfsync="always", maxmemory_policy="noeviction")
    assert len(list(islice(show.stdout, 200))) == 200
    show.send_signal(signal.SIGTERM)
    _, said = show.communicate(timeout=TIME_LIMIT_S)
    assert show.returncode == 0, said
    (config,) = home.glob("data/demo/corridor/corridor.toml")
    assert process("verify", "--ledger", url, "--config", config)[0] == 0
