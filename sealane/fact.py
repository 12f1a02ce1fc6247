"""Fact: what a person adds beside AIS: a sighting, a published count, a decision, a binding.

Facts are a set: each has an id of its own, and stage 2 goes by those known as of a time, in no order.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from sealane.binding import Binding
from sealane.countreport import CountReport
from sealane.decision import Decision
from sealane.sighting import Sighting

Fact = Sighting | CountReport | Decision | Binding


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a corridor by kind, each kind in order of id."""

    sightings: tuple[Sighting, ...] = ()
    reports: tuple[CountReport, ...] = ()
    decisions: tuple[Decision, ...] = ()
    bindings: tuple[Binding, ...] = ()


def facts_of(facts: Iterable[Fact], as_of: datetime) -> Facts:
    """The facts known as of a time."""
    known = sorted((fact for fact in facts if fact.known_at <= as_of), key=lambda fact: fact.id)
    return Facts(
        sightings=tuple(fact for fact in known if isinstance(fact, Sighting)),
        reports=tuple(fact for fact in known if isinstance(fact, CountReport)),
        decisions=tuple(fact for fact in known if isinstance(fact, Decision)),
        bindings=tuple(fact for fact in known if isinstance(fact, Binding)),
    )
