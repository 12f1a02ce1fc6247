"""The commands of `sealane`. Results go to standard output, logs to standard error; 0 fine, 1 failed, 2 wrong usage."""

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer

from geofences.errors import BadReference
from sealane import __version__
from streams.cli.config import config_app
from streams.cli.demo import demo
from streams.cli.doctor import doctor
from streams.cli.replay import EXIT_WRONG_USAGE, replay
from streams.cli.zones import zones_app
from streams.log import log, log_to_stderr

EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells have it

app = typer.Typer(
    name="sealane",
    help="Port calls, deliveries and surge alerts of named ships, from AIS, each traced to its evidence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


class LogFormat(StrEnum):
    """How logs are written."""

    TEXT = "text"
    JSON = "json"


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sealane {__version__}")
        raise typer.Exit


@app.callback()
def sealane(
    log_format: Annotated[
        LogFormat, typer.Option(help="Logs on standard error.", envvar="SEALANE_LOG_FORMAT")
    ] = LogFormat.TEXT,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Read docs/replay.md for the fields of --state."""
    del version
    log_to_stderr("json" if log_format is LogFormat.JSON else "text")


app.command()(replay)
app.command()(demo)
app.command()(doctor)
app.add_typer(zones_app, name="zones")
app.add_typer(config_app, name="config")


def main() -> None:
    """The entry point. A user's mistake is told in words, never as a traceback."""
    log_to_stderr("text")
    try:
        app()
    except BadReference as error:
        log().error(str(error))
        sys.exit(EXIT_WRONG_USAGE)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has gone, as `head` does: no more is wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
