"""Memory: what keeps nothing. A runner is handed this or a keeper, and need not know which."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from sealane.event import Event
from sealane.fact import Fact
from sealane.fix import Fix
from sealane.rules import Rules
from sealane.static import StaticReport
from streams.embedded import Embedded
from streams.feeds.health import Health
from streams.ledger.ledger import Write


class Keeps(Protocol):
    """Who takes reports and facts, and settles: a keeper, or memory alone."""

    embedded: Embedded

    def take(self, reports: Iterable[Fix | StaticReport], known_at: datetime | None = None) -> None: ...

    def take_facts(self, facts: Iterable[Fact]) -> None: ...

    async def settle(self, offset: int) -> tuple[Event, ...]: ...


class Writes(Keeps, Protocol):
    """Who writes sources of a ledger: a keeper, who judges at once, or a sender, who leaves that to others."""

    source: str

    async def open(self, *others: str) -> None: ...

    def offset(self, source: str | None = None) -> int: ...

    def tell_of_feed(self, health: Health) -> None: ...

    def told_by_others(self) -> tuple[Event, ...]: ...

    async def settle(
        self,
        offset: int,
        source: str | None = None,
        *,
        at_least: datetime | None = None,
        beside: Sequence[Write] = (),
        always: bool = False,
    ) -> tuple[Event, ...]: ...

    async def judge_by(self, rules: Rules) -> None: ...

    async def recover(self) -> None: ...


class InMemory:
    """An embedded corridor that ends with the process."""

    def __init__(self, embedded: Embedded) -> None:
        self.embedded = embedded
        embedded.hours.is_kept = False

    def take(self, reports: Iterable[Fix | StaticReport], known_at: datetime | None = None) -> None:
        self.embedded.take(reports, known_at)

    def take_facts(self, facts: Iterable[Fact]) -> None:
        self.embedded.take_facts(facts)

    async def settle(self, offset: int) -> tuple[Event, ...]:
        del offset
        return self.embedded.settle()
