"""When an alert fires, for how long, and what takes it back."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofences.zone import PortCode
from sealane.alert import Alert, alerts_of, poisson_tail
from sealane.delivery import Delivery
from sealane.surge import SurgeRule
from sealane.tally import tallies_of
from streams.corridor import load_corridor
from tests.core.story import IMO

SINCE = datetime(2023, 9, 1, tzinfo=UTC)
SHIPPED = load_corridor().rules.surge
MONTH = SurgeRule(key="month", severity="surge", at_least=3, baseline_per_month=1)
ROLLING = SurgeRule(key="rolling", severity="surge", rolling_days=30, at_least=4)
LULL = SurgeRule(key="lull", severity="lull", rolling_days=30, bound="high", at_most=0)


def day(text: str, hour: int = 12) -> datetime:
    return datetime.fromisoformat(text).replace(hour=hour, tzinfo=UTC)


def arrival(when: datetime, **fields: Any) -> Delivery:
    number = f"{when:%Y%m%d%H%M}"
    plain: dict[str, Any] = {
        "id": f"delivery:{number}",
        "imo": IMO,
        "grade": "confirmed",
        "load_port": PortCode("nest"),
        "loaded_at": when - timedelta(days=2),
        "discharge_port": PortCode("reef"),
        "arrived_at": when,
        "arrival_earliest_at": when,
        "arrival_latest_at": when,
        "load_presence": "load",
        "discharge_presence": "discharge",
    }
    return Delivery(**(plain | fields))


def month_of(month: str, count: int) -> list[Delivery]:
    """So many arrivals, on the 1st, 5th, 9th and so on."""
    return [arrival(day(f"{month}-{1 + 4 * number:02d}")) for number in range(count)]


def months(counts: dict[str, int]) -> list[Delivery]:
    return [each for month, count in counts.items() for each in month_of(month, count)]


def alerts(
    rules: SurgeRule | Sequence[SurgeRule], arrivals: Iterable[Delivery], as_of: datetime, since: datetime = SINCE
) -> list[Alert]:
    arrived = tuple(arrivals)
    rules = (rules,) if isinstance(rules, SurgeRule) else rules
    return list(alerts_of(rules, arrived, tallies_of(arrived, since, as_of), since, as_of, clears_below=2))


# Months.


def test_a_month_fires_with_the_delivery_that_reaches_the_threshold():
    arrivals = month_of("2023-10", 4)
    assert alerts(MONTH, arrivals[:2], day("2023-10-20")) == []
    (alert,) = alerts(MONTH, arrivals, day("2023-10-20"))
    assert (alert.id, alert.state, alert.count, alert.threshold) == ("alert:month:2023-10", "firing", 4, 3)
    assert (alert.fired_at, alert.resolved_at) == (day("2023-10-09"), None)


def test_a_month_resolves_at_its_end():
    (alert,) = alerts(MONTH, month_of("2023-12", 3), day("2024-01-01", 0))
    assert (alert.state, alert.resolved_at) == ("resolved", day("2024-01-01", 0))


def test_late_evidence_that_lifts_a_past_month_fires_and_resolves():
    (alert,) = alerts(MONTH, month_of("2023-10", 3), day("2024-03-01"))
    assert (alert.state, alert.fired_at) == ("resolved", day("2023-10-09"))


def test_the_low_bound_counts_confirmed_deliveries_surely_in_the_month():
    spanning = arrival(day("2023-10-02"), arrival_earliest_at=day("2023-09-29"))
    probable = arrival(day("2023-10-03"), grade="probable")
    assert alerts(MONTH, [*month_of("2023-10", 2), spanning, probable], day("2023-10-20")) == []


def test_what_does_not_count_does_not_set_the_time_of_firing():
    spanning = arrival(day("2023-10-02"), arrival_earliest_at=day("2023-09-29"))
    (alert,) = alerts(MONTH, [*month_of("2023-10", 3), spanning], day("2023-10-20"))
    assert alert.fired_at == day("2023-10-09")


def test_the_high_bound_counts_what_may_be_in_the_month():
    rule = SurgeRule(key="high", severity="surge", bound="high", at_least=3)
    spanning = arrival(day("2023-11-02"), arrival_earliest_at=day("2023-10-29"))
    probable = arrival(day("2023-10-03"), grade="probable")
    assert [
        alert.window for alert in alerts(rule, [*month_of("2023-10", 1), spanning, probable], day("2023-11-20"))
    ] == ["2023-10"]


def test_an_alert_rests_on_its_deliveries_and_says_how_unlikely_the_count_is():
    (alert,) = alerts(MONTH, month_of("2023-10", 4), day("2023-10-20"))
    assert alert.deliveries == tuple(each.id for each in month_of("2023-10", 4))
    assert (alert.baseline, alert.poisson_tail) == (1, 0.019)


# Relative to the months before.

RELATIVE = SurgeRule(key="relative", severity="watch", at_least=4, highest_of_months=6, times_mean=1.4)
HALF_YEAR = [f"2024-{month:02d}" for month in range(1, 7)]


def relative(before: Sequence[int], count: int) -> list[Alert]:
    counts = dict(zip(HALF_YEAR, before, strict=True)) | {"2024-07": count}
    return alerts(RELATIVE, months(counts), day("2024-07-30"), since=day("2024-01-01", 0))


@pytest.mark.parametrize(
    ("before", "count", "fires"),
    [
        ([2, 2, 2, 2, 2, 2], 4, True),
        ([2, 2, 2, 2, 2, 2], 3, False),  # not four
        ([4, 0, 0, 0, 0, 0], 4, False),  # not the highest
        ([4, 4, 4, 4, 4, 4], 5, False),  # under 1.4 times the mean
        ([4, 4, 4, 4, 4, 4], 6, True),
        ([5, 5, 5, 5, 5, 5], 7, True),  # just 1.4 times
    ],
)
def test_a_month_is_relatively_high_if_it_tops_six_full_months_and_their_mean(before, count, fires):
    assert bool(relative(before, count)) is fires


def test_fewer_than_six_full_months_are_no_history():
    arrivals = months(dict.fromkeys(HALF_YEAR, 1) | {"2024-07": 5})
    assert alerts(RELATIVE, arrivals, day("2024-07-30"), since=day("2024-01-01", 1)) == []


def test_a_relative_alert_fires_with_the_delivery_that_fulfils_all_of_it():
    (alert,) = relative([5, 0, 0, 0, 0, 0], 7)
    assert alert.fired_at == day("2024-07-21")  # the sixth: more than five


# Rolling windows.


def test_a_rolling_alert_is_one_episode_named_by_the_day_that_crossed():
    arrivals = [arrival(day(f"2023-10-{number:02d}")) for number in (1, 5, 9, 13, 14, 15)]
    (alert,) = alerts(ROLLING, arrivals, day("2023-10-20"))
    assert (alert.window, alert.state, alert.count) == ("2023-10-13/P30D", "firing", 6)
    assert alert.fired_at == day("2023-10-13")


def test_a_rolling_alert_clears_two_below_its_threshold():
    arrivals = [arrival(day(f"2023-10-{number:02d}")) for number in (1, 5, 9, 13)]
    for as_of, state in (("2023-11-01", "firing"), ("2023-11-04", "firing"), ("2023-11-05", "resolved")):
        assert [alert.state for alert in alerts(ROLLING, arrivals, day(as_of))] == [state], as_of


def test_a_count_that_swings_by_one_makes_one_episode():
    arrivals = [arrival(day("2023-10-01") + timedelta(days=8 * number)) for number in range(12)]  # 3 or 4 in 30 days
    assert len(alerts(ROLLING, arrivals, day("2023-12-28"))) == 1


def test_a_correction_below_the_threshold_takes_the_alert_back_at_once():
    arrivals = [arrival(day(f"2023-10-{number:02d}")) for number in (1, 5, 9, 13)]
    assert alerts(ROLLING, arrivals, day("2023-10-14"))
    assert alerts(ROLLING, arrivals[1:], day("2023-10-14")) == []


def test_a_second_wave_is_a_second_episode():
    waves = [arrival(day(f"{month}-{number:02d}")) for month in ("2023-10", "2024-02") for number in (1, 5, 9, 13)]
    assert [(alert.window, alert.state) for alert in alerts(ROLLING, waves, day("2024-02-14"))] == [
        ("2023-10-13/P30D", "resolved"),
        ("2024-02-13/P30D", "firing"),
    ]


def test_an_arrival_counts_in_a_window_only_if_its_whole_interval_is_in_it():
    arrivals = [arrival(day(f"2023-10-{number:02d}")) for number in (9, 13, 14)]
    wide = arrival(day("2023-10-15"), arrival_earliest_at=day("2023-09-14"))
    narrow = arrival(day("2023-10-15"), arrival_earliest_at=day("2023-10-14"))
    assert alerts(ROLLING, [*arrivals, wide], day("2023-10-20")) == []
    assert [alert.fired_at for alert in alerts(ROLLING, [*arrivals, narrow], day("2023-10-20"))] == [day("2023-10-15")]


# Lulls.


def test_a_lull_is_found_when_thirty_whole_days_have_passed_without_a_delivery():
    last = [arrival(day("2023-10-01"))]
    assert alerts(LULL, last, day("2023-10-31", 23)) == []
    (alert,) = alerts(LULL, last, day("2023-11-01", 0))
    assert (alert.window, alert.state, alert.count) == ("2023-10-31/P30D", "firing", 0)
    assert alert.fired_at == day("2023-11-01", 0)


def test_a_lull_ends_with_the_next_delivery():
    (alert,) = alerts(LULL, [arrival(day("2023-10-01")), arrival(day("2023-11-20"))], day("2023-11-21"))
    assert (alert.state, alert.resolved_at) == ("resolved", day("2023-11-20", 0))


def test_a_possible_delivery_is_enough_against_a_lull():
    arrivals = [arrival(day("2023-10-01")), arrival(day("2023-10-20"), grade="possible")]
    assert alerts(LULL, arrivals, day("2023-11-10")) == []


def test_before_the_first_delivery_there_is_no_lull():
    assert alerts(LULL, [], day("2024-10-01")) == []


# Properties.

arrived = st.lists(st.integers(0, 400), max_size=30, unique=True).map(
    lambda days: [arrival(SINCE + timedelta(days=number, hours=5)) for number in days]
)


@given(arrived, st.randoms(use_true_random=False))
def test_the_order_of_deliveries_does_not_matter(arrivals, random):
    mixed = list(arrivals)
    random.shuffle(mixed)
    rules = (MONTH, RELATIVE, ROLLING, LULL)
    told = alerts(rules, mixed, day("2024-10-01"))
    assert {alert.id: (alert.state, alert.count, alert.fired_at) for alert in told} == {
        alert.id: (alert.state, alert.count, alert.fired_at) for alert in alerts(rules, arrivals, day("2024-10-01"))
    }


@given(arrived, st.integers(0, 380), st.integers(0, 30))
def test_what_fired_stays_in_the_record_as_time_goes_on(arrivals, days, later):
    known = [each for each in arrivals if each.arrival_latest_at <= SINCE + timedelta(days=days)]
    earlier = alerts((MONTH, ROLLING, LULL), known, SINCE + timedelta(days=days))
    told = [each for each in arrivals if each.arrival_latest_at <= SINCE + timedelta(days=days + later)]
    assert {alert.id for alert in earlier} <= {
        alert.id for alert in alerts((MONTH, ROLLING, LULL), told, SINCE + timedelta(days=days + later))
    }
    assert all(alert.fired_at <= SINCE + timedelta(days=days) for alert in earlier)


@pytest.mark.parametrize(
    ("count", "mean", "tail"),
    [(7, 3, 0.034), (5, 3, 0.185), (4, 3, 0.353), (15, 9, 0.041), (18, 9, 0.005), (13, 9, 0.124)],
)
def test_poisson_tails_are_those_the_rules_quote(count, mean, tail):
    """The basis of each shipped rule (reference/surge.toml) prints its tail at a baseline of three a month."""
    assert round(poisson_tail(count, mean), 3) == tail


# Published figures.

PUBLISHED = {  # one monthly series inside all published bounds; Nov and Dec 2023 are only known together
    "2023-09": 3, "2023-10": 7, "2023-11": 5, "2023-12": 6, "2024-01": 7, "2024-02": 4, "2024-03": 2,
    "2024-04": 3, "2024-05": 3, "2024-06": 3, "2024-07": 2, "2024-08": 2, "2024-09": 2, "2024-10": 2,
    "2024-11": 2, "2024-12": 3, "2025-01": 1, "2025-02": 4, "2025-03": 3,
}  # fmt: skip


def published() -> list[Alert]:
    return alerts(SHIPPED, months(PUBLISHED), day("2025-03-31", 23), since=day("2023-08-25"))


def windows(rule: str) -> list[str]:
    return [alert.window for alert in published() if alert.rule == rule]


def test_the_series_is_the_published_one():
    """64 deliveries Sep 2023 - Mar 2025, 18 in Oct-Dec 2023, 13 in Jan-Mar 2024 (reference/published.toml)."""
    assert sum(PUBLISHED.values()) == 64
    assert sum(PUBLISHED[f"2023-{month}"] for month in (10, 11, 12)) == 18
    assert sum(PUBLISHED[f"2024-{month:02d}"] for month in (1, 2, 3)) == 13


def test_seven_deliveries_in_a_month_are_a_surge():
    """Seven each were published for Oct 2023 and Jan 2024 (reference/published.toml)."""
    assert windows("surge_month") == ["2023-10", "2024-01"]


def test_eighteen_deliveries_in_three_months_are_a_surge_until_they_have_gone():
    """Eighteen were published for Oct-Dec 2023 (reference/published.toml)."""
    (alert,) = [each for each in published() if each.rule == "surge_quarter"]
    assert alert.count >= 18
    assert alert.state == "resolved"
    assert "2023-11" <= alert.window <= "2024-01"
    assert alert.resolved_at is not None
    assert alert.resolved_at < day("2024-05-01")


def test_four_deliveries_in_february_2025_are_the_most_in_half_a_year():
    """Four were published for Feb 2025; two or three in each month of the half year before."""
    assert windows("relative_high") == ["2025-02"]


def test_elevated_months_are_those_with_five_or_more():
    assert windows("elevated_month") == ["2023-10", "2023-11", "2023-12", "2024-01"]
