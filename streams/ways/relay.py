"""The relay of one way: tells it what it wants of the chain, in order, and keeps what came of it.

    taken      logged, and the cursor moves: one script
    failed     tried again, each time after longer, with chance so that many senders do not come at once
    refused, or failed for `give_up_after_h`
               logged and kept as undelivered, and the cursor moves: the next is told

Stopped or killed, whoever has the lease next goes on with what was not taken, and remembers how often it was tried.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import msgspec
from tenacity import AsyncRetrying, RetryCallState, retry_if_result
from tenacity.wait import wait_random_exponential

from streams.clock import now
from streams.ledger.ledger import Fenced, LedgerError
from streams.ledger.outbox import Outbox, holding
from streams.showing.telling import Told, told
from streams.ways.notice import Notice, Standing, logged, notice_of, stands, stored_ways, undelivered
from streams.ways.way import Answer, Way, wanted

Tell = Callable[[str], None]

AWAY_S = 2.0  # between tries where the ledger does not answer
CURSOR = "way:"  # of a way's name in the outbox


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait before a way is tried again: at least `first_s`, then up to twice as long each time."""

    first_s: float = 0.5
    longest_s: float = 300.0


def cursor_of(way: str) -> str:
    """The name of a way's cursor in the outbox."""
    return f"{CURSOR}{way}"


class Relay:
    """One way, from one ledger."""

    def __init__(self, way: Way, outbox: Outbox, tell: Tell, pace: Pace | None = None) -> None:
        self.way, self.outbox = way, outbox
        self._tell, self._pace = tell, pace or Pace()
        self._standing = Standing(name=way.name, kind=way.kind, to=way.to)
        self._retry_after_s = 0.0  # as the way asked last

    async def begin(self) -> None:
        """Have a way that is new begin where it says. Raises LedgerError."""
        await self.outbox.begin(0 if self.way.begins == "beginning" else None)

    async def run(self) -> None:
        """Until cancelled. A ledger that goes away is waited for; so is a lease that another has."""
        try:
            while True:
                try:
                    await self.begin()
                    await self._carry()
                except Fenced as error:
                    self._tell(f"way {self.way.name}: {error}; waiting for it")
                except LedgerError as error:
                    self._tell(f"way {self.way.name}: {error}; going on once it is back")
                    await asyncio.sleep(AWAY_S)
        finally:
            await self.way.close()

    async def _carry(self) -> None:
        async with holding(self.outbox):
            held = (await stored_ways(self.outbox.ledger)).get(self.way.name, self._standing)
            self._standing = msgspec.structs.replace(held, kind=self.way.kind, to=self.way.to)
            await self.outbox.beat([stands(self._standing)])
            beside = asyncio.create_task(self.way.beside())
            try:
                async for entry in self.outbox.follow():
                    event = told(entry)
                    if wanted(event, self.way.wants):
                        await self._told(event)
                    else:
                        self.outbox.pass_over(entry.sequence)
            finally:
                beside.cancel()
                with suppress(asyncio.CancelledError):
                    await beside

    async def _told(self, event: Told) -> None:
        """Have the way take an event, or give it up."""
        retrying = AsyncRetrying(
            retry=retry_if_result(lambda notice: notice.outcome == "waiting"),
            wait=self._wait,
            sleep=asyncio.sleep,
        )
        notice: Notice = await retrying(self._tried, event)
        is_told = notice.outcome == "told"
        before = self._standing
        self._standing = msgspec.structs.replace(
            before,
            told=before.told + is_told,
            given_up=before.given_up + (not is_told),
            last_told_at=notice.at if is_told else before.last_told_at,
            waiting=None,
        )
        writes = [logged(notice), stands(self._standing), *([] if is_told else [undelivered(notice)])]
        await self.outbox.move(event.sequence, writes)
        if not is_told:
            self._tell(f"way {self.way.name}: gave up {event.id}: {notice.answer}; sealane resend {notice.id}")
        elif before.waiting is not None:
            self._tell(f"way {self.way.name}: takes what it is told again")

    async def _tried(self, event: Told) -> Notice:
        """Tell it once. What it does not take is kept, so that the next to tell it knows."""
        await self.outbox.sure()
        begun_at, waiting = now(), self._standing.waiting
        is_again = waiting is not None and waiting.event == event.id
        tries, first_at = (waiting.tries + 1, waiting.first_tried_at) if waiting and is_again else (1, begun_at)
        answer = await self.way.send(event, begun_at)
        notice = notice_of(self.way, event, first_at, tries, answer.words, now())
        if answer.outcome == "taken":
            return msgspec.structs.replace(notice, outcome="told")
        is_late = notice.at - first_at >= timedelta(hours=self.way.give_up_after_h)
        if answer.outcome == "refused" or is_late:
            return msgspec.structs.replace(notice, outcome="given up")
        await self._waits(notice, answer, is_news=not is_again)
        return notice

    async def _waits(self, notice: Notice, answer: Answer, *, is_news: bool) -> None:
        self._standing = msgspec.structs.replace(self._standing, waiting=notice)
        self._retry_after_s = answer.retry_after_s or 0.0
        await self.outbox.beat([stands(self._standing)])
        if is_news:
            self._tell(f"way {self.way.name}: does not take {notice.event}: {answer.words}; trying again")

    def _wait(self, state: RetryCallState) -> float:
        """By chance up to a bound that doubles with each try; no sooner than the first pause, or than the way asked."""
        first_s, longest_s = self._pace.first_s, self._pace.longest_s
        spread = wait_random_exponential(multiplier=first_s, max=longest_s)
        return max(first_s, spread(state), self._retry_after_s)
