"""Answers: the rows of a view in the form asked for: page, JSON, CSV, GeoJSON. Worked out once for each snapshot."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlencode

import msgspec

from desk.asked import Asked, wanted_of
from desk.geojson import collection_of
from desk.html import rendered
from desk.problem import Refused
from desk.snapshot import Snapshot
from desk.views import TABS, VIEWS, View, cells_of, feed_rows, fields_of, key_of, rows_of
from streams.reading import Row
from streams.showing.state import shown
from streams.showing.table import csv_text


class Cell(NamedTuple):
    """One cell of a page's table: its header and its text."""

    header: str
    text: str


class Line(NamedTuple):
    """One row of a page's table: the page of what it is about, and its cells."""

    link: str
    cells: tuple[Cell, ...]


class ViewPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the template of a view is given."""

    view: View
    views: tuple[View, ...]
    headers: tuple[str, ...]
    lines: tuple[Line, ...]
    query: Mapping[str, str]  # as asked
    exports: Mapping[str, str]  # form -> URL of the same rows
    next_page: str | None
    synthetic: bool
    as_of: str | None
    known_by: str | None
    sequence: int
    head: str  # the chain's hash


class Page(NamedTuple):
    """Some rows of a view, and the URL query of the next ones."""

    rows: list[Row]
    next_query: str | None


def page_of(asked: Asked, query: Mapping[str, str], snapshot: Snapshot) -> Page:
    """The rows asked for. Raises BadReference, Refused."""
    view = VIEWS[asked.view]
    reading = snapshot.reading
    found = rows_of(view, reading, feed_rows(snapshot.feeds), wanted_of(asked, reading))
    begins = 0
    if asked.after is not None:
        keys = [key_of(view, row) for row in found]
        if asked.after not in keys:
            detail = f"after: read {asked.after!r}, which is no row of this view any more; begin at the first page"
            raise Refused("gone", detail)
        begins = keys.index(asked.after) + 1
    rows = found[begins : begins + asked.limit]
    if begins + asked.limit >= len(found):
        return Page(rows, None)
    return Page(rows, urlencode({**query, "after": key_of(view, rows[-1])}, quote_via=quote))


def as_json(page: Page, path: str, snapshot: Snapshot) -> bytes:
    """The contract of every view: rows, as of when, of which ledger, where the next rows are."""
    return msgspec.json.encode({"rows": page.rows, **about(snapshot), "next": _next(path, page)})


def about(snapshot: Snapshot) -> Row:
    """As of when an answer stands, and of which ledger."""
    reading = snapshot.reading
    return {
        "as_of": shown(reading.standing.as_of),
        "known_by": shown(reading.known_by),
        "synthetic": reading.synthetic,
        "ledger": {
            "sequence": reading.head.sequence,
            "head": f"{reading.head.sequence}:{reading.head.hash}",
            "digest": snapshot.digest,
        },
    }


def as_csv(view: View, page: Page) -> bytes:
    """RFC 4180, formulas made harmless."""
    return csv_text(fields_of(view), page.rows).encode()


def as_geojson(view: View, page: Page, path: str, snapshot: Snapshot) -> bytes:
    """RFC 7946; what has no known place has no geometry."""
    found = collection_of(view, page.rows, snapshot.reading)
    return msgspec.json.encode({**found, **about(snapshot), "next": _next(path, page)})


def as_page(view: View, page: Page, path: str, query: Mapping[str, str], snapshot: Snapshot) -> bytes:
    """A plain table, which the page's own files make more of."""
    reading = snapshot.reading
    cells = [cells_of(view, row, reading) for row in page.rows]
    lines = tuple(
        Line(f"/{view.name}/{quote(key_of(view, row), safe=':')}", tuple(map(Cell, each, each.values())))
        for row, each in zip(page.rows, cells, strict=True)
    )
    asked = f"?{urlencode(query)}" if query else ""
    context = ViewPage(
        view=view,
        views=TABS,
        headers=tuple(cells[0]) if cells else (),
        lines=lines,
        query=query,
        exports={form: f"/{view.name}.{form}{asked}" for form in ("json", "csv", "geojson")},
        next_page=_next(path, page),
        synthetic=reading.synthetic,
        as_of=_text(shown(reading.standing.as_of)),
        known_by=_text(shown(reading.known_by)),
        sequence=reading.head.sequence,
        head=reading.head.hash,
    )
    return rendered("view.html.j2", page=context).encode()


def _next(path: str, page: Page) -> str | None:
    return f"{path}?{page.next_query}" if page.next_query else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)
