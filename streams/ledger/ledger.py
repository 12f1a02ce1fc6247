"""The ledger: one corridor's inputs, chain and views in Redis. A batch goes in whole, or not at all.

    meta     is it a ledger of ours, of this corridor, real or synthetic? An empty database is born as one
    claim    a source is written by one at a time: who claims it last writes, whoever wrote before is refused
    commit   fence and head are checked, then inputs, views and entries written, in one script
    read     inputs, views and chain as they stand

It decides nothing about ships. What the server says reaches the caller as LedgerError, in words.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import cast

import msgspec

from streams.ledger import keys
from streams.ledger.chain import Entry, Head, linked
from streams.ledger.wire import LedgerError as LedgerError
from streams.ledger.wire import Unreachable as Unreachable
from streams.ledger.wire import telling, told

PAGE = 1_000  # keys or entries read at a time

Word = str | bytes | int
Write = tuple[Word, ...]  # a Redis command
Page = list[tuple[bytes, Mapping[bytes, bytes]]]  # of a stream
Pages = list[tuple[bytes, Page]]  # of several, by name


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


class _Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What else a commit compares, and how far was judged after it; nothing, unless it says so."""

    taken: int | None = None
    clock: str = ""
    judged: str = ""
    reached: Mapping[int, int] = {}  # by MMSI


class Ledger:
    """A connection to one ledger, and the head of its chain as last seen."""

    def __init__(self, url: str, serve: Callable[[], object] | None = None) -> None:
        """`serve` starts an embedded server again that ended with the command that had started it."""
        from streams.ledger.connection import connected

        self.url = told(url)  # without its password
        self.head = Head()
        self.taken = 0  # how many commits have written inputs, as last seen
        self.judged = 0  # and up to which of them was judged
        self.server = connected(url, serve)

    async def close(self) -> None:
        await self.server.aclose()

    async def meta(self) -> Meta | None:
        """What the ledger is; None where there is none yet. Raises LedgerError where the keys are somebody else's."""
        with telling(self.url):
            fields = await self._hash(keys.META)
            if not fields and await self.server.dbsize():
                raise LedgerError(await self._not_ours())
        return meta_of(fields) if fields else None

    async def _not_ours(self) -> str:
        if await self.server.exists(keys.HEAD):
            return f"{self.url}: a restore was not finished here; run again: sealane restore FILE --replace"
        size = await self.server.dbsize()
        return (
            f"{self.url}: holds {size:,} keys that are no ledger of sealane's, expected an empty database; "
            "name another one, e.g. redis://localhost:6379/1"
        )

    async def born(self, meta: Meta) -> Meta:
        """What the ledger is; in an empty database this. Of those that ask at once one wins, and the rest read that."""
        with telling(self.url):
            words = cast(list[bytes], await self.server.eval(keys.BIRTH, 0, *meta_fields(meta)))
            if not words:
                raise LedgerError(await self._not_ours())
        return meta_of(dict(zip(words[::2], words[1::2], strict=True)))

    async def claim(self, source: str) -> Claim:
        """Take a source over, wherever it stands, and read the head."""
        with telling(self.url):
            while True:
                held = await self._fence(source)
                claim = claim_of(source, held)
                claim = msgspec.structs.replace(claim, epoch=claim.epoch + 1)
                try:
                    await self._run(source, held, claim.fence, [], [], [], _Terms())
                except Fenced:
                    continue
                await self.read_head()
                return claim

    async def held(self, claim: Claim) -> Claim:
        """A claim as it stands now: a commit may have been taken whose answer was lost. Raises Fenced."""
        with telling(self.url):
            found = await self._fence(claim.source)
        held = claim_of(claim.source, found)
        if held.epoch != claim.epoch:
            text = f"source {claim.source!r} stands at {found!r}, expected {claim.fence!r}: another writer has it"
            raise Fenced(f"{self.url}: {text}")
        return held

    async def clear(self) -> None:
        """Take every key of the ledger away: for made-up ships alone."""
        with telling(self.url):
            async for key in self.server.scan_iter(match=f"{keys.PREFIX}*", count=PAGE):
                await self.server.unlink(key)

    async def read_head(self) -> Head:
        with telling(self.url):
            self.see(await self._hash(keys.HEAD))
        return self.head

    def see(self, fields: Mapping[bytes, bytes]) -> None:
        """Know the head as it was read."""
        self.head = Head(sequence=int(fields.get(b"sequence", 0)), hash=fields.get(b"hash", b"").decode())
        self.taken = int(fields.get(b"taken", 0))
        self.judged = int(fields.get(b"judged", self.taken))

    async def commit(
        self,
        claim: Claim,
        offset: int,
        writes: Sequence[Write],
        bodies: Sequence[bytes],
        inputs: Sequence[Write] = (),
        clock: str = "",
    ) -> Claim:
        """Write a batch whole: the claim at its new offset, or Fenced or Stale and nothing written.

        Stale: another writer has moved the chain, or has written inputs that this batch was judged without, or has
        moved the `clock` that it was judged by; without one that is not asked.
        """
        terms = _Terms(taken=self.taken, clock=clock, judged=keys.ALL)
        moved = await self._committed(claim, offset, writes, bodies, inputs, terms)
        self.taken += bool(inputs)
        self.judged = self.taken
        return moved

    async def commit_inputs(
        self,
        claim: Claim,
        offset: int,
        writes: Sequence[Write],
        inputs: Sequence[Write],
        reached: Mapping[int, int] | None = None,
        bodies: Sequence[bytes] = (),
    ) -> Claim:
        """Write a batch of inputs whole, for others to judge: the claim at its new offset, or Fenced or Stale.

        Stale: another writer has changed the reports of a radio since the count `reached` that it was folded at, or,
        where it brings entries, has moved the chain.
        """
        return await self._committed(claim, offset, writes, bodies, inputs, _Terms(reached=reached or {}))

    async def commit_judged(self, claim: Claim, writes: Sequence[Write], bodies: Sequence[bytes], upto: int) -> Claim:
        """Write what follows from all inputs up to a commit: the claim, or Fenced or Stale and nothing written.

        Stale: another writer has moved the chain, or has judged further.
        """
        moved = await self._committed(claim, upto, writes, bodies, [], _Terms(judged=str(upto)))
        self.judged = upto
        return moved

    async def _committed(
        self,
        claim: Claim,
        offset: int,
        writes: Sequence[Write],
        bodies: Sequence[bytes],
        inputs: Sequence[Write],
        terms: "_Terms",
    ) -> Claim:
        moved = msgspec.structs.replace(claim, offset=offset, commits=claim.commits + 1)
        entries = linked(self.head, bodies)
        with telling(self.url):
            try:
                await self._run(claim.source, claim.fence, moved.fence, entries, writes, inputs, terms)
            except Fenced:
                if await self._fence(claim.source) != moved.fence:  # else it had been taken: only its answer was lost
                    raise
        if entries:
            self.head = Head(sequence=entries[-1].sequence, hash=entries[-1].hash)
        return moved

    async def note(self, key: str, fields: Mapping[str, bytes]) -> None:
        """Write fields of a hash beside the commits: what nothing rests on."""
        with telling(self.url):
            await self.server.hset(key, mapping=dict(fields))  # type: ignore[arg-type] # its mapping is invariant

    async def hash_fields(self, key: str, names: Sequence[str]) -> dict[str, bytes]:
        """Some fields of one hash; those that are there."""
        with telling(self.url):
            found = cast(list[bytes | None], await self.server.hmget(key, list(names)))
        return _there(names, found)

    async def fields_of(self, hashes: Sequence[str], names: Sequence[str]) -> list[dict[str, bytes]]:
        """The same of several hashes, read in this order and in one round trip."""
        with telling(self.url):
            async with self.server.pipeline(transaction=False) as pipeline:
                for key in hashes:
                    pipeline.hmget(key, list(names))
                return [_there(names, found) for found in await pipeline.execute()]

    async def _run(
        self,
        source: str,
        expected: str,
        fence: str,
        entries: Sequence[Entry],
        writes: Sequence[Write],
        inputs: Sequence[Write],
        terms: "_Terms",
    ) -> None:
        words: list[Word] = [source, expected, fence, f"{self.head.sequence}:{self.head.hash}", len(entries)]
        words += ("" if terms.taken is None else terms.taken, _named(inputs), terms.clock)
        words += (terms.judged, len(terms.reached), *(word for pair in terms.reached.items() for word in pair))
        for entry in entries:
            words += (entry.sequence, entry.hash, entry.body)
        for write in (*writes, *inputs):
            assert len(write) <= keys.LONGEST_WRITE, write[:2]
            words.append(len(write))
            words += write
        from redis.exceptions import ResponseError

        try:
            await self.server.eval(keys.COMMIT, 0, *words)
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

    async def names(self, prefix: str) -> list[str]:
        """Every key that has a prefix, in no order."""
        with telling(self.url):  # at once: SCAN can miss some in a restart
            return [key.decode() for key in cast(list[bytes], await self.server.keys(f"{prefix}*"))]

    async def hashes(self, prefix: str) -> AsyncIterator[tuple[str, Mapping[bytes, bytes]]]:
        """Every hash whose key has a prefix, with what it holds; in no order."""
        async for item in self.hashes_at(await self.names(prefix)):
            yield item

    async def hashes_at(self, names: Sequence[str]) -> AsyncIterator[tuple[str, Mapping[bytes, bytes]]]:
        """Some hashes, each with what it holds."""
        with telling(self.url):
            for first in range(0, len(names), PAGE):
                for item in await self._page(names[first : first + PAGE]):
                    yield item

    async def hash(self, key: str) -> Mapping[bytes, bytes]:
        """One hash."""
        with telling(self.url):
            return await self._hash(key)

    async def at_once(self, names: Sequence[str]) -> list[Mapping[bytes, bytes]]:
        """Several hashes as they stand at one moment."""
        with telling(self.url):
            async with self.server.pipeline(transaction=True) as pipeline:
                for name in names:
                    pipeline.hgetall(name)
                return list(await pipeline.execute())

    async def members(self, key: str) -> AsyncIterator[bytes]:
        """The members of one set, read so many at a time; what is put in meanwhile may be left out, or come twice."""
        with telling(self.url):
            async for member in self.server.sscan_iter(key, count=PAGE):
                yield member

    async def entries(self, after: int = 0, page_of: int = PAGE) -> AsyncIterator[Entry]:
        """The chain, from the entry after a sequence on, as far as it goes now; read so many at a time."""
        with telling(self.url):
            while page := cast(
                Page, await self.server.xrange(keys.LOG, f"({after}-0" if after else "-", count=page_of)
            ):
                for name, fields in page:
                    after = int(name.partition(b"-")[0])
                    yield Entry(sequence=after, hash=fields[b"hash"].decode(), body=fields[b"body"])

    async def follow(self, after: int) -> AsyncIterator[Entry]:
        """The chain from the entry after a sequence on, and then each entry as it is committed. It does not end."""
        with telling(self.url):
            while True:
                found = cast(Pages, await self.server.xread({keys.LOG: f"{after}-0"}, count=PAGE, block=0))
                for name, fields in found[0][1] if found else ():
                    after = int(name.partition(b"-")[0])
                    yield Entry(sequence=after, hash=fields[b"hash"].decode(), body=fields[b"body"])

    async def _fence(self, source: str) -> str:
        held = cast(bytes | None, await self.server.hget(keys.FENCE, source))
        return (held or b"").decode()

    async def _page(self, names: Sequence[str]) -> list[tuple[str, Mapping[bytes, bytes]]]:
        async with self.server.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.hgetall(name)
            return list(zip(names, await pipeline.execute(), strict=True))

    async def _hash(self, key: str) -> Mapping[bytes, bytes]:
        return cast(Mapping[bytes, bytes], await self.server.hgetall(key))


def _there(names: Sequence[str], found: Sequence[bytes | None]) -> dict[str, bytes]:
    return {name: value for name, value in zip(names, found, strict=True) if value is not None}


def _named(inputs: Sequence[Write]) -> str:
    """Key and field of each input, for other writers to read."""
    if len(inputs) > keys.NAMED_AT_MOST:
        return keys.EVERYTHING
    return "\n".join(f"{key!s}\t{field!s}" for _, key, field, *_ in inputs)


def meta_of(fields: Mapping[bytes, bytes]) -> Meta:
    """What a ledger is, as the meta hash has it."""
    return msgspec.convert({name.decode(): value.decode() for name, value in fields.items()}, Meta, strict=False)


def meta_fields(meta: Meta) -> list[Word]:
    """Names and values, as the meta hash has them."""
    return [
        word
        for name, value in msgspec.structs.asdict(meta).items()
        for word in (name, int(value) if isinstance(value, bool) else value)
    ]
