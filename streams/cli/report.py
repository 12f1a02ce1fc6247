"""`sealane report MEASURE`: add a published count, to be shown beside the tally."""

from typing import Annotated

import typer

from streams.app import corridor_of
from streams.cli.facts import AsJson, Id, KnownAt, Link, Note, Source, add_one
from streams.cli.replay import ConfigFile
from streams.cli.views import LedgerName


def report(
    measure: Annotated[str, typer.Argument(metavar="MEASURE", help="What was counted, such as deliveries.")],
    first_month: Annotated[str, typer.Option("--from", metavar="MONTH", help="The first month it is of: 2024-02.")],
    low: Annotated[int, typer.Option("--low", metavar="N", help="At least so many.")],
    source: Source,
    last_month: Annotated[
        str | None, typer.Option("--to", metavar="MONTH", help="The last; left out: that month alone.")
    ] = None,
    high: Annotated[int | None, typer.Option("--high", metavar="N", help="At most; left out: not said.")] = None,
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="Who says so.")] = "",
    link: Link = "",
    note: Note = "",
    known_at: KnownAt = None,
    id_: Id = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Add a published count to a ledger: shown beside the tally, never turned into deliveries."""
    corridor = corridor_of(config)
    table: dict[str, object] = {
        "kind": "report",
        "id": id_,
        "measure": measure,
        "from": first_month,
        "to": last_month or first_month,
        "low": low,
        "high": high,
        "source": source,
        "by": by,
        "link": link,
        "note": note,
        "known_at": known_at,
    }
    add_one(table, "sealane report", corridor, ledger, as_json=as_json)
