"""Ships that sail with AIS off, as an operator replays them: recordings, a file of facts, and what state results."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.core.story import (
    DISCHARGE,
    IMO,
    LOAD,
    MMSI,
    OTHER_IMO,
    OTHER_MMSI,
    Port,
    Spot,
    at,
    line,
    nmea,
    sail,
    static_payload,
    the,
    visit,
)
from tests.shell.commands import sealane

THIRD_MMSI = 200000003  # of a ship nobody watches: it shows that the station heard
CORRIDOR = """\
[corridor]
name = "story"
synthetic = true
zones = ["zones.geojson"]
watchlist = "watchlist.toml"
ports = "ports.toml"
"""
WATCHLIST = f"""\
[[vessels]]
name = "GREY HERON"
imo = {IMO}
[[vessels]]
name = "WHITE STORK"
imo = {OTHER_IMO}
[[decoys]]
name = "GREY HERON II"
imo = 2000030
"""
PORTS = """\
[[ports]]
key = "nest"
name = "Nest"
aliases = ["Nest Harbour"]
[[ports]]
key = "reef"
name = "Reef"
"""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a made-up corridor of two ports."""
    folder: Path = tmp_path_factory.mktemp("story")
    features = [
        {
            "type": "Feature",
            "properties": {"key": port.code, "port": port.code, "kind": "berth", "role": port.role},
            "geometry": {"type": "Polygon", "coordinates": port.zone().polygons[0]},
        }
        for port in (LOAD, DISCHARGE)
    ]
    (folder / "zones.geojson").write_bytes(msgspec.json.encode({"type": "FeatureCollection", "features": features}))
    (folder / "watchlist.toml").write_text(WATCHLIST)
    (folder / "ports.toml").write_text(PORTS)
    (folder / "corridor.toml").write_text(CORRIDOR)
    return folder / "corridor.toml"


def radio(mmsi: int, imo: int, *ways: Iterable[Spot]) -> list[bytes]:
    """What one ship says: where it is, and once in a while who it is."""
    told = [each for way in ways for each in way]
    names = [line(each.at, *static_payload(imo, mmsi)) for each in told[::30]]
    return [*nmea(told, mmsi), *names]


def others(first_h: float, last_h: float) -> list[bytes]:
    """Another ship off the load port, heard by the same station all the time."""
    return nmea(sail((first_h, 0, 20), (last_h, 0, 20), port=LOAD, every_min=30), THIRD_MMSI)


def off(port: Port, first_h: float, last_h: float) -> tuple[Spot, ...]:
    return sail((first_h, 45, 0), (last_h, 45, 0), port=port)


def replayed(
    folder: Path, story: Path, lines: list[bytes], facts: Iterable[dict[str, Any]] = (), *options: str
) -> dict[str, Any]:
    """The state of a replay, which must be fine."""
    (folder / "heard.nmea").write_bytes(b"".join(lines))
    (folder / "facts.jsonl").write_text("\n".join(json.dumps(fact) for fact in facts))
    files = [folder / "heard.nmea"] if lines else []
    status, told, said = sealane(
        "replay", *files, "--facts", folder / "facts.jsonl", "--config", story, "--state", *options
    )
    assert status == 0, said
    state: dict[str, Any] = json.loads(told)
    return state


def sight(key: str, place: str, from_h: float, to_h: float, *imos: int, known_h: float | None = None) -> dict[str, Any]:
    return {
        "kind": "sighting",
        "id": key,
        "place": place,
        "from": stamp(from_h),
        "to": stamp(to_h),
        "ships": [{"imo": imo} for imo in imos],
        "known_at": stamp(to_h if known_h is None else known_h),
    }


def stamp(hours: float) -> str:
    return at(hours).isoformat().replace("+00:00", "Z")


SILENT = [
    *radio(MMSI, IMO, off(DISCHARGE, 0, 6), off(DISCHARGE, 126, 132)),
    *others(0, 132),
]
DOWN = [*radio(MMSI, IMO, off(DISCHARGE, 0, 6), off(DISCHARGE, 126, 132)), *others(0, 6), *others(126, 132)]
SHORT = [*radio(MMSI, IMO, off(DISCHARGE, 0, 6), off(DISCHARGE, 26, 32)), *others(0, 32)]


def test_silent_45_km_out_and_back_after_five_days(tmp_path: Path, story: Path):
    state = replayed(tmp_path, story, SILENT)
    gap = the(state["gaps"])
    assert (gap["kind"], gap["from_at"], gap["to_at"]) == ("ship", stamp(6), stamp(126))
    assert {"ports": ["nest"], "slack_h": pytest.approx(86.8, abs=0.3)} in gap["hides"]
    assert [each for each in state["calls"] if each["mmsi"] == MMSI] == []
    assert [each["grade"] for each in state["deliveries"]] == ["possible"]
    assert {each["basis"] for each in state["presences"]} == {"inferred"}


def test_the_same_with_a_sighting_at_the_load_port(tmp_path: Path, story: Path):
    state = replayed(tmp_path, story, SILENT, [sight("s1", "Nest Harbour", 40, 50, IMO)])
    delivery = the(state["deliveries"])
    assert (delivery["grade"], delivery["load_port"], delivery["discharge_port"]) == ("probable", "nest", "reef")
    assert any("s1" in reason for reason in delivery["reasons"]["for"])
    assert delivery["reasons"]["against"]


def test_the_same_while_the_feed_was_down(tmp_path: Path, story: Path):
    state = replayed(tmp_path, story, DOWN)
    gap = the(state["gaps"])
    assert (gap["kind"], gap["hides"], gap["room_for"]) == ("coverage", [], 0)
    assert (state["deliveries"], state["presences"]) == ([], [])


def test_twenty_hours_are_too_short(tmp_path: Path, story: Path):
    state = replayed(tmp_path, story, SHORT)
    assert ["nest"] in the(state["gaps"])["too_short_for"]
    assert state["deliveries"] == []


def test_two_candidates_at_both_ends_and_no_ais(tmp_path: Path, story: Path):
    pictures = [sight("s1", "nest", 0, 10, IMO, OTHER_IMO), sight("s2", "reef", 40, 50, IMO, OTHER_IMO)]
    state = replayed(tmp_path, story, [], pictures)
    tally = the(state["tallies"])
    assert (tally["low"], tally["high"]) == (0, 1)


def test_two_dark_ships_and_one_shared_sighting(tmp_path: Path, story: Path):
    second = radio(OTHER_MMSI, OTHER_IMO, off(DISCHARGE, 0, 6), off(DISCHARGE, 126, 132))
    state = replayed(tmp_path, story, [*SILENT, *second], [sight("s1", "nest", 40, 50, IMO, OTHER_IMO)])
    assert {each["grade"] for each in state["deliveries"]} == {"possible"}
    assert the(state["tallies"])["high"] <= 2


def test_an_mmsi_changed_between_load_and_discharge(tmp_path: Path, story: Path):
    told = [*radio(MMSI, IMO, visit(0, LOAD)), *radio(OTHER_MMSI, IMO, visit(40, DISCHARGE)), *others(0, 55)]
    state = replayed(tmp_path, story, told)
    assert the(state["deliveries"])["grade"] == "confirmed"
    assert state["conflicts"] == []


def test_a_ship_of_the_same_name_and_another_number(tmp_path: Path, story: Path):
    told = radio(MMSI, 2000030, visit(0, LOAD), visit(40, DISCHARGE))
    state = replayed(tmp_path, story, told)
    assert (state["deliveries"], state["tallies"]) == ([], [])
    assert {each["kind"] for each in state["conflicts"]} == {"name_only"}
    assert the(state["candidates"])["imo"] == 2000030


def test_what_was_known_then_is_what_a_run_of_then_says(tmp_path: Path, story: Path):
    facts = [sight("s1", "nest", 40, 50, IMO), sight("s2", "reef", 70, 80, IMO, known_h=300)]
    then = replayed(tmp_path, story, SILENT, facts, "--as-of", stamp(131))
    early = [each for each in SILENT if stamp_of(each) <= at(131).timestamp()]
    assert then == replayed(tmp_path, story, early, facts[:1], "--as-of", stamp(131)) | {
        key: then[key] for key in ("lines", "sentences")
    }
    now = replayed(tmp_path, story, SILENT, facts)
    assert [the(each["deliveries"])["grade"] for each in (then, now)] == ["probable", "confirmed"]
    assert then["as_of"] == stamp(131)


def stamp_of(told: bytes) -> int:
    return int(told.partition(b"c:")[2][:10])


def test_published_counts_that_contradict_each_other_are_listed(tmp_path: Path, story: Path):
    counts = [
        {"kind": "report", "id": key, "measure": "deliveries", "from": "2024-05", "to": "2024-05", "low": low}
        | {"high": high, "source": source, "known_at": stamp(600)}
        for key, low, high, source in (("r1", 4, 5, "one desk"), ("r2", 2, 2, "another"))
    ]
    state = replayed(tmp_path, story, SILENT, counts)
    assert sorted(the(state["contradictions"])["claims"]) == ["r1", "r2"]
    assert {each["id"]: each["gap"] for each in state["published"]} == {"r1": 3, "r2": 1}
    assert the(state["tallies"])["high"] == 1
