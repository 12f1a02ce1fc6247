"""Soak: `sealane run` for minutes on end, fed from a second process over TCP by four feeds, three of them troublesome.

    bench.sending --TCP x 4--> sealane run --commit--> embedded server

`python -m bench.soak [--minutes 10] [--rate 20000] [--share 0.001]`. Prints memory of both over time and what is not
committed yet. Fails unless every line that was sent was heard, and the ledger's digest is that of a replay of what was
sent. Everything is on 127.0.0.1, bounded in time, and ended by its id.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path

import msgspec
import redis

from bench.corpus import SEED, SHARE, Corpus
from bench.ledger import home_of_its_own
from bench.peak import KIB
from bench.sending import ENDS_WITHIN_S, WAYS, Said
from bench.spent import MAIN
from bench.table import Table
from bench.watched import write_watching
from bench.whole import BYTES_PER_MB
from streams.ledger import keys
from streams.ledger.ledger import claim_of
from streams.ledger.server import data_folder, socket_path

MINUTES, RATE = 10.0, 20_000
SAMPLES = 20
CORRIDOR = "world"
STARTS_WITHIN_S, STOPS_WITHIN_S = 60.0, 120.0
REPLAY_LEAST_A_SECOND = 2_000  # slower than that is not waited for
RESIDENT = "VmRSS:"


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How it went."""

    said: Said
    heard: dict[str, int]  # lines, by way
    samples: tuple[tuple[str, ...], ...]


async def soak(home: Path, config: Path, minutes: float, rate: int, corpus: Corpus) -> Ended:
    """Run it, and end both processes."""
    seconds = minutes * 60
    words = map(str, (home, rate, seconds, corpus.seed, corpus.share))
    sending = await _started("-m", "bench.sending", *words, stdout=PIPE)
    run: Process | None = None
    try:
        ports = (await _next(sending)).ports
        feeds = [word for way in WAYS for word in ("--tcp", f"127.0.0.1:{ports[way]}")]
        with (home / "run.log").open("wb") as log:
            run = await _started(
                "-c", MAIN, "run", "--config", str(config), "--json", "--no-desk", *feeds, stderr=log.fileno()
            )
        limit_s = seconds + ENDS_WITHIN_S + STARTS_WITHIN_S
        said, samples = await asyncio.wait_for(_watched(sending, run, seconds), limit_s)
        run.terminate()
        await asyncio.wait_for(run.wait(), STOPS_WITHIN_S)
        return Ended(said=said, heard=_heard(home / "run.log", ports), samples=tuple(samples))
    finally:
        for process in (sending, run):
            if process is not None and process.returncode is None:
                process.kill()
                await process.wait()


async def _started(*words: str, stdout: int = DEVNULL, stderr: int | None = None) -> Process:
    return await asyncio.create_subprocess_exec(sys.executable, *words, stdout=stdout, stderr=stderr)


async def _next(sending: Process) -> Said:
    assert sending.stdout is not None
    line = await asyncio.wait_for(sending.stdout.readline(), STARTS_WITHIN_S)
    if not line:
        raise SystemExit("the sending process ended before its time")
    return msgspec.json.decode(line, type=Said)


async def _watched(sending: Process, run: Process, seconds: float) -> tuple[Said, list[tuple[str, ...]]]:
    """Take a sample now and then, until all is sent."""
    samples: list[tuple[str, ...]] = []
    clock = asyncio.get_running_loop().time
    begun, next_s = clock(), 0.0
    while True:
        said = await _next(sending)
        if run.returncode is not None:
            raise SystemExit(f"sealane run ended with {run.returncode} before its time")
        if said.is_last or clock() - begun >= next_s:
            samples.append(_sample(clock() - begun, said, run.pid))
            next_s += seconds / SAMPLES
        if said.is_last:
            return said, samples


def _sample(gone_s: float, said: Said, run: int) -> tuple[str, ...]:
    server, committed = _server()
    open_mb = (said.sent_bytes - committed) / BYTES_PER_MB
    lines = sum(said.sent_lines.values())
    return (
        f"{gone_s:,.0f}",
        f"{lines:,}",
        f"{open_mb:,.1f}",
        f"{resident_mb(run):,.0f}",
        f"{resident_mb(server):,.0f}",
    )


def _server() -> tuple[int, int]:
    """The server's process, and how many bytes of all feeds are committed."""
    with redis.Redis.from_url(_url(), decode_responses=True) as client:
        fences = client.hgetall(keys.FENCE)
        committed = sum(claim_of(source, fence).offset for source, fence in fences.items())
        return int(client.info("server")["process_id"]), committed


def _url() -> str:
    return f"unix://{socket_path(data_folder(CORRIDOR))}"


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * KIB for line in status if line.startswith(RESIDENT)) / BYTES_PER_MB


def _heard(log: Path, ports: dict[str, int]) -> dict[str, int]:
    """Lines of each feed, by the account that the run gave at its end."""
    names = {f"tcp:127.0.0.1:{port}": way for way, port in ports.items()}
    heard: dict[str, int] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        with suppress(ValueError):
            told = json.loads(line)
            if told.get("event") == "account":
                heard[names[told["feed"]]] = told["total"]
    return heard


def _digests(home: Path, config: Path, lines: int) -> tuple[str, str]:
    """Of the ledger, and of a replay of what was sent."""
    sent = [str(home / f"{way}.nmea") for way in WAYS]
    commands = (
        ("digest", "--config", str(config), "--json"),
        ("replay", "--config", str(config), "--state", "--ledger", "memory", *sent),
    )
    limit_s = STARTS_WITHIN_S + lines / REPLAY_LEAST_A_SECOND
    ledger, replay = (
        json.loads(
            subprocess.run(
                [sys.executable, "-c", MAIN, *words],
                check=True,
                stdout=subprocess.PIPE,
                stderr=DEVNULL,
                timeout=limit_s,
            ).stdout
        )["digest"]
        for words in commands
    )
    return ledger, replay


def main() -> int:
    words = argparse.ArgumentParser(description="Feed a live run for minutes on end, with trouble.")
    words.add_argument("--minutes", type=float, default=MINUTES)
    words.add_argument("--rate", type=int, default=RATE, help="sentences a second, all feeds together")
    words.add_argument("--seed", type=int, default=SEED)
    words.add_argument("--share", type=float, default=SHARE, help="of messages, by followed radios")
    asked = words.parse_args()
    os.environ["SEALANE_LOG_FORMAT"] = "json"
    with home_of_its_own() as home:
        config = write_watching(home / "corridor", all_listed=True)
        ended = asyncio.run(soak(home, config, asked.minutes, asked.rate, Corpus(seed=asked.seed, share=asked.share)))
        print(_over_time(ended, asked), _by_feed(ended), sep="\n", flush=True)
        ledger, replay = _digests(home, config, sum(ended.said.sent_lines.values()))
        print(f"digest of the ledger  {ledger}\ndigest of a replay    {replay}")
        faults = _faults(ended, ledger == replay)
        with suppress(redis.RedisError), redis.Redis.from_url(_url()) as client:
            os.kill(int(client.info("server")["process_id"]), 15)
    print("; ".join(faults) or "every line heard, digests equal")
    return 1 if faults else 0


def _faults(ended: Ended, is_equal: bool) -> list[str]:
    faults = [] if is_equal else ["the digests differ"]
    faults += [] if ended.said.is_all else ["not all that was due was sent in time"]
    for way, sent in ended.said.sent_lines.items():
        if ended.heard.get(way) != sent:
            faults.append(f"{way}: {sent:,} lines sent, {ended.heard.get(way, 0):,} heard")
        if ended.said.lost[way]:
            faults.append(f"{way}: {ended.said.lost[way]} connections lost")
    return faults


def _over_time(ended: Ended, asked: argparse.Namespace) -> Table:
    return Table(
        title="Soak",
        what=f"{asked.rate:,} sentences a second were due for {asked.minutes:g} min, in four feeds over TCP, "
        f"{asked.share:.2%} of messages by followed radios.",
        columns=("seconds", "lines sent", "MB sent, not committed", "run, MB", "server, MB"),
        rows=ended.samples,
    )


def _by_feed(ended: Ended) -> Table:
    said = ended.said
    return Table(
        title="Soak, by feed",
        what="Lines, with those torn by a lost connection.",
        columns=("feed", "sent", "heard", "connections"),
        rows=tuple(
            (way, f"{said.sent_lines[way]:,}", f"{ended.heard.get(way, 0):,}", f"{said.connections[way]}")
            for way in WAYS
        ),
    )


if __name__ == "__main__":
    raise SystemExit(main())
