"""The keeper: one corridor in one process, kept in a ledger. What it is given is committed before it is told.

    open      check that the ledger is this corridor's; read inputs, and what was told last; claim the sources
    take      reports of one source, as the embedded runner does
    settle    fold, judge, commit inputs, views and events in one batch, with where the source stands; only then tell
    judge_by  other rules of stage 2: the next settle judges again and says so in the chain
    recover   the server was gone: find out what it took, read it again, take again what was in hand

Refused because another writer moved the chain or wrote inputs: those are read, and the batch is judged again with them.
Refused because another writer has the source: the keeper ends.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from sealane.event import Event, changes
from sealane.fact import Fact
from sealane.fix import Fix
from sealane.heard import Hours
from sealane.judge import Standing
from sealane.rules import Rules
from sealane.static import StaticReport
from sealane.track import Track
from streams.embedded import Clash, Embedded
from streams.feeds.health import Health
from streams.ledger import keys
from streams.ledger.changed_rules import rules_changed, subject_of
from streams.ledger.inputs import (
    changed_facts,
    changed_hours,
    changed_reports,
    known_statics,
    merge,
    stored_facts,
    stored_fixes,
    stored_hours,
)
from streams.ledger.ledger import Claim, Ledger, LedgerError, Meta, Stale, Write
from streams.ledger.notified import Notified, changed_notified
from streams.ledger.radios import raised
from streams.ledger.taken import taken_since
from streams.ledger.views import (
    changed_revisions,
    changed_views,
    moved_clock,
    stored_clock,
    stored_revisions,
    stored_standing,
)
from streams.outage import feed_told
from streams.outage import subject_of as subject_of_feed
from streams.showing.state import event_of, names_of

STALE_TRIES = 50  # behind writers that commit all the time each try reads only what is new

Sent = tuple[Track, set[tuple[int, int]], set[tuple[int, tuple[object, ...]]]]


class Keeper:
    """An embedded corridor and the ledger it is kept in. A batch is of one source; `source` is the first of them.

    With `hears_others`, what other writers told is kept too, until somebody asks for it (`told_by_others`). With
    `notifies`, people are told of alerts: a commit holds the notifications that follow from it.
    """

    def __init__(
        self,
        rules: Rules,
        hours: Hours,
        ledger: Ledger,
        source: str,
        *,
        hears_others: bool = False,
        notifies: bool = False,
    ) -> None:
        self.embedded = Embedded(rules, hours)
        self.ledger, self.source = ledger, source
        self._hears_others = hears_others
        self._notified = Notified() if notifies else None
        self._others: list[Event] = []
        self._claims: dict[str, Claim] = {}
        self._in_hand: list[tuple[list[Fix | StaticReport], datetime | None]] = []
        self._facts_in_hand: list[Fact] = []
        self._hours_in_hand: set[tuple[str, int]] = set()
        self._sent: list[Sent] = []  # what the last batch held of each track
        self._judged_before_by: str | None = None  # the fingerprint of other rules, until their change is committed
        self._outages: dict[str, tuple[Health, int]] = {}  # feed: what is to be told, and the revision it was sent as
        self._revisions: dict[str, int] = {}
        self._clock = keys.NO_CLOCK  # where a live run has moved time to, as last seen

    async def open(self, *others: str) -> None:
        """Read what is there and claim the sources. Raises LedgerError where the ledger is not for these rules."""
        rules = self.embedded.rules
        meta = await self.ledger.born(meta_for(rules))
        await check(self.ledger, meta, rules)
        if meta.judged_by != rules.fingerprint:
            self._judged_before_by = meta.judged_by
        for source in (self.source, *others):
            self._claims[source] = await self.ledger.claim(source)
        await self._read()

    def offset(self, source: str | None = None) -> int:
        """Where a source stands in the ledger."""
        return self._claims[source or self.source].offset

    def take(self, reports: Iterable[Fix | StaticReport], known_at: datetime | None = None) -> None:
        """Take reports in, in any order; kept in hand until they are committed."""
        taken = list(reports)
        if taken:
            self._in_hand.append((taken, known_at))
            self.embedded.take(taken, known_at)

    def take_facts(self, facts: Iterable[Fact]) -> None:
        """Take facts in, likewise. Raises Clash."""
        taken = list(facts)
        self.embedded.take_facts(taken)
        self._facts_in_hand += taken

    def tell_of_feed(self, health: Health) -> None:
        """Have the chain tell, with the next commit, that a feed is silent or heard again."""
        self._outages[health.name] = health, 0

    def told_by_others(self) -> tuple[Event, ...]:
        """What other writers have told since this was last asked."""
        told, self._others = tuple(self._others), []
        return told

    async def settle(
        self,
        offset: int,
        source: str | None = None,
        *,
        at_least: datetime | None = None,
        beside: Sequence[Write] = (),
        always: bool = False,
    ) -> tuple[Event, ...]:
        """Commit what follows from the reports taken, and where their source stands now; then tell it.

        `beside` is written in the same commit. Where nothing follows nothing is committed, unless `always`. A live run
        has a clock, and says that time is `at_least` so late; who has none goes by what a live run last said.
        """
        source = source or self.source
        for _ in range(STALE_TRIES):
            before = self.embedded.standing
            events = self.embedded.settle(at_least or time_of(self._clock))
            after = self.embedded.standing
            if self._notified is not None:
                events += self._notified.told(before, after, self.embedded.rules, self._revisions)
            bodies = bodies_of(events, after, self.embedded.rules)
            inputs = self._inputs()
            writes = [*changed_views(before, after), *changed_revisions(events), *changed_notified(events)]
            writes += raised(track.mmsi for track, slots, contents in self._sent if slots or contents)
            if self._judged_before_by is not None:
                body, more = self._ruling(self._judged_before_by, after.as_of)
                bodies, writes = [body, *bodies], [*writes, *more]
            outages, more = self._feeds_told(after.as_of)
            bodies, writes = [*outages, *bodies], [*writes, *more]
            if inputs or writes or bodies or always:
                clock = "" if at_least else self._clock
                writes += [moved_clock(at_least), *beside] if at_least else beside
                try:
                    claim = await self.ledger.commit(self._claims[source], offset, writes, bodies, inputs, clock)
                except Stale:
                    await self._catch_up()
                    self._hear_others(before)
                    continue
                self._claims[source], self._judged_before_by = claim, None
                self._outages.clear()
            if self._notified is not None:
                self._notified.keep(events)
            self._in_hand.clear()
            self._facts_in_hand.clear()
            self._hours_in_hand.clear()
            return events
        raise LedgerError(
            f"{self.ledger.url}: the chain moved on {STALE_TRIES} times in a row; too many writers at once"
        )

    async def catch_up(self) -> None:
        """Know what others have written since this was last asked; what is in hand stays in hand."""
        await self._catch_up()

    async def judge_by(self, rules: Rules) -> None:
        """Judge by other rules from the next settle on. Raises LedgerError where they ask for a rebuild."""
        await check(self.ledger, meta_for(self.embedded.rules), rules)
        if rules.fingerprint != self.embedded.rules.fingerprint and self._judged_before_by is None:
            self._judged_before_by = self.embedded.rules.fingerprint
        self.embedded.judge_by(rules)

    async def recover(self) -> None:
        """Go on after an error of the server. Raises Fenced where another writer has claimed a source meanwhile."""
        for source, claim in self._claims.items():
            self._claims[source] = await self.ledger.held(claim)
        await self._again()
        for feed, (_, revision) in tuple(self._outages.items()):
            if revision and self._revisions.get(subject_of_feed(feed), 0) >= revision:
                del self._outages[feed]  # it was taken: only the answer was lost

    def _inputs(self) -> list[Write]:
        hours = self.embedded.hours
        self._hours_in_hand |= hours.changed
        tracks = list(self.embedded.changed_tracks())
        self._sent = [(track, set(track.changed), set(track.restated_contents)) for track in tracks]
        reports = [write for track in tracks for write in changed_reports(track, self.embedded.known)]
        return [*reports, *changed_hours(hours), *changed_facts(self.embedded)]

    async def _catch_up(self) -> None:
        """Read what others have written since; what of ours was refused is to be stored all the same."""
        taken = self.ledger.taken
        await self.ledger.read_head()
        others = await taken_since(self.ledger, taken)
        if others is None:
            await self._again()
            return
        embedded = self.embedded
        for track, slots, contents in self._sent:
            track.changed |= slots
            track.restated_contents |= contents
            embedded.change_again(track.mmsi)
        embedded.hours.changed |= self._hours_in_hand
        embedded.changed_facts |= {fact.id for fact in self._facts_in_hand}
        for key, names in others:
            try:
                await merge(self.ledger, embedded, key, names)
            except Clash as error:
                raise LedgerError(f"{self.ledger.url}: {error}") from None
        if self._notified is not None:
            await self._notified.read(self.ledger)
        self._revisions = await stored_revisions(self.ledger)
        embedded.go_on_from(await stored_standing(self.ledger), self._revisions)
        self._clock = await stored_clock(self.ledger)

    def _hear_others(self, before: Standing) -> None:
        """What led from what was told last to what stands now, each event with the revision the ledger gave it."""
        if self._hears_others:
            earlier = {subject: revision - 1 for subject, revision in self._revisions.items()}
            embedded = self.embedded
            self._others += changes(before, embedded.standing, earlier, synthetic=embedded.rules.synthetic)

    def _ruling(self, before: str, as_of: datetime | None) -> tuple[bytes, list[Write]]:
        """The entry that tells of other rules, and what goes with it."""
        rules = self.embedded.rules
        subject = subject_of(rules)
        self._revisions[subject] = self._revisions.get(subject, 0) + 1  # read again if the commit is refused
        return rules_changed(rules, before, self._revisions[subject], as_of), [
            ("HSET", keys.REVISIONS, subject, self._revisions[subject]),
            ("HSET", keys.META, "judged_by", rules.fingerprint),
        ]

    def _feeds_told(self, as_of: datetime | None) -> tuple[list[bytes], list[Write]]:
        """The entries that tell of feeds, and what goes with them."""
        bodies: list[bytes] = []
        writes: list[Write] = []
        for feed, (health, _) in self._outages.items():
            subject = subject_of_feed(feed)
            revision = self._revisions[subject] = self._revisions.get(subject, 0) + 1  # read again if it is refused
            self._outages[feed] = health, revision
            bodies.append(feed_told(health, self.embedded.rules, revision, as_of))
            writes.append(("HSET", keys.REVISIONS, subject, revision))
        return bodies, writes

    async def _again(self) -> None:
        """Drop what is remembered, read it again, and take what is in hand once more."""
        hours, rules = self.embedded.hours, self.embedded.rules
        hours.changed |= self._hours_in_hand  # those the ledger has are no change once they are read
        self.embedded = Embedded(rules, hours)
        await self.ledger.read_head()
        await self._read()
        for reports, known_at in self._in_hand:
            self.embedded.take(reports, known_at)
        try:
            self.embedded.take_facts(self._facts_in_hand)
        except Clash as error:
            raise LedgerError(f"{self.ledger.url}: {error}") from None

    async def _read(self) -> None:
        embedded, ledger = self.embedded, self.ledger
        embedded.is_kept = True
        async for _, _, stored in stored_fixes(ledger):
            embedded.restore_fix(stored.fix, stored.sources, stored.known_at)
        async for static in known_statics(ledger):
            embedded.take((static.report,), static.known_at)
        embedded.restore_facts(await stored_facts(ledger))
        async for source, hour in stored_hours(ledger):
            embedded.hours.restore(source, hour)
        if self._notified is not None:
            await self._notified.read(self.ledger)
        self._revisions = await stored_revisions(ledger)
        embedded.restore(await stored_standing(ledger), self._revisions)
        self._clock = await stored_clock(ledger)


def bodies_of(events: Sequence[Event], standing: Standing, rules: Rules) -> list[bytes]:
    """Events as the chain holds them."""
    if not events:
        return []
    names = names_of(standing, rules)
    return [msgspec.json.encode(event_of(event, names), order="sorted") for event in events]


def time_of(clock: str) -> datetime | None:
    return None if clock == keys.NO_CLOCK else datetime.fromisoformat(clock)


def meta_for(rules: Rules) -> Meta:
    """What a ledger of this corridor is."""
    return Meta(
        schema=keys.SCHEMA,
        corridor=rules.corridor,
        synthetic=rules.synthetic,
        followed_by=rules.followed_by,
        judged_by=rules.fingerprint,
    )


def schema_refused(meta: Meta) -> str:
    """Why a ledger of another schema cannot be used, and what can be done: nothing here reads it."""
    age, what = ("newer", "run that one") if meta.schema > keys.SCHEMA else ("older", "run that one, or")
    more = "" if age == "newer" else " replay its recordings into an empty ledger"
    return f"has schema {meta.schema}, expected {keys.SCHEMA}: a {age} sealane made it; {what}{more}"


async def check(ledger: Ledger, meta: Meta | None, rules: Rules) -> None:
    """Refuse a ledger that is another corridor's, or that must be rebuilt first; the text says which and how."""
    if meta is None:
        return
    wanted = meta_for(rules)
    kind = {True: "made-up ships (SYNTHETIC)", False: "real ships"}
    refusals = (
        (meta.schema != wanted.schema, schema_refused(meta)),
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
