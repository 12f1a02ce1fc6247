"""How a replay tells how fast it goes: by the time it is told, in each pass for itself."""

from pathlib import Path

import pytest

from streams.clock import now
from streams.corridor.corridor import load_corridor
from streams.replay.rate import LOG_EVERY_S, Meter, Rate
from streams.replay.recording import Recording
from streams.replay.replay import Replay

MB = 1_000_000


def test_the_first_pass_says_its_speed_and_no_time_left():
    assert Meter(20 * MB, 100.0).rate(102.0, 5 * MB, 0) == Rate(25, 0, None, 2.5, None)


def test_the_second_pass_is_measured_since_it_began():
    meter = Meter(20 * MB, 100.0)
    meter.rate(101.0, 10 * MB, 0)
    assert meter.rate(105.0, 12 * MB, 60_000) == Rate(60, 60_000, 15_000, 0.5, 16)


def test_what_is_not_known_yet_is_left_out():
    assert Meter(20 * MB, 100.0).rate(100.0, 0, 0) == Rate(0, 0, None, None, None)
    assert Meter(0, 100.0).rate(101.0, 0, 0).percent is None


def test_it_is_said_in_words():
    assert Rate(60, 60_000, 15_000, 0.5, 76).words == "15,000 sentences/s  0.5 MB/s  0:01:16 left"
    assert Rate(25, 0, None, 2.5, None).words == "learning whom to follow 2.5 MB/s"


def test_the_log_says_it_every_ten_seconds():
    meter = Meter(MB, 0.0)
    assert [at_s for at_s in range(35) if meter.is_to_be_logged(float(at_s))] == [10, 20, 30]
    assert LOG_EVERY_S == 10.0


@pytest.mark.parametrize("times", [None, 10_000_000.0])
async def test_progress_never_goes_back_and_ends_with_all_that_was_to_be_read(
    two_weeks: Path, recording: Path, corridor: Path, times: float | None
):
    recordings = [Recording(str(two_weeks)), Recording(str(recording))]
    run = Replay(recordings, load_corridor(corridor).rules, now(), times=times)
    told: list[int] = []
    await run.run(lambda _: None, told.append)
    for each in recordings:
        each.close()
    assert told == sorted(told)
    assert told[-1] == run.total_bytes == 2 * sum(each.stat().st_size for each in (two_weeks, recording))
