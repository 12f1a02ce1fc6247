"""Silence: what people did about an alert. It changes no alert and no digest; it says who is told of it no more.

    acknowledge   somebody has seen it: no reminder, until it escalates
    silence       its behaviour up to `until` is not told, now or ever after

A silence goes by the time of the behaviour, not by the clock: an alert that fired before `until` is not raised again
when the silence has ended; a count that grows after `until` is new and is told. A silence names one alert, by its id,
or every alert of a rule, as `rule:<key>`. Of several that match, the latest decision holds (then the greatest id);
undone ones hold nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from sealane.alert import Alert
from sealane.decision import Decision, in_force

OF_A_RULE = "rule:"


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """Who has seen an alert, when, and what they said."""

    decision: str
    by: str
    at: datetime
    reason: str


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Who silenced an alert's behaviour, up to when and why. `target` is what the decision named."""

    decision: str
    target: str
    by: str
    at: datetime
    until: datetime
    reason: str


class Handling(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for one alert, by its id. None: nothing of the kind, or not for what it does now."""

    alert: str
    acknowledged: Acknowledgement | None = None
    silenced: Silence | None = None


def muted(alerts: Iterable[Alert], decisions: Iterable[Decision], as_of: datetime) -> tuple[Handling, ...]:
    """How people have handled these alerts as of a time, in order of id. Alerts nobody touched are left out."""
    made = in_force(decision for decision in decisions if decision.known_at <= as_of)
    found = [
        Handling(alert=alert.id, acknowledged=_acknowledged(alert, made), silenced=_silenced(alert, made))
        for alert in sorted(alerts, key=lambda each: each.id)
    ]
    return tuple(each for each in found if each.acknowledged or each.silenced)


def _acknowledged(alert: Alert, made: Sequence[Decision]) -> Acknowledgement | None:
    """The latest, where the alert has not escalated since."""
    told_until = max((alert.fired_at, *(each.at for each in alert.escalations)))
    given = [each for each in made if each.action == "acknowledge" and each.target == alert.id]
    if not given or given[-1].at < told_until:
        return None
    latest = given[-1]
    return Acknowledgement(decision=latest.id, by=latest.by, at=latest.at, reason=latest.reason)


def _silenced(alert: Alert, made: Sequence[Decision]) -> Silence | None:
    """The latest that names the alert or its rule, where it reaches over all the alert tells of."""
    targets = (alert.id, f"{OF_A_RULE}{alert.rule}")
    given = [each for each in made if each.action == "silence" and each.target in targets]
    if not given:
        return None
    latest = given[-1]
    if latest.until is None or latest.until < alert.behaved_at:
        return None
    return Silence(
        decision=latest.id, target=latest.target, by=latest.by, at=latest.at, until=latest.until, reason=latest.reason
    )
