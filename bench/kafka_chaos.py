"""Chaos on Kafka: strike workers, broker and ledger while a recording is on its way, and see what it amounts to.

After each round what stands must be what the recording amounts to in one process, all must hold that `sealane verify`
checks, and a subscriber must have been told every entry of the chain where a relay was at work. The faults are those
of bench/kafka_faults.py.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from bench.broker import Broker, running
from bench.crosscheck import embedded, heard_live
from bench.fleet import fleet
from bench.kafka_faults import FAULTS, Stage
from streams.demo import feed
from streams.demo.files import write_corridor

LINES = 3_001  # of the demo: two weeks, the first calls
IN_FULL = {"strikes": 25, "pause_s": 60.0, "stays_s": 10.0}  # a random kill so often; the rest as the issue asks
FEWER = 3  # strikes of what takes long


def stage_of(broker: Broker, folder: Path) -> Stage:
    """The demo's first two weeks."""
    config, file = write_corridor(folder / "corridor"), folder / "demo.nmea"
    file.write_bytes(b"".join(islice(feed(), LINES)))
    return Stage(broker, config, file, embedded(config, [file]), heard_live(config, file), folder)


def run(stage: Stage, name: str, chance: random.Random) -> str:
    """One round of a fault: what was struck. Raises where it does not end as it must."""
    with fleet(stage.broker, stage.config) as ships:
        for slot in ("0", "1"):
            ships.start("follow", slot)
        ships.start("judge", "0")
        if name.startswith("relay"):
            ships.start("relay", "0")
        struck = FAULTS[name](stage, ships, chance)
        if name.startswith("ingest"):
            ships.until(lambda: ships.heard() == stage.heard)
            ships.end()  # time stands still, and what stands can be verified
            ships.settled()
        elif (found := ships.settled()) != stage.expected:
            raise RuntimeError(f"stands {found}, expected {stage.expected}; {ships.said()}")
        if name.startswith("relay"):
            ships.until(ships.is_told)
        return f"{struck}; {ships.restarts} started again"


def main(asked: Sequence[str] | None = None) -> int:
    words = argparse.ArgumentParser(description="Strike workers, broker and ledger while a recording is on its way.")
    words.add_argument("--full", action="store_true", help="25 random kills of each kind, pauses of a minute")
    words.add_argument("--only", action="append", default=[], help="faults whose name holds this, or another of these")
    words.add_argument("--seed", type=int, default=1)
    given = words.parse_args(asked)
    names = [name for name in FAULTS if any(each in name for each in given.only or [""])]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="sk") as folder, running() as broker:
        stage = stage_of(broker, Path(folder))
        print(f"{LINES:,} lines, digest {stage.expected.digest[:12]}, {stage.expected.objects} objects", flush=True)
        for name in names:
            began_s = time.monotonic()
            try:
                said = run(_in_full(stage, name) if given.full else stage, name, random.Random(f"{given.seed} {name}"))
            except RuntimeError as error:
                failed, said = failed + 1, f"FAILED: {error}"
            print(f"{name:<24} {time.monotonic() - began_s:5.0f} s  {said}", flush=True)
    return 1 if failed else 0


def _in_full(stage: Stage, name: str) -> Stage:
    """As hard as `make chaos` strikes: random instants often, named points and what waits for long less so."""
    struck_at_random = name.endswith("at random")
    return replace(stage, **(IN_FULL | ({} if struck_at_random else {"strikes": FEWER})))


if __name__ == "__main__":
    raise SystemExit(main())
