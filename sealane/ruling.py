"""Ruling: a decision as it stands: which object it means now, and whether it has effect.

in_force      it has
undone        a later decision took it back
overruled     a later decision says otherwise of the same object; both are listed
unresolved    no object of that kind, ship and port is near
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from sealane.decision import Action, Decision

Force = Literal["in_force", "undone", "overruled", "unresolved"]

RIVALS: dict[Action, str] = {"confirm": "verdict", "reject": "verdict", "re-attribute": "attribution"}


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """One decision, and the id of the object it means."""

    id: str
    decision: Decision
    means: str | None
    force: Force


def rulings_of(
    decisions: Iterable[Decision], in_force: Iterable[Decision], meant: dict[str, str]
) -> tuple[Ruling, ...]:
    """Every decision by id, in force or not."""
    effective = {each.id for each in in_force}
    latest: dict[tuple[str, str], Decision] = {}
    for each in in_force:  # in order of time: the latest stays
        if each.action in RIVALS and each.id in meant:
            latest[meant[each.id], RIVALS[each.action]] = each
    last = {each.id for each in latest.values()}
    return tuple(
        Ruling(id=each.id, decision=each, means=meant.get(each.id), force=_force(each, effective, meant, last))
        for each in sorted(decisions, key=lambda each: each.id)
    )


def _force(decision: Decision, effective: set[str], meant: dict[str, str], last: set[str]) -> Force:
    if decision.id not in effective:
        return "undone"
    if decision.id not in meant:
        return "unresolved"
    if decision.action in RIVALS and decision.id not in last:
        return "overruled"
    return "in_force"
