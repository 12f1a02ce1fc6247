"""The outbox: one sends at a time, goes on where it stopped, and is refused once another has taken over."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from streams.ledger import keys
from streams.ledger.ledger import Fenced, Ledger, LedgerError, Meta
from streams.ledger.outbox import Outbox, holding, lease_of

SHORT_S = 0.3  # a lease short enough to wait for


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[Ledger]:
    ledger = Ledger(url)
    await ledger.born(Meta(schema=1, corridor="test", synthetic=True, followed_by="", judged_by=""))
    yield ledger
    await ledger.close()


async def told(ledger: Ledger, *bodies: bytes) -> None:
    claim = await ledger.claim("test")
    await ledger.commit(claim, 0, (), bodies)


async def first_of(outbox: Outbox, count: int) -> list[bytes]:
    found = []
    async for entry in outbox.follow():
        found.append(entry.body)
        if len(found) == count:
            break
    return found


async def test_a_name_that_never_sent_begins_at_the_end_of_the_chain_or_where_it_is_told(ledger: Ledger):
    await told(ledger, b"1", b"2")
    at_end, at_start = Outbox(ledger, "end"), Outbox(ledger, "start")
    await at_end.begin()
    await at_start.begin(0)
    await told(ledger, b"3")
    async with holding(at_end), holding(at_start):
        assert await first_of(at_end, 1) == [b"3"]
        assert await first_of(at_start, 3) == [b"1", b"2", b"3"]


async def test_it_goes_on_after_what_was_taken(ledger: Ledger):
    await told(ledger, b"1", b"2", b"3")
    async with holding(Outbox(ledger, "a")) as outbox:
        await outbox.move(2)
    async with holding(Outbox(ledger, "a")) as again:
        await again.begin()  # it has sent before: nothing changes
        assert await first_of(again, 1) == [b"3"]


async def test_what_is_kept_of_the_sending_is_written_with_the_cursor_or_not_at_all(ledger: Ledger):
    one, other = Outbox(ledger, "a", SHORT_S), Outbox(ledger, "a", SHORT_S)
    await one.take()
    await one.move(1, [("HSET", keys.FEEDS, "kept", "yes")])
    await other.take()  # `one` does not beat
    with pytest.raises(Fenced, match="another has its lease"):
        await one.move(2, [("HSET", keys.FEEDS, "late", "yes")])
    with pytest.raises(Fenced):
        await one.beat()
    assert await ledger.hash(keys.FEEDS) == {b"kept": b"yes"}
    assert other.sequence == 1


async def test_a_lease_that_beats_is_not_taken_and_one_given_back_is_taken_at_once(ledger: Ledger):
    other = Outbox(ledger, "a", SHORT_S)
    async with holding(Outbox(ledger, "a", SHORT_S)):
        waiting = asyncio.create_task(other.take())
        await asyncio.sleep(3 * SHORT_S)
        assert not waiting.done()
    async with asyncio.timeout(SHORT_S * 5):
        await waiting
    assert lease_of((await ledger.hash(keys.OUTBOX))[b"a"].decode()).epoch == 2


async def test_one_that_was_cut_off_from_its_ledger_takes_its_own_lease_again_without_waiting(ledger: Ledger):
    outbox = Outbox(ledger, "a", 60.0)
    await outbox.take()
    async with asyncio.timeout(5):
        await outbox.take()


async def test_who_was_killed_is_followed_at_once_under_its_own_name_and_refused_if_it_lives(ledger: Ledger):
    killed, heir = (Outbox(ledger, "a", 60.0, holder="of slot 0") for _ in range(2))
    await killed.take()
    await killed.move(7)
    async with asyncio.timeout(5):
        await heir.take()
    assert heir.sequence == 7
    with pytest.raises(Fenced):
        await killed.move(8)


async def test_of_those_that_want_a_free_lease_at_once_one_has_it(ledger: Ledger):
    wanting = [Outbox(ledger, "a", 60.0) for _ in range(5)]
    tasks = [asyncio.create_task(each.take()) for each in wanting]
    await asyncio.sleep(0.5)
    assert [task.done() for task in tasks].count(True) == 1
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_is_not_to_be_sent_is_passed_over_for_good_with_the_next_beat_or_at_the_end(ledger: Ledger):
    async with holding(Outbox(ledger, "a")) as outbox:
        outbox.pass_over(7)
        await outbox.beat()
        assert lease_of((await ledger.hash(keys.OUTBOX))[b"a"].decode()).sequence == 7
        outbox.pass_over(9)
    async with holding(Outbox(ledger, "a")) as again:
        assert again.sequence == 9


async def test_an_answer_that_was_lost_is_no_refusal(ledger: Ledger):
    outbox = Outbox(ledger, "a")
    await outbox.take()
    before = (await ledger.hash(keys.OUTBOX))[b"a"].decode()
    await outbox.move(1)
    moved = lease_of((await ledger.hash(keys.OUTBOX))[b"a"].decode())
    await outbox._change(before, moved)  # as the client sends it again


async def test_no_cursor_is_set_where_there_is_no_ledger_yet(url: str):
    ledger = Ledger(url)
    with pytest.raises(LedgerError, match="holds no ledger yet"):
        await Outbox(ledger, "a").begin()
    assert await ledger.meta() is None
    await ledger.close()
