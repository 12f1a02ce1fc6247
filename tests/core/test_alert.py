"""When an alert fires, for how long, and what takes it back."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofences.zone import PortCode
from sealane.alert import Alert, alerts_of, poisson_tail
from sealane.annotation import ordinal
from sealane.delivery import Delivery
from sealane.published import Ice, Offensive
from sealane.surge import SurgeRule
from sealane.tally import tallies_of
from streams.corridor.corridor import load_corridor
from tests.core.story import IMO

SINCE = datetime(2023, 9, 1, tzinfo=UTC)
CORRIDOR = load_corridor()
SHIPPED = CORRIDOR.rules.surge
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


def test_several_arrivals_of_one_day_fire_with_the_one_that_reaches_the_threshold():
    arrivals = [arrival(day("2023-10-01")), *(arrival(day("2023-10-05", hour)) for hour in (3, 9, 15, 21))]
    (alert,) = alerts(ROLLING, arrivals, day("2023-10-20"))
    assert (alert.fired_at, alert.grew_at) == (day("2023-10-05", 15), day("2023-10-05", 21))


def test_a_correction_retracts_although_hysteresis_would_hold():
    arrivals = [arrival(day(f"2023-10-{number:02d}")) for number in (1, 5, 9, 13)]
    (held,) = alerts(ROLLING, arrivals, day("2023-11-02"))  # three are left in the window: one below, held
    assert held.state == "firing"
    assert alerts(ROLLING, [*arrivals[:2], arrivals[3]], day("2023-11-02")) == []
    assert alerts(ROLLING, arrivals[:3], day("2023-11-02")) == []


def test_where_rules_clear_at_the_threshold_an_alert_ends_with_the_day():
    arrivals = [arrival(day(f"2023-10-{number:02d}")) for number in (1, 5, 9, 13)]
    told = alerts_of((ROLLING,), tuple(arrivals), (), SINCE, day("2023-10-16"), clears_below=0)
    assert [alert.window for alert in told] == ["2023-10-13/P30D", "2023-10-15/P30D"]


# Escalation.


def test_an_alert_escalates_at_each_step_over_what_fired_it():
    (alert,) = alerts(MONTH, month_of("2023-10", 7), day("2023-10-30"))
    assert [(each.count, each.at) for each in alert.escalations] == [(5, day("2023-10-17")), (7, day("2023-10-25"))]
    assert alert.behaved_at == day("2023-10-25")


def test_a_count_between_two_steps_grows_and_does_not_escalate():
    (alert,) = alerts(MONTH, month_of("2023-10", 4), day("2023-10-30"))
    assert (alert.escalations, alert.behaved_at) == ((), day("2023-10-13"))


def test_an_episode_escalates_on_the_first_day_of_a_higher_count():
    arrivals = [arrival(day(f"2023-10-{number:02d}")) for number in (1, 5, 9, 13, 14, 15)]
    (alert,) = alerts(ROLLING, arrivals, day("2023-12-20"))
    assert [(each.count, each.at) for each in alert.escalations] == [(6, day("2023-10-15"))]


def test_a_relative_alert_escalates_from_what_fired_it():
    (alert,) = relative([5, 0, 0, 0, 0, 0], 8)  # the sixth fires
    assert [each.count for each in alert.escalations] == [8]


def test_a_rule_without_a_step_and_a_lull_do_not_escalate():
    steady = SurgeRule(key="steady", severity="surge", at_least=3, escalates_by=0)
    (alert,) = alerts(steady, month_of("2023-10", 7), day("2023-10-30"))
    (lull,) = alerts(LULL, [arrival(day("2023-10-01"))], day("2024-10-01"))
    assert (alert.escalations, lull.escalations, lull.grew_at) == ((), (), None)


def test_a_graver_rule_is_an_alert_of_its_own():
    graver = SurgeRule(key="graver", severity="surge", at_least=5)
    told = alerts((MONTH, graver), month_of("2023-10", 5), day("2023-10-30"))
    assert [alert.id for alert in told] == ["alert:graver:2023-10", "alert:month:2023-10"]


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


def test_the_count_of_a_lull_is_the_lowest_of_it():
    rule = SurgeRule(key="few", severity="lull", rolling_days=30, at_most=1)
    arrivals = [arrival(day("2023-10-01")), arrival(day("2023-10-05"))]
    assert [(alert.count, alert.threshold) for alert in alerts(rule, arrivals, day("2023-12-20"))] == [(1, 1), (0, 1)]


# Which deliveries.


def test_a_rule_of_the_high_bound_counts_those_that_can_hold_together():
    high = SurgeRule(key="high", severity="surge", rolling_days=30, bound="high", at_least=2)
    arrivals = [arrival(day(f"2023-10-{number:02d}"), grade="possible") for number in (1, 5)]
    known: dict[str, Any] = {"since": SINCE, "as_of": day("2023-10-20"), "clears_below": 2}
    assert alerts_of((high,), tuple(arrivals), (), **known)
    assert alerts_of((high,), tuple(arrivals), (), **known, together=tuple(arrivals[:1])) == ()


def test_a_rule_of_the_low_bound_does_not_ask_what_can_hold_together():
    low = SurgeRule(key="low", severity="surge", rolling_days=30, at_least=2)
    arrivals = tuple(arrival(day(f"2023-10-{number:02d}")) for number in (1, 5))
    assert alerts_of((low,), arrivals, (), SINCE, day("2023-10-20"), clears_below=2, together=())


# What stands beside it.


def beside(rule: SurgeRule, arrivals: Sequence[Delivery], as_of: datetime, ice: tuple[Ice, ...] = ()) -> Alert:
    arrived = tuple(arrivals)
    told = alerts_of(
        (rule,), arrived, tallies_of(arrived, SINCE, as_of), SINCE, as_of, 2, offensives=OFFENSIVES, ice=ice
    )
    return told[-1]


OFFENSIVES = (
    Offensive(key="heath", name="Heath", first_day=date(2023, 10, 20), source=("made up",)),
    Offensive(key="fen_2", first_day=date(2023, 9, 1), first_day_quality="remembered", source=("made up",)),
)
TIED = SurgeRule(key="tied", severity="surge", at_least=3, offensives=("fen_2", "heath", "unlisted"))


def test_an_alert_names_its_offensives_with_their_leads_from_firing_and_from_the_window():
    alert = beside(TIED, month_of("2023-10", 3), day("2023-10-12"))
    assert [(each.key, each.lead_d, each.window_lead_d) for each in alert.tied] == [
        ("fen_2", -38, -30),
        ("heath", 11, 19),
    ]


def test_an_alert_is_consistent_with_a_tempo_and_says_no_more_of_an_offensive():
    alert = beside(TIED, month_of("2023-10", 3), day("2023-10-12"))
    assert [each.sentence for each in alert.tied] == [
        "consistent with the tempo seen around the fen 2 offensive (began 1 Sep 2023, remembered)",
        "consistent with the tempo seen around the Heath offensive (began 20 Oct 2023)",
    ]


def test_leads_from_the_window_are_those_published():
    """Avdiivka 9 days, Chasiv Yar 94, spring 2025 61, from the begin of each surge (reference/offensives.toml)."""
    leads = {(alert.window, each.key): each.window_lead_d for alert in shipped_alerts() for each in alert.tied}
    assert leads["2023-10", "avdiivka"] == 9
    assert leads["2024-01", "chasiv_yar"] == 94
    assert leads["2025-02", "spring_2025"] == 61


def test_the_trailing_mean_is_of_the_six_full_months_before():
    (alert,) = relative([1, 2, 2, 2, 2, 3], 5)
    assert (alert.trailing_mean, alert.baseline) == (2.0, None)


def test_without_six_full_months_there_is_no_trailing_mean():
    (alert,) = alerts(MONTH, month_of("2023-12", 3), day("2023-12-30"))
    assert alert.trailing_mean is None


def test_the_trailing_mean_of_an_episode_is_of_the_six_windows_before_its_own():
    late = [arrival(day(f"2024-05-{number:02d}")) for number in (1, 5, 9, 13)]
    before = [arrival(day(f"2024-{month:02d}-02")) for month in (1, 2, 3)]
    assert beside(ROLLING, [*before, *late], day("2024-05-20")).trailing_mean == 0.5
    early = [arrival(day(f"2024-02-{number:02d}")) for number in (1, 5, 9, 13)]
    assert beside(ROLLING, early, day("2024-02-20")).trailing_mean is None  # not heard that long


ICE = (Ice(port=PortCode("reef"), months=("2023-12",), words="Reef frozen", source=("made_up",)),)


@pytest.mark.parametrize(("as_of", "noted"), [("2023-11-20", False), ("2023-12-01", False), ("2023-12-02", True)])
def test_a_lull_that_touches_a_month_with_ice_says_so(as_of, noted):
    alert = beside(LULL, [arrival(day("2023-10-01"))], day(as_of, 0), ICE)
    assert bool(alert.notes) is noted
    if noted:
        assert alert.notes == ("winter ice was reported for December 2023: Reef frozen (made_up)",)


def test_ice_is_no_matter_of_a_surge():
    assert beside(TIED, month_of("2023-12", 3), day("2023-12-12"), ICE).notes == ()


def test_ice_at_vostochny_in_january_2026_is_shipped():
    """Almost fully frozen by 2026-01-24 (nknews_jan26)."""
    assert [(each.port, each.months) for each in CORRIDOR.rules.ice] == [("vostochny", ("2026-01",))]


OCTOBER, DECEMBER = month_of("2023-10", 4), month_of("2023-12", 4)
FEW = SurgeRule(key="few", severity="lull", at_most=1, bound="high", baseline_per_month=3)
QUARTER = SurgeRule(key="quarter", severity="surge", rolling_days=90, at_least=3, baseline_per_month=3)


@pytest.mark.parametrize(
    ("rule", "arrivals", "as_of", "sentence"),
    [
        (MONTH, OCTOBER, "2023-10-20", "4th delivery of October 2023; threshold 3; baseline 1 a month"),
        (TIED, OCTOBER[:3], "2023-10-20", "3rd delivery of October 2023; threshold 3"),
        (QUARTER, DECEMBER, "2024-01-20", "4 deliveries in the 90 days to 13 Dec 2023; threshold 3; baseline 9"),
        (LULL, OCTOBER[:1], "2023-11-20", "no deliveries in the 30 days to 31 Oct 2023; threshold 0"),
        (FEW, OCTOBER[:1], "2023-11-20", "up to 1 delivery in October 2023; threshold 1; baseline 3 a month"),
    ],
)
def test_an_alert_is_one_plain_sentence(rule, arrivals, as_of, sentence):
    assert beside(rule, arrivals, day(as_of)).sentence == sentence


def test_a_relative_alert_says_what_it_is_higher_than():
    (alert,) = relative([2, 2, 2, 2, 2, 2], 4)
    assert alert.sentence == "4th delivery of July 2024; threshold 4; more than in any of the 6 months before"


@pytest.mark.parametrize(
    ("number", "word"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (12, "12th"), (23, "23rd")]
)
def test_ordinals_are_english(number, word):
    assert ordinal(number) == word


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


@given(arrived, st.integers(0, 400))
def test_an_alert_fires_then_grows_and_escalates_within_what_is_known(arrivals, days):
    as_of = SINCE + timedelta(days=days, hours=23)
    known = [each for each in arrivals if each.arrival_latest_at <= as_of]
    for alert in alerts((MONTH, ROLLING, RELATIVE), known, as_of):
        assert alert.fired_at <= alert.behaved_at <= as_of
        assert all(alert.fired_at < each.at <= alert.behaved_at for each in alert.escalations)
        assert all(alert.threshold < each.count <= alert.count for each in alert.escalations)


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


def shipped_alerts() -> tuple[Alert, ...]:
    """With what the shipped reference data shows beside them."""
    arrivals, since, as_of = tuple(months(PUBLISHED)), day("2023-08-25"), day("2025-03-31", 23)
    rules = CORRIDOR.rules
    return alerts_of(
        rules.surge, arrivals, tallies_of(arrivals, since, as_of), since, as_of, 2, offensives=rules.offensives
    )


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
    assert [each.count for each in alert.escalations] == [18]
    assert alert.state == "resolved"
    assert "2023-11" <= alert.window <= "2024-01"
    assert alert.resolved_at is not None
    assert alert.resolved_at < day("2024-05-01")


def test_four_deliveries_in_february_2025_are_the_most_in_half_a_year():
    """Four were published for Feb 2025; two or three in each month of the half year before."""
    assert windows("relative_high") == ["2025-02"]


def test_elevated_months_are_those_with_five_or_more():
    assert windows("elevated_month") == ["2023-10", "2023-11", "2023-12", "2024-01"]
