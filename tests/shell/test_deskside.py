"""A desk beside a run: served by itself, told where it is, ended with the run; and a run that goes on without."""

import json
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.cli.deskside import BIND, desk_address
from tests.shell.commands import SEALANE, environment
from tests.shell.conftest import server_pid

WITHIN_S = 40.0  # of a busy machine


def started(*words: str | Path) -> subprocess.Popen[str]:
    command = [SEALANE, "--log-format", "json", *words]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment(SEALANE_DESK="")
    )


def said(process: subprocess.Popen[str], wanted: str) -> str:
    """The first line of a run's log that holds a word."""
    assert process.stderr is not None
    ends_at = time.monotonic() + WITHIN_S
    for line in process.stderr:
        event = str(json.loads(line)["event"])
        if wanted in event:
            return event
        assert time.monotonic() < ends_at
    raise AssertionError(f"nobody said {wanted!r}")


def ended(process: subprocess.Popen[str], asked: signal.Signals = signal.SIGTERM) -> None:
    process.send_signal(asked)
    process.wait(WITHIN_S)
    assert process.stderr is not None
    process.stderr.close()


def refuses(url: str) -> bool:
    """Whether nobody serves there any more."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.socket() as sock:
        return sock.connect_ex((host, int(port))) != 0


def until(holds: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_serves_its_desk_and_takes_it_with_it(home: Path, recording: Path, corridor: Path, asked: signal.Signals):
    process = started("run", "--file", recording, "--config", corridor, "--desk", "127.0.0.1:0")
    url = said(process, "its desk is at").rpartition(" ")[2]
    with urllib.request.urlopen(f"{url}/healthz") as answer:
        assert json.load(answer)["status"] == "ok"
    with urllib.request.urlopen(f"{url}/vessels.json") as answer:
        assert {row["synthetic"] for row in json.load(answer)["rows"]} == {True}
    ended(process, asked)
    until(lambda: refuses(url))
    until(lambda: not any(server_pid(f"unix://{each}") for each in home.glob("run/**/*.sock")))


@pytest.mark.usefixtures("home")
def test_where_the_address_is_taken_a_run_says_so_and_goes_on(recording: Path, corridor: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        process = started("run", "--file", recording, "--config", corridor, "--desk", address)
        assert re.search("is taken", said(process, "desk: error"))
        assert said(process, "no desk at") == f"no desk at {address}; going on without it"
        assert process.poll() is None
        ended(process)


def test_where_a_desk_is_to_be_the_option_says_before_the_environment_does():
    assert desk_address(None, {}, off=False) == BIND
    assert desk_address(None, {"SEALANE_DESK": "127.0.0.1:9"}, off=False) == "127.0.0.1:9"
    assert desk_address("127.0.0.1:8", {"SEALANE_DESK": "off"}, off=False) == "127.0.0.1:8"
    assert desk_address(None, {"SEALANE_DESK": "off"}, off=False) is None
    assert desk_address("127.0.0.1:8", {}, off=True) is None
