"""Workers: the processes that follow and judge, put together and checked before they start.

What Faust would bear in silence ends a worker here with its reason: a broker that is away, topics that are missing or
drifted, a group that is ahead of the ledger.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from sealane.rules import Rules
from streams.kafka.broker import BrokerError
from streams.kafka.carrier import app_of, carry, running
from streams.kafka.deadletters import Posts
from streams.kafka.follower import Follower
from streams.kafka.health import WorkerHealth
from streams.kafka.judge import Judge
from streams.kafka.offsets import FOLLOW, JUDGE, Stand, sound, stands
from streams.kafka.partition import Record
from streams.kafka.producer import producing
from streams.kafka.settings import Kafka
from streams.kafka.topics import DEAD_LETTERS, FACTS, OBSERVATIONS, check, name_of, required
from streams.ledger.ledger import Ledger

LOOKS_EVERY_S = 1.0
LAGS_EVERY_S = 5.0


async def follow(ledger: Ledger, rules: Rules, kafka: Kafka, health: WorkerHealth, slot: str | None = None) -> None:
    """Follow some partitions until cancelled. Raises BrokerError, LedgerError; Fenced where another has them."""
    required(kafka, await check(kafka, nouns=(OBSERVATIONS, FACTS, DEAD_LETTERS)))
    found = await stands(kafka, ledger, OBSERVATIONS, FOLLOW)
    sound(kafka, found, OBSERVATIONS)
    async with producing(kafka) as producer:
        follower = Follower(name_of(kafka, OBSERVATIONS), rules, ledger, Posts(kafka, producer, rules.corridor), health)
        await follower.open(found)
        app = app_of(kafka, FOLLOW, slot)
        carry(app, kafka, OBSERVATIONS, follower.take, follower.assign, health)
        await running(app, [_lagging(kafka, ledger, health, lambda: follower.assigned)])


async def judge(ledger: Ledger, rules: Rules, kafka: Kafka, health: WorkerHealth, slot: str | None = None) -> None:
    """Judge until cancelled. Raises BrokerError, LedgerError; Fenced where another judges."""
    required(kafka, await check(kafka, nouns=(FACTS,)))
    judging = Judge(rules, ledger, health)
    await judging.open()
    turn = asyncio.Lock()

    async def look() -> None:
        async with turn:
            await judging.look()

    async def take(records: list[Record]) -> Sequence[Record]:
        await look()  # a wake says that there is something; the ledger says what
        return records

    async def looking() -> None:
        while True:
            await look()
            await judging.stirred(LOOKS_EVERY_S)

    app = app_of(kafka, JUDGE, slot)
    carry(app, kafka, FACTS, take, lambda _: None, health)
    await running(app, [looking()])


async def _lagging(kafka: Kafka, ledger: Ledger, health: WorkerHealth, own: Callable[[], frozenset[int]]) -> None:
    """How far behind the ledger is, now and then; where nothing waits, a worker that does nothing is well."""
    while True:
        with suppress(BrokerError):  # a broker that starts again is waited for, and the lag is as it was
            note_lag(await stands(kafka, ledger, OBSERVATIONS, FOLLOW), name_of(kafka, OBSERVATIONS), health, own())
        await asyncio.sleep(LAGS_EVERY_S)


def note_lag(found: Sequence[Stand], topic: str, health: WorkerHealth, own: frozenset[int]) -> None:
    """The lag of every partition; a worker none of whose own has anything waiting is well, however others fare."""
    for each in found:
        health.lag[topic, each.partition] = each.lag
    if not any(each.lag for each in found if each.partition in own):
        health.moved()
