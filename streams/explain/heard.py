"""Heard: what was received around a gap, at an interference or by a radio in conflict, down to raw sentences.

gap             the last fix before it and the first after it
interference    of each radio the first fix on the spot
conflict        of each radio the first message that states each IMO number and name
"""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta

import msgspec

from sealane.conflict import IdentityConflict
from sealane.fix import Fix, Mmsi
from sealane.gap import Gap
from sealane.grounds import StandingObject
from sealane.interference import Interference
from sealane.presence import Presence
from sealane.seaway import Spot
from sealane.static import StaticReport
from streams.asof import was_known
from streams.ledger import keys
from streams.ledger.inputs import StoredFix, known_statics
from streams.ledger.ledger import Ledger
from streams.reading import Reading, Row
from streams.showing.state import fix_as, shown

ONE_DAY = timedelta(days=1)
STATEMENTS_SHOWN = 6


async def heard_of(
    ledger: Ledger, resting: list[StandingObject | Presence], reading: Reading
) -> dict[str, tuple[Row, ...]]:
    """What was received of each object that has none of its own, by its id."""
    found: dict[str, tuple[Row, ...]] = {}
    for each in resting:
        match each:
            case Gap():
                found[each.id] = tuple([row async for row in _around(ledger, each, reading)])
            case Interference():
                found[each.id] = tuple([row async for row in _on_the_spot(ledger, each, reading)])
            case IdentityConflict():
                found[each.id] = tuple([row async for row in _stated(ledger, each, reading)])
            case _:
                continue
    return found


async def statements_of(ledger: Ledger, mmsi: int, reading: Reading) -> list[StaticReport]:
    """The kept messages in which a radio says what it is, in order of time."""
    as_of = reading.standing.as_of
    stored = [each async for each in known_statics(ledger, Mmsi(mmsi))]
    known = [each.report for each in stored if as_of is not None and was_known(each.at, each.known_at, as_of)]
    return sorted(known, key=lambda report: (report.at, report.payload))


def statement_as(report: StaticReport) -> Row:
    """A message 5 or 24 as JSON, down to its sentences as received."""
    fields = ("at", "mmsi", "imo_stated", "name", "callsign", "length_m", "beam_m", "source", "stamped_by")
    raw = [sentence.decode("ascii", "backslashreplace") for sentence in report.raw]
    return {**{field: shown(getattr(report, field)) for field in fields}, "raw": raw}


async def _around(ledger: Ledger, gap: Gap, reading: Reading) -> AsyncIterator[Row]:
    bound = sorted({each.mmsi for each in reading.standing.identities if each.imo == gap.imo} - {gap.mmsi})
    ends: list[tuple[str, datetime | None, Spot | None]] = [
        ("last_before", gap.from_at, gap.begins),
        ("first_after", gap.to_at, gap.ends),
    ]
    for kind, at, spot in ends:
        if at is None or spot is None:
            continue
        for mmsi in (gap.mmsi, *bound):  # heard again under another MMSI, perhaps
            fixes = [fix for fix in await _fixes(ledger, mmsi, at, at, reading) if _is_at(fix, spot)]
            if fixes:
                yield {"kind": kind, "mmsi": mmsi, **fix_as(fixes[0])}
                break


async def _on_the_spot(ledger: Ledger, found: Interference, reading: Reading) -> AsyncIterator[Row]:
    for mmsi in found.mmsis:
        fixes = await _fixes(ledger, mmsi, found.from_at, found.to_at, reading)
        thrown = [fix for fix in fixes if found.holds(fix.at, fix.lat_deg, fix.lon_deg)]
        if thrown:
            yield {"kind": "thrown", "mmsi": mmsi, **fix_as(thrown[0])}


async def _stated(ledger: Ledger, conflict: IdentityConflict, reading: Reading) -> AsyncIterator[Row]:
    for mmsi in conflict.mmsis:
        reports = await statements_of(ledger, mmsi, reading)
        within = [each for each in reports if conflict.from_at <= each.at <= conflict.to_at] or reports
        for report in list(_first_of_each(within))[:STATEMENTS_SHOWN]:
            yield {"kind": "stated", **statement_as(report)}


def _first_of_each(reports: list[StaticReport]) -> Iterator[StaticReport]:
    said = set()
    for each in reports:
        content = (each.imo_stated, each.name, each.length_m, each.beam_m)
        if content not in said:
            said.add(content)
            yield each


async def _fixes(ledger: Ledger, mmsi: Mmsi, from_at: datetime, to_at: datetime, reading: Reading) -> list[Fix]:
    """The kept fixes of a radio between two times, in order, as far as they are known."""
    as_of = reading.standing.as_of or to_at
    fixes: list[Fix] = []
    for day in range(from_at.toordinal(), to_at.toordinal() + 1):
        for packed in (await ledger.hash(keys.fixes(mmsi, day))).values():
            stored = msgspec.msgpack.decode(packed, type=StoredFix)
            if from_at <= stored.fix.at <= to_at and was_known(stored.fix.at, stored.known_at, as_of):
                fixes.append(stored.fix)
    return sorted(fixes, key=lambda fix: (fix.at, fix.payload))


def _is_at(fix: Fix, spot: Spot) -> bool:
    return (fix.lat_deg, fix.lon_deg) == (spot.lat_deg, spot.lon_deg)
