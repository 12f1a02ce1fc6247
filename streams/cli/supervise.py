"""`sealane supervise`: keep the workers of a machine."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from geofences.errors import BadReference, did_you_mean
from streams.cli.replay import ConfigFile
from streams.cli.views import LedgerName
from streams.corridor.tables import parse, shaped
from streams.kafka.endpoint import address_of
from streams.supervise import Slot
from streams.supervise import supervise as keep

WORKERS = ("ingest", "follow", "judge", "relay")
MOST = 64  # of one kind on a machine
EXPECTED = "follow=2, judge=1, relay=1 or ingest=1"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """So many of one kind of worker, and what else each is told."""

    worker: str
    count: int = 1
    words: tuple[str, ...] = ()


class WantedFile(msgspec.Struct, frozen=True, kw_only=True):
    """[[workers]] worker = "follow", count = 2, words = ["--..."]"""

    workers: tuple[Wanted, ...]


def supervise(
    workers: Annotated[
        list[str] | None, typer.Argument(metavar="WORKER=COUNT...", help=f"{EXPECTED}; after --, words for ingest.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="The same as a TOML file.")] = None,
    metrics: Annotated[
        str | None,
        typer.Option("--metrics", metavar="HOST:PORT", help="Of the first; the others have the ports after."),
    ] = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
) -> None:
    """Keep workers: start again what ends, end what hangs, one process a slot. SIGTERM ends all within ten seconds."""
    common = [*(("--ledger", ledger) if ledger else ()), *(("--config", str(config)) if config else ())]
    wanted = (*_in_words(workers or []), *(_in_file(file) if file else ()))
    if not wanted:
        raise BadReference("sealane supervise", "", "no worker", EXPECTED)
    code = asyncio.run(keep(_slots(wanted, common, metrics)))
    if code:
        raise typer.Exit(code)


def _in_words(words: list[str]) -> tuple[Wanted, ...]:
    """`follow=2 ingest=1 --tcp HOST:PORT`: what follows the counts is for ingest."""
    counts = [word for word in words if _is_count(word)]
    more = tuple(words[len(counts) :])
    if words[: len(counts)] != counts or (words and not counts):
        first = next(word for word in words if not _is_count(word))
        raise BadReference("sealane supervise", "", repr(first), f"{EXPECTED}; then words for ingest")
    found = []
    for word in counts:
        worker, _, count = word.partition("=")
        found.append(_wanted(worker, int(count), more if worker == "ingest" else (), "sealane supervise"))
    if more and not any(each.worker == "ingest" for each in found):
        raise BadReference("sealane supervise", "", repr(" ".join(more)), "ingest=1 as well: these words are for it")
    return tuple(found)


def _is_count(word: str) -> bool:
    return not word.startswith("-") and word.partition("=")[2].isdecimal()


def _in_file(file: Path) -> tuple[Wanted, ...]:
    try:
        read = shaped(parse(file.read_bytes(), str(file)), WantedFile, str(file))
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise BadReference(str(file), "", reason, "a TOML file of [[workers]]") from None
    return tuple(_wanted(each.worker, each.count, each.words, str(file)) for each in read.workers)


def _wanted(worker: str, count: int, words: tuple[str, ...], where: str) -> Wanted:
    if worker not in WORKERS:
        raise BadReference(where, "", repr(worker), ", ".join(WORKERS), did_you_mean(worker, list(WORKERS)))
    if not 0 < count <= MOST:
        raise BadReference(where, worker, str(count), f"1 to {MOST}")
    return Wanted(worker=worker, count=count, words=words)


def _slots(wanted: tuple[Wanted, ...], common: list[str], metrics: str | None) -> list[Slot]:
    host, port = address_of(metrics) if metrics else ("", 0)
    slots: list[Slot] = []
    numbers: dict[str, int] = {}
    for each in wanted:
        for _ in range(each.count):
            number = numbers.get(each.worker, 0)
            numbers[each.worker] = number + 1
            command = (sys.executable, "-m", "streams.cli", "worker", each.worker, *common, *each.words)
            address = f"{host}:{port + len(slots)}" if metrics else None
            slots.append(Slot(worker=each.worker, number=number, command=command, metrics=address))
    return slots
