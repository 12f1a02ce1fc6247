"""`sealane estimates`: containers and rounds that a count would be, by each named model, and days of fire."""

import sys
from calendar import monthrange
from datetime import date
from typing import Annotated

import msgspec
import typer

from geofences.errors import BadReference, did_you_mean
from sealane.claim import claims_of, fullest_series
from sealane.estimate import Bounds, Counted, Estimate, estimates_of
from sealane.expenditure import days_of_fire, fired, series_of, share_percent
from sealane.reconcile import bounds_between
from streams.app import corridor_of
from streams.cli.exits import EXIT_WRONG_USAGE
from streams.cli.printed import interval, print_table
from streams.cli.replay import ConfigFile, print_json
from streams.cli.views import AsCsv, AsJson, LedgerName, MonthRange, reading_of
from streams.corridor.corridor import Corridor
from streams.log import log
from streams.reading import Row
from streams.showing.table import csv_text
from streams.showing.wanted import months_of
from streams.showing.wording import SYNTHETIC

FROM_LEDGER = "ledger"
COLUMNS = {
    "month": "month", "model": "model", "deliveries": "deliveries", "containers": "containers", "rounds": "rounds",
    "rounds at mean": "rounds_at_mean",
}  # fmt: skip
WITH_SERIES = {"days of fire": "days_of_fire", "% of fired": "share_percent", "days unknown": "unknown_days"}
INTERVALS = (
    "deliveries", "containers", "containers_at_mean", "rounds", "rounds_at_mean", "fired", "days_of_fire",
    "share_percent",
)  # fmt: skip
FIELDS = (
    "synthetic", "counted_by", "id", "month", "model", *INTERVALS[:5], "series", "days", "unknown_days",
    *INTERVALS[5:], "basis", "source",
)  # fmt: skip

Counts = tuple[str, list[Counted], Bounds | None]  # by whom, the months, and what is known of their sum


def estimates(
    month: MonthRange = None,
    series: Annotated[
        str | None, typer.Option(metavar="SERIES", help="Beside what was fired, by one published series.")
    ] = None,
    published: Annotated[
        bool, typer.Option("--published", metavar="", help="Of published counts; no ledger is read.")
    ] = False,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Estimate containers and rounds from the tallies, by each named model. Arithmetic, not cargo."""
    if as_json and as_csv:
        log().error("--json and --csv: expected one of them")
        raise typer.Exit(EXIT_WRONG_USAGE)
    corridor = corridor_of(config)
    _check_series(series, corridor)
    synthetic = corridor.rules.synthetic
    by, counts, total = _published(corridor, month) if published else _tallies(ledger, config, month)
    found = estimates_of(counts, corridor.conversions, total)
    rows = [_row(each, by, series, corridor, synthetic=synthetic) for each in found]
    if as_json:
        print_json(rows)
    elif as_csv:
        sys.stdout.buffer.write(csv_text(_flat_fields(), [_flat(row) for row in rows]).encode())
    elif rows:
        _print(rows, by, series, synthetic=synthetic)
    if not rows:
        log().info(_nothing(corridor, counts))


def _check_series(series: str | None, corridor: Corridor) -> None:
    known = series_of(corridor.expenditure)
    if series is None or series in known:
        return
    if not known:
        raise BadReference("--series", "", repr(series), "a corridor with figures: [corridor] expenditure names a file")
    raise BadReference("--series", "", repr(series), f"one of {', '.join(known)}", did_you_mean(series, known))


def _published(corridor: Corridor, month: str | None) -> Counts:
    """The fullest published series, and what its sums leave open for the months asked for."""
    claims = fullest_series(claims_of(corridor.published))
    months = months_of(month) if month else None
    by = claims[0].series if claims else ""
    counts: list[Counted] = [
        each
        for each in corridor.published.counts
        if each.series == by and (months is None or months.first <= each.month <= months.last)
    ]
    if not counts:
        return f"published {by}", [], None
    names = sorted(each.month for each in counts)
    return f"published {by}", counts, bounds_between(claims, names[0], names[-1])


def _tallies(ledger: str | None, config: ConfigFile, month: str | None) -> Counts:
    months = months_of(month) if month else None
    tallies = reading_of(ledger, config).standing.tallies
    wanted = [each for each in tallies if months is None or months.first <= each.month <= months.last]
    return FROM_LEDGER, list(wanted), None


def _row(each: Estimate, by: str, series: str | None, corridor: Corridor, *, synthetic: bool) -> Row:
    row: Row = {"synthetic": synthetic, "counted_by": by, **msgspec.to_builtins(each)}
    beside: Row = dict.fromkeys(("series", "days", "unknown_days", "fired", "days_of_fire", "share_percent"))
    if series is not None:
        first_day, last_day = _days(each.month)
        said = fired(corridor.expenditure, series, first_day, last_day)
        beside = {
            "series": series,
            "days": said.days,
            "unknown_days": said.unknown_days,
            "fired": msgspec.to_builtins(said.rounds),
            "days_of_fire": msgspec.to_builtins(days_of_fire(each.rounds, said)),
            "share_percent": msgspec.to_builtins(share_percent(each.rounds, said)),
        }
        row["source"] = list(dict.fromkeys((*each.source, *said.source)))
    return {field: value for field in FIELDS for value in (beside.get(field, row.get(field)),)}


def _days(months: str) -> tuple[date, date]:
    """The first and last day of a row's months."""
    first, _, last = months.partition("..")
    year, month = map(int, (last or first).split("-"))
    return date.fromisoformat(f"{first}-01"), date(year, month, monthrange(year, month)[1])


def _flat_fields() -> list[str]:
    return [
        name for field in FIELDS for name in ((f"{field}_low", f"{field}_high") if field in INTERVALS else (field,))
    ]


def _flat(row: Row) -> Row:
    """A row with the ends of each interval in columns of their own."""
    flat: Row = {field: value for field, value in row.items() if field not in INTERVALS}
    for field in INTERVALS:
        bounds = row[field]
        if isinstance(bounds, dict):
            flat |= {f"{field}_low": bounds["low"], f"{field}_high": bounds["high"]}
    return flat


def _print(rows: list[Row], by: str, series: str | None, *, synthetic: bool) -> None:
    mark = f"{SYNTHETIC} " if synthetic else ""
    beside = f", beside rounds fired as {series} has them" if series else ""
    title = f"{mark}estimates from {by}{beside}: what a count would be by each model, not what was carried"
    told: list[Row] = [
        {field: interval(each) if field in INTERVALS else each for field, each in row.items()} for row in rows
    ]
    print_table(title, COLUMNS | (WITH_SERIES if series else {}), told)


def _nothing(corridor: Corridor, counts: list[Counted]) -> str:
    if not corridor.conversions:
        return "no estimates: this corridor has no models; [corridor] conversions names a file of them"
    if not counts:
        return (
            "no estimates: no month is counted; fill the ledger: sealane replay FILE --ledger ..., or ask --published"
        )
    return "no estimates: the conversions have no containers per trip with a range, or no model"
