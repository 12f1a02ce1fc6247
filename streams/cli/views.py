"""What a ledger holds: `sealane vessels|calls|voyages|deliveries|tally|alerts|candidates|conflicts`."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, get_args

import msgspec
import typer
from rich.console import Console

from geofences.errors import BadReference, did_you_mean
from sealane.alert import State
from sealane.delivery import Grade
from streams.app import EMBEDDED, MEMORY, corridor_of, ledger_name, opened
from streams.cli.replay import EXIT_WRONG_USAGE, ConfigFile, print_json
from streams.columns import COLUMNS, in_words
from streams.log import log
from streams.reading import FIELDS, Reading, Row, read, rows
from streams.table import csv_text, plain_table, rich_table
from streams.wanted import Wanted, months_of, port_of, ship_of
from streams.wording import SYNTHETIC, moment

LedgerName = Annotated[
    str | None,
    typer.Option("--ledger", metavar="URL", help="redis://, rediss:// or unix://; embedded: the corridor's own."),
]
AsJson = Annotated[bool, typer.Option("--json", metavar="", help="One JSON array.")]
AsCsv = Annotated[bool, typer.Option("--csv", metavar="", help="CSV (RFC 4180), safe to open in a spreadsheet.")]
ShipName = Annotated[str | None, typer.Option("--ship", metavar="SHIP", help="IMO number, name, alias or MMSI.")]
PortName = Annotated[str | None, typer.Option("--port", metavar="PORT", help="Code, name or alias.")]
MonthRange = Annotated[str | None, typer.Option("--month", metavar="MONTH", help="2024-03, or 2024-01..2024-03; UTC.")]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the options say: which ledger, which rows, which form."""

    ledger: str | None
    config: Path | None
    ship: str | None = None
    port: str | None = None
    month: str | None = None
    state: str | None = None
    grade: str | None = None
    as_json: bool
    as_csv: bool


def vessels(
    ship: ShipName = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List the ships watched and the hulls heard: radios, last port, calls and deliveries."""
    _show("vessels", Asked(ledger=ledger, config=config, ship=ship, as_json=as_json, as_csv=as_csv))


def calls(
    ship: ShipName = None,
    port: PortName = None,
    month: MonthRange = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List port calls."""
    _show(
        "calls", Asked(ledger=ledger, config=config, ship=ship, port=port, month=month, as_json=as_json, as_csv=as_csv)
    )


def voyages(
    ship: ShipName = None,
    port: PortName = None,
    month: MonthRange = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List voyages: from one known presence of a hull to the next."""
    _show(
        "voyages",
        Asked(ledger=ledger, config=config, ship=ship, port=port, month=month, as_json=as_json, as_csv=as_csv),
    )


def deliveries(
    ship: ShipName = None,
    port: PortName = None,
    month: MonthRange = None,
    grade: Annotated[str | None, typer.Option(metavar="GRADE", help=", ".join(get_args(Grade)) + ".")] = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List deliveries: a load end and a discharge end of one hull. Not proof of cargo."""
    asked = Asked(
        ledger=ledger, config=config, ship=ship, port=port, month=month, grade=grade, as_json=as_json, as_csv=as_csv
    )
    _show("deliveries", asked)


def tally(
    ship: ShipName = None,
    port: PortName = None,
    month: MonthRange = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Count deliveries by month, as low and high; of one ship or port where asked."""
    _show(
        "tallies",
        Asked(ledger=ledger, config=config, ship=ship, port=port, month=month, as_json=as_json, as_csv=as_csv),
    )


def alerts(
    state: Annotated[str | None, typer.Option(metavar="STATE", help=", ".join(get_args(State)) + ".")] = None,
    month: MonthRange = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List alerts: a count at or over a limit somebody set."""
    _show("alerts", Asked(ledger=ledger, config=config, state=state, month=month, as_json=as_json, as_csv=as_csv))


def candidates(
    ship: ShipName = None,
    port: PortName = None,
    month: MonthRange = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List ships nobody listed that called at a load port, then at a discharge port."""
    _show(
        "candidates",
        Asked(ledger=ledger, config=config, ship=ship, port=port, month=month, as_json=as_json, as_csv=as_csv),
    )


def conflicts(
    ship: ShipName = None,
    month: MonthRange = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List identity conflicts: what radios said of themselves that does not fit."""
    _show("conflicts", Asked(ledger=ledger, config=config, ship=ship, month=month, as_json=as_json, as_csv=as_csv))


def ledger_asked(option: str | None) -> str:
    """Which ledger is to be read. Raises BadReference: in memory there is none left to read."""
    name = ledger_name(option, os.environ)
    if name == MEMORY:
        raise BadReference("--ledger", "", repr(MEMORY), f"{EMBEDDED} or the URL of a Redis: memory keeps nothing")
    return name


def reading_of(ledger: str | None, config: Path | None) -> Reading:
    """The views of the ledger that the options name."""
    corridor = corridor_of(config)

    async def reading() -> Reading:
        async with opened(ledger_asked(ledger), corridor) as its:
            return await read(its, corridor)

    found = asyncio.run(reading())
    if not found.judged_alike:
        log().warning("this ledger was last judged by other rules than those of the corridor's files as they are now")
    return found


def _show(kind: str, asked: Asked) -> None:
    if asked.as_json and asked.as_csv:
        log().error("--json and --csv: expected one of them")
        raise typer.Exit(EXIT_WRONG_USAGE)
    _check_word("--state", asked.state, get_args(State))
    _check_word("--grade", asked.grade, get_args(Grade))
    months = months_of(asked.month) if asked.month else None
    reading = reading_of(asked.ledger, asked.config)
    wanted = Wanted(
        ship=ship_of(asked.ship, reading.corridor, reading.standing) if asked.ship else None,
        port=port_of(asked.port, reading.corridor) if asked.port else None,
        months=months,
        state=asked.state,
        grade=asked.grade,
    )
    found = rows(reading, kind, wanted)
    if asked.as_json:
        print_json(found)
    elif asked.as_csv:
        sys.stdout.buffer.write(csv_text(FIELDS[kind], found).encode())
    elif found:
        _print_table(kind, found, reading)
    if not found:
        log().info(_nothing(kind, wanted, reading))


def _check_word(option: str, word: str | None, known: tuple[str, ...]) -> None:
    if word is not None and word not in known:
        raise BadReference(option, "", repr(word), f"one of {', '.join(known)}", did_you_mean(word, known))


def _nothing(kind: str, wanted: Wanted, reading: Reading) -> str:
    """Why there is not a row."""
    mark = f"{SYNTHETIC}: " if reading.synthetic else ""
    if reading.standing.as_of is None:
        return f"{mark}no {kind}: the ledger is empty; fill it: sealane replay FILE --ledger ..., or sealane run"
    return (
        f"{mark}no {kind}" + ("" if wanted == Wanted() else " that match") + f"; as of {moment(reading.standing.as_of)}"
    )


def _print_table(kind: str, found: list[Row], reading: Reading) -> None:
    mark = f"{SYNTHETIC} " if reading.synthetic else ""
    as_of = f", as of {moment(reading.standing.as_of)}" if reading.standing.as_of else ""
    title = f"{mark}{kind}: {len(found):,}{as_of}, ledger entry {reading.head.sequence:,}"
    columns = COLUMNS[kind]
    cells = [in_words(row, reading) for row in found]
    lines = [{header: row.get(field) for header, field in columns.items()} for row in cells]
    console, table = Console(), rich_table(tuple(columns), lines)
    unbounded = console.options.update(max_width=sys.maxsize)
    if console.is_terminal and console.measure(table, options=unbounded).minimum <= console.width:
        console.print(title, style="bold", markup=False, highlight=False)
        console.print(table)
    else:  # a pipe; or a terminal too narrow to show all of it in cells
        typer.echo(f"{title}\n{plain_table(tuple(columns), lines)}")
