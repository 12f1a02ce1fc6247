"""Rereading: a ledger's reports made anew from the observations topic, which keeps every one of them for ever.

    topic, and what the ledger has --> tracks --> keys made ready --> rebuild: they, views and partitions in one commit

Reports are a set that only grows: what is there and can be read stays, what is missing is added, what cannot be read
is replaced. Until the one commit at the end nobody sees any of it. Hours and facts are in the ledger alone. Each
partition goes on after what was read here. Records nobody can read are counted: they are in the dead letters.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import cast

import msgspec

from sealane.heard import Hours
from sealane.rules import Rules
from sealane.track import Track
from streams.care.contents import put
from streams.care.holding import Holding
from streams.care.rebuild import Generation, Rebuilt, rebuild
from streams.embedded import Embedded
from streams.kafka.failpoint import READY, passes
from streams.kafka.reading import Reading
from streams.kafka.settings import Kafka
from streams.kafka.topics import OBSERVATIONS, partitions_of
from streams.ledger import keys
from streams.ledger.inputs import StoredFix, StoredStatic, changed_reports
from streams.ledger.keeper import meta_for
from streams.ledger.ledger import Ledger, Write
from streams.ledger.radios import raised

AT_A_TIME = 1_000  # writes


class Reread(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    records: int
    undecodable: int
    added: int  # inputs the ledger lacked, or could not read
    rebuilt: Rebuilt


async def reread(ledger: Ledger, rules: Rules, kafka: Kafka) -> Reread:
    """Read a ledger's reports anew, and rebuild it with them. Raises BrokerError, LedgerError."""
    await ledger.born(meta_for(rules))
    after = dict.fromkeys(range(await partitions_of(kafka, OBSERVATIONS)), 0)
    reading, added = Reading(kafka, after), 0

    async def anew(holding: Holding) -> Generation:
        nonlocal reading, added
        reading = Reading(kafka, after)
        embedded = _known(holding, rules)
        await reading.into(embedded)
        embedded.fold()
        added = sum(len(track.changed) + 2 * len(track.restated_contents) for track in embedded.changed_tracks())
        tracks = sorted(embedded.tracks(), key=lambda track: track.mmsi)
        reports = [write for track in tracks for write in changed_reports(_all_of(track), embedded.known)]
        await _make_ready(ledger, reports)
        passes(READY)
        switch = [*await _switch(ledger, reports), *raised(track.mmsi for track in tracks)]
        return Generation(
            fixes=tuple(msgspec.msgpack.decode(each, type=StoredFix) for each in _packed(reports, keys.FIXES)),
            statics=tuple(msgspec.msgpack.decode(each, type=StoredStatic) for each in _packed(reports, keys.STATICS)),
            writes=switch,
            offsets=reading.ends,
        )

    try:
        rebuilt = await rebuild(ledger, rules, anew)
    finally:
        await _clear(ledger)
    return Reread(records=reading.records, undecodable=reading.undecodable, added=added, rebuilt=rebuilt)


def _known(holding: Holding, rules: Rules) -> Embedded:
    """A runner that knows what a ledger holds, none of it a change."""
    embedded = Embedded(rules, Hours())
    embedded.is_kept = True
    for stored in holding.fixes:
        embedded.restore_fix(stored.fix, stored.sources, stored.known_at)
    for static in holding.statics:
        embedded.take((static.report,), static.known_at)
    embedded.restore(embedded.standing, {})
    return embedded


def _all_of(track: Track) -> Track:
    """A track all of which is to be written."""
    track.changed.update((day, slot) for day, slots in track.days.items() for slot in slots)
    track.restated_contents.update((day, said) for day, stated in track.statics.items() for said in stated)
    return track


def _packed(reports: Sequence[Write], prefix: str) -> Iterator[bytes]:
    """The reports of one kind, as they are to be stored."""
    return (cast(bytes, packed) for _, key, _, packed in reports if str(key).startswith(prefix))


async def _make_ready(ledger: Ledger, reports: Sequence[Write]) -> None:
    """Write reports under keys that nobody reads."""
    await _clear(ledger)
    for first in range(0, len(reports), AT_A_TIME):
        some = reports[first : first + AT_A_TIME]
        await put(ledger, [(verb, keys.made_ready(str(key)), *more) for verb, key, *more in some])


async def _switch(ledger: Ledger, reports: Sequence[Write]) -> list[Write]:
    """The writes that put what was made ready in its place, and take away what has none."""
    ready = [str(key) for key, _ in groupby(sorted(reports, key=itemgetter(1)), key=itemgetter(1))]
    held = [key for prefix in (keys.FIXES, keys.STATICS) for key in await ledger.names(prefix)]
    gone: list[Write] = [("DEL", key) for key in sorted(set(held) - set(ready))]
    return [*gone, *(("RENAME", keys.made_ready(key), key) for key in ready)]


async def _clear(ledger: Ledger) -> None:
    """Take away what was made ready and never put in its place."""
    left = await ledger.names(keys.NEXT)
    await put(ledger, [("DEL", key) for key in left])
