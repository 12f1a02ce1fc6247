"""`sealane replay --from --to`: what was heard outside is as if it were not in the files, and is accounted for."""

import json
import re
from datetime import UTC, datetime
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Any

import pytest

from streams.replay.span import Inside, Span, SpanAccount
from tests.shell.commands import sealane

US = 1_000_000
SENTENCE = b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24"
HALVES = (
    b"!AIVDM,2,1,3,B,55P5TL01VIaAL@7WKO@mBplU@<PDhh000000001S;AJ::4A80?4i@E53,0*3E",
    b"!AIVDM,2,2,3,B,1@0000000000000,2*55",
)


def tagged(line: bytes) -> int | None:
    found = re.search(rb"c:(\d+)", line)
    return int(found[1]) if found else None


def time(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def pghp(at_s: int, checksum: int) -> bytes:
    at = datetime.fromtimestamp(at_s, UTC)
    body = f"PGHP,1,{at.year},{at.month},{at.day},{at.hour},{at.minute},{at.second},0,219,,2190048,1,{checksum:02X}"
    return f"${body}*{reduce(xor, body.encode(), 0):02X}".encode()


def stated(line: bytes) -> int:
    return int(line.rpartition(b"*")[2], 16)


def kept(*lines: bytes, from_s: int = 1000000, to_s: int = 2000000000) -> list[bytes]:
    """The lines that are handed on."""
    inside = Inside(Span(from_s * US, to_s * US))
    return [line for line in inside.of(b"".join(line + b"\n" for line in lines)).split(b"\n") if line]


def state(*words: str | Path) -> dict[str, Any]:
    status, out, said = sealane("replay", *words, "--state")
    assert status == 0, said
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.fixture(scope="module")
def thirds(two_weeks: Path) -> tuple[int, int]:
    """Stamps of two lines of the recording, which part it in three."""
    lines = two_weeks.read_bytes().splitlines()
    first, second = (tagged(lines[len(lines) * part // 3]) for part in (1, 2))
    assert first is not None
    assert second is not None
    return first, second


def test_a_span_stands_as_a_file_that_holds_its_lines_alone(
    two_weeks: Path, corridor: Path, thirds: tuple[int, int], tmp_path: Path
):
    first, second = thirds
    lines = two_weeks.read_bytes().splitlines(keepends=True)
    within = [line for line in lines if (at := tagged(line)) is None or first <= at < second]
    (tmp_path / "within").write_bytes(b"".join(within))
    spanned = state(two_weeks, "--from", time(first), "--to", time(second), "--config", corridor)
    alone = state(tmp_path / "within", "--config", corridor)
    counts = dict(spanned["lines"])
    assert counts.pop("outside") == len(lines) - len(within)
    assert counts.pop("total") == len(lines)
    assert counts == {outcome: count for outcome, count in alone["lines"].items() if outcome != "total"}
    assert {key for key in spanned if spanned[key] != alone[key]} == {"lines", "sentences"}


def test_the_lines_of_a_span_add_up(two_weeks: Path, corridor: Path, thirds: tuple[int, int]):
    found = state(two_weeks, "--from", time(thirds[0]), "--config", corridor)
    for counts in (found["lines"], found["sentences"]):
        assert counts["outside"] > 0
        assert counts.pop("total") == sum(counts.values())


def test_two_spans_that_meet_hear_each_line_once(two_weeks: Path, corridor: Path, thirds: tuple[int, int]):
    before = state(two_weeks, "--to", time(thirds[0]), "--config", corridor)["lines"]
    after = state(two_weeks, "--from", time(thirds[0]), "--config", corridor)["lines"]
    assert before["outside"] + after["outside"] == before["total"] == after["total"]


def test_a_span_without_a_line_says_so(two_weeks: Path, corridor: Path):
    status, _, said = sealane("replay", two_weeks, "--to", "2001-01-01T00:00:00Z", "--config", corridor)
    assert (status, said.count("every line was heard outside --from and --to")) == (0, 1)


@pytest.mark.parametrize("to", ["2024-03-01T00:00:00Z", "2024-02-01T00:00:00Z"])
def test_a_span_that_ends_before_it_begins_is_a_mistake(two_weeks: Path, to: str):
    status, _, said = sealane("replay", two_weeks, "--from", "2024-03-01T00:00:00Z", "--to", to)
    assert (status, "--to" in said) == (2, True)


# whose stamp is not on the line itself


def test_lines_without_a_stamp_are_kept():
    assert kept(SENTENCE, b"# a comment", *HALVES) == [SENTENCE, b"# a comment", *HALVES]


def test_from_is_included_and_to_is_not():
    lines = [b"%b,station,%d" % (SENTENCE, at_s) for at_s in (1500000000, 1500000001, 1500000002)]
    assert kept(*lines, from_s=1500000001, to_s=1500000002) == lines[1:2]


def test_what_a_pghp_line_stamps_is_outside_with_it():
    early, late = 1400000000, 1600000000
    whole = reduce(xor, map(stated, HALVES))
    lines = [
        line for at_s in (early, late) for line in (pghp(at_s, stated(SENTENCE)), SENTENCE, pghp(at_s, whole), *HALVES)
    ]
    assert kept(*lines, from_s=1500000000) == lines[5:]
    assert kept(*lines, to_s=1500000000) == lines[:5]


def test_parts_without_a_stamp_are_outside_with_their_first_part():
    first = b"\\g:1-2-7,c:1400000000*%02X\\%b" % (reduce(xor, b"g:1-2-7,c:1400000000"), HALVES[0])
    second = b"\\g:2-2-7*%02X\\%b" % (reduce(xor, b"g:2-2-7"), HALVES[1])
    assert kept(first, second, from_s=1500000000) == []
    assert kept(first, second, to_s=1500000000) == [first, second]


def test_a_stamp_that_cannot_be_trusted_puts_no_line_outside():
    line = b"\\c:1400000000*00\\" + SENTENCE
    assert kept(line, from_s=1500000000) == [line]


def test_lines_handed_on_keep_their_number():
    account = SpanAccount()
    lines = [b"%b,station,%d" % (SENTENCE, at_s) for at_s in (1400000000, 1600000000)]
    handed = Inside(Span(from_us=1500000000 * US), account).of(b"\n".join([*lines, b""]))
    assert handed == b"\n" + lines[1] + b"\n"
    assert (account.lines["total"], account.lines["outside"], account.sentences["outside"]) == (1, 1, 1)
