"""Objects: one of them at /<view>/<id>, as a page or as .json: its row, and all that the ledger tells of it."""

from collections.abc import Mapping
from urllib.parse import quote

import msgspec
from litestar import MediaType, Response, get
from litestar.handlers import HTTPRouteHandler

from desk.answers import about
from desk.desk import Desk
from desk.html import rendered
from desk.problem import Refused
from desk.routes import Asker
from desk.snapshot import Snapshot
from desk.views import VIEWS, View, cells_of, feed_rows, key_of, rows_of
from geofences.errors import perhaps
from streams.reading import Row
from streams.wanted import Wanted

JSON = ".json"


class ObjectPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the template of an object is given."""

    view: View
    views: tuple[View, ...]
    key: str
    row: Row
    cells: Mapping[str, str]
    synthetic: bool
    sequence: int
    head: str


def object_routes(prefix: str, *, as_page: bool) -> list[HTTPRouteHandler]:
    """The routes of the objects of every view."""
    return [_route(view, prefix, as_page=as_page) for view in VIEWS.values()]


def _route(view: View, prefix: str, *, as_page: bool) -> HTTPRouteHandler:
    path = f"{prefix}/{view.name}/{{key:path}}"

    @get(
        path,
        name=path,
        summary=f"One row of {view.name}, by its {view.key}; with .json appended as JSON.",
        operation_id=f"{'api_' if prefix else ''}{view.name}_one",
        tags=[view.name],
    )
    async def one(request: Asker, desk: Desk, key: str) -> Response[bytes]:
        del request
        snapshot = desk.snapshot
        found, row = _found(view, key.removeprefix("/"), snapshot)
        if as_page and not key.endswith(JSON):
            return Response(_page(view, found, row, snapshot), media_type=MediaType.HTML)
        body = msgspec.json.encode({"rows": [row], **about(snapshot), "next": None})
        return Response(body, media_type=MediaType.JSON)

    return one


def _found(view: View, key: str, snapshot: Snapshot) -> tuple[str, Row]:
    """The row of a key, with or without the ending of its form. Raises Refused."""
    rows = rows_of(view, snapshot.reading, feed_rows(snapshot.feeds), Wanted())
    by_key = {key_of(view, row): row for row in rows}
    for asked in (key, key.removesuffix(JSON)):
        if asked in by_key:
            return asked, by_key[asked]
    remedy = perhaps(key.removesuffix(JSON), by_key) or f"/{view.name} lists them"
    raise Refused("unknown-id", f"{view.key}: read {key!r}, expected a row of /{view.name}; {remedy}")


def _page(view: View, key: str, row: Row, snapshot: Snapshot) -> bytes:
    reading = snapshot.reading
    context = ObjectPage(
        view=view,
        views=tuple(VIEWS.values()),
        key=key,
        row=row,
        cells=cells_of(view, row, reading),
        synthetic=reading.synthetic,
        sequence=reading.head.sequence,
        head=reading.head.hash,
    )
    return rendered("object.html.j2", page=context, path=f"/{view.name}/{quote(key, safe=':')}").encode()
