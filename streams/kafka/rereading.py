"""Rereading: a ledger's reports made whole from the observations topic, which keeps every one of them for ever.

    topic --all records--> tracks --what the ledger lacks--> inputs --> rebuild: views and partitions in one commit

Inputs are a set that only grows: what is there stays, what is missing is added, in commits of a bearable size; nothing
stands differently until the one commit at the end. Hours and facts are in the ledger alone. Each partition goes on
after what was read here. Records nobody can read are counted: they are in the dead letters.
"""

import msgspec

from sealane.heard import Hours
from sealane.rules import Rules
from streams.care.rebuild import SOURCE, Rebuilt, rebuild
from streams.embedded import Embedded
from streams.kafka.reading import Reading
from streams.kafka.settings import Kafka
from streams.kafka.topics import OBSERVATIONS, partitions_of
from streams.ledger.inputs import changed_reports, known_statics, stored_fixes
from streams.ledger.keeper import meta_for
from streams.ledger.ledger import Ledger
from streams.ledger.radios import raised

AT_MOST = 1_000  # inputs a commit


class Reread(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    records: int
    undecodable: int
    added: int  # inputs the ledger lacked
    rebuilt: Rebuilt


async def reread(ledger: Ledger, rules: Rules, kafka: Kafka) -> Reread:
    """Add what the ledger lacks, then rebuild it. Workers must have ended. Raises BrokerError, LedgerError."""
    await ledger.born(meta_for(rules))
    reading = Reading(kafka, dict.fromkeys(range(await partitions_of(kafka, OBSERVATIONS)), 0))
    embedded = Embedded(rules, Hours())
    embedded.is_kept = True
    async for _, _, stored in stored_fixes(ledger):
        embedded.restore_fix(stored.fix, stored.sources, stored.known_at)
    async for static in known_statics(ledger):
        embedded.take((static.report,), static.known_at)
    embedded.restore(embedded.standing, {})
    await reading.into(embedded)
    embedded.fold()
    added = 0
    claim = await ledger.claim(SOURCE)
    for track in embedded.changed_tracks():
        inputs = list(changed_reports(track, embedded.known))
        added += len(inputs)
        for first in range(0, len(inputs), AT_MOST):
            some = inputs[first : first + AT_MOST]
            claim = await ledger.commit_inputs(claim, claim.offset, list(raised([track.mmsi])), some)
    rebuilt = await rebuild(ledger, rules, offsets=reading.ends)
    return Reread(records=reading.records, undecodable=reading.undecodable, added=added, rebuilt=rebuilt)
