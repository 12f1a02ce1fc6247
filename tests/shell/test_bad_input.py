"""Bad input: each a clear message on standard error and an exit code, standard output clean, nothing lost."""

import gzip
import re
from functools import reduce
from operator import xor
from pathlib import Path

import msgspec
import pytest
import zstandard

from tests.shell.commands import process, sealane
from tests.shell.conftest import FEW_LINES

State = dict[str, object]
OLD, FAR = 0, 4_070_908_800  # 1970 and 2099


def state(told: str) -> State:
    """The one JSON object on standard output."""
    assert told.count("\n") == 1
    return msgspec.json.decode(told, type=State)


def lines_of(told: str) -> dict[str, int]:
    lines = msgspec.convert(state(told)["lines"], dict[str, int])
    assert lines["total"] == sum(count for outcome, count in lines.items() if outcome != "total")
    return lines


@pytest.fixture
def replay(tmp_path: Path, corridor: Path):
    """Replay bytes as a file of this name with --state: exit code, standard output, standard error."""

    def run(read: bytes, name: str = "ais.nmea") -> tuple[int, str, str]:
        (tmp_path / name).write_bytes(read)
        return sealane("replay", tmp_path / name, "--state", "--config", corridor)

    return run


# names


def test_a_missing_file_is_wrong_usage():
    status, told, complaint = process("replay", "nowhere.nmea", "--state")
    assert (status, told) == (2, "")
    assert complaint == "sealane: error: nowhere.nmea: no such file; check the name, or use - for standard input\n"


def test_a_missing_file_among_good_ones_fails_after_the_good_ones_are_read(recording: Path, corridor: Path):
    status, told, complaint = sealane("replay", "nowhere.nmea", recording, "--state", "--config", corridor)
    assert (status, lines_of(told)["total"]) == (1, FEW_LINES)
    assert "nowhere.nmea: no such file" in complaint


def test_a_directory_is_wrong_usage_and_is_told_how_to_name_its_files(tmp_path: Path):
    status, told, complaint = sealane("replay", tmp_path)
    assert (status, told) == (2, "")
    assert f"name the files in it: {tmp_path}/*" in complaint


def test_a_file_that_cannot_be_read_fails(tmp_path: Path):
    (tmp_path / "loop").symlink_to("loop")  # nobody can, root neither
    status, told, complaint = sealane("replay", tmp_path / "loop")
    assert (status, told) == (1, "")
    assert "loop: cannot be read (Too many levels of symbolic links)" in complaint


def test_the_same_file_twice_changes_nothing_but_the_account(recording: Path, corridor: Path):
    status, once, _ = sealane("replay", recording, "--state", "--config", corridor)
    again, twice, _ = sealane("replay", recording, recording, "--state", "--config", corridor)
    assert (status, again) == (0, 0)
    assert state(once)["digest"] == state(twice)["digest"]
    assert lines_of(twice)["total"] == 2 * lines_of(once)["total"]


# contents


EMPTY = {"nothing": b"", "blanks": b"\n\n  \r\n", "gzip": gzip.compress(b""), "zstd": zstandard.compress(b"")}


@pytest.mark.parametrize("read", EMPTY.values(), ids=EMPTY)
def test_an_empty_file_is_a_warning(replay, read: bytes):
    status, told, complaint = replay(read)
    assert (status, lines_of(told)["total"], state(told)["as_of"]) == (0, 0, None)
    assert "warning" in complaint
    assert "empty, not a line to read" in complaint


def test_an_empty_file_among_good_ones_is_named(tmp_path: Path, recording: Path, corridor: Path):
    (tmp_path / "void").touch()
    status, told, complaint = sealane("replay", recording, tmp_path / "void", "--state", "--config", corridor)
    assert (status, lines_of(told)["total"]) == (0, FEW_LINES)
    assert complaint == f"sealane: warning: {tmp_path / 'void'}: empty, not a line to read\n"


@pytest.mark.parametrize(
    "read", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", bytes(range(256)) * 4_000, b"hello\n", b"\0" * 5_000_000]
)
def test_what_is_no_ais_is_foreign_and_asked_about(replay, read: bytes):
    status, told, complaint = replay(read)
    assert (status, lines_of(told)["decoded"]) == (0, 0)
    assert "is it AIS?" in complaint


def test_ais_without_time_stamps_makes_no_call_and_says_why(replay, good: bytes):
    status, told, complaint = replay(re.sub(rb"(?m)^\\[^\\]*\\", b"", good))
    assert (status, state(told)["calls"], state(told)["as_of"]) == (0, [], None)
    assert "no line has a plausible time stamp" in complaint


def test_ais_in_which_nobody_is_followed_says_so_and_what_to_do(replay):
    status, told, complaint = replay(b"\\s:A,c:1700000000*7B\\!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\n")
    passed_over = {"total": 1, "decoded": 0, "part": 0, "not_followed": 1, "foreign": 0}
    assert (status, state(told)["lines"]) == (0, passed_over)
    assert "nobody in it is followed" in complaint
    assert "--config" in complaint


def test_stamps_of_1970_and_2099_are_counted_and_move_no_clock(replay, good: bytes):
    stamped_wrongly = b"".join(restamped(line, at) for line in good.splitlines()[:20] for at in (OLD, FAR))
    _, expected, _ = replay(good)
    status, told, complaint = replay(stamped_wrongly + good)
    assert (status, state(told)["digest"], state(told)["as_of"]) == (
        0,
        state(expected)["digest"],
        state(expected)["as_of"],
    )
    assert lines_of(told)["bad_time"] > 0
    assert "line 1: bad_time, the first of" in complaint


def restamped(line: bytes, at_s: int) -> bytes:
    """A line of the demo feed under another time."""
    tag, _, sentence = line[1:].partition(b"\\")
    body = re.sub(rb"c:\d+", b"c:%d" % at_s, tag.rpartition(b"*")[0])
    return b"\\%s*%02X\\%s\n" % (body, reduce(xor, body), sentence)


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_of_five_megabytes_is_rejected_and_the_others_read(replay, good: bytes, end: bytes):
    _, expected, _ = replay(good)
    for place in (good + b"x" * 5_000_000 + end, b"x" * 5_000_000 + b"\n" + good):
        status, told, complaint = replay(place)
        assert (status, lines_of(told)["line_too_long"]) == (0, 1)
        assert state(told)["digest"] == state(expected)["digest"]
        assert "line_too_long" in complaint


def test_carriage_returns_and_null_bytes_lose_no_line(replay, good: bytes):
    _, expected, _ = replay(good)
    for read in (good.replace(b"\n", b"\r\n"), good + b"\0\0\n\0", b"\0\0\n" + good):
        status, told, _ = replay(read)
        assert (status, state(told)["digest"]) == (0, state(expected)["digest"])


# compression


def halves(read: bytes) -> tuple[bytes, bytes]:
    return read[: len(read) // 2], read[len(read) // 2 :]


@pytest.mark.parametrize("name", ["ais.zst", "ais.txt", "ais"])
def test_compression_is_told_by_the_bytes_and_not_by_the_name(replay, good: bytes, name: str):
    _, expected, _ = replay(good)
    for read in (gzip.compress(good), zstandard.compress(good), good):
        status, told, complaint = replay(read, name)
        assert (status, told, complaint) == (0, expected, "")


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_two_compressed_parts_in_a_row_are_one_recording(replay, good: bytes, compress):
    _, expected, _ = replay(good)
    assert replay(b"".join(map(compress, halves(good))))[:2] == (0, expected)


@pytest.mark.parametrize(("kind", "compress"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.9, 1.0])
def test_a_compressed_file_cut_short_fails_with_what_was_read(replay, good: bytes, kind: str, compress, share: float):
    first, second = map(compress, halves(good))
    read = (first + second)[: len(first) + int(share * (len(second) - 3)) + 2]
    status, told, complaint = replay(read)
    assert status == 1
    assert lines_of(told)["decoded"] >= good[: len(good) // 2].count(b"!AIVDM") * 0.8
    assert f"{kind} data cut short or damaged after" in complaint


BEGUN = {
    "gzip, 2": gzip.compress(b"x")[:2],
    "gzip, 9": gzip.compress(b"x")[:9],
    "zstd, 3": zstandard.compress(b"x")[:3],
}


@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN)
def test_a_file_cut_within_its_first_bytes_fails(replay, begun: bytes):
    status, told, complaint = replay(begun)
    assert (status, lines_of(told)["total"]) == (1, 0)
    assert "cut short" in complaint


def test_damage_in_the_middle_fails_with_what_stood_before(replay, good: bytes):
    first, second = map(zstandard.compress, halves(good))
    status, told, complaint = replay(first + b"damage" + second)
    assert status == 1
    assert lines_of(told)["total"] > FEW_LINES * 0.4
    assert "cut short or damaged" in complaint


# standard input


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
def test_standard_input_is_read_as_a_file_is(good: bytes, recording: Path, corridor: Path, compress):
    _, expected, _ = sealane("replay", recording, "--state", "--config", corridor)
    status, told, complaint = sealane("replay", "-", "--state", "--config", corridor, given=compress(good))
    assert (status, told, complaint) == (0, expected, "")


def test_empty_standard_input_is_a_warning():
    status, told, complaint = sealane("replay", "-", "--state")
    assert (status, lines_of(told)["total"]) == (0, 0)
    assert "stdin: empty" in complaint


# settings

MISTAKES = {
    "[corridor]\nname = 'x'\nzoens = ['z.geojson']": "did you mean 'zones'?",
    "[corridr]\nname = 'x'": "did you mean 'corridor'?",
    "[rules]\ncall_min_stay_mins = 30": "did you mean 'call_min_stay_min'?",
    "[rules]\ncall_min_stay_min = 'long'": "expected a number",
    "[rules]\ncall_min_stay_min = -1": "expected a number of 0 or more",
    "[corridor]\nzones = []": "read no name",
    "[corridor]\nname = 'x'\nzones = ['nowhere.geojson']": "nowhere.geojson",
    "[corridor]\nname = 'x'\nwatchlist = 'bad.toml'": "imo 9124042, expected seven digits",
    "[corridor]\nname = 'x'\nsurge = 'bad.toml'": "vessels",
    "this is no TOML": "a mistake in the TOML",
}


@pytest.mark.parametrize(("config", "remedy"), MISTAKES.items(), ids=range(len(MISTAKES)))
def test_a_mistake_in_the_settings_is_named_and_nothing_is_read(
    tmp_path: Path, recording: Path, config: str, remedy: str
):
    (tmp_path / "bad.toml").write_text("[[vessels]]\nname = 'HERON'\nimo = 9124042\n")
    (tmp_path / "mine.toml").write_text(config)
    status, told, complaint = sealane("replay", recording, "--state", "--config", tmp_path / "mine.toml")
    assert (status, told) == (2, "")
    assert complaint.startswith(f"sealane: error: {tmp_path}/")
    assert remedy in complaint


def test_a_surge_rule_without_criteria_is_named(tmp_path: Path, recording: Path):
    (tmp_path / "surge.toml").write_text("[[rules]]\nkey = 'many'\n")
    (tmp_path / "mine.toml").write_text("[corridor]\nname = 'x'\nsurge = 'surge.toml'\n")
    status, _, complaint = sealane("replay", recording, "--config", tmp_path / "mine.toml")
    assert status == 2
    assert "surge.toml: rules 1 (many): read no criterion, expected at_least or at_most" in complaint


def test_the_environment_can_name_the_corridor_and_its_mistakes_are_told_alike(recording: Path, corridor: Path):
    status, told, _ = sealane("replay", recording, "--state", SEALANE_CONFIG=str(corridor))
    assert (status, state(told)["corridor"]) == (0, "demo")
    status, told, complaint = sealane("replay", recording, SEALANE_CONFIG="nowhere.toml")
    assert (status, told) == (2, "")
    assert "nowhere.toml" in complaint


def test_a_ledger_that_is_no_url_is_wrong_usage_and_one_out_of_reach_a_failure(recording: Path):
    status, told, complaint = sealane("replay", recording, "--ledger", "nonsense")
    assert (status, told) == (2, "")
    assert "expected embedded or the URL of a Redis" in complaint
    status, told, complaint = sealane("replay", recording, "--ledger", "redis://127.0.0.1:1")
    assert (status, told) == (1, "")
    assert "cannot be reached" in complaint


def test_zones_check_fails_on_bad_zones_with_1(tmp_path: Path):
    (tmp_path / "zones.geojson").write_text('{"type": "FeatureCollection", "features": 1}')
    status, told, complaint = sealane("zones", "check", tmp_path / "zones.geojson")
    assert (status, told) == (1, "")
    assert "zones.geojson" in complaint
