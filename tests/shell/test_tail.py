"""Events of the chain as they are committed: from any sequence, across a restart of the server, until asked to stop."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
import redis
from typer.testing import CliRunner, Result

from streams.cli import app
from streams.demo import feed
from streams.ledger.server import serve

pytestmark = pytest.mark.shell

BEGIN = "from streams.cli import main; main()"
LIVES_AT_MOST_S = 60.0  # on a busy machine
FIRST_LINES, MORE_LINES = 1_500, 2_500
ROOT = Path(__file__).resolve().parents[2]

Ask = Callable[..., Result]


@pytest.fixture
def ask(kept) -> Ask:
    """Tail the kept ledger to its end."""

    def run(*words: str) -> Result:
        options = ("--no-follow", "--ledger", kept.url, "--config", str(kept.config))
        return CliRunner().invoke(app, ["tail", *words, *options])

    return run


def told(result: Result) -> list[Any]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@contextmanager
def live(kept, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A tail that follows a ledger, as its own process."""
    command = [sys.executable, "-c", BEGIN, "tail", "--ledger", kept.url, "--config", str(kept.config), *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        ends = Timer(LIVES_AT_MOST_S, process.kill)  # a tail that tells nothing would be waited for without end
        ends.start()
        try:
            yield process
        finally:
            ends.cancel()
            process.kill()


def following(process: subprocess.Popen[str], events: int) -> list[Any]:
    """The next events it tells."""
    assert process.stdout is not None
    return [json.loads(process.stdout.readline()) for _ in range(events)]


# What is there


def test_every_event_is_told_once_in_order_with_its_sequence(ask: Ask):
    events = told(ask("--after", "0", "--json"))
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert len({event["id"] for event in events}) == len(events)
    assert all(event["synthetic"] for event in events)


def test_a_reader_goes_on_after_the_last_sequence_it_saw(ask: Ask):
    every = told(ask("--after", "0", "--json"))
    assert told(ask("--after", "40", "--json")) == every[40:]
    assert told(ask("--json")) == every[-10:]


def test_lines_say_synthetic_sequence_time_and_words(ask: Ask):
    line = ask("--after", "0").stdout.splitlines()[-1]
    assert line.startswith("SYNTHETIC ")
    assert line.split()[1] == str(told(ask("--json"))[-1]["sequence"])


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        (("AlertFired",), {"AlertFired"}),
        (("alert",), {"AlertFired", "AlertRevised", "AlertResolved"}),
        (("IdentityBound", "DeliveryRecorded"), {"IdentityBound", "DeliveryRecorded"}),
    ],
)
def test_kinds_narrow_what_is_told(words: tuple[str, ...], kinds: set[str], ask: Ask):
    asked = [part for word in words for part in ("--kind", word)]
    assert {event["kind"] for event in told(ask("--after", "0", "--json", *asked))} == kinds


def test_an_unknown_kind_is_told_with_the_nearest(ask: Ask):
    result = ask("--kind", "AlertFirde")
    assert result.exit_code == 2
    assert "did you mean 'alertfired'?" in result.stderr


def test_a_sequence_beyond_the_end_is_told(ask: Ask):
    result = ask("--after", "1000000")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "the chain ends at entry" in result.stderr


# Live


def test_events_are_told_as_they_are_committed(keep_in):
    lines = list(islice(feed(), MORE_LINES))
    kept = keep_in(lines[:FIRST_LINES])
    with live(kept, "--after", "0", "--json") as process:
        first = following(process, 1)
        keep_in(lines)
        whole = told(CliRunner().invoke(app, ["tail", *offline(kept)]))
        assert len(whole) > 1
        assert first + following(process, len(whole) - 1) == whole


def test_a_tail_lives_through_a_restart_of_the_server(home: Path, url: str, keep_in):
    lines = list(islice(feed(), MORE_LINES))
    kept = keep_in(lines[:FIRST_LINES])
    before = told(CliRunner().invoke(app, ["tail", *offline(kept)]))
    with live(kept, "--after", "0", "--json") as process:
        assert following(process, len(before)) == before
        crash(url)
        assert serve(home / "data" / "test") == url
        keep_in(lines)
        whole = told(CliRunner().invoke(app, ["tail", *offline(kept)]))
        assert following(process, len(whole) - len(before)) == whole[len(before) :]


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_a_tail_ends_well_when_asked_to(asked: signal.Signals, kept):
    with live(kept, "--json") as process:
        following(process, 10)
        process.send_signal(asked)
        _, said = process.communicate(timeout=LIVES_AT_MOST_S)
        assert (process.returncode, said) == (0, "")


def crash(url: str) -> None:
    """End the server at a URL without a word to it, as a crash does."""
    with redis.Redis.from_url(url) as client:
        os.kill(int(client.info("server")["process_id"]), signal.SIGKILL)


def offline(kept) -> tuple[str, ...]:
    return "--no-follow", "--after", "0", "--json", "--ledger", kept.url, "--config", str(kept.config)
