"""Chaos: kill a replay, or its server, many times, and see whether the ledger ends up the same (`make chaos`).

    replay, at random     kill -9 at a random instant
    replay, at a point    kill -9 as one of its commits reaches a named point (bench/cutting.py)
    server, at random     kill -9 at a random instant; the replay starts it again and goes on
    server, at a point    the same as a commit reaches a named point

After each kill the replay is run once more to its end. What must hold: the digest of an uninterrupted run, as many
entries in the chain, and all that `sealane verify` checks.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path

import msgspec
import redis

from bench.cutting import POINTS, proxied
from bench.replaying import replay
from streams.app import corridor_of
from streams.care.holding import held_by
from streams.care.verify import verified
from streams.demo import feed
from streams.demo.files import write_corridor
from streams.ledger.ledger import Ledger
from streams.ledger.server import data_folder, serve

LINES, SETTLE_EVERY = 1_000, 50
ROUNDS = 200
LOOKS_EVERY_S = 0.02
ENDS_WITHIN_S = 60.0  # a run that takes longer has failed

Kill = Callable[["Stage", random.Random], None]


class Stage(msgspec.Struct, frozen=True):
    """One recording, and where its ledger is kept."""

    config: Path
    file: Path
    folder: Path
    cut: Path  # the proxy's socket
    pids: list[int] = []  # of servers
    took_s: float = 0.0  # an uninterrupted run

    def server(self) -> str:
        """The URL of a server that is our own child: one that a replay started ends soon after the replay."""
        while True:
            url = serve(self.folder)
            with suppress(redis.RedisError, FileNotFoundError):
                with redis.Redis.from_url(url) as client:
                    pid = int(client.info("server")["process_id"])
                if int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) == os.getpid():
                    self.pids.append(pid)
                    return url
            time.sleep(LOOKS_EVERY_S)

    def pid(self) -> int:
        self.server()
        return self.pids[-1]

    def run(self, name: str) -> "multiprocessing.process.BaseProcess":
        going = SPAWN.Process(target=replay, args=(self.config, self.file, name, SETTLE_EVERY))
        going.start()
        return going


SPAWN = multiprocessing.get_context("forkserver")


def replay_at_random(stage: Stage, chance: random.Random) -> None:
    going = stage.run(stage.server())
    time.sleep(chance.uniform(0, stage.took_s))
    going.kill()
    going.join()


def server_at_random(stage: Stage, chance: random.Random) -> None:
    pid = stage.pid()
    going = stage.run("embedded")
    time.sleep(chance.uniform(0, stage.took_s))
    os.kill(pid, signal.SIGKILL)
    _join(going)


def replay_at(point: str) -> Kill:
    def kill(stage: Stage, chance: random.Random) -> None:
        async def cut() -> None:
            async with proxied(stage.server().removeprefix("unix://"), stage.cut) as proxy:
                going = stage.run(f"unix://{stage.cut}")
                proxy.cut(point, at=chance.randint(1, LINES // SETTLE_EVERY), act=going.kill)
                await asyncio.to_thread(going.join, ENDS_WITHIN_S)

        asyncio.run(cut())

    return kill


def server_at(point: str) -> Kill:
    def kill(stage: Stage, chance: random.Random) -> None:
        async def cut() -> None:
            async with proxied(stage.server().removeprefix("unix://"), stage.cut) as proxy:
                pid = stage.pid()
                going = stage.run(f"unix://{stage.cut}")  # nobody starts it again: the replay ends with an error
                at = chance.randint(1, LINES // SETTLE_EVERY)
                proxy.cut(point, at=at, act=lambda: os.kill(pid, signal.SIGKILL))
                await asyncio.to_thread(going.join, ENDS_WITHIN_S)

        asyncio.run(cut())

    return kill


KILLS: dict[str, Kill] = {
    "replay, at random": replay_at_random,
    **{f"replay, {point}": replay_at(point) for point in POINTS},
    "server, at random": server_at_random,
    **{f"server, {point}": server_at(point) for point in POINTS},
}


def main() -> int:
    words = argparse.ArgumentParser(description="Kill a replay and its server many times.")
    words.add_argument("--rounds", type=int, default=ROUNDS)
    words.add_argument("--seed", type=int, default=1)
    asked = words.parse_args()
    SPAWN.set_forkserver_preload(["bench.replaying"])
    home = Path(tempfile.mkdtemp(prefix="sl"))
    os.environ |= {"SEALANE_DATA": str(home / "data"), "XDG_RUNTIME_DIR": str(home / "run")}
    try:
        return _rounds(home, asked.rounds, random.Random(asked.seed))
    finally:
        shutil.rmtree(home)


def _rounds(home: Path, rounds: int, chance: random.Random) -> int:
    stage, digest, entries = _uninterrupted(home)
    print(
        f"{LINES:,} lines, a commit every {SETTLE_EVERY}: {stage.took_s:.1f} s, {entries} entries, digest {digest[:12]}"
    )
    held: Counter[str] = Counter()
    kills: Counter[str] = Counter()
    for number in range(rounds):
        name = list(KILLS)[number % len(KILLS)]
        _empty(stage)
        KILLS[name](stage, chance)
        _join(stage.run("embedded"))
        faults = _faults(stage, digest, entries)
        kills[name] += 1
        held[name] += not faults
        if faults:
            print(f"round {number}, {name}: {'; '.join(faults)}", flush=True)
    for name, number in kills.items():
        print(f"{name:<28} {number:>4} kills  {held[name]:>4} held")
    os.kill(stage.pid(), signal.SIGTERM)
    return 0 if kills == held else 1


def _uninterrupted(home: Path) -> tuple[Stage, str, int]:
    config, file = write_corridor(home / "corridor"), home / "demo.nmea"
    file.write_bytes(b"".join(islice(feed(), LINES)))
    stage = Stage(config, file, data_folder("demo"), home / "cut.sock")
    _join(stage.run(stage.server()))  # warms up
    _empty(stage)
    began = time.monotonic()
    _join(stage.run(stage.server()))
    took_s = time.monotonic() - began
    digest, entries, _ = asyncio.run(_verified(stage))
    return msgspec.structs.replace(stage, took_s=took_s), digest, entries


def _faults(stage: Stage, digest: str, entries: int) -> list[str]:
    found, length, faults = asyncio.run(_verified(stage))
    if found != digest:
        faults.append(f"digest {found[:12]}")
    if length != entries:
        faults.append(f"{length} entries, expected {entries}")
    return faults


async def _verified(stage: Stage) -> tuple[str, int, list[str]]:
    ledger = Ledger(stage.server())
    verdict = verified(await held_by(ledger), corridor_of(stage.config).rules)
    await ledger.close()
    faults = [f"{each.what}: {each.found}" for each in verdict.findings if not each.fine]
    return verdict.digest, verdict.head.sequence, faults


def _empty(stage: Stage) -> None:
    with redis.Redis.from_url(stage.server()) as client:
        client.flushall()


def _join(going: "multiprocessing.process.BaseProcess") -> None:
    going.join(ENDS_WITHIN_S)
    if going.exitcode != 0:
        going.kill()
        raise SystemExit(f"a replay that nobody killed ended with {going.exitcode}")


if __name__ == "__main__":
    raise SystemExit(main())
