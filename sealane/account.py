"""The account: what became of every line, adding up exactly at any moment.

    total = decoded + part + not_followed + foreign + later + each reject reason

A line with several sentences counts once: as the first of its rejects, else decoded, part, not_followed, foreign,
later. The
line of a fragment counts as `part`; if its message never completes it moves to `incomplete`, and if its message turns
out to be nobody's it moves to `not_followed`. Sentences are counted in the same way, each for itself.
"""

from collections import defaultdict
from typing import Literal, get_args

import msgspec

Reason = Literal[
    "line_too_long",  # over MAX_LINE_BYTES
    "malformed",  # an AIS sentence without its fields
    "bad_tag_checksum",  # so its stamp would be a guess
    "no_checksum",
    "bad_checksum",
    "incomplete",  # a fragment whose message never completed
    "bad_payload",  # not six-bit armour, or not readable as its type
    "unknown_type",  # not 1 to 27
    "wrong_length",  # for its type
    "bad_mmsi",  # 0, or over nine digits
    "bad_position",  # out of range, and not the value for "not available"
    "bad_time",  # before 2000, or later than it was read
]
Outcome = Literal["decoded", "part", "not_followed", "foreign", "later"] | Reason

REASONS: tuple[Reason, ...] = get_args(Reason)
FATES: tuple[Outcome, ...] = ("decoded", "part", "not_followed", "foreign")
LATER: Outcome = "later"  # heard after the time that an account is held to; told only if it occurred
PRECEDENCE: dict[Outcome, int] = {outcome: rank for rank, outcome in enumerate((*REASONS, *FATES, LATER))}
SAMPLES_KEPT = 3  # of each reject reason
SAMPLE_BYTES = 120


class Rejected(msgspec.Struct, frozen=True):
    """Bad input is a value: counted, sampled, never dropped silently."""

    reason: Reason


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """The beginning of a rejected line and where it was read, for a clear message."""

    file: str
    line: int  # from 1
    text: bytes


class Line:
    """A line with a fragment whose fate is open: what became of each of its sentences so far."""

    __slots__ = ("outcome", "outcomes", "sample")

    def __init__(self, outcomes: list[Outcome], sample: Sample) -> None:
        self.outcomes, self.sample = outcomes, sample
        self.outcome = _first(outcomes)


class Account:
    """Counts by outcome. `stamped` and `untimed` count decoded messages with and without a stamp."""

    def __init__(self) -> None:
        self._lines: dict[Outcome, int] = defaultdict(int)
        self._sentences: dict[Outcome, int] = defaultdict(int)
        self.samples: dict[Reason, list[Sample]] = {}
        self.stamped = self.untimed = 0
        self.first_us: int | None = None  # least and greatest stamp of decoded messages, Unix time in microseconds
        self.last_us: int | None = None

    @property
    def lines(self) -> dict[str, int]:
        """ "total" of the non-empty lines, then every outcome; `later` and reject reasons only if they occurred."""
        return _table(self._lines)

    @property
    def sentences(self) -> dict[str, int]:
        return _table(self._sentences)

    def count(self, outcomes: list[Outcome], sample: Sample) -> Line:
        """A line and its sentences."""
        line = Line(outcomes, sample)
        self._lines[line.outcome] += 1
        for outcome in outcomes:
            self._sentences[outcome] += 1
        self._keep_sample(line)
        return line

    def count_alike(self, outcome: Outcome, sentences: int = 1) -> None:
        """The same for a line all of whose sentences came to one outcome, neither rejected nor open; most are."""
        self._lines[outcome] += 1
        self._sentences[outcome] += sentences

    def count_foreign(self) -> None:
        """The same for a line without a sentence."""
        self._lines["foreign"] += 1

    def pass_over(self, lines: int) -> None:
        """So many lines of one sentence each, of nobody followed."""
        self._lines["not_followed"] += lines
        self._sentences["not_followed"] += lines

    def take_back(self) -> None:
        """A line that was passed over is read after all, and will be counted anew."""
        self.pass_over(-1)

    def revise(self, line: Line, sentence: int, outcome: Outcome) -> None:
        """A sentence's fate turned out otherwise."""
        self._sentences[line.outcomes[sentence]] -= 1
        self._sentences[outcome] += 1
        self._lines[line.outcome] -= 1
        line.outcomes[sentence] = outcome
        line.outcome = _first(line.outcomes)
        self._lines[line.outcome] += 1
        self._keep_sample(line)

    def stamp(self, at_us: int | None) -> None:
        """A message was decoded, with this stamp."""
        if at_us is None:
            self.untimed += 1
            return
        self.stamped += 1
        self.first_us = at_us if self.first_us is None else min(self.first_us, at_us)
        self.last_us = at_us if self.last_us is None else max(self.last_us, at_us)

    def _keep_sample(self, line: Line) -> None:
        if line.outcome in REASONS:
            kept = self.samples.setdefault(line.outcome, [])
            if len(kept) < SAMPLES_KEPT and line.sample not in kept:
                kept.append(line.sample)


def _first(outcomes: list[Outcome]) -> Outcome:
    """What a line counts as."""
    return outcomes[0] if len(outcomes) == 1 else min(outcomes, key=PRECEDENCE.__getitem__)


def _table(counts: dict[Outcome, int]) -> dict[str, int]:
    table: dict[str, int] = {"total": sum(counts.values())}
    table.update({outcome: counts.get(outcome, 0) for outcome in FATES})
    table.update({outcome: counts[outcome] for outcome in (LATER, *REASONS) if counts.get(outcome)})
    return table
