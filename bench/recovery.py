"""Recovery: how late the latest event is when a worker on its way is killed, and its supervisor starts it again.

    probes --> ingest --> follow, follow --> judge --> relay --> subscriber
                            kill -9            or        or

All is as docs/kafka.md recommends: a slot each, a session of 30 s, `sealane supervise`. Nothing of this waits for a
session: who comes back into its slot has its partitions and its lease at once.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench.broker import Broker
from bench.fleet import SEALANE, Fleet, fleet
from bench.table import Table
from bench.timeline import STAGES, timeline
from streams.corridor.corridor import load_corridor
from streams.kafka.settings import SESSION_S
from streams.ledger.server import ends_with

KILLED = ("follow", "judge", "relay")
TURNS = 3
Strike = Callable[[], None]

RATE = 1_000  # sentences a second beside
PLAIN = "plain aiokafka, one of two"


def recovery(broker: Broker, config: Path, partitions: int) -> Table:
    """Some kills of each."""
    rows = []
    for who in (*KILLED, PLAIN):
        late = [_late(broker, config, partitions, who) for _ in range(TURNS)]
        rows.append((f"{who}, one of two" if who == "follow" else who, *(f"{each:.1f}" for each in sorted(late))))
    return Table(
        title="A worker is killed on Kafka",
        what=f"`kill -9` amid events; `sealane supervise` starts it again half a second later, into its slot, session "
        f"{SESSION_S:g} s. The plain consumer is started again at once. How late the latest event came to a "
        f"subscriber; {TURNS} kills each.",
        columns=("who is killed", "latest event, s: least", "middle", "most"),
        rows=tuple(rows),
    )


def _late(broker: Broker, config: Path, partitions: int, who: str) -> float:
    with fleet(broker, config, partitions, SESSION_S) as ships:
        strike = _plain(ships) if who == PLAIN else _supervised(ships, who)
        found = asyncio.run(timeline(ships, load_corridor(config), RATE, strike))
        ships.end()  # killed, a supervisor leaves it to its workers to end
    return found.lasted(STAGES[-1])[-1]


def _supervised(ships: Fleet, who: str) -> Strike:
    """Start what a supervisor keeps; how to kill one of it."""
    _start(ships, "supervise", str(SEALANE), "supervise", "follow=2", "judge=1", "relay=1")
    slots = ships.folder / "run" / f"sealane-{os.getuid()}"
    return lambda: os.kill(int((slots / f"{ships.kafka.prefix}{who}-0.slot").read_text()), signal.SIGKILL)


def _plain(ships: Fleet) -> Strike:
    """The same with plain consumers that follow; whoever kills one starts it again."""
    for slot in ("0", "1"):
        _start(ships, f"plain-{slot}", sys.executable, "-m", "bench.plain", slot)
    for kind in ("judge", "relay"):
        ships.start(kind, "0")

    def strike() -> None:
        ships.workers["plain-0", ""].kill()
        ships.workers["plain-0", ""].wait()
        _start(ships, "plain-0", sys.executable, "-m", "bench.plain", "0")

    return strike


def _start(ships: Fleet, name: str, *command: str) -> None:
    ends = ends_with(os.getpid())
    with (ships.folder / f"{name}.log").open("ab") as said:
        ships.workers[name, ""] = subprocess.Popen(command, env=ships.env(), stdout=said, stderr=said, preexec_fn=ends)
