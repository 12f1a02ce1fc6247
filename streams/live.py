"""The live run: several feeds heard at once and kept in one ledger, as of now.

    feeds --blocks--> queues (bounded) --lines--> ears --reports--> keeper --commit--> ledger --> show
                                                        clock --tick--^

One feed at a time is heard for a moment and settled; then the next. Once a second time moves on by the clock; what
others have committed meanwhile, such as a fact somebody added, is read then and told as well; a feed that has fallen
silent, or is heard again, is told of. Where the ledger cannot
be written nothing more is taken: the queues fill, the feeds wait, and their senders after them. Asked to stop, it hears
what was read, commits that, and ends. It decides nothing about ships.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import NamedTuple

import msgspec

from geofences.errors import BadReference
from sealane.event import Event
from sealane.filter import watch_for
from sealane.heard import Hours
from sealane.message import load_decoder
from sealane.rules import Rules
from streams.clock import now
from streams.collector import keep_loaded
from streams.corridor.corridor import Corridor
from streams.feeds import Feed, Mark, Placed, Subscriber, Tell
from streams.feeds.ear import Ear
from streams.feeds.health import Health
from streams.ledger import keys
from streams.ledger.inputs import follow_bound, learn_again
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import Fenced, Ledger, LedgerError, Write
from streams.memory import Writes
from streams.outage import kind_of, outage_words
from streams.showing.console import Show

TICK_S = 1.0
HEALTH_EVERY_S = 5.0  # it is written for others to read
BATCH_S = 0.05  # one feed is heard no longer before what it said is committed
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0  # between tries where the ledger cannot be written

LiveKeeper = partial(Keeper, hears_others=True, notifies=True)
ShowFeeds = Callable[[Sequence[Health]], None]
Settled = Callable[[], Awaitable[tuple[Event, ...]]]


class Reload(NamedTuple):
    """How to read the corridor again, and whom to tell it is gone by."""

    load: Callable[[], Corridor]
    show_by: Callable[[Corridor], None]


class Live:
    """One live run of one corridor. `stop` and `reload` may be called from a signal."""

    def __init__(
        self,
        corridor: Corridor,
        ledger: Ledger,
        feeds: Sequence[Feed],
        show: Show,
        tell: Tell,
        show_feeds: ShowFeeds = lambda _: None,
        silent_after_s: Mapping[str, float] | None = None,
        writes: Callable[[Rules, Hours, Ledger, str], Writes] = LiveKeeper,
    ) -> None:
        """`silent_after_s`: of feeds by name, where their own pace is not to say when a silence is an alarm."""
        rules, limits_s = corridor.rules, silent_after_s or {}
        self.watch = watch_for(rules.watchlist, rules.chart)
        hours = Hours()
        self.ears = [Ear(feed, self.watch, hours, tell, limits_s.get(feed.name)) for feed in feeds]
        self.keeper = writes(rules, hours, ledger, feeds[0].name)
        self._facts_known = 0
        self._ledger, self._show, self._tell, self._show_feeds = ledger, show, tell, show_feeds
        self._awake = asyncio.Event()
        self._is_stopping = False
        self._reload: Reload | None = None
        self._ticked_at: datetime | None = None
        self._next_tick_s = self._next_health_s = 0.0  # of the loop's time

    def stop(self) -> None:
        """Hear what was read, commit it, end."""
        self._is_stopping = True
        self._awake.set()

    def reload(self, reload: Reload) -> None:
        """Go by other rules, as soon as what is in hand is settled."""
        self._reload = reload
        self._awake.set()

    async def run(self) -> None:
        """Until asked to stop, or until every feed has ended. Raises LedgerError; Fenced where a source was claimed."""
        await self.keeper.open(*(ear.feed.name for ear in self.ears[1:]))
        learn_again(self.watch, self.keeper.embedded.tracks())
        self._follow_bound()
        marks = {name.decode(): mark.decode() for name, mark in (await self._ledger.hash(keys.MARKS)).items()}
        for ear in self.ears:
            name = ear.feed.name
            ear.begin(Mark(offset=self.keeper.offset(name), line_hash=marks.get(name, "")))
            if isinstance(ear.feed, Placed):
                begins = f"{name}\t"
                ear.feed.resume(
                    {key.removeprefix(begins): mark for key, mark in marks.items() if key.startswith(begins)}
                )
        load_decoder()
        keep_loaded()
        pumps = [asyncio.create_task(self._pump(ear)) for ear in self.ears]
        try:
            while not self._is_stopping and not all(pump.done() for pump in pumps):
                await self._woken()
                await self._round()
        finally:
            for pump in pumps:
                pump.cancel()
            ends = await asyncio.gather(*pumps, return_exceptions=True)
        await self._drain()
        for end in ends:
            if isinstance(end, Exception):  # a broken rule of ours
                raise end

    @property
    def lines(self) -> int:
        """How many lines were heard."""
        return sum(ear.listener.account.lines["total"] for ear in self.ears)

    async def _pump(self, ear: Ear) -> None:
        """Bring a feed's blocks to its queue; wait where the queue is full."""
        try:
            async for block in ear.feed.blocks(ear.mark):
                await ear.waiting.put(block)
                self._awake.set()
            ear.has_ended = True
        finally:
            self._awake.set()

    async def _woken(self) -> None:
        """Wait for bytes, a signal or the next tick."""
        if not any(ear.has_waiting for ear in self.ears):
            left_s = self._next_tick_s - asyncio.get_running_loop().time()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(left_s, 0.0)):
                    await self._awake.wait()
        self._awake.clear()

    async def _round(self) -> None:
        """Hear each feed for a moment, and let time move on."""
        for ear in self.ears:
            if self._heard(ear):
                await self._settle(ear)
            await asyncio.sleep(0)  # to the feeds
        if self._reload is not None:
            reload, self._reload = self._reload, None
            await self._reloaded(reload)
        if asyncio.get_running_loop().time() >= self._next_tick_s:
            await self._tick()

    def _heard(self, ear: Ear, for_s: float = BATCH_S) -> bool:
        """Hear what waits of a feed, no longer than a moment."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + for_s
        is_heard = False
        while ear.has_waiting and (not is_heard or loop.time() < until_s):
            self.keeper.take(ear.hear(ear.take()))
            is_heard = True
        return is_heard

    async def _tick(self) -> None:
        """As of now: what time alone changes, and where each feed stands."""
        self._next_tick_s = asyncio.get_running_loop().time() + TICK_S
        self._ticked_at = now().replace(microsecond=0)
        await self._look_at_feeds()
        for ear in self.ears:
            has_moved = ear.mark.offset != self.keeper.offset(ear.feed.name)
            if has_moved or ear is self.ears[0]:
                await self._settle(ear, always=has_moved)

    async def _look_at_feeds(self) -> None:
        """Who is silent, who is heard again; ask servers for the radios followed by now; say how each feed is."""
        at = now()
        radios = (self.watch.mmsi or frozenset()) | self.watch.bound
        for ear in self.ears:
            if isinstance(ear.feed, Subscriber):
                ear.feed.follow(radios)
            if ear.turned():
                self._turned(ear.health(at))
        healths = [ear.health(at) for ear in self.ears]
        self._show_feeds(healths)
        if asyncio.get_running_loop().time() >= self._next_health_s:
            self._next_health_s = asyncio.get_running_loop().time() + HEALTH_EVERY_S
            await self._note(healths)

    def _turned(self, health: Health) -> None:
        self._next_health_s = 0.0
        self.keeper.tell_of_feed(health)
        said = msgspec.json.decode(msgspec.json.encode(health), type=dict[str, object])
        self._tell(outage_words(kind_of(health), {**said, "feed": health.name}, health.at))

    async def _note(self, healths: Sequence[Health]) -> None:
        with suppress(LedgerError):  # the next commit tells it, and waits
            await self._ledger.note(keys.FEEDS, {each.name: msgspec.json.encode(each) for each in healths})

    async def _drain(self) -> None:
        self._is_stopping = True
        for ear in self.ears:
            self._heard(ear, for_s=float("inf"))
            self.keeper.take(ear.end() if ear.has_ended else [])
            await self._settle(ear, always=True)
            ear.listener.finish()
            ear.has_ended = True
        await self._note([ear.health(now()) for ear in self.ears])

    async def _settle(self, ear: Ear, *, always: bool = False) -> None:
        name, mark = ear.feed.name, ear.mark
        beside: list[Write] = [("HSET", keys.MARKS, name, mark.line_hash)] if mark.line_hash else []
        if isinstance(ear.feed, Placed):
            beside += [("HSET", keys.MARKS, f"{name}\t{file}", place) for file, place in ear.feed.places(mark).items()]
        events = await self._committed(
            lambda: self.keeper.settle(mark.offset, name, at_least=self._ticked_at, beside=beside, always=always)
        )
        if len(self.keeper.embedded.facts) != self._facts_known:
            self._follow_bound()
        self._show((*self.keeper.told_by_others(), *events), self.keeper.embedded.standing, self.lines)

    def _follow_bound(self) -> None:
        """Follow whom the facts there are bind, from now on."""
        facts = self.keeper.embedded.facts
        follow_bound(self.watch, facts.values())
        self._facts_known = len(facts)

    async def _committed(self, settled: Settled) -> tuple[Event, ...]:
        """Commit, however long the server is away; asked to stop, try no more. Raises Fenced."""
        pause_s = FIRST_PAUSE_S
        is_lost = False
        while True:
            try:
                if is_lost:
                    await self.keeper.recover()
                events = await settled()
            except Fenced:
                raise
            except LedgerError as error:
                if self._is_stopping:
                    raise
                is_lost = True
                self._tell(f"{error}; no input is taken; trying again in {pause_s:g} s")
                self._awake.clear()
                await self._pause(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            else:
                if is_lost:
                    self._tell("the ledger is back; going on")
                return events

    async def _pause(self, pause_s: float) -> None:
        """Wait, unless asked to stop meanwhile."""
        until_s = asyncio.get_running_loop().time() + pause_s
        while not self._is_stopping and asyncio.get_running_loop().time() < until_s:
            await asyncio.sleep(min(pause_s, 0.1))

    async def _reloaded(self, reload: Reload) -> None:
        try:
            corridor = reload.load()
            rules = corridor.rules
            await self.keeper.judge_by(rules)
        except (BadReference, LedgerError) as error:
            self._tell(f"{error}; the rules stay as they were")
            return
        watch = watch_for(rules.watchlist, rules.chart)
        watch.met.update(self.watch.met)
        learn_again(watch, self.keeper.embedded.tracks())
        self.watch = watch
        self._follow_bound()
        for ear in self.ears:
            ear.listener.follow(watch)
        reload.show_by(corridor)
        self._tell("rules read again; judged by them from now on")
        await self._tick()
