"""Alert: one value per rule and window, with a life.

    month rule      window 2023-10              firing from the delivery that crossed; resolved at the month's end
    rolling rule    window 2023-12-18/P90D      one an episode: from the day that crossed until it clears, two below

Alerts are a function of deliveries, rules and `as_of`: a correction that puts a window below its threshold takes the
alert out of the standing ones at once, and the events say retracted. Wording is "consistent with", never "predicts".
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from math import ceil, exp
from typing import Literal

import msgspec

from sealane.delivery import Delivery
from sealane.surge import Severity, SurgeRule
from sealane.tally import Tally, month_after, month_begins, month_of

State = Literal["firing", "resolved"]

ONE_DAY = timedelta(days=1)
DAYS_A_MONTH = 30.0  # of the fixed baseline: 3 a month is 9 in 90 days
TAIL_DIGITS = 3


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A surge condition that holds or held. `count` is the month's count, or the highest of the episode."""

    id: str
    rule: str
    severity: Severity
    window: str
    state: State
    count: int
    threshold: int
    fired_at: datetime  # when the condition first held, by event time
    resolved_at: datetime | None
    baseline: float | None  # deliveries in such a window at the rule's fixed baseline
    poisson_tail: float | None  # chance of so many or more at that baseline
    deliveries: tuple[str, ...]  # ids it rests on
    offensives: tuple[str, ...]  # past ones the rule is tied to: "consistent with", no more


class _Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """When a delivery counts in a rolling window: from the day it enters, until the day it leaves with drops out."""

    id: str
    enters_on: date
    leaves_with: date
    latest_at: datetime


def alerts_of(
    rules: Iterable[SurgeRule],
    deliveries: tuple[Delivery, ...],
    tallies: tuple[Tally, ...],
    since: datetime,
    as_of: datetime,
    clears_below: int,
) -> tuple[Alert, ...]:
    """Every alert that stands at `as_of`, by id. `since` is when a watched ship was first heard."""
    alerts: list[Alert] = []
    for rule in rules:
        if rule.rolling_days is None:
            alerts += _month_alerts(rule, deliveries, tallies, since, as_of)
        else:
            alerts += _episodes(rule, rule.rolling_days, deliveries, as_of, clears_below)
    return tuple(sorted(alerts, key=lambda alert: alert.id))


def poisson_tail(count: int, mean: float) -> float:
    """Chance of `count` or more where `mean` are expected."""
    term, below = exp(-mean), 0.0
    for k in range(count):
        below += term
        term *= mean / (k + 1)
    return max(0.0, 1.0 - below)


def _month_alerts(
    rule: SurgeRule, deliveries: tuple[Delivery, ...], tallies: tuple[Tally, ...], since: datetime, as_of: datetime
) -> Iterator[Alert]:
    counts = {tally.month: tally.low if rule.bound == "low" else tally.high for tally in tallies}
    for month, count in counts.items():
        ends_at = month_begins(month_after(month))
        over = as_of >= ends_at
        needed = _needed(rule, month, counts, since)
        if rule.at_most is not None:
            holds = over and count <= rule.at_most and month_begins(month) >= since
        else:
            holds = needed is not None and count >= needed
        if not holds:
            continue
        counted = {each.id: at for each in deliveries if (at := _counts_from(each, rule, month)) is not None}
        yield _alert(
            rule,
            window=month,
            count=count,
            fired_at=sorted(counted.values())[needed - 1] if needed else ends_at,
            resolved_at=ends_at if over else None,
            deliveries=tuple(counted),
            expected=rule.baseline_per_month,
        )


def _needed(rule: SurgeRule, month: str, counts: dict[str, int], since: datetime) -> int | None:
    """How many deliveries fire the rule in a month; None for a lull, and where the months before are too few."""
    if rule.at_least is None or rule.highest_of_months is None:
        return rule.at_least
    before = [counts[each] for each in sorted(counts) if each < month and month_begins(each) >= since]
    trailing = before[-rule.highest_of_months :]
    if len(trailing) < rule.highest_of_months:
        return None
    mean = sum(trailing) / len(trailing)
    return max(rule.at_least, max(trailing) + 1, ceil((rule.times_mean or 0.0) * mean))


def _counts_from(delivery: Delivery, rule: SurgeRule, month: str) -> datetime | None:
    """When a delivery begins to count in a month: for the low bound at its arrival, for the high one once it could."""
    earliest_at, latest_at = delivery.arrival_earliest_at, delivery.arrival_latest_at
    if rule.bound == "high":
        touches = month_of(earliest_at) <= month <= month_of(latest_at)
        return max(earliest_at, month_begins(month)) if touches else None
    is_sure = delivery.grade == "confirmed" and month_of(earliest_at) == month == month_of(latest_at)
    return latest_at if is_sure else None


def _episodes(
    rule: SurgeRule, days: int, deliveries: tuple[Delivery, ...], as_of: datetime, clears_below: int
) -> Iterator[Alert]:
    """Fold the window over event days, with hysteresis. A lull is looked for from the first delivery on.

    A count can only rise while its day lasts: what a low count begins (a lull) or ends waits until the day is over.
    """
    arrivals = [arrival for each in deliveries if (arrival := _counted(each, rule)) is not None]
    if not arrivals:
        return
    first_day = min(each.enters_on for each in arrivals)
    counts = _daily_counts(arrivals, first_day, as_of.date(), days)
    began: date | None = None
    extreme = 0
    for offset, count in enumerate(counts):
        day = first_day + offset * ONE_DAY
        over = day < as_of.date()
        if began is None:
            if _crosses(rule, count, over=over):
                began, extreme = day, count
        elif _clears(rule, count, clears_below, over=over):
            yield _episode(rule, days, arrivals, began, day, extreme)
            began = None
        else:
            extreme = max(extreme, count)
    if began is not None:
        yield _episode(rule, days, arrivals, began, None, extreme)


def _crosses(rule: SurgeRule, count: int, *, over: bool) -> bool:
    if rule.at_most is not None:
        return over and count <= rule.at_most
    return rule.at_least is not None and count >= rule.at_least


def _clears(rule: SurgeRule, count: int, clears_below: int, *, over: bool) -> bool:
    if rule.at_most is not None:
        return count > rule.at_most
    return over and rule.at_least is not None and count <= rule.at_least - clears_below


def _counted(delivery: Delivery, rule: SurgeRule) -> _Arrival | None:
    """The low bound counts a confirmed delivery once its interval has passed; the high one any, once it begins."""
    earliest, latest = delivery.arrival_earliest_at.date(), delivery.arrival_latest_at.date()
    if rule.bound == "low":
        if delivery.grade != "confirmed":
            return None
        earliest, latest = latest, earliest
    return _Arrival(id=delivery.id, enters_on=earliest, leaves_with=latest, latest_at=delivery.arrival_latest_at)


def _daily_counts(arrivals: list[_Arrival], first: date, last: date, days: int) -> list[int]:
    """Deliveries in the window of so many days that ends on each day."""
    length = (last - first).days + 1
    steps = [0] * (length + 1)
    for arrival in arrivals:
        enters = (arrival.enters_on - first).days
        leaves = (arrival.leaves_with - first).days + days
        if enters < min(leaves, length):
            steps[enters] += 1
            steps[min(leaves, length)] -= 1
    counts, running = [], 0
    for change in steps[:length]:
        running += change
        counts.append(running)
    return counts


def _episode(
    rule: SurgeRule, days: int, arrivals: list[_Arrival], began: date, cleared: date | None, extreme: int
) -> Alert:
    window_first = began - (days - 1) * ONE_DAY
    resting = [
        each for each in arrivals if window_first <= each.leaves_with and each.enters_on <= (cleared or date.max)
    ]
    on_day = [each.latest_at for each in resting if each.latest_at.date() == began]
    is_lull = rule.at_most is not None
    return _alert(
        rule,
        window=f"{began.isoformat()}/P{days}D",
        count=extreme,
        fired_at=_midnight(began + ONE_DAY) if is_lull else max(on_day, default=_midnight(began)),
        resolved_at=None if cleared is None else _midnight(cleared if is_lull else cleared + ONE_DAY),
        deliveries=tuple(sorted(each.id for each in resting)),
        expected=None if rule.baseline_per_month is None else rule.baseline_per_month * days / DAYS_A_MONTH,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _alert(
    rule: SurgeRule,
    *,
    window: str,
    count: int,
    fired_at: datetime,
    resolved_at: datetime | None,
    deliveries: tuple[str, ...],
    expected: float | None,
) -> Alert:
    is_lull = rule.at_most is not None
    return Alert(
        id=f"alert:{rule.key}:{window}",
        rule=rule.key,
        severity=rule.severity,
        window=window,
        state="firing" if resolved_at is None else "resolved",
        count=count,
        threshold=(rule.at_most if is_lull else rule.at_least) or 0,
        fired_at=fired_at,
        resolved_at=resolved_at,
        baseline=expected,
        poisson_tail=None if expected is None or is_lull else round(poisson_tail(count, expected), TAIL_DIGITS),
        deliveries=deliveries,
        offensives=rule.offensives,
    )
