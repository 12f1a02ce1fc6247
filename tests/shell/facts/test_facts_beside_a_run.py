"""Facts added beside a run are taken over by it."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from sealane.fix import Fix
from streams.app import opened
from streams.ledger import keys
from streams.ledger.inputs import stored_fixes
from streams.ledger.server import data_folder, socket_path
from tests.core.story import Port, nmea, sail
from tests.shell.commands import environment
from tests.shell.facts.adding import (
    BOUND,
    FACTS,
    Desk,
)

WITHIN_S = 20.0
LOOKS_EVERY_S = 0.05
MAIN = "from streams.cli import main; main()"


@pytest.fixture
def run(desk: Desk) -> Iterator[subprocess.Popen[str]]:
    """`sealane run` on a growing file, in a process of its own."""
    command = [sys.executable, "-c", MAIN, "run", "--json", "--file", str(desk.recording), "--config", str(desk.config)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def until(wanted: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not wanted():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(LOOKS_EVERY_S)


def commits(desk: Desk) -> int:
    """How many commits the run has made since it heard the whole file; 0 until then."""
    try:
        with redis.Redis.from_url(f"unix://{socket_path(data_folder('demo'))}") as client:
            found = client.hget(keys.FENCE, f"file:{desk.recording}")
    except redis.RedisError:
        return 0
    _, offset, made = (int(part) for part in (found or b"0:0:0").split(b":"))
    return made if offset == desk.recording.stat().st_size else 0


def until_taken_over(desk: Desk) -> None:
    """Until the run has committed with what was committed beside it."""
    before = commits(desk)
    until(lambda: commits(desk) > before + 1)


def test_a_fact_added_beside_a_run_is_taken_over_by_it_and_told(desk: Desk, run: subprocess.Popen[str]):
    until(lambda: commits(desk) > 0)
    status, out, err = desk("facts add --json", desk.file(*FACTS))
    assert status == 0, err
    told = {json.loads(line)["id"] for line in out.splitlines()}
    assert any(id_.startswith("sighting:") for id_ in told)
    until_taken_over(desk)
    run.send_signal(signal.SIGTERM)
    heard, complaint = run.communicate(timeout=WITHIN_S)
    assert run.returncode == 0, complaint
    assert "Traceback" not in complaint
    by_run = {json.loads(line)["id"] for line in heard.splitlines() if line.startswith("{")}
    assert told <= by_run
    assert desk("verify")[0] == 0
    expected = desk.told("replay --state", desk.recording, "--facts", desk.folder / "facts.jsonl")
    assert desk("digest")[1].split()[-1] == expected["digest"]


def test_a_radio_bound_beside_a_run_is_followed_from_then_on(desk: Desk, run: subprocess.Popen[str]):
    far_off = Port("nowhere", lat_deg=-20.0, lon_deg=-30.0)
    ways = sail((0, 0, 0), (2, 20, 0), port=far_off), sail((3, 25, 0), (5, 45, 0), port=far_off)
    before, after = (b"".join(nmea(way, BOUND["mmsi"])) for way in ways)
    with desk.recording.open("ab") as grows:
        grows.write(before)
    until(lambda: commits(desk) > 0)
    assert desk("facts add", desk.file(BOUND))[0] == 0
    until_taken_over(desk)
    with desk.recording.open("ab") as grows:
        grows.write(after)
    until(lambda: commits(desk) > 0)
    run.send_signal(signal.SIGTERM)
    _, complaint = run.communicate(timeout=WITHIN_S)
    assert run.returncode == 0, complaint
    fixes = asyncio.run(fixes_of(desk, BOUND["mmsi"]))
    assert {fix.at for fix in fixes} <= {each.at for each in ways[1]}
    assert len(fixes) > 1
    assert desk("verify")[0] == 0


async def fixes_of(desk: Desk, mmsi: int) -> list[Fix]:
    async with opened("embedded", desk.corridor) as ledger:
        return [stored.fix async for _, _, stored in stored_fixes(ledger) if stored.fix.mmsi == mmsi]
