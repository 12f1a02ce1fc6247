"""Memory: what keeps nothing. A runner is handed this or a keeper, and need not know which."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from sealane.event import Event
from sealane.fact import Fact
from sealane.fix import Fix
from sealane.static import StaticReport
from streams.embedded import Embedded


class Keeps(Protocol):
    """Who takes reports and facts, and settles: a keeper, or memory alone."""

    embedded: Embedded

    def take(self, reports: Iterable[Fix | StaticReport], known_at: datetime | None = None) -> None: ...

    def take_facts(self, facts: Iterable[Fact]) -> None: ...

    async def settle(self, offset: int) -> tuple[Event, ...]: ...


class InMemory:
    """An embedded corridor that ends with the process."""

    def __init__(self, embedded: Embedded) -> None:
        self.embedded = embedded

    def take(self, reports: Iterable[Fix | StaticReport], known_at: datetime | None = None) -> None:
        self.embedded.take(reports, known_at)

    def take_facts(self, facts: Iterable[Fact]) -> None:
        self.embedded.take_facts(facts)

    async def settle(self, offset: int) -> tuple[Event, ...]:
        del offset
        return self.embedded.settle()
