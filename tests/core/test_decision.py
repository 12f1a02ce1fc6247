"""An analyst's word wins, the machine's stays visible, and nothing is edited: decisions are undone by decisions."""

import pytest

from sealane.decision import in_force
from tests.core.story import DISCHARGE, IMO, LOAD, at, decides, fixes, rules_for, seen, standing, states, the, visit

RULES = rules_for(LOAD, DISCHARGE)
TRIP = [*fixes([*visit(0, LOAD), *visit(40, DISCHARGE)]), states(at(2))]
DELIVERY = the(standing(TRIP, RULES).deliveries)


def test_a_rejected_delivery_counts_nowhere_and_keeps_its_ends_used():
    stands = standing(TRIP, RULES, [decides("d1", "reject", DELIVERY.id)])
    delivery = the(stands.deliveries)
    assert (delivery.grade, delivery.machine_grade) == ("rejected", "confirmed")
    assert {(tally.low, tally.high, tally.confirmed) for tally in stands.tallies} == {(0, 0, 0)}
    assert any("looked again" in reason for reason in delivery.reasons.against)


def test_what_an_analyst_confirms_counts_in_low():
    pictures = [seen("s1", "nest", 0, 10, IMO, 9074729), seen("s2", "reef", 40, 50)]
    alone = standing([], RULES, pictures)
    confirmed = standing([], RULES, [*pictures, decides("d1", "confirm", the(alone.deliveries).id, 60)])
    assert (the(alone.tallies).low, the(confirmed.tallies).low) == (0, 1)
    assert the(confirmed.deliveries).machine_grade == "probable"


@pytest.mark.parametrize(
    ("first_h", "second_h", "grade"), [(60, 61, "rejected"), (61, 60, "confirmed"), (60, 60, "rejected")]
)
def test_of_contradictory_decisions_the_latest_wins_and_both_are_listed(first_h: float, second_h: float, grade: str):
    told = [decides("d1", "confirm", DELIVERY.id, first_h), decides("d2", "reject", DELIVERY.id, second_h)]
    stands = standing(TRIP, RULES, told)
    assert the(stands.deliveries).grade == grade
    assert sorted(each.force for each in stands.decisions) == ["in_force", "overruled"]


def test_an_undone_decision_has_no_effect_and_an_undone_undoing_gives_it_back():
    reject, undo = decides("d1", "reject", DELIVERY.id, 60), decides("d2", "undo", "d1", 61)
    again = decides("d3", "undo", "d2", 62)
    assert the(standing(TRIP, RULES, [reject, undo]).deliveries).grade == "confirmed"
    assert the(standing(TRIP, RULES, [again, undo, reject]).deliveries).grade == "rejected"


def test_an_undoing_reaches_back_only():
    assert [each.id for each in in_force([decides("d1", "undo", "d2", 1), decides("d2", "annotate", "x", 2)])] == [
        "d1",
        "d2",
    ]


def test_a_decision_follows_its_object_when_late_data_moves_the_id():
    """The call was first heard when it was moored; then its arrival is heard, and its id begins earlier."""
    late = [each for each in TRIP if each.at >= at(43)]
    early = [each for each in TRIP if each.at < at(14)]
    target = the([each.call.id for each in standing([*early, *late], RULES).calls if each.call.port == "reef"])
    stands = standing(TRIP, RULES, [decides("d1", "reject", target)])
    assert target not in {each.call.id for each in stands.calls}
    ruling = the(stands.decisions)
    assert (ruling.force, ruling.means) == ("in_force", the([c.call.id for c in stands.calls if c.call.port == "reef"]))
    assert stands.deliveries == ()


def test_a_decision_on_nothing_near_is_listed_as_unresolved():
    stands = standing(TRIP, RULES, [decides("d1", "reject", "call:200000001:reef:20230101T0000Z")])
    assert (the(stands.decisions).force, the(stands.decisions).means) == ("unresolved", None)


def test_a_confirmed_call_is_a_strong_end_and_a_rejected_one_is_none():
    weak = [*fixes([*visit(0, LOAD), *visit(40, DISCHARGE)[6:12]]), states(at(2))]
    calls = {str(each.call.port): each.call.id for each in standing(weak, RULES).calls}
    assert the(standing(weak, RULES).deliveries).grade == "probable"
    assert the(standing(weak, RULES, [decides("d1", "confirm", calls["reef"])]).deliveries).grade == "confirmed"
    assert standing(weak, RULES, [decides("d1", "reject", calls["reef"])]).deliveries == ()


def test_a_call_re_attributed_is_of_the_other_hull():
    call = next(each for each in standing(TRIP, RULES).calls if each.call.port == "reef")
    stands = standing(TRIP, RULES, [decides("d1", "re-attribute", call.call.id, imo=9074729)])
    assert stands.deliveries == ()


def test_what_a_gap_could_hide_an_analyst_may_confirm():
    told = [*fixes(visit(0, LOAD)), states(at(1)), *fixes(visit(100, LOAD)), states(at(101))]
    guessed = standing(told, RULES, heard=[(0, 114)])
    hidden = the([each for each in guessed.presences if each.basis == "inferred" and each.port == "reef"])
    stands = standing(told, RULES, [decides("d1", "confirm", hidden.id, 114)], heard=[(0, 114)])
    assert {each.grade for each in stands.deliveries} == {"confirmed"}
    assert "decided" in {each.basis for each in stands.presences}


def test_a_confirmed_guess_is_not_taken_for_a_call_that_is_near():
    """The ship was at the discharge port two days before; what is confirmed is the call the later gap could hide."""
    told = [*fixes(visit(0, DISCHARGE)), states(at(1)), *fixes(visit(40, LOAD)), *fixes(visit(140, LOAD))]
    guessed = standing(told, RULES, heard=[(0, 154)])
    hidden = [each for each in guessed.presences if each.basis == "inferred" and each.port == "reef"]
    target = next(each for each in hidden if each.first_known_at > at(50))
    stands = standing(told, RULES, [decides("d1", "confirm", target.id, 154)], heard=[(0, 154)])
    assert the(stands.decisions).means == target.id
    assert "confirmed" in {each.grade for each in stands.deliveries}
    confirmed = the([each for each in stands.presences if each.basis == "decided"])
    assert (confirmed.first_known_at, confirmed.last_known_at) == (target.first_known_at, target.last_known_at)
