"""What was known by a time: nothing heard or known later has a part in it, whatever else is in the files."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from functools import reduce
from itertools import pairwise
from operator import xor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealane.account import Account
from sealane.binding import Binding
from sealane.decision import Decision
from sealane.fact import Fact
from sealane.rules import Rules
from sealane.sighting import SeenShip, Sighting
from streams.facts import FactsFile
from streams.replay.recording import Recording
from streams.replay.replay import Replay
from tests.core.story import (
    DISCHARGE,
    IMO,
    LOAD,
    MMSI,
    OTHER_IMO,
    OTHER_MMSI,
    at,
    line,
    nmea,
    position_payload,
    rules_for,
    sail,
    spot,
    static_payload,
    visit,
)

THIRD_MMSI = 200000003
RULES = rules_for(LOAD, DISCHARGE)
READ_AT = at(24 * 400)


def pghp(when: datetime, checksum: int) -> bytes:
    """A $PGHP line that stamps the message after it."""
    fields = [when.year, when.month, when.day, when.hour, when.minute, when.second, 0]
    body = f"PGHP,1,{','.join(map(str, fields))},219,,2190048,1,{checksum:X}"
    return f"${body}*{reduce(xor, body.encode(), 0):02X}\r\n".encode()


def stamped_before(when: datetime, payload: str, fill: int) -> bytes:
    """A message without tag blocks, stamped by the $PGHP line before it: lines that stay together."""
    bare = [each.rpartition(b"\\")[2] for each in line(when, payload, fill).splitlines(keepends=True)]
    checksums = (int(each.strip().rpartition(b"*")[2], 16) for each in bare)
    return pghp(when, reduce(xor, checksums, 0)) + b"".join(bare)


AWAY = sail((3, 0, 0), (40, 900, 90), port=LOAD, every_min=55)  # soon far from any zone
LOUD = [(at(hours), spot(hours, 0, port=LOAD)) for hours in range(0, 60, 7)]
TOLD: list[tuple[datetime, bytes]] = [
    *((each.at, line(each.at, *position_payload(each, MMSI))) for each in visit(0, LOAD, stay_h=5)[::3]),
    *((each.at, line(each.at, *position_payload(each, MMSI))) for each in visit(30, DISCHARGE, stay_h=5)[::3]),
    *((each.at, line(each.at, *position_payload(each, OTHER_MMSI))) for each in visit(2, LOAD, stay_h=6)[::3]),
    *((each.at, stamped_before(each.at, *position_payload(each, THIRD_MMSI))) for each in AWAY),
    *((at(hours), line(at(hours), *static_payload(IMO, MMSI))) for hours in (4, 41)),
    (at(32), line(at(32), *static_payload(OTHER_IMO, OTHER_MMSI, "RED KNOT"))),
    *((at(hours), stamped_before(at(hours), *static_payload(IMO, MMSI, f"HERON {hours}"))) for hours in (5, 22, 39)),
    *((each.at, line(each.at, *position_payload(each, OTHER_MMSI))) for each in AWAY[::2]),
    (at(33), line(at(33), *static_payload(IMO, THIRD_MMSI))),  # until then nobody follows it out there
    *((when, line(when, *position_payload(each, 999999), station="south")) for when, each in LOUD),
]
SHIPS = (SeenShip(imo=IMO),)
FACTS: tuple[Fact, ...] = (
    Sighting(id="s1", place=LOAD.code, from_at=at(1), to_at=at(6), ships=SHIPS, known_at=at(9)),
    Sighting(id="s2", place=DISCHARGE.code, from_at=at(20), to_at=at(26), ships=SHIPS, known_at=at(35)),
    Binding(id="b1", mmsi=OTHER_MMSI, imo=IMO, from_at=at(1), known_at=at(12)),
    Decision(id="d1", action="reject", target="s1", by="an analyst", at=at(38), reason="another ship"),
)


def replayed(
    folder: Path,
    files: Sequence[bytes],
    facts: Sequence[Fact],
    as_of: datetime | None,
    known_at: datetime | None = None,
    rules: Rules = RULES,
) -> Replay:
    with ExitStack() as opened:
        recordings = []
        for number, content in enumerate(files):
            path = folder / f"{number}.nmea"
            path.write_bytes(content)
            recordings.append(opened.enter_context(closing(Recording(str(path)))))
        read = [FactsFile(name="facts.jsonl", facts=tuple(facts))]
        run = Replay(recordings, rules, READ_AT, facts=read, as_of=as_of, known_at=known_at)
        asyncio.run(run.run(lambda _: None, lambda _: None, settle_every=50))
    return run


def by_then(as_of: datetime) -> tuple[bytes, list[Fact]]:
    """The lines heard and the facts known by a time."""
    return b"".join(text for when, text in TOLD if when <= as_of), [each for each in FACTS if each.known_at <= as_of]


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 50 * 60), st.lists(st.integers(0, 400), max_size=2))
def test_as_of_a_time_stands_what_only_the_lines_and_facts_up_to_it_amount_to(
    tmp_path_factory: pytest.TempPathFactory, random, minutes: int, cuts: list[int]
):
    as_of = at(minutes / 60)
    told, facts = [text for _, text in TOLD], list(FACTS)
    random.shuffle(told)
    random.shuffle(facts)
    bounds = [0, *sorted(cuts), len(told)]
    files = [b"".join(told[begin:end]) for begin, end in pairwise(bounds)]
    folder = tmp_path_factory.mktemp("cut")
    whole = replayed(folder, files, facts, as_of)
    lines, known = by_then(as_of)
    part = replayed(folder, [lines], known, as_of)
    assert whole.embedded.standing == part.embedded.standing
    assert whole.embedded.digest() == part.embedded.digest()
    assert whole.embedded.standing.as_of == as_of
    assert set(whole.listener.hours) == set(part.listener.hours)
    for outcome in ("decoded", "not_followed", "part"):
        assert account(whole).lines[outcome] == account(part).lines[outcome]


def test_as_of_after_everything_is_what_stands_with_all_of_it(tmp_path: Path):
    lines = b"".join(text for _, text in TOLD)
    newest = replayed(tmp_path, [lines], FACTS, None).embedded.standing.as_of
    assert newest is not None
    later = replayed(tmp_path, [lines], FACTS, newest + timedelta(minutes=1))
    plain = replayed(tmp_path, [lines], FACTS, newest)
    assert later.embedded.standing.calls == plain.embedded.standing.calls != ()


def account(run: Replay) -> Account:
    return run.listener.account


def test_every_line_heard_later_is_counted_as_that_and_all_of_them_add_up(tmp_path: Path):
    run = replayed(tmp_path, [b"".join(text for _, text in TOLD)], (), at(10))
    later = sum(text.count(b"!AIVDM") for when, text in TOLD if when > at(10))
    assert account(run).lines["later"] == account(run).sentences["later"] == later > 0
    total, *outcomes = account(run).lines.values()
    assert total == sum(outcomes)
    assert max(hour for _, hour in run.listener.hours) <= at(10)


def test_what_is_not_held_to_a_time_counts_nothing_as_later(tmp_path: Path):
    assert "later" not in account(replayed(tmp_path, [by_then(at(10))[0]], (), None)).lines


def test_recordings_known_later_than_the_time_asked_for_are_not_heard(tmp_path: Path):
    lines = b"".join(text for _, text in TOLD)
    unknown = replayed(tmp_path, [lines], FACTS, at(40), known_at=at(41))
    assert unknown.embedded.digest() == replayed(tmp_path, [], FACTS, at(40)).embedded.digest()
    known = replayed(tmp_path, [lines], FACTS, at(40), known_at=at(40))
    assert known.embedded.digest() == replayed(tmp_path, [lines], FACTS, at(40)).embedded.digest()


def test_a_binding_says_whom_to_follow_from_the_first_line_on(tmp_path: Path):
    away = sail((1, 900, 0), (9, 900, 90), port=LOAD)  # far from any zone and area
    lines = b"".join(nmea(away, OTHER_MMSI))
    assert account(replayed(tmp_path, [lines], (), None)).lines["decoded"] == 0
    assert account(replayed(tmp_path, [lines], FACTS, None)).lines["decoded"] == len(away)


def test_a_binding_to_a_hull_nobody_watches_makes_nobody_followed(tmp_path: Path):
    lines = b"".join(nmea(sail((1, 900, 0), (9, 900, 90), port=LOAD), OTHER_MMSI))
    bound = Binding(id="b1", mmsi=OTHER_MMSI, imo=OTHER_IMO, known_at=at(12))
    assert account(replayed(tmp_path, [lines], [bound], None)).lines["decoded"] == 0


def test_facts_alone_stand_as_of_when_the_last_of_them_became_known(tmp_path: Path):
    assert replayed(tmp_path, [], FACTS, None).embedded.standing.as_of == at(38)
