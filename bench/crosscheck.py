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
from geofences.errors import BadReference
from sealane.digest import COVERED
from sealane.filter import watch_for
from sealane.listener import Listener
from streams.app import corridor_of
from streams.cli.exits import EXIT_FAILED, EXIT_WRONG_USAGE
from streams.clock import now
from streams.embedded import Embedded
from streams.facts import read_facts
from streams.replay.recording import STDIN, CannotRead, Recording
from streams.replay.replay import Replay

WORKERS = (1, 3)


def embedded(config: Path | None, files: Sequence[Path], facts: Sequence[Path] = ()) -> Outcome:
    """What recordings and facts amount to in one process, in memory."""
    return _outcome(_replayed(config, files, facts))


def heard_live(config: Path | None, file: Path) -> str:
    """The digest of what a live run hears of a recording: it learns whom to follow on the way."""
    rules = corridor_of(config).rules
    listener = Listener(watch_for(rules.watchlist, rules.chart), feed=str(file), read_at=now(), learning=True)
    run = Embedded(rules, listener.hours)
    for line in file.read_bytes().splitlines():
        run.take(listener.hear(line))
    listener.finish()
    run.settle()
    return run.digest()


def on_kafka(
    broker: Broker,
    config: Path | None,
    files: Sequence[Path],
    facts: Sequence[Path] = (),
    workers: int = 1,
    exit_code: int = 0,
) -> Outcome:
    """The same by so many workers that follow, and one that judges. `exit_code`: a replay's of these files."""
    with fleet(broker, config) as ships:
        for slot in range(workers):
            ships.start("follow", str(slot))
        ships.start("judge", "0")
        ships.replay(files, facts, exit_code=exit_code)
        return ships.settled()


def main(asked: Sequence[str] | None = None) -> int:
    words = argparse.ArgumentParser(description="Send recordings through one process and through Kafka, and compare.")
    words.add_argument("files", nargs="*", type=Path, metavar="FILE")
    words.add_argument("--facts", action="append", default=[], type=Path, metavar="FILE")
    words.add_argument("--config", type=Path, metavar="FILE")
    given = words.parse_args(asked)
    try:
        return _compared(given.config, given.files, given.facts)
    except (BadReference, CannotRead) as error:
        _say(str(error))
        return EXIT_WRONG_USAGE
    except (CannotRun, RuntimeError) as error:
        _say(str(error))
        return EXIT_FAILED


def _compared(config: Path | None, files: Sequence[Path], facts: Sequence[Path]) -> int:
    """Run all three, printing each: the exit code. Raises BadReference, CannotRead, CannotRun, RuntimeError."""
    if not files and not facts:
        raise BadReference("crosscheck", "", "nothing to read", 'FILES="a.nmea b.nmea", or FACTS=f.jsonl')
    if Path(STDIN) in (*files, *facts):
        raise BadReference("crosscheck", "", STDIN, "files: standard input can be read once alone")
    alone = _replayed(config, files, facts)
    troubles = [*alone.problems, *(why for file in alone.refused for why in file.refused)]
    for trouble in troubles:
        _say(trouble)  # all three leave out the same
    outcomes = [_outcome(alone)]
    _print("embedded", outcomes[0])
    with running() as broker:
        for workers in WORKERS:
            exit_code = EXIT_FAILED if troubles else 0
            outcomes.append(on_kafka(broker, config, files, facts, workers, exit_code))
            _print(f"kafka-{workers}", outcomes[-1])
    if len(set(outcomes)) > 1:
        _say("they differ")
        return EXIT_FAILED
    return 0


def _replayed(config: Path | None, files: Sequence[Path], facts: Sequence[Path]) -> Replay:
    """A replay in memory, at its end. Raises BadReference, CannotRead."""
    corridor = corridor_of(config)
    told = [read_facts(str(each), corridor, now()) for each in facts]
    with ExitStack() as opened:
        recordings = [opened.enter_context(closing(Recording(str(file)))) for file in files]
        run = Replay(recordings, corridor.rules, now(), facts=told)
        asyncio.run(run.run(lambda _: None, lambda _: None))
    return run


def _outcome(run: Replay) -> Outcome:
    standing = run.embedded.standing
    return Outcome(run.embedded.digest(), sum(len(getattr(standing, kind)) for kind in COVERED))


def _say(text: str) -> None:
    print(f"crosscheck: {text}", file=sys.stderr, flush=True)


def _print(name: str, outcome: Outcome) -> None:
    print(name, outcome.digest, outcome.objects, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
