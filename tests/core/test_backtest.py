"""Monthly series that fit what was published, and where the shipped rules fire in them."""

from collections import Counter
from itertools import product
from random import Random

import pytest

from sealane.backtest import Backtested, Difference, backtest, differences, fires_in
from sealane.claim import claims_of
from sealane.published import PublishedBacktest
from sealane.series import Series
from sealane.surge import SurgeRule
from streams.corridor.corridor import load_corridor
from tests.core.test_reconcile import claim

SHIPPED = load_corridor()
RULES = SHIPPED.rules.surge
OSC = [each for each in claims_of(SHIPPED.published) if each.series == "osc"]
STUDY = {each.rule: each for each in SHIPPED.published.backtests}
MONTHS = ("2024-01", "2024-02", "2024-03", "2024-04")
CLAIMS = [
    *(claim(month, 0, 3) for month in MONTHS),
    claim("2024-01..2024-02", 2, 4),
    claim("2024-02..2024-04", 3, 5),
]  # sums that overlap
DRAWS = 12_000
BUSY = SurgeRule(key="busy", severity="surge", at_least=3)


def fits(counts: dict[str, int]) -> bool:
    sums = [
        (sum(n for month, n in counts.items() if each.first_month <= month <= each.last_month), each) for each in CLAIMS
    ]
    return all(each.low <= total and (each.high is None or total <= each.high) for total, each in sums)


LISTED = [counts for each in product(range(4), repeat=4) if fits(counts := dict(zip(MONTHS, each, strict=True)))]


@pytest.fixture(scope="module")
def drawn() -> list[dict[str, int]]:
    series, chance = Series(OSC), Random(64)
    return [series.draw(chance) for _ in range(1000)]


@pytest.fixture(scope="module")
def tested() -> dict[str, Backtested]:
    found = backtest(Series(OSC), RULES, 300, Random(64), SHIPPED.rules.limits.alert_clears_below)
    return {each.rule: each for each in found}


# Series


def test_all_series_that_fit_are_counted():
    assert Series(CLAIMS).count == len(LISTED)


def test_every_series_that_fits_is_drawn_as_often():
    """Chi-squared with n - 1 degrees of freedom: beyond its mean by five deviations is not chance."""
    series, chance = Series(CLAIMS), Random(64)
    times = Counter(tuple(series.draw(chance).values()) for _ in range(DRAWS))
    assert set(times) == {tuple(counts.values()) for counts in LISTED}
    expected = DRAWS / len(LISTED)
    chi_squared = sum((count - expected) ** 2 / expected for count in times.values())
    assert abs(chi_squared - (len(LISTED) - 1)) < 5 * (2 * (len(LISTED) - 1)) ** 0.5


def test_the_same_chance_draws_the_same_series():
    chances = Random(7), Random(7)
    first, second = ([Series(OSC).draw(chance) for _ in range(5)] for chance in chances)
    assert first == second


def test_claims_that_cannot_all_hold_leave_no_series():
    series = Series([claim("2024-01", 3, 3), claim("2024-01..2024-02", 1, 1)])
    assert series.count == 0
    with pytest.raises(ValueError, match="cannot all hold"):
        series.draw(Random(1))


def test_a_month_without_a_highest_count_cannot_be_drawn_unless_a_sum_bounds_it():
    open_month = claim("2024-01", 2, None)
    with pytest.raises(ValueError, match="2024-01: no highest count"):
        Series([open_month])
    assert Series([open_month, claim("2024-01..2024-02", 4, 4)]).count == 3


def test_a_sum_of_at_least_so_many_is_kept():
    series = Series([claim("2024-01", 0, 2), claim("2024-02", 0, 2), claim("2024-01..2024-02", 3, None)])
    assert series.count == 3  # 1 + 2, 2 + 1, 2 + 2


def test_without_a_claim_there_is_no_series():
    with pytest.raises(ValueError, match="no claim"):
        Series([])


def test_every_published_bound_holds_in_every_draw(drawn: list[dict[str, int]]):
    """18 in Oct-Dec 2023, 13 in Jan-Mar 2024, 64 in all (seed000, seed001, seed002)."""
    for counts in drawn:
        for each in OSC:
            total = sum(n for month, n in counts.items() if each.first_month <= month <= each.last_month)
            assert each.low <= total
            assert each.high is None or total <= each.high
        assert counts["2025-02"] == 4 > max(n for month, n in counts.items() if "2024-03" <= month <= "2025-01")


def test_79112_series_fit_what_was_published():
    """Four ways for Nov-Dec 2023, two for Feb-Mar 2024, and the rest listed here one sum at a time."""
    rest: Counter[int] = Counter({0: 1})
    for low, high in ((1, 4), (1, 3), (0, 1), *((0, 3),) * 9):  # Sep 2023, Mar 2025, Jan 2025, Apr-Dec 2024
        rest = sum(
            (Counter({total + n: ways for total, ways in rest.items()}) for n in range(low, high + 1)), Counter()
        )
    assert Series(OSC).count == 4 * 2 * rest[64 - 18 - 13 - 4] == 79_112


# Rules


def test_a_rule_fires_in_the_months_that_reach_it():
    assert fires_in({"2024-01": 3, "2024-02": 2, "2024-03": 4}, (BUSY,), 2) == {
        ("busy", "2024-01"),
        ("busy", "2024-03"),
    }


def test_a_month_of_none_is_a_month():
    quiet = SurgeRule(key="quiet", severity="lull", at_most=0, bound="high")
    assert fires_in({"2024-01": 1, "2024-02": 0, "2024-03": 1}, (quiet,), 2) == {("quiet", "2024-02")}


def test_a_rolling_rule_counts_where_it_stands_at_the_months_end():
    rolling = SurgeRule(key="rolling", severity="surge", rolling_days=60, at_least=6)
    counts = {"2024-01": 3, "2024-02": 3, "2024-03": 0, "2024-04": 0}
    assert fires_in(counts, (rolling,), 2) == {("rolling", "2024-02")}


def test_always_sometimes_and_never_are_shares_of_the_draws():
    claims = [claim("2024-01", 3, 3), claim("2024-02", 2, 3), claim("2024-03", 0, 2)]
    (found,) = backtest(Series(claims), (BUSY,), 400, Random(64), 2)
    assert (found.always, found.never) == (("2024-01",), ("2024-03",))
    assert found.sometimes["2024-02"] == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("rule", sorted(STUDY))
def test_each_rule_fires_in_every_draw_where_the_study_had_it_always(rule: str, tested: dict[str, Backtested]):
    """The study's 4,000 draws with arbitrary weights, beside series that are all as likely (derived)."""
    assert set(STUDY[rule].always) <= set(tested[rule].always)
    assert {*tested[rule].always, *tested[rule].sometimes} == {*STUDY[rule].always, *STUDY[rule].sometimes}
    for month, share in STUDY[rule].shares.items():
        assert tested[rule].sometimes[month] == pytest.approx(share, abs=0.1)


@pytest.mark.parametrize("rule", ["surge_month", "surge_quarter", "elevated_month", "elevated_quarter"])
def test_every_rule_but_the_relative_one_misses_february_2025(rule: str, tested: dict[str, Backtested]):
    """Four deliveries, before the offensive of spring 2025 (seed000, spring25)."""
    assert "2025-02" in tested[rule].never
    assert tested["relative_high"].always == ("2025-02",)


def test_the_relative_rule_has_no_history_for_october_2023(tested: dict[str, Backtested]):
    assert "2023-10" in tested["relative_high"].never


def test_no_lull_stands_in_the_months_of_the_offensives(tested: dict[str, Backtested]):
    """The lull is no rule of the study; months of four deliveries and more leave no thirty days without one."""
    assert {"2023-10", "2023-11", "2023-12", "2024-01", "2024-02", "2025-02"} <= set(tested["lull"].never)
    assert "2025-01" in tested["lull"].sometimes


# Beside a published one


def test_a_difference_names_the_month_and_both_answers():
    here = Backtested(
        rule="busy", severity="surge", draws=10, always=("2024-01",), sometimes={"2024-02": 0.5}, never=("2024-03",)
    )
    study = PublishedBacktest(rule="busy", always=("2024-01", "2024-02"), sometimes=("2024-03",), draws=9, source=())
    assert differences(here, study) == (
        Difference(rule="busy", month="2024-02", drawn="sometimes", published="always"),
        Difference(rule="busy", month="2024-03", drawn="never", published="sometimes"),
    )


def test_the_study_names_rules_and_months_that_there_are():
    months = set(Series(OSC).months)
    assert set(STUDY) <= {rule.key for rule in RULES}
    for each in STUDY.values():
        assert {*each.always, *each.sometimes} <= months
        assert set(each.shares) <= set(each.sometimes)
