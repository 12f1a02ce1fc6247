"""All workers of a host under one supervisor: whoever is killed, the ledger and its subscribers end up the same."""

import asyncio
import os
import signal
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bench.broker import Broker
from bench.crosscheck import embedded
from bench.fleet import Fleet, fleet
from streams.demo.files import write_corridor
from streams.subscribe import subscribe
from tests.shell.commands import SEALANE
from tests.stack.conftest import Run
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


class Station(socketserver.ThreadingTCPServer):
    """Sends all it has to whoever connects, and, where it was silent, once more when it is asked to."""

    allow_reuse_address, daemon_threads = True, True

    def __init__(self, lines: bytes) -> None:
        self.lines, self.again, self.over = lines, threading.Event(), threading.Event()
        super().__init__(("127.0.0.1", 0), _Sending)


class _Sending(socketserver.BaseRequestHandler):
    server: Station

    def handle(self) -> None:
        with suppress(OSError):  # its listener was killed
            self.request.sendall(self.server.lines)
            self.server.again.wait(WITHIN_S)
            self.request.sendall(self.server.lines)
            self.server.over.wait(WITHIN_S)


@contextmanager
def station(lines: bytes) -> Iterator[Station]:
    with Station(lines) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.again.set()
        found.over.set()
        found.shutdown()


def kinds_told(ships: Fleet) -> set[str]:
    """The kinds of event that a subscriber was told."""

    async def read() -> set[str]:
        return {each.event.kind async for each in subscribe(ships.kafka, after=0, follow=False)}

    return asyncio.run(read())


@pytest.mark.slow
def test_killed_all_at_once_they_come_to_the_same(ships: Fleet, corridor: Path, two_weeks: Path):
    with started([SEALANE, "supervise", "follow=2", "judge=1", "relay=1"], ships.env()) as supervisor:
        before = {slot: holder(ships, slot) for slot in WORKERS}
        ships.replay([two_weeks])
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        assert all(holder(ships, slot, but=pid) != pid for slot, pid in before.items())
        assert ships.settled() == embedded(corridor, [two_weeks])
        ships.until(ships.is_told)
        supervisor.terminate()
        assert supervisor.wait(WITHIN_S) == 0


@pytest.mark.slow
def test_a_station_heard_under_a_supervisor_amounts_to_a_run_and_its_silence_is_told(
    broker: Broker, two_weeks: Path, run: Run, tmp_path: Path
):
    config = write_corridor(tmp_path / "corridor")
    expected = run(config, two_weeks)
    with station(two_weeks.read_bytes()) as heard:
        address = f"127.0.0.1:{heard.server_address[1]}"
        with config.open("a") as more:
            more.write(f'[[feeds]]\nkind = "tcp"\naddress = "{address}"\nsilent_after_s = 2.0\n')
        workers = ["follow=1", "judge=1", "relay=1", "ingest=1", "--", "--tcp", address]
        with fleet(broker, config) as ships, started([SEALANE, "supervise", *workers], ships.env()) as supervisor:
            killed = 0
            for _ in range(2):
                killed = holder(ships, "ingest-0", but=killed)
                time.sleep(1.0)
                os.kill(killed, signal.SIGKILL)
            ships.until(lambda: ships.heard() == expected)
            ships.until(lambda: "FeedSilent" in kinds_told(ships))
            heard.again.set()
            ships.until(lambda: "FeedHeard" in kinds_told(ships))
            assert ships.heard() == expected
            supervisor.terminate()
            assert supervisor.wait(WITHIN_S) == 0
            ships.settled()  # verified
