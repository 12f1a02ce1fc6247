"""Memory: what keeps nothing. A runner is handed this or a keeper, and need not know which."""

from collections.abc import Iterable
from typing import Protocol

from sealane.event import Event
from sealane.fix import Fix
from sealane.static import StaticReport
from streams.embedded import Embedded


class Keeps(Protocol):
    """Who takes the reports and settles: a keeper, or memory alone."""

    embedded: Embedded

    def take(self, reports: Iterable[Fix | StaticReport]) -> None: ...

    async def settle(self, offset: int) -> tuple[Event, ...]: ...


class InMemory:
    """An embedded corridor that ends with the process."""

    def __init__(self, embedded: Embedded) -> None:
        self.embedded = embedded

    def take(self, reports: Iterable[Fix | StaticReport]) -> None:
        self.embedded.take(reports)

    async def settle(self, offset: int) -> tuple[Event, ...]:
        del offset
        return self.embedded.settle()
