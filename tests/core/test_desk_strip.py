"""The strip of the desk: silence never looks like calm, and what is behind says so."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from desk.snapshot import Snapshot
from desk.strip import Strip, strip_of
from sealane.judge import Standing
from streams.corridor.corridor import load_corridor
from streams.feeds.health import Health
from streams.ledger.chain import Head
from streams.reading import Reading

NOW = datetime(2025, 4, 16, 18, tzinfo=UTC)
WELL = Health(
    name="tcp:example:4001", at=NOW, connected=True, silent=False, has_ended=False, last_byte_at=NOW,
    last_sentence_at=NOW - timedelta(seconds=4), silent_after_s=60, per_minute=120, sentences=9, rejects={},
    clock_skew_s=None, reconnects=0, connections=1, refused=0, dropped=0,
)  # fmt: skip


def strip(
    *feeds: Health,
    as_of: datetime | None = NOW,
    unjudged: int = 0,
    known_by: datetime | None = None,
    synthetic: bool = False,
) -> Strip:
    reading = Reading(
        corridor=load_corridor(), standing=Standing(as_of=as_of), head=Head(sequence=7, hash="0123456789abcdef"),
        synthetic=synthetic, judged_alike=True, names={}, known_by=known_by,
    )  # fmt: skip
    return strip_of(Snapshot(reading=reading, feeds=feeds, judged_by="", unjudged=unjudged), NOW)


def like(**differs: object) -> Health:
    return msgspec.structs.replace(WELL, **differs)


def test_a_feed_that_is_heard_tells_how_long_ago_and_rings_no_alarm():
    found = strip(WELL)
    assert [(each.state, each.words) for each in found.feeds] == [("heard", "4 s ago")]
    assert found.alarm is None


@pytest.mark.parametrize(
    ("health", "state", "words"),
    [
        (like(silent=True, last_sentence_at=NOW - timedelta(minutes=12)), "silent", "silent for 12 min"),
        (like(silent=True, connected=False, last_sentence_at=None), "silent", "silent since it began, not connected"),
        (like(at=NOW - timedelta(hours=3)), "gone", "its run has not been heard of for 3 h"),
        (like(connected=False), "waiting", "not connected"),
        (like(last_sentence_at=None), "waiting", "no sentence yet"),
    ],
)
def test_a_feed_that_is_not_heard_is_told_over_everything(health: Health, state: str, words: str):
    found = strip(WELL, health)
    assert (found.feeds[1].state, found.feeds[1].words) == (state, words)
    assert found.alarm == f"{health.name}: {words}. Nothing heard does not mean that nothing happens."


def test_a_feed_that_came_to_its_end_rings_no_alarm():
    assert strip(like(has_ended=True)).alarm is None


def test_a_ledger_that_nobody_feeds_is_a_recording_and_never_late():
    found = strip(as_of=NOW - timedelta(days=400))
    assert (found.lag, found.lags) == ("recording", False)


def test_a_live_ledger_that_stands_still_is_late():
    found = strip(WELL, as_of=NOW - timedelta(minutes=5))
    assert (found.lag, found.lags) == ("5 min behind", True)


def test_commits_that_wait_to_be_judged_are_told():
    assert strip(WELL, unjudged=1200).lag == "0 s behind, 1,200 commits to judge"


def test_as_of_an_earlier_time_nothing_is_late():
    assert not strip(WELL, as_of=NOW - timedelta(days=9), known_by=NOW - timedelta(days=9)).lags


def test_the_head_is_shown_by_its_first_digits():
    assert (strip().sequence, strip().head) == (7, "01234567")


def test_made_up_ships_sail_in_a_time_of_their_own():
    found = strip(WELL, as_of=NOW - timedelta(days=400), synthetic=True)
    assert (found.lag, found.lags) == ("made-up time", False)
