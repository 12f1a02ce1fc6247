"""A replay into a ledger that was killed goes on where it stopped, and stands as one that never was."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.shell.commands import TIME_LIMIT_S, environment, sealane

NOBODYS = b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\n" * 90_000  # more than a fragment is waited for
KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from streams.app import corridor_of, opened
from streams.clock import now
from streams.replay.recording import Recording
from streams.replay.replay import Replay

async def run(config, url, file):
    corridor = corridor_of(Path(config))
    def emit(events):
        if replay.listener.heard > 92_000:
            os.kill(os.getpid(), signal.SIGKILL)
    async with opened(url, corridor) as ledger:
        replay = Replay([Recording(file)], corridor.rules, now(), ledger)
        await replay.run(emit, lambda _: None, settle_every=20)

asyncio.run(run(*sys.argv[1:]))
"""


@pytest.fixture
def killed(two_weeks: Path, corridor: Path, url: str, tmp_path: Path) -> Path:
    """A recording whose replay into a ledger was killed at a settle, a long way in."""
    lines = two_weeks.read_bytes().splitlines(keepends=True)
    file = tmp_path / "long.nmea"
    file.write_bytes(b"".join([*lines[:1_500], NOBODYS, *lines[1_500:]]))
    run = subprocess.run(
        [sys.executable, "-c", KILLED, corridor, url, file], env=environment(), timeout=TIME_LIMIT_S, check=False
    )
    assert run.returncode == -signal.SIGKILL
    return file


def replayed(file: Path, corridor: Path, url: str, *words: str) -> tuple[dict[str, Any], str]:
    status, out, said = sealane("replay", file, "--state", "--config", corridor, "--ledger", url, *words)
    assert status == 0, said
    return json.loads(out), said


def test_it_goes_on_where_it_stopped_and_stands_the_same(killed: Path, corridor: Path, url: str):
    whole, _ = replayed(killed, corridor, "memory")
    rest, said = replayed(killed, corridor, url)
    lines = dict(rest["lines"])
    assert lines["heard_before"] > 1_500
    assert "went on after" in said
    assert lines.pop("total") == sum(lines.values()) == whole["lines"]["total"]
    assert rest["digest"] == whole["digest"]
    third, _ = replayed(killed, corridor, url)
    assert (third["lines"], third["digest"]) == (whole["lines"], whole["digest"])  # one that ended begins anew


def test_asked_for_it_is_heard_again_from_the_start(killed: Path, corridor: Path, url: str):
    whole, _ = replayed(killed, corridor, "memory")
    again, _ = replayed(killed, corridor, url, "--again")
    assert (again["lines"], again["digest"]) == (whole["lines"], whole["digest"])


def test_a_file_that_changed_is_heard_from_the_start_and_that_is_said(killed: Path, corridor: Path, url: str):
    with killed.open("ab") as file:
        file.write(b"# one line more\n")
    whole, _ = replayed(killed, corridor, "memory")
    again, said = replayed(killed, corridor, url)
    assert "started over" in said
    assert (again["lines"], again["digest"]) == (whole["lines"], whole["digest"])
