"""Surge rules: a tally at or over a threshold somebody set, with who, when and on what published basis.

    at_least = 7, escalates_by = 2      fires at 7, escalates at 9, 11, 13, ...

A rule says count and limit; it does not say why. Wording is "consistent with", never "predicts".
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Literal

import msgspec

Severity = Literal["surge", "elevated", "watch", "lull"]


class SurgeRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule as data. It needs a criterion: `at_least` or `at_most`, never both.

    Window: a calendar month of UTC (`rolling_days` None) or that many days ending on the day judged.
    """

    key: str
    severity: Severity
    rolling_days: int | None = None
    bound: Literal["low", "high"] = "low"  # which end of the tally it looks at
    at_least: int | None = None  # deliveries in the window
    at_most: int | None = None  # deliveries in the window: a lull
    highest_of_months: int | None = None  # and more than any of so many full months before
    times_mean: float | None = None  # and at least so many times their mean
    escalates_by: int = 2  # deliveries: an alert escalates at each so many over what fired it; 0: never
    baseline_per_month: float | None = None  # fixed: a learned one would absorb the surge
    author: str = ""
    dated: date | None = None
    basis: str = ""  # the published basis
    offensives: tuple[str, ...] = ()  # keys of offensives it is tied to
    source: tuple[str, ...] = ()

    @property
    def is_lull(self) -> bool:
        return self.at_most is not None

    def bars(self, fires_at: int, count: int) -> Iterator[int]:
        """The counts up to this one at which an alert escalates that fired at so many. A lull does not escalate."""
        if self.is_lull or not self.escalates_by:
            return iter(())
        return iter(range(fires_at + self.escalates_by, count + 1, self.escalates_by))


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    """A firing alert's count reached a higher bar."""

    count: int
    at: datetime  # event time
