"""One process a slot: started again when it ends, ended when it hangs, never two at once."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from streams import supervise as supervising
from streams.kafka.slot import SlotHeld, holder_of, holding_slot
from streams.log import log_to_stderr
from streams.supervise import Slot, supervise
from tests.shell.commands import SEALANE, environment, process, sealane

pytestmark = pytest.mark.shell

WITHIN_S = 20.0  # on a busy machine

# A process in a slot: it writes a line when it starts, then does as it is told.
PROCESS = """
import signal, sys, time
from streams.kafka.endpoint import STUCK_AFTER_S, serving
from streams.kafka.health import WorkerHealth
from streams.kafka.slot import holding_slot

log, does, address = sys.argv[1], sys.argv[2], sys.argv[-1]
health = WorkerHealth(worker="follow")
with holding_slot("", "follow", sys.argv[-3]), serving(health, address):
    starts = open(log).read().count("started") if __import__("os").path.exists(log) else 0
    with open(log, "a") as file:
        file.write("started\\n")
    if does == "ends":
        sys.exit(0)
    if does == "fails once" and starts == 0:
        sys.exit(1)
    if does == "is used wrongly":
        sys.exit(2)
    if does == "does not heed SIGTERM":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if does == "hangs once" and starts == 0:
        health.moved_s -= STUCK_AFTER_S
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "ASKS_EVERY_S", 0.1)
    monkeypatch.setattr(supervising, "FIRST_PAUSE_S", 0.1)
    monkeypatch.setattr(supervising, "ENDS_WITHIN_S", 1.0)


@pytest.fixture
def slot(tmp_path: Path, home: Path) -> Callable[[str], Slot]:
    del home
    (tmp_path / "process.py").write_text(PROCESS)

    def doing(what: str, number: int = 0) -> Slot:
        log = tmp_path / f"{number}.log"
        return Slot(worker="follow", number=number, command=(sys.executable, f"{tmp_path}/process.py", f"{log}", what))

    return doing


@asynccontextmanager
async def supervised(*slots: Slot) -> AsyncIterator[asyncio.Task[int]]:
    """Slots that are kept beside the test; asked to end as a system does, by SIGTERM."""
    task = asyncio.create_task(supervise(slots))
    try:
        yield task
    finally:
        if not task.done():
            os.kill(os.getpid(), signal.SIGTERM)
            async with asyncio.timeout(WITHIN_S):
                await task


async def starts(slot: Slot, number: int) -> None:
    """Wait until a slot's process was started so many times."""
    log = Path(slot.command[2])
    async with asyncio.timeout(WITHIN_S):
        while not log.exists() or log.read_text().count("started") < number:
            await asyncio.sleep(0.02)


async def test_what_ends_by_itself_is_done_and_so_is_the_supervisor(slot):
    async with supervised(slot("ends")) as task:
        assert await task == 0


async def test_what_fails_is_started_again(slot):
    failing = slot("fails once")
    async with supervised(failing) as task:
        await starts(failing, 2)
    assert task.result() == 0


async def test_what_hangs_is_ended_and_started_again(slot):
    hanging = slot("hangs once")
    async with supervised(hanging):
        await starts(hanging, 2)
    assert Path(hanging.command[2]).read_text().count("started") == 2


async def test_a_process_that_stands_still_is_ended(slot, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(supervising, "STARTS_WITHIN_S", 2.0)
    monkeypatch.setattr(supervising, "ANSWERS_WITHIN_S", 0.2)
    kept = slot("works")
    async with supervised(kept):
        await starts(kept, 1)
        os.kill(holder(), signal.SIGSTOP)
        await starts(kept, 2)


async def test_wrong_usage_ends_everything(slot):
    async with supervised(slot("works"), slot("is used wrongly", 1)) as task:
        async with asyncio.timeout(WITHIN_S):
            assert await task == 2


async def test_a_process_that_does_not_heed_sigterm_is_killed(slot):
    kept = slot("does not heed SIGTERM")
    async with supervised(kept):
        await starts(kept, 1)
        began_s = time.monotonic()
    assert time.monotonic() - began_s < WITHIN_S
    with holding_slot("", "follow", "0"):
        pass  # it is gone


async def test_one_that_fails_again_and_again_is_started_ever_more_slowly(slot, capfd: pytest.CaptureFixture[str]):
    log_to_stderr("text")
    said = ""
    with holding_slot("", "follow", "0"):  # held by this process: its own cannot start
        async with supervised(slot("works")), asyncio.timeout(WITHIN_S):
            while said.count("starting it again") < 3:
                await asyncio.sleep(0.05)
                said += capfd.readouterr().err
    pauses = [line.rpartition(" in ")[2] for line in said.splitlines() if "starting it again" in line]
    assert pauses[:3] == ["0.1 s", "0.2 s", "0.4 s"]


def holder() -> int:
    """The process that holds slot 0."""
    folder = Path(os.environ["XDG_RUNTIME_DIR"]) / f"sealane-{os.getuid()}"
    return int((folder / "follow-0.slot").read_text())


# One process a slot


@pytest.mark.usefixtures("home")
def test_a_slot_that_is_held_is_refused_and_says_by_whom():
    with (
        holding_slot("sealane.", "follow", "2"),
        pytest.raises(SlotHeld, match=rf"follow 2: process {os.getpid()} holds this slot .*; end it, or name another"),
        holding_slot("sealane.", "follow", "2"),
    ):
        pass


@pytest.mark.usefixtures("home")
def test_other_slots_workers_and_corridors_are_free():
    with (
        holding_slot("sealane.", "follow", "0"),
        holding_slot("sealane.", "follow", "1"),
        holding_slot("sealane.", "judge", "0"),
        holding_slot("other.", "follow", "0"),
    ):
        pass


@pytest.mark.usefixtures("home")
def test_a_slot_keeps_the_name_of_its_lease_and_no_other_slot_has_it():
    slots = [("sealane.", "relay", "0"), ("sealane.", "relay", "1"), ("other.", "relay", "0")]
    names = [holder_of(*slot) for slot in slots]
    assert names == [holder_of(*slot) for slot in slots]
    assert len(set(names)) == len(slots)


async def test_a_slot_is_free_once_its_process_was_killed(slot):
    kept = slot("works")
    with subprocess.Popen([*kept.command, "--slot", "0", "--metrics", "127.0.0.1:0"]) as child:
        await starts(kept, 1)
        with pytest.raises(SlotHeld), holding_slot("", "follow", "0"):
            pass
        child.kill()
    with holding_slot("", "follow", "0"):
        pass


@pytest.mark.usefixtures("home")
def test_a_worker_of_a_held_slot_ends_at_once(corridor):
    with holding_slot("sealane.", "relay", "0"):
        code, _, said = process("worker", "relay", "--config", corridor)
    assert (code, said.count("\n")) == (1, 1)
    assert "relay 0: process" in said


# The command


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "expected follow=2"),
        (("folow=2",), "did you mean 'follow'?"),
        (("follow=x",), "'follow=x'"),
        (("follow=0",), "expected 1 to 64"),
        (("relay=1", "--", "--tcp", "localhost:4001"), "expected ingest=1 as well"),
        (("relay=1", "--metrics", "9101"), "expected HOST:PORT"),
        (("--file", "nowhere.toml"), "a TOML file of [[workers]]"),
    ],
)
def test_a_wrong_word_is_named(words: tuple[str, ...], said: str):
    code, _, error = sealane("supervise", *words)
    assert code == 2
    assert said in error


def test_an_unknown_key_of_the_file_is_named(tmp_path: Path):
    file = tmp_path / "workers.toml"
    file.write_text('[[workers]]\nworker = "follow"\ncuont = 2\n')
    code, _, error = sealane("supervise", "--file", file)
    assert code == 2
    assert "did you mean 'count'?" in error


def test_a_supervisor_that_was_killed_takes_its_workers_along(corridor, home: Path):
    words = [SEALANE, "supervise", "relay=1", "--config", corridor]
    env = environment(SEALANE_KAFKA_BROKERS="127.0.0.1:9")
    with subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        pid = int(child.stderr.readline().rpartition(" ")[2])
        child.kill()
        for _ in range(int(WITHIN_S / 0.02)):
            if not Path(f"/proc/{pid}").exists():
                break
            time.sleep(0.02)
    assert not Path(f"/proc/{pid}").exists()
    assert home.exists()
