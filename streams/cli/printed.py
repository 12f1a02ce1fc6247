"""Printed: rows that are no view of a ledger, as a table under a title; on a terminal wide cells fold."""

import sys

import typer
from rich.console import Console

from streams.reading import Row
from streams.showing.table import plain_table, rich_table


def print_table(title: str, columns: dict[str, str], rows: list[Row]) -> None:
    """A title and a table: header and field of each column."""
    lines: list[Row] = [{header: row.get(field) for header, field in columns.items()} for row in rows]
    console, table = Console(), rich_table(tuple(columns), lines)
    unbounded = console.options.update(max_width=sys.maxsize)
    if console.is_terminal and console.measure(table, options=unbounded).minimum <= console.width:
        console.print(title, style="bold", markup=False, highlight=False)
        console.print(table)
    else:
        typer.echo(f"{title}\n{plain_table(tuple(columns), lines)}")


def interval(bounds: object) -> str | None:
    """`{"low", "high"}` as a person writes it: 4, 4-5, at least 3; thousands apart."""
    if not isinstance(bounds, dict):
        return None
    low, high = bounds["low"], bounds["high"]
    if high is None:
        return f"at least {low:,}"
    return f"{low:,}" if low == high else f"{low:,}-{high:,}"
