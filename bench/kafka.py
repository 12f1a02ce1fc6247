"""Kafka: how many reports workers follow a second, how long a kill is felt, how late a subscriber is.

A backlog lies on the topic before the workers start; measured are its last two thirds, when all are at work. Broker,
ledger and workers share this machine's cores, so a second and a third worker contend with them.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from bench.broker import Broker, running
from bench.fleet import Fleet, fleet
from bench.recovery import recovery
from bench.table import Table
from bench.timeline import Timeline, timeline, told
from sealane.filter import watch_for
from sealane.fix import Fix, Mmsi
from sealane.listener import Listener
from sealane.rules import Rules
from sealane.static import StaticReport
from streams.clock import now
from streams.corridor.corridor import load_corridor
from streams.demo import feed
from streams.demo.files import write_corridor
from streams.kafka.observation import HEADERS, key_of, packed
from streams.kafka.producer import producing
from streams.kafka.topics import OBSERVATIONS, name_of
from streams.ledger.ledger import Ledger

DEMO_LINES, COPIES = 2_000, 48  # each of the demo's ships as so many
PARTITIONS = 6
WORKERS = (1, 2, 3)
SENTENCES = 20_000  # a second
LOOKS_EVERY_S = 0.02
WITHIN_S = 300.0

Report = Fix | StaticReport


def tables(folder: Path) -> Iterator[Table]:
    """All that is measured of Kafka."""
    config = write_corridor(folder / "corridor")
    backlog = _reports(load_corridor(config).rules)
    with running() as broker:
        yield with_load(_throughput(broker, config, backlog))
        yield with_load(_latency(broker, config))
        yield with_load(recovery(broker, config, PARTITIONS))


def with_load(table: Table) -> Table:
    """How busy the machine was; the bench itself is much of it."""
    return replace(table, what=f"{table.what} Load {os.getloadavg()[0]:.1f} at the end of it.")


def _throughput(broker: Broker, config: Path, backlog: list[Report]) -> Table:
    rows = []
    for who in ("sealane worker follow (Faust)", "plain aiokafka, same follower"):
        for workers in WORKERS:
            rate = _rate(broker, config, backlog, workers, is_plain=who.startswith("plain"))
            rows.append((who, f"{workers}", f"{rate:,.0f}"))
    return Table(
        title="Reports followed on Kafka",
        what=f"A backlog of {len(backlog):,} reports of {len({each.mmsi for each in backlog})} radios on {PARTITIONS} "
        "partitions, followed and committed with fsync always. Broker, ledger and workers share two cores: these are "
        "the limit from the second worker on.",
        columns=("who", "workers", "reports a second"),
        rows=tuple(rows),
    )


def _rate(broker: Broker, config: Path, backlog: list[Report], workers: int, *, is_plain: bool) -> float:
    """Reports a second, of the last two thirds of a backlog."""
    with fleet(broker, config, PARTITIONS) as ships:
        asyncio.run(_produce(ships, backlog))
        for slot in range(workers):
            if is_plain:
                command = [sys.executable, "-m", "bench.plain", str(slot)]
                ships.workers["plain", str(slot)] = subprocess.Popen(command, env=ships.env())
            else:
                ships.start("follow", str(slot))
        return asyncio.run(_measured(ships, len(backlog)))


async def _measured(ships: Fleet, whole: int) -> float:
    ledger = Ledger(ships.url)
    began_s, done_before, done = 0.0, 0, 0
    deadline = time.perf_counter() + WITHIN_S
    while done < whole and time.perf_counter() < deadline:
        done = await _done(ledger)
        if done >= whole / 3 and not began_s:
            began_s, done_before = time.perf_counter(), done
        await asyncio.sleep(LOOKS_EVERY_S)
    took_s = time.perf_counter() - began_s
    await ledger.close()
    return (done - done_before) / took_s


async def _done(ledger: Ledger) -> int:
    """How many records the fences of all partitions have passed."""
    return sum(
        int(fence.split(b":")[1])
        for name, fence in (await ledger.hash("sealane:fence")).items()
        if name[:6] == b"kafka:"
    )


async def _produce(ships: Fleet, reports: list[Report]) -> None:
    topic = name_of(ships.kafka, OBSERVATIONS)
    async with producing(ships.kafka) as producer:
        for report in reports:
            await producer.send(topic, packed(report), key=key_of(report), headers=HEADERS)
        await producer.flush()


def _reports(rules: Rules) -> list[Report]:
    """The demo's first weeks, each of its ships as many."""
    watch = replace(watch_for(rules.watchlist, rules.chart), mmsi=None)  # every radio
    listener = Listener(watch, feed="bench", read_at=now(), learning=True)
    found = [report for line in islice(feed(), DEMO_LINES) for report in listener.hear(line)]
    return [replace(report, mmsi=Mmsi(report.mmsi + 1_000 * copy)) for report in found for copy in range(COPIES)]


def _latency(broker: Broker, config: Path) -> Table:
    return told(late(broker, config), SENTENCES)


def late(broker: Broker, config: Path) -> Timeline:
    """When probes amid so many sentences a second were seen, stage by stage."""
    with fleet(broker, config, PARTITIONS) as ships:
        for kind in ("follow", "judge", "relay"):
            ships.start(kind, "0")
        return asyncio.run(timeline(ships, load_corridor(config), SENTENCES))
