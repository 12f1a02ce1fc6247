"""A message: what a notification says to people, in plain words. Nothing in it was sent by a radio.

[SYNTHETIC] sealane rajin: surge firing (first)
surge: 7th delivery of October 2023; threshold 7; baseline 3 a month
Why now: it fires, and nobody was told before
Count 7, threshold 7; as of 2023-10-30 07:00Z
alert:surge_month:2023-10
https://desk.example.org/alerts/alert:surge_month:2023-10
"""

from urllib.parse import quote

import msgspec

from sealane.notification import Notification, Reason
from streams.showing.table import printable
from streams.showing.wording import SYNTHETIC, moment

LONGEST_LINE = 500

WHY: dict[Reason, str] = {
    "first": "nobody was told of it before",
    "escalated": "its count reached a higher bar",
    "resolved": "it was told as firing, and is over",
    "retracted": "it was told, and a correction took its ground away",
    "reminder": "it still fires, and nobody has acknowledged it",
}


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A title, lines and a link, of signs that can be printed; nothing is escaped for anybody yet."""

    title: str
    lines: tuple[str, ...]
    link: str | None
    synthetic: bool


def message_of(told: Notification, corridor: str, desk: str | None, *, synthetic: bool) -> Message:
    """What people are told."""
    mark = f"[{SYNTHETIC}] " if synthetic else ""
    state = "retracted" if told.reason == "retracted" else told.state
    threshold = "" if told.threshold is None else f", threshold {told.threshold}"
    lines = (
        told.sentence,
        f"Why now: {WHY[told.reason]}",
        f"Count {told.count}{threshold}; as of {moment(told.at)}",
        told.alert,
    )
    return Message(
        title=_line(f"{mark}sealane {corridor}: {told.severity} {state} ({told.reason})"),
        lines=tuple(_line(each) for each in lines),
        link=link_to(desk, told.alert),
        synthetic=synthetic,
    )


def link_to(desk: str | None, alert: str) -> str | None:
    """Where an alert stands on the desk."""
    return None if desk is None else f"{desk.rstrip('/')}/alerts/{quote(alert, safe=':')}"


def _line(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= LONGEST_LINE else f"{shown[: LONGEST_LINE - 3]}..."
