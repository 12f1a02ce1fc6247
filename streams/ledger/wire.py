"""The wire: what a server, or the way to it, says, in words. Its client is loaded only where there is a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from streams.ledger.server import CannotServe, unwritable

if TYPE_CHECKING:
    from redis.exceptions import RedisError


class LedgerError(Exception):
    """The ledger cannot be used; the text says why and what to do."""


class Unreachable(LedgerError):  # noqa: N818 - a state, not a fault
    """The server does not answer, or no longer does."""


@contextmanager
def telling(url: str) -> Iterator[None]:
    """Say in words what the server or the way to it says."""
    from redis.exceptions import ConnectionError as CannotConnect
    from redis.exceptions import NoPermissionError, RedisError
    from redis.exceptions import TimeoutError as CannotWait

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


def is_of_password(error: "RedisError") -> bool:
    """Whether a server let nobody in, which the client may tell as a connection that failed."""
    from redis.exceptions import AuthenticationError

    said = str(error).lower()
    return isinstance(error, AuthenticationError) or any(sign in said for sign in ("authenticat", "username-password"))


def is_too_old(error: "RedisError") -> bool:
    """Whether a server does not know the greeting of Redis 6, which the client may tell as a connection that failed."""
    return "unknown command" in str(error).lower()


def words_of(error: "RedisError") -> str:
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
