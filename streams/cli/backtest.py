"""`sealane backtest`: in which months each surge rule would have fired, if the published counts were the truth."""

import random
from typing import Annotated

import msgspec
import typer

from geofences.errors import BadReference
from sealane.backtest import Backtested, differences
from sealane.backtest import backtest as backtested
from sealane.claim import claims_of, fullest_series
from sealane.series import Series
from streams.app import corridor_of
from streams.cli.exits import EXIT_FAILED
from streams.cli.printed import print_table
from streams.cli.replay import ConfigFile, print_json
from streams.corridor.corridor import Corridor
from streams.log import log
from streams.reading import Row
from streams.showing.wording import SYNTHETIC

DRAWS, SEED = 1000, 64
LEAST = 0.1  # percent that is told of a share
COLUMNS = {
    "rule": "rule", "severity": "severity", "always": "always", "sometimes": "sometimes", "published study": "study",
}  # fmt: skip


def backtest(
    draws: Annotated[int, typer.Option(metavar="N", min=1, help="Monthly series to draw.")] = DRAWS,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed draws the same series.")] = SEED,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON object.")] = False,
) -> None:
    """Say in which months each surge rule would have fired, if the published counts were the truth."""
    corridor = corridor_of(config)
    claims = fullest_series(claims_of(corridor.published))
    if not claims:
        log().info("no back-test: this corridor has no published counts; [corridor] published names a file of them")
        return
    series = _series(corridor)
    if not series.count:
        log().error(f"the published counts of {claims[0].series} cannot all hold: sealane reports says which")
        raise typer.Exit(EXIT_FAILED)
    rules = corridor.rules
    found = backtested(series, rules.surge, draws, random.Random(seed), rules.limits.alert_clears_below)
    rows = [_row(each, corridor) for each in found]
    if as_json:
        about = {"synthetic": rules.synthetic, "corridor": rules.corridor, "series": claims[0].series}
        print_json(about | {"seed": seed, "draws": draws, "possible": series.count, "rules": rows})
        return
    mark = f"{SYNTHETIC} " if rules.synthetic else ""
    title = f"{mark}back-test on {claims[0].series}, {draws:,} of {series.count:,} series that fit, seed {seed}"
    print_table(title, COLUMNS, [_in_words(row) for row in rows])


def _series(corridor: Corridor) -> Series:
    try:
        return Series(fullest_series(claims_of(corridor.published)))
    except ValueError as error:
        raise BadReference("corridor published", "", str(error), "counts that leave no month open") from None


def _row(each: Backtested, corridor: Corridor) -> Row:
    """A rule's row, and where a published back-test of it differs; null where there is none."""
    published = next((study for study in corridor.published.backtests if study.rule == each.rule), None)
    row: Row = msgspec.to_builtins(each)
    row["published"] = msgspec.to_builtins(published)
    row["differs"] = None if published is None else msgspec.to_builtins(differences(each, published))
    return row


def _in_words(row: Row) -> Row:
    always, sometimes, differs = row["always"], row["sometimes"], row["differs"]
    assert isinstance(always, list | tuple)
    assert isinstance(sometimes, dict)
    assert differs is None or isinstance(differs, list | tuple)
    shares = " ".join(f"{month} {_percent(share)}" for month, share in sometimes.items())
    study = None if differs is None else "the same months"
    if differs:
        study = "; ".join(f"{each['month']} {each['published']}, here {each['drawn']}" for each in differs)
    return {**row, "always": " ".join(always), "sometimes": shares, "study": study}


def _percent(share: float) -> str:
    """In percent, and never as all or nothing: that would be always or never."""
    return f"{min(max(100 * share, LEAST), 100 - LEAST):.1f}%"
