"""Facts beside recordings, or alone, in a replay."""

import json

import pytest

from tests.shell.commands import sealane
from tests.shell.facts.adding import ARRIVED, COUNTED, FACTS, KITTIWAKE, LOADED, Desk, text_of


def test_facts_alone_are_enough_to_replay(desk: Desk):
    state = desk.told("replay --state", "--facts", desk.file(LOADED, ARRIVED))
    assert state["as_of"] == "2024-05-03T00:00:00Z"
    assert [each["imo"] for each in state["deliveries"]] == [KITTIWAKE]
    assert state["lines"]["total"] == 0


def test_facts_in_one_file_or_two_told_twice_beside_a_recording_are_one_state(desk: Desk):
    whole = desk.told("replay --state", desk.recording, "--facts", desk.file(*FACTS))
    parts = [desk.file(*FACTS[:2], name="a"), desk.file(*FACTS[::-1], name="b")]
    assert desk.told("replay --state", desk.recording, "--facts", parts[1], "--facts", parts[0]) == whole


def test_a_bad_file_is_refused_and_all_else_is_taken(desk: Desk):
    bad, good = desk.file(LOADED, {**ARRIVED, "place": "dunei"}, name="bad"), desk.file(COUNTED, name="good")
    status, out, err = desk("replay --state", desk.recording, "--facts", bad, "--facts", good)
    assert status == 1
    assert f"{bad}, line 2: place: read 'dunei'" in err
    assert f"{bad}: nothing of it was taken" in err
    alone = desk.told("replay --state", desk.recording, "--facts", good)
    assert json.loads(out) == alone


def test_of_many_bad_lines_the_first_are_shown_and_all_are_counted(desk: Desk):
    bad = desk.folder / "bad"
    bad.write_text("{\n" * 50)
    status, _, err = desk("replay", "--facts", bad)
    assert status == 1
    assert err.count(", line ") == 10
    assert "50 mistakes, the first 10 named; nothing of it was taken" in err


def test_a_file_of_facts_that_is_not_there_is_said(desk: Desk):
    status, _, err = desk("replay", desk.recording, "--facts", desk.folder / "none.jsonl")
    assert status == 1
    assert "none.jsonl: cannot be read (no such file or directory)" in err


def test_facts_from_standard_input(desk: Desk):
    words = ("replay", "--state", "--facts", "-", "--config", desk.config)
    status, out, _ = sealane(*words, given=text_of(LOADED).encode())
    assert (status, json.loads(out)["as_of"]) == (0, "2024-05-03T00:00:00Z")


USAGE = {
    "nothing to read": ("replay", "nothing to read, expected a recording, or --facts FILE"),
    "standard input twice": ("replay - --facts -", "standard input once"),
    "a time without a zone": ("replay x --as-of 2024-05-01T00:00:00", "--as-of: read '2024-05-01T00:00:00', without a"),
    "no time": ("replay x --known-at soon", "--known-at: read 'soon', expected a time with its zone"),
    "known in the future": ("replay x --known-at 2094-05-01T00:00Z", "--known-at: .*a time that has come"),
    "as of, with a ledger": ("replay x --ledger embedded --as-of 2024-05-01T00:00Z", "--as-of: read a ledger"),
}


@pytest.mark.parametrize(("command", "said"), USAGE.values(), ids=USAGE.keys())
def test_wrong_usage_of_replay_is(desk: Desk, command: str, said: str):
    status, _, err = desk(command)
    assert status == 2
    assert said.partition(".*")[0] in err
    assert said.rpartition(".*")[2] in err


def test_as_of_a_time_counts_what_is_later_and_knows_nothing_of_it(desk: Desk):
    held = desk.told("replay --state --as-of 2023-08-20T00:00:00Z", desk.recording, "--facts", desk.file(*FACTS))
    assert held["as_of"] == "2023-08-20T00:00:00Z"
    assert held["lines"]["later"] > 0
    early = desk.folder / "early.nmea"
    stamps = [line for line in desk.recording.read_bytes().splitlines(keepends=True) if _stamp(line) <= 1692489600]
    early.write_bytes(b"".join(stamps))
    part = desk.told("replay --state --as-of 2023-08-20T00:00:00Z", early)
    assert part["lines"]["total"] + held["lines"]["later"] == held["lines"]["total"]
    accounts = ("lines", "sentences")
    assert {k: v for k, v in held.items() if k not in accounts} == {k: v for k, v in part.items() if k not in accounts}


def _stamp(line: bytes) -> int:
    return int(line.partition(b"c:")[2][:10] or 0)


def test_of_recordings_all_later_than_the_time_that_is_said(desk: Desk):
    status, _, err = desk("replay --as-of 2022-01-01T00:00:00Z", desk.recording)
    assert status == 0
    assert "every line was heard after --as-of" in err
