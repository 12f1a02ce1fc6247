"""The desk under load: 200 readers of its stream and 50 requests a second, beside a ledger that takes many events.

    writer --events--> ledger <-- sealane desk --> 200 streams: is any event missing, or told twice?
                                                      '--> 50 requests/s, at their times: how long until the last byte?

All on one machine: readers and writer take their part of its cores from the desk. Who asks is a process of its own:
what it waits for is the desk, not the readers beside it. Several readers look at each id, the others count.
"""

import asyncio
import re
import statistics
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlsplit

from bench.ledger import home_of_its_own
from bench.table import Table
from sealane.filter import watch_for
from sealane.listener import Listener
from streams.clock import now
from streams.corridor.corridor import load_corridor
from streams.demo import feed
from streams.demo.files import write_corridor
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import Ledger
from streams.ledger.server import serve

MAIN = "from streams.cli import main; main()"
LINES = 14_500  # of the demo: just into November 2023
READERS, LOOKING = 200, 5
RATES_PER_S, COMMITS_PER_S = (100, 1_000), 20  # events
REQUESTS_PER_S = 50
SECONDS = 60
LAST_WITHIN_S = 120.0  # after the last commit
PATHS = (
    "/calls.json",
    "/deliveries.json?grade=confirmed",
    "/tally.json",
    "/alerts.json",
    "/gaps.json",
    "/vessels.json",
    "/calls.geojson",
    "/feeds.json",
)
SHOWN = (
    "events committed",
    "readers that were told each once",
    "the last reader was behind the last commit, s",
    "connections cut meanwhile, and taken up again",
    "requests answered",
    "p50 of a request, ms",
    "p95 of a request, ms",
    "p99 of a request, ms",
)
ID = re.compile(rb"^id: (\d+)$", re.MULTILINE)
URL = re.compile(rb"url=(http://\S+)")


class Reader:
    """One reader of the stream: how many events it was told, and the last of them."""

    def __init__(self, looks: bool) -> None:
        self.looks = looks
        self.told = self.last = self.broken = self.cuts = 0
        self._kept = b""

    async def read(self, host: str, port: int, after: int) -> None:
        """Read until cancelled; cut off, as who takes nothing for 30 s is, go on after the last event."""
        self.last = after
        while True:
            reader, writer = await asyncio.open_connection(host, port, limit=1 << 20)
            last = b"Last-Event-ID: %d" % self.last
            writer.write(b"GET /events HTTP/1.1\r\nHost: %s:%d\r\n%b\r\n\r\n" % (host.encode(), port, last))
            self._kept = b""  # not told whole: it comes again
            while more := await reader.read(1 << 18):
                self._take(self._kept + more)
            self.cuts += 1
            writer.close()

    def _take(self, text: bytes) -> None:
        end = text.rfind(b"\nid: ")  # whose event may not be whole yet
        whole, self._kept = (text, b"") if end < 0 else (text[:end], text[end:])
        if self.looks:
            for found in ID.findall(whole):
                self.broken += int(found) != self.last + 1
                self.told, self.last = self.told + 1, int(found)
        elif (count := whole.count(b"\nid: ")) > 0:
            found = ID.search(whole, whole.rfind(b"\nid: "))
            assert found is not None
            self.told, self.last = self.told + count, int(found[1])

    def finish(self) -> None:
        """Count the event that was kept back."""
        self._take(self._kept + b"\nid: ")


@asynccontextmanager
async def served(url: str, config: Path) -> AsyncIterator[tuple[str, int]]:
    """`sealane desk`, as a process."""
    words = ("desk", "--ledger", url, "--config", str(config), "--bind", "127.0.0.1:0")
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", MAIN, *words, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    try:
        found = None
        while found is None:
            found = URL.search(await process.stderr.readline())
        where = urlsplit(found[1].decode())
        assert where.hostname is not None
        assert where.port is not None
        yield where.hostname, where.port
    finally:
        process.terminate()
        await process.wait()


async def write(ledger: Ledger, bodies: list[bytes], per_s: int, seconds: int) -> int:
    """Commit so many events a second: how many in all."""
    claim, loop = await ledger.claim("bench"), asyncio.get_running_loop()
    begins_s, each, numbered = loop.time(), per_s // COMMITS_PER_S, cycle(bodies)
    for number in range(seconds * COMMITS_PER_S):
        await asyncio.sleep(max(0.0, begins_s + number / COMMITS_PER_S - loop.time()))
        claim = await ledger.commit(claim, claim.offset + 1, (), list(islice(numbered, each)))
    return seconds * COMMITS_PER_S * each


async def ask(host: str, port: int, path: str) -> None:
    """One request, to its last byte."""
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 20)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read(-1)
    assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
    writer.close()


async def asked(host: str, port: int, seconds: int) -> list[float]:
    """Requests at their times: how long each took, in seconds, from when it was due."""
    loop, paths = asyncio.get_running_loop(), cycle(PATHS)
    begins_s, took_s, asking = loop.time(), list[float](), list[asyncio.Task[None]]()

    async def one(due_s: float, path: str) -> None:
        await ask(host, port, path)
        took_s.append(loop.time() - due_s)

    for number in range(seconds * REQUESTS_PER_S):
        due_s = begins_s + number / REQUESTS_PER_S
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        asking.append(asyncio.create_task(one(due_s, next(paths))))
    await asyncio.gather(*asking)
    return took_s


def asked_apart(host: str, port: int, seconds: int) -> list[float]:
    """The same, from a process of its own."""
    return asyncio.run(asked(host, port, seconds))


async def measured(home: Path, per_s: int, seconds: int) -> tuple[str, ...]:
    """A desk of the demo's autumn beside so many events a second: a cell for each of `SHOWN`."""
    url, config = serve(home / f"data{per_s}"), write_corridor(home / "corridor")
    ledger = Ledger(url)
    await _fill(ledger, config)
    bodies = [entry.body async for entry in ledger.entries()]
    small = sorted(bodies, key=len)[: len(bodies) // 2]
    after = (await ledger.read_head()).sequence
    readers = [Reader(number < LOOKING) for number in range(READERS)]
    async with served(url, config) as (host, port):
        reading = [asyncio.create_task(each.read(host, port, after)) for each in readers]
        await asyncio.sleep(2)
        writing = asyncio.create_task(write(ledger, small, per_s, seconds))
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            took_s = await asyncio.get_running_loop().run_in_executor(pool, asked_apart, host, port, seconds)
        written = await writing
        waited_s = await _all_told(readers, written)
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
    await ledger.close()
    for each in readers:
        each.finish()
    percentiles = statistics.quantiles(took_s, n=100)
    return (
        f"{written:,}",
        f"{sum(_is_whole(each, written) for each in readers):,} of {READERS}",
        f"{waited_s:.2f}",
        f"{sum(each.cuts for each in readers):,}",
        f"{len(took_s):,}",
        *(f"{1e3 * percentiles[each - 1]:,.0f}" for each in (50, 95, 99)),
    )


async def _fill(ledger: Ledger, config: Path) -> None:
    rules = load_corridor(config).rules
    watch = watch_for(rules.watchlist, rules.chart)
    listener = Listener(watch, feed="demo", read_at=now(), learning=True)
    keeper = Keeper(rules, listener.hours, ledger, "demo")
    await keeper.open()
    for line in islice(feed(), LINES):
        keeper.take(listener.hear(line))
    await keeper.settle(LINES)


async def _all_told(readers: list[Reader], written: int) -> float:
    """Wait until every reader has been told all but the event it keeps back: for how long."""
    loop = asyncio.get_running_loop()
    begins_s = loop.time()
    while min(each.told for each in readers) < written - 1 and loop.time() - begins_s < LAST_WITHIN_S:
        await asyncio.sleep(0.05)
    return loop.time() - begins_s


def _is_whole(reader: Reader, written: int) -> bool:
    return reader.told == written and not reader.broken


def tables(seconds: int = SECONDS) -> list[Table]:
    """What is measured of the desk."""
    with home_of_its_own() as home:
        cells = [asyncio.run(measured(home, per_s, seconds)) for per_s in RATES_PER_S]
    return [
        Table(
            title="The desk under load",
            what=f"{READERS} event streams and {REQUESTS_PER_S} requests a second for {seconds} s, beside a ledger "
            "that takes so many events a second; readers, asker and writer on the same machine.",
            columns=("events a second", *(f"{rate:,}" for rate in RATES_PER_S)),
            rows=tuple(zip(SHOWN, *cells, strict=True)),
        )
    ]
