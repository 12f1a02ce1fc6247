"""Deliveries by month of arrival, as low and high."""

import pytest

from sealane.delivery import Delivery
from sealane.tally import Tally, month_after, months_between, tallies_of
from tests.core.story import DISCHARGE, IMO, LOAD, at, fixes, rules_for, standing, states, visit
from tests.core.test_alert import arrival, day


def tally(month: str, *arrivals: Delivery, as_of: str = "2023-12-20") -> Tally:
    return next(each for each in tallies_of(arrivals, day("2023-09-01"), day(as_of)) if each.month == month)


def bounds(month: str, *arrivals: Delivery) -> tuple[int, int]:
    told = tally(month, *arrivals)
    return told.low, told.high


def test_a_confirmed_delivery_counts_in_the_month_of_its_arrival():
    told = tally(
        "2023-10", arrival(day("2023-10-01", 0)), arrival(day("2023-10-31", 23)), arrival(day("2023-11-01", 0))
    )
    assert (told.low, told.high, told.confirmed) == (2, 2, 2)
    assert (told.by_ship, told.by_port) == ({IMO: 2}, {"reef": 2})


def test_an_arrival_over_a_months_end_is_in_the_high_of_both_and_in_the_low_of_none():
    spanning = arrival(day("2023-11-01"), arrival_earliest_at=day("2023-10-31"))
    assert (bounds("2023-10", spanning), bounds("2023-11", spanning)) == ((0, 1), (0, 1))
    assert (tally("2023-10", spanning).confirmed, tally("2023-11", spanning).confirmed) == (0, 1)


def test_an_arrival_interval_over_a_whole_month_touches_all_three():
    spanning = arrival(day("2023-12-01"), arrival_earliest_at=day("2023-10-31"))
    assert [bounds(month, spanning) for month in ("2023-10", "2023-11", "2023-12")] == [(0, 1)] * 3


@pytest.mark.parametrize("grade", ["probable", "possible"])
def test_what_is_not_confirmed_counts_in_the_high_alone(grade):
    told = tally("2023-10", arrival(day("2023-10-05"), grade=grade))
    assert (told.low, told.high, getattr(told, grade)) == (0, 1, 1)


def test_every_month_since_a_watched_ship_was_heard_has_its_tally():
    months = [each.month for each in tallies_of([], day("2023-11-30"), day("2024-02-01", 0))]
    assert months == ["2023-11", "2023-12", "2024-01", "2024-02"]


def test_months_follow_each_other_over_a_years_end():
    assert (month_after("2023-11"), month_after("2023-12")) == ("2023-12", "2024-01")
    assert list(months_between("2024-02", "2024-01")) == []


def test_without_a_watched_ship_there_is_no_tally():
    assert standing(fixes(visit(0, LOAD)), rules_for(LOAD)).tallies == ()


def test_what_was_heard_ends_in_a_tally():
    trips = [*visit(0, LOAD), *visit(40, DISCHARGE), *visit(80, LOAD), *visit(120, DISCHARGE)]
    told = standing([*fixes(trips), states(at(2))], rules_for(LOAD, DISCHARGE)).tallies
    assert [(each.month, each.low, each.high) for each in told] == [("2024-05", 2, 2)]
