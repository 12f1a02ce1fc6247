"""`sealane desk`: serve the page and its API for a ledger that others write; and say who may use it from elsewhere."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from desk.tokens import FILE, ROLES, SECRET, Tokens, secret_at
from geofences.errors import BadReference
from streams.app import corridor_of, opened
from streams.cli.deskside import BIND
from streams.cli.printed import print_table
from streams.cli.replay import ConfigFile
from streams.cli.views import LedgerName, ledger_asked
from streams.clock import now
from streams.corridor.config import DeskParts, read_config
from streams.corridor.corridor import Corridor
from streams.ledger.server import data_folder
from streams.log import log
from streams.settings import config_path
from streams.showing.state import shown

desk_app = typer.Typer(invoke_without_command=True, help="Serve the desk's page and API.")
token_app = typer.Typer(no_args_is_help=True, help="Who may use a desk from elsewhere.")
desk_app.add_typer(token_app, name="token")


@desk_app.callback()
def desk(
    context: typer.Context,
    ledger: LedgerName = None,
    bind: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where it is served; port 0: any that is free.")
    ] = BIND,
    config: ConfigFile = None,
) -> None:
    """Serve a ledger that others write: its page, its views as JSON, CSV and GeoJSON, its events as they come."""
    if context.invoked_subcommand is not None:
        return
    corridor = corridor_of(config)
    import uvloop  # many readers are told sooner by it; no other command has to wait for its import

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(ledger_asked(ledger), corridor, bind, config))


async def _serve(name: str, corridor: Corridor, bind: str, config: Path | None) -> None:
    """Until asked to end."""
    from desk.access import Access  # a third of a second to import: no other command has to wait for it
    from desk.app import app_of
    from desk.desk import Desk
    from desk.guard import Guard, is_loopback, own_hosts
    from desk.server import listening, serve, url_of

    host, port = _address(bind)
    named, tokens = _named(config), _tokens(corridor)
    if not is_loopback(host) and not tokens.all():
        expected = "an address of this machine alone, or a token"
        raise BadReference("--bind", "", f"{bind!r}, and no token", expected, "sealane desk token add NAME --role ROLE")
    sock = listening(host, port)
    async with opened(name, corridor) as held:
        its = Desk(held, corridor, lambda: opened(name, corridor))
        await its.refresh()
        access = Access(tokens, open_locally=is_loopback(host))
        app = app_of(its, access, secret_at(data_folder(SECRET)))
        hosts = own_hosts(host, sock.getsockname()[1], named.hosts)
        log().info(f"desk of {corridor.rules.corridor}; Ctrl-C ends it", url=url_of(sock))
        await serve(Guard(app, hosts, its.metrics), sock, its.outflow.close)


def _named(config: Path | None) -> DeskParts:
    path = config_path(config, os.environ)
    return DeskParts() if path is None else read_config(path).desk


def _tokens(corridor: Corridor) -> Tokens:
    return Tokens(data_folder(corridor.rules.corridor) / FILE)


def _address(word: str) -> tuple[str, int]:
    """Host and port. Raises BadReference."""
    host, _, port = word.rpartition(":")
    if not host or not (port.isascii() and port.isdecimal() and int(port) < 1 << 16):
        raise BadReference("--bind", "", repr(word), f"HOST:PORT, such as {BIND}")
    return host.strip("[]"), int(port)


@token_app.callback()
def token() -> None:
    """Who may use a desk from elsewhere."""


@token_app.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is: what it adds is in this name.")],
    role: Annotated[str, typer.Option(metavar="ROLE", help=f"One of {', '.join(ROLES)}.")] = "viewer",
    config: ConfigFile = None,
) -> None:
    """Make a token and print it, this once: only its hash is kept."""
    typer.echo(_tokens(corridor_of(config)).add(name, role, now()))


@token_app.command("list")
def list_all(config: ConfigFile = None) -> None:
    """List the tokens by name."""
    found = _tokens(corridor_of(config)).all()
    if not found:
        log().info("no token yet; sealane desk token add NAME makes one")
        return
    rows = [{"name": each.name, "role": each.role, "made": shown(each.made_at)} for each in found]
    print_table("tokens", {"name": "name", "role": "role", "made": "made"}, rows)


@token_app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose token.")], config: ConfigFile = None
) -> None:
    """Take a token back; a desk that runs knows at once."""
    _tokens(corridor_of(config)).remove(name)
