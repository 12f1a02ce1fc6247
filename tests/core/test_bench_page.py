"""What the bench measures is written into its own place in docs/performance.md; nothing beside it changes."""

import pytest

from bench.__main__ import BEGIN, END, PAGE, PARTS, written
from bench.design import AT_LEAST, AT_MOST, Goal


@pytest.mark.parametrize("part", PARTS)
def test_each_part_has_a_place_of_its_own(part: str):
    page = PAGE.read_text(encoding="utf-8")
    new = written(page, part, "MEASURED")
    before, _, rest = page.partition(BEGIN.format(part, part))
    assert new.startswith(before)
    assert new.endswith(rest.partition(END)[2])
    assert new[len(before) :].partition(END)[0] == f"{BEGIN.format(part, part)}\n\nMEASURED\n"


@pytest.mark.parametrize(
    ("sign", "measured", "reached"),
    [
        (AT_LEAST, 99, "**no**"),
        (AT_LEAST, 100, "yes"),
        (AT_LEAST, 200, "stretch"),
        (AT_MOST, 201, "**no**"),
        (AT_MOST, 200, "yes"),
        (AT_MOST, 100, "stretch"),
        (AT_LEAST, None, "-"),
    ],
)
def test_a_goal_says_whether_it_is_reached(sign: int, measured: float | None, reached: str):
    must, stretch = (100, 200) if sign == AT_LEAST else (200, 100)
    assert (
        Goal("speed", must, stretch, sign, "{:.0f}x", measured, "" if measured else "not measured").row()[-1] == reached
    )
