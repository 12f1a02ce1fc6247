"""Objects: one of them at /<view>/<id>, as a page or as .json: its row, and all that the ledger tells of it.

An id that no longer stands itself leads to what stands for it now.
"""

from urllib.parse import quote

import msgspec
from litestar import MediaType, Response, get
from litestar.handlers import HTTPRouteHandler

from desk.answers import about
from desk.desk import Desk
from desk.page_object import NO_CONCLUSIONS, evidence_page, row_page, word_of
from desk.problem import Refused
from desk.routes import Asker
from desk.snapshot import Snapshot
from desk.views import VIEWS, View, feed_rows, key_of, rows_of
from geofences.errors import BadReference, perhaps
from streams.explain.explain import explain
from streams.reading import Row
from streams.showing.wanted import Wanted

JSON = ".json"


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
        snapshot, asked = desk.snapshot, key.removeprefix("/")
        if as_page and not asked.endswith(JSON) and view.name not in NO_CONCLUSIONS:
            return Response(await evidence_page(desk, snapshot, view, asked), media_type=MediaType.HTML)
        try:
            found, row = _found(view, asked, snapshot)
        except Refused:
            if (successor := await _successor(desk, snapshot, view, asked.removesuffix(JSON))) is None:
                raise
            location = request.url.path.replace(quote(asked.removesuffix(JSON), safe=":"), quote(successor, safe=":"))
            return Response(b"", status_code=303, headers={"location": location})
        if as_page and not asked.endswith(JSON):
            return Response(row_page(desk, snapshot, view, found, row), media_type=MediaType.HTML)
        body = msgspec.json.encode({"rows": [row], **about(snapshot), "next": None})
        return Response(body, media_type=MediaType.JSON)

    return one


async def _successor(desk: Desk, snapshot: Snapshot, view: View, key: str) -> str | None:
    """What stands for an id that no longer stands itself; None: nothing does, or it was never told."""
    if view.name in NO_CONCLUSIONS:
        return None
    try:
        explanation = await explain(desk.ledger, snapshot.reading, word_of(view, key))
    except BadReference:
        return None
    if explanation.asked != word_of(view, key) or explanation.gone is None:
        return None
    return explanation.about.id


@get("/api/evidence/{key:path}", tags=["evidence"], summary="All that the ledger tells of an object, by its id.")
async def evidence(desk: Desk, key: str) -> Response[bytes]:
    """What `sealane explain --json` tells: what it rests on, down to sentences as received, and every revision."""
    try:
        explanation = await explain(desk.ledger, desk.snapshot.reading, key.removeprefix("/"))
    except BadReference as error:
        raise Refused("unknown-id", str(error)) from None
    return Response(msgspec.json.encode(explanation), media_type=MediaType.JSON)


def _found(view: View, key: str, snapshot: Snapshot) -> tuple[str, Row]:
    """The row of a key, with or without the ending of its form. Raises Refused."""
    rows = rows_of(view, snapshot.reading, feed_rows(snapshot.feeds), Wanted())
    by_key = {key_of(view, row): row for row in rows}
    for asked in (key, key.removesuffix(JSON)):
        if asked in by_key:
            return asked, by_key[asked]
    remedy = perhaps(key.removesuffix(JSON), by_key) or f"/{view.name} lists them"
    raise Refused("unknown-id", f"{view.key}: read {key!r}, expected a row of /{view.name}; {remedy}")
