"""The commands of `sealane`. Results go to standard output, logs to standard error; 0 fine, 1 failed, 2 wrong usage."""

import os
import signal
import sys
from enum import StrEnum
from typing import Annotated

import typer

from geofences.errors import BadReference
from sealane import __version__
from streams.cli.commands import Commands
from streams.cli.exits import EXIT_FAILED, EXIT_TERMINATED, EXIT_WRONG_USAGE
from streams.cli.sieve import form_of_sieve
from streams.collector import end_at_once
from streams.log import log, log_to_stderr

TOLD = {
    "streams.ledger.wire": "LedgerError",
    "streams.ledger.server": "CannotServe",
    "streams.kafka.broker": "BrokerError",
    "streams.kafka.slot": "SlotHeld",
}


class LogFormat(StrEnum):
    """How logs are written."""

    TEXT = "text"
    JSON = "json"


class _Commands(Commands):
    """Ends a command in words where a user's mistake or a closed pipe ends it, never in a traceback."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override] # the base of Context is typer's own
        try:
            return super().invoke(ctx)
        except BadReference as error:
            log().error(str(error))
            raise typer.Exit(EXIT_WRONG_USAGE) from None
        except _told() as error:
            log().error(str(error))
            raise typer.Exit(EXIT_FAILED) from None
        except typer.TyperException as error:  # wrong usage: a box for a person, a line for a machine
            if ctx.params["log_format"] is not LogFormat.JSON:
                raise
            log().error(error.format_message())
            raise typer.Exit(error.exit_code) from None
        except BrokenPipeError:  # the reader of our output has gone, as `head` does: no more is wanted
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit from None


app = typer.Typer(
    name="sealane",
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sealane {__version__} (sieve: {form_of_sieve()})")
        raise typer.Exit


@app.callback()
def sealane(
    log_format: Annotated[
        LogFormat, typer.Option(help="Logs on standard error.", envvar="SEALANE_LOG_FORMAT")
    ] = LogFormat.TEXT,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, metavar="", help="Say the version.")
    ] = False,
) -> None:
    """Port calls, deliveries and surge alerts of named ships, from AIS, each traced to its evidence."""
    del version
    log_to_stderr("json" if log_format is LogFormat.JSON else "text")


def _told() -> tuple[type[Exception], ...]:
    """What is told in words where it ends a command. A module that is not loaded has raised nothing."""
    return tuple(getattr(sys.modules[module], name) for module, name in TOLD.items() if module in sys.modules)


def main() -> None:
    """The entry point."""
    log_to_stderr("text")
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _interrupt)
    end_at_once()
    app()


def _end(*_: object) -> None:
    """Asked to end: leave by the usual door, so that the terminal is as it was and temporary files are gone."""
    sys.exit(EXIT_TERMINATED)


def _interrupt(*_: object) -> None:
    """Ctrl-C: leave at once. asyncio's own way waits for the task's next pause, and a long file has none."""
    raise KeyboardInterrupt
