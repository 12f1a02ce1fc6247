"""`sealane config`: every setting and where it came from."""

import os
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from geofences.errors import BadReference
from streams.cli.exits import EXIT_FAILED
from streams.cli.replay import ConfigFile
from streams.log import log
from streams.settings import Setting, settings

config_app = typer.Typer(no_args_is_help=True, help="Every setting and where it came from.")


@config_app.callback()
def config() -> None:
    """Every setting and where it came from."""


@config_app.command()
def show(
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON object.")] = False,
) -> None:
    """Show every setting, its value and its origin."""
    try:
        found = settings(config, os.environ)
    except BadReference as error:
        log().error(str(error))
        raise typer.Exit(EXIT_FAILED) from None
    if as_json:
        typer.echo(msgspec.json.encode({"settings": found}))
        return
    table = Table("setting", "value", "origin")
    for one in found:
        table.add_row(*map(escape, (one.name, _text(one), one.origin)))
    Console().print(table)


def _text(one: Setting) -> str:
    if isinstance(one.value, tuple):
        return ", ".join(one.value) or "-"
    return "-" if one.value is None else str(one.value)
