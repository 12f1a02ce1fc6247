"""Episode: how long a rolling window holds what a surge rule asks for. One alert an episode.

    deliveries in the window that ends on each day

    15 ........+---+........+-+.....     fires on the day that reaches the threshold
    14     +---+   +---+    | |
    13 ....|...........|....|.+--...     clears two below it, once that day is over
           fires       holds    clears

A lull begins once a day is over whose window holds too few, and ends with the day that brings more. Days are folded
from the first delivery on; the order in which deliveries came to be known is not seen.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from sealane.delivery import Delivery
from sealane.surge import Escalation, SurgeRule

ONE_DAY = timedelta(days=1)


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """When a delivery counts in a rolling window: once it enters, until the day it leaves with drops out."""

    id: str
    enters_at: datetime
    leaves_with: date

    @property
    def enters_on(self) -> date:
        return self.enters_at.date()


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """The count of the window that ends on each day, from the first arrival to `as_of`."""

    first: date
    counts: tuple[int, ...]
    window_d: int

    def count_on(self, day: date) -> int:
        """Deliveries in the window that ends on a day; none before the first arrival."""
        offset = (day - self.first).days
        return self.counts[offset] if 0 <= offset < len(self.counts) else 0


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """From the day that crossed the threshold until it clears. `count` is the highest of it; of a lull, the lowest."""

    began: date
    cleared: date | None
    count: int
    counted_on: date  # the first day of that count
    fired_at: datetime
    grew_at: datetime | None  # when it reached that count, if that was later
    resolved_at: datetime | None
    escalations: tuple[Escalation, ...]
    deliveries: tuple[str, ...]


def arrivals_of(rule: SurgeRule, window_d: int, deliveries: Sequence[Delivery]) -> tuple[Arrival, ...]:
    """What a rule counts. One whose interval is wider than the window is never surely in it."""
    found = [arrival for each in deliveries if (arrival := _arrival(each, rule)) is not None]
    surely = [each for each in found if each.enters_on < each.leaves_with + window_d * ONE_DAY]
    return tuple(sorted(surely, key=lambda each: (each.enters_at, each.id)))


def days_of(arrivals: Sequence[Arrival], window_d: int, as_of: datetime) -> Days:
    """Deliveries in the window of so many days that ends on each day."""
    first = min(each.enters_on for each in arrivals)
    length = (as_of.date() - first).days + 1
    steps: Counter[int] = Counter()
    for arrival in arrivals:
        steps[(arrival.enters_on - first).days] += 1
        steps[(arrival.leaves_with - first).days + window_d] -= 1
    counts, running = [], 0
    for offset in range(length):
        running += steps[offset]
        counts.append(running)
    return Days(first=first, counts=tuple(counts), window_d=window_d)


def episodes_of(
    rule: SurgeRule, arrivals: Sequence[Arrival], days: Days, as_of: datetime, clears_below: int
) -> Iterator[Episode]:
    """Fold the counts over days, with hysteresis.

    A count can only rise while its day lasts: what a low count begins (a lull) or ends waits until the day is over.
    """
    began: date | None = None
    for offset, count in enumerate(days.counts):
        day = days.first + offset * ONE_DAY
        over = day < as_of.date()
        if began is None:
            began = day if _crosses(rule, count, over=over) else None
        elif _clears(rule, count, clears_below, over=over):
            yield _episode(rule, arrivals, days, began, day)
            began = None
    if began is not None:
        yield _episode(rule, arrivals, days, began, None)


def midnight(day: date) -> datetime:
    """The begin of a day, UTC."""
    return datetime.combine(day, time(), UTC)


def _arrival(delivery: Delivery, rule: SurgeRule) -> Arrival | None:
    """The low bound counts a confirmed delivery once its interval has passed; the high one any, once it begins."""
    earliest_at, latest_at = delivery.arrival_earliest_at, delivery.arrival_latest_at
    if rule.bound == "high":
        return Arrival(id=delivery.id, enters_at=earliest_at, leaves_with=latest_at.date())
    if delivery.grade != "confirmed":
        return None
    return Arrival(id=delivery.id, enters_at=latest_at, leaves_with=earliest_at.date())


def _crosses(rule: SurgeRule, count: int, *, over: bool) -> bool:
    if rule.at_most is not None:
        return over and count <= rule.at_most
    return rule.at_least is not None and count >= rule.at_least


def _clears(rule: SurgeRule, count: int, clears_below: int, *, over: bool) -> bool:
    if rule.at_most is not None:
        return count > rule.at_most
    return over and rule.at_least is not None and count <= rule.at_least - clears_below


def _episode(rule: SurgeRule, arrivals: Sequence[Arrival], days: Days, began: date, cleared: date | None) -> Episode:
    last = cleared or days.first + (len(days.counts) - 1) * ONE_DAY
    window_first = began - (days.window_d - 1) * ONE_DAY
    resting = [each for each in arrivals if window_first <= each.leaves_with and each.enters_on <= last]
    ends_on = last if cleared is None else cleared - ONE_DAY
    told = [began + number * ONE_DAY for number in range((ends_on - began).days + 1)]
    extreme = min(map(days.count_on, told)) if rule.is_lull else max(map(days.count_on, told))
    fired_at = midnight(began + ONE_DAY)
    grew_at: datetime | None = None
    escalations: tuple[Escalation, ...] = ()
    if rule.at_least is not None:
        fired_at = _reached_at(rule.at_least, told, resting, days)
        grown_at = _reached_at(extreme, told, resting, days)
        grew_at = grown_at if grown_at > fired_at else None
        escalations = tuple(
            Escalation(count=bar, at=_reached_at(bar, told, resting, days)) for bar in rule.bars(rule.at_least, extreme)
        )
    return Episode(
        began=began,
        cleared=cleared,
        count=extreme,
        counted_on=next(day for day in told if days.count_on(day) == extreme),
        fired_at=fired_at,
        grew_at=grew_at,
        resolved_at=None if cleared is None else midnight(cleared if rule.is_lull else cleared + ONE_DAY),
        escalations=escalations,
        deliveries=tuple(sorted(each.id for each in resting)),
    )


def _reached_at(count: int, told: Sequence[date], arrivals: Sequence[Arrival], days: Days) -> datetime:
    """When so many were first in the window: with an arrival, for what drops out does so as the day begins."""
    day = next(each for each in told if days.count_on(each) >= count)
    entering = sorted(each.enters_at for each in arrivals if each.enters_on == day)
    place = count - (days.count_on(day) - len(entering)) - 1  # of the arrival among those of that day
    return entering[place] if place >= 0 else midnight(day)  # below 0: there all along, where rules clear at once
