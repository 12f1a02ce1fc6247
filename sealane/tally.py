"""Tally: deliveries by calendar month of arrival, UTC, as low and high. Never final: late evidence revises it.

    low     confirmed, with the whole arrival interval in the month
    high    the most deliveries that can hold together whose arrival interval touches the month

An arrival that spans a month's end may stand in the high of both, so months need not add up. What an analyst rejected
counts nowhere. Full values, never deltas.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from geofences.zone import PortCode
from sealane.delivery import Delivery
from sealane.static import Imo
from sealane.together import most_together

HeardShare = Callable[[datetime, datetime], dict[Imo, int]]

MONTHS_A_YEAR = 12


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """One month. Grades, ships and ports are counted in the month of the latest possible arrival.

    Of deliveries that exclude each other all are counted by grade, and listed; `high` counts those that can hold.
    """

    id: str
    month: str  # "2024-03"
    low: int
    high: int
    confirmed: int
    probable: int
    possible: int
    by_ship: dict[Imo, int]
    by_port: dict[PortCode, int]  # where the port is known
    deliveries: tuple[str, ...]  # ids, of all that touch the month
    heard_percent: dict[Imo, int] = {}  # of the month so far, of each watched hull; shown, not judged


def month_of(at: datetime) -> str:
    return f"{at.year:04d}-{at.month:02d}"


def month_begins(month: str) -> datetime:
    return datetime(int(month[:4]), int(month[5:]), 1, tzinfo=UTC)


def month_after(month: str) -> str:
    """The next calendar month."""
    years, months = divmod(int(month[:4]) * MONTHS_A_YEAR + int(month[5:]), MONTHS_A_YEAR)
    return f"{years:04d}-{months + 1:02d}"


def months_between(first: str, last: str) -> Iterator[str]:
    """Every month from the first to the last, both included."""
    month = first
    while month <= last:
        yield month
        month = month_after(month)


def tallies_of(
    deliveries: Iterable[Delivery], since: datetime, as_of: datetime, heard: HeardShare | None = None
) -> tuple[Tally, ...]:
    """One tally a month, from the month in which a watched ship was first known of to the month of `as_of`."""
    arrivals = [each for each in deliveries if each.grade != "rejected"]
    return tuple(_tally(month, arrivals, as_of, heard) for month in months_between(month_of(since), month_of(as_of)))


def _tally(month: str, deliveries: list[Delivery], as_of: datetime, heard: HeardShare | None) -> Tally:
    touching = [
        each for each in deliveries if month_of(each.arrival_earliest_at) <= month <= month_of(each.arrival_latest_at)
    ]
    arrived = [each for each in touching if month_of(each.arrival_latest_at) == month]
    certain = [each for each in arrived if each.grade == "confirmed" and month_of(each.arrival_earliest_at) == month]
    grades = Counter(each.grade for each in arrived)
    return Tally(
        id=f"tally:{month}",
        month=month,
        low=len(certain),
        high=len(most_together(touching)),
        confirmed=grades["confirmed"],
        probable=grades["probable"],
        possible=grades["possible"],
        by_ship=dict(sorted(Counter(each.imo for each in arrived).items())),
        by_port=dict(sorted(Counter(each.discharge_port for each in arrived if each.discharge_port).items())),
        deliveries=tuple(each.id for each in touching),
        heard_percent={} if heard is None else heard(month_begins(month), min(as_of, month_begins(month_after(month)))),
    )
