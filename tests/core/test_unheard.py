"""What one radio left unsaid: silences with who heard it before, jumps, and voices. The set of reports decides."""

from collections.abc import Iterable, Sequence
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealane.fix import Fix
from sealane.follow import Following, RadioFacts, advance, tick
from sealane.rules import Limits
from sealane.static import StaticReport
from sealane.unheard import Unheard
from tests.core.story import (
    DISCHARGE,
    LOAD,
    MMSI,
    Spot,
    at,
    fixes,
    moor,
    rules_for,
    sail,
    spot,
    states,
    the,
    visit,
)

RULES = rules_for(LOAD, DISCHARGE)

Report = Fix | StaticReport


def told(reports: Iterable[Report], limits: Limits = Limits()) -> RadioFacts:  # noqa: B008 - a frozen value
    """What all these reports of one radio amount to."""
    state, rules = Following(MMSI), rules_for(LOAD, DISCHARGE, limits=limits)
    for report in reports:
        advance(state, report, rules)
    return tick(state, rules)[1]


def silences(*ways: Sequence[Spot], limits: Limits = Limits()) -> list[Unheard]:  # noqa: B008
    """Those that ended."""
    facts = told((fix for way in ways for fix in fixes(way)), limits)
    return [each for each in facts.unheard if each.next is not None]


def at_sea(begin_h: float, end_h: float, north_km: float = 80.0) -> tuple[Spot, ...]:
    return sail((begin_h, north_km, 0.0), (end_h, north_km, 10.0 * (end_h - begin_h)), port=LOAD)


# Silences.


@pytest.mark.parametrize(("hours", "silent"), [(5.9, False), (6.0, True)])
def test_six_hours_unheard_at_sea_are_a_silence(hours, silent):
    assert bool(silences(at_sea(0, 2), at_sea(2 + hours, 4 + hours))) is silent


@pytest.mark.parametrize(("hours", "silent"), [(3.9, False), (4.0, True)])
def test_four_hours_unheard_in_port_are_a_silence(hours, silent):
    assert bool(silences(moor(0, 5, port=LOAD), moor(5 + hours, 12, port=LOAD))) is silent


def test_where_it_fell_silent_decides_how_long_is_long():
    assert the(silences(moor(0, 5, port=LOAD), at_sea(9.5, 12))).last_port == "nest"
    assert silences(at_sea(0, 5), moor(9.5, 12, port=LOAD)) == []


def test_how_long_is_long_is_the_operators():
    shorter = Limits(gap_at_sea_h=3.0)
    assert the(silences(at_sea(0, 2), at_sea(5, 7), limits=shorter)).last.at == at(2)


def test_a_silence_is_dated_from_the_last_fix_to_the_next_and_names_both_ports():
    silence = the(silences(moor(0, 5, port=LOAD), moor(40, 45, port=DISCHARGE)))
    assert (silence.last.at, silence.last_port) == (at(5), "nest")
    assert silence.next is not None
    assert (silence.next.at, silence.next_port, silence.same_call) == (at(40), "reef", False)


def test_a_silence_in_port_splits_no_call_and_says_so():
    way = moor(0, 5, port=LOAD), moor(77, 80, port=LOAD)
    assert the(silences(*way)).same_call
    assert the(told(fix for each in way for fix in fixes(each)).calls).silence_s == 72 * 3600


def test_back_at_the_berth_after_a_silence_at_sea_is_another_call():
    assert not the(silences(visit(0, LOAD, stay_h=5), visit(48, LOAD, stay_h=5))).same_call


@pytest.mark.parametrize("north_km", [6, 30])
def test_a_ship_heard_outside_before_it_fell_silent_was_not_in_port(north_km):
    outside = spot(6, north_km, port=LOAD)
    silence = the(silences(moor(0, 5, port=LOAD), [outside], moor(20, 25, port=LOAD)))
    assert (silence.last.at, silence.last_port, silence.same_call) == (outside.at, None, False)


def test_a_ship_next_heard_outside_is_no_longer_in_the_call():
    sailed = moor(0, 5, port=LOAD), [spot(7, 6, port=LOAD), spot(7.5, 8, port=LOAD)]
    silence = the(silences(*sailed, limits=Limits(gap_in_port_h=2.0, call_out_fixes=1)))
    assert (silence.last_port, silence.next_port, silence.same_call) == ("nest", None, False)


def test_after_its_last_fix_every_voice_is_unheard_and_how_long_is_not_said():
    open_end = the(told(fixes(moor(0, 5, port=LOAD))).unheard)
    assert (open_end.last.at, open_end.last_port) == (at(5), "nest")
    assert (open_end.next, open_end.next_port, open_end.same_call, open_end.draught_after_m) == (
        None,
        None,
        False,
        None,
    )


# Who heard it before.


def test_sources_are_those_of_the_day_before_the_last_fix():
    heard = [
        *fixes([spot(0, 80, 0)], source="long ago"),
        *fixes([spot(1, 80, 0)], source="a day before"),
        *fixes(at_sea(2, 25), source="coast"),
        *fixes([at_sea(2, 25)[7]], source="also"),
        *fixes(at_sea(40, 42), source="after"),
    ]
    first = told(heard).unheard[0]
    assert first.last.at == at(25)
    assert first.sources == ("a day before", "also", "coast")


def test_who_heard_another_path_of_the_radio_counts_too():
    other_hull = fixes(sail((3, 900, 0), (8, 900, 50)), source="far")
    silence = next(each for each in told([*fixes(at_sea(0, 10)), *other_hull]).unheard if each.last.at == at(10))
    assert silence.sources == ("far", "north")


def test_one_more_who_heard_changes_the_sources_although_no_report_is_better():
    state, first = Following(MMSI), fixes(at_sea(0, 3))
    for fix in (*first, *fixes(at_sea(20, 22))):
        advance(state, fix, RULES)
    assert tick(state, RULES)[1].unheard[0].sources == ("north",)
    advance(state, fixes(at_sea(0, 3), source="south")[0], RULES)
    assert tick(state, RULES)[1].unheard[0].sources == ("north", "south")


def test_one_more_who_heard_the_evening_before_changes_the_sources_too():
    state, evening = Following(MMSI), at_sea(20, 23)
    for fix in (*fixes(evening), *fixes(at_sea(25, 27, 90.0)), *fixes(at_sea(40, 42))):
        advance(state, fix, RULES)
    tick(state, RULES)
    advance(state, fixes(evening, source="south")[0], RULES)
    silence = next(each for each in tick(state, RULES)[1].unheard if each.last.at == at(27))
    assert silence.sources == ("north", "south")


def test_one_more_who_heard_the_last_fix_changes_the_sources_of_the_open_silence():
    state = Following(MMSI)
    for fix in fixes(at_sea(0, 3)):
        advance(state, fix, RULES)
    tick(state, RULES)
    advance(state, fixes(at_sea(0, 3), source="south")[-1], RULES)
    assert the(tick(state, RULES)[1].unheard).sources == ("north", "south")


# Draughts.


def test_draughts_are_those_stated_nearest_on_either_side():
    heard = [
        *fixes(moor(0, 5, port=LOAD)),
        *fixes(moor(40, 45, port=DISCHARGE)),
        *(states(at(hours), draught_m=draught_m) for hours, draught_m in ((1, 5.0), (4, 7.5), (41, 6.5), (44, 4.0))),
        states(at(4.5)),
    ]
    ended = told(heard).unheard[0]
    assert (ended.draught_before_m, ended.draught_after_m) == (7.5, 6.5)


def test_a_draught_stated_during_the_silence_is_neither_before_nor_after():
    heard = [*fixes(at_sea(0, 2)), states(at(8), draught_m=7.0), *fixes(at_sea(20, 22))]
    ended = told(heard).unheard[0]
    assert (ended.draught_before_m, ended.draught_after_m) == (None, None)


@pytest.mark.parametrize(("days", "draught_m"), [(180, 7.0), (180.1, None)])
def test_a_draught_older_than_half_a_year_is_none(days, draught_m):
    heard = [states(at(0), draught_m=7.0), *fixes([spot(24 * days - 0.5, 80), spot(24 * days, 80)])]
    assert told(heard).unheard[0].draught_before_m == draught_m


def test_a_draught_that_comes_late_is_told_of_a_silence_long_ended():
    state = Following(MMSI)
    for fix in (*fixes(at_sea(100, 102)), *fixes(at_sea(120, 122))):
        advance(state, fix, RULES)
    assert tick(state, RULES)[1].unheard[0].draught_before_m is None
    advance(state, states(at(1), draught_m=7.0), RULES)
    assert tick(state, RULES)[1].unheard[0].draught_before_m == 7.0


def test_a_burst_that_was_silent_between_its_fixes_is_still_no_voice():
    burst = [spot(5.05, 900), spot(5.3, 900)]
    facts = told([*fixes(at_sea(0, 14)), *fixes(burst)], Limits(gap_at_sea_h=0.2, gap_in_port_h=0.2))
    assert {each.segment for each in facts.unheard} == {0}


# Voices and jumps.


def test_a_voice_runs_from_its_first_fix_to_its_last_and_names_the_ports():
    voice = the(told(fixes([*moor(0, 5, port=LOAD), *moor(40, 45, port=DISCHARGE)])).voices)
    assert (voice.first.at, voice.first_port) == (at(0), "nest")
    assert (voice.last.at, voice.last_port) == (at(45), "reef")


def test_two_hulls_on_one_mmsi_are_two_voices_and_a_stray_fix_is_none():
    heard = [*fixes(at_sea(0, 10)), *fixes(sail((1, 900, 0), (9, 900, 50))), *fixes([spot(5.01, -900, 0)])]
    facts = told(heard)
    assert [voice.segment for voice in facts.voices] == [0, 1]
    assert {each.segment for each in facts.unheard} == {0, 1}


def test_a_burst_beside_a_ship_is_no_voice_and_is_never_unheard():
    burst = [spot(5.05, 900), spot(5.2, 900)]
    facts = told([*fixes(at_sea(0, 14)), *fixes(burst)])
    assert [voice.segment for voice in facts.voices] == [0]
    assert {each.segment for each in facts.unheard} == {0}


def test_a_fix_nobody_could_have_sailed_to_is_a_jump_from_where_the_radio_was_heard():
    moored, stray = moor(0, 5, port=LOAD), spot(5.05, 900, 0)
    jump = the(told(fixes([*moored, stray])).jumps)
    assert (jump.at, jump.lat_deg, jump.lon_deg) == (stray.at, stray.lat_deg, stray.lon_deg)
    assert (jump.from_lat_deg, jump.from_lon_deg) == (moored[-1].lat_deg, moored[-1].lon_deg)


def test_of_two_paths_a_jump_is_from_the_one_heard_last():
    first, second = at_sea(0, 10), sail((1, 900, 0), (9.4, 900, 50))
    assert (
        told([*fixes(first), *fixes(second), *fixes([spot(9.45, -900)])]).jumps[-1].from_lat_deg == second[-1].lat_deg
    )
    assert told([*fixes(first), *fixes(second), *fixes([spot(9.95, -900)])]).jumps[-1].from_lat_deg == first[-2].lat_deg


def test_the_first_fix_ever_and_a_return_are_no_jumps():
    back = [*moor(0, 5, port=LOAD), spot(5.05, 900, 0), *moor(5.5, 9, port=LOAD)]
    assert told(fixes(moor(0, 5, port=LOAD))).jumps == ()
    assert [jump.at for jump in told(fixes(back)).jumps] == [at(5.05)]


def test_a_jump_knows_how_far_its_path_was_heard_from_where_it_landed():
    way = [*moor(0, 5, port=LOAD), spot(5.05, 900, 0), spot(5.9, 900, 3), spot(6.3, 900, 1)]
    assert the(told(fixes(way)).jumps).roamed_km == pytest.approx(3, abs=0.1)


def test_far_places_reached_slowly_are_no_jumps():
    assert told(fixes([*moor(0, 5, port=LOAD), *moor(40, 45, port=DISCHARGE)])).jumps == ()


# A set of reports, whatever the order.

REPORTS: tuple[Report, ...] = (
    *fixes(visit(0, LOAD, stay_h=5)),
    *fixes(visit(30, DISCHARGE, stay_h=5)),
    *fixes(visit(30, DISCHARGE, stay_h=5)[3:30], source="south"),
    *fixes(moor(60, 63, port=LOAD)),
    *fixes(moor(70, 71, port=LOAD), source="coast"),
    *fixes(sail((2, 500, 0), (40, 500, 400), every_min=45)),  # another hull
    *fixes(sail((34, 100, 0), (34.8, 100, 0))),  # thrown
    *fixes([spot(3, 900, 900), spot(33, -800, 0), spot(33.01, 3000, 0)], source="east"),  # stray
    *(states(at(hours), draught_m=draught_m) for hours, draught_m in ((4, 5.0), (20, None), (41, 7.0), (69, 6.0))),
)


def plain(facts: RadioFacts) -> object:
    """Without whose copy of a report was kept."""

    def bare(value: object) -> object:
        if isinstance(value, dict):
            return {key: bare(one) for key, one in value.items() if key not in ("source", "raw")}
        return [bare(one) for one in value] if isinstance(value, list | tuple) else value

    return bare(msgspec.to_builtins(facts))


EXPECTED = plain(told(REPORTS))


def test_the_story_holds_all_there_is():
    facts = told(REPORTS)
    assert len(facts.voices) == 3
    assert sum(each.next is None for each in facts.unheard) == 3
    assert {each.same_call for each in facts.unheard} == {True, False}
    assert len({each.sources for each in facts.unheard}) > 2
    assert len(facts.jumps) >= 4
    assert any(call.rivals for call in facts.calls)


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 3), st.sets(st.integers(0, 3 * len(REPORTS)), max_size=8))
def test_any_order_any_repeats_told_at_any_time(random: Random, times: int, told_after: set[int]):
    heard = list(REPORTS) * times
    random.shuffle(heard)
    state = Following(MMSI)
    for index, report in enumerate(heard):
        advance(state, report, RULES)
        if index in told_after:
            tick(state, RULES)
    assert plain(tick(state, RULES)[1]) == EXPECTED


@settings(max_examples=30, deadline=None)
@given(st.integers(0, len(REPORTS)), st.integers(0, len(REPORTS)))
def test_what_comes_late_ends_as_what_came_in_time(begin: int, end: int):
    late = REPORTS[begin:end]
    state = Following(MMSI)
    for report in (*REPORTS[:begin], *REPORTS[max(begin, end) :]):
        advance(state, report, RULES)
    if state.newest_at is not None:
        tick(state, RULES)
    for report in late:
        advance(state, report, RULES)
    assert plain(tick(state, RULES)[1]) == EXPECTED
