"""`sealane desk`: serve the page and its API for a ledger that others write."""

import asyncio
from typing import Annotated

import typer

from geofences.errors import BadReference
from streams.app import corridor_of, opened
from streams.cli.replay import ConfigFile
from streams.cli.views import LedgerName, ledger_asked
from streams.log import log

BIND = "127.0.0.1:8010"

desk_app = typer.Typer(invoke_without_command=True, help="Serve the desk's page and API.")


@desk_app.callback()
def desk(
    ledger: LedgerName = None,
    bind: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where it is served; port 0: any that is free.")
    ] = BIND,
    config: ConfigFile = None,
) -> None:
    """Serve a ledger that others write: its page, its views as JSON, CSV and GeoJSON, its events as they come."""
    from desk.app import app_of  # a third of a second to import: no other command has to wait for it
    from desk.desk import Desk
    from desk.server import listening, serve, url_of

    corridor = corridor_of(config)
    sock = listening(*_address(bind))

    async def run() -> None:
        async with opened(ledger_asked(ledger), corridor) as held:
            its = Desk(held, corridor)
            await its.refresh()
            log().info(f"desk of {corridor.rules.corridor} at {url_of(sock)}; Ctrl-C ends it")
            await serve(app_of(its), sock, its.outflow.close)

    asyncio.run(run())


def _address(word: str) -> tuple[str, int]:
    """Host and port. Raises BadReference."""
    host, _, port = word.rpartition(":")
    if not host or not (port.isascii() and port.isdecimal() and int(port) < 1 << 16):
        raise BadReference("--bind", "", repr(word), f"HOST:PORT, such as {BIND}")
    return host.strip("[]"), int(port)
