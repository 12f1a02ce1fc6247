"""All workers of a host under one supervisor: whoever is killed, the ledger and its subscribers end up the same."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from bench.crosscheck import embedded
from bench.fleet import Fleet
from streams.ledger.ledger import Ledger
from streams.subscribe import subscribe
from tests.shell.commands import SEALANE
from tests.stack.reading import started

pytestmark = pytest.mark.stack

WITHIN_S = 90.0  # on a busy machine
WORKERS = ("follow-0", "follow-1", "judge-0", "relay-0")


def holder(ships: Fleet, slot: str, but: int = 0) -> int:
    """The process in a slot, once it is another than `but`."""
    file = ships.folder / "run" / f"sealane-{os.getuid()}" / f"{ships.kafka.prefix}{slot}.slot"
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        if file.exists() and (word := file.read_text().strip()) and int(word) != but:
            return int(word)
        time.sleep(0.05)
    raise AssertionError(f"nobody took slot {slot}")


async def chain_and_received(ships: Fleet) -> tuple[list[int], list[int]]:
    """The sequences of the chain, and those a subscriber was told."""
    ledger = Ledger(ships.url)
    entries = [entry.sequence async for entry in ledger.entries()]
    await ledger.close()
    received: list[int] = []
    async with asyncio.timeout(WITHIN_S):
        while len(received) < len(entries):  # the relay may still be at it
            received = [each.event.sequence async for each in subscribe(ships.kafka, after=0, follow=False)]
    return entries, sorted(received)


@pytest.mark.slow
def test_killed_all_at_once_they_come_to_the_same(ships: Fleet, corridor: Path, two_weeks: Path):
    with started([SEALANE, "supervise", "follow=2", "judge=1", "relay=1"], ships.env()) as supervisor:
        before = {slot: holder(ships, slot) for slot in WORKERS}
        ships.replay([two_weeks])
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        assert all(holder(ships, slot, but=pid) != pid for slot, pid in before.items())
        assert ships.settled() == embedded(corridor, [two_weeks])
        entries, received = asyncio.run(chain_and_received(ships))
        assert received == entries
        supervisor.terminate()
        assert supervisor.wait(WITHIN_S) == 0
