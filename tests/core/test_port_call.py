"""What counts as a port call. Read top to bottom; each name is the rule."""

import asyncio
import json
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyais
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sealane.fix import Mmsi
from sealane.follow import Following, advance, standing_at, tick
from sealane.portcall import PortCall
from sealane.rules import Limits
from streams.cli import app
from streams.corridor.corridor import load_corridor
from streams.replay.recording import Recording
from streams.replay.replay import Replay
from tests.core.scenarios import BY_NAME, FIXTURES, PHASE_MIN, SCENARIOS, Scenario, written
from tests.core.story import (
    KM_PER_DEG,
    MMSI,
    Port,
    Spot,
    at,
    calls,
    counted,
    fixes,
    line,
    moor,
    rules_for,
    sail,
    spot,
    standing,
    the,
    visit,
)

CONFIG = FIXTURES / "circle.toml"
READ_AT = datetime(2025, 1, 1, tzinfo=UTC)
EDGE_DEG = 1e-9


def replayed(*recordings: Path) -> tuple[PortCall, ...]:
    with ExitStack() as opened:
        files = [opened.enter_context(closing(Recording(str(path)))) for path in recordings]
        run = Replay(files, load_corridor(CONFIG).rules, READ_AT)
        asyncio.run(run.run(lambda _: None, lambda _: None))
    return tuple(sorted((row.call for row in run.embedded.standing.calls), key=lambda call: call.first_heard_at))


def heard(name: str) -> tuple[PortCall, ...]:
    return replayed(BY_NAME[name].recording)


def holds(scenario: Scenario, rows: tuple[PortCall, ...]) -> bool:
    statuses = [row.status for row in rows]
    return (statuses.count("call"), statuses.count("unconfirmed")) == (scenario.calls, scenario.unconfirmed)


# The scenarios, as recordings.


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_each_recording_is_what_its_story_tells(scenario):
    assert scenario.recording.read_bytes() == written(scenario)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_each_scenario_makes_as_many_calls_as_it_should(scenario):
    assert holds(scenario, replayed(scenario.recording))


@settings(max_examples=6)
@given(st.floats(2, 5), st.booleans(), st.floats(0, 9.9))
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_whatever_the_radius_the_phase_and_with_or_without_speed(scenario, radius_km, speed, phase_min):
    port = Port(radius_km=radius_km)
    assert holds(scenario, calls(sorted(scenario.tell(port, speed, phase_min)), port=port))


def test_a_clean_call_is_seen_from_entry_to_exit():
    call = the(heard("clean_call"))
    assert (call.confidence, call.observed, call.arrival_open, call.contested) == (4, True, False, False)
    assert call.arrived_at == at(2 + 56 / 60)
    assert call.departed_at == at(39 + 16 / 60)


def test_a_ship_that_passes_off_the_port_is_at_most_a_transit():
    assert all(row.status == "transit" for row in heard("pass_off"))


def test_a_ship_at_anchor_on_the_line_never_leaves():
    call = the(counted(heard("on_the_line")))
    assert (call.shifts, call.departed_at is not None and call.departed_at > at(39)) == (0, True)


def test_out_and_back_within_two_hours_is_a_shift():
    call = the(heard("shift"))
    assert (call.shifts, call.departed_at) == (1, at(30 + 16 / 60))


def test_moored_at_the_end_of_what_was_heard_is_an_open_call():
    call = the(heard("open_end"))
    assert (call.departed_at, call.departed_earliest_at, call.confidence) == (None, None, 3)


def test_silent_in_port_and_reappearing_far_off_the_departure_begins_at_the_last_fix():
    call = the(heard("silent_in_port"))
    assert (call.departed_earliest_at, call.departed_at) == (at(9 + 56 / 60), at(82.1))
    assert (call.observed, call.confidence) == (False, 3)


def test_one_fix_between_two_silences_is_unconfirmed():
    row = the(heard("one_fix"))
    assert (row.status, row.confidence, row.observed) == ("unconfirmed", 1, False)
    assert row.arrived_earliest_at == at(56 / 60)
    assert (row.departed_earliest_at, row.departed_at) == (at(16), at(31.1))


def test_a_ship_found_inside_has_no_arrival():
    call = the(heard("found_inside"))
    assert (call.arrival_open, call.arrived_at, call.first_heard_at) == (True, None, at(PHASE_MIN / 60))
    assert call.id == f"call:{MMSI}:perch:20240506T0006Z"


def test_a_ship_that_shifts_into_the_margin_leaves_when_it_sails():
    call = the(heard("sails_after_midnight"))
    assert call.departed_at == datetime(2024, 5, 7, 0, 36, tzinfo=UTC)


def test_a_ship_silent_at_sea_and_then_heard_just_outside_makes_a_new_call_whose_entry_is_observed():
    first, second = heard("silent_at_sea")
    assert first.departed_at is not None
    assert (second.arrived_at, second.arrived_earliest_at) == (at(108 + 16 / 60), None)


def test_a_ship_silent_at_sea_and_then_heard_inside_has_an_arrival_interval():
    _, second = calls(visit(0), moor(120, 130))
    assert (second.arrived_earliest_at, second.arrived_at) == (visit(0)[-1].at, at(120))
    assert second.observed is False


def test_the_command_tells_the_same():
    result = CliRunner().invoke(
        app, ["replay", str(BY_NAME["clean_call"].recording), "--config", str(CONFIG), "--state"]
    )
    state = json.loads(result.stdout)
    row = the(state["calls"])
    assert result.exit_code == 0
    assert state["lines"]["total"] == state["lines"]["decoded"] == len(written(BY_NAME["clean_call"]).splitlines())
    assert (row["mmsi"], row["imo"], row["port"], row["status"], row["confidence"]) == (MMSI, None, "perch", "call", 4)
    assert (row["arrived_at"], row["departed_at"]) == ("2024-05-06T02:56:00Z", "2024-05-07T15:16:00Z")
    assert row["stopped_h"] == pytest.approx(36, abs=0.5)


def test_without_a_watchlist_a_ship_is_followed_to_and_from_the_area():
    """The area ends fifty kilometres from the zones; the ship is heard before and after."""
    assert the(heard("silent_in_port")).evidence[-1].fix.lat_deg > 30.5


# Limits, exactly.


def stop_of(minutes: float) -> list[Spot]:
    """In from outside, two fixes in port so far apart, and out again."""
    return [
        spot(0, 8),
        spot(1, 0),
        spot(1 + minutes / 60, 0),
        spot(1.2 + minutes / 60, 8),
        spot(1.4 + minutes / 60, 14),
    ]


@pytest.mark.parametrize(("minutes", "status"), [(30, "call"), (29.9, "transit")])
def test_thirty_minutes_inside_are_a_call(minutes, status):
    assert the(calls(stop_of(minutes))).status == status


@pytest.mark.parametrize(("hours", "observed"), [(3.99, True), (4, False)])
def test_an_entry_is_observed_if_the_ship_was_heard_within_four_hours_before(hours, observed):
    call = the(calls([spot(1 - hours, 30)], moor(1, 4)))
    assert call.observed is observed
    assert call.arrived_earliest_at == (None if observed else at(1 - hours))


@pytest.mark.parametrize(("hours", "observed"), [(3.99, True), (4, False)])
def test_an_exit_is_observed_if_the_ship_was_heard_within_four_hours_after(hours, observed):
    call = the(calls(moor(0, 4), [spot(4 + hours, 30)]))
    assert call.departed_at == at(4 + hours)
    assert call.departed_earliest_at == (None if observed else at(4))


@pytest.mark.parametrize(("hours", "rows"), [(2, 1), (2.01, 2)])
def test_back_within_two_hours_is_the_same_call(hours, rows):
    assert len(calls(moor(0, 4), [spot(4.2, 6), spot(4.4, 6), spot(4.2 + hours / 2, 6)], moor(4.2 + hours, 8))) == rows


@pytest.mark.parametrize(("km", "rows"), [(14.5, 1), (15.5, 2)])
def test_back_from_farther_than_fifteen_kilometres_is_a_new_call(km, rows):
    assert len(calls(moor(0, 4), [spot(4.5, 3 + km), spot(4.6, 3 + km)], moor(5.2, 8))) == rows


@pytest.mark.parametrize(("km", "departed"), [(0.99, False), (1.01, True)])
def test_a_ship_leaves_at_the_margin(km, departed):
    call = the(calls(moor(0, 4), [spot(4.2, 3 + km), spot(4.4, 3 + km)]))
    assert (call.departed_at is not None) is departed


def test_one_fix_outside_does_not_end_a_call_two_do_and_so_does_half_an_hour():
    out = [spot(4.2, 6), spot(4.4, 6)]
    assert the(calls(moor(0, 4), out[:1])).departed_at is None
    assert the(calls(moor(0, 4), out)).departed_at == at(4.2)
    later = fixes([spot(4.75, 900)], mmsi=200000009)  # another radio: time goes on
    assert standing([*fixes(moor(0, 4)), *fixes(out[:1]), *later], rules_for()).calls[0].call.departed_at == at(4.2)


def test_what_time_alone_will_end_is_said_beforehand_and_holds_from_that_moment_on():
    state = Following(Mmsi(MMSI))
    for fix in fixes([*moor(0, 4), spot(4.2, 6)]):
        advance(state, fix, rules_for())
    facts = tick(state, rules_for())[1]
    leaves = the(facts.departing)
    assert leaves.at == at(4.7)
    assert (leaves.call.id, leaves.call.departed_at) == (the(facts.calls).id, at(4.2))
    assert standing_at(facts, at(4.699)) == facts
    assert standing_at(facts, at(4.7)).calls == (leaves.call,)


def test_one_fix_more_than_ten_kilometres_off_ends_a_call():
    assert the(calls(moor(0, 4), [spot(4.5, 13.5)])).departed_at == at(4.5)
    assert the(calls(moor(0, 4), [spot(4.5, 12.5)])).departed_at is None


def test_one_fix_outside_after_a_silence_ends_a_call():
    call = the(calls(moor(0, 4), [spot(9, 6)]))
    assert (call.departed_earliest_at, call.departed_at) == (at(4), at(9))


# Stops and silences.


def test_a_stop_begins_at_a_fifth_of_a_knot_and_ends_at_half_a_knot():
    def stopped_s(*speeds: float) -> int:
        return the(calls([spot(0, 8)], [spot(1 + step / 6, 0, 0, kn) for step, kn in enumerate(speeds)])).stopped_s

    assert stopped_s(0.3, 0.3, 0.3, 0.3) == 0
    assert stopped_s(0.2, 0.4, 0.4, 0.4) == 30 * 60
    assert stopped_s(0.2, 0.5, 0.4, 0.4) == 10 * 60


def test_without_speed_an_hour_on_one_spot_is_a_stop():
    def lain(hours: float) -> PortCall:
        return the(calls(sail((0, 8, 0), (1, 0, 0), (1 + hours, 0, 0), (2 + hours, 14, 0), speed=False)))

    assert (lain(2).status, lain(2).stopped_s) == ("call", 2 * 3600 + 600)
    assert lain(0.5).status == "transit"


def test_a_ship_that_sails_slowly_through_without_a_stop_is_a_transit():
    assert the(calls(sail((0, -12, 0), (4, 12, 0)))).status == "transit"


def test_a_stop_does_not_reach_across_a_silence():
    call = the(calls([spot(0, 8)], moor(1, 2), moor(7, 8)))
    assert (call.stopped_s, call.silence_s) == (2 * 3600, 5 * 3600)


def test_a_silence_of_four_hours_in_port_stands_for_a_stop():
    call = the(calls([spot(0, 8, 0, 5.0), spot(1, 0, 0, 3.0), spot(5, 0, 0, 3.0), spot(5.2, 8), spot(5.4, 9)]))
    assert (call.status, call.confidence, call.silence_s) == ("call", 4, 4 * 3600)


def test_a_ship_heard_outside_meanwhile_was_not_silent():
    tour = [(0, 8, 5.0), (1, 0, 3.0), (4.9, 5, 3.0), (5.1, 0, 3.0), (5.3, 8, 9.0), (5.5, 14, 9.0)]
    row = the(calls([spot(hours, north, 0, sog) for hours, north, sog in tour]))
    assert (row.silence_s, row.status) == (0, "transit")


def test_a_silence_in_port_that_ends_in_port_splits_no_call():
    assert the(calls(visit(0)[:30], moor(80, 90))).departed_at is None


# Midnights, places, radios.


@pytest.mark.parametrize("begin", [datetime(2023, 12, 31, 18, tzinfo=UTC), datetime(2024, 2, 28, 20, tzinfo=UTC)])
def test_a_call_runs_across_midnight_month_and_year(begin):
    moved = [each._replace(at=begin + (each.at - at(0))) for each in visit(0)]
    call, plain = the(calls(moved)), the(calls(visit(0)))
    assert (call.stopped_s, call.fixes) == (plain.stopped_s, plain.fixes)
    assert call.departed_at is not None
    assert call.departed_at - begin == (plain.departed_at or at(0)) - at(0)


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg"), [(0, 180), (43, -180), (-17, 179.99), (0, 0), (78, 15), (-77.8, 166.6), (85, -120)]
)
def test_a_call_is_a_call_anywhere_on_earth(lat_deg, lon_deg):
    port = Port(lat_deg=lat_deg, lon_deg=lon_deg)
    marks = ((0, 0, -60), (3, 0, 0), (39, 0, 0), (42, 0, 60))
    call = the(calls(sail(*marks, port=port), port=port))
    assert (call.status, call.confidence, call.departed_at) == ("call", 4, at(39 + 1 / 3))


def test_direct_from_port_to_port_unheard_both_ends_are_intervals():
    near, far = Port(), Port("tern", lat_deg=32.0)
    rows = standing(fixes([spot(0, 8), *moor(1, 5), *moor(30, 35, port=far)]), rules_for(near, far)).calls
    left, reached = sorted((row.call for row in rows), key=lambda call: call.first_heard_at)
    assert (left.departed_earliest_at, left.departed_at) == (at(5), at(30))
    assert (reached.arrived_earliest_at, reached.arrived_at) == (at(5), at(30))


def test_where_two_ports_overlap_a_ship_stays_where_it_called_first():
    first, second = Port("auk"), Port("bittern", lat_deg=30.03)
    for way in (sail((0, -30, 0), (2, 1.6, 0), (9, 1.6, 0)), sail((0, 30, 0), (2, 1.6, 0), (9, 1.6, 0))):
        rows = standing(fixes(way), rules_for(first, second)).calls
        assert the([row for row in rows if row.call.status == "call"]).call.port == (
            "auk" if way[0].lat_deg < 30 else "bittern"
        )


TOUCHING = Port("auk"), Port("bittern", lat_deg=30.0 + 6.0 / KM_PER_DEG)  # they meet 3 km north of the first


def swinging(begin_h: float, end_h: float, north_km: float = 3.0, by_km: float = 0.24) -> list[Spot]:
    """At anchor, to and fro, heard every ten minutes."""
    return [
        spot(begin_h + step / 6, north_km + by_km * (-1) ** step, sog_kn=0.1)
        for step in range(round(6 * (end_h - begin_h)) + 1)
    ]


@pytest.mark.parametrize(("from_km", "anchored_km", "port"), [(-30, 2.9, "auk"), (36, 3.1, "bittern")])
def test_a_ship_at_anchor_on_the_line_between_two_ports_stays_where_it_called_first(from_km, anchored_km, port):
    way = [*sail((0, from_km, 0), (2, anchored_km, 0)), *swinging(2.2, 30)]
    way += sail((30.2, 3, 0), (32.2, from_km, 0))
    call = the([row.call for row in standing(fixes(way), rules_for(*TOUCHING)).calls])
    assert (call.port, call.status, call.confidence, call.arrived_at) == (port, "call", 4, at(2 - 1 / 3))


@pytest.mark.parametrize("moored_km", [3.6, 5.0])
def test_a_ship_that_moves_on_into_the_port_next_door_calls_there_too(moored_km):
    way = [*sail((0, -30, 0), (2, 2.9, 0), (9, 2.9, 0), (9.3, moored_km, 0), (20, moored_km, 0), (23, 40, 0))]
    rows = [row.call for row in standing(fixes(way), rules_for(*TOUCHING)).calls]
    assert [(call.port, call.status) for call in rows] == [("auk", "call"), ("bittern", "call")]


def test_a_ship_that_creeps_into_the_port_next_door_is_there_half_a_km_on():
    creeping = [spot(9 + step / 60, 2.9 + 0.05 * step, sog_kn=1.6) for step in range(1, 30)]
    way = [*sail((0, -30, 0), (2, 2.9, 0), (9, 2.9, 0)), *creeping, *moor(9.6, 20, north_km=4.4)]
    rows = [row.call for row in standing(fixes(way), rules_for(*TOUCHING)).calls]
    assert [call.port for call in rows] == ["auk", "bittern"]
    entered = next(each.fix for each in rows[1].evidence if each.kind == "entered")
    assert (entered.lat_deg - 30.0) * KM_PER_DEG == pytest.approx(3.5, abs=0.11)


def test_two_fixes_at_one_time_are_no_teleport():
    doubled = [each._replace(lat_deg=each.lat_deg + 0.001) for each in visit(0)]
    rows = calls(visit(0), doubled)
    assert the(rows).contested is False


@pytest.mark.parametrize("kind", [1, 2, 3, 18, 27])
def test_position_reports_of_every_kind_make_the_same_call(kind, tmp_path):
    recording = tmp_path / "heard.nmea"
    recording.write_bytes(b"".join(reported(each, kind) for each in visit(0)))
    call = the(replayed(recording))
    assert (call.status, call.confidence, call.contested) == ("call", 4, False)
    assert call.arrived_at == the(calls(visit(0))).arrived_at


def reported(each: Spot, kind: int) -> bytes:
    fields: dict[str, str | int | float | bytes | bool] = {
        "type": kind,
        "mmsi": MMSI,
        "lat": each.lat_deg,
        "lon": each.lon_deg,
        "speed": each.sog_kn or 0.0,
    }
    sentence = pyais.encode_dict(fields)[0].split(",")
    return line(each.at, sentence[5], int(sentence[6][0]))


def test_a_ship_without_speed_makes_the_same_call():
    spoken, mute = the(calls(visit(0))), the(calls([each._replace(sog_kn=None) for each in visit(0)]))
    assert (mute.id, mute.departed_at, mute.confidence) == (spoken.id, spoken.departed_at, spoken.confidence)


def test_thresholds_are_the_operators():
    assert the(calls(stop_of(20))).status == "transit"
    assert the(calls(stop_of(20), limits=Limits(call_min_stay_min=20))).status == "call"


def test_two_calls_that_begin_in_one_minute_on_one_mmsi_have_ids_of_their_own():
    near, far = visit(0), [each._replace(at=each.at + timedelta(seconds=20)) for each in visit(0)]
    elsewhere = [each._replace(lat_deg=each.lat_deg + 10) for each in far]
    ports = Port(), Port("perch2", lat_deg=40.0)
    ids = [row.call.id for row in standing(fixes([*near, *elsewhere]), rules_for(*ports)).calls]
    assert len(set(ids)) == len(ids) == 2
