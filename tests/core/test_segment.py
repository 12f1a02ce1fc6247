"""One hull's plausible path, when one bad fix can be anywhere and several hulls can share an MMSI."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealane.rules import Limits
from sealane.segment import Segment, first_to_go, joined, outlived
from tests.core.story import Spot, calls, counted, fixes, moor, sail, spot, the, visit

LIMITS = Limits()
CALL = sail((0, 60, 0), (3, 0, 0), (15, 0, 0), (18, 60, 0))


def path(*spots: Spot, number: int = 0) -> Segment:
    heard = fixes(spots)
    return Segment(
        number=number,
        first=heard[0],
        last=heard[-1],
        is_confirmed=len(heard) > 1,
        stay=None,
        thrown_from=None,
        roamed_km=0.0,
    )


@pytest.mark.parametrize(("km", "joins"), [(1.4, True), (1.5, False)])
def test_a_step_of_a_minute_or_less_reaches_what_thirty_knots_reach_in_a_minute_and_half_a_kilometre(km, joins):
    (fix,) = fixes([spot(0, km)])
    assert (joined([path(spot(0, 0))], fix, LIMITS) == 0) is joins


@pytest.mark.parametrize(("km", "joins"), [(55.9, True), (56.2, False)])
def test_an_hour_reaches_thirty_nautical_miles_and_half_a_kilometre(km, joins):
    (fix,) = fixes([spot(1, km)])
    assert (joined([path(spot(0, 0))], fix, LIMITS) == 0) is joins


def test_a_fix_joins_the_path_that_needs_the_lowest_speed():
    (fix,) = fixes([spot(1, 20)])
    assert joined([path(spot(0, 0)), path(spot(0, 15), number=1)], fix, LIMITS) == 1


def test_of_two_paths_as_likely_the_older_is_joined():
    (fix,) = fixes([spot(1, 0)])
    assert joined([path(spot(0, 5)), path(spot(0, -5), number=1)], fix, LIMITS) == 0


def test_a_path_silent_for_days_does_not_draw_the_fixes_of_another():
    silent, alive = path(spot(0, 200)), path(spot(240, 0), number=1)
    (fix,) = fixes([spot(240 + 1 / 6, 3)])
    assert joined([silent, alive], fix, LIMITS) == 1


def test_a_ship_swinging_at_anchor_does_not_take_turns_in_two_paths():
    paths = [path(spot(0, 0.1)), path(spot(1 / 6, 0.2), number=1)]
    (fix,) = fixes([spot(2 / 6, -0.2)])
    assert joined(paths, fix, LIMITS) == 0


def test_a_short_path_closes_after_an_hour_beside_a_longer_one():
    long, short = path(spot(0, 0), spot(4, 0)), path(spot(3, 90), spot(3.3, 90), number=1)
    assert outlived([long, short], spot(4.3, 0).at, LIMITS) == []
    assert outlived([long, short], spot(4.31, 0).at, LIMITS) == [short]


def test_a_path_alone_never_closes():
    assert outlived([path(spot(0, 0))], spot(5000, 0).at, LIMITS) == []


def test_single_fixes_make_room_before_paths_do():
    moored, stray, later = path(spot(0, 0), spot(1, 0)), path(spot(2, 90), number=1), path(spot(2.1, 300), number=2)
    assert first_to_go([moored, stray, later]) is stray
    assert first_to_go([moored]) is moored


def test_one_teleported_fix_of_a_moored_ship_changes_nothing():
    assert calls(CALL, [spot(9.05, 300, 0)]) == calls(CALL)


@given(st.lists(st.tuples(st.floats(-2000, 2000), st.floats(200, 2000)), min_size=8, max_size=30))
def test_any_number_of_scattered_fixes_splits_no_call(places):
    strays = [spot(9.01 + index / 400, north, east, 5.0) for index, (north, east) in enumerate(places)]
    call = the([call for call in calls(CALL, strays) if call.port == "perch" and call.status == "call"])
    assert (call.arrived_at, call.departed_at) == (the(calls(CALL)).arrived_at, the(calls(CALL)).departed_at)


def test_a_path_heard_half_an_hour_elsewhere_does_not_haunt_the_ship_for_ever():
    """Interference put it 300 km off for forty minutes; its next calls are its own."""
    elsewhere = [spot(5.05 + index / 6, 300, -300, 5.0) for index in range(5)]
    later = [visit(begin_h) for begin_h in (48, 72, 96)]
    way = sail((18, 60, 0), (30, 200, 100), (47, 40, 0), every_min=20)
    rows = calls(CALL, way, *later, elsewhere)
    assert [(row.status, row.contested) for row in rows] == [("call", True)] + [("call", False)] * 3


def test_two_hulls_on_one_mmsi_contest_each_others_calls():
    far = sail((0, 400, 0), (18, 400, 300), phase_min=5)
    row = the(calls(CALL, far))
    assert (row.contested, row.status, row.confidence) == (True, "call", 2)


def test_two_hulls_in_two_ports_keep_their_own_times():
    alone = the(calls(CALL))
    row = the(calls(CALL, sail((0, 400, 0), (18, 400, 0), phase_min=5)))
    assert (row.arrived_at, row.departed_at, row.stopped_s) == (alone.arrived_at, alone.departed_at, alone.stopped_s)


@pytest.mark.parametrize(("begins_h", "contested"), [(21.3, True), (21.4, False)])
def test_another_hull_within_six_hours_of_a_call_contests_it(begins_h, contested):
    call = the(counted(calls(CALL)))
    assert call.departed_at == spot(15 + 1 / 3, 0).at
    other = [spot(begins_h + index / 6, 900, 0, 5.0) for index in range(6)]
    assert calls(CALL, other)[0].contested is contested


def test_a_burst_beside_a_heard_ship_makes_no_call_and_one_of_half_an_hour_does():
    at_sea = sail((0, 100, -50), (6, 100, 150))
    bursts = {count: [spot(3.05 + index / 6, 0) for index in range(count)] for count in (1, 2, 3, 4)}
    assert [len(calls(at_sea, bursts[count])) for count in (1, 2, 3, 4)] == [0, 0, 0, 1]
    assert calls(at_sea, bursts[4])[0].contested


def test_after_many_paths_a_later_one_still_makes_its_call():
    strays = [moor(hours, hours + 1, north_km=400.0 * index) for index, hours in enumerate(range(0, 27, 3), start=2)]
    assert all(one[-1].at < other[0].at for one, other in pairwise(strays))
    row = the(calls(*strays, visit(200)))
    assert (row.status, row.arrival_open) == ("call", False)
