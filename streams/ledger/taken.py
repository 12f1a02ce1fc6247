"""Taken: what other writers have stored since a commit, by name; and waiting until there is something.

Each commit that writes inputs counts on, and names what it wrote in a short stream. Who is farther behind than that
stream reads everything again.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from streams.ledger import keys
from streams.ledger.ledger import Ledger
from streams.ledger.wire import telling

Named = list[tuple[str, list[str]]]  # key and fields of inputs
Page = Sequence[tuple[bytes, Mapping[bytes, bytes]]]


class News(NamedTuple):
    """What others have stored, and how far a live run has moved time; `others` None: too many to name."""

    others: Named | None
    clock: str


async def taken_since(ledger: Ledger, before: int) -> Named | None:
    """Inputs that commits after one have written, at least up to `taken` as last seen; None: too many to name."""
    with telling(ledger.url):
        page = cast(Page, await ledger.server.xrange(keys.TAKEN, f"({before}-0"))
    return _named(page, before, ledger.taken)


async def read_on(ledger: Ledger, before: int) -> News:
    """The head, what commits after one have written, and the clock, read in this order and in one round trip."""
    with telling(ledger.url):
        async with ledger.server.pipeline(transaction=False) as pipeline:
            pipeline.hgetall(keys.HEAD)
            pipeline.xrange(keys.TAKEN, f"({before}-0")
            pipeline.hget(keys.view(keys.AS_OF), keys.CLOCK)
            head, page, clock = await pipeline.execute()
    ledger.see(head)
    return News(_named(page, before, ledger.taken), clock.decode() if clock else keys.NO_CLOCK)


async def stirred(ledger: Ledger, after: int, within_s: float) -> None:
    """Wait until a commit after one has written inputs, no longer than that."""
    with telling(ledger.url):
        await ledger.server.xread({keys.TAKEN: f"{after}-0"}, count=1, block=int(within_s * 1000))


def _named(page: Page, before: int, taken: int) -> Named | None:
    seen = [int(name.partition(b"-")[0]) for name, _ in page]
    names = [line for _, fields in page for line in fields[b"names"].decode().split("\n")]
    if len(seen) < taken - before or seen != list(range(before + 1, before + 1 + len(seen))):
        return None
    if keys.EVERYTHING in names:
        return None
    fields_of: dict[str, list[str]] = {}
    for key, _, field in (name.partition("\t") for name in dict.fromkeys(names)):
        fields_of.setdefault(key, []).append(field)
    return list(fields_of.items())
