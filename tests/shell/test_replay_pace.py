"""`sealane replay --speed`: lines come when they are due, and Ctrl-C ends it with what was heard told."""

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest

from geofences.errors import BadReference
from sealane.stamp import SECOND_US
from streams.replay.pace import Pace, times_of
from tests.shell.commands import SEALANE, TIME_LIMIT_S, environment, sealane

BEGIN = 1_600_000_000


def line(after_s: int) -> bytes:
    """A sentence with an epoch behind it."""
    return b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24,station,%d" % (BEGIN + after_s)


def due(*lines: bytes, times: float = 60.0) -> list[float]:
    pace = Pace(times, 0, (BEGIN + 10_000_000) * SECOND_US)
    return [pace.due_s(each) for each in lines]


def test_lines_are_due_by_their_stamps_at_the_speed_asked_for():
    assert due(line(0), line(60), line(120), line(1800)) == [0.0, 1.0, 2.0, 30.0]
    assert due(line(0), line(60), times=0.5) == [0.0, 120.0]


def test_a_line_without_a_stamp_comes_with_the_one_before_it_and_a_late_one_at_once():
    assert due(b"# text", line(0), line(120), b"# text", line(30), line(180)) == [0.0, 0.0, 2.0, 2.0, 2.0, 3.0]


def test_one_stamp_far_ahead_holds_nothing_up():
    assert due(line(0), line(60), line(9_000_000), line(120)) == [0.0, 1.0, 1.0, 2.0]


def test_a_first_stamp_that_no_other_agrees_with_is_not_the_beginning():
    assert due(line(-9_000_000), line(0), line(60), line(120)) == [0.0, 0.0, 1.0, 2.0]


def test_a_silence_lasts_as_soon_as_two_lines_agree_on_it():
    assert due(line(0), line(60), line(86_400), line(86_460)) == [0.0, 1.0, 1.0, 1441.0]


def test_a_stamp_that_cannot_be_is_passed_over():
    assert due(line(0), line(60), line(20_000_000), line(20_000_001), line(120)) == [0.0, 1.0, 1.0, 1.0, 2.0]


@pytest.mark.parametrize(("text", "times"), [("max", None), ("1x", 1.0), ("60x", 60.0), ("0.5x", 0.5)])
def test_a_speed_is_told_as_times(text: str, times: float | None):
    assert times_of(text) == times


@pytest.mark.parametrize("text", ["", "60", "x", "0x", "-1x", "fast", "1x1", "9" * 400 + "x"])
def test_any_other_speed_is_a_mistake(text: str):
    with pytest.raises(BadReference, match="--speed"):
        times_of(text)


def test_at_any_speed_it_stands_the_same(two_weeks: Path, corridor: Path):
    states = [
        json.loads(sealane("replay", two_weeks, "--state", "--config", corridor, "--speed", speed)[1])
        for speed in ("max", "10000000x")
    ]
    assert states[0] == states[1]


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_a_paced_replay_that_is_stopped_accounts_for_what_it_heard(
    two_weeks: Path, corridor: Path, asked: signal.Signals
):
    run = subprocess.Popen(
        [SEALANE, "replay", two_weeks, "--config", corridor, "--speed", "20000x"],
        env=environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    first = run.stdout.readline()
    run.send_signal(asked)
    rest, said = run.communicate(timeout=TIME_LIMIT_S)
    account = rest[rest.index("SYNTHETIC lines: ") :]
    total, *counts = (int(count.replace(",", "")) for count in re.findall(r"[\d,]*\d", account))
    assert first.startswith("SYNTHETIC 20")
    assert (run.returncode, said) == (128 + asked, "")
    assert 0 < total == sum(counts) < 3_001
