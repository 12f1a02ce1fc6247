"""Candidate: a ship nobody listed that calls at a load port and then at a discharge port.

A row of its own, counted apart from the deliveries of watched ships. Transits, contested and unconfirmed calls make
none.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta

import msgspec

from geofences.zone import PortCode, Role
from sealane.fix import Mmsi
from sealane.portcall import PortCall, minute_of
from sealane.static import Imo


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One load call and the next discharge call of one unlisted ship. Name and IMO number are as stated."""

    id: str
    mmsi: Mmsi
    imo: Imo | None
    name: str | None
    load_port: PortCode
    discharge_port: PortCode
    load_call: str
    discharge_call: str


def candidates_of(
    unlisted: Iterable[tuple[Imo | None, PortCall]],
    name_of: Callable[[Mmsi], str | None],
    role: Callable[[PortCode], Role],
    longest: timedelta,
) -> tuple[Candidate, ...]:
    """Every load call followed by a discharge call of the same hull (by MMSI where no IMO number is known)."""
    by_ship: dict[tuple[int, int], list[tuple[Imo | None, PortCall]]] = defaultdict(list)
    for imo, call in unlisted:
        if call.status == "call" and not call.contested:
            by_ship[(imo or 0, 0 if imo else call.mmsi)].append((imo, call))
    found: list[Candidate] = []
    for calls in by_ship.values():
        load: PortCall | None = None
        for imo, call in sorted(calls, key=lambda each: (each[1].first_heard_at, each[1].id)):
            if role(call.port) == "load":
                load = call
            elif role(call.port) == "discharge" and load is not None:
                if call.first_heard_at - load.last_heard_at <= longest:
                    found.append(_candidate(imo, load, call, name_of(call.mmsi)))
                load = None
    return tuple(sorted(found, key=lambda each: each.id))


def _candidate(imo: Imo | None, load: PortCall, discharge: PortCall, name: str | None) -> Candidate:
    return Candidate(
        id=f"candidate:{discharge.mmsi}:{discharge.port}:{minute_of(discharge.first_heard_at)}",
        mmsi=discharge.mmsi,
        imo=imo,
        name=name,
        load_port=load.port,
        discharge_port=discharge.port,
        load_call=load.id,
        discharge_call=discharge.id,
    )
