"""A live feed that is taken up again where a run was killed: no message is lost, wherever that was."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random

import pytest
from pyais.encode import encode_dict

from sealane.filter import Watch
from sealane.listener import WORTH_SIFTING_BYTES, Listener, Reports
from sealane.stamp import checksum
from sealane.unfinished import AWAITED_SENTENCES

WATCHED, OTHERS = 200_000_001, (200_000_002, 200_000_003)
AT_S = 1_767_225_600
STATIONS = ("SYN-1", "SYN-2")
FAR = b"!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C"

Hears = Callable[[Listener, Sequence[bytes]], Reports]


def message(mmsi: int, sequence: int, station: str | None, at_s: int = AT_S) -> list[bytes]:
    """A message 5 of a made-up ship, in two parts."""
    parts = encode_dict({"type": 5, "mmsi": mmsi, "shipname": f"SHIP {mmsi}"}, seq_id=sequence, talker_id="AI")
    return [tagged(part.encode(), station, at_s) for part in parts]


def tagged(line: bytes, station: str | None, at_s: int) -> bytes:
    if station is None:
        return line
    tags = f"s:{station},c:{at_s}".encode()
    return b"\\%b*%02X\\%b" % (tags, checksum(tags), line)


def listener() -> Listener:
    watch = Watch(mmsi=frozenset({WATCHED}), in_area=lambda *_: False, boxes=())
    return Listener(watch, feed="feed", read_at=datetime(2026, 1, 1, tzinfo=UTC), learning=True)


def by_line(ear: Listener, lines: Sequence[bytes]) -> Reports:
    return [report for line in lines for report in ear.hear(line)]


def at_once(ear: Listener, lines: Sequence[bytes]) -> Reports:
    """In one block, with so much beside them that it is worth sifting."""
    beside = [FAR] * (WORTH_SIFTING_BYTES // len(FAR))
    block = b"".join(line + b"\n" for line in (*lines, *beside))
    sifted = ear.sift(block)
    assert sifted is not None
    return ear.hear_block(block, sifted)


def story(chance: Random) -> list[bytes]:
    """Messages of a watched ship and of others, their parts in any order, some of them missing."""
    lines = []
    for mmsi in (WATCHED, *OTHERS, WATCHED):
        lines += message(mmsi, chance.randrange(2), chance.choice((*STATIONS, None)), AT_S + chance.randrange(20))
    chance.shuffle(lines)
    return lines[chance.randrange(3) :]


@pytest.mark.parametrize("hear", [by_line, at_once])
@pytest.mark.parametrize("seed", range(20))
def test_a_run_killed_after_any_line_loses_no_message_to_the_next_one(seed: int, hear: Hears):
    lines = story(Random(seed))
    told = {report.payload for report in by_line(listener(), lines)}
    for killed_after in range(len(lines) + 1):
        before, after = listener(), listener()
        found = hear(before, lines[:killed_after])
        found += by_line(after, lines[min(before.settled, killed_after) :])
        assert told <= {report.payload for report in found}, killed_after


def test_a_part_that_comes_before_the_first_is_heard_again():
    first, last = message(WATCHED, 1, "SYN-1")
    ear = listener()
    assert by_line(ear, [FAR, last, FAR]) == []
    assert ear.settled == 1
    (report,) = by_line(ear, [first])
    assert report.mmsi == WATCHED
    assert ear.settled == ear.heard


def test_a_whole_message_of_somebody_else_holds_nothing_back():
    ear = listener()
    by_line(ear, message(OTHERS[0], 1, None)[::-1])
    assert ear.settled == ear.heard == 2


@pytest.mark.parametrize("part", [0, 1])
def test_a_message_that_never_gets_its_other_part_is_not_waited_for_for_ever(part: int):
    ear = listener()
    by_line(ear, [message(OTHERS[0], 1, "SYN-1")[part]])
    by_line(ear, [FAR] * (AWAITED_SENTENCES - 1))
    assert ear.settled == 0
    by_line(ear, [FAR])
    assert ear.settled == ear.heard
