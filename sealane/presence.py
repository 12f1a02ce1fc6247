"""Presence: one hull at one port in an interval, and how well that is known.

    strong    a call with confidence 3 or 4
    weak      a call of confidence 1 or 2, or unconfirmed
    none      a transit, or a contested call: another hull used the MMSI

Overlapping presences of one hull at one port are one; all its evidence stays listed.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from geofences.zone import PortCode
from sealane.portcall import PortCall, minute_of
from sealane.static import Imo

Strength = Literal["strong", "weak", "none"]

STRONG_FROM_CONFIDENCE = 3
_BEST_FIRST: tuple[Strength, ...] = ("strong", "weak", "none")


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """Known times are those of fixes inside; the arrival interval is wider where the entry was not observed."""

    id: str
    imo: Imo
    port: PortCode
    strength: Strength
    first_known_at: datetime
    last_known_at: datetime
    arrived_at: datetime | None  # None where it was already there when first heard
    arrived_earliest_at: datetime | None  # None where the entry was observed or nothing was heard before
    departed_at: datetime | None
    calls: tuple[str, ...]  # ids of the calls it rests on, in order


def strength_of(call: PortCall) -> Strength:
    """How well a call shows that a hull was there."""
    if call.contested or call.status == "transit":
        return "none"
    return "strong" if call.status == "call" and call.confidence >= STRONG_FROM_CONFIDENCE else "weak"


def presences_of(attributed: Iterable[tuple[Imo, PortCall]]) -> tuple[Presence, ...]:
    """The presences that calls amount to, each call with the hull it is attributed to."""
    merged: dict[tuple[Imo, PortCode], list[Presence]] = {}
    in_order = sorted(attributed, key=lambda each: (each[1].first_heard_at, each[1].id))
    for imo, call in in_order:
        presence = _presence(imo, call)
        stays = merged.setdefault((imo, call.port), [])
        if stays and presence.first_known_at <= stays[-1].last_known_at:
            stays[-1] = _merge(stays[-1], presence)
        else:
            stays.append(presence)
    return tuple(sorted((each for stays in merged.values() for each in stays), key=lambda each: each.id))


def _presence(imo: Imo, call: PortCall) -> Presence:
    return Presence(
        id=f"presence:{imo}:{call.port}:{minute_of(call.first_heard_at)}",
        imo=imo,
        port=call.port,
        strength=strength_of(call),
        first_known_at=call.first_heard_at,
        last_known_at=call.last_heard_at,
        arrived_at=call.arrived_at,
        arrived_earliest_at=call.arrived_earliest_at,
        departed_at=call.departed_at,
        calls=(call.id,),
    )


def _merge(earlier: Presence, later: Presence) -> Presence:
    lasting = later if later.last_known_at > earlier.last_known_at else earlier
    return msgspec.structs.replace(
        earlier,
        strength=min(earlier.strength, later.strength, key=_BEST_FIRST.index),
        last_known_at=lasting.last_known_at,
        departed_at=lasting.departed_at,
        calls=earlier.calls + later.calls,
    )
