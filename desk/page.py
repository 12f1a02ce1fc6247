"""The page: what an analyst opens, and what it fetches beside itself: the chart as a file, the map of some days.

Everything that can be seen is in the URL: the view and what narrows it, as of when, what is open, the map's days. The
server reads what decides which rows there are; the page's own files read the rest.
"""

from datetime import datetime, timedelta

import msgspec
from litestar import MediaType, Response, get

from desk.asked import Asked, asked_of, view_named, wanted_of
from desk.chart_svg import svg_of
from desk.desk import Desk
from desk.front import TABS, front_of, month_chart
from desk.html import rendered
from desk.map_tracks import MOST_DAYS
from desk.mapped import mapped
from desk.page_object import evidence_page
from desk.routes import Asker
from desk.snapshot import Snapshot
from geofences.errors import BadReference
from streams.clock import now
from streams.fact import moment_given
from streams.showing.telling import Told, told

VIEW_SHOWN = "deliveries"
DAYS = 30
PAGE, HOLDS_S = "page:", 5  # a page is made once for all who look; feeds are told as they were so long ago at most
LOOKED_AT = 40  # of the chain, for the newest entries


@get("/", include_in_schema=False)
async def page(request: Asker, desk: Desk) -> Response[bytes]:
    """The desk at a glance."""
    given = {name: word for name, word in request.query_params.items() if word}
    view = view_named(given.get("view", VIEW_SHOWN))
    if view.name not in TABS:
        raise BadReference("view", "", repr(view.name), f"one of {', '.join(TABS)}")
    query = {name: word for name, word in given.items() if name in view.queries}
    asked: Asked = asked_of(view, query, now())
    snapshot = await desk.as_of(moment_given(given.get("as_of"), "as_of", now()))
    key = f"{PAGE}{now().timestamp() // HOLDS_S} {desk.away} {view.name}?{sorted(query.items())}"
    if key not in snapshot.answers:
        _forget(snapshot, key.partition(" ")[0])
        newest = [] if snapshot.reading.known_by else await _newest(desk, snapshot.head.sequence)
        front = front_of(snapshot, view.name, wanted_of(asked, snapshot.reading), query, newest, now(), desk.away)
        snapshot.answers[key] = rendered("page.html.j2", front=front).encode()
    return Response(snapshot.answers[key], media_type=MediaType.HTML)


def _forget(snapshot: Snapshot, now_held: str) -> None:
    """Let go of pages that tell how the feeds were a while ago."""
    for key in [key for key in snapshot.answers if key.startswith(PAGE) and not key.startswith(f"{now_held} ")]:
        del snapshot.answers[key]


async def _newest(desk: Desk, sequence: int) -> list[Told]:
    """The last entries of the chain up to one."""
    found = [told(entry) async for entry in desk.ledger.entries(max(0, sequence - LOOKED_AT))]
    return [event for event in found if event.sequence <= sequence]


@get("/tally.svg", tags=["tally"], summary="Deliveries by month as a picture, as the page shows it.")
async def picture(desk: Desk, as_of: str | None = None) -> Response[str]:
    """The month chart as a file."""
    snapshot = await desk.as_of(moment_given(as_of, "as_of", now()))
    return Response(svg_of(month_chart(snapshot.reading)), media_type="image/svg+xml")


@get("/map.geojson", tags=["map"], summary="Zones, tracks and sightings of some days, and the ships not drawn.")
async def map_of_days(desk: Desk, days: int = DAYS, to: str | None = None, as_of: str | None = None) -> Response[bytes]:
    """What the map shows of the days before a time."""
    if not 0 < days <= MOST_DAYS:
        raise BadReference("days", "", repr(days), f"1 to {MOST_DAYS}")
    snapshot = await desk.as_of(moment_given(as_of, "as_of", now()))
    last: datetime = moment_given(to, "to", now()) or snapshot.reading.standing.as_of or now()
    shown = await mapped(desk.ledger, snapshot.reading, last - timedelta(days=days), last)
    return Response(msgspec.json.encode(shown), media_type="application/geo+json")


@get("/evidence/{key:path}", include_in_schema=False)
async def evidence(desk: Desk, key: str, as_of: str | None = None) -> Response[bytes]:
    """All that the ledger tells of anything it holds."""
    snapshot = await desk.as_of(moment_given(as_of, "as_of", now()))
    return Response(await evidence_page(desk, snapshot, None, key.removeprefix("/")), media_type=MediaType.HTML)


PAGE_ROUTES = [page, picture, map_of_days, evidence]
