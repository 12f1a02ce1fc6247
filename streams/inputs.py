"""Inputs: what a ledger's facts rest on, as Redis holds it: kept fixes, kept static reports, hours heard.

Reports are packed by radio and day: one hash a day, one field a slot of the track. What the track's rule replaces is
replaced here; nothing is ever taken out.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

import msgspec

from sealane.filter import Watch
from sealane.fix import Fix, Mmsi
from sealane.heard import Hours
from sealane.static import StaticReport
from sealane.track import Track
from streams import keys
from streams.embedded import Embedded
from streams.ledger import Ledger, Write


class StoredFix(msgspec.Struct, frozen=True, array_like=True):
    """A kept fix, and every source that heard the radio in its slot."""

    fix: Fix
    sources: tuple[str, ...]


def changed_reports(track: Track) -> Iterator[Write]:
    """The writes that bring a ledger up to a track, since they were last asked for."""
    for day, slot in sorted(track.changed):
        kept = track.days[day][slot]
        stored = StoredFix(fix=kept.fix, sources=tuple(sorted(kept.sources)))
        yield "HSET", keys.fixes(track.mmsi, day), slot, msgspec.msgpack.encode(stored)
    for day, content in sorted(track.restated_contents, key=repr):
        kept_static = track.statics[day][content]
        stem = keys.content(content)
        for end, report in (("first", kept_static.first), ("last", kept_static.last)):
            yield "HSET", keys.statics(track.mmsi, day), f"{stem}:{end}", msgspec.msgpack.encode(report)
    track.changed.clear()
    track.restated_contents.clear()


def changed_hours(hours: Hours) -> Iterator[Write]:
    """The same for the hours sources were heard in."""
    for source, hour in sorted(hours.changed):
        yield "SADD", keys.HOURS, f"{hour}:{source}"
    hours.changed.clear()


async def stored_fixes(ledger: Ledger) -> AsyncIterator[tuple[int, int, StoredFix]]:
    """Every kept fix with its day and slot, in no order."""
    async for key, slots in ledger.hashes(keys.FIXES):
        day = int(key.rpartition(":")[2])
        for slot, packed in slots.items():
            yield day, int(slot), msgspec.msgpack.decode(packed, type=StoredFix)


async def stored_statics(ledger: Ledger, mmsi: Mmsi | None = None) -> AsyncIterator[StaticReport]:
    """Every kept static report, of all radios or of one, in no order."""
    async for _, statements in ledger.hashes(keys.STATICS if mmsi is None else f"{keys.STATICS}{mmsi}:"):
        for packed in statements.values():
            yield msgspec.msgpack.decode(packed, type=StaticReport)


async def stored_hours(ledger: Ledger) -> list[tuple[str, int]]:
    """Every hour a source was heard in: hours since 1970."""
    members = [member.decode().partition(":") for member in await ledger.members(keys.HOURS)]
    return [(source, int(hour)) for hour, _, source in members]


async def merge(ledger: Ledger, embedded: Embedded, key: str, names: Sequence[str]) -> None:
    """Take over inputs that another writer has stored under one key."""
    if key == keys.HOURS:
        for member in names:
            hour, _, source = member.partition(":")
            embedded.hours.restore(source, int(hour))
    elif key.startswith(keys.FIXES):
        day = int(key.rpartition(":")[2])
        for slot, packed in (await ledger.hash_fields(key, names)).items():
            stored = msgspec.msgpack.decode(packed, type=StoredFix)
            embedded.merge_fix(day, int(slot), stored.fix, stored.sources)
    else:
        for packed in (await ledger.hash_fields(key, names)).values():
            embedded.merge_static(msgspec.msgpack.decode(packed, type=StaticReport))


def learn_again(watch: Watch, tracks: Iterable[Track]) -> None:
    """Know again whom to follow from what was kept: radios that named a watched hull, radios met inside the area."""
    for track in tracks:
        stated = (kept.first.imo_stated for contents in track.statics.values() for kept in contents.values())
        if not watch.imo.isdisjoint(stated):
            watch.bound.add(track.mmsi)
        fixes = (kept.fix for slots in track.days.values() for kept in slots.values())
        if any(watch.in_area(fix.lat_deg, fix.lon_deg) for fix in fixes):
            (watch.bound if watch.binds_met else watch.met).add(track.mmsi)
