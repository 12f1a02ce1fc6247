"""The connection to a server: made by whoever opens a ledger, for the client takes long to load and much memory.

a Redis of the user's    tried again for a few seconds: safe behind the fence, a commit sent twice is taken once
an embedded server       started again where it is gone: it ends with the command that had started it
"""

from collections.abc import Callable
from typing import Any

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import BusyLoadingError

CONNECT_TIMEOUT_S = 5.0
RETRIES, RETRIES_EMBEDDED = 4, 1  # of a command, and of each connection it asks for: about four seconds in all
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0


class Served(redis.UnixDomainSocketConnection):
    """A connection to an embedded server, which is started again where it is gone."""

    def __init__(self, *, serve: Callable[[], object], **settings: Any) -> None:
        super().__init__(**settings)
        self._serve = serve

    async def _connect(self) -> None:
        try:
            await super()._connect()  # type: ignore[no-untyped-call]
        except OSError:
            self._serve()
            await super()._connect()  # type: ignore[no-untyped-call]


def connected(url: str, serve: Callable[[], object] | None) -> redis.Redis:
    """A client of a server; `serve` starts an embedded one again."""
    retries = RETRIES_EMBEDDED if serve else RETRIES
    settings: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "socket_timeout": None,
        "retry": Retry(ExponentialBackoff(cap=LONGEST_PAUSE_S, base=FIRST_PAUSE_S), retries),
        "retry_on_error": [BusyLoadingError],
    }
    if serve is None:
        return redis.Redis.from_url(url, **settings)
    path = url.removeprefix("unix://")
    return redis.Redis.from_pool(redis.ConnectionPool(connection_class=Served, path=path, serve=serve, **settings))


def asked_once(url: str, within_s: float) -> redis.Redis:
    """A client that tries once, to learn soon whether anybody is there."""
    return redis.Redis.from_url(
        url, socket_connect_timeout=within_s, socket_timeout=within_s, retry=Retry(NoBackoff(), 0)
    )
