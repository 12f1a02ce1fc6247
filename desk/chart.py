"""Chart: deliveries by month, as a picture of values: bars by grade, limits, published counts, offensives.

    bar       one month's deliveries by grade, the surest below; as many as could be, where some exclude each other
    line      a limit of a month's rule, or the baseline it is set against
    marker    what one series published of that month, with its interval; open upwards where it was "or more"
    band      an offensive, from its first day to its last; a day alone where the last is not given

A pure function of what stands; `desk/chart_svg.py` draws it, a table of the same figures stands below it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import msgspec

from sealane.claim import DELIVERIES, Claimed
from sealane.published import Offensive
from sealane.surge import SurgeRule
from sealane.tally import Tally, month_after

MOST_MONTHS = 24
SEVERITIES = ("surge", "elevated", "watch", "lull")


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """A published count of one month. `high` None: at least `low`."""

    series: str
    low: int
    high: int | None
    source: tuple[str, ...]

    @property
    def words(self) -> str:
        if self.high is None:
            return f"{self.low} or more"
        return f"{self.low}" if self.low == self.high else f"{self.low}–{self.high}"


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One month. `going_on`: it has not ended, so its count can only grow."""

    month: str
    low: int
    high: int
    confirmed: int
    probable: int
    possible: int
    going_on: bool
    published: tuple[Marker, ...]

    @property
    def total(self) -> int:
        return self.confirmed + self.probable + self.possible

    @property
    def spread(self) -> str:
        return f"{self.low}" if self.low == self.high else f"{self.low}–{self.high}"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A count across all months: what a rule fires at, or the baseline."""

    kind: str  # a severity, or "baseline"
    at: float
    words: str


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """An offensive. `last_day` None: not published."""

    name: str
    first_day: date
    last_day: date | None
    source: tuple[str, ...]


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """The months in order, without a hole."""

    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    bands: tuple[Band, ...]
    synthetic: bool
    as_of: datetime | None

    @property
    def most(self) -> int:
        """The highest count that is shown anywhere."""
        published = (marker.high or marker.low for bar in self.bars for marker in bar.published)
        lines = (line.at for line in self.lines)
        return max(1, *(max(bar.total, bar.high) for bar in self.bars), *map(int, published), *map(int, lines), 1)

    @property
    def series(self) -> tuple[str, ...]:
        """The series of published counts that are shown, in the order they come up."""
        return tuple(dict.fromkeys(marker.series for bar in self.bars for marker in bar.published))


def chart_of(
    tallies: Sequence[Tally],
    claims: Iterable[Claimed],
    rules: Iterable[SurgeRule],
    offensives: Iterable[Offensive],
    *,
    as_of: datetime | None,
    synthetic: bool,
) -> Chart:
    """The chart of the newest months; of the months that were published, where the ledger has none yet."""
    single = [each for each in claims if each.measure == DELIVERIES and each.first_month == each.last_month]
    counted = {each.month: each for each in tallies}
    months = _months(sorted(counted) or sorted({each.first_month for each in single}))
    bars = tuple(_bar(month, counted.get(month), single, as_of) for month in months)
    return Chart(
        bars=bars,
        lines=tuple(_lines(rules)),
        bands=tuple(_band(each) for each in offensives if _touches(each, months)),
        synthetic=synthetic,
        as_of=as_of,
    )


def _months(known: list[str]) -> list[str]:
    """Every month from the first to the last, the newest of them."""
    if not known:
        return []
    months = [known[0]]
    while months[-1] < known[-1]:
        months.append(month_after(months[-1]))
    return months[-MOST_MONTHS:]


def _bar(month: str, tally: Tally | None, claims: list[Claimed], as_of: datetime | None) -> Bar:
    return Bar(
        month=month,
        low=tally.low if tally else 0,
        high=tally.high if tally else 0,
        confirmed=tally.confirmed if tally else 0,
        probable=tally.probable if tally else 0,
        possible=tally.possible if tally else 0,
        going_on=as_of is not None and month == f"{as_of:%Y-%m}",
        published=tuple(
            Marker(series=each.series, low=each.low, high=each.high, source=each.source)
            for each in claims
            if each.first_month == month
        ),
    )


def _lines(rules: Iterable[SurgeRule]) -> Iterable[Line]:
    """The limits that hold for a calendar month whatever came before it; each severity's lowest, and one baseline."""
    monthly = [rule for rule in rules if rule.rolling_days is None and rule.highest_of_months is None]
    for severity in SEVERITIES:
        limits = [rule.at_least for rule in monthly if rule.severity == severity and rule.at_least is not None]
        if limits:
            yield Line(kind=severity, at=min(limits), words=f"{severity} {min(limits)}")
    baselines = {rule.baseline_per_month for rule in monthly if rule.baseline_per_month is not None}
    for baseline in sorted(baselines):
        yield Line(kind="baseline", at=baseline, words=f"baseline {baseline:g}")


def _band(each: Offensive) -> Band:
    return Band(name=each.name or each.key, first_day=each.first_day, last_day=each.last_day, source=each.source)


def _touches(each: Offensive, months: list[str]) -> bool:
    if not months:
        return False
    last_day = each.last_day or each.first_day
    return f"{each.first_day:%Y-%m}" <= months[-1] and f"{last_day:%Y-%m}" >= months[0]
