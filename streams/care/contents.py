"""Contents: every key of a ledger as it is, and how to put keys back; for those alone who care for the whole of it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import cast

import redis.asyncio as redis

from streams.ledger import keys
from streams.ledger.ledger import PAGE, Ledger, Page, Write
from streams.ledger.wire import telling


async def pulse(ledger: Ledger) -> tuple[Mapping[bytes, bytes], ...]:
    """What every commit moves."""
    with telling(ledger.url):
        return await ledger.hash(keys.HEAD), await ledger.hash(keys.FENCE)


async def pause(ledger: Ledger, for_s: float) -> None:
    """Let writers wait, at most so long; 0: let them go on."""
    with telling(ledger.url):
        if for_s:
            await ledger.server.client_pause(int(for_s * 1_000), all=False)
        else:
            await ledger.server.client_unpause()


async def put(ledger: Ledger, writes: Sequence[Write]) -> None:
    """Write outside of a commit: a restore does, into a ledger that is none before its meta is written; and a rebuild
    what it makes ready.
    """
    with telling(ledger.url):
        async with ledger.server.pipeline(transaction=False) as pipeline:
            for write in writes:
                pipeline.execute_command(*write)
            await pipeline.execute()


async def contents(ledger: Ledger) -> AsyncIterator[tuple[str, str, list[bytes]]]:
    """Every key with its type and what it holds, in words: fields and values, members, or ids and fields.

    What can be made again from the rest is left out: who misses it reads all again. So is what was only made ready.
    """
    for key in await names(ledger):
        if key.decode() in keys.CACHES or key.decode().startswith(keys.NEXT):
            continue
        with telling(ledger.url):
            kind = cast(bytes, await ledger.server.type(key)).decode()
            yield key.decode(), kind, [word async for word in _READERS[kind](ledger.server, key)]


async def names(ledger: Ledger) -> list[bytes]:
    """Every key of a ledger, in order."""
    with telling(ledger.url):
        return sorted(cast(list[bytes], await ledger.server.keys(f"{keys.PREFIX}*")))


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


_READERS = {"hash": _hash_words, "set": _set_words, "stream": _stream_words}
