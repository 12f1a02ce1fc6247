"""`sealane notify`: tell the ways out what the ledger tells. `sealane ways`: how they stand."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from geofences.errors import BadReference
from streams.app import corridor_of, opened
from streams.cli.printed import print_table
from streams.cli.replay import ConfigFile
from streams.cli.showing import LedgerName, ledger_asked
from streams.corridor.corridor import Corridor
from streams.ledger.ledger import Ledger
from streams.log import log
from streams.reading import Row, read
from streams.ways.named import WAYS_ENV, Ways, read_ways, ways_path
from streams.ways.notice import row_of, stored_ways

WaysFile = Annotated[
    Path | None, typer.Option("--ways", metavar="FILE", help=f"Whom to tell; left out: {WAYS_ENV} of the environment.")
]
COLUMNS = {
    "way": "name",
    "kind": "kind",
    "to": "to",
    "told": "told",
    "last": "last_told_at",
    "given up": "given_up",
    "waiting for": "waiting",
}


def notify(
    ways: WaysFile = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
) -> None:
    """Tell webhooks, chats, mailboxes and Alertmanagers what the ledger tells, until asked to stop.

    Goes on where it stopped. Of several on one ledger one tells, the others wait to take over.
    """
    path, found = ways_named(ways)
    asyncio.run(_notify(ledger_asked(ledger), corridor_of(config), path, found))


def ways_named(option: Path | None) -> tuple[Path, Ways]:
    """The ways file and what it says. Raises BadReference: without one there is nobody to tell."""
    path = ways_path(option, os.environ)
    if path is None:
        raise BadReference("sealane notify", "", "no ways file", f"--ways FILE, or {WAYS_ENV}", "docs/notifications.md")
    found = read_ways(path)
    if not found.all():
        raise BadReference(str(path), "", "no way", "[[webhooks]], [[chats]] or [[alertmanagers]]")
    return path, found


async def _notify(name: str, corridor: Corridor, path: Path, named: Ways) -> None:
    async with opened(name, corridor) as ledger:
        await read(ledger, corridor)  # is it the ledger of this corridor?
        asked = asyncio.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, asked.set)
        async with beside(ledger, corridor, (path, named), log().info):
            await asked.wait()


@asynccontextmanager
async def beside(
    ledger: Ledger, corridor: Corridor, telling: tuple[Path, Ways] | None, tell: Callable[[str], None]
) -> AsyncIterator[None]:
    """The ways of a file being told, meanwhile. Raises BadReference, LedgerError."""
    if telling is None:
        yield
        return
    from streams.ways.going import Going, held_back, ways_of  # a second to import: no other command has to wait for it

    path, named = telling
    ways = ways_of(named, path, corridor.rules.corridor, ledger, os.environ)
    if words := held_back(ways, corridor.rules):
        log().warning(words)
    going = Going(ways, ledger, tell)
    await going.begin()
    tell(f"telling {', '.join(f'{way.name} ({way.kind})' for way in ways)}")
    try:
        yield
    finally:
        await going.end()


def show_ways(
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON array.")] = False,
) -> None:
    """Show how each way out stands: whom it tells, how much it was told, what it does not take and why."""
    corridor, name = corridor_of(config), ledger_asked(ledger)

    async def stored() -> list[Row]:
        async with opened(name, corridor) as its:
            await read(its, corridor)
            return [row_of(each) for _, each in sorted((await stored_ways(its)).items())]

    found = asyncio.run(stored())
    if as_json:
        typer.echo(msgspec.json.encode(found))
    elif found:
        lines = [{**row, "waiting": _waiting(row["waiting"])} for row in found]
        print_table(f"ways out: {len(found):,}", COLUMNS, lines)
    else:
        log().warning("no way has been told anything yet; sealane notify, or sealane run --ways FILE")


def _waiting(notice: object) -> str | None:
    if not isinstance(notice, dict):
        return None
    return f"{notice['event']}: {notice['answer']}, {notice['tries']} tries since {notice['first_tried_at']}"
