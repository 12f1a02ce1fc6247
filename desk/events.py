"""Events: the chain as server-sent events, /events. The id of each is its sequence in the ledger."""

from typing import Annotated

from litestar import Request, get
from litestar.datastructures import State
from litestar.params import HeaderParameter
from litestar.response import Stream

from desk.desk import Desk
from desk.problem import Refused
from geofences.errors import BadReference

STREAMS, STREAMS_EACH = 1_000, 250  # in all, and of one client
RETRY_S = "5"
HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}


@get("/events", tags=["events"], summary="Every event as it comes, as server-sent events; resumes by id.")
async def events(
    request: Request[object, object, State],
    desk: Desk,
    after: str | None = None,
    last_event_id: Annotated[str | None, HeaderParameter(name="last-event-id")] = None,
) -> Stream:
    """From the event after an id on; 0 is the beginning. Without one, from now on."""
    del request
    begins = _sequence(last_event_id, "Last-Event-ID") if last_event_id else _sequence(after, "after")
    if desk.outflow.readers >= STREAMS:
        raise Refused("busy", f"{STREAMS} streams are open already; come again", {"retry-after": RETRY_S})
    if begins is None:
        begins = desk.outflow.end
    return Stream(desk.outflow.stream(begins), media_type="text/event-stream", headers=HEADERS)


def _sequence(word: str | None, name: str) -> int | None:
    if word is None:
        return None
    if not (word.isascii() and word.isdecimal() and len(word) <= 18):
        raise BadReference(name, "", repr(word), "the sequence of an event, 0 for the beginning")
    return int(word)
