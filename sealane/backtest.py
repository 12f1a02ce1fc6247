"""Back-test: in which months each surge rule would have fired, if published counts were the truth.

    published bounds and sums --draw--> a monthly series --place--> arrivals --the rules themselves--> alerts

Sums and intervals leave many series open: each is as likely here, and a rule fires in a month always, sometimes (a
share of the draws) or never. Nobody published the days: the deliveries of a month are placed evenly in it, which
matters to rules over rolling days alone. A month counts where the alert stands at its end; a month rule's is its own.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from geofences.zone import PortCode
from sealane.alert import Alert, alerts_of
from sealane.delivery import Delivery
from sealane.published import PublishedBacktest
from sealane.series import Chance, Series
from sealane.static import Imo
from sealane.surge import Severity, SurgeRule
from sealane.tally import month_after, month_begins, tallies_of

NO_SHIP = Imo(0)  # published counts name no ship
NO_PORT = PortCode("")
ON_THE_WAY = timedelta(days=1)


class Backtested(msgspec.Struct, frozen=True, kw_only=True):
    """Where one rule fires over so many draws."""

    rule: str
    severity: Severity
    draws: int
    always: tuple[str, ...]
    sometimes: dict[str, float]  # month and share of the draws
    never: tuple[str, ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A month that two back-tests of a rule put differently: always, sometimes or never."""

    rule: str
    month: str
    drawn: str
    published: str


def backtest(
    series: Series, rules: Iterable[SurgeRule], draws: int, chance: Chance, clears_below: int
) -> tuple[Backtested, ...]:
    """Every rule over so many draws of a series, by the rules as they judge a ledger."""
    listed = tuple(rules)
    fired: Counter[tuple[str, str]] = Counter()
    for _ in range(draws):
        fired.update(fires_in(series.draw(chance), listed, clears_below))
    return tuple(_backtested(rule, series.months, fired, draws) for rule in listed)


def fires_in(counts: dict[str, int], rules: tuple[SurgeRule, ...], clears_below: int) -> set[tuple[str, str]]:
    """The (rule, month) pairs in which an alert stands at the month's end, if these were the counts."""
    months = sorted(counts)
    since, as_of = month_begins(months[0]), month_begins(month_after(months[-1]))
    arrivals = {month: _arrivals(month, counts[month]) for month in months}
    deliveries = tuple(each for month in months for each in arrivals[month])
    tallies = tuple(  # a month has only arrivals of its own: counted alone, which is quicker
        each for month in months for each in tallies_of(arrivals[month], month_begins(month), month_begins(month))
    )
    alerts = alerts_of(rules, deliveries, tallies, since, as_of, clears_below)
    rolling = {rule.key for rule in rules if rule.rolling_days is not None}
    return {
        (alert.rule, month)
        for alert in alerts
        for month in months
        if (_stands(alert, month_begins(month_after(month))) if alert.rule in rolling else alert.window == month)
    }


def differences(drawn: Backtested, published: PublishedBacktest) -> tuple[Difference, ...]:
    """The months in which a rule's back-test is not as a published one."""
    months = sorted({*drawn.always, *drawn.sometimes, *published.always, *published.sometimes})
    apart = ((month, _how(month, drawn), _how(month, published)) for month in months)
    return tuple(
        Difference(rule=drawn.rule, month=month, drawn=here, published=there)
        for month, here, there in apart
        if here != there
    )


def _how(month: str, found: Backtested | PublishedBacktest) -> str:
    return "always" if month in found.always else "sometimes" if month in found.sometimes else "never"


def _stands(alert: Alert, at: datetime) -> bool:
    return alert.fired_at <= at and (alert.resolved_at is None or alert.resolved_at > at)


def _arrivals(month: str, count: int) -> list[Delivery]:
    """A month's deliveries, evenly in it: each in the middle of its part of the month."""
    begins_at = month_begins(month)
    part = (month_begins(month_after(month)) - begins_at) / (2 * count) if count else timedelta()
    return [_arrival(f"{month}:{number + 1}", begins_at + (2 * number + 1) * part) for number in range(count)]


def _arrival(key: str, arrived_at: datetime) -> Delivery:
    """A delivery of which nothing but the arrival counts here."""
    return Delivery(
        id=f"delivery:{key}",
        imo=NO_SHIP,
        grade="confirmed",
        load_port=NO_PORT,
        loaded_at=arrived_at - ON_THE_WAY,
        discharge_port=NO_PORT,
        arrived_at=arrived_at,
        arrival_earliest_at=arrived_at,
        arrival_latest_at=arrived_at,
        load_presence="",
        discharge_presence="",
    )


def _backtested(rule: SurgeRule, months: tuple[str, ...], fired: Counter[tuple[str, str]], draws: int) -> Backtested:
    times = {month: fired[rule.key, month] for month in months}
    return Backtested(
        rule=rule.key,
        severity=rule.severity,
        draws=draws,
        always=tuple(month for month in months if times[month] == draws),
        sometimes={month: times[month] / draws for month in months if 0 < times[month] < draws},
        never=tuple(month for month in months if not times[month]),
    )
