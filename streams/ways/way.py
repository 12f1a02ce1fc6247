"""A way: somebody who is told of some events, and what it answered."""

from datetime import datetime
from typing import Literal, Protocol

import msgspec

from streams.showing.telling import Told

Outcome = Literal["taken", "failed", "refused"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """taken: it has it. failed: to be tried again. refused: it will never take this one."""

    outcome: Outcome
    words: str
    retry_after_s: float | None = None  # it asked not to be tried sooner


class Wants(msgspec.Struct, frozen=True, kw_only=True):
    """Which events a way is told of."""

    kinds: frozenset[str]
    severities: frozenset[str]
    reasons: frozenset[str] | None = None  # of notifications; None: all
    synthetic: bool


def wanted(event: Told, wants: Wants) -> bool:
    """Whether a way is told of an event. A severity or a reason counts where the event has one."""
    if event.kind not in wants.kinds or (event.synthetic and not wants.synthetic):
        return False
    severity, reason = event.object.get("severity"), event.object.get("reason")
    if isinstance(severity, str) and severity not in wants.severities:
        return False
    return wants.reasons is None or not isinstance(reason, str) or reason in wants.reasons


class Way(Protocol):
    """Somebody who is told. `to` says whom, without any secret."""

    name: str
    kind: str
    to: str
    wants: Wants
    begins: Literal["now", "beginning"]
    give_up_after_h: float

    async def send(self, event: Told, at: datetime) -> Answer:
        """Tell it of one event, at a time by the clock."""
        ...

    async def beside(self) -> None:
        """What it does beside, while it is ours to tell."""
        ...

    async def close(self) -> None: ...
