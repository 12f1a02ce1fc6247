"""Embedded: stage 1 and stage 2 in one process, with the state in memory. The rules are those of any other runner.

    reports --advance--> radios --tick--> facts --judge--> standing objects --changes--> events
    facts a person adds ----------------------^

Held to a fixed time (`until`), it uses nothing that was not known by then, and stands exactly as of it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from sealane.digest import state_digest
from sealane.event import Event, changes
from sealane.fact import Fact
from sealane.fix import Fix, Mmsi
from sealane.follow import Following, RadioFacts, advance, tick
from sealane.heard import Hours
from sealane.judge import Standing, judge
from sealane.rules import Rules
from sealane.static import StaticReport
from sealane.track import Track
from streams.known import Known


class Clash(ValueError):  # noqa: N818 - a state, not a fault
    """A fact has the id of another. Whoever takes facts from outside refuses it before it comes to this."""


class Embedded:
    """One corridor. `take` reports as they come; `settle` now and then, to learn what follows from them.

    Held to a time: the caller gives no report heard later; facts known later are left out here.
    """

    def __init__(self, rules: Rules, hours: Hours, until: datetime | None = None) -> None:
        self.rules, self.hours, self.until = rules, hours, until
        self.facts: dict[str, Fact] = {}  # what people added, by id
        self.changed_facts: set[str] = set()  # those that a ledger has yet to hear of
        self.known = Known()
        self.is_kept = False  # whether somebody asks for what changed in the tracks, to keep it
        self._judged = True  # whether what stands was judged by these rules, with these facts
        self._judged_hours = 0  # how many hours were known when it was
        self._changed: set[Mmsi] = set()
        self.standing = Standing(as_of=None)
        self._radios: dict[Mmsi, Following] = {}
        self._radio_facts: dict[Mmsi, RadioFacts] = {}
        self._newest: dict[Mmsi, datetime] = {}
        self._touched: set[Mmsi] = set()
        self._revisions: dict[str, int] = {}

    def take(self, reports: Iterable[Fix | StaticReport], known_at: datetime | None = None) -> None:
        """Take reports in, in any order; known when they were heard, or no earlier than a time."""
        tells = known_at is not None or bool(self.known)
        for report in reports:
            radio = self._radio(report.mmsi)
            if tells:
                self.known.tell(radio.track, report, known_at, self.rules.chart)
            advance(radio, report, self.rules)

    def take_facts(self, facts: Iterable[Fact]) -> None:
        """Take facts in, in any order; repeats change nothing. Raises Clash, and then takes none of them."""
        new: dict[str, Fact] = {}
        for fact in facts:
            held = self.facts.get(fact.id, new.get(fact.id, fact))
            if held != fact:
                raise Clash(f"fact {fact.id!r} is there already and says something else; facts are never edited")
            if fact.id not in self.facts and (self.until is None or fact.known_at <= self.until):
                new[fact.id] = fact
        self.facts.update(new)
        self.changed_facts.update(new)
        self._judged = self._judged and not new

    def restore_facts(self, facts: Iterable[Fact]) -> None:
        """Know facts again that a ledger holds. Raises Clash."""
        held = list(facts)
        self.take_facts(held)
        self.changed_facts.difference_update(fact.id for fact in held)

    def restore(self, standing: Standing, revisions: dict[str, int]) -> None:
        """Know again what was told last; what is folded again from the same inputs is then no news."""
        for radio in self._radios.values():
            radio.track.forget_changes()
        self.standing, self._revisions = standing, revisions

    def restore_fix(self, fix: Fix, sources: tuple[str, ...], known_at: datetime | None = None) -> None:
        """Know again a fix that a ledger holds, in the slots it has by these rules: zones may have changed since."""
        place = self.rules.chart.place(fix.lat_deg, fix.lon_deg)
        track = self._radio(fix.mmsi).track
        if known_at is not None or self.known:
            self.known.tell(track, fix, known_at, self.rules.chart)
        track.add_fix(fix, place)
        for source in sources:
            if source != fix.source:
                track.add_fix(replace(fix, source=source), place)

    def merge_fix(
        self, day: int, slot: int, fix: Fix, sources: tuple[str, ...], known_at: datetime | None = None
    ) -> None:
        """Take over what another writer has stored in a slot; to be stored again only where ours is better."""
        self.restore_fix(fix, sources, known_at)
        track = self._radios[fix.mmsi].track
        kept = track.days[day][slot]
        if kept.fix == fix and kept.sources == frozenset(sources) and self.known.of(fix) == known_at:
            track.changed.discard((day, slot))

    def merge_static(self, stored: StaticReport, known_at: datetime | None = None) -> None:
        """The same for a static report: what is equal to ours, or better, is no change of ours."""
        track = self._radio(stored.mmsi).track
        was_changed = set(track.restated_contents)
        if known_at is not None or self.known:
            self.known.tell(track, stored, known_at, self.rules.chart)
        track.add_static(stored)
        track.restated_contents &= was_changed

    def go_on_from(self, standing: Standing, revisions: dict[str, int]) -> None:
        """What was told last is not what we remember: judge again, and tell what differs from that."""
        self.standing, self._revisions, self._judged = standing, revisions, False

    def change_again(self, mmsi: Mmsi) -> None:
        """A track's changes were not stored after all."""
        self._changed.add(mmsi)

    def tracks(self) -> Iterator[Track]:
        """The tracks of all radios."""
        return (radio.track for radio in self._radios.values())

    def changed_tracks(self) -> Iterator[Track]:
        """The tracks that took something in since this was last asked."""
        changed = sorted(self._changed)
        self._changed.clear()
        return (self._radios[mmsi].track for mmsi in changed)

    def judge_by(self, rules: Rules) -> None:
        """Judge by other rules from now on. Zones and limits of stage 1 must be the same: no fold is made again."""
        self.rules, self._judged = rules, False

    def settle(self, at_least: datetime | None = None) -> tuple[Event, ...]:
        """Fold what came in, judge all facts, and tell what changed since the last time.

        As of the newest of what is stored; of `at_least`, where that is later: a live run moves it by the clock. Held
        to a time, as of that time alone.
        """
        is_folded = bool(self.fold())
        newest = (at for at in (self._as_of(), at_least) if at is not None)
        as_of = self.until or max(newest, default=None)
        hours = len(self.hours)  # they only grow
        is_judged = self._judged and not is_folded and hours == self._judged_hours
        if as_of is None or (is_judged and as_of == self.standing.as_of):
            return ()
        before = self.standing
        self.standing = judge(self._radio_facts.values(), self.facts.values(), self.hours.by_source, self.rules, as_of)
        self._judged, self._judged_hours = True, hours
        return changes(before, self.standing, self._revisions, synthetic=self.rules.synthetic)

    def fold(self) -> tuple[RadioFacts, ...]:
        """Fold what came in: what stage 1 says now of each radio that took something in."""
        folded = tuple(tick(self._radios[mmsi], self.rules)[1] for mmsi in self._touched)
        self.hold(folded)
        if self.is_kept:
            self._changed |= self._touched
        else:
            self.changed_facts.clear()
            self.hours.changed.clear()
            for mmsi in self._touched:
                self._radios[mmsi].track.forget_changes()
        self._touched.clear()
        return folded

    def hold(self, radios: Iterable[RadioFacts]) -> None:
        """Go by what stage 1 says of some radios, whoever folded them."""
        for facts in radios:
            self._radio_facts[facts.mmsi] = facts
            if facts.spans:
                self._newest[facts.mmsi] = facts.spans[-1].last_at
            self._judged = False

    def said_of(self, mmsi: Mmsi) -> RadioFacts | None:
        """What stage 1 says of a radio."""
        return self._radio_facts.get(mmsi)

    def knows(self, mmsi: Mmsi) -> bool:
        """Whether the reports of a radio are here."""
        return mmsi in self._radios

    def know(self, mmsi: Mmsi) -> None:
        """What was restored of a radio is all there is: none of it is a change to be stored."""
        self._radio(mmsi).track.forget_changes()
        self._touched.discard(mmsi)

    def forget(self, mmsi: Mmsi) -> None:
        """Drop a radio, to be restored again or left to others."""
        for held in (self._radios, self._radio_facts, self._newest):
            held.pop(mmsi, None)
        self._touched.discard(mmsi)
        self._changed.discard(mmsi)

    def would_stand(self, facts: Iterable[Fact], at_least: datetime | None = None) -> Standing:
        """What would stand if these facts were taken as well. Nothing is taken. Raises Clash as `take_facts` does."""
        told = dict(self.facts)
        for fact in facts:
            if told.setdefault(fact.id, fact) != fact:
                raise Clash(f"fact {fact.id!r} is there already and says something else; facts are never edited")
        self.fold()
        newest = (self._as_of(), at_least, *(fact.known_at for fact in told.values()))
        as_of = max((at for at in newest if at is not None), default=None)
        return judge(self._radio_facts.values(), told.values(), self.hours.by_source, self.rules, as_of)

    def _radio(self, mmsi: Mmsi) -> Following:
        """The radio of an MMSI, which is about to change."""
        self._touched.add(mmsi)
        radio = self._radios.get(mmsi)
        if radio is None:
            radio = self._radios[mmsi] = Following(mmsi)
        return radio

    def digest(self) -> str:
        """The state digest of what stands."""
        return state_digest(self.standing, self.rules.fingerprint)

    def _as_of(self) -> datetime | None:
        """The newest of what is stored now: a kept report, the start of the last hour any source was heard in, a fact.

        Not of what was ever seen: an earlier report of the same minute can take a kept one's place.
        """
        heard = () if self.hours.latest is None else (self.hours.latest,)
        known = max((fact.known_at for fact in self.facts.values()), default=None)
        told = () if known is None else (known,)
        return max((*self._newest.values(), *heard, *told), default=None)
