"""Table: rows as a person reads them, in a terminal or a pipe, or as CSV for a spreadsheet (RFC 4180).

What a radio said is somebody else's text: it is shown, never obeyed. Control characters come out escaped, and a CSV
cell that a spreadsheet would take for a formula begins with an apostrophe.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO

from rich.cells import cell_len
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

Row = Mapping[str, object]

NOTHING = "-"
GAP = "  "
SHORT = 20  # characters: a time, a name of AIS
FORMULA_BEGINS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # OWASP, CSV injection; tab and line end are escaped below
NUMBER = re.compile(r"-|-?\d[\d.,]*")
MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}):\d{2}(?:\.\d+)?Z")


def plain_table(headers: Sequence[str], rows: Iterable[Row]) -> str:
    """Aligned text: one line of headers, one line a row; numbers to the right."""
    lines = [list(headers), *([shown(row.get(header)) for header in headers] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    right = _right(lines[1:])
    return "\n".join(_aligned(line, widths, right) for line in lines)


def rich_table(headers: Sequence[str], rows: Iterable[Row]) -> Table:
    """The same for a terminal: where it is narrow long cells fold, short ones such as times stay whole."""
    cells = [[shown(row.get(header)) for header in headers] for row in rows]
    right = _right(cells)
    table = Table(box=None, pad_edge=False)
    for column, header in enumerate(headers):
        width = max(map(cell_len, (header, *(line[column] for line in cells))))
        justify: JustifyMethod = "right" if column in right else "left"
        table.add_column(Text(header), overflow="fold", justify=justify, min_width=min(width, SHORT))
    for line in cells:
        table.add_row(*(Text(cell) for cell in line))  # as Text: a name in brackets is no markup
    return table


def csv_text(fields: Sequence[str], rows: Iterable[Row]) -> str:
    """RFC 4180, with a line of headers; nothing known is an empty cell."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(fields)
    writer.writerows([_harmless(row.get(field)) for field in fields] for row in rows)
    return text.getvalue()


def shown(value: object) -> str:
    """A value in a cell, as a person reads it."""
    text = _text(value)
    return MOMENT.sub(r"\1 \2Z", text) or NOTHING


def printable(text: str) -> str:
    """Text without anything a terminal would obey."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dict():
            return _joined([f"{_text(key)}={_text(each)}" for key, each in value.items()])
        case list() | tuple():
            return _joined([_text(each) for each in value])
        case _:
            return printable(str(value))


def _joined(texts: list[str]) -> str:
    """Words side by side; texts of several words each need more to tell them apart."""
    return ("; " if any(" " in text for text in texts) else " ").join(texts)


def _harmless(value: object) -> str:
    text = _text(value)
    is_number = isinstance(value, int | float)
    return f"'{text}" if not is_number and text.lstrip().startswith(FORMULA_BEGINS) else text


def _right(cells: Sequence[Sequence[str]]) -> set[int]:
    """The columns that hold nothing but numbers."""
    return {index for index, column in enumerate(zip(*cells, strict=True)) if all(map(NUMBER.fullmatch, column))}


def _aligned(line: Sequence[str], widths: Sequence[int], right: set[int]) -> str:
    padding = [" " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)]
    cells = zip(line, padding, strict=True)
    return GAP.join(pad + cell if column in right else cell + pad for column, (cell, pad) in enumerate(cells)).rstrip()
