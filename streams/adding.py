"""Adding: facts into a ledger that others may be writing to. Judged with all that is there, committed, then told.

A run that keeps the ledger reads them at its next commit, and tells what they changed.
"""

import hashlib
from collections.abc import Sequence

import msgspec

from sealane.event import Event
from sealane.fact import Fact
from sealane.heard import Hours
from sealane.judge import Standing
from sealane.rules import Rules
from streams.facts import FactsFile, without_clashes
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import Fenced, Ledger

SOURCE = "facts"
SOURCE_DIGITS = 12
TRIES = 3  # behind others that add the very same


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    refused: tuple[FactsFile, ...]
    taken: tuple[Fact, ...]  # of files not refused
    new: tuple[Fact, ...]  # those of them that were not there yet
    known: frozenset[str]  # ids of all facts there are now
    events: tuple[Event, ...]
    standing: Standing


async def add(ledger: Ledger, rules: Rules, files: Sequence[FactsFile]) -> Added:
    """Add the facts of every file that none of its lines refuses. Raises LedgerError."""
    for _ in range(TRIES):
        try:
            return await _added(ledger, rules, files)
        except Fenced:
            continue
    return await _added(ledger, rules, files)


async def _added(ledger: Ledger, rules: Rules, files: Sequence[FactsFile]) -> Added:
    keeper = Keeper(rules, Hours(), ledger, source_of(files), notifies=True)
    await keeper.open()
    held = frozenset(keeper.embedded.facts)
    checked = without_clashes(files, keeper.embedded.facts)
    taken = {fact.id: fact for file in checked for fact in file.facts}
    keeper.take_facts(taken.values())
    stood_at = keeper.embedded.standing.as_of  # a run moves it on by the clock: never back
    events = await keeper.settle(keeper.offset() + 1, at_least=stood_at)
    return Added(
        refused=tuple(file for file in checked if file.refused),
        taken=tuple(taken.values()),
        new=tuple(fact for id_, fact in taken.items() if id_ not in held),
        known=frozenset(keeper.embedded.facts),
        events=events,
        standing=keeper.embedded.standing,
    )


def source_of(files: Sequence[FactsFile]) -> str:
    """The source it is written as: whoever adds something else at the same time is another source."""
    ids = sorted({fact.id for file in files for fact in file.facts})
    return f"{SOURCE}:{hashlib.sha256(chr(10).join(ids).encode()).hexdigest()[:SOURCE_DIGITS]}"
