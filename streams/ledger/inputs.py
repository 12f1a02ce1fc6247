"""Inputs: what a ledger's views rest on, as Redis holds it: kept fixes and static reports, hours heard, facts.

Reports are packed by radio and day: one hash a day, one field a slot of the track. What the track's rule replaces is
replaced here; nothing is ever taken out.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from sealane.binding import Binding
from sealane.fact import Fact
from sealane.filter import Watch
from sealane.fix import Fix, Mmsi
from sealane.heard import Hours
from sealane.static import StaticReport
from sealane.track import Track
from streams.embedded import Embedded
from streams.known import Known
from streams.ledger import keys
from streams.ledger.ledger import Ledger, LedgerError, Write


class StoredFix(msgspec.Struct, frozen=True, array_like=True):
    """A kept fix, and every source that heard the radio in its slot."""

    fix: Fix
    sources: tuple[str, ...]
    known_at: datetime | None = None  # where it was imported, and known only later than heard


class StoredStatic(StaticReport, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A kept static report, with the same."""

    known_at: datetime | None = None

    @property
    def report(self) -> StaticReport:
        return StaticReport(**{name: getattr(self, name) for name in StaticReport.__struct_fields__})


def changed_reports(track: Track, known: Known) -> Iterator[Write]:
    """The writes that bring a ledger up to a track, since they were last asked for."""
    for day, slot in sorted(track.changed):
        kept = track.days[day][slot]
        stored = StoredFix(kept.fix, tuple(sorted(kept.sources)), known.of(kept.fix))
        yield "HSET", keys.fixes(track.mmsi, day), slot, msgspec.msgpack.encode(stored)
    for day, content in sorted(track.restated_contents, key=repr):
        kept_static = track.statics[day][content]
        stem = keys.content(content)
        for end, report in (("first", kept_static.first), ("last", kept_static.last)):
            packed = msgspec.msgpack.encode(with_known(report, known.of(report)))
            yield "HSET", keys.statics(track.mmsi, day), f"{stem}:{end}", packed
    track.changed.clear()
    track.restated_contents.clear()


def changed_hours(hours: Hours) -> Iterator[Write]:
    """The same for the hours sources were heard in."""
    for source, hour in sorted(hours.changed):
        yield "SADD", keys.HOURS, f"{hour}:{source}"
    hours.changed.clear()


def changed_facts(embedded: Embedded) -> Iterator[Write]:
    """The same for what people added."""
    for id_ in sorted(embedded.changed_facts):
        yield "HSET", keys.FACTS, id_, msgspec.msgpack.encode(embedded.facts[id_])
    embedded.changed_facts.clear()


def with_known(report: StaticReport, known_at: datetime | None) -> StaticReport:
    """A static report as it is stored."""
    return report if known_at is None else StoredStatic(**msgspec.structs.asdict(report), known_at=known_at)


async def stored_fixes(ledger: Ledger) -> AsyncIterator[tuple[int, int, StoredFix]]:
    """Every kept fix with its day and slot, in no order."""
    async for key, slots in ledger.hashes(keys.FIXES):
        day = int(key.rpartition(":")[2])
        for slot, packed in slots.items():
            yield day, int(slot), msgspec.msgpack.decode(packed, type=StoredFix)


async def stored_statics(ledger: Ledger, mmsi: Mmsi | None = None) -> AsyncIterator[StaticReport]:
    """Every kept static report, of all radios or of one, in no order."""
    async for stored in known_statics(ledger, mmsi):
        yield stored.report


async def known_statics(ledger: Ledger, mmsi: Mmsi | None = None) -> AsyncIterator[StoredStatic]:
    """The same, each with when it became known."""
    async for _, statements in ledger.hashes(keys.STATICS if mmsi is None else f"{keys.STATICS}{mmsi}:"):
        for packed in statements.values():
            yield msgspec.msgpack.decode(packed, type=StoredStatic)


async def stored_facts(ledger: Ledger) -> tuple[Fact, ...]:
    """Everything people added, by id. Raises LedgerError where it cannot be read."""
    return tuple(_fact(ledger, id_, packed) for id_, packed in sorted((await ledger.hash(keys.FACTS)).items()))


def _fact(ledger: Ledger, id_: bytes, packed: bytes) -> Fact:
    try:
        fact: Fact = msgspec.msgpack.decode(packed, type=Fact)
    except msgspec.MsgspecError as error:
        where = f"{keys.FACTS} {id_.decode(errors='replace')}"
        raise LedgerError(f"{ledger.url}: {where} cannot be read ({error}); run: sealane verify") from None
    return fact


async def stored_hours(ledger: Ledger) -> AsyncIterator[tuple[str, int]]:
    """Every hour a source was heard in: hours since 1970. In a month of many stations they are a million."""
    async for member in ledger.members(keys.HOURS):
        hour, _, source = member.decode().partition(":")
        yield source, int(hour)


async def merge(ledger: Ledger, embedded: Embedded, key: str, names: Sequence[str]) -> None:
    """Take over inputs that another writer has stored under one key."""
    if key == keys.HOURS:
        for member in names:
            hour, _, source = member.partition(":")
            embedded.hours.restore(source, int(hour))
    elif key == keys.FACTS:
        found = await ledger.hash_fields(key, names)
        embedded.restore_facts(_fact(ledger, id_.encode(), packed) for id_, packed in found.items())
    elif key.startswith(keys.FIXES):
        day = int(key.rpartition(":")[2])
        for slot, packed in (await ledger.hash_fields(key, names)).items():
            stored = msgspec.msgpack.decode(packed, type=StoredFix)
            embedded.merge_fix(day, int(slot), stored.fix, stored.sources, stored.known_at)
    else:
        for packed in (await ledger.hash_fields(key, names)).values():
            static = msgspec.msgpack.decode(packed, type=StoredStatic)
            embedded.merge_static(static.report, static.known_at)


def learn_again(watch: Watch, tracks: Iterable[Track]) -> None:
    """Know again whom to follow from what was kept: radios that named a watched hull, radios met inside the area."""
    for track in tracks:
        stated = (kept.first.imo_stated for contents in track.statics.values() for kept in contents.values())
        if not watch.imo.isdisjoint(stated):
            watch.bound.add(track.mmsi)
        fixes = (kept.fix for slots in track.days.values() for kept in slots.values())
        if any(watch.in_area(fix.lat_deg, fix.lon_deg) for fix in fixes):
            (watch.bound if watch.binds_met else watch.met).add(track.mmsi)


def follow_bound(watch: Watch, facts: Iterable[Fact]) -> None:
    """Follow every MMSI that a person said a watched hull used."""
    watch.bound.update(fact.mmsi for fact in facts if isinstance(fact, Binding) and fact.imo in watch.imo)
