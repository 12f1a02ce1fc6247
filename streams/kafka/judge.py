"""Judge: stage 2 on a ledger that others fill. It reads what they stored, judges all of it, and commits what follows.

    open    check the ledger, take the judging over, read everything
    look    read what was stored since, judge, commit views, events and how far was judged; again where refused
    stirred wait for the next commit of inputs

Facts travel by reference: a wake says that there is something, the ledger says what; and the ledger itself is the
quickest to say that there is something. What a worker kept of its folds is
believed where its count holds, else the radio is folded again. Never behind for long, and never starved: what is stored
while it judges waits for the next look. People are told of alerts only where time goes by the clock (ADR 10).
"""

from collections.abc import Iterable

from sealane.event import Event
from sealane.fix import Mmsi
from sealane.follow import RadioFacts
from sealane.heard import Hours
from sealane.rules import Rules
from streams.embedded import Embedded
from streams.kafka.failpoint import COMMITTED, JUDGED, passes
from streams.kafka.health import WorkerHealth
from streams.ledger import keys
from streams.ledger.chain import Head
from streams.ledger.changed_rules import rules_changed, subject_of
from streams.ledger.inputs import merge, stored_facts, stored_hours
from streams.ledger.keeper import bodies_of, check, meta_for, time_of
from streams.ledger.ledger import Claim, Ledger, LedgerError, Stale, Write
from streams.ledger.notified import Notified, changed_notified
from streams.ledger.radios import Shelf, restore_radio, stored_radios, stored_reached
from streams.ledger.taken import read_on, stirred
from streams.ledger.views import changed_revisions, changed_views, stored_revisions, stored_standing

SOURCE = "judge"
STALE_TRIES = 50
REPORTS = (keys.FIXES, keys.STATICS)
NEVER = Head(sequence=-1)  # no chain ends there


class Judge:
    """One judge of one ledger; who opens one takes over from the one before."""

    def __init__(self, rules: Rules, ledger: Ledger, health: WorkerHealth) -> None:
        self.embedded = Embedded(rules, Hours())
        self._rules, self._ledger, self._health = rules, ledger, health
        self._claim = Claim(source=SOURCE)
        self._notified = Notified()
        self._revisions: dict[str, int] = {}
        self._head = NEVER  # as it was when what stands was read or left
        self._read_to = 0  # commits of inputs
        self._judged_before_by: str | None = None

    async def open(self) -> None:
        """Raises LedgerError where the ledger is not for these rules."""
        meta = await self._ledger.born(meta_for(self._rules))
        await check(self._ledger, meta, self._rules)
        if meta.judged_by != self._rules.fingerprint:
            self._judged_before_by = meta.judged_by
        self._claim = await self._ledger.claim(SOURCE)
        self._read_to = self._ledger.taken
        await self._read_all()

    async def look(self) -> tuple[Event, ...]:
        """Judge what was stored since the last look, and tell what follows. Raises LedgerError, Fenced."""
        for _ in range(STALE_TRIES):
            clock = await self._read_on()
            try:
                return await self._judge(clock)
            except Stale:
                continue
        raise LedgerError(
            f"{self._ledger.url}: the chain moved on {STALE_TRIES} times in a row; too many writers at once"
        )

    async def stirred(self, within_s: float) -> None:
        """Wait until there is something to look at, no longer than that."""
        await stirred(self._ledger, self._read_to, within_s)

    async def _judge(self, clock: str) -> tuple[Event, ...]:
        embedded = self.embedded
        before = embedded.standing
        events = embedded.settle(time_of(clock))
        after = embedded.standing
        if clock != keys.NO_CLOCK:
            events += self._notified.told(before, after, self._rules, self._revisions)
        bodies = bodies_of(events, after, self._rules)
        writes: list[Write] = [*changed_views(before, after), *changed_revisions(events), *changed_notified(events)]
        if self._judged_before_by is not None:
            subject = subject_of(self._rules)
            revision = self._revisions[subject] = self._revisions.get(subject, 0) + 1
            bodies.insert(0, rules_changed(self._rules, self._judged_before_by, revision, after.as_of))
            writes.append(("HSET", keys.REVISIONS, subject, revision))
            writes.append(("HSET", keys.META, "judged_by", self._rules.fingerprint))
        passes(JUDGED)
        if writes or bodies or self._read_to > self._ledger.judged:
            try:
                self._claim = await self._ledger.commit_judged(self._claim, writes, bodies, self._read_to)
            except Stale:
                self._head = NEVER  # what stands is not what is remembered
                raise
            self._health.commits += 1
            passes(COMMITTED)
        self._judged_before_by, self._head = None, self._ledger.head
        self._notified.keep(events)
        self._health.watermark_at = after.as_of
        self._health.moved()
        return events

    async def _read_on(self) -> str:
        """What others have stored, and told, since; and the ledger's clock."""
        ledger, embedded = self._ledger, self.embedded
        before = self._read_to
        others, clock = await read_on(ledger, before)
        if ledger.taken != before:
            self._read_to = ledger.taken
            if others is None:
                await self._read_all()
            else:
                radios = {mmsi_of(key) for key, _ in others if key.startswith(REPORTS)}
                await self._hold(radios)
                for key, names in others:
                    if not key.startswith(REPORTS):
                        await merge(ledger, embedded, key, names)
        if ledger.head != self._head:
            await self._notified.read(ledger)
            self._revisions = await stored_revisions(ledger)
            embedded.go_on_from(await stored_standing(ledger), self._revisions)
        return clock

    async def _read_all(self) -> None:
        shelf = Shelf(self._ledger)
        await shelf.look()
        await self._hold(shelf.radios, shelf)
        self.embedded.restore_facts(await stored_facts(self._ledger))
        async for source, hour in stored_hours(self._ledger):
            self.embedded.hours.restore(source, hour)

    async def _hold(self, radios: Iterable[Mmsi], shelf: Shelf | None = None) -> None:
        """Go by what is kept of some radios; those whose entry is stale are folded again."""
        asked = sorted(radios)
        for first in range(0, len(asked), keys.LONGEST_WRITE):
            some = asked[first : first + keys.LONGEST_WRITE]
            kept = await stored_radios(self._ledger, some)
            self.embedded.hold(kept.values())
            self.embedded.hold(await self._folded([mmsi for mmsi in some if mmsi not in kept], shelf))
            self._health.records += len(some)

    async def _folded(self, radios: list[Mmsi], shelf: Shelf | None) -> tuple[RadioFacts, ...]:
        if not radios:
            return ()
        scratch = Embedded(self._rules, Hours())
        if shelf is None:
            shelf = Shelf(self._ledger)
            await shelf.look()
        for mmsi, reached in (await stored_reached(self._ledger, radios)).items():
            await restore_radio(self._ledger, scratch, await shelf.keys_of(mmsi, reached), mmsi)
        return scratch.fold()


def mmsi_of(key: str) -> Mmsi:
    """Whose reports a key holds."""
    return Mmsi(int(key.split(":")[-2]))
