"""Decision: what an analyst said of an object, when and why. A fact a person adds; never edited, only undone.

    confirm, reject    a delivery, a call, a presence, a sighting: the analyst's word wins, the machine's stays visible
    re-attribute       a call or a sighting is of this hull (`imo`)
    merge              two calls, or two sightings, are one (`with`)
    split              a sighting is not of the stay it was put with
    annotate           a note on anything; changes nothing
    undo               an earlier decision has no effect
    acknowledge        an alert was seen by somebody
    silence            an alert's behaviour up to `until` is not told again

Contradictory decisions on one object: the latest `at` wins, then the greatest id; all of them are listed.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from sealane.static import Imo

Action = Literal["confirm", "reject", "annotate", "merge", "split", "re-attribute", "undo", "acknowledge", "silence"]


class Decision(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="decision", forbid_unknown_fields=True):
    """`target` is the id of an object as it was shown; what it means now is resolved each time anew."""

    id: str
    action: Action
    target: str
    by: str
    at: datetime
    reason: str
    imo: Imo | None = None  # of a re-attribution
    other: str | None = msgspec.field(name="with", default=None)  # of a merge
    until: datetime | None = None  # of a silence
    link: str = ""
    note: str = ""

    @property
    def known_at(self) -> datetime:
        return self.at


def in_force(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Those that no later decision in force undoes, in order of time and id. The undoing ones are in force too."""
    latest_first = sorted(decisions, key=_order, reverse=True)
    undone: set[str] = set()
    for decision in latest_first:
        if decision.action != "undo" or decision.id in undone:
            continue
        undone.update(
            each.id
            for each in latest_first
            if each.id == decision.target.removeprefix("decision:") and _order(each) < _order(decision)
        )
    return tuple(each for each in reversed(latest_first) if each.id not in undone)


def _order(decision: Decision) -> tuple[datetime, str]:
    return decision.at, decision.id
