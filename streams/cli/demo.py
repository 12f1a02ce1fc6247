"""`sealane demo`: made-up ships sail the real corridor, in the console; or written to a folder, to be replayed."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from itertools import dropwhile
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from geofences.errors import BadReference
from sealane.filter import watch_for
from sealane.listener import Listener
from streams.app import EMBEDDED, MEMORY, opened
from streams.care.witness import forget
from streams.cli.deskside import DeskAt, NoDesk, desk_address, deskside
from streams.cli.exits import EXIT_FAILED
from streams.cli.replay import account_text, print_json
from streams.cli.stage import Stage
from streams.clock import now
from streams.corridor.corridor import Corridor, load_corridor
from streams.demo import DEFAULT_SEED, LIVE_FROM, feed, live
from streams.demo.files import name_of, write, write_corridor
from streams.demo.show import UNDER_WAY, at_once, paced, perform, reached_at
from streams.embedded import Embedded
from streams.ledger.inputs import learn_again
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import Ledger
from streams.ledger.server import data_folder
from streams.log import log
from streams.memory import InMemory, Keeps
from streams.showing.wording import SYNTHETIC, moment

DEFAULT_PACE_H = 6.0  # a month in two minutes
FEED = "demo"


class Wish(NamedTuple):
    """How the demo is to be seen."""

    seed: int
    pace_h: float
    for_s: float | None
    fresh: bool
    file: Path  # of its corridor
    desk_at: str | None


def demo(
    folder: Annotated[
        Path | None, typer.Option("--write", metavar="DIR", help="Write the feed there, and do not show it.")
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", help="The same seed gives the same ships, trips and bytes.")
    ] = DEFAULT_SEED,
    pace_h: Annotated[
        float, typer.Option("--pace", min=0.01, max=10_000, metavar="H", help="Hours of event time a second, live.")
    ] = DEFAULT_PACE_H,
    for_s: Annotated[
        float | None, typer.Option("--for", min=0, metavar="S", help="End after so many seconds live.")
    ] = None,
    ledger: Annotated[
        str,
        typer.Option(metavar="URL", help="Where it is kept: embedded (in a data folder of its own), memory, or a URL."),
    ] = EMBEDDED,
    fresh: Annotated[
        bool, typer.Option("--fresh", metavar="", help="Begin anew: forget what an earlier one kept.")
    ] = False,
    desk_at: DeskAt = None,
    no_desk: NoDesk = False,
    as_json: Annotated[
        bool, typer.Option("--json", metavar="", help="Events as JSON, one a line, instead of the view.")
    ] = False,
) -> None:
    """Watch made-up ships sail the real corridor: SYNTHETIC port calls, deliveries, tallies and alerts."""
    if folder is not None:
        _write(folder, seed, as_json=as_json)
        return
    corridor, file = _corridor(seed)
    watch = watch_for(corridor.rules.watchlist, corridor.rules.chart)
    listener = Listener(watch, feed=FEED, read_at=now(), learning=True)
    log().info(f"{SYNTHETIC}: made-up ships, seed {seed}; Ctrl-C ends it")
    with Stage(corridor, as_json=as_json) as stage:
        wish = Wish(seed, pace_h, for_s, fresh, file, desk_address(desk_at, os.environ, off=no_desk))
        asyncio.run(_until_stopped(_show(ledger, corridor, listener, stage, wish)))
    listener.finish()
    if not as_json:
        typer.echo(account_text(listener.account, synthetic=True))
    if ledger != MEMORY:
        log().info(f"kept; ask for it: sealane tally --config {file}")


def _corridor(seed: int) -> tuple[Corridor, Path]:
    """The demo's corridor, and the file that describes it, beside its ledger. Raises BadReference."""
    folder = data_folder(name_of(seed)) / "corridor"
    try:
        file = write_corridor(folder, seed)
    except OSError as error:
        read = f"a folder that cannot be written ({(error.strerror or 'unknown').lower()})"
        raise BadReference(str(folder), "", read, "a folder of yours", "set SEALANE_DATA") from None
    return load_corridor(file), file


def _write(folder: Path, seed: int, *, as_json: bool) -> None:
    log().info(f"{SYNTHETIC}: writing the feed of seed {seed} to {folder}/")
    try:
        write(folder, seed)
    except OSError as error:
        log().error(f"{error.filename or folder}: cannot be written ({error.strerror}); name a folder that can be")
        raise typer.Exit(EXIT_FAILED) from None
    if as_json:
        print_json({"synthetic": True, "seed": seed, "folder": str(folder)})
        return
    typer.echo(
        f"{SYNTHETIC} feed, corridor and truth written to {folder}/; replay it:\n"
        f"  sealane replay {folder}/demo.nmea --config {folder}/corridor.toml"
    )


async def _show(name: str, corridor: Corridor, listener: Listener, stage: Stage, wish: Wish) -> None:
    """The show, kept in the ledger of that name."""
    if name == MEMORY:
        await _play(InMemory(Embedded(corridor.rules, listener.hours)), UNDER_WAY, listener, stage, wish)
        return
    async with opened(name, corridor) as ledger:
        if wish.fresh:
            await _forget(ledger)
            forget(data_folder(corridor.rules.corridor))
        keeper = Keeper(corridor.rules, listener.hours, ledger, f"{FEED}:{wish.seed}")
        await keeper.open()
        learn_again(listener.watch, keeper.embedded.tracks())
        async with deskside(wish.desk_at, name, wish.file, stage):
            await _play(keeper, keeper.offset(), listener, stage, wish)


async def _forget(ledger: Ledger) -> None:
    meta = await ledger.meta()
    if meta is not None and not meta.synthetic:
        raise BadReference("--fresh", "", f"a ledger of real ships at {ledger.url}", "one of made-up ships")
    await ledger.clear()


async def _play(keeper: Keeps, offset: int, listener: Listener, stage: Stage, wish: Wish) -> None:
    """The history, unless the ledger has it whole; then on from where the last show ended."""
    begins_at = reached_at(offset)
    if begins_at is None:
        stage.says("their history first, at full speed; then live")
        listener.begin("history")
        await perform(at_once(feed(wish.seed), LIVE_FROM), listener, keeper, stage)
        begins_at = LIVE_FROM
    else:
        stage.says(f"found, going on from {moment(begins_at)}")
    stage.status = f"live, {wish.pace_h:g} h of event time a second"
    listener.begin("live")
    lines = dropwhile(lambda timed: timed[0] <= begins_at, live(wish.seed))
    async with asyncio.timeout(wish.for_s):
        await perform(paced(lines, begins_at, timedelta(hours=wish.pace_h)), listener, keeper, stage)


async def _until_stopped(show: Coroutine[None, None, None]) -> None:
    """Run until time is up, or the user or the system asks to stop; each of them is a good end."""
    task = asyncio.ensure_future(show)
    loop = asyncio.get_running_loop()
    for asked in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(asked, task.cancel)
    with suppress(asyncio.CancelledError, TimeoutError):
        await task
