"""Notification: one message about an alert, with its reason.

    first        it fires and nobody was told; or it was found when it was already over
    escalated    its count reached a higher bar than was told
    resolved     it was told as firing, and is over
    retracted    it was told, and a correction has taken it back
    reminder     it fires, nobody has acknowledged it, and so long has passed since the last message

A silenced alert is told no more, except that it was retracted after it had been told. What was told last of each alert
(`sent`) is kept by whoever tells; the same inputs give the same notifications, in any order.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec.structs import replace

from sealane.alert import Alert, State
from sealane.silence import Handling
from sealane.surge import Severity

Reason = Literal["first", "escalated", "resolved", "retracted", "reminder"]

SECOND = "%Y%m%dT%H%M%SZ"
OVER = "over when it was found: "
NOTHING = Handling(alert="")
WORDS: dict[Reason, str] = {
    "first": "",
    "escalated": "escalated: ",
    "resolved": "resolved: ",
    "retracted": "retracted, a correction took its ground away; last told: ",
    "reminder": "still firing and not acknowledged: ",
}


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One message about one alert, and how the alert stood in it."""

    id: str
    alert: str
    reason: Reason
    at: datetime  # as of when it was told
    severity: Severity
    state: State  # of a retracted one: as it last stood
    count: int
    threshold: int | None = None  # None: kept by a version that did not say
    escalations: int  # how many bars had been reached
    said: str  # the alert's own sentence
    sentence: str


def notifications(
    before: Iterable[Alert],
    after: Iterable[Alert],
    handling: Iterable[Handling],
    sent: Iterable[Notification],
    as_of: datetime,
    renotify_after: timedelta,
) -> tuple[Notification, ...]:
    """What is to be told now, in order of alert.

    Args:
        before, after: the alerts that stood and stand. One that is over is news only where it did not stand before.
        handling: what holds for those that stand, as of now.
        sent: the last notification of each alert that was ever told.
        renotify_after: how long after the last message a reminder is due; 0: never.
    """
    stood = {each.id for each in before}
    stands = {each.id: each for each in after}
    handled = {each.alert: each for each in handling}
    last = {each.alert: each for each in sent}
    told_by = as_of - renotify_after if renotify_after else None
    told: list[Notification] = []
    for key in sorted(stands.keys() | last.keys()):
        alert, latest = stands.get(key), last.get(key)
        if alert is None:
            if latest is not None and latest.reason != "retracted":
                told.append(_retracted(latest, as_of))
            continue
        by_people = handled.get(key, NOTHING)
        reason = None if by_people.silenced else _news(alert, latest, key not in stood)
        if reason is None and _is_due(alert, latest, by_people, told_by):
            reason = "reminder"
        if reason is not None:
            told.append(_told(alert, reason, as_of))
    return tuple(told)


def _news(alert: Alert, latest: Notification | None, is_new: bool) -> Reason | None:
    """Why an alert that nobody silenced is told, if there is anything new to tell."""
    firing = alert.state == "firing"
    if latest is None or latest.reason == "retracted":
        return "first" if firing or is_new else None
    if latest.state == "resolved":
        return "first" if firing else None
    if not firing:
        return "resolved"
    return "escalated" if len(alert.escalations) > latest.escalations else None


def _is_due(alert: Alert, latest: Notification | None, by_people: Handling, told_by: datetime | None) -> bool:
    """Whether it is time for a reminder."""
    if latest is None or by_people.silenced or by_people.acknowledged:
        return False
    return alert.state == "firing" and told_by is not None and latest.at <= told_by


def _told(alert: Alert, reason: Reason, as_of: datetime) -> Notification:
    found_over = reason == "first" and alert.state == "resolved"
    return Notification(
        id=_id(alert.id, reason, as_of),
        alert=alert.id,
        reason=reason,
        at=as_of,
        severity=alert.severity,
        state=alert.state,
        count=alert.count,
        threshold=alert.threshold,
        escalations=len(alert.escalations),
        said=alert.sentence,
        sentence=f"{alert.severity}: {OVER if found_over else WORDS[reason]}{alert.sentence}",
    )


def _retracted(latest: Notification, as_of: datetime) -> Notification:
    return replace(
        latest,
        id=_id(latest.alert, "retracted", as_of),
        reason="retracted",
        at=as_of,
        sentence=f"{latest.severity}: {WORDS['retracted']}{latest.said}",
    )


def _id(alert: str, reason: Reason, at: datetime) -> str:
    return f"notification:{alert}:{reason}:{at:{SECOND}}"
