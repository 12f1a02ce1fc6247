"""Events: the chain as server-sent events, /events. The id of each is its sequence in the ledger."""

from typing import Annotated

from litestar import get
from litestar.params import HeaderParameter
from litestar.response import Stream

from desk.access import Access, Asker
from desk.desk import Desk
from desk.problem import Refused
from geofences.errors import BadReference

STREAMS, STREAMS_EACH = 1_000, 250  # in all, and of one client
RETRY_S = "5"
HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}


@get("/events", tags=["events"], summary="Every event as it comes, as server-sent events; resumes by id.")
async def events(
    request: Asker,
    desk: Desk,
    access: Access,
    after: str | None = None,
    last_event_id: Annotated[str | None, HeaderParameter(name="last-event-id")] = None,
) -> Stream:
    """From the event after an id on; 0 is the beginning. Without one, from now on."""
    begins = _sequence(last_event_id, "Last-Event-ID") if last_event_id else _sequence(after, "after")
    client, readers = _client(request, access), desk.outflow.readers
    for most, there in ((STREAMS, readers.total()), (STREAMS_EACH, readers[client])):
        if there >= most:
            raise Refused("busy", f"{there:,} streams are open already, {most:,} at most", {"retry-after": RETRY_S})
    if begins is None:
        begins = desk.outflow.end
    return Stream(desk.outflow.stream(begins, client), media_type="text/event-stream", headers=HEADERS)


def _client(request: Asker, access: Access) -> str:
    """Who reads: whose token it is, else from where."""
    who = access.principal(request)
    if who is not None and not who.is_local:
        return f"token {who.name}"
    return request.client.host if request.client else ""


def _sequence(word: str | None, name: str) -> int | None:
    if word is None:
        return None
    if not (word.isascii() and word.isdecimal() and len(word) <= 18):
        raise BadReference(name, "", repr(word), "the sequence of an event, 0 for the beginning")
    return int(word)
