"""Growth: by what a live run and its server grow, one thing at a time: an ear, a keeper and a ledger for each.

`python -m bench.growth`, some five minutes. After a first part, which fills what is bounded, more of the same is heard,
and what it took is held against how much of it there was. Of the run that is what is resident when all that is free was
given back; of the server what it uses, but for the chain and the short stream of commits. No clock: as a replay hears.
"""

import asyncio
import ctypes
import gc
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from bench.corpus import SPAN_S, Corpus
from bench.ledger import home_of_its_own
from bench.soak import resident_mb
from bench.table import Table
from bench.watched import BEGINS_S, write_watching
from bench.whole import BYTES_PER_MB
from sealane.filter import watch_for
from sealane.heard import Hours
from sealane.rules import Rules
from sealane.stamp import checksum
from streams.corridor.corridor import load_corridor
from streams.demo.payload import COG_NOT_AVAILABLE, DEG_UNITS, POSITION, SOG_UNITS, TURN_NOT_AVAILABLE, pack
from streams.demo.seaways import PLACES
from streams.feeds import BLOCK_BYTES, Block, Mark
from streams.feeds.ear import Ear
from streams.feeds.stdin import Stdin
from streams.ledger import keys
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import Ledger
from streams.ledger.server import serve

SETTLES_EVERY = 16  # blocks
MINUTE_S, DAY_S, MINUTES = 60, 86_400, 1_440
FEW, STRANGERS, RADIOS = 8, 2_000, 400
FIRST_MMSI = 210_000_000
SAILING = {"sog": SOG_UNITS, "cog": COG_NOT_AVAILABLE, "heading": 511, "turn": TURN_NOT_AVAILABLE}
AT_SEA, IN_PORT = (130.0, 41.0), PLACES["rajin"].channel[0]
EAST_UNITS, SWINGS = 600, 10  # steps in 1/10000 min


def nobody(part: int) -> Iterator[bytes]:
    return Corpus(seed=part, share=0.0).blocks()


def hours(part: int) -> Iterator[bytes]:
    return Corpus(seed=part, sentences=100_000, share=0.0, later_s=part * SPAN_S).blocks()


def reports(part: int) -> Iterator[bytes]:
    """Near a port one a minute is kept."""
    minutes = range(part * MINUTES, (part + 1) * MINUTES)
    return (heard(each, minute * MINUTE_S, IN_PORT, minute % SWINGS) for minute in minutes for each in range(FEW))


def strangers(part: int) -> Iterator[bytes]:
    return (heard(part * STRANGERS + each, part * MINUTE_S, AT_SEA, each) for each in range(STRANGERS))


def days(part: int) -> Iterator[bytes]:
    return (heard(each, (10 * part + day) * DAY_S, AT_SEA, each) for day in range(10) for each in range(RADIOS))


def heard(number: int, later_s: int, place: tuple[float, float], east: int) -> bytes:
    """A position of a radio, by its number, so many steps east of a place."""
    lon, lat = (round(each * DEG_UNITS) for each in place)
    said = {"type": 1, "mmsi": FIRST_MMSI + number, "lon": lon + east * EAST_UNITS % DEG_UNITS, "lat": lat}
    payload, fill = pack(POSITION, SAILING | said)
    tags, body = b"s:SYN-1,c:%d" % (BEGINS_S + later_s), f"AIVDM,1,1,,A,{payload},{fill}".encode()
    return b"\\%b*%02X\\!%b*%02X\n" % (tags, checksum(tags), body, checksum(body))


class Kind(NamedTuple):
    """What is heard part by part, and how much of it there was so far."""

    name: str
    each: int  # of so many the figures are
    parts: int
    lines: Callable[[int], Iterator[bytes]]
    counted: Callable[[Ear, Keeper], int]


KINDS = (
    Kind("sentences of nobody followed", 1_000_000, 6, nobody, lambda ear, _: ear.listener.heard),
    Kind("hours of a station", 1_000_000, 12, hours, lambda _, keeper: len(keeper.embedded.hours)),
    Kind("kept reports, of few radios", 1_000, 4, reports, lambda _, keeper: sum(days_of(keeper))),
    Kind("radios met in the area, once each", 1_000, 4, strangers, lambda _, keeper: len([*keeper.embedded.tracks()])),
    Kind("days of a radio, one report a day", 1_000, 2, days, lambda _, keeper: len(days_of(keeper))),
)


def days_of(keeper: Keeper) -> list[int]:
    """How many reports are kept of each radio on each day."""
    return [len(slots) for track in keeper.embedded.tracks() for slots in track.days.values()]


class Sizes(NamedTuple):
    many: int
    run_mb: float
    server_mb: float


async def grown(kind: Kind, home: Path, rules: Rules) -> tuple[Sizes, Sizes]:
    """How large both were after the first part and after the last."""
    by_hour, ledger = Hours(), Ledger(serve(home / "data"))
    ear = Ear(Stdin(0), watch_for(rules.watchlist, rules.chart), by_hour)
    ear.begin(Mark())
    keeper = Keeper(rules, by_hour, ledger, ear.feed.name)
    await keeper.open()
    part, at, found = home / "part.nmea", 0, list[Sizes]()
    with ProcessPoolExecutor(1, get_context("spawn")) as others:  # what makes a part takes memory too
        for number in range(kind.parts + 1):
            others.submit(write, part, kind.lines, number).result()
            at = await hear(part, ear, keeper, at)
            if number in (0, kind.parts):
                found.append(await sizes(kind.counted(ear, keeper), keeper))
    await ledger.close()
    return found[0], found[1]


def write(path: Path, lines: Callable[[int], Iterator[bytes]], part: int) -> None:
    with path.open("wb") as file:
        file.writelines(lines(part))


async def hear(path: Path, ear: Ear, keeper: Keeper, at: int) -> int:
    """As a run does, as quickly as it goes; where it ends."""
    with path.open("rb") as file:
        for number, read in enumerate(iter(lambda: file.read(BLOCK_BYTES), b"")):
            at += len(read)
            keeper.take(ear.hear(Block(bytes=read, ends_at=at, arrived_at=None)))
            if number % SETTLES_EVERY == 0:
                await keeper.settle(ear.mark.offset)
    await keeper.settle(ear.mark.offset)
    return at


async def sizes(many: int, keeper: Keeper) -> Sizes:
    server = keeper.ledger.server
    used = int((await server.info("memory"))["used_memory"])
    apart = [int(await server.memory_usage(key, samples=0) or 0) for key in (keys.LOG, keys.TAKEN)]
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return Sizes(many, resident_mb(os.getpid()), (used - sum(apart)) / BYTES_PER_MB)


def row(kind: Kind, before: Sizes, after: Sizes) -> tuple[str, ...]:
    """Of both, for so many more."""
    each = (after.many - before.many) / kind.each
    run, server = ((later - earlier) / each for earlier, later in zip(before[1:], after[1:], strict=True))
    return f"{kind.each:,} {kind.name}", f"{after.many - before.many:,}", f"{run:,.2f}", f"{server:,.2f}"


def measured(number: int) -> tuple[str, ...]:
    """One kind, by its number, because a process of its own is asked for it: that begins small."""
    kind = KINDS[number]
    with home_of_its_own() as home:
        rules = load_corridor(write_watching(home / "corridor", all_listed=True)).rules
        return row(kind, *asyncio.run(grown(kind, home, rules)))


def main() -> None:
    rows = []
    for number in range(len(KINDS)):
        with ProcessPoolExecutor(1, get_context("spawn")) as others:
            rows.append(others.submit(measured, number).result())
    what = "For so much more of each; the chain apart."
    print(
        Table(title="Growth", what=what, columns=("more", "measured with", "run, MB", "server, MB"), rows=tuple(rows))
    )


if __name__ == "__main__":
    main()
