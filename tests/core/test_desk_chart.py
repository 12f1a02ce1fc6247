"""The month chart: what it counts, what stands beside it, and that its picture shows it to the colour-blind too."""

from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest

from desk.chart import MOST_MONTHS, Chart, chart_of
from desk.chart_svg import svg_of, words_of
from sealane.claim import Claimed
from sealane.published import Offensive
from sealane.surge import SurgeRule
from sealane.tally import Tally, months_between

SVG = "{http://www.w3.org/2000/svg}"
AS_OF = datetime(2024, 3, 10, tzinfo=UTC)
HOSTILE = '"><script>alert(1)</script>'


def tally(month: str, confirmed: int = 0, probable: int = 0, possible: int = 0) -> Tally:
    return Tally(
        id=f"tally:{month}", month=month, low=confirmed, high=confirmed + probable + possible, confirmed=confirmed,
        probable=probable, possible=possible, by_ship={}, by_port={}, deliveries=(),
    )  # fmt: skip


def claim(month: str, low: int, high: int | None, series: str = "osc", last: str | None = None) -> Claimed:
    return Claimed(
        id=f"{series}:{month}", series=series, measure="deliveries", first_month=month, last_month=last or month,
        low=low, high=high,
    )  # fmt: skip


def rule(severity: str, at_least: int, **more: object) -> SurgeRule:
    fields = {"key": f"{severity}{at_least}", "severity": severity, "at_least": at_least, **more}
    return SurgeRule(**fields)  # type: ignore[arg-type]


def chart(*tallies: Tally, claims: tuple[Claimed, ...] = (), **beside: tuple[object, ...]) -> Chart:
    rules, offensives = beside.get("rules", ()), beside.get("offensives", ())
    return chart_of(tallies, claims, rules, offensives, as_of=AS_OF, synthetic=False)  # type: ignore[arg-type]


def drawn(found: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(svg_of(found))


def of_class(picture: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [each for each in picture.iter() if name in each.get("class", "").split()]


def words(picture: ElementTree.Element) -> str:
    return " ".join(picture.itertext())


def test_months_follow_one_another_without_a_hole():
    found = chart(tally("2023-11", 2), tally("2024-02", 1))
    assert [bar.month for bar in found.bars] == ["2023-11", "2023-12", "2024-01", "2024-02"]


def test_only_the_newest_two_years_are_drawn():
    months = list(months_between("2021-01", "2024-03"))
    assert [bar.month for bar in chart(*map(tally, months)).bars] == months[-MOST_MONTHS:]


def test_a_ledger_without_a_month_shows_what_was_published():
    found = chart(claims=(claim("2023-10", 7, 7), claim("2023-12", 4, 7)))
    assert [(bar.month, bar.total, len(bar.published)) for bar in found.bars] == [
        ("2023-10", 0, 1),
        ("2023-11", 0, 0),
        ("2023-12", 0, 1),
    ]


def test_a_sum_over_several_months_is_no_marker_of_one():
    assert chart(tally("2023-11"), claims=(claim("2023-10", 18, 18, last="2023-12"),)).series == ()


def test_rival_series_of_one_month_both_stand():
    found = chart(tally("2024-02", 3), claims=(claim("2024-02", 4, 5), claim("2024-02", 2, 2, "nkpro")))
    assert [(marker.series, marker.words) for marker in found.bars[0].published] == [("osc", "4–5"), ("nkpro", "2")]


def test_a_month_that_goes_on_says_so():
    now, before = chart(tally("2024-02", 1), tally("2024-03", 2)).bars[::-1]
    assert words_of(now).startswith("2024-03 so far: 2 confirmed")
    assert not before.going_on


def test_each_severity_has_its_lowest_monthly_limit_and_windows_of_days_have_none():
    rules = (
        rule("surge", 9), rule("surge", 7, baseline_per_month=3.0), rule("surge", 15, rolling_days=90),
        rule("watch", 4, highest_of_months=6),
    )  # fmt: skip
    assert [line.words for line in chart(tally("2024-03"), rules=rules).lines] == ["surge 7", "baseline 3"]


def test_grades_differ_by_pattern_not_by_colour_alone():
    picture = drawn(chart(tally("2024-03", 2, 1, 1)))
    fills = [bar.get("fill") for bar in of_class(of_class(picture, "month")[0], "bar")]
    assert fills == ["#0072b2", "url(#probable)", "url(#possible)"]


def test_bars_stack_on_one_another():
    bars = of_class(of_class(drawn(chart(tally("2024-03", 2, 1, 1))), "month")[0], "bar")
    tops = [float(bar.get("y", "")) for bar in bars]
    feet = [float(bar.get("y", "")) + float(bar.get("height", "")) for bar in bars]
    assert feet[1:] == pytest.approx(tops[:-1], abs=0.2)


def test_a_month_is_told_in_words():
    found = chart(tally("2024-02", 2, 1), claims=(claim("2024-02", 4, None),))
    assert words_of(found.bars[0]) == "2024-02: 2 confirmed, 1 probable; low 2, high 3. Published: osc 4 or more"
    assert words_of(found.bars[0]) in words(drawn(found))


def test_an_offensive_is_a_labelled_band_with_its_source():
    one = Offensive(
        key="x", name="Avdiivka", first_day=date(2024, 1, 10), last_day=date(2024, 2, 17), source=("rusi", "isw")
    )
    picture = drawn(chart(tally("2024-01"), tally("2024-03"), offensives=(one,)))
    assert "Avdiivka: 2024-01-10 to 2024-02-17. Source: rusi, isw" in words(picture)


def test_an_offensive_outside_of_the_months_is_left_out():
    one = Offensive(key="x", name="later", first_day=date(2025, 1, 10), source=("s",))
    assert chart(tally("2024-03"), offensives=(one,)).bands == ()


def test_names_of_offensives_that_follow_closely_stand_in_rows_of_their_own():
    months = [tally(month) for month in months_between("2024-01", "2024-12")]
    each = [
        Offensive(key=name, name=name, first_day=date(2024, month, 1), source=("s",))
        for name, month in (("Chasiv Yar", 4), ("Kharkiv", 5), ("Toretsk", 6))
    ]
    names = of_class(drawn(chart(*months, offensives=tuple(each))), "band-name")
    assert len({name.get("y") for name in names}) > 1


def test_hostile_text_stays_text():
    one = Offensive(key="x", name=HOSTILE, first_day=date(2024, 3, 1), source=(HOSTILE,))
    picture = drawn(chart(tally("2024-03"), claims=(claim("2024-03", 1, 2, HOSTILE),), offensives=(one,)))
    assert not [each for each in picture.iter() if each.tag == f"{SVG}script"]
    assert HOSTILE in words(picture)


def test_made_up_ships_are_marked_in_the_picture_itself():
    found = chart_of([tally("2024-03")], (), (), (), as_of=AS_OF, synthetic=True)
    assert "SYNTHETIC" in words(drawn(found))


def test_no_month_at_all_is_said():
    assert "No month is counted yet" in words(drawn(chart()))
