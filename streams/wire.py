"""The wire: the connection to a server, and what the server or the way to it says, in words.

a Redis of the user's    tried again for a few seconds: safe behind the fence, a commit sent twice is taken once
an embedded server       started again where it is gone: it ends with the command that had started it
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import AuthenticationError, BusyLoadingError, NoPermissionError, RedisError
from redis.exceptions import ConnectionError as CannotConnect
from redis.exceptions import TimeoutError as CannotWait

from streams.server import CannotServe, unwritable

CONNECT_TIMEOUT_S = 5.0
RETRIES, RETRIES_EMBEDDED = 4, 1  # of a command, and of each connection it asks for: about four seconds in all
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0


class LedgerError(Exception):
    """The ledger cannot be used; the text says why and what to do."""


class Unreachable(LedgerError):  # noqa: N818 - a state, not a fault
    """The server does not answer, or no longer does."""


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


@contextmanager
def telling(url: str) -> Iterator[None]:
    """Say in words what the server or the way to it says."""
    try:
        yield
    except NoPermissionError as error:
        raise LedgerError(f"{url}: this user may not do all it must ({error}); see deploy/redis/") from None
    except (CannotConnect, CannotWait) as error:
        if folder := unwritable(url):
            raise Unreachable(
                f"{folder}: its server cannot write its files, and ended: free room on that disk, then run this again; "
                "nothing that was told is lost"
            ) from None
        raise Unreachable(f"{url}: cannot be reached ({error}); is it running?") from None
    except CannotServe as error:
        raise LedgerError(str(error)) from None
    except RedisError as error:
        raise LedgerError(f"{url}: {words_of(error)}") from None


# What a server answers where it cannot take a commit, and what to do. Nothing of the commit was written.
ANSWERS = (
    ("misconf", "it cannot write its files: free room on its disk, then run this again"),
    ("outofmemory", "its memory is full: raise its maxmemory, then run this again"),
    ("readonly", "it is a read-only replica: name its master"),
    ("smaller than the target stream top item", "its chain runs on beyond its head; run: sealane verify"),
    ("loading", "it is still reading its files: run this again in a moment"),
    ("unknown command", "it is no Redis of version 6.2 or later; name another"),
)


def is_of_password(error: RedisError) -> bool:
    """Whether a server let nobody in, which the client may tell as a connection that failed."""
    said = str(error).lower()
    return isinstance(error, AuthenticationError) or any(sign in said for sign in ("authenticat", "username-password"))


def is_too_old(error: RedisError) -> bool:
    """Whether a server does not know the greeting of Redis 6, which the client may tell as a connection that failed."""
    return "unknown command" in str(error).lower()


def words_of(error: RedisError) -> str:
    """What a server said, and what to do about it."""
    said = str(error)
    remedy = next((remedy for sign, remedy in ANSWERS if sign in f"{type(error).__name__} {said}".lower()), None)
    return f"{remedy} (it said: {said})" if remedy else said


def told(url: str) -> str:
    """A URL as it may be shown: without its password."""
    parts = urlsplit(url)
    if not parts.password:
        return url
    user, _, place = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:***@{place}"))
