"""Expenditure: rounds fired in a period as one published series has it, and what an estimate is beside it.

    series     ====20,000====|==30,000==|=====70,000=====|          known days
    period          |----------------------------------------|
                                                         ~~~~      unknown days: told, never filled

Claims of the sides and their partners, often at odds: context, never an input to a rule.
"""

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from sealane.estimate import Bounds, Spread
from sealane.published import Expenditure

ONE_DAY = timedelta(days=1)
DIGITS = 1  # of days of fire and of percents


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """What one series says was fired on the days it knows of a period, first and last included."""

    series: str
    first_day: date
    last_day: date
    days: int  # of the period
    unknown_days: int  # of them, without a figure
    rounds: Bounds  # on the days with one
    source: tuple[str, ...]


def fired(expenditure: Iterable[Expenditure], series: str, first_day: date, last_day: date) -> Fired:
    """Rounds Russia fired in a period by one series. Where several of its entries hold a day, the shortest one does."""
    entries = sorted((each for each in expenditure if each.series == series and _days(each)), key=_days)
    days = (last_day - first_day).days + 1
    low = high = known = 0
    source: dict[str, None] = {}
    for offset in range(days):
        day = first_day + offset * ONE_DAY
        entry = next((each for each in entries if _holds(each, day)), None)
        if entry is None or entry.russia_per_day is None:
            continue
        low, high, known = low + entry.russia_per_day[0], high + entry.russia_per_day[1], known + 1
        source |= dict.fromkeys(entry.source)
    return Fired(
        series=series,
        first_day=first_day,
        last_day=last_day,
        days=days,
        unknown_days=days - known,
        rounds=Bounds(low=low, high=high),
        source=tuple(source),
    )


def days_of_fire(rounds: Bounds, beside: Fired) -> Spread | None:
    """How many days so many rounds last at the mean of the days known; None where none is."""
    known = beside.days - beside.unknown_days
    return _divided(rounds, beside.rounds, known) if known else None


def share_percent(rounds: Bounds, beside: Fired) -> Spread | None:
    """Rounds a day over the period by rounds fired a day, in percent; the days known stand for those that are not."""
    known = beside.days - beside.unknown_days
    return _divided(rounds, beside.rounds, 100 * known / beside.days) if known else None


def per_day(rounds: int, days: int) -> int:
    """Rounds a day, to the nearest whole one."""
    return round(rounds / days)


def series_of(expenditure: Iterable[Expenditure]) -> tuple[str, ...]:
    """The series that have a figure and days to it, by name."""
    return tuple(sorted({each.series for each in expenditure if each.series and _days(each)}))


def _divided(rounds: Bounds, by: Bounds, times: float) -> Spread:
    """The least by the most and the most by the least."""
    assert by.high is not None
    high = None if rounds.high is None or not by.low else round(times * rounds.high / by.low, DIGITS)
    return Spread(low=round(times * rounds.low / by.high, DIGITS) if by.high else 0.0, high=high)


def _days(entry: Expenditure) -> int:
    """How long an entry's period is; 0 where it has no days or no figure."""
    if entry.first_day is None or entry.last_day is None or entry.russia_per_day is None:
        return 0
    return (entry.last_day - entry.first_day).days + 1


def _holds(entry: Expenditure, day: date) -> bool:
    return entry.first_day is not None and entry.last_day is not None and entry.first_day <= day <= entry.last_day
