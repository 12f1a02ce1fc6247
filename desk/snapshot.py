"""Snapshot: a ledger as the desk shows it now. Read once, then kept up with: no request folds or reads anything again.

    ledger --views, at one moment--> Kept --what differs is decoded--> Snapshot --> every answer until the next one

It decides nothing about ships.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

import msgspec

from sealane.digest import state_digest
from sealane.judge import Standing
from streams.corridor.corridor import Corridor
from streams.feeds.health import Health
from streams.ledger import keys
from streams.ledger.chain import Head
from streams.ledger.ledger import Ledger, LedgerError, meta_of
from streams.ledger.views import AS_OF, KIND, id_of
from streams.reading import Reading, check, reading_of

PULSE = (keys.META, keys.HEAD, keys.FEEDS, keys.view(AS_OF))  # no view changes while none of these does
READ = (*PULSE, *(keys.view(kind) for kind in KIND))

Packed = Mapping[bytes, bytes]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What stands at one head of the chain, and how the feeds are."""

    reading: Reading
    feeds: tuple[Health, ...]
    judged_by: str  # fingerprint of the rules that what stands was judged by
    unjudged: int = 0  # commits of inputs that nobody has judged yet: what workers lag behind

    @property
    def head(self) -> Head:
        return self.reading.head

    @cached_property
    def digest(self) -> str:
        """The state digest of what stands."""
        return state_digest(self.reading.standing, self.judged_by)

    @cached_property
    def answers(self) -> dict[str, bytes]:
        """What was answered from it, by what was asked: worked out once."""
        return {}


class Kept:
    """The views of one ledger as last read, packed and as they are: what is the same again is not decoded again."""

    def __init__(self, ledger: Ledger, corridor: Corridor) -> None:
        self._ledger, self._corridor = ledger, corridor
        self._pulse: list[Packed] = []
        self._last: Snapshot | None = None
        self._packed: dict[str, Packed] = {}
        self._objects: dict[str, dict[bytes, msgspec.Struct]] = {kind: {} for kind in KIND}
        self._standing: dict[str, tuple[msgspec.Struct, ...]] = dict.fromkeys(KIND, ())

    async def read(self) -> Snapshot:
        """The ledger now: the same snapshot while nothing moves. Raises LedgerError where it cannot be used."""
        if self._last is None or await self._ledger.at_once(PULSE) != self._pulse:
            found = await self._ledger.at_once(READ)
            self._last = self._snapshot(found[: len(PULSE)], found[len(PULSE) :])
            self._pulse = found[: len(PULSE)]
        return self._last

    def _snapshot(self, pulse: list[Packed], views: list[Packed]) -> Snapshot:
        meta_fields, head_fields, feed_fields, time_fields = pulse
        meta = meta_of(meta_fields) if meta_fields else None
        if meta is not None:
            check(self._ledger.url, meta, self._corridor)
        for kind, packed in zip(KIND, views, strict=True):
            self._take(kind, packed)
        as_of = time_fields.get(AS_OF.encode())
        stands: dict[str, object] = {
            **self._standing,
            AS_OF: as_of and msgspec.msgpack.decode(as_of, type=datetime | None),
        }
        standing = Standing(**stands)  # type: ignore[arg-type] # each kind has been decoded as its type
        taken = int(head_fields.get(b"taken", 0))
        head = Head(sequence=int(head_fields.get(b"sequence", 0)), hash=head_fields.get(b"hash", b"").decode())
        return Snapshot(
            reading=reading_of(self._corridor, meta, head, standing),
            feeds=self._feeds(feed_fields),
            judged_by=meta.judged_by if meta else self._corridor.rules.fingerprint,
            unjudged=max(0, taken - int(head_fields.get(b"judged", taken))),
        )

    def _take(self, kind: str, packed: Packed) -> None:
        """Decode the objects of a kind that are not what they were."""
        was = self._packed.get(kind, {})
        if packed == was:
            return
        held, shape = self._objects[kind], KIND[kind]
        self._objects[kind] = {
            key: held[key] if was.get(key) == each else msgspec.msgpack.decode(each, type=shape)
            for key, each in packed.items()
        }
        self._packed[kind] = packed
        self._standing[kind] = tuple(sorted(self._objects[kind].values(), key=id_of))

    def _feeds(self, fields: Packed) -> tuple[Health, ...]:
        try:
            return tuple(msgspec.json.decode(said, type=Health) for _, said in sorted(fields.items()))
        except msgspec.MsgspecError as error:
            raise LedgerError(f"{self._ledger.url}: {keys.FEEDS} cannot be read ({error})") from None
