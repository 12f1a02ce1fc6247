"""As of: what a ledger would have shown at an earlier time: the inputs known by then, folded and judged again.

A report is known when it was heard, or when it was imported with --known-at; a fact at its known time; an hour of a
source when it began. Exact where the time is a full hour, or later than the newest report of its hour: far from zones
only the first and the last fix of an hour are kept, so what was last heard before a time within the hour may be gone.
"""

from datetime import datetime, timedelta

from sealane.heard import Hours
from sealane.judge import Standing
from sealane.rules import Rules
from sealane.stamp import EPOCH
from streams.embedded import Embedded
from streams.ledger.inputs import known_statics, stored_facts, stored_fixes, stored_hours
from streams.ledger.ledger import Ledger

ONE_HOUR = timedelta(hours=1)


async def standing_as_of(ledger: Ledger, rules: Rules, as_of: datetime) -> Standing:
    """What was known at a time, by the rules of today."""
    embedded = Embedded(rules, Hours(), until=as_of)
    async for _, _, stored in stored_fixes(ledger):
        if was_known(stored.fix.at, stored.known_at, as_of):
            embedded.restore_fix(stored.fix, stored.sources)
    async for static in known_statics(ledger):
        if was_known(static.at, static.known_at, as_of):
            embedded.take((static.report,))
    async for source, hour in stored_hours(ledger):
        if EPOCH + hour * ONE_HOUR <= as_of:
            embedded.hours.restore(source, hour)
    embedded.restore_facts(await stored_facts(ledger))
    embedded.settle()
    return embedded.standing


def was_known(at: datetime, known_at: datetime | None, as_of: datetime) -> bool:
    """Whether a report was known at a time."""
    return max(at, known_at or at) <= as_of
