"""A silence is evidence of nothing but room: what it could have hidden, and what it was too short for."""

import pytest

from sealane.gap import Gap
from sealane.judge import Standing
from tests.core.story import (
    DISCHARGE,
    IMO,
    LOAD,
    MMSI,
    OTHER_MMSI,
    Report,
    at,
    fixes,
    rules_for,
    sail,
    settled,
    spot,
    standing,
    states,
    the,
    visit,
)

RULES = rules_for(LOAD, DISCHARGE)


def off_discharge(begin_h: float, end_h: float) -> tuple[Report, ...]:
    """Heard every ten minutes at sea, 45 km off the discharge port, on the far side of the load port."""
    return fixes(sail((begin_h, 45, 0), (end_h, 45, 0), port=DISCHARGE))


def silent(lasted_h: float, heard: list[tuple[float, float]] | None = None) -> Standing:
    """Six hours heard, so long not, six hours heard at the same place."""
    told = [*off_discharge(0, 6), *off_discharge(6 + lasted_h, 12 + lasted_h), states(at(1))]
    return standing(told, RULES, heard=[(0, 12 + lasted_h)] if heard is None else heard)


def hidden(gap: Gap) -> dict[tuple[str, ...], float]:
    return {each.ports: each.slack_h for each in gap.hides}


def test_a_silence_while_the_station_was_heard_is_a_ship_gap():
    gap = the(silent(120).gaps)
    assert (gap.kind, gap.imo, gap.mmsi, gap.from_at, gap.to_at) == ("ship", IMO, MMSI, at(6), at(126))


def test_five_days_silent_45_km_out_hide_a_trip_and_no_call():
    stands = silent(120)
    gap = the(stands.gaps)
    assert stands.calls == ()
    away_nm = (333.6 + 45) / 1.852
    assert hidden(gap)["nest",] == pytest.approx(120 - 6 - 2 * away_nm / 15, abs=0.2)
    assert ("nest", "reef") in hidden(gap)
    delivery = the(stands.deliveries)
    assert (delivery.grade, delivery.load_port, delivery.discharge_port) == ("possible", "nest", "reef")
    assert delivery.loaded_at is None
    assert at(6) < delivery.arrival_earliest_at < delivery.arrival_latest_at < at(126)
    assert gap.id in delivery.rests_on
    assert any("being heard is not coverage" in reason for reason in delivery.reasons.against)


@pytest.mark.parametrize("heard", [[], [(0, 6), (126, 132)], [(0, 100), (126, 132)]])
def test_while_the_feed_was_down_nothing_is_inferred(heard: list[tuple[float, float]]):
    stands = silent(120, heard)
    gap = the(stands.gaps)
    assert (gap.kind, gap.room_for, gap.hides, gap.too_short_for) == ("coverage", 0, (), ())
    assert stands.deliveries == ()
    assert stands.presences == ()


def test_nine_hours_in_ten_are_enough_to_say_that_the_ship_was_silent():
    assert the(silent(120, [(0, 18), (30, 132)]).gaps).kind == "ship"
    assert the(silent(120, [(0, 18), (31, 132)]).gaps).kind == "coverage"


def test_twenty_hours_are_too_short_to_have_called_at_the_load_port():
    stands = silent(20)
    gap = the(stands.gaps)
    assert ("nest",) in gap.too_short_for
    assert set(hidden(gap)) == {("reef",)}
    assert gap.room_for == 0
    assert stands.deliveries == ()


@pytest.mark.parametrize(("lasted_h", "gaps"), [(5.9, 0), (6, 1)])
def test_at_sea_six_hours_make_a_gap(lasted_h: float, gaps: int):
    assert len(silent(lasted_h).gaps) == gaps


def test_room_for_grows_with_every_round_trip_that_fits():
    rooms = [the(silent(lasted_h).gaps).room_for for lasted_h in (38, 60, 100, 140, 300)]
    assert rooms == sorted(rooms)
    assert rooms[0] == 0
    assert rooms[1] == 1
    assert rooms[-1] > 4
    assert len(silent(300).deliveries) == 1  # any gap yields at most one


def test_an_open_gap_grows_with_as_of_and_is_never_more_than_possible():
    told = [*fixes(visit(0, LOAD)), states(at(1))]
    early = standing(told, RULES, heard=[(0, 20)])
    late = standing(told, RULES, heard=[(0, 60)])
    assert the(early.gaps).to_at is None
    assert early.deliveries == ()
    assert the(late.deliveries).grade == "possible"
    assert any("still open" in reason for reason in the(late.deliveries).reasons.against)


def test_three_days_unheard_at_one_berth_could_hide_a_trip_and_split_no_call():
    berth = (
        *sail((0, 30, 0), (1.5, 0, 0), (10, 0, 0), port=DISCHARGE),
        *sail((82, 0, 0), (90, 0, 0), (92, 40, 0), port=DISCHARGE),
    )
    stands = standing([*fixes(berth), states(at(1))], RULES, heard=[(0, 92)])
    assert the(stands.calls).call.status == "call"
    gap = the(stands.gaps)
    assert gap.same_call
    assert set(hidden(gap)) == {("nest",)}
    delivery = the(stands.deliveries)
    assert (delivery.grade, delivery.load_port, delivery.discharge_port) == ("possible", "nest", "reef")


def test_in_port_four_hours_make_a_gap():
    berth = sail((0, 30, 0), (1.5, 0, 0), (10, 0, 0), port=DISCHARGE)
    again = sail((14, 0, 0), (20, 0, 0), port=DISCHARGE)
    gap = the(standing([*fixes(berth), *fixes(again), states(at(1))], RULES, heard=[(0, 20)]).gaps)
    assert (gap.from_at, gap.to_at) == (at(10), at(14))
    assert gap.too_short_for == (("nest",),)


def test_a_silence_of_one_mmsi_is_none_of_the_hull_while_another_is_heard():
    first = [*off_discharge(0, 6), states(at(1))]
    second = [*fixes(sail((8, 45, 0), (126, 45, 0), port=DISCHARGE), mmsi=OTHER_MMSI), states(at(9), mmsi=OTHER_MMSI)]
    assert standing([*first, *second], RULES, heard=[(0, 126)]).gaps == ()


def test_a_gap_goes_on_under_the_mmsi_that_is_heard_next():
    first = [*off_discharge(0, 6), states(at(1))]
    second = [
        *fixes(sail((126, 45, 0), (132, 45, 0), port=DISCHARGE), mmsi=OTHER_MMSI),
        states(at(127), mmsi=OTHER_MMSI),
    ]
    stands = standing([*first, *second], RULES, heard=[(0, 133)])
    gap = the(stands.gaps)
    assert (gap.mmsi, gap.from_at, gap.to_at) == (MMSI, at(6), at(126))
    assert the(stands.deliveries).grade == "possible"


def test_a_fix_nobody_could_have_sailed_to_ends_no_gap():
    told = [*off_discharge(0, 6), *off_discharge(126, 132), states(at(1)), *fixes([spot(60, 4000, 0)])]
    assert (the(standing(told, RULES, heard=[(0, 132)]).gaps).to_at) == at(126)


def test_ships_that_nobody_listed_have_no_gaps():
    told = [*off_discharge(0, 6), *off_discharge(126, 132), states(at(1), imo=9999999)]
    assert settled(told, RULES, heard=[(0, 132)]).standing.gaps == ()
