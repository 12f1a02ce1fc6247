"""The demo: made-up ships, marked SYNTHETIC wherever they are shown. It begins at once, and ends well when asked."""

import asyncio
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from sealane.event import Event
from sealane.filter import watch_for
from sealane.judge import Standing
from sealane.listener import Listener
from streams.clock import now
from streams.corridor.corridor import load_corridor
from streams.demo import LIVE_FROM, feed
from streams.demo.show import Beat, at_once, paced, perform
from streams.embedded import Embedded
from streams.memory import InMemory
from streams.replay.recording import Recording
from streams.replay.replay import Replay
from tests.shell.commands import SEALANE, TIME_LIMIT_S, environment, process, sealane

BEGIN = datetime(2024, 5, 1, tzinfo=UTC)
LEAVE_SCREEN, SHOW_CURSOR = b"\x1b[?1049l", b"\x1b[?25h"


async def gathered(beats: AsyncIterator[Beat]) -> list[Beat]:
    return [beat async for beat in beats]


def minutes(count: int) -> Iterator[tuple[datetime, bytes]]:
    """A line a minute."""
    return ((BEGIN + timedelta(minutes=minute), b"%d" % minute) for minute in range(count))


# the show


async def test_the_history_comes_as_fast_as_it_is_heard_and_whole():
    beats = await gathered(at_once((b"%d" % number for number in range(7)), BEGIN, beat_lines=3))
    assert [beat.lines for beat in beats] == [[b"0", b"1", b"2"], [b"3", b"4", b"5"], [b"6"]]
    assert {beat.upto for beat in beats} == {BEGIN}


async def test_a_paced_beat_brings_what_is_due_and_nothing_later():
    beats = await gathered(paced(minutes(60), BEGIN, timedelta(hours=2)))
    assert b" ".join(line for beat in beats for line in beat.lines) == b" ".join(line for _, line in minutes(60))
    assert all(BEGIN + timedelta(minutes=int(line)) <= beat.upto for beat in beats for line in beat.lines)


async def test_a_paced_show_takes_its_time():
    loop = asyncio.get_running_loop()
    began = loop.time()
    await gathered(paced(minutes(61), BEGIN, timedelta(hours=2)))
    assert loop.time() - began >= 0.5


async def test_a_feed_without_a_line_is_no_show():
    assert await gathered(paced(minutes(0), BEGIN, timedelta(hours=1))) == []
    assert await gathered(at_once(iter(()), BEGIN)) == []


async def test_what_stands_after_the_show_is_what_a_replay_of_its_lines_finds(corridor: Path, two_weeks: Path):
    rules = load_corridor(corridor).rules
    lines = two_weeks.read_bytes().splitlines()
    listener = Listener(watch_for(rules.watchlist, rules.chart), feed="demo", read_at=now(), learning=True)
    keeper, shown = InMemory(Embedded(rules, listener.hours)), []

    def show(events: tuple[Event, ...], _: Standing, lines_heard: int) -> None:
        shown.append((len(events), lines_heard))

    await perform(at_once(iter(lines), LIVE_FROM, beat_lines=500), listener, keeper, show)
    with closing(Recording(str(two_weeks))) as recording:
        replayed = Replay([recording], rules, now())
        await replayed.run(lambda _: None, lambda _: None)
    assert keeper.embedded.digest() == replayed.embedded.digest()
    assert [heard for _, heard in shown] == [500, 1000, 1500, 2000, 2500, 3000, 3001]
    assert sum(events for events, _ in shown) > 0


# in a pipe


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_in_a_pipe_the_show_is_plain_lines_marked_synthetic_and_ends_with_0_when_asked(asked: signal.Signals):
    show = subprocess.Popen(
        [SEALANE, "demo"], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert show.stdout is not None
    begun = list(islice(show.stdout, 10))  # each line as it comes: the show is not over
    show.send_signal(asked)
    told = "".join([*begun, *show.stdout])
    _, said = show.communicate(timeout=TIME_LIMIT_S)
    assert show.returncode == 0
    assert "\x1b" not in told
    events, _, account = told.partition("SYNTHETIC lines: ")
    assert all(line.startswith("SYNTHETIC 20") for line in events.splitlines())
    assert re.match(r"[\d,]+ in all\n +[\d,]+  decoded\n", account)
    assert said.startswith("sealane: SYNTHETIC: made-up ships, seed 64")


def test_a_reader_that_has_seen_enough_ends_the_show_without_complaint():
    show = subprocess.Popen([SEALANE, "demo"], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert show.stdout is not None
    assert show.stdout.readline().startswith(b"SYNTHETIC ")
    show.stdout.close()
    _, said = show.communicate(timeout=TIME_LIMIT_S)
    assert show.returncode == 0
    assert not any(word in said for word in (b"error", b"warning", b"Traceback")), said


def test_as_json_every_event_is_marked_synthetic():
    show = subprocess.Popen(
        [SEALANE, "demo", "--json"], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert show.stdout is not None
    events = [msgspec.json.decode(line) for line in islice(show.stdout, 20)]
    show.send_signal(signal.SIGTERM)
    events += [msgspec.json.decode(line) for line in show.stdout]
    show.stdout.close()
    assert show.wait(TIME_LIMIT_S) == 0
    assert all(event["synthetic"] for event in events)


# on a terminal


def on_a_terminal(columns: int, rows: int, *, until: bytes, asked: signal.Signals) -> tuple[int, bytes]:
    """Run the demo on a terminal of this size, ask it to end once it shows this, and say what the terminal got."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(SEALANE, [str(SEALANE), "demo"], environment(TERM="xterm-256color", COLUMNS=str(columns)))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    got, ends_at, is_asked = b"", time.monotonic() + TIME_LIMIT_S, False
    while time.monotonic() < ends_at:
        try:
            got += os.read(terminal, 1 << 16) if select.select([terminal], [], [], 0.2)[0] else b""
        except OSError:  # the other side has gone
            break
        if until in got and not is_asked:
            os.kill(child, asked)
            is_asked = True
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), got


@pytest.mark.parametrize(("size", "asked"), [((80, 24), signal.SIGINT), ((120, 40), signal.SIGTERM)])
def test_on_a_terminal_the_view_fills_the_screen_and_leaves_it_as_it_was(size: tuple[int, int], asked: signal.Signals):
    status, got = on_a_terminal(*size, until=b"FIRING", asked=asked)
    assert status == 0
    for seen in (b"SYNTHETIC: made-up ships", b"last events", b"deliveries by month"):
        assert seen in got
    assert re.search(rb"alerts: \d+ firing", got)  # how many at first: a busy machine draws few frames
    after = got.rpartition(LEAVE_SCREEN)[2]
    assert LEAVE_SCREEN in got
    assert SHOW_CURSOR in got[got.rindex(b"last events") :]
    assert b"SYNTHETIC lines: " in after


# as files


def test_the_feed_can_be_kept_and_says_how_to_replay_it(tmp_path: Path):
    status, told, _ = sealane("demo", "--write", tmp_path / "new")
    assert status == 0
    assert told.startswith("SYNTHETIC feed")
    words = told.splitlines()[-1].split()
    assert words[:2] == ["sealane", "replay"]
    with Path(words[2]).open("rb") as kept:
        assert kept.readline() == b"# SYNTHETIC: made-up ships, seed 64\n"
        assert list(islice(kept, 9)) == list(islice(feed(), 9))


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    status, told, complaint = process("demo", "--write", tmp_path / "file")
    assert (status, told) == (1, "")
    assert "file: cannot be written (File exists)" in complaint


@pytest.mark.parametrize("words", [("--pace", "0"), ("--pace", "nan"), ("--for", "x"), ("--seed", "x"), ("extra",)])
def test_wrong_numbers_are_wrong_usage(words: tuple[str, ...]):
    status, told, complaint = sealane("demo", *words)
    assert (status, told) == (2, "")
    assert words[0] in complaint
