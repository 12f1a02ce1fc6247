"""Facets: what a standing object can be asked for by: its time, its ships, its ports, and the words of its fields."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from sealane.alert import Alert
from sealane.attribution import Attributed
from sealane.candidate import Candidate
from sealane.conflict import IdentityConflict
from sealane.countreport import CountReport
from sealane.delivery import Delivery
from sealane.gap import Gap
from sealane.grounds import StandingObject, id_of
from sealane.interference import Interference
from sealane.judge import Standing
from sealane.presence import Presence
from sealane.ruling import Ruling
from sealane.seen import Sighted
from sealane.tally import month_after, month_begins
from sealane.voyage import Voyage
from streams.ledger.views import KIND
from streams.showing.wanted import Wanted

ANCHOR = "%Y%m%dT%H%MZ"
INSTANT = timedelta(microseconds=1)


class Facets(msgspec.Struct, frozen=True):
    """What a standing object can be asked for by."""

    from_at: datetime
    to_at: datetime
    imos: tuple[int | None, ...] = ()
    mmsis: tuple[int, ...] = ()
    ports: tuple[str | None, ...] = ()


def wanted_of(standing: Standing, kind: str, wanted: Wanted) -> list[StandingObject | Presence]:
    """Those of a kind that are asked for, in order of event time."""
    found = [(facets_of(each, standing), each) for each in getattr(standing, kind)]
    return [
        each
        for _, each in sorted(
            ((facets, each) for facets, each in found if _is_wanted(each, facets, wanted)),
            key=lambda pair: pair[0].from_at,
        )
    ]


def _is_wanted(each: StandingObject | Presence, facets: Facets, wanted: Wanted) -> bool:
    ship = wanted.ship
    return (
        (ship is None or ship.is_among(facets.imos, facets.mmsis))
        and (wanted.port is None or wanted.port in facets.ports)
        and (wanted.months is None or wanted.months.touch(facets.from_at, facets.to_at))
        and (wanted.span is None or wanted.span.touch(facets.from_at, facets.to_at))
        and all(getattr(each, field) == word for field, word in wanted.words.items())
    )


def facets_of(each: StandingObject | Presence, standing: Standing) -> Facets:
    match each:
        case Attributed(call=call, imo=imo):
            return Facets(call.first_heard_at, call.ends_at, (imo,), (call.mmsi,), (call.port,))
        case Presence():
            return Facets(each.first_known_at, each.last_known_at, (each.imo,), (), (each.port,))
        case Voyage():
            return Facets(each.last_known_at, each.first_known_at, (each.imo,), (), (each.from_port, each.to_port))
        case Delivery():
            ports = (*each.load_ports, *each.discharge_ports)
            return Facets(each.arrival_earliest_at, each.arrival_latest_at, (each.imo,), (), ports)
        case Candidate():
            arrived_at = anchored_at(each.discharge_call)
            return Facets(arrived_at, arrived_at, (each.imo,), (each.mmsi,), (each.load_port, each.discharge_port))
        case Alert():
            counted = [one for one in standing.deliveries if one.id in each.deliveries]
            ports = tuple(port for one in counted for port in (*one.load_ports, *one.discharge_ports))
            ends_at = each.resolved_at or standing.as_of or each.fired_at
            return Facets(each.fired_at, ends_at, tuple(one.imo for one in counted), (), ports)
        case CountReport():
            return Facets(month_begins(each.first_month), month_begins(month_after(each.last_month)) - INSTANT)
        case IdentityConflict():
            return Facets(each.from_at, each.to_at, each.imos, each.mmsis)
        case _:
            return _of_evidence(each, standing)


def _of_evidence(each: StandingObject, standing: Standing) -> Facets:
    match each:
        case Gap():
            ends_at = each.to_at or standing.as_of or each.from_at
            ends = (each.begins.port, each.ends.port if each.ends else None)
            hidden = (port for chain in each.hides for port in chain.ports)
            return Facets(each.from_at, ends_at, (each.imo,), (each.mmsi,), (*ends, *hidden))
        case Sighted(sighting=seen):
            told = tuple(ship.imo for ship in seen.ships)
            return Facets(seen.from_at, seen.to_at, (*each.ships, *told), (), (each.port,))
        case Ruling(decision=decision):
            about = _found(each.means, standing)
            of_it = Facets(decision.at, decision.at) if about is None else facets_of(about, standing)
            return Facets(decision.at, decision.at, (*of_it.imos, decision.imo), of_it.mmsis, of_it.ports)
        case Interference():
            hulls = (each_hull.imo for each_hull in standing.identities if each_hull.mmsi in each.mmsis)
            return Facets(each.from_at, each.to_at, tuple(hulls), each.mmsis)
        case _:
            raise AssertionError(f"{type(each).__name__} is not asked for by ship, port or month")


def _found(key: str | None, standing: Standing) -> StandingObject | Presence | None:
    """The object a decision means, unless that is a decision, a tally or a rule."""
    objects: Iterable[StandingObject | Presence] = (
        each for kind in KIND if kind not in ("decisions", "tallies", "reports") for each in getattr(standing, kind)
    )
    return next((each for each in objects if key is not None and id_of(each) == key), None)


def anchored_at(call: str) -> datetime:
    """The minute a call's id is anchored at: its first fix inside."""
    return datetime.strptime(call.rpartition(":")[2], ANCHOR).replace(tzinfo=UTC)
