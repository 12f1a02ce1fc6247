"""Facts people add: from files and commands, into replays and ledgers, beside a run; all SYNTHETIC."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis

from sealane.binding import Binding
from sealane.filter import watch_for
from sealane.fix import Fix, Mmsi
from sealane.heard import Hours
from sealane.listener import Listener
from sealane.scout import Scout
from sealane.static import Imo
from streams.app import opened
from streams.asof import standing_as_of
from streams.care.holding import folded, held_by
from streams.clock import now
from streams.corridor.corridor import Corridor, load_corridor
from streams.demo import feed
from streams.demo.files import write_corridor
from streams.facts import FactsFile, read_facts, without_clashes
from streams.ledger import keys
from streams.ledger.inputs import known_statics, stored_facts, stored_fixes
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import Ledger, LedgerError
from streams.ledger.server import data_folder, serve, socket_path
from tests.core.story import Port, nmea, sail
from tests.shell.commands import Answer, environment, sealane

KITTIWAKE, SANDPIPER = 2_000_016, 2_000_028
LINES = 1_500
WITHIN_S = 20.0
LOOKS_EVERY_S = 0.05
MAIN = "from streams.cli import main; main()"

LOADED: dict[str, Any] = {
    "kind": "sighting",
    "id": "s1",
    "place": "Rajin",
    "from": "2024-05-01T02:00:00Z",
    "to": "2024-05-01T08:00:00Z",
    "ships": [{"imo": KITTIWAKE}],
    "known_at": "2024-05-03T00:00:00Z",
}
ARRIVED: dict[str, Any] = {
    **LOADED,
    "id": "s2",
    "place": "Vrangel Bay",
    "from": "2024-05-02T02:00:00Z",
    "to": "2024-05-02T08:00:00Z",
}
COUNTED: dict[str, Any] = {
    "kind": "report",
    "id": "r1",
    "measure": "deliveries",
    "from": "2024-05",
    "to": "2024-05",
    "low": 4,
    "known_at": "2024-06-05T00:00:00Z",
}
REJECTED: dict[str, Any] = {
    "kind": "decision",
    "id": "d1",
    "action": "reject",
    "target": "s1",
    "by": "an analyst",
    "at": "2024-06-02T00:00:00Z",
    "reason": "another ship",
}
BOUND: dict[str, Any] = {
    "kind": "binding",
    "id": "b1",
    "mmsi": 200000099,
    "imo": KITTIWAKE,
    "known_at": "2024-06-02T00:00:00Z",
}
FACTS = (LOADED, ARRIVED, COUNTED, REJECTED, BOUND)


def text_of(*facts: dict[str, Any]) -> str:
    return "".join(json.dumps(fact) + "\n" for fact in facts)


class Desk:
    """The demo's corridor, a short recording, and files of facts; commands are asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.config = folder, write_corridor(folder / "corridor")
        self.recording = folder / "demo.nmea"
        self.recording.write_bytes(b"".join(islice(feed(), LINES)))

    def __call__(self, command: str, *words: str | Path) -> Answer:
        return sealane(*command.split(), *words, "--config", self.config)

    def file(self, *facts: dict[str, Any], name: str = "facts.jsonl") -> Path:
        path = self.folder / name
        path.write_text(text_of(*facts))
        return path

    def told(self, command: str, *words: str | Path) -> Any:
        status, out, err = self(command, *words)
        assert status == 0, err
        return json.loads(out)

    @property
    def corridor(self) -> Corridor:
        return load_corridor(self.config)


@pytest.fixture
def desk(home: Path, tmp_path: Path) -> Desk:
    del home
    return Desk(tmp_path)


# A file of facts


def read(desk: Desk, content: bytes, name: str = "facts.jsonl") -> FactsFile:
    path = desk.folder / name
    path.write_bytes(content)
    return read_facts(str(path), desk.corridor, now())


def test_blank_lines_repeats_and_the_mark_of_an_editor_are_fine(desk: Desk):
    text = text_of(*FACTS).encode()
    assert read(desk, b"\xef\xbb\xbf" + text + b"\r\n  \n" + text.replace(b"\n", b"\r\n")) == read(desk, text)
    assert len(read(desk, text.rstrip()).facts) == len(FACTS)
    assert read(desk, b"") == FactsFile(name=str(desk.folder / "facts.jsonl"))


WRONG_LINES = {
    "no JSON": (b"{", "a mistake in the JSON"),
    "no object": (b"[1]", "expected a JSON object"),
    "no UTF-8": (b'{"kind": "\xff"}', "no UTF-8"),
    "too long": (b" " * 70_000 + text_of(LOADED).encode(), "more than 65,536 bytes"),
    "nested without end": (b"[" * 60_000, "a mistake in the JSON"),
    "half a character": (rb'{"kind": "\ud800"}', "a mistake in the JSON"),
    "an id again": (text_of({**LOADED, "place": "dunay"}).encode(), "id 's1' says something else than on line 1"),
    "an unknown ship": (text_of({**ARRIVED, "ships": [{"imo": 9179842}]}).encode(), "expected a ship of the watchlist"),
}


@pytest.mark.parametrize(("line", "said"), WRONG_LINES.values(), ids=WRONG_LINES.keys())
def test_nothing_of_a_file_is_taken_with_a_line_that_is(desk: Desk, line: bytes, said: str):
    found = read(desk, text_of(LOADED).encode() + line.rstrip(b"\n") + b"\n" + text_of(ARRIVED).encode())
    (complaint,) = found.refused
    assert complaint.startswith(f"{found.name}, line 2: ")
    assert said in complaint
    assert found.facts == ()


def test_every_bad_line_is_named(desk: Desk):
    found = read(desk, b"{\n" * 40 + text_of(LOADED).encode() + b"{")
    assert [each.split(": ")[0].rpartition(" ")[2] for each in found.refused] == [*map(str, range(1, 41)), "42"]


def test_two_files_that_give_one_id_two_meanings_are_both_refused_and_a_third_is_taken(desk: Desk):
    files = [
        read(desk, text_of(LOADED, COUNTED).encode(), "a"),
        read(desk, text_of({**LOADED, "place": "dunay"}).encode(), "b"),
        read(desk, text_of(ARRIVED, COUNTED).encode(), "c"),
    ]
    assert [len(file.facts) for file in without_clashes(files, {})] == [0, 0, 2]
    assert "says something else in" in without_clashes(files, {})[0].refused[0]
    held = {fact.id: fact for fact in files[1].facts}
    assert "in the ledger" in without_clashes(files[:1], held)[0].refused[0]


# Replay


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


# A ledger


def chain(desk: Desk) -> list[dict[str, Any]]:
    out = desk("tail --no-follow --after 0 --json")[1]
    return [json.loads(line) for line in out.splitlines()]


def test_facts_added_to_a_ledger_stand_as_a_replay_of_them_does_and_again_change_nothing(desk: Desk):
    file = desk.file(*FACTS)
    expected = desk.told("replay --state", desk.recording, "--facts", file)["digest"]
    assert desk("replay --ledger embedded", desk.recording)[0] == 0
    status, out, err = desk("facts add --json", file)
    assert status == 0, err
    kinds = {json.loads(line)["kind"] for line in out.splitlines()}
    assert {"SightingRecorded", "CountReported", "DecisionRecorded"} <= kinds
    assert "5 facts added, 0 were there already" in err
    assert desk("digest")[1].split()[-1] == expected
    before = desk("verify --json")
    assert before[0] == 0, before
    status, out, err = desk("facts add --json", file)
    assert (status, out) == (0, "")
    assert "0 facts added, 5 were there already" in err
    assert desk("verify --json") == before


def test_facts_replayed_into_a_ledger_are_kept_with_the_reports(desk: Desk):
    file = desk.file(*FACTS)
    expected = desk.told("replay --state", desk.recording, "--facts", file)["digest"]
    state = desk.told("replay --state --ledger embedded", desk.recording, "--facts", file)
    assert state["digest"] == expected
    assert [each["id"] for each in desk.told("facts list --json")] == ["b1", "d1", "r1", "s1", "s2"]
    assert desk("verify")[0] == 0


def test_what_the_ledger_lists_can_be_added_to_another(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    assert desk("facts add", desk.file(*FACTS))[0] == 0
    listed = desk.told("facts list --json")
    digest = desk("digest")[1]
    monkeypatch.setenv("SEALANE_DATA", str(desk.folder / "o"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", os.environ["XDG_RUNTIME_DIR"] + "2")
    assert desk("facts add", desk.file(*listed, name="again"))[0] == 0
    assert desk("digest")[1] == digest


def test_a_fact_is_never_edited(desk: Desk):
    assert desk("facts add", desk.file(LOADED))[0] == 0
    before = chain(desk)
    other = desk.file({**LOADED, "place": "dunay"}, name="other")
    status, _, err = desk("facts add", other, desk.file(COUNTED, name="third"))
    assert status == 1
    assert f"{other}: id 's1' says something else in the ledger; a fact is never edited" in err
    assert [each["id"] for each in desk.told("facts list --json")] == ["r1", "s1"]
    assert len(chain(desk)) > len(before)
    status, _, err = desk("replay --ledger embedded", "--facts", other)
    assert status == 1
    assert "a fact is never edited" in err


def test_where_every_file_is_refused_no_ledger_is_touched(desk: Desk):
    bad = desk.folder / "bad"
    bad.write_text("{")
    assert desk("facts add", bad)[0] == 1
    assert not data_folder("demo").exists()


def test_facts_outlive_a_backup_a_rebuild_and_an_export(desk: Desk):
    file = desk.file(*FACTS)
    assert desk("replay --ledger embedded", desk.recording, "--facts", file)[0] == 0
    digest, listed = desk("digest")[1], desk("facts list --json")[1]
    evidence, saved = desk.folder / "evidence.zip", desk.folder / "ledger.zst"
    assert desk("ledger export", evidence)[0] == 0
    status, told, _ = desk("verify", evidence)
    assert status == 0, told
    assert "5 facts" in told
    assert desk("backup", saved)[0] == 0
    assert desk("restore --replace", saved)[0] == 0
    status, appended, _ = desk("rebuild --json")
    assert (status, appended) == (0, "")
    assert (desk("digest")[1], desk("facts list --json")[1]) == (digest, listed)
    assert desk("verify")[0] == 0


@pytest.mark.parametrize("packed", [b"\xc1", msgspec.msgpack.encode({**COUNTED, "id": "r2"})], ids=["none", "another"])
def test_a_fact_that_was_altered_is_found(desk: Desk, packed: bytes):
    assert desk("facts add", desk.file(*FACTS))[0] == 0
    corridor = desk.corridor
    assert desk("digest")[0] == 0
    with redis.Redis.from_url(serve(data_folder(corridor.rules.corridor))) as server:
        server.hset(keys.FACTS, "r1", packed)
    status, told, _ = desk("verify")
    assert status == 1
    assert "sealane:facts r1" in told


# One fact by a command

SIGHT = ("sight", "Rajin", "--from", "2024-05-01T02:00Z", "--to", "2024-05-01T17:00+09:00", "--source", "an image")
ME = ("--by", "an analyst")


def test_a_sighting_is_added_its_id_told_and_what_follows(desk: Desk):
    status, out, err = desk("", *SIGHT, *ME, "--ship", "kittiwake=0.6", "--ship", f"{SANDPIPER}=0.4")
    assert status == 0, err
    id_, first, *_ = out.splitlines()
    assert "SightingRecorded" in first
    (fact,) = desk.told("facts list --json")
    assert fact["id"] == id_
    assert (fact["place"], fact["to"]) == ("rajin", "2024-05-01T08:00:00Z")
    assert fact["ships"] == [{"imo": KITTIWAKE, "weight": 0.6}, {"imo": SANDPIPER, "weight": 0.4}]


def test_the_same_sighting_again_is_there_already_whatever_the_time_is(desk: Desk):
    words = (*SIGHT, *ME, "--ship", "KITTIWAKE")
    first = desk("", *words, "--known-at", "2024-05-03T00:00Z")
    again = desk("", *words)
    assert (first[0], again[0]) == (0, 0)
    assert again[1] == first[1].splitlines()[0] + "\n"
    assert "it is there already" in again[2]
    assert len(desk.told("facts list --json")) == 1


def test_an_arrival_seen_after_a_load_is_a_delivery_and_a_decision_rejects_what_it_rests_on(desk: Desk):
    words = ("--source", "an image", *ME, "--ship", "KITTIWAKE")
    span = ("--from", "2024-05-01T02:00Z", "--to", "2024-05-01T08:00Z")
    later = ("--from", "2024-05-02T02:00Z", "--to", "2024-05-02T08:00Z")
    assert desk("sight rajin --id s1", *span, *words)[0] == 0
    assert "DeliveryRecorded" in desk("sight vostochny", *later, *words)[1]
    status, out, err = desk("decide reject s1 --reason", "another ship", *ME)
    assert status == 0, err
    assert "DecisionRecorded" in out
    assert "DeliveryRetracted" in out


def test_among_made_up_ships_a_decision_is_told_as_of_their_time_and_moves_none(desk: Desk):
    replayed = desk("replay", desk.recording, "--ledger", "embedded")
    assert replayed[0] == 0, replayed[2]
    call = desk.told("calls --json")[0]["id"]
    assert desk("decide annotate", call, "--reason", "looked at", *ME)[0] == 0
    (decision,) = desk.told("facts list --json")
    newest = max(each["last_heard_at"] for each in desk.told("calls --json"))
    assert newest[:7] <= decision["at"][:7] < "2026"


def test_a_published_count_and_a_binding_are_added(desk: Desk):
    assert desk("report deliveries --from 2024-05 --low 4 --high 5 --source", "a report")[0] == 0
    assert desk("bind 200000099 kittiwake --reason", "her call sign", *ME)[0] == 0
    binding, report = desk.told("facts list --json")
    assert (binding["kind"], binding["imo"], binding["from"]) == ("binding", KITTIWAKE, None)
    assert (report["from"], report["to"], report["high"]) == ("2024-05", "2024-05", 5)


def test_the_list_is_a_table_marked_synthetic(desk: Desk):
    assert desk("facts add", desk.file(*FACTS))[0] == 0
    status, out, _ = desk("facts list")
    assert status == 0
    assert out.startswith("SYNTHETIC facts\n")
    assert "KITTIWAKE at Rajin" in out


def test_an_empty_list_is_said_and_no_failure(desk: Desk):
    status, out, err = desk("facts list")
    assert (status, out) == (0, "")
    assert "no facts have been added" in err


REFUSED = {
    "an unknown place": ("sight rajni --ship KITTIWAKE", "place: read 'rajni'.*did you mean 'rajin'"),
    "an unknown ship": ("sight rajin --ship KITIWAKE", "--ship: read 'KITIWAKE'.*did you mean 'kittiwake'"),
    "a wrong check digit": ("sight rajin --ship 2000017", "ships 1 imo: read 2000017.*check digit"),
    "a weight that is none": ("sight rajin --ship KITTIWAKE=much", "--ship: read 'KITTIWAKE=much'.*KITTIWAKE=0.7"),
    "a weight over one": ("sight rajin --ship KITTIWAKE=7", "weight: read 7.0.*0 to 1"),
    "a blank reason": ("decide reject s1 --reason=", "reason: read nothing"),
    "an unknown action": ("decide rejcet s1 --reason x", "action: read 'rejcet'.*did you mean 'reject'"),
    "a silence without end": ("decide silence alert:x:y --reason x", "until: read nothing"),
    "merge with nothing": ("decide merge s1 --reason x", "with: read nothing"),
    "an MMSI of ten digits": ("bind 2000000990 KITTIWAKE --reason x", "mmsi: read 2000000990"),
    "months upside down": ("report deliveries --from 2024-05 --to 2024-04 --low 1", "from: read 2024-05 to 2024-04"),
    "low over high": ("report deliveries --from 2024-05 --low 3 --high 1", "low: read 3, above high 1"),
    "an empty id": ("report deliveries --from 2024-05 --low 3 --id=", "id: read nothing"),
}
FILLED = {
    "sight": ("--from", "2024-05-01T02:00Z", "--to", "2024-05-01T08:00Z", "--source", "an image", *ME),
    "decide": ME,
    "bind": ME,
    "report": ("--source", "a report"),
}


@pytest.mark.parametrize(("command", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_on_the_command_line_is(desk: Desk, command: str, said: str):
    status, out, err = desk(command, *FILLED[command.split()[0]])
    assert (status, out) == (2, "")
    first, _, last = said.partition(".*")
    assert first in err
    assert last.replace("KITTIWAKE=0.7", "=0.7") in err
    assert not data_folder("demo").exists()


# Several writers


async def test_two_writers_take_over_each_others_facts(url: str, desk: Desk):
    corridor = desk.corridor
    file = read_facts(str(desk.file(*FACTS)), corridor, now())
    pair = [Keeper(corridor.rules, Hours(), Ledger(url), name) for name in "ab"]
    for keeper in pair:
        await keeper.open()
    for number, fact in enumerate(file.facts):
        pair[number % 2].take_facts([fact])
        await pair[number % 2].settle(number)
    for keeper in pair:
        await keeper.settle(99, always=True, at_least=now())
    assert pair[0].embedded.facts == pair[1].embedded.facts == {fact.id: fact for fact in file.facts}
    found = folded(await held_by(pair[0].ledger), corridor.rules)
    assert found.facts == pair[0].embedded.facts
    for keeper in pair:
        await keeper.ledger.close()


async def test_a_writer_that_gives_an_id_another_meaning_at_the_same_time_is_refused(url: str, desk: Desk):
    rules = desk.corridor.rules
    pair = [Keeper(rules, Hours(), Ledger(url), name) for name in "ab"]
    for keeper, mmsi in zip(pair, (1, 2), strict=True):
        await keeper.open()
        keeper.take_facts([Binding(id="b1", mmsi=Mmsi(mmsi), imo=Imo(KITTIWAKE), known_at=now())])
    await pair[0].settle(1)
    with pytest.raises(LedgerError, match="'b1' is there already"):
        await pair[1].settle(1)
    (held,) = await stored_facts(pair[0].ledger)
    assert isinstance(held, Binding)
    assert held.mmsi == 1
    for keeper in pair:
        await keeper.ledger.close()


# Reports known later than they were heard


async def keep(url: str, corridor: Corridor, lines: list[bytes], known_at: Any, source: str) -> None:
    watch = watch_for(corridor.rules.watchlist, corridor.rules.chart)
    scout, listener = Scout(watch), Listener(watch, feed="demo", read_at=now())
    for line in lines:
        scout.hear(line)
    keeper = Keeper(corridor.rules, listener.hours, Ledger(url), source)
    await keeper.open()
    for line in lines:
        keeper.take(listener.hear(line), known_at)
    await keeper.settle(len(lines))
    await keeper.ledger.close()


async def known_times(url: str) -> tuple[set[Any], set[Any]]:
    ledger = Ledger(url)
    fixes = {stored.known_at async for _, _, stored in stored_fixes(ledger)}
    statics = {stored.known_at async for stored in known_statics(ledger)}
    await ledger.close()
    return fixes, statics


async def test_reports_imported_carry_when_they_became_known_and_the_earliest_told_counts(url: str, desk: Desk):
    corridor, lines = desk.corridor, list(islice(feed(), 800))
    late, later = now().replace(microsecond=0, year=2025), now().replace(microsecond=0, year=2026, month=1)
    await keep(url, corridor, lines, later, "a")
    assert await known_times(url) == ({later}, {later})
    digest = await digest_of(url, corridor)
    await keep(url, corridor, lines, late, "b")
    assert await known_times(url) == ({late}, {late})
    await keep(url, corridor, lines, later, "c")
    assert await known_times(url) == ({late}, {late})
    await keep(url, corridor, lines, None, "d")  # heard, after all
    assert await known_times(url) == ({None}, {None})
    await keep(url, corridor, lines, late, "e")
    assert await known_times(url) == ({None}, {None})
    assert await digest_of(url, corridor) == digest


async def test_a_ledger_asked_about_a_time_tells_nothing_of_what_became_known_later(url: str, desk: Desk):
    rules, lines = desk.corridor.rules, list(islice(feed(), 3_001))
    published_at = now().replace(microsecond=0, year=2025)
    await keep(url, desk.corridor, lines[:400], None, "a")
    ledger = Ledger(url)
    early = await standing_as_of(ledger, rules, published_at)
    await keep(url, desk.corridor, lines[400:], published_at, "b")
    before = await standing_as_of(ledger, rules, published_at - timedelta(seconds=1))
    after = await standing_as_of(ledger, rules, published_at)
    await ledger.close()
    assert [each.call.id for each in before.calls] == [each.call.id for each in early.calls]
    assert [each.call.id for each in after.calls] != [each.call.id for each in early.calls]
    assert before.as_of == published_at - timedelta(seconds=1)


async def digest_of(url: str, corridor: Corridor) -> str:
    ledger = Ledger(url)
    digest = folded(await held_by(ledger), corridor.rules).digest()
    await ledger.close()
    return digest


async def test_reports_stored_before_there_were_known_times_are_read_as_known_when_heard(url: str, desk: Desk):
    await keep(url, desk.corridor, list(islice(feed(), 300)), None, "a")
    with redis.Redis.from_url(url) as server:
        for key in server.keys(f"{keys.FIXES}*"):
            for slot, packed in server.hgetall(key).items():
                fix, sources, known_at = msgspec.msgpack.decode(packed)
                assert known_at is None
                server.hset(key, slot, msgspec.msgpack.encode([fix, sources]))
    ledger = Ledger(url)
    holding = await held_by(ledger)
    assert holding.unreadable == ()
    assert all(each.known_at is None for each in holding.fixes)
    assert all(each.known_at is None for each in holding.statics)
    await ledger.close()


# Beside a run


@pytest.fixture
def run(desk: Desk) -> Iterator[subprocess.Popen[str]]:
    """`sealane run` on a growing file, in a process of its own."""
    command = [sys.executable, "-c", MAIN, "run", "--json", "--file", str(desk.recording), "--config", str(desk.config)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def until(wanted: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not wanted():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(LOOKS_EVERY_S)


def commits(desk: Desk) -> int:
    """How many commits the run has made since it heard the whole file; 0 until then."""
    try:
        with redis.Redis.from_url(f"unix://{socket_path(data_folder('demo'))}") as client:
            found = client.hget(keys.FENCE, f"file:{desk.recording}")
    except redis.RedisError:
        return 0
    _, offset, made = (int(part) for part in (found or b"0:0:0").split(b":"))
    return made if offset == desk.recording.stat().st_size else 0


def until_taken_over(desk: Desk) -> None:
    """Until the run has committed with what was committed beside it."""
    before = commits(desk)
    until(lambda: commits(desk) > before + 1)


def test_a_fact_added_beside_a_run_is_taken_over_by_it_and_told(desk: Desk, run: subprocess.Popen[str]):
    until(lambda: commits(desk) > 0)
    status, out, err = desk("facts add --json", desk.file(*FACTS))
    assert status == 0, err
    told = {json.loads(line)["id"] for line in out.splitlines()}
    assert any(id_.startswith("sighting:") for id_ in told)
    until_taken_over(desk)
    run.send_signal(signal.SIGTERM)
    heard, complaint = run.communicate(timeout=WITHIN_S)
    assert run.returncode == 0, complaint
    assert "Traceback" not in complaint
    by_run = {json.loads(line)["id"] for line in heard.splitlines() if line.startswith("{")}
    assert told <= by_run
    assert desk("verify")[0] == 0
    expected = desk.told("replay --state", desk.recording, "--facts", desk.folder / "facts.jsonl")
    assert desk("digest")[1].split()[-1] == expected["digest"]


def test_a_radio_bound_beside_a_run_is_followed_from_then_on(desk: Desk, run: subprocess.Popen[str]):
    far_off = Port("nowhere", lat_deg=-20.0, lon_deg=-30.0)
    ways = sail((0, 0, 0), (2, 20, 0), port=far_off), sail((3, 25, 0), (5, 45, 0), port=far_off)
    before, after = (b"".join(nmea(way, BOUND["mmsi"])) for way in ways)
    with desk.recording.open("ab") as grows:
        grows.write(before)
    until(lambda: commits(desk) > 0)
    assert desk("facts add", desk.file(BOUND))[0] == 0
    until_taken_over(desk)
    with desk.recording.open("ab") as grows:
        grows.write(after)
    until(lambda: commits(desk) > 0)
    run.send_signal(signal.SIGTERM)
    _, complaint = run.communicate(timeout=WITHIN_S)
    assert run.returncode == 0, complaint
    fixes = asyncio.run(fixes_of(desk, BOUND["mmsi"]))
    assert {fix.at for fix in fixes} <= {each.at for each in ways[1]}
    assert len(fixes) > 1
    assert desk("verify")[0] == 0


async def fixes_of(desk: Desk, mmsi: int) -> list[Fix]:
    async with opened("embedded", desk.corridor) as ledger:
        return [stored.fix async for _, _, stored in stored_fixes(ledger) if stored.fix.mmsi == mmsi]


def test_a_recording_imported_with_a_known_time_keeps_it(desk: Desk):
    assert desk("replay --ledger embedded --known-at 2025-01-01T00:00:00Z", desk.recording)[0] == 0
    plain = desk.told("replay --state", desk.recording)["digest"]
    assert desk("digest")[1].split()[-1] == plain
    evidence = desk.folder / "evidence.zip"
    assert desk("ledger export", evidence)[0] == 0
    assert desk("verify", evidence)[0] == 0
    with zipfile.ZipFile(evidence) as source:
        for name in ("fixes.jsonl", "statics.jsonl"):
            rows = [json.loads(line) for line in source.read(name).splitlines()]
            assert {row["known_at"] for row in rows} == {"2025-01-01T00:00:00Z"}
