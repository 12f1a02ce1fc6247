"""`sealane bind MMSI SHIP`: add somebody's word that a hull used an MMSI."""

from typing import Annotated

import typer

from streams.app import corridor_of
from streams.cli.facts import AsJson, By, Id, KnownAt, Link, Note, add_one
from streams.cli.replay import ConfigFile
from streams.cli.sight import imo_of
from streams.cli.views import LedgerName


def bind(
    mmsi: Annotated[int, typer.Argument(metavar="MMSI", help="Nine digits.")],
    ship: Annotated[str, typer.Argument(metavar="SHIP", help="Name or IMO number.")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="How that is known.")],
    from_at: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Since when; left out: since ever.")
    ] = None,
    to_at: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Until when; left out: until further notice.")
    ] = None,
    link: Link = "",
    note: Note = "",
    known_at: KnownAt = None,
    id_: Id = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Add a binding to a ledger: the MMSI is that ship's, and followed from then on if she is watched."""
    corridor = corridor_of(config)
    table: dict[str, object] = {
        "kind": "binding",
        "id": id_,
        "mmsi": mmsi,
        "imo": imo_of(ship, corridor, "SHIP"),
        "from": from_at,
        "to": to_at,
        "by": by,
        "reason": reason,
        "link": link,
        "note": note,
        "known_at": known_at,
    }
    add_one(table, "sealane bind", corridor, ledger, as_json=as_json)
