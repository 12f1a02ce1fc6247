"""Design: the numbers to reach (docs/architecture.md, section 7) and those that are measured, in one table of one run.

    python -m bench design                        some six minutes
    python -m bench design --sentences 500000     some three, for a look while at work

Each row is measured as the part that it is taken from measures it; what those publish beside it is left out.
"""

import asyncio
import shutil
from collections.abc import Iterator
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import NamedTuple

from bench import broker, feeds, ingest, kafka, latency, ledger, spent, stage1, watched
from bench.corpus import Corpus
from bench.peak import of_command
from bench.table import Table
from bench.timeline import STAGES, at
from bench.timing import by_turns
from bench.whole import BYTES_PER_MB
from sealane.rules import Rules
from streams.corridor.corridor import load_corridor
from streams.demo import feed
from streams.demo.files import write_corridor

SENTENCES_A_SECOND = 20_000
LATENCY_TURNS = 3
STEPS_UP_TO = 40_000  # hulls; from one step to the next there are ten times as many
P99, MS = 0.99, 1e3


class Goal(NamedTuple):
    """One row. `sign`: whether more is better, or less."""

    what: str
    must: float
    stretch: float | None
    sign: int
    unit: str  # as a format
    measured: float | None = None  # None: it could not be
    why: str = ""

    def row(self) -> tuple[str, ...]:
        at = {1: ">=", -1: "<="}[self.sign]
        must, stretch = (f"{at} {each:,g}" if each is not None else "" for each in (self.must, self.stretch))
        return self.what, must, stretch, self.why or self.unit.format(self.measured), self._reached()

    def _reached(self) -> str:
        if self.measured is None:
            return "-"
        if self.stretch is not None and self.sign * self.measured >= self.sign * self.stretch:
            return "stretch"
        return "yes" if self.sign * self.measured >= self.sign * self.must else "**no**"


AT_LEAST, AT_MOST = 1, -1


def table(folder: Path, corpus: Corpus, turns: int) -> Table:
    """All goals, each with what was measured."""
    return Table(
        title="What was to be reached",
        what=f"{corpus.sentences:,} made-up sentences, {corpus.share:.2%} of them of followed radios; {turns} turns of "
        f"pyais, {turns * spent.QUICK_TURNS} of what is measured against it, "
        "processor time of all processes. By the clock are latency, recovery, and a replay where that is said.",
        columns=("what", "must", "stretch", "measured", "reached"),
        rows=tuple(goal.row() for goal in _goals(folder, corpus, turns)),
    )


def _goals(folder: Path, corpus: Corpus, turns: int) -> Iterator[Goal]:
    config = watched.write_watching(folder / "watching")
    rules = load_corridor(config).rules
    yield from _speed(corpus.path(), config, rules, turns)
    yield from _steps(folder, corpus.path(), turns)
    followed = ingest.exact(corpus.path(), rules)  # ends the bench on any difference
    said = f"0 of {followed:,} reports"
    yield Goal("reports lost or invented, against full decoding", 0, None, AT_MOST, "{:.0f}", 0, said)
    made_up = write_corridor(folder / "demo")
    yield _stage1(load_corridor(made_up).rules)
    with ledger.home_of_its_own() as home:
        yield _late(home)
        yield _late_on_kafka(made_up)
        yield from _memory(folder, corpus, config)
        yield _recovery(home, load_corridor(made_up).rules)


def _speed(path: Path, config: Path, rules: Rules, turns: int) -> Iterator[Goal]:
    taken = ingest.contest(path, config, rules, turns)
    seconds, clock = ingest.seconds_of(taken), ingest.on_the_clock(taken)
    theirs, least, sieve = seconds["pyais"], seconds["wc -l"], seconds["filter"]
    yield Goal("filter, speed against pyais", 100, 200, AT_LEAST, "{:.1f}x", theirs / sieve)
    yield Goal("filter, time against `wc -l`", 4, 2.5, AT_MOST, "{:.1f}x", sieve / least)
    area = theirs / seconds["filter, area, hours"]
    yield Goal("filter, area, hours heard of each source, speed against pyais", 60, 100, AT_LEAST, "{:.1f}x", area)
    whole, waited = theirs / seconds[ingest.COMMAND], clock["pyais"] / clock[ingest.COMMAND]
    yield Goal("`sealane replay`, start apart, by the clock, speed against pyais", 60, 100, AT_LEAST, "{:.1f}x", waited)
    yield Goal("the same in processor time of all its processes", 60, 100, AT_LEAST, "{:.1f}x", whole)


def _steps(folder: Path, path: Path, turns: int) -> Iterator[Goal]:
    """The costliest step."""
    taken = ingest.ever_longer(folder, path, turns)
    seconds = [taken[f"{hulls:,}"].median_s for hulls in ingest.WATCHED if hulls <= STEPS_UP_TO]
    step = max(after / before for before, after in pairwise(seconds))
    yield Goal(f"ten times the watched ships, up to {STEPS_UP_TO:,}, time a step", 1.25, 1.1, AT_MOST, "{:.2f}x", step)


def _memory(folder: Path, corpus: Corpus, config: Path) -> Iterator[Goal]:
    """After `_steps`, which writes the long watchlists."""
    files = (ingest.smaller(corpus).path(), corpus.path())
    peak = max(of_command(path, config) for path in files) / BYTES_PER_MB
    yield Goal("peak memory of a replay, MB", 100, None, AT_MOST, "{:.0f}", peak)
    hulls = ingest.WATCHED[-1]
    most = of_command(corpus.path(), folder / f"watching-{hulls}" / "corridor.toml") / BYTES_PER_MB
    yield Goal(f"the same with {hulls:,} watched, MB", 300, None, AT_MOST, "{:.0f}", most)


def _stage1(rules: Rules) -> Goal:
    """The slowest kind of feed."""
    fed = stage1.kinds_of_feed(feeds.reports_of(feeds.demo_lines(), rules))
    taken = by_turns({kind: partial(stage1.follow, fixes, rules) for kind, fixes in fed.items()})
    slowest = min(len(fixes) / taken[kind].median_s for kind, fixes in fed.items())
    return Goal("stage 1, track to calls, fixes/s on one core", 100_000, 200_000, AT_LEAST, "{:,.0f}", slowest)


def _late(home: Path) -> Goal:
    took = latency.late(home, SENTENCES_A_SECOND, LATENCY_TURNS)
    what = f"sentence received to seen by a subscriber, {SENTENCES_A_SECOND:,} a second, p99, ms"
    return Goal(what, 10, 3, AT_MOST, "{:.1f}", at(P99, took) * MS)


def _late_on_kafka(config: Path) -> Goal:
    goal = Goal("the same on Kafka, ms", 50, 20, AT_MOST, "{:.1f}")
    if shutil.which(broker.JAVA) is None or not (broker.HOME / "libs").is_dir():
        return goal._replace(why="not measured: `make kafka` brings the broker")
    with broker.running() as running:
        return goal._replace(measured=at(P99, kafka.late(running, config).lasted(STAGES[-1])) * MS)


def _recovery(home: Path, rules: Rules) -> Goal:
    recording = home / "demo.nmea"
    recording.write_bytes(b"".join(islice(feed(), ledger.LINES)))
    ready_s, is_same = asyncio.run(ledger.killed(home / "killed", recording, rules))
    if not is_same:
        raise SystemExit("after kill -9 the ledger has another digest")
    return Goal("recovery after kill -9 of the server, digest equal, s", 10, None, AT_MOST, "{:.1f}", ready_s)
