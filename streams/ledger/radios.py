"""Radios: what stage 1 says of each, as a ledger keeps it beside the reports it follows from; and radios folded again.

    reached    how many commits have changed a radio's reports; every writer raises it
    radios     what was made of them, and the count it was made at: made at another count it is stale

A cache: whoever finds an entry missing or stale folds that radio's reports himself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from sealane.fix import Mmsi
from sealane.follow import RadioFacts
from streams.embedded import Embedded
from streams.ledger import keys
from streams.ledger.inputs import StoredFix, StoredStatic
from streams.ledger.ledger import Ledger, Write


class StoredRadio(msgspec.Struct, frozen=True, array_like=True):
    """What stage 1 says of a radio, and how many commits had changed its reports when it said so."""

    reached: int
    facts: RadioFacts


def raised(radios: Iterable[Mmsi]) -> Iterator[Write]:
    """The writes that say that a commit changes the reports of some radios."""
    for mmsi in radios:
        yield "HINCRBY", keys.REACHED, mmsi, 1


def told(facts: RadioFacts, reached: int) -> Write:
    """The write that keeps what stage 1 says of a radio, as of a count."""
    return "HSET", keys.RADIOS, facts.mmsi, msgspec.msgpack.encode(StoredRadio(reached, facts))


async def stored_reached(ledger: Ledger, radios: Sequence[Mmsi]) -> dict[Mmsi, int]:
    """The count of each of some radios."""
    found = await ledger.hash_fields(keys.REACHED, [str(mmsi) for mmsi in radios]) if radios else {}
    return {mmsi: int(found.get(str(mmsi), 0)) for mmsi in radios}


async def stored_radios(ledger: Ledger, radios: Sequence[Mmsi]) -> dict[Mmsi, RadioFacts]:
    """What is kept of some radios and is not stale."""
    if not radios:
        return {}
    packed, reached = await ledger.fields_of((keys.RADIOS, keys.REACHED), [str(mmsi) for mmsi in radios])
    stored = ((name, msgspec.msgpack.decode(each, type=StoredRadio)) for name, each in packed.items())
    return {Mmsi(int(name)): each.facts for name, each in stored if each.reached == int(reached.get(name, 0))}


async def kept_radios(ledger: Ledger) -> tuple[RadioFacts, ...]:
    """What is kept of every radio and is not stale."""
    names = [Mmsi(int(name)) for name in await ledger.hash(keys.RADIOS)]
    return tuple((await stored_radios(ledger, names)).values())


class Shelf:
    """Where the reports of each radio are, listed once; those that came since are asked for by name."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._listed: dict[Mmsi, list[str]] = {}
        self._reached: Mapping[bytes, bytes] = {}

    async def look(self) -> None:
        """Look what is there."""
        self._reached = await self._ledger.hash(keys.REACHED)  # before the keys: what comes between is asked for
        self._listed.clear()
        for prefix in (keys.FIXES, keys.STATICS):
            for key in await self._ledger.names(prefix):
                mmsi = Mmsi(int(key.removeprefix(prefix).partition(":")[0]))
                self._listed.setdefault(mmsi, []).append(key)

    @property
    def radios(self) -> tuple[Mmsi, ...]:
        """Whose reports were there."""
        return tuple(sorted(self._listed))

    async def keys_of(self, mmsi: Mmsi, reached: int) -> list[str]:
        """Where the reports of a radio are, whose count is `reached`."""
        if reached == int(self._reached.get(str(mmsi).encode(), 0)):
            return self._listed.get(mmsi, [])
        return [key for prefix in (keys.FIXES, keys.STATICS) for key in await self._ledger.names(f"{prefix}{mmsi}:")]


async def restore_radio(ledger: Ledger, embedded: Embedded, names: Sequence[str], mmsi: Mmsi) -> None:
    """Have a runner know a radio by its stored reports, and nothing of it as a change."""
    embedded.forget(mmsi)
    async for key, packed in ledger.hashes_at(names):
        for each in packed.values():
            if key.startswith(keys.FIXES):
                stored = msgspec.msgpack.decode(each, type=StoredFix)
                embedded.restore_fix(stored.fix, stored.sources, stored.known_at)
            else:
                static = msgspec.msgpack.decode(each, type=StoredStatic)
                embedded.take((static.report,), static.known_at)
