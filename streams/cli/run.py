"""`sealane run`: hear AIS live, keep it in the ledger, show what follows."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from geofences.errors import BadReference
from streams.app import EMBEDDED, MEMORY, corridor_of, ledger_name, opened
from streams.cli.replay import ConfigFile, account_text
from streams.cli.stage import Stage
from streams.corridor import Corridor
from streams.feeds import Feed, Tell
from streams.feeds.ear import Ear
from streams.feeds.file import GrowingFile
from streams.feeds.stdin import Stdin
from streams.feeds.tcp import TcpClient
from streams.live import Live, Reload
from streams.log import log


def run(
    config: ConfigFile = None,
    ledger: Annotated[
        str | None, typer.Option(metavar="URL", help="Where it is kept: embedded (default) or the URL of a Redis.")
    ] = None,
    files: Annotated[list[Path] | None, typer.Option("--file", metavar="FILE", help="A file that grows.")] = None,
    stdin: Annotated[bool, typer.Option("--stdin", metavar="", help="Standard input.")] = False,
    tcp: Annotated[list[str] | None, typer.Option("--tcp", metavar="HOST:PORT", help="A TCP server of AIS.")] = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Events as JSON, one a line.")] = False,
) -> None:
    """Hear AIS live and keep it in the ledger: port calls, deliveries and alerts as they happen.

    Ends on Ctrl-C or SIGTERM with all it heard committed; goes on from there when started again. SIGHUP: read the
    corridor's files again.
    """
    corridor = corridor_of(config)
    name = ledger_name(ledger, os.environ)
    if name == MEMORY:
        raise BadReference("--ledger", "", repr(MEMORY), f"{EMBEDDED} or the URL of a Redis: a live run is kept")
    stage = Stage(corridor, as_json=as_json)
    feeds = _feeds(files or [], tcp or [], stdin=stdin, tell=stage.says)
    log().info(f"corridor {corridor.rules.corridor}: hearing {', '.join(feed.name for feed in feeds)}; Ctrl-C ends it")
    with stage:
        ears = asyncio.run(_run(name, corridor, feeds, stage, config))
    for ear in ears:
        account = ear.listener.account
        if as_json:
            log().info("account", feed=ear.feed.name, **account.lines)
        else:
            typer.echo(f"{ear.feed.name}: {account_text(account, synthetic=corridor.rules.synthetic)}")


def _feeds(files: list[Path], tcp: list[str], *, stdin: bool, tell: Tell) -> list[Feed]:
    """What is to be heard, each once. Raises BadReference."""
    for file in files:
        if file.is_dir():
            raise BadReference("--file", "", f"{str(file)!r}, a directory", "a file")
    feeds: list[Feed] = [GrowingFile(file, tell) for file in files] + [TcpClient(address, tell) for address in tcp]
    if stdin:
        feeds.append(Stdin())
    if not feeds:
        raise BadReference("sealane run", "", "no feed", "at least one of --file FILE, --stdin, --tcp HOST:PORT")
    return list({feed.name: feed for feed in feeds}.values())


async def _run(name: str, corridor: Corridor, feeds: list[Feed], stage: Stage, config: Path | None) -> list[Ear]:
    """Until asked to stop by a signal, or until every feed has ended."""
    async with opened(name, corridor) as ledger:
        live = Live(corridor, ledger, feeds, stage, stage.says)
        loop = asyncio.get_running_loop()
        for asked in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(asked, live.stop)
        loop.add_signal_handler(signal.SIGHUP, live.reload, Reload(lambda: corridor_of(config), stage.show_by))
        await live.run()
        return live.ears
