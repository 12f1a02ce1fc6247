"""What a ledger keeps of whom it has told: once each, whoever commits, and never what the past would have told."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import msgspec

from sealane.decision import Decision
from sealane.heard import Hours
from sealane.notification import Notification
from streams.care.holding import held_by
from streams.care.verify import verified
from streams.embedded import Embedded
from streams.ledger import keys
from streams.ledger.chain import Entry
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import Ledger
from tests.core.story import DISCHARGE, IMO, LOAD, OTHER_IMO, PORT, Report, at, fixes, rules_for, states, visit
from tests.core.test_event import ONE_A_MONTH

RULES = rules_for(LOAD, DISCHARGE, PORT, surge=[ONE_A_MONTH])
TRIP: Sequence[Report] = (*fixes((*visit(0, LOAD), *visit(40, DISCHARGE))), states(at(2)), states(at(42)))
ALERT = "alert:one:2024-05"
ENDED = at(53)  # of the trip


@asynccontextmanager
async def kept(url: str, source: str = "a", *, notifies: bool = True) -> AsyncIterator[Keeper]:
    keeper = Keeper(RULES, Hours(), Ledger(url), source, notifies=notifies)
    await keeper.open()
    try:
        yield keeper
    finally:
        await keeper.ledger.close()


async def told(keeper: Keeper, at_least: datetime | None = None) -> list[str]:
    """The reasons of the notifications of one commit."""
    events = await keeper.settle(keeper.offset() + 1, at_least=at_least)
    return [event.object.reason for event in events if isinstance(event.object, Notification)]


async def chained(url: str) -> list[str]:
    """The reasons of all notifications in the chain."""
    ledger = Ledger(url)
    bodies = [msgspec.json.decode(entry.body) for entry in await held_entries(ledger)]
    await ledger.close()
    return [body["object"]["reason"] for body in bodies if body["kind"] == "AlertNotified"]


async def held_entries(ledger: Ledger) -> Sequence[Entry]:
    return (await held_by(ledger)).entries


def silenced(until: datetime) -> Decision:
    return Decision(id="s1", action="silence", target=ALERT, by="Ada", at=ENDED, reason="known here", until=until)


async def test_an_alert_is_told_in_the_commit_that_holds_it_and_never_twice(url: str):
    async with kept(url) as keeper:
        keeper.take(TRIP)
        assert await told(keeper) == ["first"]
        assert await told(keeper, ENDED + timedelta(hours=1)) == []
    async with kept(url) as again:
        assert await told(again, ENDED + timedelta(hours=2)) == []
    assert await chained(url) == ["first"]


async def test_a_second_writer_knows_what_the_first_has_told(url: str):
    async with kept(url, "a") as one, kept(url, "b") as other:
        one.take(TRIP)
        assert await told(one) == ["first"]
        other.take(TRIP)
        assert await told(other, ENDED) == []
        assert await told(other, ENDED + timedelta(hours=25)) == ["reminder"]
        assert await told(one, ENDED + timedelta(hours=26)) == []
    assert await chained(url) == ["first", "reminder"]


async def test_a_replay_tells_nobody_and_the_next_run_tells_what_fires_then(url: str):
    async with kept(url, "recording", notifies=False) as replay:
        replay.take(TRIP)
        assert await told(replay) == []
    async with kept(url) as run:
        assert await told(run, ENDED) == ["first"]


async def test_a_silence_given_meanwhile_holds_for_whoever_keeps_the_ledger(url: str):
    async with kept(url) as run, kept(url, "facts") as desk:
        run.take(TRIP)
        assert await told(run) == ["first"]
        desk.take_facts([silenced(at(60))])
        assert await told(desk) == []
        assert await told(run, ENDED + timedelta(hours=48)) == []  # no reminder
        run.take([states(at(30), imo=OTHER_IMO)])
        assert await told(run, ENDED + timedelta(hours=49)) == ["retracted"]


async def test_what_was_told_is_kept_beside_the_chain_and_verifies(url: str):
    async with kept(url) as keeper:
        keeper.take(TRIP)
        await told(keeper)
        packed = (await keeper.ledger.hash(keys.NOTIFIED))[ALERT.encode()]
        assert msgspec.msgpack.decode(packed, type=Notification).reason == "first"
        verdict = verified(await held_by(keeper.ledger), RULES)
        faults = [finding.what for finding in verdict.findings if not finding.fine]
        assert faults == ["sentences"]  # the story's fixes have none


async def test_notifications_are_no_part_of_the_digest(url: str):
    async with kept(url) as keeper:
        keeper.take(TRIP)
        await told(keeper)
        digest = keeper.embedded.digest()
    plain = Embedded(RULES, Hours())
    plain.take(TRIP)
    plain.settle()
    assert plain.digest() == digest
    assert IMO in {each.imo for each in plain.standing.deliveries}
