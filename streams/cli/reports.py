"""`sealane reports`: published counts, sums and totals beside the ledger's tallies, and what cannot all hold."""

import os
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from sealane.claim import claim_of, claims_of, totals_of
from sealane.countreport import CountReport
from sealane.reconcile import contradictions_of, contradictions_of_totals, reconciled
from sealane.tally import Tally
from streams.app import EMBEDDED, MEMORY, corridor_of, ledger_name
from streams.cli.printed import interval, print_table
from streams.cli.replay import ConfigFile, print_json
from streams.cli.views import LedgerName, reading_of
from streams.corridor.corridor import Corridor
from streams.ledger.server import data_folder
from streams.log import log
from streams.reading import Row
from streams.showing.wording import SYNTHETIC

Tallies = tuple[Tally, ...]
Reported = tuple[CountReport, ...]

CLAIMS = {
    "months": "months", "series": "series", "published": "claimed", "tally": "tally", "gap": "gap", "source": "source",
}  # fmt: skip
TOTALS = {"day": "day", "measure": "measure", "in all": "in_all", "source": "source"}
CONTRADICTIONS = {"months": "told_months", "measure": "measure", "detail": "detail"}


def reports(
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON object.")] = False,
) -> None:
    """Show published counts beside the tallies, how far they are apart, and which of them cannot all hold."""
    corridor = corridor_of(config)
    told = told_of(corridor, *_known(ledger, config, corridor))
    if as_json:
        print_json(told)
        return
    if not told["claims"] and not told["totals"]:
        log().info("no reports: this corridor has no published counts; [corridor] published names a file of them")
        return
    _print(told, SYNTHETIC + " " if corridor.rules.synthetic else "")


def told_of(corridor: Corridor, tallies: Tallies, reported: Reported) -> dict[str, list[Row]]:
    """What was published, each claim beside its tally where there is one; what cannot all hold."""
    totals = totals_of(corridor.published)
    claims = (*claims_of(corridor.published), *map(claim_of, reported))
    apart = (*contradictions_of(claims), *contradictions_of_totals(totals))
    synthetic: Row = {"synthetic": corridor.rules.synthetic}
    sources = {f"published:{each.measure}:{each.day}": each.source for each in corridor.published.totals}
    return {
        "claims": [synthetic | msgspec.to_builtins(each) for each in reconciled(claims, tallies)],
        "totals": [synthetic | msgspec.to_builtins(each) | {"source": list(sources[each.id])} for each in totals],
        "contradictions": [synthetic | msgspec.to_builtins(each) for each in apart],
    }


def _known(ledger: str | None, config: Path | None, corridor: Corridor) -> tuple[Tallies, Reported]:
    """The tallies of the ledger and the counts people reported to it, if there is one; none is begun for the asking."""
    name = ledger_name(ledger, os.environ)
    is_there = data_folder(corridor.rules.corridor).is_dir() if name == EMBEDDED and not ledger else name != MEMORY
    if not is_there:
        return (), ()
    standing = reading_of(ledger, config).standing
    return standing.tallies, standing.reports


def _print(told: dict[str, list[Row]], mark: str) -> None:
    claims: list[Row] = [
        {**row, "claimed": interval(row["claimed"]), "tally": interval(row["tally"])} for row in told["claims"]
    ]
    print_table(
        f"{mark}published deliveries: {len(claims)}, beside the tally; gap: published minus tally", CLAIMS, claims
    )
    totals: list[Row] = [
        {**row, "in_all": interval({"low": row["low"], "high": row["high"]})} for row in told["totals"]
    ]
    print_table(f"\n{mark}published totals: {len(totals)}", TOTALS, totals)
    apart: list[Row] = [{**row, "told_months": _range(row["months"])} for row in told["contradictions"]]
    print_table(f"\n{mark}published and cannot all hold: {len(apart)}", CONTRADICTIONS, apart)


def _range(months: object) -> str:
    assert isinstance(months, list | tuple)
    return str(months[0]) if len(months) == 1 else f"{months[0]}..{months[-1]}"
