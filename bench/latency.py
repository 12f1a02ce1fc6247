"""How late a subscriber is: from a sentence on a TCP feed to the event it leads to, read from the chain.

    feed (this process) --TCP--> sealane run --commit--> embedded server --XREAD, as `tail`--> subscriber (this process)

Filler of other ships makes the rate. Now and then a radio names a watched hull, each a radio of its own, the hulls in
turn: its binding is an event at once, and no other sentence leads to it. One clock times both ends.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import cycle, islice
from pathlib import Path
from random import Random

import msgspec
from pyais.encode import encode_dict

from bench import feeds
from bench.table import Table
from streams.app import opened
from streams.clock import now
from streams.collector import keep_loaded
from streams.corridor.corridor import Corridor, load_corridor
from streams.demo.files import write_corridor
from streams.ledger.ledger import Ledger, LedgerError

RATES = (10, 100, 1_000, 4_000, 20_000)  # sentences a second
TURNS = 5  # each on a ledger of its own: hundreds of radios of one hull would be judged at ever greater length
PROBES, PROBE_EVERY_S = 40, 0.05
SELDOM_S = 0.2  # so that a turn is eight seconds: a writer that falls behind is seen to
FILLER = 4_000
FIRST_MMSI = 200_000_000  # of no country, so of no ship
MAIN = "from streams.cli import main; main()"
PORT_TRIES_S = 0.05
STEP_S = 0.002


def latency(home: Path) -> Table:
    """Some runs at each rate."""
    rows = [_row(rate, late(home, rate)) for rate in RATES]
    return Table(
        title="From a sentence received to its event at a subscriber",
        what=f"`sealane run` on a TCP feed, fsync always; the subscriber blocks on the chain as `sealane tail` does. "
        f"{TURNS * PROBES} events a rate, in {TURNS} runs.",
        columns=("sentences a second", "p50 ms", "p99 ms", "slowest ms"),
        rows=tuple(rows),
    )


def late(home: Path, rate: int, turns: int = TURNS) -> list[float]:
    """How late each event was, in seconds, the least first."""
    keep_loaded()  # of what this process measured before: looked through meanwhile it would be late itself
    return sorted(each for turn in range(turns) for each in asyncio.run(_turn(home / f"{rate}.{turn}", rate)))


def _row(rate: int, took: list[float]) -> tuple[str, ...]:
    cells = (took[len(took) // 2], took[len(took) * 99 // 100], took[-1])
    return (f"{rate:,}", *(f"{cell * 1e3:,.1f}" for cell in cells))


async def _turn(folder: Path, rate: int) -> list[float]:
    """How late the event of each probe was, in seconds."""
    config = write_corridor(folder / "corridor")
    corridor = load_corridor(config)
    sent: dict[int, float] = {}
    async with listening() as (port, connected), _running(config, port, folder):
        writer = await connected
        writer.write(b"".join(islice(_filler(), 100)))
        async with _opened(corridor) as ledger:
            seeing = asyncio.create_task(_seen(ledger))
            await send(writer, corridor, rate, sent, every_s=SELDOM_S)
            return [at - sent[mmsi] for mmsi, at in (await seeing).items()]


async def send(
    writer: asyncio.StreamWriter,
    corridor: Corridor,
    rate: int,
    sent: dict[int, float],
    first: int = FIRST_MMSI,
    every_s: float = PROBE_EVERY_S,
) -> None:
    """Filler at a rate, and the probes between it, each the last of what is written at its time."""
    loop, filler = asyncio.get_running_loop(), cycle(_filler())
    began, written = loop.time(), 0
    for number, probe in enumerate(_probes(corridor, first)):
        due = began + (number + 1) * every_s
        while loop.time() < due:
            owed = int((loop.time() - began) * rate) - written
            writer.write(b"".join(islice(filler, max(owed, 0))))
            written += max(owed, 0)
            await asyncio.sleep(STEP_S)
        sent[first + number] = time.perf_counter()
        writer.write(probe)
        await writer.drain()


async def _seen(ledger: Ledger) -> dict[int, float]:
    """When the event of each probe was read."""
    seen: dict[int, float] = {}
    async for entry in ledger.follow(0):
        event = msgspec.json.decode(entry.body)
        if event["kind"] == "IdentityBound" and (mmsi := int(event["object"]["mmsi"])) >= FIRST_MMSI:
            seen.setdefault(mmsi, time.perf_counter())
            if len(seen) == PROBES:
                break
    return seen


def _filler() -> list[bytes]:
    """Lines of other ships elsewhere, as most that are heard: framed, summed, read, and left."""
    chance, at_s = Random(feeds.SEED), int(now().timestamp())
    return [feeds.sparse_line(chance, at_s, on_corridor=False) for _ in range(FILLER)]


def _probes(corridor: Corridor, first: int) -> Iterator[bytes]:
    """Static reports, each of a radio of its own, that state the number of a watched hull."""
    for number in range(PROBES):
        yield probe_of(first + number, corridor)


def probe_of(mmsi: int, corridor: Corridor) -> bytes:
    """A static report of a radio that states the number of a watched hull."""
    assert corridor.rules.watchlist is not None
    hulls = corridor.rules.watchlist.vessels
    said: dict[str, str | int | float | bytes | bool] = {
        "type": 5,
        "mmsi": mmsi,
        "imo": int(hulls[mmsi % len(hulls)].imo),
        "shipname": "PROBE",
        "ship_type": 70,
    }
    return "".join(f"{part}\r\n" for part in encode_dict(said, radio_channel="A", talker_id="AI")).encode()


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[int, "asyncio.Future[asyncio.StreamWriter]"]]:
    connected: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda _, writer: connected.set_result(writer), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], connected


@asynccontextmanager
async def _running(config: Path, port: int, folder: Path) -> AsyncIterator[None]:
    """`sealane run`, as a process, on a data folder of its own."""
    os.environ["SEALANE_DATA"] = str(folder / "data")
    words = ("run", "--config", str(config), "--tcp", f"127.0.0.1:{port}", "--json", "--no-desk")
    nowhere = asyncio.subprocess.DEVNULL
    run = await asyncio.create_subprocess_exec(sys.executable, "-c", MAIN, *words, stdout=nowhere, stderr=nowhere)
    try:
        yield
    finally:
        run.terminate()
        await run.wait()


@asynccontextmanager
async def _opened(corridor: Corridor) -> AsyncIterator[Ledger]:
    """The ledger, once the run has begun it."""
    async with opened("embedded", corridor) as ledger:
        while True:
            try:
                if await ledger.meta() is not None:
                    break
            except LedgerError:
                pass
            await asyncio.sleep(PORT_TRIES_S)
        yield ledger
