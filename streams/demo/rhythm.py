r"""Rhythm: how many deliveries each month has, drawn within what was published of the real corridor.

    Sep 2023   Oct  Nov  Dec  Jan 2024   Feb  Mar   Apr 2024 - Dec 2024   Jan 2025   Feb   Mar
    1-4        7    5-6  5-6  7          4-5  1-2   3 or fewer            0-1        4     1-3      together 64
               \__ 18 ____/   \__ 13 _______/

Figures: Open Source Centre as told by RUSI, "Brothers In Arms", 2025-05-06 (7 in Oct 2023, 18 in Oct-Dec 2023, 13 in
Jan-Mar 2024, 4 in Feb 2025), and by Reuters, 2025-04-15 (7 in Jan 2024, 64 in all); the bounds of the other months
follow from these. After the history comes an invention: a crowded April 2025, so that a viewer sees a surge build, then
two or three a month without end.
"""

from collections.abc import Iterator
from random import Random

import msgspec

TOTAL = 64
OCTOBER_2023, NOVEMBER_AND_DECEMBER_2023 = 7, 11
JANUARY_2024, FEBRUARY_AND_MARCH_2024 = 7, 6
FEBRUARY_2025 = 4
APRIL_2025_IMAGINED = 8
QUIET_MOST = (3, 3, 3, 3, 3, 3, 3, 3, 3, 1)  # Apr 2024 - Jan 2025; fewer than Feb 2025, and a sharp drop in January
QUIET_LEAST = (1, 1, 1, 1, 1, 1, 1, 1, 1, 0)
MONTHS_A_YEAR = 12


class Month(msgspec.Struct, frozen=True, order=True):
    """A calendar month of UTC."""

    year: int
    month: int

    def after(self, months: int) -> "Month":
        years, month0 = divmod(self.month - 1 + months, MONTHS_A_YEAR)
        return Month(self.year + years, month0 + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


FIRST_MONTH = Month(2023, 9)
LIVE_MONTH = Month(2025, 4)


def history_counts(chance: Random) -> tuple[int, ...]:
    """Deliveries of each month from September 2023 to March 2025."""
    november, february = chance.randint(5, 6), chance.randint(4, 5)
    september, march_2025 = chance.randint(1, 4), chance.randint(1, 3)
    autumn = (september, OCTOBER_2023, november, NOVEMBER_AND_DECEMBER_2023 - november)
    winter = (JANUARY_2024, february, FEBRUARY_AND_MARCH_2024 - february)
    spring = (FEBRUARY_2025, march_2025)
    quiet = _quiet_counts(TOTAL - sum(autumn) - sum(winter) - sum(spring), chance)
    return autumn + winter + quiet + spring


def _quiet_counts(total: int, chance: Random) -> tuple[int, ...]:
    """The months between: begin with the most each may have, take away one by one until the total is met."""
    counts = list(QUIET_MOST)
    while sum(counts) > total:
        month = chance.randrange(len(counts))
        counts[month] -= counts[month] > QUIET_LEAST[month]
    return tuple(counts)


def rhythm(chance: Random) -> Iterator[tuple[Month, int]]:
    """Each month with its number of deliveries: the history, then without end."""
    counts = history_counts(chance)
    month = FIRST_MONTH
    for count in (*counts, APRIL_2025_IMAGINED):
        yield month, count
        month = month.after(1)
    while True:
        yield month, chance.randint(2, 3)
        month = month.after(1)
