"""A holding: all that a ledger holds at one head of its chain, read into memory.

A ledger is read while others write to it. If it moved meanwhile it is read once more, with the writers made to wait.
What cannot be read is named and left out; whoever asked decides what that means.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from typing import TypeVar

import msgspec

from sealane.fact import Fact
from sealane.fix import Fix
from sealane.follow import RadioFacts
from sealane.heard import Hours
from sealane.judge import Standing
from sealane.rules import Rules
from sealane.static import StaticReport
from streams.care.contents import pause, pulse
from streams.embedded import Embedded
from streams.ledger import keys
from streams.ledger.chain import Entry, Head
from streams.ledger.inputs import StoredFix, StoredStatic, stored_hours
from streams.ledger.ledger import Ledger, LedgerError, Meta
from streams.ledger.radios import kept_radios
from streams.ledger.views import stored_revisions, stored_standing

WRITERS_WAIT_S = 60.0  # at most, while a ledger is read that others write to

Value = TypeVar("Value")
Packed = TypeVar("Packed", StoredFix, StoredStatic)


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """What a ledger holds. Standing is None where its views cannot be read."""

    meta: Meta
    head: Head
    entries: tuple[Entry, ...]
    fixes: tuple[StoredFix, ...]
    statics: tuple[StoredStatic, ...]
    hours: tuple[tuple[str, int], ...]  # hours since 1970
    facts: tuple[Fact, ...] = ()
    standing: Standing | None
    revisions: dict[str, int] | None
    radios: tuple[RadioFacts, ...] = ()  # what workers keep of their folds, where it is not stale
    unjudged: int = 0  # commits of inputs that a judge has yet to read
    unreadable: tuple[str, ...] = ()  # where, and why

    @property
    def reports(self) -> Iterator[Fix | StaticReport]:
        """Every stored report."""
        yield from (stored.fix for stored in self.fixes)
        yield from (stored.report for stored in self.statics)


async def held_by(ledger: Ledger) -> Holding:
    """What a ledger holds. Raises LedgerError where there is none."""
    return await at_one_head(ledger, lambda: _read(ledger))


async def at_one_head(ledger: Ledger, read: Callable[[], Awaitable[Value]]) -> Value:
    """What `read` reads while nothing moves."""
    before = await pulse(ledger)
    found = await read()
    if await pulse(ledger) == before:
        return found
    await pause(ledger, WRITERS_WAIT_S)
    try:
        before = await pulse(ledger)
        found = await read()
        if await pulse(ledger) == before:
            return found
    finally:
        await pause(ledger, 0)
    raise LedgerError(
        f"{ledger.url}: it took more than {WRITERS_WAIT_S:g} s to read, and others wrote to it; "
        "end them and run this again"
    )


def folded(holding: Holding, rules: Rules, as_of: datetime | None = None) -> Embedded:
    """The inputs folded again by some rules, as of the newest of them or of a later time."""
    embedded = Embedded(rules, Hours())
    for stored in holding.fixes:
        embedded.restore_fix(stored.fix, stored.sources, stored.known_at)
    for static in holding.statics:
        embedded.take((static.report,), static.known_at)
    embedded.restore_facts(holding.facts)
    for source, hour in holding.hours:
        embedded.hours.restore(source, hour)
    embedded.settle(as_of)
    return embedded


async def _read(ledger: Ledger) -> Holding:
    meta = await ledger.meta()
    if meta is None:
        raise LedgerError(f"{ledger.url}: holds no ledger yet; fill one with: sealane replay FILE --ledger URL")
    unreadable: list[str] = []
    fixes = [item async for item in _unpacked(ledger, keys.FIXES, StoredFix, _fix_of, unreadable)]
    statics = [item async for item in _unpacked(ledger, keys.STATICS, StoredStatic, _itself, unreadable)]
    facts = [fact async for fact in _facts(ledger, unreadable)]
    head = await ledger.read_head()
    return Holding(
        meta=meta,
        head=head,
        unjudged=ledger.taken - ledger.judged,
        radios=await _or_none(kept_radios(ledger), keys.RADIOS, unreadable) or (),
        entries=tuple([entry async for entry in ledger.entries()]),
        fixes=tuple(fixes),
        statics=tuple(statics),
        hours=tuple({each async for each in stored_hours(ledger)}),
        facts=tuple(facts),
        standing=await _or_none(stored_standing(ledger), "views", unreadable),
        revisions=await _or_none(stored_revisions(ledger), keys.REVISIONS, unreadable),
        unreadable=tuple(unreadable),
    )


async def _unpacked(
    ledger: Ledger,
    prefix: str,
    shape: type[Packed],
    report_of: Callable[[Packed], Fix | StaticReport],
    unreadable: list[str],
) -> AsyncIterator[Packed]:
    """Every packed report under a prefix that is what its key says."""
    async for key, packed in ledger.hashes(prefix):
        mmsi, day = (int(part) for part in key.removeprefix(prefix).split(":"))
        for slot, each in packed.items():
            where = f"{key} {slot.decode(errors='replace')}"
            try:
                found = msgspec.msgpack.decode(each, type=shape)
            except msgspec.MsgspecError as error:
                unreadable.append(f"{where}: {error}")
                continue
            report = report_of(found)
            if (report.mmsi, report.at.toordinal()) != (mmsi, day):
                unreadable.append(f"{where}: is of MMSI {report.mmsi} on {report.at.date()}")
            else:
                yield found


def _fix_of(stored: StoredFix) -> Fix:
    return stored.fix


def _itself(stored: StoredStatic) -> StaticReport:
    return stored


async def _facts(ledger: Ledger, unreadable: list[str]) -> AsyncIterator[Fact]:
    """Every fact that is what its field says."""
    for id_, packed in sorted((await ledger.hash(keys.FACTS)).items()):
        where = f"{keys.FACTS} {id_.decode(errors='replace')}"
        try:
            fact: Fact = msgspec.msgpack.decode(packed, type=Fact)
        except msgspec.MsgspecError as error:
            unreadable.append(f"{where}: {error}")
            continue
        if fact.id.encode() == id_:
            yield fact
        else:
            unreadable.append(f"{where}: is of id {fact.id!r}")


async def _or_none(read: Awaitable[Value], where: str, unreadable: list[str]) -> Value | None:
    try:
        return await read
    except (msgspec.MsgspecError, ValueError) as error:
        unreadable.append(f"{where}: {error}")
        return None
