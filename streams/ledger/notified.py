"""Notified: what was told last of each alert, as a ledger keeps it, and what is to be told with the next commit.

    events of a commit --> notifications --> AlertNotified in the chain, and what was told last, in the same commit

Only who tells people now keeps this: `run`, and the commands by which a person adds facts. A replay, a rebuild and the
demo tell nobody: the past they go through would be told at the pace of their settling (ADR 10).
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

import msgspec

from sealane.event import Event, notified
from sealane.judge import Standing
from sealane.notification import Notification, notifications
from sealane.rules import Rules
from sealane.silence import muted
from streams.ledger import keys
from streams.ledger.ledger import Ledger, Write


class Notified:
    """The last notification of each alert that was ever told."""

    def __init__(self) -> None:
        self._sent: dict[str, Notification] = {}

    async def read(self, ledger: Ledger) -> None:
        """Know again what a ledger holds."""
        packed = (await ledger.hash(keys.NOTIFIED)).values()
        held = (msgspec.msgpack.decode(each, type=Notification) for each in packed)
        self._sent = {each.alert: each for each in held}

    def told(self, before: Standing, after: Standing, rules: Rules, revisions: dict[str, int]) -> tuple[Event, ...]:
        """What people are to be told of the alerts that stand now. `revisions` counts on in place."""
        if after.as_of is None:
            return ()
        made = tuple(ruling.decision for ruling in after.decisions)
        messages = notifications(
            before.alerts,
            after.alerts,
            muted(after.alerts, made, after.as_of),
            self._sent.values(),
            after.as_of,
            timedelta(hours=rules.limits.alert_renotify_h),
        )
        return notified(messages, revisions, synthetic=rules.synthetic)

    def keep(self, events: Iterable[Event]) -> None:
        """They are committed."""
        self._sent |= {each.alert: each for each in _of(events)}


def changed_notified(events: Iterable[Event]) -> Iterator[Write]:
    """The writes that keep what was told last."""
    for each in _of(events):
        yield "HSET", keys.NOTIFIED, each.alert, msgspec.msgpack.encode(each)


def _of(events: Iterable[Event]) -> Iterator[Notification]:
    return (event.object for event in events if isinstance(event.object, Notification))
