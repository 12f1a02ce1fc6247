"""What counts would be in containers and rounds, and what was printed of it, worked out again."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
import pytest

from sealane.estimate import Bounds, Estimate, Model, Spread, estimates_of, models_of
from sealane.expenditure import days_of_fire, fired, per_day, series_of, share_percent
from sealane.published import Conversion, Expenditure
from streams.corridor.corridor import load_corridor

SHIPPED = load_corridor()
SEA = ("a sea",)
CARGO = (
    Conversion(key="a_trip", containers_per_trip=10.0, containers_per_trip_range=(8.0, 12.0), source=SEA),
    Conversion(key="few", model="grain", rounds_per_container=(3.0, 3.0), basis="weighed", source=("few",)),
    Conversion(key="many", model="grain", rounds_per_container=(5.5, 6.0), source=("many", "few")),
    Conversion(key="loose", rounds_per_container=(100.0, 100.0), source=SEA),
)
MASS = (
    Conversion(key="light", model="mass", kg_per_round=40.0, source=SEA),
    Conversion(key="heavy", model="mass", kg_per_round=80.0, source=SEA),
)
FIRST, LAST = date(2023, 8, 17), date(2025, 5, 5)  # 628 days, both included
LOW, HIGH = 4_200_000, 5_800_000  # rounds, as printed (seed000)


class Month(msgspec.Struct, frozen=True):
    """A count as a tally or a published count has it."""

    month: str
    low: int
    high: int | None


def only(conversions: Sequence[Conversion], *months: Month, total: Bounds | None = None) -> list[Estimate]:
    return list(estimates_of(months, conversions, total))


def said(first: str, last: str, rounds: tuple[int, int] | None, **fields: Any) -> Expenditure:
    days = {"first_day": date.fromisoformat(first), "last_day": date.fromisoformat(last)}
    plain = {"period": first, "series": "gull", "russia_per_day": rounds, "source": SEA, **days}
    return Expenditure(**(plain | fields))


def shipped_model(key: str) -> Model:
    (model,) = (each for each in models_of(SHIPPED.conversions) if each.key == key)
    return model


# Containers and rounds


def test_an_estimate_takes_low_by_the_least_and_high_by_the_most():
    month, _ = only(CARGO, Month("2024-03", 2, 3))
    assert (month.containers, month.rounds) == (Bounds(low=16, high=36), Bounds(low=48, high=216))
    assert (month.containers_at_mean, month.rounds_at_mean) == (Bounds(low=20, high=30), Bounds(low=60, high=180))


def test_a_row_names_its_month_model_basis_and_every_source_once():
    month, together = only(CARGO, Month("2024-03", 2, 3))
    assert (month.id, month.month, month.model) == ("estimate:2024-03:grain", "2024-03", "grain")
    assert (month.source, together.id) == (("few", "many", "a sea"), "estimate:2024-03..2024-03:grain")
    assert "few: weighed" in month.basis


def test_an_entry_without_a_model_is_not_used():
    assert {each.model for each in only(CARGO, Month("2024-03", 1, 1))} == {"grain"}


def test_bounds_are_rounded_outwards():
    conversions = (CARGO[0], Conversion(key="odd", model="odd", rounds_per_container=(0.3, 0.3), source=SEA))
    assert only(conversions, Month("2024-03", 1, 1))[0].rounds == Bounds(low=2, high=4)


def test_a_whole_number_is_not_rounded_away_from_itself():
    conversions = (CARGO[0], Conversion(key="tenth", model="tenth", rounds_per_container=(0.1, 0.1), source=SEA))
    assert only(conversions, Month("2024-03", 3, 3))[0].rounds_at_mean == Bounds(low=3, high=3)


def test_at_least_so_many_has_no_most():
    month, together = only(CARGO, Month("2024-03", 2, None))
    assert (month.containers.high, month.rounds.high, together.deliveries.high) == (None, None, None)


def test_months_together_add_their_ends():
    *_, together = only(CARGO, Month("2024-04", 1, 4), Month("2024-03", 2, 3))
    assert (together.month, together.deliveries) == ("2024-03..2024-04", Bounds(low=3, high=7))


def test_what_is_known_of_the_sum_takes_the_place_of_added_ends():
    *_, together = only(CARGO, Month("2024-03", 2, 3), total=Bounds(low=3, high=3))
    assert together.rounds == Bounds(low=72, high=216)


def test_mass_goes_from_deliveries_to_rounds_by_tonnes_a_trip():
    trip = Conversion(key="tonnes", model="mass", tonnes_per_trip=2.0, source=SEA)
    month, _ = only((*CARGO[:1], *MASS, trip), Month("2024-03", 1, 1))
    assert month.rounds == Bounds(low=25, high=50)


def test_mass_without_tonnes_a_trip_makes_no_rounds():
    assert only((*CARGO[:1], *MASS), Month("2024-03", 1, 1)) == []


def test_without_containers_a_trip_or_without_a_month_there_is_no_estimate():
    assert only(CARGO[1:], Month("2024-03", 1, 1)) == []
    assert only(CARGO) == []


def test_an_estimate_is_json():
    month, _ = only(CARGO, Month("2024-03", 2, 3))
    assert msgspec.json.decode(msgspec.json.encode(month), type=Estimate) == month


# The models that are shipped


def test_the_models_are_osc_estonia_seoul_and_mass():
    assert [each.key for each in models_of(SHIPPED.conversions)] == ["osc", "estonia", "seoul", "mass"]


@pytest.mark.parametrize(("key", "low", "high"), [("osc", 266, 367), ("estonia", 300, 350), ("seoul", 400, 462)])
def test_rounds_a_container_are_as_published(key: str, low: int, high: int):
    """OSC 4.2 to 5.8 M over 15,809 (seed000); Estonia (seed004); Seoul, twice (shin_dec23, dia_aug24)."""
    model = shipped_model(key)
    at_mean = [round(each / model.containers_mean) for each in model.rounds_at_mean]
    assert at_mean == [low, high]
    assert [round(rounds / trip) for rounds, trip in zip(model.rounds, model.containers, strict=True)] == [low, high]


def test_a_trip_brought_222_to_300_containers_247_in_the_mean():
    """Maia-1's 2,000 in nine trips (osc_red), one stack (voa_oct23), 15,809 in 64 trips (seed002)."""
    model = shipped_model("osc")
    assert (model.containers, model.containers_mean) == ((222.0, 300.0), 247.0)
    assert (2000 // 9, round(15809 / 64)) == (222, 247)


def test_rounds_of_the_model_of_mass_weigh_46_to_83_kg():
    """74,000 t = 1.6 M shells (c4ads); 2,000 t = 24,000 rounds (seed000)."""
    entries = [each.kg_per_round for each in SHIPPED.conversions if each.model == "mass" and each.kg_per_round]
    assert sorted(entries) == pytest.approx([74_000_000 / 1_600_000, 2_000_000 / 24_000], abs=0.04)


def test_27_shipments_are_the_mass_they_were_set_beside():
    """74,000 t = 1.6 M shells (c4ads), 27 shipments (rusi27), both August 2023 - January 2024."""
    (row, _) = [each for each in estimates_of([Month("2024-01", 27, 27)], SHIPPED.conversions) if each.model == "mass"]
    assert row.rounds.high == pytest.approx(1_600_000, rel=1e-4)
    assert row.rounds.low == pytest.approx(74_000_000 / 83.3, rel=1e-4)


def test_64_deliveries_at_the_mean_are_4_2_to_5_8_million_rounds():
    """15,809 containers, 4.2 to 5.8 M rounds (seed000, seed002): the OSC model gives back what it was made of."""
    total = Bounds(low=64, high=64)
    (*_, row) = [
        each for each in estimates_of([Month("2023-09", 1, 4)], SHIPPED.conversions, total) if each.model == "osc"
    ]
    assert row.containers_at_mean.low == pytest.approx(15_809, abs=1)
    assert row.rounds_at_mean.low == pytest.approx(LOW, rel=1e-3)
    assert row.rounds_at_mean.high == pytest.approx(HIGH, rel=1e-3)


# Expenditure


def test_the_shortest_entry_of_a_series_holds_a_day():
    series = (said("2024-01-01", "2024-01-10", (10, 20)), said("2024-01-04", "2024-01-05", (100, 100)))
    told = fired(series, "gull", date(2024, 1, 1), date(2024, 1, 10))
    assert (told.rounds, told.days, told.unknown_days) == (Bounds(low=280, high=360), 10, 0)


def test_days_without_a_figure_are_told_and_not_filled():
    told = fired((said("2024-01-01", "2024-01-05", (10, 10)),), "gull", date(2024, 1, 1), date(2024, 1, 10))
    assert (told.rounds, told.unknown_days) == (Bounds(low=50, high=50), 5)
    assert share_percent(Bounds(low=50, high=50), told) == Spread(low=50.0, high=50.0)
    assert days_of_fire(Bounds(low=50, high=50), told) == Spread(low=5.0, high=5.0)


def test_entries_of_another_series_a_bare_ratio_and_undated_ones_count_for_nothing():
    series = (
        said("2024-01-01", "2024-01-02", (10, 10), series="tern"),
        said("2024-01-01", "2024-01-02", None),
        said("2024-01-01", "2024-01-02", (10, 10), first_day=None),
    )
    told = fired(series, "gull", date(2024, 1, 1), date(2024, 1, 2))
    assert (told.unknown_days, told.source) == (2, ())
    assert share_percent(Bounds(low=1, high=1), told) is None
    assert days_of_fire(Bounds(low=1, high=1), told) is None
    assert series_of(series) == ("tern",)


def test_least_is_set_beside_most_and_an_open_end_stays_open():
    told = fired((said("2024-01-01", "2024-01-02", (10, 20)),), "gull", date(2024, 1, 1), date(2024, 1, 2))
    assert share_percent(Bounds(low=10, high=10), told) == Spread(low=25.0, high=50.0)
    assert days_of_fire(Bounds(low=10, high=None), told) == Spread(low=0.5, high=None)


# What was printed


def test_4_2_million_over_562_days_is_7473_a_day_and_was_printed_as_about_7400():
    """RUSI, Brothers in Arms (seed000): cut off, not rounded."""
    assert per_day(LOW, 562) == 7473
    assert 7473 // 100 * 100 == 7400


def test_the_same_over_628_days_is_6688_a_day():
    """The commentary's two rates are over two periods: 562 days for the low figure, 628 for the high one (seed000)."""
    assert per_day(LOW, 628) == 6688
    assert per_day(HIGH, 628) == 9236
    assert per_day(HIGH, 562) == 10320


def test_22729_a_day_over_628_days_is_14_27_million():
    """RUSI, Brothers in Arms (seed000)."""
    told = fired(SHIPPED.expenditure, "rusi", FIRST, LAST)
    assert (told.days, told.unknown_days, told.rounds.low) == (628, 0, 14_273_812)


def test_13493_a_day_is_what_is_left_without_5_8_million_over_628_days():
    """RUSI, Brothers in Arms (seed000): 22,729 - 9,236."""
    assert 22_729 - per_day(HIGH, 628) == 13_493


def test_29_to_40_percent_is_4_2_to_5_8_million_of_14_27_cut_off():
    """RUSI, Brothers in Arms (seed000): 40.6 % was printed as 40."""
    told = fired(SHIPPED.expenditure, "rusi", FIRST, LAST)
    assert share_percent(Bounds(low=LOW, high=HIGH), told) == Spread(low=29.4, high=40.6)


def test_17_to_24_percent_with_syrskyis_70000_a_day_from_january_to_may_2024():
    """Syrskyi's own figures laid end to end (syrskyi_aug24, syrskyi_apr25); five days of May 2025 have none."""
    told = fired(SHIPPED.expenditure, "syrskyi", FIRST, LAST)
    assert (told.days, told.unknown_days) == (628, 5)
    assert fired(SHIPPED.expenditure, "syrskyi", date(2024, 1, 1), date(2024, 5, 31)).rounds.low == 152 * 70_000
    share = share_percent(Bounds(low=LOW, high=HIGH), told)
    assert share == Spread(low=17.3, high=23.9)


def test_the_same_beside_the_commentarys_own_mean_is_19_6_to_27_percent():
    """70,000 on 152 days (syrskyi_aug24), 22,729 on the other 476 (seed000): the other months matter as much."""
    total = 152 * 70_000 + 476 * 22_729
    assert [round(100 * rounds / total, 1) for rounds in (LOW, HIGH)] == [19.6, 27.0]


def test_every_shipped_series_is_named_and_every_dated_entry_has_both_days():
    assert series_of(SHIPPED.expenditure) == ("cnn", "guardian", "newspoint", "nv", "rusi", "shin", "syrskyi")
    for entry in SHIPPED.expenditure:
        assert entry.series, entry.period
        assert (entry.first_day is None) == (entry.last_day is None), entry.period
        if entry.first_day and entry.last_day:
            assert entry.first_day <= entry.last_day, entry.period
