"""Published counts beside the tallies and beside each other: gaps, and what cannot all hold."""

from datetime import UTC, datetime
from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealane.claim import Claimed, ClaimedTotal, claim_of, claims_of, fullest_series, totals_of
from sealane.countreport import CountReport
from sealane.estimate import Bounds
from sealane.reconcile import (
    Contradiction,
    bounds_between,
    contradictions_of,
    contradictions_of_totals,
    gap_of,
    reconciled,
)
from sealane.tally import months_between
from streams.corridor.corridor import load_corridor

PUBLISHED = load_corridor().published
SHIPPED = claims_of(PUBLISHED)
OSC = [each for each in SHIPPED if each.series == "osc"]
MOST = 4  # of a month, where all series are listed


class Month(msgspec.Struct, frozen=True):
    """A tally's month, low and high."""

    month: str
    low: int
    high: int | None


def claim(months: str, low: int, high: int | None, series: str = "gull", measure: str = "deliveries") -> Claimed:
    first, _, last = months.partition("..")
    return Claimed(
        id=f"published:{series}:{months}",
        series=series,
        measure=measure,
        first_month=first,
        last_month=last or first,
        low=low,
        high=high,
    )


def bounds(low: int, high: int | None) -> Bounds:
    return Bounds(low=low, high=high)


def named(found: tuple[Contradiction, ...]) -> list[set[str]]:
    return [set(each.claims) for each in found]


# Gaps


@pytest.mark.parametrize(
    ("claimed", "tally", "gap"),
    [
        (bounds(4, 5), bounds(0, 2), 2),
        (bounds(4, 5), bounds(7, 9), -2),
        (bounds(4, 5), bounds(5, 9), 0),
        (bounds(3, None), bounds(0, 1), 2),
        (bounds(3, None), bounds(8, 9), 0),
        (bounds(0, 0), bounds(0, 3), 0),
        (bounds(9, 9), bounds(0, None), 0),
    ],
)
def test_a_gap_is_claim_minus_tally_and_nothing_where_they_overlap(claimed: Bounds, tally: Bounds, gap: int):
    assert gap_of(claimed, tally) == gap


def test_a_sum_is_set_beside_the_tallies_of_all_its_months():
    tallies = [Month("2023-10", 1, 2), Month("2023-11", 0, 1), Month("2023-12", 2, 3)]
    (row,) = reconciled([claim("2023-10..2023-12", 18, 18)], tallies)
    assert (row.tally, row.gap, row.months) == (bounds(3, 6), 12, "2023-10..2023-12")


def test_a_month_the_ledger_does_not_have_has_no_gap():
    (row,) = reconciled([claim("2023-10..2023-11", 5, 5)], [Month("2023-10", 1, 2)])
    assert (row.tally, row.gap) == (None, None)


def test_what_is_no_delivery_is_not_set_beside_deliveries():
    (row,) = reconciled([claim("2023-10", 300, 300, measure="containers")], [Month("2023-10", 1, 2)])
    assert (row.claimed, row.tally, row.gap) == (bounds(300, 300), None, None)


def test_a_count_a_person_reported_is_a_claim_of_its_source():
    report = CountReport(
        id="report:1",
        measure="deliveries",
        first_month="2024-02",
        last_month="2024-02",
        low=9,
        known_at=datetime(2024, 3, 1, tzinfo=UTC),
        source="tern",
        by="an analyst",
    )
    told = claim_of(report)
    assert (told.id, told.series, told.months, told.high) == ("report:1", "tern", "2024-02", None)
    assert named(contradictions_of([told, *OSC])) == [{"report:1", "published:osc:2024-02"}]


def test_an_empty_ledger_is_all_of_what_was_published_short():
    rows = reconciled(OSC, [Month(month, 0, 0) for month in months_between("2023-09", "2025-03")])
    assert {row.months: row.gap for row in rows}["2023-09..2025-03"] == 64
    assert all(row.gap == row.claimed.low for row in rows)


# Contradictions


def test_february_2024_is_the_one_contradiction_of_the_published_counts():
    """NK Pro saw two visits at Rajin (nkpro_mar24) where OSC's figures leave four or five (seed000, seed002)."""
    (found,) = contradictions_of(SHIPPED)
    assert found.claims == ("published:nkpro:2024-02", "published:osc:2024-02")
    assert (found.months, found.measure) == (("2024-02",), "deliveries")
    assert found.detail == "nkpro 2 in 2024-02; osc 4-5 in 2024-02: cannot both hold"


def test_every_sum_of_osc_can_hold_with_its_months():
    """18, 13, 64 and what they leave, 22 to 27 (seed000, seed001, seed002, derived)."""
    assert contradictions_of(OSC) == ()
    sums = {each.months: (each.low, each.high) for each in OSC if each.first_month != each.last_month}
    assert sums == {
        "2023-10..2023-12": (18, 18),
        "2024-01..2024-03": (13, 13),
        "2023-09..2025-03": (64, 64),
        "2024-04..2025-01": (22, 27),
    }


def test_22_to_27_follows_from_the_other_sums_and_months():
    """What 64 leaves for April 2024 to January 2025 (derived)."""
    others = [each for each in OSC if each.months != "2024-04..2025-01"]
    assert bounds_between(others, "2024-04", "2025-01") == bounds(22, 27)


def test_containers_by_two_sources_in_february_2024_fall():
    """Over 10,000 by the 23rd (nkpro_mar24), 6,700 by the 26th (seed003)."""
    (found,) = contradictions_of_totals(totals_of(PUBLISHED))
    assert (found.measure, found.months) == ("containers", ("2024-02",))
    assert "at least 10000 by 2024-02-23; 6700 by 2024-02-26" in found.detail


def test_claims_of_the_same_months_that_overlap_contradict_nothing():
    assert contradictions_of([claim("2024-03", 1, 2), claim("2024-03", 1, None, "tern")]) == ()


def test_claims_on_different_measures_contradict_nothing():
    assert contradictions_of([claim("2024-03", 1, 1), claim("2024-03", 9, 9, "tern", "containers")]) == ()


@pytest.mark.parametrize(("low", "high"), [(7, 9), (0, 1)])
def test_a_sum_its_months_cannot_meet_is_a_contradiction_with_all_of_them(low: int, high: int):
    months = [claim("2024-01", 1, 3), claim("2024-02", 1, 3)]
    (found,) = contradictions_of([*months, claim("2024-01..2024-02", low, high)])
    assert set(found.claims) == {"published:gull:2024-01", "published:gull:2024-02", "published:gull:2024-01..2024-02"}
    assert found.detail.endswith("cannot all hold")


def test_a_part_that_is_more_than_the_whole_is_a_contradiction_of_two():
    told = [claim("2024-01..2024-03", 5, 5), claim("2024-01..2024-02", 6, 6)]
    assert named(contradictions_of(told)) == [{each.id for each in told}]


def test_two_sums_that_overlap_can_contradict_through_a_month():
    told = [claim("2024-01..2024-02", 6, 6), claim("2024-02..2024-03", 1, 1), claim("2024-01", 0, 2)]
    assert named(contradictions_of(told)) == [{each.id for each in told}]


def test_sums_of_different_series_are_not_added_together():
    assert contradictions_of([claim("2024-01", 5, 5), claim("2024-01..2024-02", 3, 3, "tern")]) == ()


def test_contradictions_that_do_not_touch_are_all_told():
    early = [claim("2024-01..2024-02", 5, 5), claim("2024-01", 6, 6)]
    late = [claim("2024-05..2024-06", 5, 5), claim("2024-06", 6, 6)]
    assert named(contradictions_of([*late, *early])) == [{each.id for each in early}, {each.id for each in late}]


def test_a_pair_within_a_series_is_told_once():
    twice = [claim("2024-01", 1, 1), msgspec.structs.replace(claim("2024-01", 3, 3), id="published:gull:again")]
    assert len(contradictions_of(twice)) == 1


def test_a_total_that_grows_or_may_have_grown_contradicts_nothing():
    def total(day: str, low: int, high: int | None) -> ClaimedTotal:
        return ClaimedTotal(id=day, measure="containers", day=day, low=low, high=high)

    assert contradictions_of_totals([total("2024-01-02", 5, 5), total("2024-01-01", 5, None)]) == ()
    assert contradictions_of_totals([total("2024-01-02", 5, None), total("2024-01-01", 9, 9)]) == ()


def test_the_fullest_series_is_the_one_of_most_claims():
    assert list(fullest_series(SHIPPED)) == OSC
    assert fullest_series(()) == ()


# Against all series there are

MONTHS = ("2024-01", "2024-02", "2024-03")
RUNS = [(first, last) for first in range(3) for last in range(first, 3)]
INTERVALS = st.tuples(st.integers(0, MOST), st.integers(0, 2)).map(lambda each: (each[0], each[0] + each[1]))
CLAIMS = st.dictionaries(st.sampled_from(RUNS), INTERVALS, min_size=1, max_size=5)


def claims(stated: dict[tuple[int, int], tuple[int, int]]) -> list[Claimed]:
    return [
        claim(MONTHS[first] if first == last else f"{MONTHS[first]}..{MONTHS[last]}", low, high)
        for (first, last), (low, high) in stated.items()
    ]


def fitting(stated: dict[tuple[int, int], tuple[int, int]], most: int) -> list[tuple[int, ...]]:
    """Every series of three months, none over `most`, in which all holds."""
    return [
        series
        for series in product(range(most + 1), repeat=3)
        if all(low <= sum(series[first : last + 1]) <= high for (first, last), (low, high) in stated.items())
    ]


@given(CLAIMS)
def test_there_is_a_contradiction_exactly_where_no_series_fits(stated: dict[tuple[int, int], tuple[int, int]]):
    assert bool(contradictions_of(claims(stated))) == (not fitting(stated, MOST + 2))


@given(CLAIMS)
def test_what_is_left_open_is_exactly_what_the_fitting_series_have(stated: dict[tuple[int, int], tuple[int, int]]):
    capped = {**{(place, place): (0, MOST + 2) for place in range(3)}, **stated}
    found = fitting(capped, MOST + 2)
    for first, last in RUNS:
        sums = [sum(series[first : last + 1]) for series in found]
        expected = bounds(min(sums), max(sums)) if found else None
        assert bounds_between(claims(capped), MONTHS[first], MONTHS[last]) == expected
