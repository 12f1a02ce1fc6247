"""Tracks on the map: what was heard of each watched hull in some days, and where nothing was heard, said as such.

    observed    a line through fixes that follow one another closely enough
    gap         a straight dash from the last fix before a silence to the first after it: not a way that was sailed
    last        the newest fix: from there on a ring grows in which the ship can be

Read from the kept fixes of those days alone. No track is invented over a gap.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise

import msgspec

from sealane.fix import Fix
from sealane.identity import Identity
from streams.ledger import keys
from streams.ledger.inputs import StoredFix
from streams.ledger.ledger import Ledger
from streams.reading import Reading, Row

DRAWN_EVERY = timedelta(minutes=10)  # near a zone a fix of each minute is kept: more than a map can show
MOST_DAYS = 92
DIGITS = 5


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What was heard of one hull, in order of time."""

    imo: int
    name: str
    fixes: tuple[Fix, ...]


async def heard_in(ledger: Ledger, reading: Reading, first: datetime, last: datetime) -> list[Heard]:
    """The watched hulls with fixes from a time to a time. Whole days are read, and what lies outside is left out."""
    found: dict[int, list[Fix]] = {}
    for identity in reading.standing.identities:
        if not identity.watched:
            continue
        for day in _days(max(first, identity.from_at), min(last, identity.to_at)):
            slots = await ledger.hash(keys.fixes(identity.mmsi, day))
            fixes = (msgspec.msgpack.decode(packed, type=StoredFix).fix for packed in slots.values())
            its = found.setdefault(identity.imo, [])
            its += [fix for fix in fixes if first <= fix.at <= last and _is_of(identity, fix)]
    names = reading.names
    return [
        Heard(imo=imo, name=names.get(imo, f"IMO {imo}"), fixes=tuple(_thinned(fixes)))
        for imo, fixes in sorted(found.items())
        if fixes
    ]


def _days(first: datetime, last: datetime) -> range:
    return range(first.toordinal(), last.toordinal() + 1) if first <= last else range(0)


def _is_of(identity: Identity, fix: Fix) -> bool:
    return identity.from_at <= fix.at <= identity.to_at


def _thinned(fixes: Iterable[Fix]) -> Iterator[Fix]:
    """One fix in ten minutes at most, the first and the last among them."""
    ordered = sorted(fixes, key=lambda fix: (fix.at, fix.payload))
    for _, group in groupby(ordered, key=lambda fix: int(fix.at.timestamp() // DRAWN_EVERY.total_seconds())):
        each = list(group)
        yield each[0]
        if each[-1] is ordered[-1] and len(each) > 1:
            yield each[-1]


def features_of(heard: Heard, silent_after: timedelta) -> Iterator[Row]:
    """Lines of one hull, each with the times of its points, so that a replay can end in the middle of one."""
    stretch: list[Fix] = list(heard.fixes[:1])
    for before, after in pairwise(heard.fixes):
        if after.at - before.at >= silent_after:
            yield _line(heard, stretch, observed=True)
            yield _line(heard, (before, after), observed=False)
            stretch = []
        stretch.append(after)
    yield _line(heard, stretch, observed=True)


def _line(heard: Heard, fixes: Sequence[Fix], *, observed: bool) -> Row:
    points = [(round(fix.lon_deg, DIGITS), round(fix.lat_deg, DIGITS)) for fix in fixes]
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": points} if len(points) > 1 else _point(points[0]),
        "properties": {
            "what": "observed" if observed else "gap",
            "imo": heard.imo,
            "name": heard.name,
            "times": [int(fix.at.timestamp()) for fix in fixes],
        },
    }


def _point(position: tuple[float, float]) -> Row:
    return {"type": "Point", "coordinates": position}
