"""Embedded: stage 1 and stage 2 in one process, with the state in memory. The rules are those of any other runner.

reports --advance--> radios --tick--> facts --judge--> standing objects --changes--> events
"""

from collections.abc import Iterable
from datetime import datetime

from sealane.digest import state_digest
from sealane.event import Event, changes
from sealane.fix import Fix, Mmsi
from sealane.follow import Following, RadioFacts, advance, tick
from sealane.heard import Hours
from sealane.judge import Standing, judge
from sealane.rules import Rules
from sealane.static import StaticReport


class Embedded:
    """One corridor. `take` reports as they come; `settle` now and then, to learn what follows from them."""

    def __init__(self, rules: Rules, hours: Hours) -> None:
        self.rules, self.hours = rules, hours
        self.standing = Standing(as_of=None)
        self._radios: dict[Mmsi, Following] = {}
        self._facts: dict[Mmsi, RadioFacts] = {}
        self._newest: dict[Mmsi, datetime] = {}
        self._touched: set[Mmsi] = set()
        self._revisions: dict[str, int] = {}

    def take(self, reports: Iterable[Fix | StaticReport]) -> None:
        """Take reports in, in any order."""
        for report in reports:
            radio = self._radios.get(report.mmsi)
            if radio is None:
                radio = self._radios[report.mmsi] = Following(report.mmsi)
            advance(radio, report, self.rules)
            self._touched.add(report.mmsi)

    def settle(self) -> tuple[Event, ...]:
        """Fold what came in, judge all facts, and tell what changed since the last time."""
        as_of = self._as_of()
        if as_of is None or (not self._touched and as_of == self.standing.as_of):
            return ()
        for mmsi, radio in self._radios.items():
            if mmsi in self._touched or radio.restless:
                _, self._facts[mmsi] = tick(radio, as_of, self.rules)
        self._touched.clear()
        before, self.standing = self.standing, judge(self._facts.values(), self.rules, as_of)
        return changes(before, self.standing, self._revisions, synthetic=self.rules.synthetic)

    def digest(self) -> str:
        """The state digest of what stands."""
        return state_digest(self.standing, self.rules.fingerprint)

    def _as_of(self) -> datetime | None:
        """The newest of what is stored now: a kept report, or the start of the last hour any source was heard in.

        Not of what was ever seen: an earlier report of the same minute can take a kept one's place.
        """
        self._newest.update((mmsi, newest) for mmsi in self._touched if (newest := self._radios[mmsi].newest_at))
        heard = () if self.hours.latest is None else (self.hours.latest,)
        return max((*self._newest.values(), *heard), default=None)
