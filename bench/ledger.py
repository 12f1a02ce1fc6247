"""What a ledger costs: commits, lateness, replay against memory, server memory, start, recovery.

`python -m bench ledger` measures these alone.

The server is the embedded one: `appendfsync always`, a Unix socket, the disk of the temporary folder.
"""

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path

import redis

from bench.latency import latency
from bench.table import Table
from sealane.heard import Hours
from sealane.rules import Rules
from streams.clock import now
from streams.corridor.corridor import load_corridor
from streams.demo import feed
from streams.demo.files import write_corridor
from streams.ledger import keys
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import Ledger
from streams.ledger.server import serve
from streams.replay.recording import Recording
from streams.replay.replay import Replay

LINES = 40_000  # of the demo
COMMITS, BATCH = 2_000, 256
RECORD_BYTES = 300  # about a packed fix
BODY = b'{"about":"as long as an event"}' + b" " * 800
SETTLES = (20_000, 2_000, 200)
KIB = 1 << 10


@contextmanager
def home_of_its_own() -> Iterator[Path]:
    """A short folder, where alone data and sockets go."""
    home = Path(tempfile.mkdtemp(prefix="sl"))
    os.environ |= {"SEALANE_DATA": str(home / "data"), "XDG_RUNTIME_DIR": str(home / "run")}
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)  # a server that was asked to end may write yet


def tables(home: Path) -> Iterator[Table]:
    """All that is measured."""
    rules = load_corridor(write_corridor(home / "corridor")).rules
    recording = home / "demo.nmea"
    recording.write_bytes(b"".join(islice(feed(), LINES)))
    yield asyncio.run(commits(home / "commits"))
    yield latency(home)
    yield asyncio.run(replays(home / "replays", recording, rules))
    yield asyncio.run(recovery(home / "replays", rules))


async def commits(folder: Path) -> Table:
    """One after the other: each is fsynced before the next."""
    ledger = Ledger(serve(folder))
    rows = []
    for records, entries in ((1, 0), (1, 1), (BATCH, 0), (BATCH, 1)):
        claim = await ledger.claim("bench")
        number = COMMITS // (10 if records > 1 else 1)
        took: list[float] = []
        for at in range(number):
            writes = [("HSET", keys.fixes(at, each), each, b"x" * RECORD_BYTES) for each in range(records)]
            began = time.perf_counter()
            claim = await ledger.commit(claim, at, writes, [BODY] * entries)
            took.append(time.perf_counter() - began)
        took.sort()
        row = (
            number / sum(took),
            number * records / sum(took),
            took[number // 2] * 1e3,
            took[number * 99 // 100] * 1e3,
        )
        what = f"{records} record{'s' if records > 1 else ''}{', 1 event' if entries else ''}"
        rows.append((what, *(f"{value:,.{digits}f}" for value, digits in zip(row, (0, 0, 2, 2), strict=True))))
    pid = int((await ledger.server.info("server"))["process_id"])
    await ledger.close()
    _end(pid, signal.SIGTERM)
    columns = ("a commit of", "commits/s", "records/s", "p50 ms", "p99 ms")
    return Table(
        title="Commits", what="One writer, one commit at a time, fsync always.", columns=columns, rows=tuple(rows)
    )


async def replays(folder: Path, recording: Path, rules: Rules) -> Table:
    """The same recording in memory and into an empty ledger."""
    url = serve(folder)
    rows = []
    for every in SETTLES:
        memory_s = await _replayed(recording, rules, None, every)
        ledger = Ledger(url)
        await ledger.server.flushall()
        ledger_s = await _replayed(recording, rules, ledger, every)
        again_s = await _replayed(recording, rules, ledger, every)
        await ledger.close()
        cells = (LINES / memory_s, LINES / ledger_s, ledger_s / memory_s, again_s / memory_s)
        rows.append((f"{every:,}", *(f"{cell:,.{2 * (cell < 100)}f}" for cell in cells)))
    columns = ("lines a commit", "in memory, lines/s", "into a ledger, lines/s", "ratio of times", "again, ratio")
    what = f"The first {LINES:,} lines of the demo, every one followed."
    return Table(title="Replay into a ledger", what=what, columns=columns, rows=tuple(rows))


async def recovery(folder: Path, rules: Rules) -> Table:
    """What the server holds, and how long it takes until a run can go on after kill -9."""
    with redis.Redis.from_url(serve(folder)) as server:
        pid, used = int(server.info("server")["process_id"]), int(server.info("memory")["used_memory"])
        names = [key.decode().split(":") for key in server.scan_iter(f"{keys.FIXES}*")]
        fixes = sum(server.hlen(":".join(name)) for name in names)
    months = {(mmsi, date.fromordinal(int(day)).strftime("%Y-%m")) for *_, mmsi, day in names}
    served_s, ready_s, _ = await recovered(folder, rules, pid)
    empty = time.perf_counter()
    serve(folder.with_name("empty"))
    empty_s = time.perf_counter() - empty
    rows = (
        ("fixes kept", f"{fixes:,}"),
        ("ship-months", f"{len(months):,}"),
        ("server memory a ship-month, KiB", f"{used / KIB / len(months):,.0f}"),
        ("server memory a kept fix, bytes", f"{used / fixes:,.0f}"),
        ("start of an empty server, s", f"{empty_s:.2f}"),
        ("after kill -9: server answers, s", f"{served_s:.2f}"),
        ("after kill -9: ledger read, run goes on, s", f"{ready_s:.2f}"),
    )
    return Table(
        title="Memory, start, recovery", what="After the replay above.", columns=("what", "measured"), rows=rows
    )


async def recovered(folder: Path, rules: Rules, pid: int) -> tuple[float, float, str]:
    """Kill the server: when it answers again and when a run can go on, in seconds, and the digest of what it reads."""
    _end(pid, signal.SIGKILL)
    began = time.perf_counter()
    ledger = Ledger(serve(folder))
    served_s = time.perf_counter() - began
    keeper = Keeper(rules, Hours(), ledger, "bench")
    await keeper.open()
    ready_s = time.perf_counter() - began
    await ledger.close()
    return served_s, ready_s, keeper.embedded.digest()


async def killed(folder: Path, recording: Path, rules: Rules) -> tuple[float, bool]:
    """After a replay and a kill of the server: in how many seconds a run can go on, and whether on the same digest."""
    ledger, held = Ledger(serve(folder)), Recording(str(recording))
    pid = int((await ledger.server.info("server"))["process_id"])
    going = Replay([held], rules, now(), ledger)
    await going.run(lambda _: None, lambda _: None)
    held.close()
    await ledger.close()
    _, ready_s, digest = await recovered(folder, rules, pid)
    return ready_s, digest == going.embedded.digest()


async def _replayed(recording: Path, rules: Rules, ledger: Ledger | None, every: int) -> float:
    held = Recording(str(recording))
    began = time.perf_counter()
    await Replay([held], rules, now(), ledger).run(lambda _: None, lambda _: None, every)
    took = time.perf_counter() - began
    held.close()
    return took


def _end(pid: int, asked: signal.Signals) -> None:
    os.kill(pid, asked)
    while Path(f"/proc/{pid}").exists() and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.001)
