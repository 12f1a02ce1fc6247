"""Claim: what somebody published of a run of months, as far as it can be set beside a tally or another claim.

A count and a sum are one shape: so many, from a first month to a last one, both included. Never turned into voyages.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import msgspec

from sealane.countreport import CountReport
from sealane.published import Published, PublishedTotal

DELIVERIES = "deliveries"
AT_LEAST = "_min"  # how a total's measure ends where it was "at least"


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """So many of a measure in a run of months. `high` None: at least `low`."""

    id: str
    series: str
    measure: str
    first_month: str
    last_month: str
    low: int
    high: int | None
    source: tuple[str, ...] = ()
    known_at: datetime | None = None

    @property
    def months(self) -> str:
        return self.first_month if self.first_month == self.last_month else f"{self.first_month}..{self.last_month}"


class ClaimedTotal(msgspec.Struct, frozen=True, kw_only=True):
    """So many of a measure in all, up to a day."""

    id: str
    measure: str
    day: str  # "2024-02-23"
    low: int
    high: int | None


def claims_of(published: Published) -> tuple[Claimed, ...]:
    """A corridor's published counts, then its sums. Rival series of a month all stand."""
    counts = [
        _claim(each.series, each.month, each.month, each.low, each.high, each.source) for each in published.counts
    ]
    sums = [
        _claim(each.series, each.first_month, each.last_month, each.low, each.high, each.source)
        for each in published.sums
    ]
    return (*counts, *sums)


def claim_of(report: CountReport) -> Claimed:
    """A count that a person reported, as a claim of its source."""
    return Claimed(
        id=report.id,
        series=report.source or report.by,
        measure=report.measure,
        first_month=report.first_month,
        last_month=report.last_month,
        low=report.low,
        high=report.high,
        source=(report.source,) if report.source else (),
        known_at=report.known_at,
    )


def fullest_series(claims: Iterable[Claimed]) -> tuple[Claimed, ...]:
    """The claims of the series that has the most of them; of equals, the first by name."""
    listed = tuple(claims)
    sizes = Counter(each.series for each in listed)
    fullest = min(sizes, key=lambda series: (-sizes[series], series), default="")
    return tuple(each for each in listed if each.series == fullest)


def totals_of(published: Published) -> tuple[ClaimedTotal, ...]:
    """A corridor's published totals, by day."""
    return tuple(_total(each) for each in sorted(published.totals, key=lambda each: each.day))


def _claim(series: str, first: str, last: str, low: int, high: int | None, source: tuple[str, ...]) -> Claimed:
    months = first if first == last else f"{first}..{last}"
    return Claimed(
        id=f"published:{series}:{months}",
        series=series,
        measure=DELIVERIES,
        first_month=first,
        last_month=last,
        low=low,
        high=high,
        source=source,
    )


def _total(each: PublishedTotal) -> ClaimedTotal:
    return ClaimedTotal(
        id=f"published:{each.measure}:{each.day}",
        measure=each.measure.removesuffix(AT_LEAST),
        day=each.day.isoformat(),
        low=each.value,
        high=None if each.measure.endswith(AT_LEAST) else each.value,
    )
