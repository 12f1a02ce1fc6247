"""Ships nobody listed that do what the listed ones do: told apart, never counted."""

from tests.core.story import (
    DISCHARGE,
    IMO,
    LOAD,
    MMSI,
    OTHER_IMO,
    at,
    fixes,
    rules_for,
    sail,
    standing,
    states,
    the,
    visit,
)

RULES = rules_for(LOAD, DISCHARGE)
TRIP = fixes([*visit(0, LOAD), *visit(40, DISCHARGE)])


def test_an_unlisted_ship_at_a_load_port_and_then_at_a_discharge_port_is_a_candidate():
    stands = standing([*TRIP, states(at(2), imo=OTHER_IMO, name="RED KNOT")], RULES)
    candidate = the(stands.candidates)
    assert (candidate.mmsi, candidate.imo, candidate.name) == (MMSI, OTHER_IMO, "RED KNOT")
    assert (candidate.load_port, candidate.discharge_port) == ("nest", "reef")
    assert (stands.deliveries, stands.tallies) == ((), ())


def test_a_ship_that_never_said_who_it_is_can_be_a_candidate():
    candidate = the(standing(TRIP, RULES).candidates)
    assert (candidate.imo, candidate.name) == (None, None)


def test_a_listed_ship_is_no_candidate():
    assert standing([*TRIP, states(at(2), imo=IMO)], RULES).candidates == ()


def test_the_other_way_round_is_no_candidate():
    assert standing(fixes([*visit(0, DISCHARGE), *visit(40, LOAD)]), RULES).candidates == ()


def test_eleven_days_between_make_no_candidate():
    assert standing(fixes([*visit(0, LOAD), *visit(13 + 11 * 24, DISCHARGE)]), RULES).candidates == ()


def test_one_load_call_makes_one_candidate():
    trip = fixes([*visit(0, LOAD), *visit(40, DISCHARGE), *visit(70, DISCHARGE)])
    assert len(standing(trip, RULES).candidates) == 1


def test_a_transit_makes_no_candidate():
    passing = sail((40, -30, 0), (42, 30, 0), port=DISCHARGE)
    assert standing(fixes([*visit(0, LOAD), *passing]), RULES).candidates == ()


def test_a_contested_call_makes_no_candidate():
    other_hull = fixes(sail((0, 900, 0), (14, 900, 200), phase_min=5))
    assert standing([*TRIP, *other_hull], RULES).candidates == ()


def test_one_hull_on_two_radios_in_turn_is_one_candidate():
    trip = [*fixes(visit(0, LOAD)), *fixes(visit(40, DISCHARGE), mmsi=200000002)]
    said = [states(at(2), imo=OTHER_IMO), states(at(42), imo=OTHER_IMO, mmsi=200000002)]
    assert the(standing([*trip, *said], RULES).candidates).mmsi == 200000002
