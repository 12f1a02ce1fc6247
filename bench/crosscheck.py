"""The cross-check: any recording through one process, and through Kafka on one worker and on three (`make crosscheck`).

    embedded <digest> <number of standing objects>
    kafka-1 <digest> <number of standing objects>
    kafka-3 <digest> <number of standing objects>

All three must be equal. What runs are the commands a user runs, on a broker, a ledger and topics of their own.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from bench.broker import Broker, CannotRun, running
from bench.fleet import Outcome, fleet
from sealane.digest import COVERED
from streams.clock import now
from streams.corridor import load_corridor
from streams.facts import read_facts
from streams.recording import Recording
from streams.replay import Replay

WORKERS = (1, 3)


def embedded(config: Path | None, files: Sequence[Path], facts: Sequence[Path] = ()) -> Outcome:
    """What recordings and facts amount to in one process, in memory."""
    corridor = load_corridor(config)
    told = [read_facts(str(each), corridor, now()) for each in facts]
    with ExitStack() as opened:
        recordings = [opened.enter_context(closing(Recording(str(file)))) for file in files]
        run = Replay(recordings, corridor.rules, now(), facts=told)
        asyncio.run(run.run(lambda _: None, lambda _: None))
    standing = run.embedded.standing
    return Outcome(run.embedded.digest(), sum(len(getattr(standing, kind)) for kind in COVERED))


def on_kafka(
    broker: Broker, config: Path | None, files: Sequence[Path], facts: Sequence[Path] = (), workers: int = 1
) -> Outcome:
    """The same by so many workers that follow, and one that judges."""
    with fleet(broker, config) as ships:
        for slot in range(workers):
            ships.start("follow", str(slot))
        ships.start("judge", "0")
        ships.replay(files, facts)
        return ships.settled()


def main() -> int:
    words = argparse.ArgumentParser(description="Send recordings through one process and through Kafka, and compare.")
    words.add_argument("files", nargs="+", type=Path, metavar="FILE")
    words.add_argument("--facts", action="append", default=[], type=Path, metavar="FILE")
    words.add_argument("--config", type=Path, metavar="FILE")
    asked = words.parse_args()
    outcomes = [embedded(asked.config, asked.files, asked.facts)]
    _print("embedded", outcomes[0])
    try:
        with running() as broker:
            for workers in WORKERS:
                outcomes.append(on_kafka(broker, asked.config, asked.files, asked.facts, workers))
                _print(f"kafka-{workers}", outcomes[-1])
    except (CannotRun, RuntimeError) as error:
        print(f"crosscheck: {error}", file=sys.stderr)
        return 1
    if len(set(outcomes)) > 1:
        print("crosscheck: they differ", file=sys.stderr)
        return 1
    return 0


def _print(name: str, outcome: Outcome) -> None:
    print(name, outcome.digest, outcome.objects, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
