"""Two writers of one ledger: whoever commits has judged with all that was committed before."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import islice

import pytest

from sealane.digest import state_digest
from sealane.filter import Watch, watch_for
from sealane.heard import Hours
from sealane.listener import Listener
from sealane.rules import Rules
from sealane.scout import Scout
from streams.clock import now
from streams.corridor.corridor import load_corridor
from streams.demo import feed
from streams.demo.files import write_corridor
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import Ledger
from streams.ledger.views import stored_standing

LINES, BATCH_LINES = 3_000, 100


class Writer:
    """A feed of its own, kept in a ledger that it is not alone with."""

    def __init__(self, name: str, url: str, rules: Rules, watch: Watch) -> None:
        self.listener = Listener(watch, feed=name, read_at=now())
        self.keeper = Keeper(rules, self.listener.hours, Ledger(url), name)

    async def hear(self, lines: list[bytes], offset: int) -> None:
        for line in lines:
            self.keeper.take(self.listener.hear(line))
        await self.keeper.settle(offset)


@asynccontextmanager
async def writers(url: str, rules: Rules, lines: list[bytes], names: str) -> AsyncIterator[list[Writer]]:
    watch = watch_for(rules.watchlist, rules.chart)
    scout = Scout(watch)
    for line in lines:
        scout.hear(line)
    found = [Writer(name, url, rules, watch) for name in names]
    for writer in found:
        await writer.keeper.open()
    yield found
    for writer in found:
        await writer.keeper.ledger.close()


async def views_and_inputs(url: str, rules: Rules) -> tuple[str, str]:
    """The digest of the views as stored, and of the inputs folded anew."""
    ledger = Ledger(url)
    stored = state_digest(await stored_standing(ledger), rules.fingerprint)
    anew = Keeper(rules, Hours(), ledger, "check")
    await anew.open()
    anew.embedded.settle()
    await ledger.close()
    return stored, anew.embedded.digest()


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    return load_corridor(write_corridor(tmp_path_factory.mktemp("corridor"))).rules


async def test_writers_that_take_turns_leave_views_that_their_inputs_give(url: str, rules: Rules):
    lines = list(islice(feed(), LINES))
    async with writers(url, rules, lines, "ab") as pair:
        for turn, first in enumerate(range(0, LINES, BATCH_LINES)):
            await pair[turn % 2].hear(lines[first : first + BATCH_LINES], first)
    stored, anew = await views_and_inputs(url, rules)
    assert stored == anew


async def test_what_one_writer_hears_late_the_other_knows_at_its_next_commit(url: str, rules: Rules):
    lines = list(islice(feed(), LINES))
    async with writers(url, rules, lines, "ab") as (early, late):
        await late.hear(lines[1_000:2_000], 1)
        await early.hear(lines[:1_000], 1)
        await late.hear(lines[2_000:], 2)
        both = late.keeper.embedded.digest()
    async with writers(url, rules, lines, "c") as (alone,):
        alone.keeper.embedded.settle()
        assert alone.keeper.embedded.digest() == both
    stored, anew = await views_and_inputs(url, rules)
    assert stored == anew == both


async def test_two_writers_of_the_same_lines_store_them_once(url: str, rules: Rules):
    lines = list(islice(feed(), LINES))
    async with writers(url, rules, lines, "ab") as (one, other):
        await one.hear(lines, 1)
        events = one.keeper.ledger.head.sequence
        await other.hear(lines, 1)
        assert (await other.keeper.ledger.read_head()).sequence == events


async def test_a_replay_beside_a_live_run_never_turns_time_back(url: str, rules: Rules):
    lines = list(islice(feed(), LINES))
    async with writers(url, rules, lines, "ab") as (run, replay):
        moved_to = now().replace(microsecond=0)
        run.keeper.take(report for line in lines[:1_000] for report in run.listener.hear(line))
        await run.keeper.settle(1, at_least=moved_to)
        await replay.hear(lines[1_000:2_000], 1)  # it began before time was moved
        assert (await stored_standing(run.keeper.ledger)).as_of == moved_to
        later = moved_to + timedelta(seconds=1)
        await run.keeper.settle(2, at_least=later)
        await replay.hear(lines[2_000:], 2)
        assert (await stored_standing(run.keeper.ledger)).as_of == later
    async with writers(url, rules, lines, "c") as (alone,):
        await alone.hear(lines, 1)
        assert (await stored_standing(alone.keeper.ledger)).as_of == later
