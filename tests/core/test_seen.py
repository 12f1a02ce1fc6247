"""Sightings beside AIS: whose call a picture shows, how sure that is, and what of it can hold together."""

import pytest

from sealane.judge import Standing
from sealane.static import Imo
from sealane.watchlist import Vessel
from tests.core.story import (
    DISCHARGE,
    IMO,
    LOAD,
    OTHER_IMO,
    OTHER_MMSI,
    VESSEL,
    Port,
    Report,
    at,
    decides,
    fixes,
    rules_for,
    sail,
    seen,
    standing,
    states,
    the,
    visit,
)

OTHER = Vessel(imo=OTHER_IMO, name="WHITE STORK")
RULES = rules_for(LOAD, DISCHARGE)
BOTH = rules_for(LOAD, DISCHARGE, watched=(VESSEL, OTHER))


def dark(mmsi: int = 200000001, imo: int = IMO) -> list[Report]:
    """Heard 45 km off the discharge port, silent for five days, heard there again."""
    first = sail((0, 45, 0), (6, 45, 0), port=DISCHARGE)
    again = sail((126, 45, 0), (132, 45, 0), port=DISCHARGE)
    return [*fixes(first, mmsi), *fixes(again, mmsi), states(at(1), imo=imo, mmsi=mmsi)]


def month(stands: Standing) -> tuple[int, int]:
    tally = the(stands.tallies)
    return tally.low, tally.high


def test_a_sighting_at_the_load_port_within_a_gap_makes_it_probable():
    stands = standing(dark(), RULES, [seen("s1", "nest", 40, 50)], heard=[(0, 132)])
    delivery = the(stands.deliveries)
    assert (delivery.grade, delivery.load_port, delivery.discharge_port) == ("probable", "nest", "reef")
    assert delivery.arrival_earliest_at >= at(40 + 12)
    assert month(stands) == (0, 1)
    assert {each.basis for each in stands.presences} == {"sighted", "inferred"}


def test_sightings_at_both_ends_make_it_confirmed_whatever_the_silence():
    pictures = [seen("s1", "nest", 40, 50), seen("s2", "reef", 70, 80)]
    stands = standing(dark(), RULES, pictures, heard=[(0, 132)])
    assert the(stands.deliveries).grade == "confirmed"
    assert month(stands) == (1, 1)


def test_sightings_count_where_nothing_was_ever_heard():
    stands = standing([], RULES, [seen("s1", "nest", 0, 10), seen("s2", "reef", 40, 50)])
    delivery = the(stands.deliveries)
    assert (delivery.grade, delivery.arrival_latest_at) == ("confirmed", at(50))
    assert month(stands) == (1, 1)


def test_two_candidate_ships_and_no_ais_may_be_one_delivery_and_may_be_none():
    pictures = [seen("s1", "nest", 0, 10, IMO, OTHER_IMO), seen("s2", "reef", 40, 50, IMO, OTHER_IMO)]
    stands = standing([], BOTH, pictures)
    assert {each.grade for each in stands.deliveries} == {"possible"}
    assert {each.imo for each in stands.deliveries} == {IMO, OTHER_IMO}
    assert month(stands) == (0, 1)


def test_two_dark_ships_and_one_shared_sighting_are_never_confirmed():
    told = [*dark(), *dark(mmsi=OTHER_MMSI, imo=OTHER_IMO)]
    stands = standing(told, BOTH, [seen("s1", "nest", 40, 50, IMO, OTHER_IMO)], heard=[(0, 132)])
    assert {each.grade for each in stands.deliveries} == {"possible"}
    assert month(stands) == (0, 2)


def test_two_desks_that_report_one_call_report_one_call():
    pictures = [seen("s1", "nest", 0, 10), seen("s2", "nest", 8, 20), seen("s3", "reef", 40, 50)]
    stands = standing([], RULES, pictures)
    assert sorted(len(each.sightings) for each in stands.presences) == [1, 2]
    assert month(stands) == (1, 1)


def test_a_desk_that_names_the_ship_settles_what_another_left_open():
    pictures = [seen("s1", "nest", 0, 10, IMO, OTHER_IMO), seen("s2", "nest", 5, 9, IMO), seen("s3", "reef", 40, 50)]
    stands = standing([], BOTH, pictures)
    assert the(stands.deliveries).grade == "confirmed"


def test_sightings_without_a_ship_in_common_are_two_calls():
    pictures = [seen("s1", "nest", 0, 10, IMO), seen("s2", "nest", 5, 9, OTHER_IMO)]
    assert {each.imo for each in standing([], BOTH, pictures).presences} == {IMO, OTHER_IMO}


def test_a_sighting_that_ais_contradicts_makes_no_end():
    elsewhere = [*fixes(sail((0, 500, 0), (60, 500, 0))), states(at(1))]
    pictures = [seen("s1", "nest", 20, 30), seen("s2", "reef", 50, 55)]
    stands = standing(elsewhere, RULES, pictures)
    assert {each.id: each.contradicted for each in stands.sightings} == {"s1": (IMO,), "s2": (IMO,)}
    assert {each.strength for each in stands.presences} == {"none"}
    assert stands.deliveries == ()


def test_an_analyst_may_hold_a_sighting_against_what_ais_shows():
    elsewhere = [*fixes(sail((0, 500, 0), (60, 500, 0))), states(at(1))]
    stands = standing(elsewhere, RULES, [seen("s1", "nest", 20, 30), decides("d1", "confirm", "s1")])
    assert the(stands.presences).strength == "strong"
    assert the(stands.presences).basis == "decided"


def test_a_sighting_backs_the_call_it_falls_into():
    weak = [*fixes(visit(0, LOAD)[6:12]), states(at(1))]
    alone = the(standing(weak, RULES).presences)
    backed = the(standing(weak, RULES, [seen("s1", "nest", 1, 2)]).presences)
    assert (alone.strength, backed.strength) == ("weak", "strong")
    assert backed.rests_on == (*alone.rests_on, "sighting:s1")


def test_a_position_counts_for_the_port_whose_berth_it_lies_in():
    inside = f"{LOAD.lat_deg},{LOAD.lon_deg}"
    assert the(standing([], RULES, [seen("s1", inside, 0, 10)]).presences).port == "nest"
    assert standing([], RULES, [seen("s1", "10,10", 0, 10)]).presences == ()


def test_a_ship_is_not_counted_on_days_it_is_not_watched():
    gone = Vessel(imo=IMO, name="GREY HERON", watch_to=at(0).date())
    rules = rules_for(LOAD, DISCHARGE, watched=(gone,))
    assert standing([], rules, [seen("s1", "nest", 30, 40), seen("s2", "reef", 70, 80)]).presences == ()


def test_two_places_too_far_apart_for_the_time_between_are_no_delivery():
    pictures = [seen("s1", "nest", 0, 1), seen("s2", "reef", 3, 4)]
    assert standing([], RULES, pictures).deliveries == ()


@pytest.mark.parametrize(
    ("decision", "grades"),
    [
        (decides("d1", "reject", "s1"), []),
        (decides("d1", "reject", "sighting:s1"), []),
        (decides("d1", "re-attribute", "s1", imo=OTHER_IMO), []),
        (decides("d1", "annotate", "s1"), ["confirmed"]),
        (decides("d1", "reject", "s9"), ["confirmed"]),
    ],
)
def test_what_an_analyst_decides_of_a_sighting_holds(decision, grades):
    pictures = [seen("s1", "nest", 0, 10), seen("s2", "reef", 40, 50)]
    stands = standing([], BOTH, [*pictures, decision])
    assert [each.grade for each in stands.deliveries] == grades


def test_a_shared_sighting_that_is_re_attributed_names_one_ship():
    pictures = [seen("s1", "nest", 0, 10, IMO, OTHER_IMO), seen("s2", "reef", 40, 50)]
    stands = standing([], BOTH, [*pictures, decides("d1", "re-attribute", "s1", imo=IMO)])
    assert the(stands.deliveries).grade == "confirmed"


def test_a_split_sighting_is_a_call_of_its_own():
    pictures = [seen("s1", "nest", 0, 10), seen("s2", "nest", 8, 20)]
    assert len(standing([], RULES, pictures).presences) == 1
    assert len(standing([], RULES, [*pictures, decides("d1", "split", "s2")]).presences) == 2


def test_merged_sightings_are_one_call_though_days_apart():
    pictures = [seen("s1", "nest", 0, 10), seen("s2", "nest", 28, 40)]
    assert len(standing([], RULES, pictures).presences) == 2
    assert len(standing([], RULES, [*pictures, decides("d1", "merge", "s1", other="s2")]).presences) == 1


@pytest.mark.parametrize("port", [LOAD, DISCHARGE])
def test_a_year_of_silence_is_one_delivery_at_most(port: Port):
    far = [*fixes(sail((0, 45, 0), (6, 45, 0), port=port)), *fixes(sail((8766, 45, 0), (8772, 45, 0), port=port))]
    stands = standing([*far, states(at(1)), states(at(8767))], RULES, heard=[(0, 8772)])
    assert the(stands.deliveries).room_for == the(stands.gaps).room_for > 200
    assert all(tally.high == 1 for tally in stands.tallies[1:-1])
    assert Imo(IMO) == the(stands.deliveries).imo
