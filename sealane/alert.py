"""Alert: one value per rule and window, with a life.

    month rule      window 2023-10              firing from the delivery that crossed; resolved at the month's end
    rolling rule    window 2023-12-18/P90D      one an episode: from the day that crossed until it clears, two below

It escalates each time its count has grown by the rule's step; a graver rule on the same window is an alert of its own
and no escalation of this one. Alerts are a function of deliveries, rules and `as_of`: a correction that puts a window
below its threshold takes the alert out of the standing ones at once, hysteresis or not, and the events say retracted.
What people did about an alert is no part of it (sealane/silence.py). Wording is "consistent with", never "predicts".
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from math import ceil, exp
from typing import Literal

import msgspec

from sealane.annotation import Tied, ice_notes, month_sentence, rolling_sentence, tied_to
from sealane.delivery import Delivery
from sealane.episode import ONE_DAY, Days, Episode, arrivals_of, days_of, episodes_of, midnight
from sealane.published import Ice, Offensive
from sealane.surge import Escalation, Severity, SurgeRule
from sealane.tally import Tally, month_after, month_begins, month_of

State = Literal["firing", "resolved"]

DAYS_A_MONTH = 30.0  # of the fixed baseline: 3 a month is 9 in 90 days
TRAILING_WINDOWS = 6  # full ones before an alert's own, whose mean is shown beside it
TAIL_DIGITS, MEAN_DIGITS = 3, 2


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
    grew_at: datetime | None = None  # when it reached that count, where that was after it fired
    escalations: tuple[Escalation, ...] = ()
    trailing_mean: float | None = None  # deliveries a window over the six full ones before; None without history
    tied: tuple[Tied, ...] = ()
    notes: tuple[str, ...] = ()
    sentence: str = ""

    @property
    def behaved_at(self) -> datetime:
        """The time of the behaviour it tells of: when it fired, or when its count last grew."""
        return self.grew_at or self.fired_at


class _Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What alerts are judged on."""

    tallies: tuple[Tally, ...]
    since: datetime
    as_of: datetime
    clears_below: int
    offensives: tuple[Offensive, ...]
    ice: tuple[Ice, ...]


class _Window(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule found in one window."""

    key: str
    began: datetime
    ends_at: datetime  # of what it touches: a lull goes on until it ends
    count: int
    fired_at: datetime
    grew_at: datetime | None
    resolved_at: datetime | None
    escalations: tuple[Escalation, ...]
    deliveries: tuple[str, ...]
    baseline: float | None
    trailing_mean: float | None
    sentence: str


def alerts_of(
    rules: Iterable[SurgeRule],
    deliveries: tuple[Delivery, ...],
    tallies: tuple[Tally, ...],
    since: datetime,
    as_of: datetime,
    clears_below: int,
    *,
    together: tuple[Delivery, ...] | None = None,
    offensives: tuple[Offensive, ...] = (),
    ice: tuple[Ice, ...] = (),
) -> tuple[Alert, ...]:
    """Every alert that stands at `as_of`, by id.

    Args:
        deliveries: all that are not rejected.
        since: when a watched ship was first heard.
        together: those that can hold together, for rules of the high bound; all of them if None.
        offensives: known ones; a rule names those it is tied to.
        ice: reported at discharge ports.
    """
    ground = _Ground(
        tallies=tallies, since=since, as_of=as_of, clears_below=clears_below, offensives=offensives, ice=ice
    )
    alerts: list[Alert] = []
    for rule in rules:
        counted = together if rule.bound == "high" and together is not None else deliveries
        if rule.rolling_days is None:
            found = _months(rule, counted, ground)
        else:
            found = _episodes(rule, rule.rolling_days, counted, ground)
        alerts += [_alert(rule, window, ground) for window in found]
    return tuple(sorted(alerts, key=lambda alert: alert.id))


def poisson_tail(count: int, mean: float) -> float:
    """Chance of `count` or more where `mean` are expected."""
    term, below = exp(-mean), 0.0
    for k in range(count):
        below += term
        term *= mean / (k + 1)
    return max(0.0, 1.0 - below)


def _months(rule: SurgeRule, deliveries: Sequence[Delivery], ground: _Ground) -> Iterator[_Window]:
    counts = {tally.month: tally.low if rule.bound == "low" else tally.high for tally in ground.tallies}
    for month, count in counts.items():
        ends_at = month_begins(month_after(month))
        over = ground.as_of >= ends_at
        needed = _needed(rule, month, counts, ground.since)
        if rule.at_most is not None:
            holds = over and count <= rule.at_most and month_begins(month) >= ground.since
        else:
            holds = needed is not None and count >= needed
        if not holds:
            continue
        counted = {each.id: at for each in deliveries if (at := _counts_from(each, rule, month)) is not None}
        times = sorted(counted.values())
        fired_at = ends_at if needed is None else _reached_at(needed, times, month)
        grown_at = fired_at if needed is None else _reached_at(count, times, month)
        bars = () if needed is None else rule.bars(needed, count)
        yield _Window(
            key=month,
            began=month_begins(month),
            ends_at=ends_at,
            count=count,
            fired_at=fired_at,
            grew_at=grown_at if grown_at > fired_at else None,
            resolved_at=ends_at if over else None,
            escalations=tuple(Escalation(count=bar, at=_reached_at(bar, times, month)) for bar in bars),
            deliveries=tuple(counted),
            baseline=rule.baseline_per_month,
            trailing_mean=_mean(_months_before(month, counts, ground.since, TRAILING_WINDOWS)),
            sentence=month_sentence(rule, count, _threshold(rule), month),
        )


def _needed(rule: SurgeRule, month: str, counts: dict[str, int], since: datetime) -> int | None:
    """How many deliveries fire the rule in a month; None for a lull, and where the months before are too few."""
    if rule.at_least is None or rule.highest_of_months is None:
        return rule.at_least
    trailing = _months_before(month, counts, since, rule.highest_of_months)
    if trailing is None:
        return None
    mean = sum(trailing) / len(trailing)
    return max(rule.at_least, max(trailing) + 1, ceil((rule.times_mean or 0.0) * mean))


def _months_before(month: str, counts: dict[str, int], since: datetime, number: int) -> list[int] | None:
    """The counts of so many full months before; None where there are not as many."""
    before = [counts[each] for each in sorted(counts) if each < month and month_begins(each) >= since]
    return before[-number:] if len(before) >= number else None


def _counts_from(delivery: Delivery, rule: SurgeRule, month: str) -> datetime | None:
    """When a delivery begins to count in a month: for the low bound at its arrival, for the high one once it could."""
    earliest_at, latest_at = delivery.arrival_earliest_at, delivery.arrival_latest_at
    if rule.bound == "high":
        touches = month_of(earliest_at) <= month <= month_of(latest_at)
        return max(earliest_at, month_begins(month)) if touches else None
    is_sure = delivery.grade == "confirmed" and month_of(earliest_at) == month == month_of(latest_at)
    return latest_at if is_sure else None


def _reached_at(count: int, times: list[datetime], month: str) -> datetime:
    """When so many were counted; tallies of nothing but numbers, as a back-test draws them, say the month alone."""
    return times[min(count, len(times)) - 1] if times else month_begins(month)


def _episodes(rule: SurgeRule, window_d: int, deliveries: Sequence[Delivery], ground: _Ground) -> Iterator[_Window]:
    """A lull is looked for from the first delivery on."""
    arrivals = arrivals_of(rule, window_d, deliveries)
    if not arrivals:
        return
    days = days_of(arrivals, window_d, ground.as_of)
    expected = None if rule.baseline_per_month is None else rule.baseline_per_month * window_d / DAYS_A_MONTH
    for each in episodes_of(rule, arrivals, days, ground.as_of, ground.clears_below):
        yield _Window(
            key=f"{each.began.isoformat()}/P{window_d}D",
            began=midnight(each.began - (window_d - 1) * ONE_DAY),
            ends_at=each.resolved_at or ground.as_of,
            count=each.count,
            fired_at=each.fired_at,
            grew_at=each.grew_at,
            resolved_at=each.resolved_at,
            escalations=each.escalations,
            deliveries=each.deliveries,
            baseline=expected,
            trailing_mean=_mean(_windows_before(each, days, ground.since)),
            sentence=rolling_sentence(rule, each.count, _threshold(rule), window_d, each.counted_on, expected),
        )


def _windows_before(episode: Episode, days: Days, since: datetime) -> list[int] | None:
    """The counts of the windows before the one that crossed, end to end; None where they begin before `since`."""
    ends = [episode.began - number * days.window_d * ONE_DAY for number in range(1, TRAILING_WINDOWS + 1)]
    if midnight(ends[-1] - (days.window_d - 1) * ONE_DAY) < since:
        return None
    return [days.count_on(day) for day in ends]


def _mean(counts: list[int] | None) -> float | None:
    return None if counts is None else round(sum(counts) / len(counts), MEAN_DIGITS)


def _threshold(rule: SurgeRule) -> int:
    return (rule.at_most if rule.at_most is not None else rule.at_least) or 0


def _alert(rule: SurgeRule, found: _Window, ground: _Ground) -> Alert:
    has_tail = found.baseline is not None and not rule.is_lull
    last_day = (found.ends_at - timedelta(microseconds=1)).date()
    return Alert(
        id=f"alert:{rule.key}:{found.key}",
        rule=rule.key,
        severity=rule.severity,
        window=found.key,
        state="firing" if found.resolved_at is None else "resolved",
        count=found.count,
        threshold=_threshold(rule),
        fired_at=found.fired_at,
        resolved_at=found.resolved_at,
        baseline=found.baseline,
        poisson_tail=round(poisson_tail(found.count, found.baseline or 0.0), TAIL_DIGITS) if has_tail else None,
        deliveries=found.deliveries,
        offensives=rule.offensives,
        grew_at=found.grew_at,
        escalations=found.escalations,
        trailing_mean=found.trailing_mean,
        tied=tied_to(rule, ground.offensives, found.fired_at, found.began.date()),
        notes=tuple(ice_notes(ground.ice, found.began.date(), last_day)) if rule.is_lull else (),
        sentence=found.sentence,
    )
