"""Two ends of one hull make a delivery; what each end is worth makes its grade."""

from datetime import date, timedelta
from typing import Any

import pytest

from geofences.zone import PortCode, Role
from sealane.delivery import Delivery, deliveries_of
from sealane.pairing import Parted, Terms
from sealane.presence import Presence, Strength, presences_of, strength_of
from sealane.static import Imo
from sealane.watchlist import Vessel
from streams.corridor.corridor import load_corridor
from tests.core.story import (
    DISCHARGE,
    IMO,
    LOAD,
    MMSI,
    OTHER_IMO,
    Port,
    at,
    fixes,
    rules_for,
    sail,
    spot,
    standing,
    states,
    the,
    visit,
)

ROLES: dict[str, Role] = {"L": "load", "D": "discharge", "E": "discharge", "O": "other"}
DAY = 24.0
TRIP = [*fixes([*visit(0, LOAD), *visit(40, DISCHARGE)]), states(at(2))]


def end(told: str, imo: int = IMO) -> Presence:
    """`L0-1` is a strong end at the load port from day 0 to day 1; `l0-1` a weak one, `-l0-1` one of no strength."""
    strength: Strength = "none" if told[0] == "-" else "weak" if told[0].islower() else "strong"
    told = told.lstrip("-")
    first, last = (float(day) for day in told[1:].split("-"))
    return Presence(
        id=told,
        imo=Imo(imo),
        port=PortCode(told[0].upper()),
        basis="observed",
        strength=strength,
        first_known_at=at(first * DAY),
        last_known_at=at(last * DAY),
        here_by_at=at(first * DAY),
        here_until_at=at(last * DAY),
        arrived_at=at(first * DAY),
    )


def terms(parted: Parted = lambda *_: False) -> Terms:
    return Terms(role=lambda port: ROLES[port], parted=parted, longest=timedelta(days=10))


def paired(*told: str, conflict: tuple[float, float] | None = None) -> list[str]:
    """The pairs made of some ends, with their grades."""

    def parted(_: Imo, from_at: Any, to_at: Any) -> bool:
        return conflict is not None and at(conflict[0] * DAY) <= to_at and from_at <= at(conflict[1] * DAY)

    found, _ = deliveries_of("story", [end(each) for each in told], terms(parted))
    made = sorted((each for each, _ in found), key=arrival)
    return [f"{each.load_presence}>{each.discharge_presence} {each.grade}" for each in made]


def arrival(delivery: Delivery) -> Any:
    return delivery.arrival_latest_at


@pytest.mark.parametrize(
    ("told", "pairs"),
    [
        (["L0-1", "D3-4"], ["L0-1>D3-4 confirmed"]),
        (["L0-1", "d3-4"], ["L0-1>d3-4 probable"]),
        (["l0-1", "D3-4"], ["l0-1>D3-4 probable"]),
        (["l0-1", "d3-4"], ["l0-1>d3-4 possible"]),
        (["L0-1", "-d3-4"], []),
        (["D0-1", "L3-4"], []),
        (["L0-1", "O3-4"], []),
        (["L0-1", "O2-2.5", "D3-4"], ["L0-1>D3-4 confirmed"]),
        (["L0-1", "D11-12"], ["L0-1>D11-12 confirmed"]),  # ten days
        (["L0-1", "D11.01-12"], []),
        (["L0-1", "L2-3", "D4-5"], ["L2-3>D4-5 confirmed"]),  # the nearest load end
        (["L0-1", "D2-3", "D4-5"], ["L0-1>D2-3 confirmed"]),  # one load end, one delivery
        (["L0-1", "D2-3", "E4-5"], ["L0-1>D2-3 confirmed"]),
        (["L0-1", "D2-3", "L5-6", "D8-9"], ["L0-1>D2-3 confirmed", "L5-6>D8-9 confirmed"]),
        (["L0-1", "l2-3", "D4-5"], ["L0-1>D4-5 confirmed"]),  # strong ends first
        (["L0-1", "d2-3", "D4-5"], ["L0-1>D4-5 confirmed"]),
        (["L0-1", "d2-3", "l4-5", "D6-7"], ["L0-1>D6-7 confirmed"]),  # none inside a pair
        (["l0-0.5", "L1-2", "D3-4", "d5-6"], ["L1-2>D3-4 confirmed"]),  # none across a pair
        (["L0-1", "d5-6", "D12-13"], ["L0-1>d5-6 probable"]),  # the strong ends are too far apart
        (["L0-1", "D0.5-2"], []),  # heard at both at once
    ],
)
def test_ends_are_paired(told, pairs):
    assert paired(*told) == pairs
    assert paired(*reversed(told)) == pairs


def test_no_pair_is_made_across_an_identity_conflict():
    assert paired("L0-1", "D3-4", conflict=(2, 2.5)) == []
    assert paired("L0-1", "D3-4", conflict=(4.5, 5)) == ["L0-1>D3-4 confirmed"]
    assert paired("L0-1", "D3-4", "L5-6", "D8-9", conflict=(2, 2.5)) == ["L5-6>D8-9 confirmed"]


def test_two_hulls_are_never_paired():
    assert deliveries_of("story", [end("L0-1"), end("D3-4", OTHER_IMO)], terms()) == ([], ())


# From what was heard.


def test_a_call_at_the_load_port_and_then_at_the_discharge_port_is_a_delivery():
    stands = standing(TRIP, rules_for(LOAD, DISCHARGE))
    delivery = the(stands.deliveries)
    assert (delivery.grade, delivery.load_port, delivery.discharge_port) == ("confirmed", "nest", "reef")
    assert delivery.arrival_earliest_at == delivery.arrival_latest_at == delivery.arrived_at
    assert delivery.id == f"delivery:story:{IMO}:reef:{delivery.arrived_at:%Y%m%dT%H%MZ}"
    assert the(stands.voyages).to_port == "reef"


def test_an_unobserved_arrival_is_an_interval_from_the_last_fix_before():
    trip = [*visit(0, LOAD), *visit(40, DISCHARGE)[12:]]
    delivery = the(standing([*fixes(trip), states(at(2))], rules_for(LOAD, DISCHARGE)).deliveries)
    assert delivery.arrival_earliest_at == visit(0, LOAD)[-1].at
    assert delivery.arrival_latest_at == delivery.arrived_at == visit(40, DISCHARGE)[12].at


def test_the_grade_follows_how_well_each_end_was_heard():
    seen_once = [*visit(0, LOAD), spot(40, 0, port=DISCHARGE), spot(60, 70, port=DISCHARGE)]
    delivery = the(standing([*fixes(seen_once), states(at(2))], rules_for(LOAD, DISCHARGE)).deliveries)
    assert delivery.grade == "probable"


def test_a_contested_call_makes_no_delivery():
    other_hull = fixes(sail((0, 900, 0), (14, 900, 200), phase_min=5))
    stands = standing([*TRIP, *other_hull], rules_for(LOAD, DISCHARGE))
    assert {row.call.port: row.call.contested for row in stands.calls} == {"nest": True, "reef": False}
    assert stands.deliveries == ()


def test_a_transit_of_the_discharge_port_makes_no_delivery():
    passing = sail((40, -30, 0), (42, 30, 0), port=DISCHARGE)
    stands = standing([*fixes([*visit(0, LOAD), *passing]), states(at(2))], rules_for(LOAD, DISCHARGE))
    assert [strength_of(row) for row in stands.calls] == ["strong", "none"]
    assert stands.deliveries == ()


@pytest.mark.parametrize(
    ("watch", "count"),
    [
        ({}, 1),
        ({"watch_from": date(2024, 5, 6)}, 1),
        ({"watch_from": date(2024, 5, 7)}, 0),
        ({"watch_to": date(2024, 5, 7)}, 1),
        ({"watch_to": date(2024, 5, 6)}, 0),
    ],
)
def test_a_ship_is_counted_on_the_days_it_is_watched(watch, count):
    vessel = Vessel(imo=IMO, name="GREY HERON", **watch)
    assert len(standing(TRIP, rules_for(LOAD, DISCHARGE, watched=[vessel])).deliveries) == count


def test_maia_1_is_not_counted_after_she_went_aground():
    """MAIA-1 is watched until 2025-01-04 (reference/watchlist.toml, with its sources)."""
    watchlist = load_corridor().rules.watchlist
    assert watchlist is not None
    maia = next(vessel for vessel in watchlist.vessels if vessel.name.upper().startswith("MAIA"))
    assert maia.is_watched(date(2025, 1, 4))
    assert not maia.is_watched(date(2025, 1, 5))


def test_overlapping_presences_of_one_hull_at_one_port_are_one():
    one, other = (
        the(standing([*fixes(visit(begin, LOAD), mmsi), states(at(2), mmsi=mmsi)], rules_for(LOAD)).calls)
        for begin, mmsi in ((0, MMSI), (3, 200000002))
    )
    presence = the(presences_of([(IMO, one), (IMO, other)]))
    assert presence.calls == (one.call.id, other.call.id)
    assert (presence.first_known_at, presence.last_known_at) == (one.call.first_heard_at, other.call.last_heard_at)


def test_a_port_of_no_role_makes_no_delivery():
    stands = standing(TRIP, rules_for(LOAD, Port("reef", lat_deg=33.0)))
    assert stands.deliveries == ()
    assert len(stands.voyages) == 1
