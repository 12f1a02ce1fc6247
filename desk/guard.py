"""Guard: what every request passes before a route sees it, and what every answer says.

Host, Origin     must be ours: another name that leads here is somebody's trick (DNS rebinding): 421
length           of a body: 413           rate: 429, and when to come again
headers          a page may load what is ours alone, and nobody may frame it
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any
from urllib.parse import urlsplit

from desk.limits import Limits
from desk.metrics import Metrics
from desk.problem import Refused, document

BODY_BYTES = 256_000
SAFE = ("GET", "HEAD", "OPTIONS")
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'; report-uri /csp"
)
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

Scope = Any  # of ASGI: a dict whose shape its own specification gives
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]


class Guard:
    """An ASGI app around the desk's."""

    def __init__(self, app: App, hosts: Collection[str], metrics: Metrics) -> None:
        """`hosts`: as a browser names them, with the port where it is not that of the scheme."""
        self._app, self._hosts, self._metrics = app, frozenset(hosts), metrics
        self._limits = Limits()

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = asyncio.get_running_loop().time()

        async def told(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *HEADERS]}
                self._metrics.answered(scope["path"], message["status"], asyncio.get_running_loop().time() - began_s)
            await send(message)

        try:
            self._admit(scope, began_s)
        except Refused as refused:
            self._metrics.refused(refused.kind)
            await _answer(refused, scope["path"], told)
            return
        await self._app(scope, receive, told)

    def _admit(self, scope: Scope, at_s: float) -> None:
        """Raises Refused."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        self._check_hosts(headers.get("host", ""), headers.get("origin"))
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > BODY_BYTES:
            raise Refused("too-large", f"a body of {length} bytes, expected {BODY_BYTES:,} at most")
        wait_s = self._limits.wait_s(_kind(scope), _client(scope), at_s)
        if wait_s is not None:
            raise Refused("too-many", f"come again in {wait_s} s", {"retry-after": str(wait_s)})

    def _check_hosts(self, host: str, origin: str | None) -> None:
        if host.lower() not in self._hosts:
            expected = " or ".join(sorted(self._hosts))
            raise Refused("misdirected", f"Host: read {host!r}, expected {expected}; [desk] hosts names more of them")
        if origin not in (None, "null") and urlsplit(origin or "").netloc.lower() not in self._hosts:
            raise Refused("misdirected", f"Origin: read {origin!r}, expected this desk's own")
        if origin == "null":
            raise Refused("misdirected", "Origin: read 'null', expected this desk's own")


def own_hosts(host: str, port: int, named: Iterable[str]) -> frozenset[str]:
    """The names that lead to a desk at an address: the address, what is the same by name, and those it was given."""
    names = {"127.0.0.1", "localhost", "[::1]"} if is_loopback(host) else {f"[{host}]" if ":" in host else host}
    return frozenset({f"{name}:{port}" for name in names} | {name.lower() for name in named})


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    return host in ("localhost", "::1") or host.startswith("127.")


def _kind(scope: Scope) -> str:
    if scope["path"] == "/login" and scope["method"] == "POST":
        return "login"
    return "reading" if scope["method"] in SAFE or scope["path"] == "/csp" else "writing"


def _client(scope: Scope) -> str:
    return str((scope.get("client") or ("",))[0])


async def _answer(refused: Refused, path: str, send: Send) -> None:
    """A problem, where no route has seen the request."""
    status, headers, body = document(refused.kind, refused.detail, path)
    lines = {**headers, **refused.headers, "content-length": str(len(body)), "connection": "close"}
    start = [(name.encode(), value.encode("latin-1", "replace")) for name, value in lines.items()]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})
