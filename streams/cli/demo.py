"""`sealane demo`: made-up ships sail the real corridor, in the console; or written to a folder, to be replayed."""

import asyncio
import signal
import tempfile
from collections.abc import Coroutine
from contextlib import nullcontext, suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from sealane.event import Event
from sealane.filter import watch_for
from sealane.judge import Standing
from sealane.listener import Listener
from streams.cli.replay import EXIT_FAILED, account_text, print_events, print_json
from streams.clock import now
from streams.console import View
from streams.corridor import Corridor, load_corridor
from streams.demo import DEFAULT_SEED, LIVE_FROM, feed, live
from streams.demo.files import write, write_corridor
from streams.demo.show import Show, at_once, paced, perform
from streams.embedded import Embedded
from streams.log import log
from streams.wording import SYNTHETIC

DEFAULT_PACE_H = 6.0  # a month in two minutes
FEED = "demo"


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
    as_json: Annotated[
        bool, typer.Option("--json", metavar="", help="Events as JSON, one a line, instead of the view.")
    ] = False,
) -> None:
    """Watch made-up ships sail the real corridor: SYNTHETIC port calls, deliveries, tallies and alerts."""
    if folder is not None:
        _write(folder, seed, as_json=as_json)
        return
    with tempfile.TemporaryDirectory(prefix="sealane-demo-") as made:
        corridor = load_corridor(write_corridor(Path(made)))
    listener = Listener(
        watch_for(corridor.rules.watchlist, corridor.rules.chart), feed=FEED, read_at=now(), learning=True
    )
    log().info(f"{SYNTHETIC}: made-up ships, seed {seed}: first their history at full speed, then live; Ctrl-C ends it")
    stage, show = _stage(corridor, pace_h, as_json=as_json)
    with stage:
        asyncio.run(
            _until_stopped(_play(listener, Embedded(corridor.rules, listener.hours), show, seed, pace_h, for_s))
        )
    listener.finish()
    if not as_json:
        typer.echo(account_text(listener.account, synthetic=True))


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


def _stage(corridor: Corridor, pace_h: float, *, as_json: bool) -> tuple[Live | nullcontext[None], Show]:
    """Where the show is seen: the view on a terminal, a line an event elsewhere."""
    console = Console()
    if as_json or not console.is_terminal:
        return nullcontext(), lambda events, standing, _lines: print_events(events, standing, corridor, as_json=as_json)
    view = View(corridor)
    screen = Live(view.draw(Standing(as_of=None), 0, console.size), console=console, screen=True, auto_refresh=False)

    def show(events: tuple[Event, ...], standing: Standing, lines: int) -> None:
        is_live = standing.as_of is not None and standing.as_of >= LIVE_FROM
        view.status = f"live, {pace_h:g} h of event time a second" if is_live else "history, at full speed"
        view.tell(events)
        screen.update(view.draw(standing, lines, console.size), refresh=True)

    return screen, show


async def _play(
    listener: Listener, embedded: Embedded, show: Show, seed: int, pace_h: float, for_s: float | None
) -> None:
    listener.begin("history")
    await perform(at_once(feed(seed), LIVE_FROM), listener, embedded, show)
    listener.begin("live")
    async with asyncio.timeout(for_s):
        await perform(paced(live(seed), LIVE_FROM, timedelta(hours=pace_h)), listener, embedded, show)


async def _until_stopped(show: Coroutine[None, None, None]) -> None:
    """Run until time is up, or the user or the system asks to stop; each of them is a good end."""
    task = asyncio.ensure_future(show)
    loop = asyncio.get_running_loop()
    for asked in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(asked, task.cancel)
    with suppress(asyncio.CancelledError, TimeoutError):
        await task
