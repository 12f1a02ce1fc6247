"""Reports known later than they were heard."""

import json
import zipfile
from datetime import timedelta
from itertools import islice
from typing import Any

import msgspec
import redis

from sealane.filter import watch_for
from sealane.listener import Listener
from sealane.scout import Scout
from streams.asof import standing_as_of
from streams.care.holding import folded, held_by
from streams.clock import now
from streams.corridor.corridor import Corridor
from streams.demo import feed
from streams.ledger import keys
from streams.ledger.inputs import known_statics, stored_fixes
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import Ledger
from tests.shell.facts.adding import (
    Desk,
)


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
