"""The ledger: a batch goes in whole or not at all, once, whatever happens on the way to the server."""

import asyncio
import subprocess
import sys
import tracemalloc
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
import redis

from bench.cutting import POINTS, proxied
from sealane.heard import Hours
from streams.app import opened, url_of
from streams.care.holding import at_one_head, held_by
from streams.corridor.corridor import Corridor, load_corridor
from streams.ledger import keys
from streams.ledger.chain import Head, broken
from streams.ledger.inputs import stored_hours
from streams.ledger.keeper import Keeper, meta_for
from streams.ledger.ledger import Claim, Fenced, Ledger, LedgerError, Meta, Stale
from streams.ledger.taken import read_on
from streams.ledger.wire import told
from streams.log import log_to_stderr

ACL = Path(__file__).parents[2] / "deploy" / "redis" / "users.acl"
A = ("HSET", keys.fixes(1, 1), "a", "1")
MOST_READING_BYTES = 2_000_000  # 40,000 hours at once take five times as much


async def chain_of(ledger: Ledger) -> list[bytes]:
    """The bodies of a chain that holds."""
    entries = [entry async for entry in ledger.entries()]
    assert broken(entries, await ledger.read_head()) is None
    return [entry.body for entry in entries]


# One commit


async def test_a_commit_writes_inputs_entries_and_fence_at_once(url: str):
    ledger = Ledger(url)
    claim = await ledger.commit(await ledger.claim("feed"), 10, [A], [b"{}", b"[]"])
    assert claim == Claim(source="feed", epoch=1, offset=10, commits=1)
    assert await ledger.hash(keys.fixes(1, 1)) == {b"a": b"1"}
    assert await chain_of(ledger) == [b"{}", b"[]"]
    assert await ledger.claim("feed") == Claim(source="feed", epoch=2, offset=10, commits=1)
    await ledger.close()


async def test_hours_heard_are_read_a_few_at_a_time(ledger: Ledger):
    heard = {(f"station-{station}", hour) for station in range(40) for hour in range(1_000)}
    claim = await ledger.claim("feed")
    await ledger.commit_inputs(claim, 1, [], [("SADD", keys.HOURS, f"{hour}:{source}") for source, hour in heard])
    tracemalloc.start()
    async for each in stored_hours(ledger):
        heard.discard(each)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not heard
    assert most < MOST_READING_BYTES


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("bodies", [[], [b"{}"]], ids=["inputs alone", "with an event"])
async def test_a_commit_is_taken_once_wherever_its_connection_is_cut(
    url: str, home: Path, point: str, bodies: list[bytes]
):
    async with proxied(url.removeprefix("unix://"), home / "cut.sock") as proxy:
        ledger = Ledger(f"unix://{home / 'cut.sock'}")
        claim = await ledger.claim("feed")
        proxy.cut(point)
        claim = await ledger.commit(claim, 0, [A], bodies)
        assert proxy.has_cut
        await ledger.commit(claim, 1, [], [b"[]"])
        assert await chain_of(ledger) == [*bodies, b"[]"]
        assert await ledger.hash(keys.fixes(1, 1)) == {b"a": b"1"}
        await ledger.close()


async def test_a_lost_answer_is_no_other_writer_even_where_the_chain_moved_on_meanwhile(url: str, home: Path):
    other = Ledger(url)
    others_claim = await other.claim("other")

    async with proxied(url.removeprefix("unix://"), home / "cut.sock") as proxy:
        ledger = Ledger(f"unix://{home / 'cut.sock'}")
        claim = await ledger.claim("feed")

        def move_on() -> None:
            with redis.Redis.from_url(url) as server:
                head = server.hgetall(keys.HEAD)
                other.head = Head(sequence=int(head[b"sequence"]), hash=head[b"hash"].decode())
            moving.append(asyncio.create_task(other.commit(others_claim, 1, [], [b'"other"'])))

        moving: list[asyncio.Task[Claim]] = []
        proxy.cut(POINTS[2], act=move_on)
        moved = await ledger.commit(claim, 1, [A], [b'"mine"'])
        await asyncio.gather(*moving)
        assert moved.offset == 1
        assert await chain_of(other) == [b'"mine"', b'"other"']
        await ledger.close()
    await other.close()


async def test_who_claimed_a_source_before_is_refused_and_nothing_is_written(url: str):
    first, second = Ledger(url), Ledger(url)
    claim = await first.claim("feed")
    await second.claim("feed")
    with pytest.raises(Fenced, match="another writer has it"):
        await first.commit(claim, 1, [A], [b"{}"])
    assert await first.hash(keys.fixes(1, 1)) == {}
    assert await chain_of(first) == []
    await first.close()
    await second.close()


async def test_an_old_head_is_refused_and_nothing_is_written(url: str):
    first, second = Ledger(url), Ledger(url)
    claim, other = await first.claim("a"), await second.claim("b")
    await second.commit(other, 1, [], [b"{}"])
    with pytest.raises(Stale):
        await first.commit(claim, 1, [A], [b"[]"])
    assert await first.hash(keys.fixes(1, 1)) == {}
    await first.commit(claim, 1, [A], [])  # without an entry the head does not matter
    await first.close()
    await second.close()


async def test_a_chain_that_runs_on_beyond_its_head_takes_nothing_more(url: str):
    ledger = Ledger(url)
    claim = await ledger.claim("feed")
    with redis.Redis.from_url(url) as server:
        server.xadd(keys.LOG, {"hash": "x", "body": "{}"}, "9-0")
    with pytest.raises(LedgerError, match="sealane verify"):
        await ledger.commit(claim, 1, [A], [b"{}"])
    assert await ledger.hash(keys.fixes(1, 1)) == {}
    await ledger.close()


# What a ledger may rest on


@pytest.fixture(scope="module")
def corridor() -> Corridor:
    return load_corridor(None)


REFUSED = {
    "a server that may throw keys away": ({"maxmemory-policy": "allkeys-lru"}, "eviction is 'allkeys-lru'"),
    "a server without an append-only file": ({"appendonly": "no"}, "append-only file is '0'"),
    "a replica": ({"replicaof": "127.0.0.1 1"}, "role is 'slave'"),
}


@pytest.mark.parametrize(("setting", "said"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_ledger_is_refused_on(url: str, corridor: Corridor, setting: dict[str, str], said: str):
    with redis.Redis.from_url(url) as server:
        for name, value in setting.items():
            server.execute_command(
                *(name.split() + value.split() if name == "replicaof" else ("CONFIG", "SET", name, value))
            )
    with pytest.raises(LedgerError, match=said):
        async with opened(url, corridor):
            pass


@pytest.mark.parametrize("password", ["", ":wrong@"])
async def test_a_password_that_is_missing_or_wrong_is_said(url: str, corridor: Corridor, password: str):
    with redis.Redis.from_url(url) as server:
        server.config_set("requirepass", "right")
        with pytest.raises(LedgerError, match="check user and password"):
            async with opened(url.replace("unix://", f"unix://{password}"), corridor):
                pass
        server.config_set("requirepass", "")


@pytest.mark.parametrize(
    ("user", "password", "may_write"), [("sealane", "change-me", True), ("sealane-reader", "change-me-too", False)]
)
async def test_the_users_of_the_acl_example_may_do_what_they_must(
    url: str, corridor: Corridor, user: str, password: str, may_write: bool
):
    with redis.Redis.from_url(url) as server:
        for line in ACL.read_text().splitlines()[1:]:
            server.execute_command("ACL", "SETUSER", *line.split()[1:])
    writer = Ledger(url)
    await writer.born(meta_for(corridor.rules))
    async with opened(url.replace("unix://", f"unix://{user}:{password}@"), corridor) as ledger:
        if may_write:
            await ledger.commit(await ledger.claim("feed"), 1, [A, ("SADD", keys.HOURS, "1:a")], [b"{}"])
        else:
            with pytest.raises(LedgerError, match="may not do all it must"):
                await ledger.claim("feed")
        found = await held_by(ledger)
        assert len(found.entries) == int(may_write)
        assert await ledger.at_once([keys.FACTS]) == [{}]  # as a desk reads
        assert (await read_on(ledger, 0)).clock == keys.NO_CLOCK  # as a judge does
    await writer.close()


async def test_a_ledger_that_moves_while_it_is_read_is_read_again_with_its_writers_waiting(url: str):
    reader, writer = Ledger(url), Ledger(url)
    waiting: list[asyncio.Task[Claim]] = []

    async def read() -> dict[bytes, bytes]:
        waiting.append(asyncio.create_task(writer.claim(f"feed {len(waiting)}")))
        await asyncio.wait(waiting[:1])  # the first is taken; those after it have to wait
        await asyncio.sleep(0.05)
        return dict(await reader.hash(keys.FENCE))

    assert await at_one_head(reader, read) == {b"feed 0": b"1:0:0"}
    await asyncio.gather(*waiting)
    assert len(await reader.hash(keys.FENCE)) == 2
    await reader.close()
    await writer.close()


async def test_weak_fsync_is_said_and_gone_on_with(url: str, corridor: Corridor, capsys: pytest.CaptureFixture[str]):
    with redis.Redis.from_url(url) as server:
        server.config_set("appendfsync", "everysec")
    log_to_stderr("text")
    async with opened(url, corridor) as ledger:
        assert await ledger.meta() is None
    assert "appendfsync always" in capsys.readouterr().err


async def test_a_redis_nobody_runs_is_said_after_one_try(corridor: Corridor):
    with pytest.raises(LedgerError, match=r"redis://:\*\*\*@127.0.0.1:1/0: cannot be reached"):
        async with asyncio.timeout(60), opened("redis://:secret@127.0.0.1:1/0", corridor):
            pass


async def test_keys_of_somebody_else_are_refused(url: str):
    with redis.Redis.from_url(url) as server:
        server.set("shop:basket", "1")
    ledger = Ledger(url)
    with pytest.raises(LedgerError, match="1 keys that are no ledger of sealane's"):
        await ledger.meta()
    await ledger.close()


BEAR = """
import asyncio, sys
import msgspec
from streams.ledger.ledger import Ledger, Meta
async def bear():
    ledger = Ledger(sys.argv[1])
    await ledger.meta()
    print("ready", flush=True)
    sys.stdin.readline()
    born = await ledger.born(msgspec.json.decode(sys.argv[2], type=Meta))
    print(msgspec.json.encode(born).decode(), flush=True)
asyncio.run(bear())
"""


async def test_of_two_processes_that_begin_a_ledger_at_once_one_wins_and_both_read_what_it_wrote(
    url: str, corridor: Corridor
):
    wanted = [msgspec.structs.replace(meta_for(corridor.rules), corridor=name) for name in ("one", "other")]
    with ExitStack() as both:
        parents = [
            both.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", BEAR, url, msgspec.json.encode(each)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for each in wanted
        ]
        assert [parent.stdout.readline() for parent in parents if parent.stdout] == ["ready\n"] * 2
        for parent in parents:
            assert parent.stdin is not None
            parent.stdin.write("\n")
            parent.stdin.flush()
        read = [parent.communicate()[0] for parent in parents]
    assert read[0] == read[1]
    ledger = Ledger(url)
    meta = await ledger.meta()
    assert meta == msgspec.json.decode(read[0], type=Meta)
    assert meta in wanted
    await ledger.close()


async def test_a_ledger_is_born_once_and_whoever_comes_second_checks_what_the_first_wrote(url: str, corridor: Corridor):
    first, second = Ledger(url), Ledger(url)
    assert await first.meta() is None
    assert await second.meta() is None
    other = msgspec.structs.replace(meta_for(corridor.rules), corridor="solent")
    assert await first.born(other) == other
    with pytest.raises(LedgerError, match="corridor 'solent'"):
        await Keeper(corridor.rules, Hours(), second, "feed").open()
    await first.close()
    await second.close()


OTHERS = {
    "of an older schema": ({"schema": keys.SCHEMA - 1}, "replay its recordings into an empty ledger"),
    "of a newer schema": ({"schema": keys.SCHEMA + 1}, "newer sealane"),
    "of another corridor": ({"corridor": "solent"}, "corridor 'solent'"),
    "of made-up ships": ({"synthetic": True}, "SYNTHETIC"),
    "followed by other zones": ({"followed_by": "x"}, "sealane rebuild"),
}


@pytest.mark.parametrize(("other", "said"), OTHERS.values(), ids=OTHERS.keys())
async def test_a_ledger_is_refused_that_is(url: str, corridor: Corridor, other: dict[str, object], said: str):
    ledger = Ledger(url)
    await ledger.born(msgspec.structs.replace(meta_for(corridor.rules), **other))
    with pytest.raises(LedgerError, match=said):
        await Keeper(corridor.rules, Hours(), ledger, "feed").open()
    await ledger.close()


def test_a_password_is_never_shown():
    assert told("redis://me:secret@host:1/0") == "redis://me:***@host:1/0"
    assert url_of("unix:///a.sock") == "unix:///a.sock"
