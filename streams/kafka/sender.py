"""Sender: what a live run or a replay hands its reports to where others follow and judge.

    open      check the ledger, know again whom to follow, by what it holds and what still waits; claim the sources
    take      reports of one source, as a keeper does
    settle    send them to Kafka, wait until it has them, then commit hours, facts, clock and the source's mark

What was sent and not committed is sent again: a report taken twice changes nothing. It folds and judges nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from sealane.event import Event
from sealane.fact import Fact
from sealane.fix import Fix
from sealane.heard import Hours
from sealane.rules import Rules
from sealane.static import StaticReport
from streams.embedded import Embedded
from streams.feeds.health import Health
from streams.kafka.deadletters import Posts
from streams.kafka.failpoint import PRODUCED, passes
from streams.kafka.observation import HEADERS, key_of, packed
from streams.kafka.offsets import FOLLOW, stands
from streams.kafka.producer import producing
from streams.kafka.reading import Reading
from streams.kafka.settings import Kafka
from streams.kafka.topics import FACTS, OBSERVATIONS, name_of, required
from streams.kafka.topics import check as topics_checked
from streams.ledger import keys
from streams.ledger.inputs import changed_facts, changed_hours, known_statics, stored_facts, stored_fixes, stored_hours
from streams.ledger.keeper import check, meta_for
from streams.ledger.ledger import Claim, Ledger, LedgerError, Stale, Unreachable, Write
from streams.ledger.views import moved_clock, stored_revisions, stored_standing
from streams.outage import feed_told, subject_of

SENT_WITHIN_S = 30.0
STALE_TRIES = 50


class Sender:
    """The sources of one process on their way to Kafka; `embedded` is what the ledger held when it was opened."""

    def __init__(
        self, rules: Rules, hours: Hours, ledger: Ledger, source: str, kafka: Kafka, producer: AIOKafkaProducer
    ) -> None:
        self.embedded = Embedded(rules, hours)
        self.embedded.is_kept = True
        self.ledger, self.source = ledger, source
        self._kafka, self._topic, self._producer = kafka, name_of(kafka, OBSERVATIONS), producer
        self._posts = Posts(kafka, producer, rules.corridor)
        self._claims: dict[str, Claim] = {}
        self._in_hand: list[tuple[Fix | StaticReport, datetime | None]] = []
        self._outages: dict[str, Health] = {}
        self._clock: datetime | None = None  # as this process has moved it
        self.sent = 0

    async def open(self, *others: str) -> None:
        """Read what is there and claim the sources. Raises LedgerError, BrokerError."""
        rules, ledger = self.embedded.rules, self.ledger
        await check(ledger, await ledger.born(meta_for(rules)), rules)
        for source in (self.source, *others):
            self._claims[source] = await ledger.claim(source)
        self.embedded.restore_facts(await stored_facts(ledger))
        async for source, hour in stored_hours(ledger):
            self.embedded.hours.restore(source, hour)
        await self._know_again()

    async def _know_again(self) -> None:
        """Know every report that was ever sent: those the ledger holds, and those that wait to be followed."""
        ledger = self.ledger
        async for _, _, stored in stored_fixes(ledger):
            self.embedded.restore_fix(stored.fix, stored.sources, stored.known_at)
        async for static in known_statics(ledger):
            self.embedded.take((static.report,), static.known_at)
        waiting = await stands(self._kafka, ledger, OBSERVATIONS, FOLLOW)
        await Reading(self._kafka, {each.partition: each.fence for each in waiting}).into(self.embedded)
        self.embedded.restore(await stored_standing(ledger), {})

    def offset(self, source: str | None = None) -> int:
        """Where a source stands in the ledger."""
        return self._claims[source or self.source].offset

    def take(self, reports: Iterable[Fix | StaticReport], known_at: datetime | None = None) -> None:
        """Take reports in, in any order; kept in hand until they are sent."""
        self._in_hand += ((report, known_at) for report in reports)

    def take_facts(self, facts: Iterable[Fact]) -> None:
        """Take facts in, likewise. Raises Clash."""
        self.embedded.take_facts(facts)

    def tell_of_feed(self, health: Health) -> None:
        """Have the chain tell, with the next commit, that a feed is silent or heard again."""
        self._outages[health.name] = health

    def told_by_others(self) -> tuple[Event, ...]:
        """Nobody reads the chain here."""
        return ()

    async def settle(
        self,
        offset: int,
        source: str | None = None,
        *,
        at_least: datetime | None = None,
        beside: Sequence[Write] = (),
        always: bool = False,
    ) -> tuple[Event, ...]:
        """Send what was taken, then commit where its source stands: no event, the judge tells them.

        Where nothing is to be said nothing is committed, unless `always`: what was read and not followed is as well
        read twice, and a ledger that writes to disk each time answers nobody else meanwhile. Raises LedgerError.
        """
        source = source or self.source
        has_sent = await self._send()
        inputs = [*changed_hours(self.embedded.hours), *changed_facts(self.embedded)]
        moved = [moved_clock(at_least)] if at_least and at_least != self._clock else []
        if not (inputs or has_sent or moved or self._outages or always):
            return ()
        await self._commit(source, offset, [*beside, *moved], inputs)
        self._clock = at_least or self._clock
        if inputs or moved:
            await self._posts.wake()
        return ()

    async def judge_by(self, rules: Rules) -> None:
        """Go by other rules of stage 2, of whom to follow. Raises LedgerError where they ask for a rebuild."""
        await check(self.ledger, meta_for(self.embedded.rules), rules)
        self.embedded.judge_by(rules)
        await self._know_again()  # whom to follow by these rules

    async def recover(self) -> None:
        """Go on after an error of a server. Raises Fenced where another writer has claimed a source meanwhile."""
        for source, claim in self._claims.items():
            self._claims[source] = await self.ledger.held(claim)
        await self.ledger.read_head()

    async def _send(self) -> bool:
        """Have Kafka hold what is in hand; whether that was anything. Raises Unreachable, and then it is still."""
        if not self._in_hand:
            return False
        try:
            async with asyncio.timeout(SENT_WITHIN_S):
                sent = [
                    await self._producer.send(
                        self._topic, packed(report, known_at), key=key_of(report), headers=HEADERS
                    )
                    for report, known_at in self._in_hand
                ]
                for answer in asyncio.as_completed(sent):
                    await answer
        except (KafkaError, OSError) as error:  # TimeoutError too
            raise Unreachable(
                f"kafka: did not take {len(self._in_hand):,} reports ({error!r}); is it running?"
            ) from None
        passes(PRODUCED)
        self.sent += len(self._in_hand)
        self._in_hand.clear()
        return True

    async def _commit(self, source: str, offset: int, writes: list[Write], inputs: list[Write]) -> None:
        for _ in range(STALE_TRIES):
            bodies, more = await self._told() if self._outages else ([], [])
            try:
                self._claims[source] = await self.ledger.commit_inputs(
                    self._claims[source], offset, [*writes, *more], inputs, bodies=bodies
                )
            except Stale:  # only who tells of a feed is asked for the chain's head
                continue
            except LedgerError:
                self._in_hand_again(inputs)
                raise
            self._outages.clear()
            return
        raise LedgerError(f"{self.ledger.url}: the chain moved on {STALE_TRIES} times in a row")

    def _in_hand_again(self, inputs: Sequence[Write]) -> None:
        """Hours and facts that were not committed are changes still."""
        for _, key, field, *_ in inputs:
            if key == keys.HOURS:
                hour, _, source = str(field).partition(":")
                self.embedded.hours.changed.add((source, int(hour)))
            else:
                self.embedded.changed_facts.add(str(field))

    async def _told(self) -> tuple[list[bytes], list[Write]]:
        """The entries that tell of feeds, and what goes with them."""
        await self.ledger.read_head()
        revisions = await stored_revisions(self.ledger)
        bodies: list[bytes] = []
        writes: list[Write] = []
        for feed, health in self._outages.items():
            subject = subject_of(feed)
            revision = revisions.get(subject, 0) + 1
            bodies.append(feed_told(health, self.embedded.rules, revision, health.at))
            writes.append(("HSET", keys.REVISIONS, subject, revision))
        return bodies, writes


@asynccontextmanager
async def sending(kafka: Kafka) -> AsyncIterator[Callable[[Rules, Hours, Ledger, str], Sender]]:
    """Who writes sources for the workers on a Kafka whose topics are as they must be. Raises BrokerError."""
    required(kafka, await topics_checked(kafka, nouns=(OBSERVATIONS, FACTS)))
    async with producing(kafka) as producer:
        yield partial(Sender, kafka=kafka, producer=producer)
