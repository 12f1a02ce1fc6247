"""`sealane run`: hear AIS live, keep it in the ledger, show what follows."""

import asyncio
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from geofences.errors import BadReference
from streams.app import EMBEDDED, MEMORY, corridor_of, ledger_name, opened
from streams.cli.deskside import DeskAt, NoDesk, desk_address, deskside
from streams.cli.hearing import Aisstream, Files, Folders, Listen, Named, Stdin, Tcp, TlsCa, Topics, Udp, heard
from streams.cli.notify import WaysFile, beside, ways_named
from streams.cli.replay import ConfigFile, account_text
from streams.cli.stage import Stage
from streams.corridor.corridor import Corridor
from streams.feeds import Feed
from streams.feeds.ear import Ear
from streams.feeds.named import Desk
from streams.ledger.keeper import check, meta_for
from streams.live import Live, Reload
from streams.log import log
from streams.ways.named import Ways, ways_path


def run(
    config: ConfigFile = None,
    ledger: Annotated[
        str | None, typer.Option(metavar="URL", help="Where it is kept: embedded (default) or the URL of a Redis.")
    ] = None,
    files: Files = None,
    folders: Folders = None,
    stdin: Stdin = False,
    tcp: Tcp = None,
    tls_ca: TlsCa = None,
    listen: Listen = None,
    udp: Udp = None,
    aisstream: Aisstream = False,
    kafka: Topics = None,
    ways: WaysFile = None,
    desk_at: DeskAt = None,
    no_desk: NoDesk = False,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Events as JSON, one a line.")] = False,
) -> None:
    """Hear AIS live and keep it in the ledger: port calls, deliveries and alerts as they happen.

    Its desk is at http://127.0.0.1:8010. Ends on Ctrl-C or SIGTERM with all it heard committed; goes on from there when
    started again. SIGHUP: read the corridor's files again.
    """
    corridor = corridor_of(config)
    name = ledger_name(ledger, os.environ)
    if name == MEMORY:
        raise BadReference("--ledger", "", repr(MEMORY), f"{EMBEDDED} or the URL of a Redis: a live run is kept")
    stage = Stage(corridor, as_json=as_json)
    named = Named(files, folders, tcp, listen, udp, aisstream, stdin, tls_ca, kafka)
    desk = Desk(chart=corridor.rules.chart, env=os.environ, tell=stage.says)
    feeds, limits_s = heard(named, config, desk, "sealane run")
    log().info(f"corridor {corridor.rules.corridor}: hearing {', '.join(feed.name for feed in feeds)}; Ctrl-C ends it")
    telling = ways_named(ways) if ways_path(ways, os.environ) else None
    served_at = desk_address(desk_at, os.environ, off=no_desk)
    with stage:
        ears = asyncio.run(_run(name, corridor, feeds, limits_s, stage, config, telling, served_at))
    for ear in ears:
        account = ear.listener.account
        if as_json:
            log().info("account", feed=ear.feed.name, **account.lines)
        else:
            typer.echo(f"{ear.feed.name}: {account_text(account, synthetic=corridor.rules.synthetic)}")


async def _run(
    name: str,
    corridor: Corridor,
    feeds: list[Feed],
    limits_s: Mapping[str, float],
    stage: Stage,
    config: Path | None,
    telling: tuple[Path, Ways] | None,
    served_at: str | None,
) -> list[Ear]:
    """Until asked to stop by a signal, or until every feed has ended."""
    async with opened(name, corridor) as ledger:
        live = Live(corridor, ledger, feeds, stage, stage.says, stage.feeds, limits_s)
        loop = asyncio.get_running_loop()
        for asked in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(asked, live.stop)
        loop.add_signal_handler(signal.SIGHUP, live.reload, Reload(lambda: corridor_of(config), stage.show_by))
        await check(ledger, await ledger.born(meta_for(corridor.rules)), corridor.rules)
        async with beside(ledger, corridor, telling, stage.says), deskside(served_at, name, config, stage):
            await live.run()
        return live.ears
