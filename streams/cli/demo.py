"""`sealane demo`: made-up ships sail the real corridor, in the console; or written to a folder, to be replayed."""

import asyncio
import signal
import sys
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
from sealane.judge import Standing
from streams.cli.replay import account_text, print_json
from streams.clock import now
from streams.console import View
from streams.corridor import Corridor, load_corridor
from streams.demo import DEFAULT_SEED, LIVE_FROM, live
from streams.demo.files import write
from streams.demo.show import Show, go_live, paced
from streams.log import log
from streams.recording import Recording
from streams.replay import Replay
from streams.state import event_of, names_of
from streams.wording import SYNTHETIC, line_of

SETTLE_EVERY_LINES = 1_000  # often enough that the history is seen to grow
FRAME_ROWS = 8  # of the terminal that are no event


def demo(
    folder: Annotated[
        Path | None, typer.Option("--write", metavar="DIR", help="Write the feed there, and do not show it.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same ships, trips and bytes.")] = DEFAULT_SEED,
    pace_h: Annotated[
        float, typer.Option("--pace", min=0.01, metavar="H", help="Hours of event time a second, live.")
    ] = 6.0,
    for_s: Annotated[
        float | None, typer.Option("--for", min=0, metavar="S", help="End after so many seconds live.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Events as JSON, one a line, instead of the view.")] = False,
) -> None:
    """Watch made-up ships sail the real corridor: SYNTHETIC port calls, deliveries, tallies and alerts."""
    if folder is not None:
        _write(folder, seed)
        return
    with tempfile.TemporaryDirectory(prefix="sealane-demo-") as made:
        log().info(f"{SYNTHETIC}: making the demo feed, seed {seed}; Ctrl-C ends the show")
        write(Path(made), seed)
        corridor = load_corridor(Path(made) / "corridor.toml")
        replayed = Replay([Recording(str(Path(made) / "demo.nmea"))], corridor.rules, now())
        beats = paced(live(seed), LIVE_FROM, timedelta(hours=pace_h))
        stage, show = _stage(corridor, as_json=as_json)
        with stage:
            replayed.run(
                lambda events: show(events, replayed.embedded.standing, replayed.listener.account.lines["total"]),
                lambda _read: None,
                SETTLE_EVERY_LINES,
            )
            asyncio.run(_until_stopped(go_live(replayed, beats, show), for_s))
    if not as_json:
        typer.echo(account_text(replayed.listener.account, synthetic=True))


def _write(folder: Path, seed: int) -> None:
    write(folder, seed)
    typer.echo(
        f"{SYNTHETIC} feed, corridor and truth written to {folder}/; replay it:\n"
        f"  sealane replay {folder}/demo.nmea --config {folder}/corridor.toml"
    )


def _stage(corridor: Corridor, *, as_json: bool) -> tuple[Live | nullcontext[None], Show]:
    """Where the show is seen: the view on a terminal, a line an event elsewhere."""
    console = Console()
    if as_json or not console.is_terminal:
        return nullcontext(), lambda events, standing, _lines: _print(events, standing, corridor, as_json=as_json)
    view = View(corridor)
    screen = Live(console=console, screen=True, auto_refresh=False)

    def show(events: tuple[Event, ...], standing: Standing, lines: int) -> None:
        view.tell(events)
        screen.update(view.draw(standing, lines, console.height - FRAME_ROWS), refresh=True)

    return screen, show


def _print(events: tuple[Event, ...], standing: Standing, corridor: Corridor, *, as_json: bool) -> None:
    names = names_of(standing, corridor.rules)
    for event in events:
        if as_json:
            print_json(event_of(event, names))
        else:
            typer.echo(line_of(event, names, corridor.port_name))
    sys.stdout.flush()


async def _until_stopped(show: Coroutine[None, None, None], for_s: float | None) -> None:
    """Run until time is up, or the user or the system asks to stop."""
    task = asyncio.ensure_future(show)
    loop = asyncio.get_running_loop()
    for asked in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(asked, task.cancel)
    with suppress(asyncio.CancelledError, TimeoutError):
        async with asyncio.timeout(for_s):
            await task
