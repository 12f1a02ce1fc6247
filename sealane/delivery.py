"""Delivery: a load end and a discharge end of one hull, and the grade its evidence earns. Not proof of cargo.

    strong + strong   confirmed          known ends are paired first; what they leave unpaired a gap may complete
    strong + weak     probable           an end that a gap hides is weak
    weak   + weak     possible           so is, at most, what rests on a gap that is still open

An analyst's decision wins, and the machine's grade stays visible; a rejected delivery keeps its two ends used.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal

import msgspec

from geofences.zone import PortCode
from sealane.decision import Decision
from sealane.gap import Gap
from sealane.hiding import Hiding, Searched, Window, hidings_of
from sealane.pairing import Pair, Terms, arrival_of, ends_of, pairs_of
from sealane.portcall import minute_of
from sealane.presence import Presence, presence_id
from sealane.rules import Limits
from sealane.static import Imo
from sealane.target import Aim, aimed_at

MachineGrade = Literal["confirmed", "probable", "possible"]
Grade = Literal["confirmed", "probable", "possible", "rejected"]

GRADE: dict[tuple[str, str], MachineGrade] = {
    ("strong", "strong"): "confirmed",
    ("strong", "weak"): "probable",
    ("weak", "strong"): "probable",
    ("weak", "weak"): "possible",
}


class Reasons(msgspec.Struct, frozen=True, kw_only=True):
    """Why a delivery has its grade, in plain sentences, each with the evidence it speaks of."""

    speaks_for: tuple[str, ...] = msgspec.field(name="for", default=())
    against: tuple[str, ...] = ()


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One pair of ends. Its arrival is an interval where the entry at the discharge port was not observed."""

    id: str
    imo: Imo
    grade: Grade
    machine_grade: MachineGrade | None = None  # what the evidence earns, whatever an analyst decided
    load_port: PortCode | None  # None where a hidden one could be several
    loaded_at: datetime | None  # latest known presence at the load port; None where it is hidden
    discharge_port: PortCode | None
    arrived_at: datetime | None  # None where it was already there when first heard, or never heard there
    arrival_earliest_at: datetime  # the arrival lies from here
    arrival_latest_at: datetime  # to here; equal where it was observed
    load_presence: str | None
    discharge_presence: str | None
    load_ports: tuple[PortCode, ...] = ()  # all it could be
    discharge_ports: tuple[PortCode, ...] = ()
    inferred: tuple[str, ...] = ()  # ids of the presences a gap hides
    gap: str | None = None
    room_for: int | None = None  # deliveries that gap could hold, of which one is counted
    needs: tuple[str, ...] = ()  # sightings of several ships it stands and falls with
    decisions: tuple[str, ...] = ()
    reasons: Reasons = Reasons()

    @property
    def rests_on(self) -> tuple[str, ...]:
        """Ids of its ends, the gap and the decisions."""
        ends = (self.load_presence, self.discharge_presence)
        gap = (self.gap,) if self.gap else ()
        decisions = (f"decision:{each}" for each in self.decisions)
        return (*(end for end in ends if end), *self.inferred, *gap, *decisions)


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """What a delivery was made of: two known ends, or a gap with one known end or none."""

    load: Presence | None
    discharge: Presence | None
    hiding: Hiding | None = None


def deliveries_of(
    corridor: str,
    presences: Iterable[Presence],
    terms: Terms,
    gaps: Iterable[Gap] = (),
    limits: Limits | None = None,
    as_of: datetime | None = None,
) -> tuple[list[tuple[Delivery, Ends]], tuple[Presence, ...]]:
    """Every delivery of a corridor's hulls by id, with its ends, and the presences that gaps were found to hide."""
    by_hull: dict[Imo, list[Gap]] = defaultdict(list)
    for gap in sorted(gaps, key=lambda each: (each.from_at, each.id)):
        by_hull[gap.imo].append(gap)
    ends = sorted(ends_of(presences, terms.role), key=lambda each: each.imo)
    known = {imo: list(each) for imo, each in groupby(ends, key=lambda each: each.imo)}
    found: list[tuple[Delivery, Ends]] = []
    hidden: dict[str, Presence] = {}
    for imo in sorted(known.keys() | by_hull.keys()):
        hull_ends = known.get(imo, [])
        pairs = pairs_of(hull_ends, terms)
        found += [_of_pair(corridor, pair, by_hull[imo]) for pair in pairs]
        if by_hull[imo] and limits is not None and as_of is not None:
            searched = Searched(ends=hull_ends, pairs=pairs, gaps=by_hull[imo], terms=terms, limits=limits, as_of=as_of)
            for hiding in hidings_of(searched):
                inferred = _hidden_ends(imo, hiding)
                hidden |= {each.id: each for each in inferred}
                found.append(_of_hiding(corridor, imo, hiding, inferred, by_hull[imo]))
    found.sort(key=lambda each: each[0].id)
    return found, tuple(hidden[key] for key in sorted(hidden))


def decided(
    deliveries: Iterable[Delivery], decisions: Iterable[Decision], within: timedelta
) -> tuple[tuple[Delivery, ...], dict[str, str]]:
    """The deliveries with analysts' decisions on them, and which delivery each decision means."""
    machine = {each.id: each for each in deliveries}
    aims = [_aim(each) for each in machine.values()]
    meant: dict[str, str] = {}
    for decision in decisions:  # in order of time: the latest wins
        target = decision.target if decision.target in machine else aimed_at(decision.target, "delivery", aims, within)
        if target is None or decision.action == "undo":
            continue
        meant[decision.id] = target
        each = machine[target]
        grade: Grade = {"confirm": "confirmed", "reject": "rejected"}.get(decision.action, each.grade)  # type: ignore[assignment]
        machine[target] = msgspec.structs.replace(each, grade=grade, decisions=(*each.decisions, decision.id))
    return tuple(machine.values()), meant


def _aim(each: Delivery) -> Aim:
    ports = {*each.load_ports, *each.discharge_ports}
    begins_at = min(each.loaded_at or each.arrival_earliest_at, each.arrival_earliest_at)
    return Aim(id=each.id, ship=each.imo, ports=tuple(sorted(ports)), from_at=begins_at, to_at=each.arrival_latest_at)


def _of_pair(corridor: str, pair: Pair, gaps: list[Gap]) -> tuple[Delivery, Ends]:
    load, discharge = pair.load, pair.discharge
    earliest_at, latest_at = arrival_of(discharge, load.here_until_at)
    grade = GRADE[load.strength, discharge.strength]
    delivery = Delivery(
        id=f"delivery:{corridor}:{discharge.imo}:{discharge.port}:{minute_of(discharge.first_known_at)}",
        imo=discharge.imo,
        grade=grade,
        machine_grade=grade,
        load_port=load.port,
        loaded_at=load.last_known_at,
        discharge_port=discharge.port,
        arrived_at=discharge.arrived_at,
        arrival_earliest_at=earliest_at,
        arrival_latest_at=latest_at,
        load_presence=load.id,
        discharge_presence=discharge.id,
        load_ports=(load.port,),
        discharge_ports=(discharge.port,),
        needs=_needs((load, discharge), gaps),
    )
    return delivery, Ends(load=load, discharge=discharge)


def _of_hiding(
    corridor: str, imo: Imo, hiding: Hiding, inferred: tuple[Presence, ...], gaps: list[Gap]
) -> tuple[Delivery, Ends]:
    load, discharge, gap = hiding.load, hiding.discharge, hiding.gap
    loads = (load.port,) if load else tuple(window.port for window in hiding.loads)
    discharges = (discharge.port,) if discharge else tuple(window.port for window in hiding.discharges)
    anchor = discharge or load
    port, at = (anchor.port, anchor.first_known_at) if anchor else (loads[0], gap.from_at)
    strengths = (load.strength if load else "weak", discharge.strength if discharge else "weak")
    grade = GRADE[strengths] if gap.to_at is not None else "possible"
    delivery = Delivery(
        id=f"delivery:{corridor}:{imo}:{port}:{minute_of(at)}",
        imo=imo,
        grade=grade,
        machine_grade=grade,
        load_port=loads[0] if len(loads) == 1 else None,
        loaded_at=load.last_known_at if load else None,
        discharge_port=discharges[0] if len(discharges) == 1 else None,
        arrived_at=discharge.arrived_at if discharge else None,
        arrival_earliest_at=hiding.arrives_from_at,
        arrival_latest_at=hiding.arrives_to_at,
        load_presence=load.id if load else None,
        discharge_presence=discharge.id if discharge else None,
        load_ports=loads,
        discharge_ports=discharges,
        inferred=tuple(each.id for each in inferred),
        gap=gap.id,
        room_for=gap.room_for,
        needs=_needs(tuple(end for end in (load, discharge) if end), gaps),
    )
    return delivery, Ends(load=load, discharge=discharge, hiding=hiding)


def _needs(ends: tuple[Presence, ...], gaps: list[Gap]) -> tuple[str, ...]:
    """Sightings of several ships without which an end would not stand. A gap that could hide it stands in for one."""
    return tuple(
        end.needs
        for end in ends
        if end.needs is not None
        and not any(
            gap.can_hide
            and gap.hides_port(end.port)
            and gap.from_at <= end.last_known_at
            and (gap.to_at is None or end.first_known_at <= gap.to_at)
            for gap in gaps
        )
    )


def _hidden_ends(imo: Imo, hiding: Hiding) -> tuple[Presence, ...]:
    return tuple(_inferred(imo, window, hiding.gap) for window in (*hiding.loads, *hiding.discharges))


def _inferred(imo: Imo, window: Window, gap: Gap) -> Presence:
    return Presence(
        id=presence_id(imo, window.port, window.comes_at),
        imo=imo,
        port=window.port,
        basis="inferred",
        strength="weak",
        first_known_at=window.comes_at,
        last_known_at=window.goes_at,
        here_by_at=window.goes_at,
        here_until_at=window.comes_at,
        gaps=(gap.id,),
    )
