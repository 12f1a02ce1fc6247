"""Feed routes: what tells people of alerts, as others fetch it: /alerts.atom, and /notices, what was told to whom.

Both are read from the ledger when they are asked for, not from the snapshot: nobody asks often, and what was told moves
without what stands.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import get_args
from urllib.parse import quote, urlencode

import msgspec
from litestar import MediaType, Response, get
from litestar.handlers import HTTPRouteHandler

from desk.access import Asker
from desk.answers import Cell, Line, Page, ViewPage, about, as_csv
from desk.asked import limit_of
from desk.atom import MEDIA_TYPE, entries_of, feed
from desk.desk import Desk
from desk.html import rendered
from desk.snapshot import Snapshot
from desk.views import NOTICES, TABS
from geofences.errors import BadReference, did_you_mean
from sealane.event import NOTIFIED
from sealane.notification import Notification
from streams.ledger import keys
from streams.showing.state import shown as shown_as_json
from streams.showing.table import shown
from streams.ways.notice import COLUMNS, Notice, Outcome, row_of, stored_notices

Form = Callable[[list[Notice], Mapping[str, str], str, Snapshot], bytes]

# Where the page of a subject is, by the noun its id begins with.
PAGES = {"alert": "alerts", "delivery": "deliveries", "call": "calls", "gap": "gaps", "candidate": "candidates"}
NEWEST = 5_000  # of the log are looked at; what was not taken always is
QUERIES = ("way", "outcome", "limit")


def feed_routes(prefix: str) -> list[HTTPRouteHandler]:
    """The routes under a prefix; below /api the rows alone."""
    endings = {"": ".json", ".csv": ".csv"} if prefix else {each: each for each in FORMS}
    return [_atom(prefix), *(_notices(prefix, ending, form) for ending, form in endings.items())]


def _atom(prefix: str) -> HTTPRouteHandler:
    @get(
        f"{prefix}/alerts.atom",
        name=f"{prefix}/alerts.atom",
        media_type=MEDIA_TYPE,
        summary="The alerts as an Atom feed.",
        operation_id=f"{'api_' if prefix else ''}alerts_atom",
        tags=["alerts"],
    )
    async def atom(request: Asker, desk: Desk) -> Response[bytes]:
        reading = desk.snapshot.reading
        packed = (await desk.ledger.hash(keys.NOTIFIED)).values()
        told = (msgspec.msgpack.decode(each, type=Notification) for each in packed)
        entries = entries_of(reading.standing.alerts, told)
        base = str(request.base_url).rstrip("/")
        body = feed(entries, reading.corridor.rules.corridor, base, synthetic=reading.synthetic)
        tag = f'"{sha256(body).hexdigest()[:32]}"'
        known = request.headers.get("if-none-match") == tag
        return Response(
            b"" if known else body, media_type=MEDIA_TYPE, headers={"etag": tag}, status_code=304 if known else 200
        )

    return atom


def _notices(prefix: str, ending: str, form: str) -> HTTPRouteHandler:
    media_type, written = FORMS[form]
    path = f"{prefix}/notices{ending}"

    @get(
        path,
        name=path,
        media_type=media_type,
        summary=NOTICES.about,
        operation_id=f"{'api_' if prefix else ''}notices{ending.replace('.', '_')}",
        tags=["notices"],
    )
    async def notices(
        request: Asker, desk: Desk, way: str | None = None, outcome: str | None = None, limit: str | None = None
    ) -> Response[bytes]:
        query = _query(request)
        found = await stored_notices(desk.ledger, NEWEST)
        wanted = [each for each in found if way in (None, each.way) and outcome in (None, each.outcome)]
        newest = wanted[-limit_of(limit) :][::-1]
        return Response(written(newest, query, path, desk.snapshot), media_type=media_type)

    return notices


def _query(request: Asker) -> dict[str, str]:
    """What is asked, each name once and known. Raises BadReference."""
    query = {name: words[0] for name, words in request.query_params.dict().items()}
    for name in query:
        if name not in QUERIES:
            raise BadReference("query", "", repr(name), "a query of /notices", did_you_mean(name, QUERIES))
    known = get_args(Outcome)
    if "outcome" in query and query["outcome"] not in known:
        remedy = did_you_mean(query["outcome"], known)
        raise BadReference("outcome", "", repr(query["outcome"]), f"one of {', '.join(known)}", remedy)
    return query


def _as_json(found: list[Notice], _query: Mapping[str, str], _path: str, snapshot: Snapshot) -> bytes:
    return msgspec.json.encode({"rows": [row_of(each) for each in found], **about(snapshot), "next": None})


def _as_csv(found: list[Notice], _query: Mapping[str, str], _path: str, _snapshot: Snapshot) -> bytes:
    return as_csv(NOTICES, Page([row_of(each) for each in found], None))


def _as_page(found: list[Notice], query: Mapping[str, str], path: str, snapshot: Snapshot) -> bytes:
    reading = snapshot.reading
    asked = f"?{urlencode(query)}" if query else ""
    lines = tuple(
        Line(_page_of(each), tuple(Cell(header, shown(row.get(field))) for header, field in COLUMNS.items()))
        for each, row in ((each, row_of(each)) for each in found)
    )
    context = ViewPage(
        view=NOTICES,
        views=TABS,
        headers=tuple(COLUMNS),
        lines=lines,
        query=query,
        exports={form: f"{path}.{form}{asked}" for form in ("json", "csv")},
        next_page=None,
        synthetic=reading.synthetic,
        as_of=None if reading.standing.as_of is None else str(shown_as_json(reading.standing.as_of)),
        known_by=None,
        sequence=reading.head.sequence,
        head=reading.head.hash,
    )
    return rendered("view.html.j2", page=context).encode()


def _page_of(notice: Notice) -> str:
    """The page of what was told of."""
    subject = notice.subject
    if notice.event_kind == NOTIFIED:  # notification:<alert>:<reason>:<second>
        subject = subject.partition(":")[2].rsplit(":", 2)[0]
    view = PAGES.get(subject.partition(":")[0])
    return f"/{view}/{quote(subject, safe=':')}" if view else f"/notices?way={quote(notice.way)}"


FORMS: Mapping[str, tuple[str, Form]] = {
    "": (MediaType.HTML, _as_page),
    ".json": (MediaType.JSON, _as_json),
    ".csv": ("text/csv", _as_csv),
}
