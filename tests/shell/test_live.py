"""The live run, as a process of its own: killed, restarted, told to stop, told to read its files again."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import msgspec
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from sealane.filter import watch_for
from sealane.heard import Hours
from sealane.judge import Standing
from sealane.listener import Listener
from streams.app import opened
from streams.clock import now
from streams.corridor.corridor import load_corridor
from streams.demo import LIVE_FROM, feed
from streams.demo.files import write_corridor
from streams.demo.show import UNDER_WAY, Beat, perform, reached_at
from streams.ledger import keys
from streams.ledger.inputs import stored_fixes
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import claim_of
from streams.ledger.server import data_folder, socket_path
from streams.ledger.views import stored_standing
from streams.replay.recording import Recording
from streams.replay.replay import Replay
from tests.core.scenarios import FIXTURES
from tests.core.story import nmea as nmea_of
from tests.core.story import spot
from tests.shell import commands
from tests.shell.conftest import server_pid

MAIN = "from streams.cli import main; main()"
SECOND_PART = b"!AIVDM,2,2,"
LINES = 3_000  # some weeks: calls, voyages, deliveries
WITHIN_S = 60.0  # of a busy machine; alone it takes a second or two
LOOKS_EVERY_S = 0.02
ONCE = Retry(NoBackoff(), 0)


@pytest.fixture(scope="session")
def nmea() -> list[bytes]:
    """The begin of the demo's history: whole messages, so that a file of the first of them has no open end."""
    messages: list[bytes] = []
    for line in islice(feed(), LINES):
        if SECOND_PART in line:
            messages[-1] += line
        else:
            messages.append(line)
    return messages[:-1]  # whose other part may have been left out


class Runs:
    """`sealane run` in processes of its own, on one data folder, each ended at the end by its id."""

    def __init__(self, home: Path) -> None:
        self.home, self.config = home, write_corridor(home / "corridor")
        self.file = home / "live.nmea"
        self._processes: list[subprocess.Popen[str]] = []

    def start(self, *options: str, stdin: int | None = None) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", MAIN, "run", "--config", str(self.config), "--json", *options]
        process = subprocess.Popen(
            command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
        )
        self._processes.append(process)
        return process

    def start_on_file(self) -> subprocess.Popen[str]:
        return self.start("--file", str(self.file))

    @property
    def url(self) -> str:
        return f"unix://{socket_path(data_folder('demo'))}"

    def offset(self, source: str | None = None) -> int:
        """Where a source stands in the ledger; 0 where there is no server yet."""
        source = source or f"file:{self.file}"
        try:
            with redis.Redis.from_url(self.url, decode_responses=True, retry=ONCE) as client:
                fence = client.hget(keys.FENCE, source)
        except redis.RedisError:
            return 0
        return claim_of(source, str(fence)).offset if fence else 0

    def until_heard(self, offset: int, source: str | None = None) -> None:
        until(lambda: self.offset(source) >= offset)

    def digest(self) -> str:
        """Of what the ledger holds, as of the newest of it."""
        self._until_alone()
        return asyncio.run(self._digest())

    async def _digest(self) -> str:
        corridor = load_corridor(self.config)
        async with opened("embedded", corridor) as ledger:
            keeper = Keeper(corridor.rules, Hours(), ledger, "test")
            await keeper.open()
            keeper.embedded.settle()
            return keeper.embedded.digest()

    def as_of(self) -> datetime:
        """When what stands in the ledger stands."""
        return asyncio.run(self._as_of())

    async def _as_of(self) -> datetime:
        async with opened("embedded", load_corridor(self.config)) as ledger:
            found = (await stored_standing(ledger)).as_of
            assert found is not None
            return found

    def digest_of_replay(self, file: Path) -> str:
        with closing(Recording(str(file))) as recording:
            replay = Replay([recording], load_corridor(self.config).rules, now())
            asyncio.run(replay.run(lambda _: None, lambda _: None))
        return replay.embedded.digest()

    def kinds(self) -> list[str]:
        """The kinds of all events in the chain."""
        self._until_alone()
        return asyncio.run(self._kinds())

    def _until_alone(self) -> None:
        """A server ends a moment after the run that had started it."""
        if all(process.poll() is not None for process in self._processes):
            until(lambda: server_pid(self.url) is None)

    async def _kinds(self) -> list[str]:
        async with opened("embedded", load_corridor(self.config)) as ledger:
            return [str(msgspec.json.decode(entry.body)["kind"]) async for entry in ledger.entries()]

    def end(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture
def runs(home: Path) -> Iterator[Runs]:
    found = Runs(home)
    yield found
    found.end()


def until(wanted: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not wanted():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(LOOKS_EVERY_S)


def stop(process: subprocess.Popen[str]) -> tuple[str, str]:
    """SIGTERM: the end must be clean and in words."""
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    return out, err


def until_said(process: subprocess.Popen[str], words: str) -> str:
    """What it says on standard error, up to a line with these words."""
    assert process.stderr is not None
    said = ""
    while words not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    return said


def size(runs: Runs) -> int:
    return runs.file.stat().st_size


def test_killed_while_a_file_grows_it_goes_on_and_ends_up_as_a_replay_of_the_whole_file(runs: Runs, nmea: list[bytes]):
    third = len(nmea) // 3
    runs.file.write_bytes(b"".join(nmea[:third]))
    first = runs.start_on_file()
    until(lambda: runs.offset() > 0)
    with runs.file.open("ab") as grows:
        grows.writelines(nmea[third : 2 * third])
    first.kill()
    first.wait()
    with runs.file.open("ab") as grows:
        grows.writelines(nmea[2 * third :])
    second = runs.start_on_file()
    runs.until_heard(size(runs))
    _, err = stop(second)
    assert "going on after byte" in err
    assert runs.digest() == runs.digest_of_replay(runs.file)


def test_asked_to_stop_it_commits_what_it_read(runs: Runs, nmea: list[bytes]):
    text = b"".join(nmea[:1_000])
    run = runs.start("--stdin", stdin=subprocess.PIPE)
    assert run.stdin is not None
    run.stdin.write(text.decode())
    run.stdin.flush()
    until(lambda: runs.offset("stdin") > 0)
    out, _ = stop(run)
    assert '"kind":"IdentityBound"' in out
    rest = runs.start("--stdin", stdin=subprocess.PIPE)
    rest.communicate(text[runs.offset("stdin") :].decode(), timeout=WITHIN_S)  # heard twice changes nothing
    runs.file.write_bytes(text)
    assert runs.digest() == runs.digest_of_replay(runs.file)


def test_a_replay_into_a_ledger_that_a_run_keeps_leaves_its_time_where_it_was(runs: Runs, nmea: list[bytes]):
    runs.file.write_bytes(b"".join(nmea[:1_000]))
    run = runs.start_on_file()
    runs.until_heard(size(runs))
    whole = runs.home / "whole.nmea"
    whole.write_bytes(b"".join(nmea))
    before = runs.as_of()
    status, _, said = commands.process("replay", "--ledger", "embedded", "--config", runs.config, whole)
    assert status == 0, said
    assert runs.as_of() >= before
    stop(run)
    before = runs.as_of()
    assert before.year > LIVE_FROM.year  # the clock's, not the ships'
    assert commands.process("replay", "--ledger", "embedded", "--config", runs.config, whole)[0] == 0
    assert runs.as_of() == before


def test_standard_input_that_ends_ends_the_run(runs: Runs, nmea: list[bytes]):
    runs.file.write_bytes(b"".join(nmea[:1_000]))
    with runs.file.open("rb") as text:
        run = runs.start("--stdin", stdin=text.fileno())
        assert run.wait(WITHIN_S) == 0
    assert runs.digest() == runs.digest_of_replay(runs.file)


def test_a_connection_that_drops_loses_nothing_that_was_sent(runs: Runs, nmea: list[bytes]):
    text = b"".join(nmea[:1_000])
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        run = runs.start("--tcp", f"127.0.0.1:{port}")
        server.settimeout(WITHIN_S)
        middle = text.index(b"\n", len(text) // 2) + 1
        for part in (text[:middle], text[middle:]):
            connection, _ = server.accept()
            with connection:
                connection.sendall(part)
        runs.until_heard(len(text), f"tcp:127.0.0.1:{port}")
        stop(run)
    runs.file.write_bytes(text)
    assert runs.digest() == runs.digest_of_replay(runs.file)


def test_other_surge_rules_are_judged_by_at_once(runs: Runs, nmea: list[bytes]):
    runs.file.write_bytes(b"".join(nmea[:1_000]))
    run = runs.start_on_file()
    runs.until_heard(size(runs))
    surge = runs.config.parent / "surge.toml"
    surge.write_text(surge.read_text().replace("at_least = 7", "at_least = 6"))
    run.send_signal(signal.SIGHUP)
    until(lambda: "RulesChanged" in runs.kinds())
    _, err = stop(run)
    assert "rules read again" in err


def test_a_broken_file_and_other_zones_leave_the_rules_as_they_were(runs: Runs, nmea: list[bytes]):
    runs.file.write_bytes(b"".join(nmea[:500]))
    run = runs.start_on_file()
    runs.until_heard(size(runs))
    whole = runs.config.read_text()
    runs.config.write_text(whole + "\n[rules]\ncall_margin_km = 0.9\n")
    run.send_signal(signal.SIGHUP)
    assert "sealane rebuild; " in until_said(run, "the rules stay as they were")
    runs.config.write_text(whole + "\n[corridor\n")
    run.send_signal(signal.SIGHUP)
    assert str(runs.config) in until_said(run, "the rules stay as they were")
    runs.config.write_text(whole)
    stop(run)
    assert "RulesChanged" not in runs.kinds()


def test_two_runs_on_one_data_folder_share_one_server(runs: Runs, nmea: list[bytes]):
    other = runs.home / "other.nmea"
    runs.file.write_bytes(b"".join(nmea[:600]))
    other.write_bytes(b"".join(nmea[600:1_200]))
    first = runs.start_on_file()
    runs.until_heard(size(runs))
    second = runs.start("--file", str(other))
    runs.until_heard(other.stat().st_size, f"file:{other}")
    stop(first)  # the server was its child
    with other.open("ab") as grows:
        grows.writelines(nmea[1_200:1_800])
    runs.until_heard(other.stat().st_size, f"file:{other}")
    stop(second)
    whole = runs.home / "whole.nmea"
    whole.write_bytes(b"".join(nmea[:1_800]))
    assert runs.digest() == runs.digest_of_replay(whole)


def test_a_second_writer_takes_over_and_the_first_is_refused(runs: Runs, nmea: list[bytes]):
    runs.file.write_bytes(b"".join(nmea[:500]))
    first = runs.start_on_file()
    runs.until_heard(size(runs))
    second = runs.start_on_file()
    _, err = first.communicate(timeout=WITHIN_S)
    assert first.returncode == 1
    assert "another writer has it" in err
    assert "Traceback" not in err
    with runs.file.open("ab") as grows:
        grows.writelines(nmea[500:1_000])
    runs.until_heard(size(runs))
    stop(second)
    assert runs.digest() == runs.digest_of_replay(runs.file)


def test_a_killed_server_is_started_again(runs: Runs, nmea: list[bytes]):
    runs.file.write_bytes(b"".join(nmea[:1_000]))
    run = runs.start_on_file()
    runs.until_heard(size(runs))
    pid = server_pid(runs.url)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    with runs.file.open("ab") as grows:
        grows.writelines(nmea[1_000:1_500])
    runs.until_heard(size(runs))
    stop(run)
    assert runs.digest() == runs.digest_of_replay(runs.file)


@pytest.mark.usefixtures("home")
async def test_without_a_watchlist_a_run_started_again_follows_whom_it_met_wherever_they_go():
    config = FIXTURES / "circle.toml"
    lines = nmea_of([spot(0, 0.0), spot(10, 300.0)])  # in port, then far outside the area
    for each in lines:
        words = ("run", "--stdin", "--config", config, "--ledger", "embedded")
        status, _, err = await asyncio.to_thread(commands.process, *words, given=each)
        assert status == 0, err
    async with opened("embedded", load_corridor(config)) as ledger:
        assert len({stored.fix.at async for _, _, stored in stored_fixes(ledger)}) == len(lines)


async def test_a_demo_whose_history_is_whole_goes_on_from_where_it_ended(home: Path, nmea: list[bytes]):
    corridor = load_corridor(write_corridor(home / "corridor"))
    reached = LIVE_FROM + timedelta(hours=3)

    async def beats() -> AsyncIterator[Beat]:
        yield Beat(LIVE_FROM, nmea[:200], UNDER_WAY)
        yield Beat(reached, nmea[200:400], int(reached.timestamp()))

    async def kept(*, shows: bool) -> tuple[datetime | None, Standing]:
        async with opened("embedded", corridor) as ledger:
            listener = Listener(watch_for(corridor.rules.watchlist, corridor.rules.chart), feed="demo", read_at=now())
            keeper = Keeper(corridor.rules, listener.hours, ledger, "demo:1")
            await keeper.open()
            if shows:
                await perform(beats(), listener, keeper, lambda *_: None)
            return reached_at(keeper.offset()), keeper.embedded.standing

    before = await kept(shows=True)
    assert before[0] == reached
    assert before[1].as_of is not None
    assert await kept(shows=False) == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "no feed, expected at least one of --file FILE, --folder DIR, --stdin, --tcp HOST:PORT"),
        (("--tcp", "nowhere"), "expected HOST:PORT"),
        (("--file", "."), "a directory, expected a file"),
        (("--stdin", "--ledger", "memory"), "a live run is kept"),
    ],
)
def test_wrong_usage_is_told_in_words(runs: Runs, options: tuple[str, ...], said: str):
    run = runs.start(*options)
    _, err = run.communicate(timeout=WITHIN_S)
    assert run.returncode == 2
    assert said in err
