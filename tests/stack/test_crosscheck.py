"""Anything through one process, through Kafka on one worker and on three: the same standing objects and digest."""

import gzip
import json
import random
from contextlib import nullcontext
from pathlib import Path

import pytest
import zstandard

from bench import crosscheck
from bench.broker import Broker
from bench.crosscheck import embedded, on_kafka
from bench.fleet import Outcome
from streams.cli.exits import EXIT_FAILED, EXIT_WRONG_USAGE
from tests.core.scenarios import FIXTURES, SCENARIOS
from tests.shell.people import facts_file

pytestmark = pytest.mark.stack

NOBODY = Outcome("0" * 64, 0)
BOUND = {
    "kind": "binding",
    "id": "hers",
    "mmsi": 200_000_021,
    "imo": 2_000_016,
    "from": "2023-08-27T00:00:00Z",
    "to": "2023-09-02T00:00:00Z",
    "by": "A. Analyst",
    "reason": "a bystander's radio, by a slip",
    "known_at": "2023-09-03T00:00:00Z",
}


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """Sightings, published counts, decisions and a binding."""
    file = tmp_path / "facts.jsonl"
    file.write_bytes(facts_file() + json.dumps(BOUND).encode() + b"\n")
    return file


@pytest.mark.parametrize("workers", [1, 3])
def test_a_recording_and_facts_of_every_kind_amount_to_the_same(
    broker: Broker, corridor: Path, two_weeks: Path, facts: Path, workers: int
):
    alone = embedded(corridor, [two_weeks], [facts])
    assert alone.objects > embedded(corridor, [two_weeks]).objects > 10
    assert on_kafka(broker, corridor, [two_weeks], [facts], workers=workers) == alone


def test_files_of_every_kind_amount_to_the_same(broker: Broker, corridor: Path, two_weeks: Path, tmp_path: Path):
    chance = random.Random(7)
    lines = two_weeks.read_bytes().splitlines(keepends=True)
    twice = [*lines, *chance.sample(lines, 300)]
    chance.shuffle(twice)
    held = {
        "empty": b"",
        "garbage": chance.randbytes(50_000),
        "half.gz": gzip.compress(b"".join(lines[::2])),
        "half.zst": zstandard.compress(b"".join(lines[1::2])),
        "no_stamps": b"".join(line[line.index(b"!") :] for line in lines),
        "repeats": b"".join(twice),
    }
    files = [tmp_path / name for name in held]
    for file in files:
        file.write_bytes(held[file.name])
    assert on_kafka(broker, corridor, files, workers=3) == embedded(corridor, files) == embedded(corridor, [two_weeks])


def test_all_that_the_scenarios_tell_of_one_ship_at_once_amounts_to_the_same(broker: Broker):
    config, files = FIXTURES / "circle.toml", [each.recording for each in SCENARIOS]
    alone = embedded(config, files)
    assert alone.objects
    assert on_kafka(broker, config, files, workers=3) == alone


def test_recordings_of_real_ships_amount_to_the_same(broker: Broker, recordings: Path, tmp_path: Path):
    config = tmp_path / "corridor.toml"
    zones = recordings / "portcalls_dev" / "seg_ports.geojson"
    config.write_text(f'[corridor]\nname = "real"\nzones = ["{zones}"]\n')
    files = sorted(recordings.glob("*/*"))
    alone = embedded(config, files)
    assert alone.objects > 20
    assert on_kafka(broker, config, files, workers=3) == alone


@pytest.mark.slow
def test_the_command_prints_a_line_each_and_goes_by_what_can_be_read(
    corridor: Path, two_weeks: Path, facts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    short, refused = tmp_path / "short.gz", tmp_path / "refused.jsonl"
    short.write_bytes(gzip.compress(two_weeks.read_bytes())[:-9_000])
    refused.write_text("[]\n")
    told = [str(word) for file in (facts, refused) for word in ("--facts", file)]
    assert crosscheck.main([str(short), *told, "--config", str(corridor)]) == 0
    out, err = capsys.readouterr()
    digest, objects = embedded(corridor, [short], [facts])
    assert out.splitlines() == [f"{name} {digest} {objects}" for name in ("embedded", "kafka-1", "kafka-3")]
    assert [("cut short" in line, "a JSON object" in line) for line in err.splitlines()] == [
        (True, False),
        (False, True),
    ]


def test_the_command_fails_where_they_differ(
    two_weeks: Path, corridor: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(crosscheck, "running", nullcontext)
    monkeypatch.setattr(crosscheck, "on_kafka", lambda *_: NOBODY)
    assert crosscheck.main([str(two_weeks), "--config", str(corridor)]) == EXIT_FAILED
    assert capsys.readouterr().err == "crosscheck: they differ\n"


@pytest.mark.parametrize("words", [[], ["-"], ["nowhere.nmea"], ["nowhere.nmea", "--config", "nowhere.toml"]])
def test_the_command_refuses_what_cannot_be_meant(words: list[str], capsys: pytest.CaptureFixture[str]):
    assert crosscheck.main(words) == EXIT_WRONG_USAGE
    assert capsys.readouterr().err.startswith("crosscheck: ")
