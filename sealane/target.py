"""Target: which object a decision means. Ids are anchors; late data moves them, and the decision follows.

    call:200000001:rajin:20240302T2200Z   the call of that ship at that port whose interval holds the minute,
                                          else the nearest within 72 h (ties: the earlier), else none

So the set of facts decides what a decision means, not the history of ids. A hull's IMO number or the MMSI of a call
stand for the ship.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

ANCHOR = "%Y%m%dT%H%MZ"


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """An object as a target sees it: its id, whose and where it is, and from when to when."""

    id: str
    ship: int
    ports: tuple[str, ...]
    from_at: datetime
    to_at: datetime


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """What an id says of its object."""

    kind: str
    ship: int
    port: str
    at: datetime


def anchor_of(target: str) -> Anchor | None:
    """An id read; None where it is not made that way."""
    kind, *parts = target.partition("~")[0].split(":")
    if kind == "delivery":
        parts = parts[1:]  # the corridor
    try:
        ship, port, minute = parts
        return Anchor(kind=kind, ship=int(ship), port=port, at=datetime.strptime(minute, ANCHOR).replace(tzinfo=UTC))
    except ValueError:
        return None


def aimed_at(target: str, kind: str, objects: Iterable[Aim], within: timedelta) -> str | None:
    """The id of the object of a kind that a target means now; None if it means none of them."""
    anchor = anchor_of(target)
    if anchor is None or anchor.kind != kind:
        return None
    alike = [each for each in objects if each.ship == anchor.ship and anchor.port in each.ports]
    off = [(_off(each, anchor.at), each.from_at, each.id) for each in alike]
    near = [entry for entry in off if entry[0] <= within]
    return min(near)[2] if near else None


def _off(each: Aim, at: datetime) -> timedelta:
    """How far a time lies outside an interval."""
    return max(each.from_at - at, at - each.to_at, timedelta(0))
