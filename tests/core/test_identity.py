"""Which hull spoke under an MMSI, and when. A hull is its IMO number; a name alone never binds."""

from datetime import date

import pytest

from sealane.binding import Binding
from sealane.judge import Standing
from sealane.static import Imo, imo_is_valid
from sealane.watchlist import KnownMmsi, Vessel
from streams.corridor.corridor import load_corridor
from tests.core.story import (
    DISCHARGE,
    IMO,
    LOAD,
    MMSI,
    OTHER_IMO,
    OTHER_MMSI,
    Report,
    Spot,
    at,
    fixes,
    moor,
    rules_for,
    spot,
    standing,
    states,
    the,
    visit,
)

DAY = 24.0
VISITS = (visit(0, LOAD), visit(5 * DAY, LOAD), visit(10 * DAY, LOAD))
HEARD = tuple(each for way in VISITS for each in way)


def said(*reports: Report, heard: tuple[Spot, ...] = HEARD, watched: Vessel | None = None) -> Standing:
    listed = watched or Vessel(imo=IMO, name="GREY HERON")
    return standing([*fixes(heard), *reports], rules_for(LOAD, watched=[listed]))


def hulls(stands: Standing) -> list[Imo | None]:
    return [row.imo for row in sorted(stands.calls, key=lambda row: row.call.first_heard_at)]


def conflicts(stands: Standing) -> list[str]:
    return [conflict.kind for conflict in stands.conflicts]


def test_a_statement_learned_late_attributes_earlier_calls():
    stands = said(states(at(11 * DAY)))
    assert hulls(stands) == [IMO, IMO, IMO]
    assert the(stands.identities).watched


def test_without_a_statement_a_call_has_no_hull():
    assert hulls(said()) == [None, None, None]


def test_a_name_alone_never_binds():
    """ANGARA 9124043 and MARIA E 9617923 are other ships than the watched ANGARA 9179842 and MARIA.

    Both are listed as decoys, with their sources, in reference/watchlist.toml.
    """
    watchlist = load_corridor().rules.watchlist
    assert watchlist is not None
    assert {9124043, 9617923} <= {decoy.imo for decoy in watchlist.decoys}
    angara = next(vessel for vessel in watchlist.vessels if vessel.imo == 9179842)
    assert hulls(said(states(at(1), imo=None, name="ANGARA"), watched=angara)) == [None, None, None]
    stands = said(states(at(1), imo=9124043, name="ANGARA"), watched=angara)
    assert hulls(stands) == [9124043] * 3
    assert not the(stands.identities).watched
    assert stands.presences == ()


def test_a_contrary_statement_ends_the_reach_of_the_one_before_and_after():
    stands = said(states(at(2)), states(at(10 * DAY + 3), imo=OTHER_IMO))
    assert hulls(stands) == [IMO, None, OTHER_IMO]  # between the two statements both reach: nobody knows
    assert conflicts(stands) == ["two_imos_on_one_mmsi"]
    assert (stands.conflicts[0].from_at, stands.conflicts[0].to_at) == (at(2), at(10 * DAY + 3))


@pytest.mark.parametrize(("days", "hull"), [(179, IMO), (181, None)])
def test_a_silence_of_180_days_ends_the_reach(days, hull):
    later = visit(days * DAY, LOAD)
    stands = said(states(at(10)), heard=(*visit(0, LOAD), *later))
    assert hulls(stands) == [IMO, hull]


def test_a_hull_may_be_bound_again_after_the_silence():
    later = visit(200 * DAY, LOAD)
    stands = said(states(at(10)), states(at(200 * DAY + 5), imo=OTHER_IMO), heard=(*visit(0, LOAD), *later))
    assert hulls(stands) == [IMO, OTHER_IMO]
    assert stands.conflicts == ()


def test_the_operators_word_binds_on_the_days_given():
    known = KnownMmsi(mmsi=MMSI, first_day=date(2024, 5, 11), last_day=date(2024, 5, 12))
    stands = said(watched=Vessel(imo=IMO, name="GREY HERON", mmsi=(known,)))
    assert hulls(stands) == [None, IMO, None]


def test_the_operators_word_against_the_radios_is_a_conflict():
    stands = said(states(at(2), imo=OTHER_IMO), watched=Vessel(imo=IMO, name="", mmsi=(KnownMmsi(mmsi=MMSI),)))
    assert hulls(stands) == [None, None, None]
    assert conflicts(stands) == ["two_imos_on_one_mmsi"]


def test_the_operators_word_and_the_radios_may_agree():
    stands = said(states(at(2)), watched=Vessel(imo=IMO, name="", mmsi=(KnownMmsi(mmsi=MMSI),)))
    assert (hulls(stands), stands.conflicts) == ([IMO] * 3, ())


def test_a_wrong_check_digit_binds_nothing_and_is_a_conflict():
    assert not imo_is_valid(2000017)
    stands = said(states(at(2), imo=2000017))
    assert (hulls(stands), conflicts(stands)) == ([None] * 3, ["invalid_imo"])


def test_one_hull_heard_on_two_mmsis_at_once_is_a_conflict():
    other = [*fixes(moor(2, 30), OTHER_MMSI), states(at(3), mmsi=OTHER_MMSI)]
    stands = standing([*fixes(HEARD), states(at(2)), *other], rules_for(LOAD))
    assert conflicts(stands) == ["one_imo_on_two_mmsis"]
    assert (stands.conflicts[0].from_at, stands.conflicts[0].to_at) == (at(2), at(30))


def test_an_mmsi_that_ends_where_another_begins_is_a_change_and_no_conflict():
    other = [*fixes(visit(20 * DAY, LOAD), OTHER_MMSI), states(at(20 * DAY + 3), mmsi=OTHER_MMSI)]
    stands = standing([*fixes(HEARD), states(at(2)), *other], rules_for(LOAD))
    assert stands.conflicts == ()
    assert hulls(stands) == [IMO] * 4


@pytest.mark.parametrize(("length_m", "kinds"), [(105, []), (106, ["size_changed"])])
def test_another_length_is_a_changed_size(length_m, kinds):
    assert conflicts(said(states(at(2)), states(at(5 * DAY), length_m=length_m))) == kinds


def test_a_size_not_given_is_no_change():
    assert conflicts(said(states(at(2)), states(at(5 * DAY), length_m=None, beam_m=None))) == []


def test_an_invalid_number_typed_in_by_ships_of_every_size_is_no_hull_that_changed_size():
    others = [states(at(4), imo=1111111, mmsi=200000000 + number, length_m=10 * number) for number in range(3, 6)]
    assert set(conflicts(said(*others))) == {"invalid_imo"}


def test_a_changed_draught_is_no_other_hull():
    stands = said(states(at(2), draught_m=4.1), states(at(3), draught_m=6.0, destination="REEF"))
    assert (len(stands.identities), stands.conflicts) == (1, ())


def test_names_and_call_signs_are_aliases_as_last_stated():
    identity = the(said(states(at(2)), states(at(3), name="GREY HERON II", callsign="SYNTH2")).identities)
    assert (identity.name, identity.callsign) == ("GREY HERON II", "SYNTH2")


def test_two_hulls_talking_in_turn_on_one_mmsi_bind_no_call():
    turns = [states(at(hours), imo=IMO if hours % 2 else OTHER_IMO) for hours in range(20)]
    stands = said(*turns, heard=VISITS[0])
    assert hulls(stands) == [None]
    assert set(conflicts(stands)) == {"two_imos_on_one_mmsi"}


def test_a_ship_heard_only_by_its_statements_is_bound_as_long_as_it_was_heard():
    stands = standing([states(at(2)), states(at(50))], rules_for(LOAD))
    identity = the(stands.identities)
    assert (identity.from_at, identity.to_at) == (at(2), at(50))
    assert standing([*fixes([spot(1, 0)]), states(at(2))], rules_for(LOAD)).identities[0].from_at == at(1)


@pytest.mark.parametrize("name", ["GREY HERON", "grey  heron", "GREY-HERON"])
@pytest.mark.parametrize("imo", [None, OTHER_IMO])
def test_a_name_alone_binds_nothing_and_is_told(name: str, imo: int | None):
    alike = [
        *fixes([*visit(0, LOAD), *visit(40, DISCHARGE)], OTHER_MMSI),
        states(at(3), imo=imo, mmsi=OTHER_MMSI, name=name),
    ]
    stands = standing(alike, rules_for(LOAD, DISCHARGE))
    conflict = the(stands.conflicts)
    assert (conflict.kind, conflict.imos, conflict.mmsis) == ("name_only", (imo,) if imo else (), (OTHER_MMSI,))
    assert stands.deliveries == ()


def test_a_watched_ship_that_states_her_own_name_is_no_conflict():
    assert said(states(at(3)), states(at(5), imo=None)).conflicts == ()


def test_an_analyst_may_bind_a_radio_that_never_named_its_hull():
    told = fixes([*visit(0, LOAD), *visit(40, DISCHARGE)])
    binding = Binding(id="b1", mmsi=MMSI, imo=IMO, from_at=at(-10), known_at=at(60), by="Kim", reason="call sign")
    assert standing(told, rules_for(LOAD, DISCHARGE)).deliveries == ()
    stands = standing(told, rules_for(LOAD, DISCHARGE), [binding])
    assert the(stands.deliveries).grade == "confirmed"
    assert the(stands.identities).by == "analyst"
