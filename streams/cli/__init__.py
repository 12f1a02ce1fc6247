"""The commands of `sealane`. Results go to standard output, logs to standard error; 0 fine, 1 failed, 2 wrong usage."""

import os
import signal
import sys
from enum import StrEnum
from typing import Annotated

import typer
from typer.core import TyperGroup

from geofences.errors import BadReference
from sealane import __version__
from streams.cli.backtest import backtest
from streams.cli.bind import bind
from streams.cli.care import backup, digest, ledger_app, rebuild, restore, verify
from streams.cli.config import config_app
from streams.cli.decide import decide
from streams.cli.demo import demo
from streams.cli.desk import desk_app
from streams.cli.doctor import doctor
from streams.cli.estimates import estimates
from streams.cli.evidence import EVIDENCE
from streams.cli.explain import explain
from streams.cli.facts import facts_app
from streams.cli.feeds import feeds
from streams.cli.notices import notices, resend
from streams.cli.notify import notify, show_ways
from streams.cli.replay import EXIT_FAILED, EXIT_WRONG_USAGE, replay
from streams.cli.report import report
from streams.cli.reports import reports
from streams.cli.run import run
from streams.cli.sight import sight
from streams.cli.supervise import supervise
from streams.cli.tail import tail
from streams.cli.topics import topics_app
from streams.cli.views import VIEWS
from streams.cli.worker import worker_app
from streams.cli.zones import zones_app
from streams.kafka.broker import BrokerError
from streams.kafka.slot import SlotHeld
from streams.ledger import LedgerError
from streams.log import log, log_to_stderr
from streams.server import CannotServe

EXIT_TERMINATED = 128 + signal.SIGTERM  # as shells have it


class LogFormat(StrEnum):
    """How logs are written."""

    TEXT = "text"
    JSON = "json"


class _Commands(TyperGroup):
    """Ends a command in words where a user's mistake or a closed pipe ends it, never in a traceback."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override] # the base of Context is typer's own
        try:
            return super().invoke(ctx)
        except BadReference as error:
            log().error(str(error))
            raise typer.Exit(EXIT_WRONG_USAGE) from None
        except (LedgerError, BrokerError, SlotHeld, CannotServe) as error:
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
        typer.echo(f"sealane {__version__}")
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


app.command()(replay)
app.command()(demo)
app.command()(run)
app.command()(feeds)
app.command()(doctor)
app.command()(notify)
app.command("ways")(show_ways)
for notice in (notices, resend):
    app.command()(notice)
app.add_typer(desk_app, name="desk")
app.add_typer(zones_app, name="zones")
app.add_typer(config_app, name="config")
app.command()(explain)
app.command()(tail)
for view in (*VIEWS, *EVIDENCE):
    app.command()(view)
for reckoning in (estimates, reports, backtest):
    app.command()(reckoning)
for care in (verify, digest, rebuild, backup, restore):
    app.command()(care)
app.add_typer(ledger_app, name="ledger")
app.add_typer(facts_app, name="facts")
app.add_typer(topics_app, name="topics")
app.add_typer(worker_app, name="worker")
app.command()(supervise)
for adds in (sight, decide, bind, report):
    app.command()(adds)


def main() -> None:
    """The entry point."""
    log_to_stderr("text")
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _interrupt)
    app()


def _end(*_: object) -> None:
    """Asked to end: leave by the usual door, so that the terminal is as it was and temporary files are gone."""
    sys.exit(EXIT_TERMINATED)


def _interrupt(*_: object) -> None:
    """Ctrl-C: leave at once. asyncio's own way waits for the task's next pause, and a long file has none."""
    raise KeyboardInterrupt
