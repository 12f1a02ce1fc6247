"""Condition: what state a server is in, and whether a ledger may rest on it.

grave    no commit would be safe here, or none possible: a ledger refuses to open
weak     a commit can be lost in a power cut, or room is short: said, and gone on
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec
import redis.asyncio as redis
from redis.exceptions import ConnectionError as CannotConnect
from redis.exceptions import NoPermissionError, RedisError, ResponseError
from redis.exceptions import TimeoutError as CannotWait

from streams.ledger.connection import asked_once, connected
from streams.ledger.wire import LedgerError, is_of_password, is_too_old, told, words_of

OLDEST = (6, 2)
ANSWERS_WITHIN_S = 5.0
FULL = 0.9  # of maxmemory
UNKNOWN = "unknown"

State = Mapping[str, str]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at."""

    what: str
    fine: bool
    found: str
    remedy: str = ""
    grave: bool = False


def _memory_is_free(state: State) -> bool:
    return int(state["maxmemory"]) == 0 or int(state["used_memory"]) < FULL * int(state["maxmemory"])


class _Check(NamedTuple):
    """One thing to look at: what it is called, what the server calls it, and what to do if it is not as it must be."""

    what: str
    field: str
    is_fine: Callable[[State], bool]
    remedy: str
    grave: bool = True


def _is(field: str, value: str) -> Callable[[State], bool]:
    return lambda state: state[field] == value


CHECKS = (
    _Check("version", "redis_version", lambda s: _version(s) >= OLDEST, "sealane needs Redis 6.2 or later, or Valkey"),
    _Check(
        "cluster",
        "cluster_enabled",
        _is("cluster_enabled", "0"),
        "a commit touches many keys at once: name a Redis that is no cluster",
    ),
    _Check("role", "role", _is("role", "master"), "it is a read-only replica: name its master"),
    _Check(
        "eviction",
        "maxmemory_policy",
        _is("maxmemory_policy", "noeviction"),
        "it would throw evidence away: CONFIG SET maxmemory-policy noeviction",
    ),
    _Check(
        "append-only file",
        "aof_enabled",
        _is("aof_enabled", "1"),
        "a restart would lose the ledger: CONFIG SET appendonly yes, and in its file",
    ),
    _Check(
        "last write",
        "aof_last_write_status",
        _is("aof_last_write_status", "ok"),
        "it cannot write its files: free room on its disk",
    ),
    _Check(
        "last rewrite",
        "aof_last_bgrewrite_status",
        _is("aof_last_bgrewrite_status", "ok"),
        "it could not make its file shorter: free room on its disk",
        grave=False,
    ),
    _Check(
        "fsync",
        "appendfsync",
        _is("appendfsync", "always"),
        "a power cut can lose the last second: CONFIG SET appendfsync always, and in its file",
        grave=False,
    ),
    _Check("memory", "used_memory_human", _memory_is_free, "raise its maxmemory: a full server takes no commit", False),
)


async def condition(url: str, serve: Callable[[], object] | None = None) -> list[Finding]:
    """What state a server is in. One try, five seconds. Raises LedgerError where it does not let us in.

    `serve` starts an embedded server again: the one just found may have been ending with its command.
    """
    shown = told(url)
    client = connected(url, serve) if serve else asked_once(url, ANSWERS_WITHIN_S)
    try:
        state = await _state(client)
    except NoPermissionError as error:
        raise LedgerError(f"{shown}: this user may not do all it must ({error}); see deploy/redis/") from None
    except (CannotConnect, CannotWait, OSError) as error:
        if isinstance(error, RedisError) and is_of_password(error):
            raise LedgerError(f"{shown}: refused ({error}); check user and password in the URL") from None
        if isinstance(error, RedisError) and is_too_old(error):
            raise LedgerError(f"{shown}: {words_of(error)}") from None
        raise LedgerError(
            f"{shown}: cannot be reached, one try of {ANSWERS_WITHIN_S:g} s ({error}), expected a Redis; "
            "is it running, and is the URL right?"
        ) from None
    except RedisError as error:
        raise LedgerError(f"{shown}: {words_of(error)}") from None
    finally:
        await client.aclose()
    return [_finding(check, state) for check in CHECKS if check.field in state]


async def fit(url: str) -> list[Finding]:
    """What is weak about a server that a ledger may rest on. Raises LedgerError where it may not."""
    findings = await condition(url)
    for each in findings:
        if each.grave and not each.fine:
            raise LedgerError(f"{told(url)}: {each.what} is {each.found!r}; {each.remedy}")
    return [each for each in findings if not each.fine]


async def _state(client: redis.Redis) -> State:
    state = {name: str(value) for name, value in (await client.info()).items()}
    try:
        state["appendfsync"] = str((await client.config_get("appendfsync")).get("appendfsync", UNKNOWN))
    except ResponseError:  # a hosted Redis may keep its settings to itself
        state["appendfsync"] = UNKNOWN
    return state


def _finding(check: _Check, state: State) -> Finding:
    fine = check.is_fine(state)
    remedy = "" if fine else check.remedy
    return Finding(what=check.what, fine=fine, found=state[check.field], remedy=remedy, grave=check.grave)


def _version(state: State) -> tuple[int, ...]:
    return tuple(int(part) for part in state["redis_version"].split(".")[:2])
