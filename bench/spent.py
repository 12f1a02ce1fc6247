"""Spent: processor time of this process and of the children it waited for, of contestants that take turns.

A child counts whole, with its start; what is only its start is measured by a run on an empty file and taken off.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter

from bench.timing import Taken

QUICK_TURNS = 3  # of what takes no second, for one of what takes many: a machine's speed changes from one to the next
MAIN = "from streams.cli import main; main()"


def by_turns(contestants: dict[str, Callable[[], object]], turns: int, slow: Collection[str] = ()) -> dict[str, Taken]:
    """What each contestant took, turn by turn, its children with it; those that are not slow thrice a turn."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    found: dict[str, object] = {}
    for _ in range(turns):
        for name in (each for each in contestants for _ in range(1 if each in slow else QUICK_TURNS)):
            begun, began = _spent_s(), perf_counter()
            found[name] = contestants[name]()
            taken[name].append((max(_spent_s() - begun, 1e-6), perf_counter() - began))
    return {name: _taken(turns_taken, found[name]) for name, turns_taken in taken.items()}


def _taken(turns_taken: list[tuple[float, float]], found: object) -> Taken:
    spent_s, clock_s = zip(*turns_taken, strict=True)
    return Taken(spent_s, found if isinstance(found, int) else None, clock_s)


def sealane(*words: str | Path) -> None:
    """A command of ours, as a process; what it prints goes nowhere, and it must not fail."""
    child([sys.executable, "-c", MAIN, *words])


def child(command: list[str | Path]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=as_installed())


def counting(command: list[str | Path]) -> int:
    """The number that a command prints."""
    return int(subprocess.run(command, check=True, capture_output=True, env=as_installed()).stdout)


def as_installed() -> dict[str, str]:
    """The environment of a command that is not new here: what Python compiled is kept, from its first start on."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _spent_s() -> float:
    used = (getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)
