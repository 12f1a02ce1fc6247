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
from streams.cli.notify import WaysFile, beside, ways_named
from streams.cli.replay import ConfigFile, account_text
from streams.cli.stage import Stage
from streams.config import feeds_beside, read_config
from streams.corridor import Corridor
from streams.feeds import Feed
from streams.feeds.ear import Ear
from streams.feeds.named import Desk, FeedKind, NamedFeed, feeds_of
from streams.keeper import check, meta_for
from streams.live import Live, Reload
from streams.log import log
from streams.settings import config_path
from streams.ways.named import Ways, ways_path

OPTIONS = "--file FILE, --folder DIR, --stdin, --tcp HOST:PORT, --listen HOST:PORT, --udp HOST:PORT, --aisstream"


def run(
    config: ConfigFile = None,
    ledger: Annotated[
        str | None, typer.Option(metavar="URL", help="Where it is kept: embedded (default) or the URL of a Redis.")
    ] = None,
    files: Annotated[list[str] | None, typer.Option("--file", metavar="FILE", help="A file that grows.")] = None,
    folders: Annotated[list[str] | None, typer.Option("--folder", metavar="DIR", help="A folder of files.")] = None,
    stdin: Annotated[bool, typer.Option("--stdin", metavar="", help="Standard input.")] = False,
    tcp: Annotated[
        list[str] | None, typer.Option("--tcp", metavar="HOST:PORT", help="A TCP server of AIS; tls:// for TLS.")
    ] = None,
    tls_ca: Annotated[str | None, typer.Option(metavar="FILE", help="Certificates to trust with tls://.")] = None,
    listen: Annotated[
        list[str] | None, typer.Option("--listen", metavar="HOST:PORT", help="Where stations connect to us.")
    ] = None,
    udp: Annotated[
        list[str] | None, typer.Option("--udp", metavar="HOST:PORT", help="Where stations send datagrams to.")
    ] = None,
    aisstream: Annotated[bool, typer.Option("--aisstream", metavar="", help="aisstream.io, by your own key.")] = False,
    ways: WaysFile = None,
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
    lists: tuple[tuple[FeedKind, list[str] | None], ...] = (
        ("file", files),
        ("folder", folders),
        ("tcp", tcp),
        ("listen", listen),
        ("udp", udp),
        ("aisstream", [""] if aisstream else None),
        ("stdin", [""] if stdin else None),
    )
    named = [
        NamedFeed(kind=kind, address=address, option=f"--{kind}", authority=tls_ca if kind == "tcp" else None)
        for kind, addresses in lists
        for address in addresses or ()
    ]
    feeds, limits_s = _feeds(
        [*named, *_written(config)], Desk(chart=corridor.rules.chart, env=os.environ, tell=stage.says)
    )
    log().info(f"corridor {corridor.rules.corridor}: hearing {', '.join(feed.name for feed in feeds)}; Ctrl-C ends it")
    telling = ways_named(ways) if ways_path(ways, os.environ) else None
    with stage:
        ears = asyncio.run(_run(name, corridor, feeds, limits_s, stage, config, telling))
    for ear in ears:
        account = ear.listener.account
        if as_json:
            log().info("account", feed=ear.feed.name, **account.lines)
        else:
            typer.echo(f"{ear.feed.name}: {account_text(account, synthetic=corridor.rules.synthetic)}")


def _written(config: Path | None) -> tuple[NamedFeed, ...]:
    """The feeds of the corridor's file. Raises BadReference."""
    path = config_path(config, os.environ)
    return () if path is None else feeds_beside(path, read_config(path))


def _feeds(named: list[NamedFeed], desk: Desk) -> tuple[list[Feed], dict[str, float]]:
    """What is to be heard, each once, and the limits of silence that are written. Raises BadReference."""
    found: dict[str, Feed] = {}
    limits_s: dict[str, float] = {}
    for each in named:
        for feed in feeds_of(each, desk):
            found.setdefault(feed.name, feed)
            if each.silent_after_s is not None:
                limits_s[feed.name] = each.silent_after_s
    if not found:
        raise BadReference("sealane run", "", "no feed", f"at least one of {OPTIONS}, or [[feeds]] in the config")
    return list(found.values()), limits_s


async def _run(
    name: str,
    corridor: Corridor,
    feeds: list[Feed],
    limits_s: Mapping[str, float],
    stage: Stage,
    config: Path | None,
    telling: tuple[Path, Ways] | None,
) -> list[Ear]:
    """Until asked to stop by a signal, or until every feed has ended."""
    async with opened(name, corridor) as ledger:
        live = Live(corridor, ledger, feeds, stage, stage.says, stage.feeds, limits_s)
        loop = asyncio.get_running_loop()
        for asked in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(asked, live.stop)
        loop.add_signal_handler(signal.SIGHUP, live.reload, Reload(lambda: corridor_of(config), stage.show_by))
        await check(ledger, await ledger.born(meta_for(corridor.rules)), corridor.rules)
        async with beside(ledger, corridor, telling, stage.says):
            await live.run()
        return live.ears
