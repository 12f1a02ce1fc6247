"""Access: who asks, and what they may.

loopback            reading needs no token; who writes is at this machine, and says who it is
elsewhere           a token: as a bearer under /api, given once at /login for a browser's session
/api                a bearer token always; cookies count for nothing there, so the forms of others reach nothing
"""

import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.handlers import HTTPRouteHandler
from litestar.utils.scope.state import ScopeState

from desk.html import rendered
from desk.problem import Refused, wants_page
from desk.tokens import LOCAL, Principal, Role, Tokens
from streams.clock import now

COOKIE = "sealane_session"
SESSION = timedelta(hours=12)
SESSIONS_KEPT = 1_000
OPEN = ("/login", "/static/", "/healthz", "/csp")  # to whom nobody knows yet
HOW = "sealane desk token add NAME makes one; send it as: Authorization: Bearer TOKEN"

Asker = Request[object, object, State]


class Session(msgspec.Struct, frozen=True):
    """A browser that gave a token, and until when that counts."""

    token_name: str
    until: datetime


class Access:
    """Who is known here. Sessions end with the desk."""

    def __init__(self, tokens: Tokens, *, open_locally: bool) -> None:
        self._tokens, self._open_locally = tokens, open_locally
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def principal(self, request: Asker) -> Principal | None:
        """Who asks; None: nobody that is known."""
        if request.url.path.startswith("/api/"):
            scheme, _, word = request.headers.get("authorization", "").partition(" ")
            return self._tokens.principal(word.strip()) if scheme.lower() == "bearer" else None
        held = self._sessions.get(request.cookies.get(COOKIE, ""))
        if held is not None and now() < held.until:
            for token in self._tokens.all():
                if token.name == held.token_name:
                    return Principal(name=token.name, role=token.role)
        return LOCAL if self._open_locally else None

    def allowed(self, request: Asker, role: Role) -> Principal:
        """Who asks, if they may do what a role may. Raises Refused."""
        found = self.principal(request)
        if found is None or not found.may(role):
            read = f"a token of role {found.role}" if found else "no token"
            raise Refused("forbidden", f"read {read}, expected one of role {role} or higher")
        return found

    def begin(self, token: str) -> str | None:
        """A session for who bears a token; None: nobody does."""
        found = self._tokens.principal(token.strip())
        if found is None:
            return None
        key = secrets.token_urlsafe(32)
        self._sessions[key] = Session(found.name, now() + SESSION)
        while len(self._sessions) > SESSIONS_KEPT:
            self._sessions.popitem(last=False)
        return key

    def end(self, session: str) -> None:
        """Forget a session."""
        self._sessions.pop(session, None)


def admitting(access: Access) -> Callable[[Asker], Awaitable[Response[bytes] | None]]:
    """What lets in who is known, and sends a browser that is not to where it can say so. Raises Refused."""

    async def admit(request: Asker) -> Response[bytes] | None:
        if request.url.path.startswith(OPEN) or access.principal(request) is not None:
            return None
        if wants_page(request):
            return Response(b"", status_code=303, headers={"location": "/login"})
        raise Refused("no-token", f"no token of this desk; {HOW}", {"www-authenticate": "Bearer"})

    return admit


def login_routes() -> list[HTTPRouteHandler]:
    """Where a browser gives its token, and takes it back."""

    @get("/login", include_in_schema=False)
    async def ask(request: Asker) -> Response[str]:
        return _asked(request, wrong=False)

    @post("/login", include_in_schema=False)
    async def login(request: Asker, access: Access) -> Response[str]:
        form = await request.form()
        session = access.begin(str(form.get("token", "")))
        if session is None:
            return _asked(request, wrong=True)
        cookie = Cookie(
            key=COOKIE,
            value=session,
            httponly=True,
            samesite="strict",
            secure=request.headers.get("x-forwarded-proto") == "https",
            max_age=int(SESSION.total_seconds()),
        )
        return Response("", status_code=303, headers={"location": "/"}, cookies=[cookie])

    @post("/logout", include_in_schema=False)
    async def logout(request: Asker, access: Access) -> Response[str]:
        access.end(request.cookies.get(COOKIE, ""))
        gone = Cookie(key=COOKIE, value="", max_age=0, httponly=True, samesite="strict")
        return Response("", status_code=303, headers={"location": "/login"}, cookies=[gone])

    return [ask, login, logout]


def _asked(request: Asker, *, wrong: bool) -> Response[str]:
    page = rendered("login.html.j2", wrong=wrong, csrf_token=csrf_token(request))
    return Response(page, status_code=403 if wrong else 200, media_type=MediaType.HTML)


def csrf_token(request: Asker) -> str:
    """What a form of ours must bring back, beside the cookie of the same text."""
    return request.cookies.get("csrftoken") or str(ScopeState.from_scope(request.scope).csrf_token)
