"""The commands by name, and where each is. A module is loaded when its command is asked for, for it brings much along:
a replay needs no broker's client, and a broker's worker no desk.
"""

from importlib import import_module

import typer
from typer.core import TyperGroup
from typer.main import get_command

# Panel of the help, then its commands and where each is, in the order of the help.
PANELS: dict[str, dict[str, str]] = {
    "Hear": {
        "replay": "replay:replay",
        "run": "run:run",
        "demo": "demo:demo",
        "feeds": "feeds:feeds",
    },
    "Ask": {
        **{
            view: f"views:{view}"
            for view in ("vessels", "calls", "voyages", "deliveries", "tally", "alerts", "candidates")
        },
        **{
            view: f"evidence:{view}"
            for view in ("gaps", "sightings", "presences", "decisions", "conflicts", "interferences")
        },
        "explain": "explain:explain",
        "tail": "tail:tail",
        "estimates": "estimates:estimates",
        "reports": "reports:reports",
        "backtest": "backtest:backtest",
    },
    "Add what people know": {
        "sight": "sight:sight",
        "report": "report:report",
        "decide": "decide:decide",
        "bind": "bind:bind",
        "facts": "facts:facts_app",
    },
    "Show and tell": {
        "desk": "desk:desk_app",
        "notify": "notify:notify",
        "ways": "notify:show_ways",
        "notices": "notices:notices",
        "resend": "notices:resend",
    },
    "Keep": {
        **{care: f"care:{care}" for care in ("verify", "digest", "rebuild", "backup", "restore")},
        "ledger": "care:ledger_app",
    },
    "Run on Kafka": {
        "topics": "topics:topics_app",
        "worker": "ingest:worker_app",  # which adds its own to the others
        "supervise": "supervise:supervise",
        "dlq": "dlq:dlq_app",
    },
    "Set up": {
        "config": "config:config_app",
        "zones": "zones:zones_app",
        "doctor": "doctor:doctor",
    },
}
PLACES = {name: place for panel in PANELS.values() for name, place in panel.items()}
PANEL_OF = {name: title for title, panel in PANELS.items() for name in panel}


class Commands(TyperGroup):
    """A group whose commands are loaded by name."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override] # the base of Context is typer's
        del ctx
        return list(PLACES)

    def get_command(self, ctx: typer.Context, cmd_name: str):  # type: ignore[no-untyped-def,override] # typer's own types
        if cmd_name not in PLACES:
            self.load()  # to say which of them may have been meant
        elif cmd_name not in self.commands:
            self.commands[cmd_name] = _loaded(cmd_name)
        return super().get_command(ctx, cmd_name)

    def load(self) -> None:
        """All of them."""
        self.commands.update({name: _loaded(name) for name in PLACES})


def _loaded(name: str):  # type: ignore[no-untyped-def] # typer's own types
    module, _, attribute = PLACES[name].partition(":")
    found = getattr(import_module(f"streams.cli.{module}"), attribute)
    if isinstance(found, typer.Typer):
        found._add_completion = False
    else:
        alone = typer.Typer(add_completion=False)
        alone.command(name)(found)
        found = alone
    command = get_command(found)
    command.name = name
    command.rich_help_panel = PANEL_OF[name]  # type: ignore[attr-defined] # typer looks for it, click does not know it
    return command
