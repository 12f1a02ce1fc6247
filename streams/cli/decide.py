"""`sealane decide ACTION TARGET`: add an analyst's decision on something that stands."""

from typing import Annotated

import typer

from streams.app import corridor_of
from streams.cli.facts import AsJson, By, Id, Link, Note, add_one
from streams.cli.replay import ConfigFile
from streams.cli.sight import imo_of
from streams.cli.views import LedgerName

ACTIONS = "confirm, reject, annotate, merge, split, re-attribute, undo, acknowledge or silence."


def decide(
    action: Annotated[str, typer.Argument(metavar="ACTION", help=ACTIONS)],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="The id of what it is about, as it is shown.")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")],
    ship: Annotated[str | None, typer.Option("--imo", metavar="SHIP", help="Whose it is: of re-attribute.")] = None,
    other: Annotated[str | None, typer.Option("--with", metavar="ID", help="What it is one with: of merge.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Up to when: of silence.")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="When it was decided; default: now.")] = None,
    link: Link = "",
    note: Note = "",
    id_: Id = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Add a decision to a ledger: who said what of an object, and why. It is never edited, only undone by another."""
    corridor = corridor_of(config)
    table: dict[str, object] = {
        "kind": "decision",
        "id": id_,
        "action": action,
        "target": target,
        "by": by,
        "reason": reason,
        "imo": None if ship is None else imo_of(ship, corridor, "--imo"),
        "with": other,
        "until": until,
        "link": link,
        "note": note,
        "at": at,
    }
    add_one(table, "sealane decide", corridor, ledger, as_json=as_json)
