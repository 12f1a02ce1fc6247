"""Voyage: from the end of one presence to the begin of the next, same hull. What lies between is not drawn."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby, pairwise

import msgspec

from geofences.zone import PortCode
from sealane.portcall import minute_of
from sealane.presence import Presence
from sealane.static import Imo


class Voyage(msgspec.Struct, frozen=True, kw_only=True):
    """One hull between two ports."""

    id: str
    imo: Imo
    from_port: PortCode
    to_port: PortCode
    departed_at: datetime | None
    last_known_at: datetime  # at the port it left
    arrived_at: datetime | None
    first_known_at: datetime  # at the port it reached
    presences: tuple[str, str]


def voyages_of(presences: Iterable[Presence]) -> tuple[Voyage, ...]:
    """The voyages between known presences, in order of hull and time. Presences of no strength are passed over."""
    known = sorted(
        (each for each in presences if each.strength != "none"),
        key=lambda each: (each.imo, each.first_known_at, each.id),
    )
    return tuple(
        Voyage(
            id=f"voyage:{imo}:{left.port}:{minute_of(left.last_known_at)}",
            imo=imo,
            from_port=left.port,
            to_port=reached.port,
            departed_at=left.departed_at,
            last_known_at=left.last_known_at,
            arrived_at=reached.arrived_at,
            first_known_at=reached.first_known_at,
            presences=(left.id, reached.id),
        )
        for imo, stays in groupby(known, key=lambda each: each.imo)
        for left, reached in pairwise(stays)
    )
