"""The keeper: one corridor in one process, kept in a ledger. What it is given is committed before it is told.

    open      check that the ledger is this corridor's; read inputs, and what was told last; claim the source
    take      reports, as the embedded runner does
    settle    fold, judge, commit inputs, views and events in one batch; only then tell the events

Refused because another writer moved the chain: everything is read again, and what was in hand is taken once more. Refused
because another writer has the source: the keeper ends.
"""

from collections.abc import Iterable

import msgspec

from sealane.event import Event
from sealane.fix import Fix
from sealane.heard import Hours
from sealane.rules import Rules
from sealane.static import StaticReport
from streams import keys
from streams.embedded import Embedded
from streams.inputs import changed_hours, changed_reports, stored_fixes, stored_hours, stored_statics
from streams.ledger import Claim, Ledger, LedgerError, Meta, Stale, Write
from streams.state import event_of, names_of
from streams.views import changed_revisions, changed_views, stored_revisions, stored_standing

STALE_TRIES = 5


class Keeper:
    """An embedded corridor and the ledger it is kept in."""

    def __init__(self, rules: Rules, hours: Hours, ledger: Ledger, source: str) -> None:
        self.embedded = Embedded(rules, hours)
        self.ledger, self.source = ledger, source
        self._claim: Claim | None = None
        self._in_hand: list[Fix | StaticReport] = []

    async def open(self) -> None:
        """Read what is there and claim the source. Raises LedgerError where the ledger is another's or needs a rebuild."""
        rules = self.embedded.rules
        meta = await self.ledger.meta()
        await check(self.ledger, meta, rules)
        if meta is None or meta.judged_by != rules.fingerprint:
            await self.ledger.write_meta(meta_for(rules))
        self._claim = await self.ledger.claim(self.source)
        await self._read()

    def take(self, reports: Iterable[Fix | StaticReport]) -> None:
        """Take reports in, in any order; kept in hand until they are committed."""
        taken = list(reports)
        self._in_hand += taken
        self.embedded.take(taken)

    async def settle(self, offset: int) -> tuple[Event, ...]:
        """Commit what follows from the reports taken, and where its source stands now; then tell it."""
        assert self._claim is not None, "open comes first"
        for _ in range(STALE_TRIES):
            before = self.embedded.standing
            events = self.embedded.settle()
            after = self.embedded.standing
            writes = [*self._inputs(), *changed_views(before, after), *changed_revisions(events)]
            names = names_of(after, self.embedded.rules)
            bodies = [msgspec.json.encode(event_of(event, names), order="sorted") for event in events]
            if not writes and not bodies:
                return ()
            try:
                self._claim = await self.ledger.commit(self._claim, offset, writes, bodies)
            except Stale:
                await self._again()
                continue
            self._in_hand.clear()
            return events
        raise LedgerError(
            f"{self.ledger.url}: the chain moved on {STALE_TRIES} times in a row; too many writers at once"
        )

    def _inputs(self) -> list[Write]:
        tracks = self.embedded.changed_tracks()
        return [write for track in tracks for write in changed_reports(track)] + [*changed_hours(self.embedded.hours)]

    async def _again(self) -> None:
        """Drop what is remembered, read it again, and take what is in hand once more."""
        hours, rules = self.embedded.hours, self.embedded.rules
        self.embedded = Embedded(rules, hours)
        await self.ledger.read_head()
        await self._read()
        self.embedded.take(self._in_hand)

    async def _read(self) -> None:
        embedded, ledger = self.embedded, self.ledger
        embedded.is_kept = True
        async for day, slot, stored in stored_fixes(ledger):
            embedded.restore_fix(day, slot, stored.fix, stored.sources)
        async for report in stored_statics(ledger):
            embedded.take((report,))
        for source, hour in await stored_hours(ledger):
            embedded.hours.restore(source, hour)
        embedded.restore(await stored_standing(ledger), await stored_revisions(ledger))


def meta_for(rules: Rules) -> Meta:
    """What a ledger of this corridor is."""
    return Meta(
        schema=keys.SCHEMA,
        corridor=rules.corridor,
        synthetic=rules.synthetic,
        followed_by=rules.followed_by,
        judged_by=rules.fingerprint,
    )


async def check(ledger: Ledger, meta: Meta | None, rules: Rules) -> None:
    """Refuse a ledger that is another corridor's, or that must be rebuilt first; the text says which and how."""
    if meta is None:
        return
    wanted = meta_for(rules)
    kind = {True: "made-up ships (SYNTHETIC)", False: "real ships"}
    refusals = (
        (meta.schema != wanted.schema, f"has schema {meta.schema}, expected {wanted.schema}; run: sealane rebuild"),
        (
            meta.corridor != wanted.corridor,
            f"is of corridor {meta.corridor!r}, expected {wanted.corridor!r}; name another",
        ),
        (
            meta.synthetic != wanted.synthetic,
            f"is of {kind[meta.synthetic]}, expected {kind[wanted.synthetic]}; name another",
        ),
        (meta.followed_by != wanted.followed_by, "was followed by other zones or limits; run: sealane rebuild"),
    )
    for refused, text in refusals:
        if refused:
            raise LedgerError(f"{ledger.url}: the ledger {text}")
