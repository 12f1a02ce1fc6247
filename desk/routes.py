"""Routes: each view as a page, and the same rows as .json, .csv and .geojson; one object at /<view>/<id>."""

from collections.abc import Callable, Mapping
from typing import Annotated

from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from desk.answers import Page, as_csv, as_geojson, as_json, as_page, page_of
from desk.asked import asked_of
from desk.desk import Desk
from desk.snapshot import Snapshot
from desk.views import VIEWS, View
from geofences.errors import BadReference
from streams.clock import now

Query = dict[str, str]  # names and words, as asked
Asker = Request[object, object, State]
Form = Callable[[View, Page, str, Mapping[str, str], Snapshot], bytes]

# Each form of a view: how its path ends, what it is, and how it is written.
FORMS: dict[str, tuple[str, Form]] = {
    "": ("text/html", as_page),
    ".json": (MediaType.JSON, lambda _, page, path, _query, snapshot: as_json(page, path, snapshot)),
    ".csv": ("text/csv", lambda view, page, _path, _query, _snapshot: as_csv(view, page)),
    ".geojson": ("application/geo+json", lambda view, page, path, _, snapshot: as_geojson(view, page, path, snapshot)),
}


def query_of(
    request: Asker,
    as_of: Annotated[str | None, QueryParameter(description="What was known by then.")] = None,
    from_: Annotated[str | None, QueryParameter(name="from", description="A month, a day or a time; included.")] = None,
    to: Annotated[str | None, QueryParameter(description="A month, a day or a time; included.")] = None,
    imo: Annotated[str | None, QueryParameter(description="IMO number, name, alias or MMSI of a ship.")] = None,
    port: Annotated[str | None, QueryParameter(description="Code, name or alias of a port.")] = None,
    grade: Annotated[str | None, QueryParameter(description="Of deliveries.")] = None,
    state_: Annotated[str | None, QueryParameter(name="state", description="Of alerts.")] = None,
    kind: Annotated[str | None, QueryParameter(description="Of gaps.")] = None,
    limit: Annotated[str | None, QueryParameter(description="Rows of a page, 1 to 1000; default 200.")] = None,
    after: Annotated[str | None, QueryParameter(description="The row before the first; `next` has it.")] = None,
) -> Query:
    """The query of a view, each name once. Raises BadReference."""
    read = dict[str, str | None](
        as_of=as_of, to=to, imo=imo, port=port, grade=grade, state=state_, kind=kind, limit=limit, after=after
    )
    read["from"] = from_
    for name, words in request.query_params.dict().items():
        if len(words) > 1:
            raise BadReference(name, "", " and ".join(map(repr, words)), "one of them")
        read.setdefault(name, words[0])
    return {name: word for name, word in read.items() if word is not None}


def view_routes(prefix: str, forms: Mapping[str, str]) -> list[HTTPRouteHandler]:
    """The routes of every view under a prefix: path ending to form."""
    return [_route(view, prefix, ending, form) for view in VIEWS.values() for ending, form in forms.items()]


def _route(view: View, prefix: str, ending: str, form: str) -> HTTPRouteHandler:
    media_type, written = FORMS[form]
    path = f"{prefix}/{view.name}{ending}"

    @get(
        path,
        name=path,
        dependencies={"asks": Provide(query_of, sync_to_thread=False)},
        media_type=media_type,
        summary=view.about,
        operation_id=f"{'api_' if prefix else ''}{view.name}{ending.replace('.', '_')}",
        tags=[view.name],
    )
    async def rows(request: Asker, desk: Desk, asks: Query) -> Response[bytes]:
        asked = asked_of(view, asks, now())
        snapshot = await desk.as_of(asked.known_by)
        at = request.url.path
        found = desk.answered(
            snapshot,
            f"{at}?{request.url.query}",
            lambda: written(view, page_of(asked, asks, snapshot), at, asks, snapshot),
        )
        return Response(found, media_type=media_type)

    return rows
