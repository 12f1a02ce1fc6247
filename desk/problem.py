"""Problems: what a desk answers where it cannot do what was asked, as RFC 9457 has it; a browser gets a page of it.

    {"type": "urn:sealane:problem:unknown-id", "title": "No such object", "status": 404, "detail": "..."}

The detail says what was read, what was expected and what to do. Nothing has changed where a problem is answered.
"""

from collections.abc import Mapping

import msgspec
from litestar import MediaType, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from desk.html import rendered
from geofences.errors import BadReference
from streams.ledger.ledger import LedgerError
from streams.log import log

MEDIA_TYPE = "application/problem+json"
URN = "urn:sealane:problem:"

# What each kind of problem is called, and its status.
KINDS: dict[str, tuple[int, str]] = {
    "malformed": (400, "Cannot be read as it was asked"),
    "no-token": (401, "A token is needed"),
    "forbidden": (403, "Not allowed to this role"),
    "unknown-path": (404, "No such page"),
    "unknown-id": (404, "No such object"),
    "method": (405, "Not done by this method"),
    "gone": (410, "No longer there"),
    "clash": (409, "Already there, and says something else"),
    "too-large": (413, "Too large"),
    "media-type": (415, "Not a form this takes"),
    "misdirected": (421, "Not this host"),
    "refused": (422, "Refused"),
    "too-many": (429, "Too many requests"),
    "broken": (500, "A fault of the desk"),
    "ledger-away": (503, "The ledger cannot be read"),
    "busy": (503, "Too busy"),
}
NO_CSRF = "no token of this page came with it: send the cookie csrftoken back as X-CSRFToken, or load the page again"
BY_STATUS = {401: "no-token", 403: "forbidden", 404: "unknown-path", 405: "method", 413: "too-large", 415: "media-type"}


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""


class Refused(Exception):  # noqa: N818 - a state, not a fault
    """A request that is answered with a problem."""

    def __init__(self, kind: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.headers = kind, detail, dict(headers or {})


def problem_of(kind: str, detail: str, instance: str = "") -> Problem:
    """A problem of one of the kinds there are."""
    status, title = KINDS[kind]
    return Problem(type=URN + kind, title=title, status=status, detail=detail, instance=instance)


def document(kind: str, detail: str, path: str) -> tuple[int, dict[str, str], bytes]:
    """A problem as status, headers and body."""
    problem = problem_of(kind, detail, path)
    return problem.status, {"content-type": MEDIA_TYPE}, msgspec.json.encode(problem)


def answered(request: Request[object, object, State], error: Exception) -> Response[bytes]:
    """Any error as a problem, in the form the asker reads."""
    kind, detail, headers = _told(error)
    if kind == "broken":
        log().error("a request failed", path=request.url.path, exc_info=error)
    problem = problem_of(kind, detail, request.url.path)
    if wants_page(request):
        return Response(
            rendered("problem.html.j2", problem=problem).encode(),
            media_type=MediaType.HTML,
            status_code=problem.status,
            headers=headers,
        )
    return Response(msgspec.json.encode(problem), media_type=MEDIA_TYPE, status_code=problem.status, headers=headers)


def wants_page(request: Request[object, object, State]) -> bool:
    """Whether the asker is a browser that shows a page."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def _told(error: Exception) -> tuple[str, str, Mapping[str, str]]:
    match error:
        case Refused():
            return error.kind, error.detail, error.headers
        case BadReference():
            return "malformed", str(error), {}
        case LedgerError():
            return "ledger-away", str(error), {"retry-after": "2"}
        case HTTPException():
            kind = BY_STATUS.get(error.status_code, "malformed" if error.status_code < 500 else "broken")
            said = NO_CSRF if error.detail.startswith("CSRF") else _words(error)
            return kind, said, error.headers or {}
        case _:
            return "broken", "the log says what happened", {}


def _words(error: HTTPException) -> str:
    more = error.extra if isinstance(error.extra, list) else []
    said = [f"{each.get('key', '')}: {each.get('message', '')}" for each in more if isinstance(each, dict)]
    return "; ".join([error.detail, *said])
