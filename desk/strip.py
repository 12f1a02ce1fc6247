"""Strip: whether what is shown can be trusted to be now: feeds and their age, how far behind, the ledger's head.

A feed that is silent, gone or not connected is told in a banner over everything: silence must never look like calm.
"""

from datetime import datetime, timedelta

import msgspec

from desk.snapshot import Snapshot
from streams.feeds.health import GONE_AFTER, Health, span_words

HASH_DIGITS = 8
BEHIND_AFTER = timedelta(minutes=2)  # a live ledger moves its time on each few seconds


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """One feed: a word for a shape and a colour, and when it was last heard."""

    name: str
    state: str  # heard, silent, gone, ended, waiting
    words: str
    last_at: datetime | None


class Strip(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above everything else."""

    corridor: str
    synthetic: bool
    feeds: tuple[FeedState, ...]
    alarm: str | None  # what of the feeds must not be overlooked
    lag: str
    lags: bool
    sequence: int
    head: str
    firing: int
    as_of: datetime | None
    known_by: datetime | None
    away: str | None  # why the ledger cannot be read


def strip_of(snapshot: Snapshot, now: datetime, away: str | None = None) -> Strip:
    """The strip at a time."""
    reading = snapshot.reading
    feeds = tuple(_feed(each, now) for each in snapshot.feeds)
    live = any(each.state != "ended" for each in feeds)
    as_of = reading.standing.as_of
    is_now = live and not reading.synthetic and reading.known_by is None  # made-up ships sail in a time of their own
    behind = now - as_of if as_of is not None and is_now else None
    return Strip(
        corridor=reading.corridor.rules.corridor,
        synthetic=reading.synthetic,
        feeds=feeds,
        alarm=_alarm(feeds),
        lag=_lag(behind, snapshot.unjudged, "made-up time" if reading.synthetic else "recording"),
        lags=behind is not None and behind > BEHIND_AFTER,
        sequence=reading.head.sequence,
        head=reading.head.hash[:HASH_DIGITS],
        firing=sum(each.state == "firing" for each in reading.standing.alerts),
        as_of=as_of,
        known_by=reading.known_by,
        away=away,
    )


def _lag(behind: timedelta | None, unjudged: int, otherwise: str) -> str:
    """How far what is shown lies behind the clock, and behind what was committed."""
    said = otherwise if behind is None else f"{span_words(behind)} behind"
    return f"{said}, {unjudged:,} commits to judge" if unjudged else said


def _feed(health: Health, now: datetime) -> FeedState:
    if health.has_ended:
        state, words = "ended", "ended"
    elif now - health.at > GONE_AFTER:
        state, words = "gone", f"its run has not been heard of for {span_words(now - health.at)}"
    elif health.silent:
        lasted = (
            "since it began" if health.last_sentence_at is None else f"for {span_words(now - health.last_sentence_at)}"
        )
        state, words = "silent", f"silent {lasted}" + ("" if health.connected else ", not connected")
    elif not health.connected:
        state, words = "waiting", "not connected"
    elif health.last_sentence_at is None:
        state, words = "waiting", "no sentence yet"
    else:
        state, words = "heard", f"{span_words(now - health.last_sentence_at)} ago"
    return FeedState(name=health.name, state=state, words=words, last_at=health.last_sentence_at)


def _alarm(feeds: tuple[FeedState, ...]) -> str | None:
    """What is wrong with the feeds, in one line."""
    wrong = [f"{each.name}: {each.words}" for each in feeds if each.state in ("silent", "gone", "waiting")]
    if not wrong:
        return None
    return f"{'; '.join(wrong)}. Nothing heard does not mean that nothing happens."
