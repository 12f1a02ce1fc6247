"""Heard live and sent to the workers, whatever is killed, AIS amounts to what `sealane run` makes of the same lines."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from signal import SIGKILL

import msgspec
import pytest
import redis

from bench.fleet import Fleet
from sealane.fix import Mmsi
from streams.kafka import failpoint
from streams.ledger import keys
from streams.ledger.inputs import StoredFix
from tests.core.story import Spot, line, position_payload, static_payload
from tests.stack.conftest import Run

pytestmark = pytest.mark.stack

KITTIWAKE, MMSI = 2_000_016, 200_000_011
WITHIN_S = 60.0  # on a busy machine


@pytest.mark.slow
def test_a_file_that_grows_amounts_to_a_run_though_ingest_is_killed_at_its_point_and_at_random(
    ships: Fleet, corridor: Path, two_weeks: Path, run: Run, tmp_path: Path
):
    chance, growing = Random(1), tmp_path / "growing.nmea"
    lines = two_weeks.read_bytes().splitlines(keepends=True)
    cuts = sorted(chance.sample(range(200, len(lines)), 4))
    growing.touch()
    ships.start("follow", "0")
    ships.start("judge", "0")
    for number, (begin, end) in enumerate(zip([0, *cuts], [*cuts, len(lines)], strict=True)):
        point = f"{failpoint.PRODUCED}:1" if number % 2 == 0 else ""
        ingest = ships.start("ingest", "0", "--file", str(growing), failpoint=point)
        with growing.open("ab") as more:
            more.write(b"".join(lines[begin:end]))
        if point:
            assert ingest.wait(WITHIN_S) == -SIGKILL  # Kafka has the reports, the ledger no mark of it
        else:
            time.sleep(chance.uniform(1.0, 4.0))
            ingest.kill()
            ingest.wait()
    ships.start("ingest", "0", "--file", str(growing))
    expected = run(corridor, two_weeks)
    ships.until(lambda: ships.heard() == expected)
    ships.end()
    ships.settled()  # verified


def test_whom_one_ingest_learns_of_another_follows_too(ships: Fleet, tmp_path: Path):
    here, there = tmp_path / "here.nmea", tmp_path / "there.nmea"
    first_at = datetime(2024, 5, 1, tzinfo=UTC)

    def heard_there(minutes: int) -> None:
        at_sea = Spot(first_at + timedelta(minutes=minutes), 40.0, 133.0, 9.0)  # outside the area
        with there.open("ab") as more:
            more.write(line(at_sea.at, *position_payload(at_sea, MMSI), station="there"))

    def kept() -> list[datetime]:
        with redis.Redis.from_url(ships.url) as server:
            packed = server.hvals(keys.fixes(Mmsi(MMSI), first_at.toordinal()))
        return [msgspec.msgpack.decode(each, type=StoredFix).fix.at for each in packed]

    def hours() -> set[bytes]:
        with redis.Redis.from_url(ships.url) as server:
            return {each.partition(b":")[2] for each in server.smembers(keys.HOURS)}

    heard_there(0)
    here.touch()
    for kind in ("follow", "judge", "relay"):
        ships.start(kind, "0")
    ships.start("ingest", "here", "--file", str(here))
    ships.start("ingest", "there", "--file", str(there))
    ships.until(lambda: b"there" in hours())
    here.write_bytes(line(first_at, *static_payload(KITTIWAKE, MMSI), station="here"))
    later = iter(range(60, 60 * 23))  # an hour on, each its own

    def is_followed_there() -> bool:
        heard_there(next(later))
        return bool(kept())

    ships.until(is_followed_there)
    assert first_at not in kept()  # heard before anybody knew whose radio it was
