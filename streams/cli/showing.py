"""A view asked for: read the ledger as it stands or as of a time, narrow its rows, print them in the form asked for."""

import asyncio
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from geofences.errors import BadReference, did_you_mean
from streams.app import EMBEDDED, MEMORY, corridor_of, ledger_name, opened
from streams.cli.exits import EXIT_WRONG_USAGE
from streams.cli.replay import print_json
from streams.clock import now
from streams.fact import moment_given
from streams.log import log
from streams.reading import Reading, Row, read
from streams.showing.columns import COLUMNS, in_words
from streams.showing.rows import FIELDS, WORDS, rows
from streams.showing.table import csv_text, plain_table, rich_table
from streams.showing.wanted import Wanted, months_of, port_of, ship_of
from streams.showing.wording import SYNTHETIC, moment

LedgerName = Annotated[
    str | None,
    typer.Option("--ledger", metavar="URL", help="redis://, rediss:// or unix://; embedded: the corridor's own."),
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="TIME", help="What was known by then, such as 2024-03-01T00:00:00Z.")
]

AsJson = Annotated[bool, typer.Option("--json", metavar="", help="One JSON array.")]
AsCsv = Annotated[bool, typer.Option("--csv", metavar="", help="CSV (RFC 4180), safe to open in a spreadsheet.")]
ShipName = Annotated[str | None, typer.Option("--ship", metavar="SHIP", help="IMO number, name, alias or MMSI.")]
PortName = Annotated[str | None, typer.Option("--port", metavar="PORT", help="Code, name or alias.")]
MonthRange = Annotated[str | None, typer.Option("--month", metavar="MONTH", help="2024-03, or 2024-01..2024-03; UTC.")]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the options say: which ledger, which rows, known by when, in which form."""

    ledger: str | None
    config: Path | None
    ship: str | None = None
    port: str | None = None
    month: str | None = None
    words: dict[str, str | None] = {}
    as_of: str | None
    as_json: bool
    as_csv: bool


def one_of(kind: str, option: str) -> str:
    """The words an option takes, for its help."""
    return ", ".join(WORDS[kind, option]) + "."


def ledger_asked(option: str | None) -> str:
    """Which ledger is to be read. Raises BadReference: in memory there is none left to read."""
    name = ledger_name(option, os.environ)
    if name == MEMORY:
        raise BadReference("--ledger", "", repr(MEMORY), f"{EMBEDDED} or the URL of a Redis: memory keeps nothing")
    return name


def known_by_of(option: str | None) -> datetime | None:
    """The time of --as-of. Raises BadReference: what will be known nobody can say."""
    return moment_given(option, "--as-of", now())


def reading_of(ledger: str | None, config: Path | None, as_of: str | None = None) -> Reading:
    """The views of the ledger that the options name."""
    corridor, known_by = corridor_of(config), known_by_of(as_of)

    async def reading() -> Reading:
        async with opened(ledger_asked(ledger), corridor) as its:
            return await read(its, corridor, known_by)

    found = asyncio.run(reading())
    if not found.judged_alike:
        log().warning("this ledger was last judged by other rules than those of the corridor's files as they are now")
    return found


def show(kind: str, asked: Asked) -> None:
    """Print the rows of a kind that are asked for."""
    if asked.as_json and asked.as_csv:
        log().error("--json and --csv: expected one of them")
        raise typer.Exit(EXIT_WRONG_USAGE)
    words = {option: word for option, word in asked.words.items() if word is not None}
    for option, word in words.items():
        _check_word(f"--{option}", word, WORDS[kind, option])
    months = months_of(asked.month) if asked.month else None
    reading = reading_of(asked.ledger, asked.config, asked.as_of)
    wanted = Wanted(
        ship=ship_of(asked.ship, reading.corridor, reading.standing) if asked.ship else None,
        port=port_of(asked.port, reading.corridor) if asked.port else None,
        months=months,
        words=words,
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


def _check_word(option: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        raise BadReference(option, "", repr(word), f"one of {', '.join(known)}", did_you_mean(word, known))


def _nothing(kind: str, wanted: Wanted, reading: Reading) -> str:
    """Why there is not a row."""
    mark = f"{SYNTHETIC}: " if reading.synthetic else ""
    if not reading.head.sequence and reading.standing.as_of is None:
        return f"{mark}no {kind}: the ledger is empty; fill it: sealane replay FILE --ledger ..., or sealane run"
    return f"{mark}no {kind}" + ("" if wanted == Wanted() else " that match") + when_of(reading, "; ")


def when_of(reading: Reading, before: str) -> str:
    """As of when a reading stands."""
    if reading.known_by is not None:
        return f"{before}as known on {moment(reading.known_by)}"
    return f"{before}as of {moment(reading.standing.as_of)}" if reading.standing.as_of else ""


def _print_table(kind: str, found: list[Row], reading: Reading) -> None:
    mark = f"{SYNTHETIC} " if reading.synthetic else ""
    title = f"{mark}{kind}: {len(found):,}{when_of(reading, ', ')}, ledger entry {reading.head.sequence:,}"
    columns = COLUMNS[kind]
    cells = [in_words(kind, row, reading) for row in found]
    lines = [{header: row.get(field) for header, field in columns.items()} for row in cells]
    console, table = Console(), rich_table(tuple(columns), lines)
    unbounded = console.options.update(max_width=sys.maxsize)
    if console.is_terminal and console.measure(table, options=unbounded).minimum <= console.width:
        console.print(title, style="bold", markup=False, highlight=False)
        console.print(table)
    else:  # a pipe; or a terminal too narrow to show all of it in cells
        typer.echo(f"{title}\n{plain_table(tuple(columns), lines)}")
