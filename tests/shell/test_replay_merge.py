"""`sealane replay --merge`: several recordings as one, in the order their lines were heard."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.replay.merge import BLOCK_LINES, READ_BYTES, Merged
from streams.replay.recording import CutShort, Recording
from tests.shell.commands import sealane

BEGIN = 1_600_000_000
READ_AT = datetime(2026, 1, 1, tzinfo=UTC)


def line(after_s: int, station: str) -> bytes:
    """A sentence with an epoch behind it."""
    return b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24,%b,%d\n" % (station.encode(), BEGIN + after_s)


def merged(folder: Path, *files: bytes) -> Merged:
    for number, content in enumerate(files):
        (folder / f"{number}.nmea").write_bytes(content)
    return Merged([Recording(str(folder / f"{number}.nmea")) for number in range(len(files))], READ_AT)


def told(files: Merged) -> bytes:
    try:
        return b"".join(files.blocks())
    finally:
        files.close()


def test_lines_come_in_the_order_they_were_heard(tmp_path: Path):
    north = [line(at_s, "north") for at_s in range(0, 600, 10)]
    south = [line(at_s, "south") for at_s in range(5, 300, 10)]
    west = [line(at_s, "west") for at_s in range(1_000, 1_100, 10)]
    files = merged(tmp_path, b"".join(west), b"".join(south), b"".join(north))
    expected = sorted(north + south + west, key=lambda each: each[-11:])
    assert told(files).splitlines(keepends=True) == expected


def test_a_line_that_does_not_say_when_comes_with_the_one_before_it_and_a_late_one_too(tmp_path: Path):
    north = line(0, "north") + b"# said at 0\n" + line(60, "north") + line(20, "north") + b"# said at 60\n"
    south = line(30, "south") + line(90, "south")
    assert told(merged(tmp_path, north, south)).splitlines() == [
        *line(0, "north").splitlines(),
        b"# said at 0",
        *line(30, "south").splitlines(),
        *line(60, "north").splitlines(),
        *line(20, "north").splitlines(),
        b"# said at 60",
        *line(90, "south").splitlines(),
    ]


def test_of_two_heard_at_once_the_first_named_comes_first(tmp_path: Path):
    assert told(merged(tmp_path, line(0, "one"), line(0, "two"))) == line(0, "one") + line(0, "two")


def test_a_line_is_known_by_its_own_file_and_number(tmp_path: Path):
    count = BLOCK_LINES
    north = b"".join(line(at_s, "north") for at_s in range(0, 2 * count, 2))
    south = b"".join(line(at_s, "south") for at_s in range(1, 2 * count, 2))
    files = merged(tmp_path, north, south)
    told(files)
    places = [(Path(name).name, number) for name, number in map(files.where, range(1, 2 * count + 1))]
    assert places == [(f"{at % 2}.nmea", 1 + at // 2) for at in range(2 * count)]


def test_files_that_do_not_overlap_are_not_open_together(tmp_path: Path):
    days = [b"".join(line(86_400 * day + each, "north") for each in range(50)) for day in range(40)]
    files = merged(tmp_path, *reversed(days))
    assert told(files) == b"".join(days)
    assert files.most_open == 1


def test_a_long_file_is_read_in_small_blocks(tmp_path: Path):
    north = b"".join(line(at_s, "north") for at_s in range(3 * READ_BYTES // len(line(0, "north"))))
    assert told(merged(tmp_path, north, line(-1, "south"))) == line(-1, "south") + north


def test_a_file_cut_short_ends_no_other_and_is_named_at_the_end(tmp_path: Path):
    files = merged(tmp_path, line(0, "north") + line(50, "north"), b"\x1f\x8b\x08\x00cut")
    with pytest.raises(CutShort, match=r"1\.nmea"):
        told(files)


def test_the_state_is_that_of_the_files_one_after_the_other(two_weeks: Path, corridor: Path, tmp_path: Path):
    lines = two_weeks.read_bytes().splitlines(keepends=True)
    first, second = tmp_path / "first.nmea", tmp_path / "second.nmea"
    first.write_bytes(b"".join(lines[::2]))
    second.write_bytes(b"".join(lines[1::2]) + b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*25\n")
    words = ("replay", first, second, "--config", corridor, "--state")
    one_by_one, one = json.loads(sealane(*words)[1]), json.loads(sealane(*words, "--merge")[1])
    assert one["digest"] == one_by_one["digest"]
    assert one["lines"] == one_by_one["lines"]


def test_a_reject_is_named_by_its_own_file(two_weeks: Path, corridor: Path, tmp_path: Path):
    bad = tmp_path / "bad.nmea"
    bad.write_bytes(two_weeks.read_bytes().splitlines(keepends=True)[0].replace(b"*", b"*0", 1))
    _, _, told_of = sealane("replay", two_weeks, bad, "--config", corridor, "--merge")
    assert "bad.nmea, line 1: " in told_of
