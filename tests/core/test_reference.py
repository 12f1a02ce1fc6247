"""What is shipped: every figure that matters, with its source, and every entry held to the house's rules."""

import json
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import pytest

from geofences.zone import PortCode
from sealane.published import PublishedCount, PublishedSum
from sealane.static import imo_is_valid
from sealane.watchlist import Vessel
from streams.corridor.corridor import Corridor, load_corridor
from streams.corridor.tables import cited, parse

OSC = "osc"


@pytest.fixture(scope="module")
def shipped() -> Corridor:
    return load_corridor(None)


def osc_months(shipped: Corridor) -> dict[str, PublishedCount]:
    return {count.month: count for count in shipped.published.counts if count.series == OSC}


def total(shipped: Corridor, first_month: str, last_month: str) -> PublishedSum:
    (found,) = (one for one in shipped.published.sums if (one.first_month, one.last_month) == (first_month, last_month))
    return found


def vessel(shipped: Corridor, name: str) -> Vessel:
    assert shipped.rules.watchlist is not None
    (found,) = (one for one in shipped.rules.watchlist.vessels if one.name == name)
    return found


def test_four_ships_are_watched_by_imo_number(shipped: Corridor) -> None:
    """OFAC SDN snapshots (ofac_git)."""
    assert shipped.rules.watchlist is not None
    listed = {one.name: one.imo for one in shipped.rules.watchlist.vessels}
    assert listed == {"ANGARA": 9179842, "MARIA": 8517839, "LADY R": 9161003, "MAIA-1": 9358010}


def test_no_mmsi_is_guessed(shipped: Corridor) -> None:
    assert shipped.rules.watchlist is not None
    assert not any(one.mmsi for one in shipped.rules.watchlist.vessels)


def test_all_are_watched_from_august_2023_and_maia_1_until_she_left_the_corridor(shipped: Corridor) -> None:
    """First published trip (angara_zhoushan); Maia-1 elsewhere from 2025-01-05 (osc_red, lexpress, rcinet)."""
    for name in ("ANGARA", "MARIA", "LADY R", "MAIA-1"):
        assert vessel(shipped, name).watch_from == date(2023, 8, 15)
    assert vessel(shipped, "MAIA-1").watch_to == date(2025, 1, 4)
    assert vessel(shipped, "LADY R").watch_to is None


def test_maia_1_is_also_spelt_maya_1(shipped: Corridor) -> None:
    assert "Maya-1" in vessel(shipped, "MAIA-1").aliases


def test_published_activity_filters_nothing(shipped: Corridor) -> None:
    """Angara lay in a yard at Zhoushan, Feb-Apr 2024 (angara_zhoushan), and is watched all the same."""
    (angara,) = (hull for hull in shipped.hulls if hull.imo == 9179842)
    assert any("Zhoushan" in activity.status for activity in angara.activity)
    assert vessel(shipped, "ANGARA").is_watched(date(2024, 3, 1))


def test_ships_of_the_same_name_or_look_are_decoys(shipped: Corridor) -> None:
    """ANGARA 9124043 burned off Japan in 2022 (angara_decoy); MARIA E 9617923 has the alias MARIA (ofac_nov23)."""
    assert shipped.rules.watchlist is not None
    decoys: dict[int, str] = {one.imo: one.name for one in shipped.rules.watchlist.decoys}
    assert (decoys[9124043], decoys[9617923]) == ("ANGARA", "MARIA E")
    assert set(decoys.values()) >= {"ADLER", "ASCALON", "LADY MARIIA", "SPARTA II", "LADY D", "ANASTASIIA"}


def test_every_imo_number_has_its_check_digit(shipped: Corridor) -> None:
    assert len(shipped.hulls) == 12
    for hull in shipped.hulls:
        assert imo_is_valid(hull.imo), hull.name
        assert all(imo_is_valid(imo) for imo in hull.lookalikes), hull.name


def test_every_lookalike_is_listed(shipped: Corridor) -> None:
    listed = {hull.imo for hull in shipped.hulls}
    assert all(set(hull.lookalikes) <= listed for hull in shipped.hulls)


def test_seven_deliveries_in_october_2023(shipped: Corridor) -> None:
    """RUSI, Brothers in Arms (seed000)."""
    assert osc_months(shipped)["2023-10"].count == 7


def test_seven_deliveries_in_january_2024(shipped: Corridor) -> None:
    """Called the peak in seed002."""
    assert osc_months(shipped)["2024-01"].count == 7


def test_four_deliveries_in_february_2025_the_most_since_february_2024(shipped: Corridor) -> None:
    """RUSI, Brothers in Arms (seed000)."""
    months = osc_months(shipped)
    assert months["2025-02"].count == 4
    between = [one for month, one in months.items() if "2024-04" <= month <= "2025-01"]
    assert len(between) == 10
    assert all(one.high is not None and one.high < 4 for one in between)


@pytest.mark.parametrize(
    ("first_month", "last_month", "low", "high"),
    [
        ("2023-10", "2023-12", 18, 18),  # RUSI, Brothers in Arms (seed000)
        ("2024-01", "2024-03", 13, 13),  # same
        ("2023-09", "2025-03", 64, 64),  # same; Reuters and OSC (seed001, seed002)
        ("2024-04", "2025-01", 22, 27),  # what the three leave
    ],
)
def test_published_sums_can_hold_within_the_months_they_sum(
    shipped: Corridor, first_month: str, last_month: str, low: int, high: int
) -> None:
    stated = total(shipped, first_month, last_month)
    assert (stated.low, stated.high) == (low, high)
    months = [one for month, one in osc_months(shipped).items() if first_month <= month <= last_month]
    assert sum(one.low for one in months) <= high
    assert sum(one.high or 0 for one in months) >= low


def test_the_sums_can_all_hold_at_once(shipped: Corridor) -> None:
    """64 less the two quarters, September 2023 and February-March 2025 leaves what the ten months between may hold."""
    months = osc_months(shipped)
    apart = [months[month] for month in ("2023-09", "2025-02", "2025-03")]
    quarters = total(shipped, "2023-10", "2023-12").low + total(shipped, "2024-01", "2024-03").low
    rest = 64 - quarters
    least, most = rest - sum(one.high or 0 for one in apart), rest - sum(one.low for one in apart)
    between = total(shipped, "2024-04", "2025-01")
    assert (between.low, between.high) == (least, most)


def test_the_series_has_every_month_from_september_2023_to_march_2025(shipped: Corridor) -> None:
    months = sorted(osc_months(shipped))
    numbers = [int(month[:4]) * 12 + int(month[5:]) for month in months]
    assert (months[0], months[-1], len(months)) == ("2023-09", "2025-03", 19)
    assert all(after == before + 1 for before, after in pairwise(numbers))


def test_a_printed_number_lies_between_its_bounds(shipped: Corridor) -> None:
    for one in shipped.published.counts:
        assert one.high is None or one.low <= one.high
        assert one.count is None or one.low == one.count == one.high


def test_rival_counts_stand_side_by_side(shipped: Corridor) -> None:
    """NK Pro saw two visits at Rajin in February 2024 (nkpro_mar24), where OSC's figures leave four or five."""
    rivals = {one.series: (one.low, one.high) for one in shipped.published.counts if one.month == "2024-02"}
    assert rivals == {"osc": (4, 5), "nkpro": (2, 2)}


def test_containers_per_trip_is_published_containers_by_deliveries(shipped: Corridor) -> None:
    """15,809 containers in 64 trips (seed002)."""
    (model,) = (one for one in shipped.conversions if one.key == "containers_per_trip")
    assert model.containers_per_trip == pytest.approx(15809 / 64, abs=0.1)


@pytest.mark.parametrize(("key", "rounds"), [("osc_low", 4.2e6), ("osc_mid", 5.2e6), ("osc_high", 5.8e6)])
def test_the_osc_models_are_published_rounds_by_containers(shipped: Corridor, key: str, rounds: float) -> None:
    """Rounds by 15,809 containers (seed000)."""
    (model,) = (one for one in shipped.conversions if one.key == key)
    assert model.rounds_per_container == pytest.approx((rounds / 15809,) * 2, abs=0.06)


def test_nothing_of_the_reference_data_is_missing(shipped: Corridor) -> None:
    published = shipped.published
    assert (len(published.counts), len(published.sums), len(published.totals)) == (27, 4, 19)
    assert (len(published.units), len(published.distances), len(published.chain_delays)) == (4, 8, 2)
    assert (len(shipped.offensives), len(shipped.conversions), len(shipped.expenditure)) == (7, 10, 17)
    assert len(published.backtests) == 5
    assert (len(shipped.ports), len(shipped.gnss_interference), len(shipped.sources)) == (10, 1, 60)


def test_surge_rules_are_those_of_the_design(shipped: Corridor) -> None:
    told = {
        rule.key: (rule.severity, rule.rolling_days, rule.at_least, rule.at_most, rule.bound)
        for rule in shipped.rules.surge
    }
    assert told == {
        "surge_month": ("surge", None, 7, None, "low"),
        "surge_quarter": ("surge", 90, 15, None, "low"),
        "elevated_month": ("elevated", None, 5, None, "low"),
        "elevated_quarter": ("elevated", 90, 13, None, "low"),
        "relative_high": ("watch", None, 4, None, "low"),
        "lull": ("lull", 30, None, 0, "high"),
    }


def test_every_surge_rule_has_author_date_basis_and_baseline(shipped: Corridor) -> None:
    for rule in shipped.rules.surge:
        assert rule.author, rule.key
        assert rule.dated == date(2026, 11, 22), rule.key
        assert rule.basis, rule.key
        assert rule.source, rule.key
        assert rule.baseline_per_month == 3, rule.key


def test_zones_have_the_roles_of_the_corridor(shipped: Corridor) -> None:
    chart = shipped.rules.chart
    roles = {port: chart.role(port) for port in chart.ports}
    assert {port: role for port, role in roles.items() if role != "other"} == {
        "rajin": "load",
        "dunay": "discharge",
        "vostochny": "discharge",
    }
    assert len(chart.zones) == 10


def test_a_berth_at_each_port_of_the_corridor_is_where_it_should_be(shipped: Corridor) -> None:
    chart = shipped.rules.chart
    assert chart.place(42.235, 130.295).port == "rajin"
    assert chart.place(42.86, 132.38).port == "dunay"
    assert chart.place(42.755, 133.05).port == "vostochny"


def test_nakhodka_bay_is_an_approach_and_no_call_at_vostochny(shipped: Corridor) -> None:
    place = shipped.rules.chart.place(42.8, 132.8833)
    assert (place.port, place.kind) == (None, "approach")


def test_the_area_is_the_box_of_the_design(shipped: Corridor) -> None:
    chart = shipped.rules.chart
    assert chart.in_area(40.5, 129.0)
    assert chart.in_area(43.5, 134.0)
    assert not chart.in_area(40.49, 131.0)
    assert not chart.in_area(42.0, 134.01)


def test_dunay_is_shown_as_dunai(shipped: Corridor) -> None:
    assert shipped.port_name(PortCode("dunay")) == "Dunai"
    assert shipped.port_name(PortCode("unlisted")) == "unlisted"


def test_ports_and_offensives_are_named_by_known_keys(shipped: Corridor) -> None:
    named = {entry.key for entry in shipped.ports}
    assert set(shipped.rules.chart.ports) <= named
    assert all(set(leg.ports) <= named for leg in shipped.published.distances)
    known = {offensive.key for offensive in shipped.offensives}
    assert all(set(rule.offensives) <= known for rule in shipped.rules.surge)


def citations(shipped: Corridor) -> Iterator[tuple[str, str]]:
    for file, _ in shipped.files:
        with open(file, "rb") as opened:
            text = opened.read()
        if file.endswith(".toml"):
            yield from ((f"{file}: {entry}", key) for entry, key in cited(parse(text, file)))
            continue
        read = json.loads(text)
        for feature in read.get("features", [read]):
            yield from ((file, key) for key in feature["properties"]["source"])


def test_every_source_key_resolves(shipped: Corridor) -> None:
    cited_by = list(citations(shipped))
    assert len(cited_by) > 150
    assert not [(entry, key) for entry, key in cited_by if key not in shipped.sources]


def test_every_entry_names_a_source(shipped: Corridor) -> None:
    published = shipped.published
    sources: list[tuple[str, ...]] = [
        *(one.source for one in shipped.hulls),
        *(one.source for hull in shipped.hulls for one in hull.sanctions),
        *(one.source for hull in shipped.hulls for one in hull.activity),
        *(one.source for one in published.counts),
        *(one.source for one in published.sums),
        *(one.source for one in published.totals),
        *(one.source for one in published.backtests),
        *(one.source for one in published.distances),
        *(one.source for one in published.chain_delays),
        *(one.source for one in shipped.offensives),
        *(one.source for one in shipped.conversions),
        *(one.source for one in shipped.expenditure),
        *(one.source for one in shipped.ports),
        *(one.source for one in shipped.gnss_interference),
        *(one.source for one in shipped.rules.surge),
        *(one.source for one in shipped.rules.chart.zones),
    ]
    assert all(sources)


def test_the_shipped_corridor_is_real(shipped: Corridor) -> None:
    assert not shipped.rules.synthetic
