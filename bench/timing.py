"""Timing: contestants take turns in one process, so that a busy moment of the machine hits all of them.

What counts is processor time, not the clock's: the machine is shared. The median of the turns is shown, and how far the
slowest was from the fastest.
"""

from collections.abc import Callable
from statistics import median
from time import process_time

import msgspec

TURNS = 5


class Taken(msgspec.Struct, frozen=True):
    """Seconds of processor time of each turn, and how many of what it looks for the last one found, if it says so."""

    turns_s: tuple[float, ...]
    found: int | None = None
    clock_s: tuple[float, ...] = ()  # the same by the clock, where several processes share the work

    @property
    def median_s(self) -> float:
        return median(self.turns_s)

    @property
    def spread(self) -> float:
        """Slowest over fastest."""
        return max(self.turns_s) / min(self.turns_s)


def by_turns(contestants: dict[str, Callable[[], object]], turns: int = TURNS) -> dict[str, Taken]:
    """What each contestant took, turn by turn; every turn makes its own state."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(turns):
        for name, run in contestants.items():
            begun = process_time()
            run()
            taken[name].append(process_time() - begun)
    return {name: Taken(tuple(turns_s)) for name, turns_s in taken.items()}
