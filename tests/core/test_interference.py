"""Several ships thrown onto one spot within an hour; and what is left of their calls."""

from collections.abc import Iterable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from geofences.zone import PortCode
from sealane.fix import Fix, Mmsi
from sealane.follow import Following, RadioFacts, advance, tick
from sealane.interference import Interference, Weighed, interferences_of, thrown_segments, weighed
from sealane.portcall import PortCall
from sealane.rules import Limits, Rules
from sealane.unheard import Jump
from tests.core.story import KM_PER_DEG, Port, Spot, at, counted, fixes, moor, rules_for, sail, spot, the

LIMITS = Limits()
VOSTOCHNY = Port("vostochny", lat_deg=42.74, lon_deg=133.07, role="discharge")
INLAND_KM = 60.0  # north of the port
SHIPS = (Mmsi(200000001), Mmsi(200000002), Mmsi(200000003))
RULES = rules_for(VOSTOCHNY)


def radio(mmsi: Mmsi, *ways: Sequence[Spot], rules: Rules = RULES) -> RadioFacts:
    state = Following(mmsi)
    heard = [fix for way in ways for fix in fixes(way, mmsi)]
    for fix in heard:
        advance(state, fix, rules)
    return tick(state, rules)[1]


def berth(north_km: float = 0.0, port: Port = VOSTOCHNY) -> tuple[Spot, ...]:
    """In from the south, moored for a day and a half, out again."""
    return sail((0, -40, 0), (3, north_km, 0), (39, north_km, 0), (42, -40, 0), port=port)


def thrown(begin_h: float, north_km: float = INLAND_KM, minutes: int = 20) -> list[Spot]:
    """Heard aside every five minutes, half a minute after others; the true place is not heard meanwhile."""
    return [
        spot(begin_h + (step + 0.5) / 60, north_km, 0.02 * step, port=VOSTOCHNY) for step in range(0, minutes + 1, 5)
    ]


def moored_and_thrown(mmsi: Mmsi, begin_h: float, aside: Sequence[Spot] | None = None) -> RadioFacts:
    aside = thrown(begin_h) if aside is None else aside
    true = [each for each in berth() if not aside[0].at <= each.at <= aside[-1].at]
    return radio(mmsi, true, aside)


def three_thrown() -> list[RadioFacts]:
    return [moored_and_thrown(mmsi, 20 + number / 4) for number, mmsi in enumerate(SHIPS)]


def call_of(facts: RadioFacts) -> PortCall:
    return the(counted(facts.calls))


def beside(radios: Iterable[RadioFacts], facts: RadioFacts) -> list[Weighed]:
    return list(weighed(facts, interferences_of(radios, LIMITS), LIMITS))


# What is interference.


def jump(mmsi: int, hours: float, north_km: float = 0.0, east_km: float = 0.0, port: Port = VOSTOCHNY) -> RadioFacts:
    """A radio that was thrown once."""
    lat_deg, lon_deg = port.point(north_km, east_km)
    landed = Jump(
        mmsi=Mmsi(mmsi),
        segment=1,
        at=at(hours),
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        from_lat_deg=0.0,
        from_lon_deg=0.0,
        roamed_km=0.0,
    )
    return RadioFacts(mmsi=Mmsi(mmsi), calls=(), statements=(), spans=(), jumps=(landed,))


def test_three_ships_thrown_onto_one_spot_within_an_hour_are_interference():
    found = the(interferences_of(three_thrown(), LIMITS))
    assert found.mmsis == SHIPS
    assert (found.from_at, found.to_at) == (at(19 + 0.5 / 60), at(21.5 + 0.5 / 60))
    assert found.lat_deg == pytest.approx(VOSTOCHNY.lat_deg + INLAND_KM / KM_PER_DEG, abs=0.001)


def test_two_ships_prove_nothing():
    assert interferences_of(three_thrown()[:2], LIMITS) == ()


def test_one_ship_with_a_bad_gps_is_no_interference_however_often_it_jumps():
    bad = radio(SHIPS[0], berth(), *(thrown(begin_h) for begin_h in (18, 20, 22, 24)))
    assert len(bad.jumps) == 4
    assert interferences_of([bad], LIMITS) == ()


@pytest.mark.parametrize(("minutes", "found"), [(60, 1), (61, 0)])
def test_an_hour_is_an_hour(minutes, found):
    assert len(interferences_of([jump(1, 0), jump(2, 0.5), jump(3, minutes / 60)], LIMITS)) == found


@pytest.mark.parametrize(("km", "found"), [(1.9, 1), (2.1, 0)])
def test_a_spot_is_a_spot(km, found):
    assert len(interferences_of([jump(1, 0), jump(2, 0.1), jump(3, 0.2, km)], LIMITS)) == found


def test_how_many_ships_are_many_is_the_operators():
    assert interferences_of([jump(1, 0), jump(2, 0.1)], Limits(interference_min_ships=2)) != ()


def test_an_interference_lasts_as_long_as_ships_enough_are_thrown_there():
    radios = [replace(jump(mmsi, mmsi * 0.4), mmsi=Mmsi(mmsi)) for mmsi in range(1, 20)]
    found = the(interferences_of(radios, LIMITS))
    assert (found.from_at, found.to_at) == (at(0.4 - 1), at(19 * 0.4 + 1))


def test_two_spots_at_one_time_are_two():
    near, far = [jump(mmsi, 0.1 * mmsi) for mmsi in (1, 2, 3)], [jump(mmsi, 0.1 * mmsi, 50) for mmsi in (4, 5, 6)]
    assert [each.mmsis for each in interferences_of(near + far, LIMITS)] == [(1, 2, 3), (4, 5, 6)]


def test_the_id_says_where_and_when_and_stays_while_more_ships_are_thrown_there():
    radios = [jump(mmsi, 0.1 * mmsi) for mmsi in range(1, 7)]
    assert [the(interferences_of(radios[:count], LIMITS)).id for count in (3, 4, 6)] == [
        "interference:42.740:133.070:20240506T0006Z"
    ] * 3


@pytest.mark.parametrize("port", [Port(lat_deg=0, lon_deg=180), Port(lat_deg=-0.0001, lon_deg=-0.0001)])
def test_a_spot_is_one_anywhere_on_earth(port):
    found = the(interferences_of([jump(mmsi, 0, east_km=mmsi / 2 - 1, port=port) for mmsi in (1, 2, 3)], LIMITS))
    assert found.holds(at(0), port.lat_deg, port.lon_deg)
    assert found.radius_km < 3
    assert "-0.000" not in found.id


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 6), st.floats(0, 4), st.floats(0, 5), st.floats(0, 5)), max_size=25, unique=True),
    st.randoms(use_true_random=False),
)
def test_the_set_of_jumps_decides_not_their_order(landings, random: Random):
    radios = [jump(mmsi, hours, north_km, east_km) for mmsi, hours, north_km, east_km in landings]
    radios = [
        replace(one, jumps=(replace(one.jumps[0], segment=segment),)) for segment, one in enumerate(radios, start=1)
    ]
    found = interferences_of(radios, LIMITS)
    random.shuffle(radios)
    assert interferences_of(radios, LIMITS) == found
    assert all(len(each.mmsis) >= 3 for each in found)
    assert len({each.id for each in found}) == len(found)


# What it leaves of calls.


def test_three_moored_ships_thrown_inland_for_a_while_keep_their_calls_whole_and_their_own():
    radios, alone = three_thrown(), call_of(radio(SHIPS[0], berth()))
    for facts in radios:
        before = call_of(facts)
        assert (before.contested, before.confidence, before.confidence_alone) == (True, 2, 4)
        (after,) = (each for each in beside(radios, facts) if each.call.id == before.id)
        assert (after.call.contested, after.call.rivals, after.call.confidence) == (False, (), 4)
        assert (after.suspect, after.wholly) == (False, False)
        assert (after.call.arrived_at, after.call.departed_at) == (alone.arrived_at, alone.departed_at)


def test_without_the_others_a_bad_gps_still_contests_the_call():
    facts = three_thrown()[0]
    assert the(beside([facts], facts)).call == call_of(facts)


def test_another_hull_on_the_mmsi_contests_the_call_beside_interference():
    radios, mmsi = three_thrown(), SHIPS[0]
    both = radio(mmsi, berth(), thrown(20), sail((10, 900, 0), (30, 900, 200), phase_min=5, port=VOSTOCHNY))
    found = interferences_of([*radios[1:], both], LIMITS)
    weighed_call = next(each.call for each in weighed(both, found, LIMITS) if each.call.status == "call")
    assert (weighed_call.contested, weighed_call.confidence, len(weighed_call.rivals)) == (True, 2, 1)


def test_a_path_that_sailed_on_from_the_spot_was_not_only_thrown_there():
    aside = [*thrown(20), *(spot(20.5 + step / 6, INLAND_KM + 3 * step, port=VOSTOCHNY) for step in range(6))]
    radios = [moored_and_thrown(SHIPS[0], 20, aside), *three_thrown()[1:]]
    found = interferences_of(radios, LIMITS)
    assert thrown_segments(radios[0], found, LIMITS) == frozenset()
    assert call_of(radios[0]).rivals == next(
        each.call.rivals for each in weighed(radios[0], found, LIMITS) if each.call.status == "call"
    )


ELSEWHERE = Port("inland", lat_deg=VOSTOCHNY.lat_deg + INLAND_KM / KM_PER_DEG, lon_deg=VOSTOCHNY.lon_deg)


def test_a_call_made_of_thrown_fixes_alone_is_wholly_suspect():
    rules = rules_for(VOSTOCHNY, ELSEWHERE)
    aside = [thrown(20 + number / 4, minutes=45) for number in range(3)]
    radios = [
        radio(mmsi, [each for each in berth() if not way[0].at <= each.at <= way[-1].at], way, rules=rules)
        for mmsi, way in zip(SHIPS, aside, strict=True)
    ]
    found = interferences_of(radios, LIMITS)
    for facts in radios:
        by_port = {each.call.port: each for each in weighed(facts, found, LIMITS)}
        made_up, own = by_port[PortCode("inland")], by_port[PortCode("vostochny")]
        assert (made_up.call.status, made_up.suspect, made_up.wholly) == ("call", True, True)
        assert (own.suspect, own.call.contested, own.call.confidence) == (False, False, 4)


def spot_beside(berth_km: float) -> list[RadioFacts]:
    """Three ships from far away thrown onto a spot so far from the centre of the port."""
    return [
        radio(
            mmsi,
            sail((0, -400, 0), (40, -400, 300), port=VOSTOCHNY),
            thrown(20 + number / 4, north_km=berth_km),
        )
        for number, mmsi in enumerate(SHIPS)
    ]


def test_a_ship_at_a_berth_one_km_from_the_spot_keeps_its_call():
    honest = radio(Mmsi(200000009), berth())
    radios = [*spot_beside(1.0), honest]
    found = the(interferences_of(radios, LIMITS))
    assert any(found.holds(fix.at, fix.lat_deg, fix.lon_deg) for fix in fixes(berth()))
    assert the(beside(radios, honest)) == Weighed(call=call_of(honest), suspect=False, wholly=False)


def test_a_ship_that_came_to_the_berth_meanwhile_and_stayed_keeps_its_call():
    way = sail((16, 40, 0), (20.3, 1, 0), (44, 1, 0), port=VOSTOCHNY)
    honest = radio(Mmsi(200000009), way)
    radios = [*spot_beside(2.0), honest]
    weighed_call = the(beside(radios, honest))
    entered = next(evidence.fix for evidence in weighed_call.call.evidence if evidence.kind == "entered")
    assert of_fix(entered, the(interferences_of(radios, LIMITS)))
    assert (weighed_call.suspect, weighed_call.call.confidence) == (False, call_of(honest).confidence)


def test_a_ship_heard_at_the_spot_at_that_time_only_is_suspect_though_it_could_have_sailed_there():
    way = [*sail((0, -40, 0), (19.8, -4.5, 0), port=VOSTOCHNY), *thrown(20, 1.0), *moor(20.6, 30, VOSTOCHNY, -4.5)]
    reached = radio(Mmsi(200000009), way)
    assert reached.jumps == ()
    weighed_call = the(beside([*spot_beside(1.0), reached], reached))
    assert (weighed_call.suspect, weighed_call.wholly) == (True, False)


def test_a_call_begun_by_a_jump_stays_suspect_however_long_the_ship_is_shown_there():
    radios = [
        radio(mmsi, sail((0, -400, 0), (40, -400, 300), port=VOSTOCHNY), thrown(20 + number / 4, 0.0, minutes=600))
        for number, mmsi in enumerate(SHIPS)
    ]
    weighed_call = the(beside(radios, radios[0]))
    assert (weighed_call.call.status, weighed_call.suspect, weighed_call.wholly) == ("call", True, False)


def test_a_later_call_of_a_path_that_began_at_the_spot_is_not_suspect():
    way = [*thrown(20, 1.0), *sail((21, 5, 0), (30, 200, 0), (39, 0, 0), (50, 0, 0), port=VOSTOCHNY)]
    began_there = radio(Mmsi(200000009), sail((0, 900, 0), (19, 900, 90), port=VOSTOCHNY), way)
    rows = beside([*spot_beside(1.0), began_there], began_there)
    assert [each.suspect for each in sorted(rows, key=lambda each: each.call.first_heard_at)] == [True, False]


def test_the_order_of_radios_does_not_matter():
    radios = three_thrown()
    assert interferences_of(radios, LIMITS) == interferences_of(radios[::-1], LIMITS)


def of_fix(fix: Fix, found: Interference) -> bool:
    return found.holds(fix.at, fix.lat_deg, fix.lon_deg)


@pytest.mark.parametrize(("hours", "inside"), [(-1.01, False), (-1, True), (1.2, True), (1.21, False)])
def test_an_hour_before_and_after_fixes_on_the_spot_are_suspect(hours, inside):
    found = the(interferences_of([jump(mmsi, 0.1 * (mmsi - 1)) for mmsi in (1, 2, 3)], LIMITS))
    (fix,) = fixes([spot(hours, 0, port=VOSTOCHNY)])
    assert of_fix(fix, found) is inside
