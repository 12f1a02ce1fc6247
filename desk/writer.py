"""Writer: what people add at a desk, judged and committed; or only shown what it would change.

It works in a thread and by a connection of its own: to fold a ledger takes seconds, and pages wait for nobody. What it
has folded it keeps, and reads only what others have written since. Checks and commits are those of the commands.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TypeVar

import msgspec

from sealane.event import Event, changes
from sealane.fact import Fact
from sealane.heard import Hours
from sealane.judge import Standing
from streams.cautions import cautions
from streams.corridor.corridor import Corridor
from streams.embedded import Clash
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import Fenced, Ledger
from streams.reading import Row
from streams.showing.state import event_of, names_of, shown
from streams.showing.wording import words_of

SOURCE = "desk"
TRIES = 3  # behind another desk of the same ledger

Opens = Callable[[], AbstractAsyncContextManager[Ledger]]
Done = TypeVar("Done")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of facts, or what would."""

    dry_run: bool
    facts: tuple[str, ...]  # their ids
    new: int
    there_already: int
    as_of: object
    events: tuple[Row, ...]  # each with what it says in words
    cautions: tuple[str, ...]  # what to look at again


class Writer:
    """The one who writes for a desk."""

    def __init__(self, opens: Opens, corridor: Corridor) -> None:
        self._opens, self._corridor = opens, corridor
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._runner: asyncio.Runner | None = None
        self._held = AsyncExitStack()
        self._keeper: Keeper | None = None

    async def add(self, facts: Sequence[Fact]) -> Outcome:
        """Add facts, and tell what they changed. Raises LedgerError; Clash, and then nothing is added."""
        return await self._in_thread(lambda: self._tried(lambda keeper: self._add(keeper, facts)))

    async def preview(self, facts: Sequence[Fact]) -> Outcome:
        """What facts would change; nothing is stored. Raises LedgerError, Clash."""
        return await self._in_thread(lambda: self._tried(lambda keeper: self._preview(keeper, facts)))

    async def close(self) -> None:
        """Let go of the ledger."""
        await self._in_thread(self._closed)
        self._thread.shutdown()

    async def _in_thread(self, work: Callable[[], Awaitable[Done]]) -> Done:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    def _run(self, work: Callable[[], Awaitable[Done]]) -> Done:
        self._runner = self._runner or asyncio.Runner()

        async def worked() -> Done:
            return await work()

        return self._runner.run(worked())

    async def _tried(self, work: Callable[[Keeper], Awaitable[Outcome]]) -> Outcome:
        """Work with a keeper that knows all there is. Whatever goes wrong, the next begins with a new one."""
        for tries_left in reversed(range(TRIES)):
            try:
                return await work(await self._known())
            except Fenced:
                await self._closed()
                if not tries_left:
                    raise
            except Clash:  # nothing was taken
                raise
            except BaseException:
                await self._closed()
                raise
        raise AssertionError("the last try returns or raises")

    async def _known(self) -> Keeper:
        if self._keeper is None:
            ledger = await self._held.enter_async_context(self._opens())
            keeper = Keeper(self._corridor.rules, Hours(), ledger, SOURCE, notifies=True)
            await keeper.open()
            self._keeper = keeper
        else:
            await self._keeper.catch_up()
        return self._keeper

    async def _closed(self) -> None:
        self._keeper = None
        held, self._held = self._held, AsyncExitStack()
        await held.aclose()

    async def _add(self, keeper: Keeper, facts: Sequence[Fact]) -> Outcome:
        embedded = keeper.embedded
        held = frozenset(embedded.facts)
        keeper.take_facts(facts)
        stood_at = embedded.standing.as_of  # a run moves it on by the clock: never back
        events = await keeper.settle(keeper.offset() + 1, at_least=stood_at)
        return self._outcome(facts, held, events, embedded.standing, dry_run=False)

    async def _preview(self, keeper: Keeper, facts: Sequence[Fact]) -> Outcome:
        embedded = keeper.embedded
        before = embedded.standing
        after = embedded.would_stand(facts, before.as_of)
        events = changes(before, after, {}, synthetic=embedded.rules.synthetic)
        return self._outcome(facts, frozenset(embedded.facts), events, after, dry_run=True)

    def _outcome(
        self, facts: Sequence[Fact], held: frozenset[str], events: Sequence[Event], standing: Standing, *, dry_run: bool
    ) -> Outcome:
        new = [fact for fact in facts if fact.id not in held]
        names = names_of(standing, self._corridor.rules)
        return Outcome(
            dry_run=dry_run,
            facts=tuple(fact.id for fact in facts),
            new=len(new),
            there_already=len(facts) - len(new),
            as_of=shown(standing.as_of),
            events=tuple(
                {**event_of(event, names), "words": words_of(event, names, self._corridor.port_name)}
                for event in events
            ),
            cautions=tuple(cautions(new, self._corridor, held | {fact.id for fact in facts})),
        )
