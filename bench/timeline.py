"""Timeline: where the time goes between a sentence on TCP and its event at a subscriber, looked at from outside.

    sent --ingest--> observations --follow--> taken --judge--> chain --relay--> events, at a subscriber
          on Kafka                 in the ledger     in the ledger      on Kafka

Each is read as it appears, by the MMSI of the probe, against one clock. Nothing in the workers is changed for it.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import cast

import msgspec
from aiokafka import AIOKafkaConsumer

from bench.fleet import Fleet
from bench.latency import FIRST_MMSI, PROBES, listening, probe_of, send
from bench.table import Table
from streams.corridor.corridor import Corridor
from streams.kafka.topics import OBSERVATIONS, name_of
from streams.ledger import keys
from streams.ledger.ledger import Ledger, Pages
from streams.subscribe import subscribe

WITHIN_S = 120.0
STRIKES_AFTER_S = 0.5
WARMING_UP = FIRST_MMSI + 1_000  # radios before those that count
STAGES = ("observations", "taken", "chain", "events")
DOES = {"observations": "ingest", "taken": "follow", "chain": "judge", "events": "relay, and the subscriber"}

Saw = Callable[[int], None]


class Timeline(msgspec.Struct):
    """When each probe was sent, and when it was seen at each stage; seconds of one clock."""

    sent: dict[int, float]
    seen: dict[str, dict[int, float]]

    def lasted(self, stage: str) -> list[float]:
        """How long after it was sent each probe was seen at a stage, in order of length."""
        return sorted(self.seen[stage][mmsi] - at for mmsi, at in self.sent.items())

    def spent(self, stage: str) -> list[float]:
        """How long each took from the stage before."""
        index = STAGES.index(stage)
        before = self.sent if index == 0 else self.seen[STAGES[index - 1]]
        return sorted(max(self.seen[stage][mmsi] - before[mmsi], 0.0) for mmsi in self.sent)


def at(part: float, found: list[float]) -> float:
    """A quantile of what is sorted."""
    return found[min(int(len(found) * part), len(found) - 1)]


async def timeline(ships: Fleet, corridor: Corridor, rate: int, strike: Callable[[], None] | None = None) -> Timeline:
    """Send probes amid so many sentences a second, through workers that run, and see them come.

    `strike`: what befalls the workers a while after the first.
    """
    found = Timeline(sent={}, seen={stage: {} for stage in STAGES})
    warm, over = asyncio.Event(), asyncio.Event()

    def seeing(stage: str) -> Saw:
        def saw(mmsi: int) -> None:
            found.seen[stage].setdefault(mmsi, time.perf_counter())
            if stage == STAGES[-1]:
                if mmsi >= WARMING_UP:
                    warm.set()
                if all(probe in found.seen[stage] for probe in range(FIRST_MMSI, FIRST_MMSI + PROBES)):
                    over.set()

        return saw

    ledger = Ledger(ships.url)
    watching = [asyncio.create_task(each) for each in _watches(ships, ledger, seeing)]
    try:
        async with listening() as (port, connected):
            ships.start("ingest", "0", "--tcp", f"127.0.0.1:{port}")
            writer = await connected
            writer.write(probe_of(WARMING_UP, corridor))
            async with asyncio.timeout(WITHIN_S):
                await warm.wait()  # all are at work
                await send(writer, corridor, rate, {}, first=WARMING_UP)  # and a JVM has compiled what it runs often
                if strike is not None:
                    asyncio.get_running_loop().call_later(STRIKES_AFTER_S, strike)
                await send(writer, corridor, rate, found.sent)
                await over.wait()
    finally:
        for each in watching:
            each.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        await ledger.close()
    return found


def _watches(ships: Fleet, ledger: Ledger, seeing: Callable[[str], Saw]) -> list[Coroutine[None, None, None]]:
    return [
        _observations(ships, seeing("observations")),
        _taken(ledger, seeing("taken")),
        _chain(ledger, seeing("chain")),
        _events(ships, seeing("events")),
    ]


async def _observations(ships: Fleet, saw: Saw) -> None:
    consumer = AIOKafkaConsumer(
        name_of(ships.kafka, OBSERVATIONS), **ships.kafka.client(), auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async for record in consumer:
            saw(int(record.key))
    finally:
        await consumer.stop()


async def _taken(ledger: Ledger, saw: Saw) -> None:
    last: bytes | str = "0-0"
    while True:
        found = cast(Pages, await ledger.server.xread({keys.TAKEN: last}, block=0))
        for number, fields in found[0][1] if found else ():
            last = number
            for name in fields[b"names"].decode().split("\n"):
                if name.startswith(keys.STATICS):
                    saw(int(name.split(":")[2]))


async def _chain(ledger: Ledger, saw: Saw) -> None:
    async for entry in ledger.follow(0):
        event = msgspec.json.decode(entry.body)
        if event["kind"] == "IdentityBound":
            saw(int(event["object"]["mmsi"]))


async def _events(ships: Fleet, saw: Saw) -> None:
    async for received in subscribe(kafka=ships.kafka, after=0):
        if received.event.kind == "IdentityBound":
            saw(int(str(received.event.object.get("mmsi") or 0)))


def told(found: Timeline, rate: int) -> Table:
    """The table of a timeline."""
    rows = []
    for stage in STAGES:
        spent, lasted = found.spent(stage), found.lasted(stage)
        cells = (at(0.5, spent), at(0.99, spent), at(0.5, lasted), at(0.99, lasted))
        rows.append((stage, DOES[stage], *(f"{cell * 1e3:,.1f}" for cell in cells)))
    return Table(
        title="From a sentence received to its event at a subscriber, through Kafka",
        what=f"{rate:,} sentences a second on TCP to `sealane worker ingest`, then follow, judge, relay, and "
        f"`streams.subscribe` on the events; {len(found.sent)} events. Where the time goes, as seen from outside. All "
        "processes share two cores.",
        columns=("seen on", "brought there by", "took p50 ms", "p99 ms", "since sent p50 ms", "p99 ms"),
        rows=tuple(rows),
    )
