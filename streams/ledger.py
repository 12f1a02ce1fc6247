"""The ledger: one corridor's inputs, chain and views in Redis. A batch goes in whole, or not at all.

    meta     is it a ledger of ours, of this corridor, real or synthetic?
    claim    a source is written by one at a time: who claims it last writes, whoever wrote before is refused
    commit   fence and head are checked, then inputs, views and entries written, in one script
    read     inputs, views and chain as they stand

It decides nothing about ships. What the server says reaches the caller as LedgerError, in words.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

import msgspec
import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import AuthenticationError, BusyLoadingError, NoPermissionError, RedisError, ResponseError
from redis.exceptions import ConnectionError as CannotConnect
from redis.exceptions import TimeoutError as CannotWait

from streams import keys
from streams.chain import Entry, Head, linked
from streams.server import CannotServe

CONNECT_TIMEOUT_S = 5.0
RETRIES = 5  # safe behind the fence: a commit sent twice is taken once
RETRIES_EMBEDDED = 1  # its end is seen at once, and it is started again
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0
PAGE = 1_000  # keys or entries read at a time

Word = str | bytes | int
Write = tuple[Word, ...]  # a Redis command
Page = list[tuple[bytes, Mapping[bytes, bytes]]]  # of a stream
Pages = list[tuple[bytes, Page]]  # of several, by name


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


def _client(url: str, serve: Callable[[], object] | None) -> redis.Redis:
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


class LedgerError(Exception):
    """The ledger cannot be used; the text says why and what to do."""


class Unreachable(LedgerError):  # noqa: N818 - a state, not a fault
    """The server does not answer, or no longer does."""


class Fenced(LedgerError):  # noqa: N818 - a state, not a fault
    """Another writer has claimed this source."""


class Stale(LedgerError):  # noqa: N818
    """The chain has moved on since its head was read."""


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """What a ledger is from birth, and what it was last followed and judged by."""

    schema: int
    corridor: str
    synthetic: bool
    followed_by: str  # SHA-256 of zones and stage-1 limits: a change needs a rebuild
    judged_by: str  # fingerprint of all rules and reference data: a change is judged again at once


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The right to write one source, until somebody claims it again. No two commits leave the same fence."""

    source: str
    epoch: int = 0
    offset: int = 0
    commits: int = 0

    @property
    def fence(self) -> str:
        return f"{self.epoch}:{self.offset}:{self.commits}"


def claim_of(source: str, fence: str) -> Claim:
    """Where a fence says its source stands."""
    epoch, offset, commits = (int(part) for part in fence.split(":")) if fence else (0, 0, 0)
    return Claim(source=source, epoch=epoch, offset=offset, commits=commits)


class Ledger:
    """A connection to one ledger, and the head of its chain as last seen."""

    def __init__(self, url: str, serve: Callable[[], object] | None = None) -> None:
        """`serve` starts an embedded server again that ended with the command that had started it."""
        self.url = told(url)  # without its password
        self.head = Head()
        self._redis = _client(url, serve)

    async def close(self) -> None:
        await self._redis.aclose()

    async def meta(self) -> Meta | None:
        """What the ledger is; None where there is none yet. Raises LedgerError where the keys are somebody else's."""
        with self._telling():
            fields = await self._hash(keys.META)
            if not fields and await self._redis.dbsize():
                raise LedgerError(await self._not_ours())
        if not fields:
            return None
        return msgspec.convert({name.decode(): value.decode() for name, value in fields.items()}, Meta, strict=False)

    async def _not_ours(self) -> str:
        if await self._redis.exists(keys.HEAD):
            return f"{self.url}: a restore was not finished here; run again: sealane restore FILE --replace"
        size = await self._redis.dbsize()
        return (
            f"{self.url}: holds {size:,} keys that are no ledger of sealane's, expected an empty database; "
            "name another one, e.g. redis://localhost:6379/1"
        )

    async def write_meta(self, meta: Meta) -> None:
        with self._telling():
            await self._redis.execute_command("HSET", keys.META, *meta_fields(meta))  # type: ignore[no-untyped-call]

    async def claim(self, source: str) -> Claim:
        """Take a source over, wherever it stands, and read the head."""
        with self._telling():
            while True:
                held = await self._fence(source)
                claim = claim_of(source, held)
                claim = msgspec.structs.replace(claim, epoch=claim.epoch + 1)
                try:
                    await self._run(source, held, claim.fence, [], [])
                except Fenced:
                    continue
                await self.read_head()
                return claim

    async def held(self, claim: Claim) -> Claim:
        """A claim as it stands now: a commit may have been taken whose answer was lost. Raises Fenced."""
        with self._telling():
            found = await self._fence(claim.source)
        held = claim_of(claim.source, found)
        if held.epoch != claim.epoch:
            text = f"source {claim.source!r} stands at {found!r}, expected {claim.fence!r}: another writer has it"
            raise Fenced(f"{self.url}: {text}")
        return held

    async def clear(self) -> None:
        """Take every key of the ledger away: for made-up ships alone."""
        with self._telling():
            async for key in self._redis.scan_iter(match=f"{keys.PREFIX}*", count=PAGE):
                await self._redis.unlink(key)

    async def read_head(self) -> Head:
        with self._telling():
            fields = await self._hash(keys.HEAD)
        self.head = Head(sequence=int(fields.get(b"sequence", 0)), hash=fields.get(b"hash", b"").decode())
        return self.head

    async def commit(self, claim: Claim, offset: int, writes: Sequence[Write], bodies: Sequence[bytes]) -> Claim:
        """Write a batch whole: the claim at its new offset, or Fenced or Stale and nothing written."""
        moved = msgspec.structs.replace(claim, offset=offset, commits=claim.commits + 1)
        entries = linked(self.head, bodies)
        with self._telling():
            try:
                await self._run(claim.source, claim.fence, moved.fence, entries, writes)
            except Fenced:
                if await self._fence(claim.source) != moved.fence:  # else it had been taken: only its answer was lost
                    raise
        if entries:
            self.head = Head(sequence=entries[-1].sequence, hash=entries[-1].hash)
        return moved

    async def _run(
        self, source: str, expected: str, fence: str, entries: Sequence[Entry], writes: Sequence[Write]
    ) -> None:
        words: list[Word] = [source, expected, fence, f"{self.head.sequence}:{self.head.hash}", len(entries)]
        for entry in entries:
            words += (entry.sequence, entry.hash, entry.body)
        for write in writes:
            assert len(write) <= keys.LONGEST_WRITE, write[:2]
            words.append(len(write))
            words += write
        try:
            await self._redis.eval(keys.COMMIT, 0, *words)
        except ResponseError as error:
            refused, _, found = str(error).partition(" ")
            if refused == "FENCED":
                text = (
                    f"{self.url}: source {source!r} stands at {found!r}, expected {expected!r}: another writer has it"
                )
                raise Fenced(text) from None
            if refused == "STALE":
                raise Stale(f"{self.url}: the chain stands at {found}, expected {self.head.sequence}") from None
            raise

    async def hashes(self, prefix: str) -> AsyncIterator[tuple[str, Mapping[bytes, bytes]]]:
        """Every hash whose key has a prefix, with what it holds; in no order."""
        with self._telling():
            found = cast(list[bytes], await self._redis.keys(f"{prefix}*"))  # at once: SCAN can miss some in a restart
            for first in range(0, len(found), PAGE):
                for item in await self._page(found[first : first + PAGE]):
                    yield item

    async def hash(self, key: str) -> Mapping[bytes, bytes]:
        """One hash."""
        with self._telling():
            return await self._hash(key)

    async def members(self, key: str) -> list[bytes]:
        """The members of one set."""
        with self._telling():
            return list(cast(set[bytes], await self._redis.smembers(key)))

    async def entries(self, after: int = 0) -> AsyncIterator[Entry]:
        """The chain, from the entry after a sequence on, as far as it goes now."""
        with self._telling():
            while page := cast(Page, await self._redis.xrange(keys.LOG, f"({after}-0" if after else "-", count=PAGE)):
                for name, fields in page:
                    after = int(name.partition(b"-")[0])
                    yield Entry(sequence=after, hash=fields[b"hash"].decode(), body=fields[b"body"])

    async def follow(self, after: int) -> AsyncIterator[Entry]:
        """The chain from the entry after a sequence on, and then each entry as it is committed. It does not end."""
        with self._telling():
            while True:
                found = cast(Pages, await self._redis.xread({keys.LOG: f"{after}-0"}, count=PAGE, block=0))
                for name, fields in found[0][1] if found else ():
                    after = int(name.partition(b"-")[0])
                    yield Entry(sequence=after, hash=fields[b"hash"].decode(), body=fields[b"body"])

    async def pulse(self) -> tuple[Mapping[bytes, bytes], ...]:
        """What every commit moves."""
        with self._telling():
            return await self._hash(keys.HEAD), await self._hash(keys.FENCE)

    async def pause(self, for_s: float) -> None:
        """Let writers wait, at most so long; 0: let them go on."""
        with self._telling():
            if for_s:
                await self._redis.client_pause(int(for_s * 1_000), all=False)
            else:
                await self._redis.client_unpause()

    async def put(self, writes: Sequence[Write]) -> None:
        """Write outside of a commit: only a restore does, into a ledger that is none before its meta is written."""
        with self._telling():
            async with self._redis.pipeline(transaction=False) as pipeline:
                for write in writes:
                    pipeline.execute_command(*write)
                await pipeline.execute()

    async def contents(self) -> AsyncIterator[tuple[str, str, list[bytes]]]:
        """Every key with its type and what it holds, in words: fields and values, members, or ids and fields."""
        for key in await self.keys():
            with self._telling():
                kind = cast(bytes, await self._redis.type(key)).decode()
                yield key.decode(), kind, [word async for word in READERS[kind](self._redis, key)]

    async def keys(self) -> list[bytes]:
        """Every key of a ledger, in order."""
        with self._telling():
            return sorted(cast(list[bytes], await self._redis.keys(f"{keys.PREFIX}*")))

    async def _fence(self, source: str) -> str:
        held = cast(bytes | None, await self._redis.hget(keys.FENCE, source))
        return (held or b"").decode()

    async def _page(self, names: list[bytes]) -> list[tuple[str, Mapping[bytes, bytes]]]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.hgetall(name)
            return list(zip([name.decode() for name in names], await pipeline.execute(), strict=True))

    async def _hash(self, key: str) -> Mapping[bytes, bytes]:
        return cast(Mapping[bytes, bytes], await self._redis.hgetall(key))

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Say in words what the server or the way to it says."""
        try:
            yield
        except NoPermissionError as error:
            raise LedgerError(f"{self.url}: this user may not do all it must ({error}); see deploy/redis/") from None
        except (CannotConnect, CannotWait) as error:
            raise Unreachable(f"{self.url}: cannot be reached ({error}); is it running?") from None
        except CannotServe as error:
            raise LedgerError(str(error)) from None
        except RedisError as error:
            raise LedgerError(f"{self.url}: {words_of(error)}") from None


async def _hash_words(server: redis.Redis, key: bytes) -> AsyncIterator[bytes]:
    for pair in cast(Mapping[bytes, bytes], await server.hgetall(key)).items():
        for word in pair:
            yield word


async def _set_words(server: redis.Redis, key: bytes) -> AsyncIterator[bytes]:
    for member in sorted(cast(set[bytes], await server.smembers(key))):
        yield member


async def _stream_words(server: redis.Redis, key: bytes) -> AsyncIterator[bytes]:
    after = "-"
    while page := cast(Page, await server.xrange(key, after, count=PAGE)):
        for name, fields in page:
            after = f"({name.decode()}"
            yield name
            for pair in fields.items():
                for word in pair:
                    yield word


READERS = {"hash": _hash_words, "set": _set_words, "stream": _stream_words}


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


def meta_fields(meta: Meta) -> list[Word]:
    """Names and values, as the meta hash has them."""
    return [
        word
        for name, value in msgspec.structs.asdict(meta).items()
        for word in (name, int(value) if isinstance(value, bool) else value)
    ]
