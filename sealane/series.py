"""Series: deliveries month by month inside everything one published series says, counted and drawn.

    month      Sep   Oct   Nov   Dec   Jan        state: what each sum that is open has come to so far
    bounds     1-4    7    4-7   4-7    7
    sums             |------ 18 ------|

Going through the months, two beginnings in the same state can be ended in the same ways: so all series are counted
without listing them, and one is drawn with the same chance as any other. Chance itself is an argument.
"""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from sealane.claim import Claimed
from sealane.reconcile import bounds_between
from sealane.tally import months_between

State = tuple[int, ...]  # of each run that is open what it has come to, else 0


class Chance(Protocol):
    """A whole number from 0 up to a limit, each as likely: `random.Random` is one."""

    def randrange(self, stop: int, /) -> int: ...


class _Run(msgspec.Struct, frozen=True, kw_only=True):
    """A sum over several months, by their places."""

    first: int
    last: int
    low: int
    high: int | None


class Series:
    """Every monthly series in which all claims of one published series hold. `count` is 0 where they cannot."""

    def __init__(self, claims: Iterable[Claimed]) -> None:
        """Raises ValueError where there is no claim, or where the claims leave a month without a highest count."""
        listed = list(claims)
        if not listed:
            raise ValueError("no claim: expected the counts of one published series")
        first, last = min(each.first_month for each in listed), max(each.last_month for each in listed)
        self.months = tuple(months_between(first, last))
        self._bounds = [_bounds(listed, month) for month in self.months]
        place = {month: number for number, month in enumerate(self.months)}
        self._runs = [
            _Run(first=place[each.first_month], last=place[each.last_month], low=each.low, high=each.high)
            for each in listed
            if each.first_month != each.last_month
        ]
        self._ways: dict[tuple[int, State], int] = {}
        self._begin: State = (0,) * len(self._runs)
        self.count = self._count(0, self._begin)

    def draw(self, chance: Chance) -> dict[str, int]:
        """One series, each as likely. Raises ValueError where there is none."""
        if not self.count:
            raise ValueError("no series: the claims cannot all hold")
        drawn: dict[str, int] = {}
        state = self._begin
        for number, month in enumerate(self.months):
            left = chance.randrange(self._count(number, state))
            for count, after in self._steps(number, state):
                ways = self._count(number + 1, after)
                if left < ways:
                    drawn[month], state = count, after
                    break
                left -= ways
        return drawn

    def _count(self, number: int, state: State) -> int:
        """In how many ways the months from this one on can go."""
        if number == len(self.months):
            return 1
        if (number, state) not in self._ways:
            self._ways[number, state] = sum(self._count(number + 1, after) for _, after in self._steps(number, state))
        return self._ways[number, state]

    def _steps(self, number: int, state: State) -> Iterable[tuple[int, State]]:
        """What a month can be, and the state after it."""
        low, high = self._bounds[number]
        for count in range(low, high + 1):
            after = [
                so_far + count if run.first <= number <= run.last else 0
                for run, so_far in zip(self._runs, state, strict=True)
            ]
            if all(map(_may_go_on, self._runs, after, [number] * len(after))):
                ended = [run.last <= number for run in self._runs]
                yield count, tuple(0 if is_over else so_far for so_far, is_over in zip(after, ended, strict=True))


def _may_go_on(run: _Run, so_far: int, number: int) -> bool:
    """Whether a sum is not over its high, nor below its low in its last month."""
    return (run.high is None or so_far <= run.high) and (run.last != number or so_far >= run.low)


def _bounds(claims: list[Claimed], month: str) -> tuple[int, int]:
    """What all claims together leave open for a month. An empty range where they cannot all hold."""
    found = bounds_between(claims, month, month)
    if found is None:
        return 0, -1
    if found.high is None:
        raise ValueError(f"{month}: no highest count; expected one, of the month or of a sum it is in")
    return found.low, found.high
