"""Facts in a ledger, added by one writer or by two at once."""

import json
import os
from typing import Any

import msgspec
import pytest
import redis

from sealane.binding import Binding
from sealane.fix import Mmsi
from sealane.heard import Hours
from sealane.static import Imo
from streams.care.holding import folded, held_by
from streams.clock import now
from streams.facts import read_facts
from streams.ledger import keys
from streams.ledger.inputs import stored_facts
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import Ledger, LedgerError
from streams.ledger.server import data_folder, serve
from tests.shell.facts.adding import COUNTED, FACTS, KITTIWAKE, LOADED, Desk


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
