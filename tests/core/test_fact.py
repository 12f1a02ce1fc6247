"""A fact as a person gives it: what is taken, as what, and what is refused in words that say what to do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofences.errors import BadReference
from sealane.binding import Binding
from sealane.countreport import CountReport
from sealane.decision import Decision
from sealane.fact import Fact
from sealane.sighting import Sighting
from streams.cautions import cautions
from streams.corridor.corridor import Corridor, load_corridor
from streams.corridor.places import place_of
from streams.fact import digest_of, fact_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANGARA, ANGARA_THE_DECOY, LADY_R = 9179842, 9124043, 9161003
SIGHTING: dict[str, Any] = {
    "kind": "sighting",
    "id": "s1",
    "place": "rajin",
    "from": "2024-03-02T22:00:00Z",
    "to": "2024-03-03T10:00:00Z",
    "ships": [{"imo": ANGARA, "weight": 1}],
    "known_at": "2024-03-05T12:00:00Z",
}
REPORT: dict[str, Any] = {
    "kind": "report",
    "id": "r1",
    "measure": "deliveries",
    "from": "2024-02",
    "to": "2024-02",
    "low": 4,
    "high": 5,
    "known_at": "2024-03-05T00:00:00Z",
}
DECISION: dict[str, Any] = {
    "kind": "decision",
    "id": "d1",
    "action": "reject",
    "target": "s1",
    "by": "an analyst",
    "at": "2024-06-02T00:00:00Z",
    "reason": "another ship",
}
BINDING: dict[str, Any] = {
    "kind": "binding",
    "id": "b1",
    "mmsi": 273000001,
    "imo": ANGARA,
    "from": "2024-01-01T00:00:00Z",
    "to": None,
    "known_at": "2024-06-02T00:00:00Z",
}


@pytest.fixture(scope="module")
def corridor() -> Corridor:
    return load_corridor()


def told(corridor: Corridor, given: dict[str, Any], **other: object) -> Fact:
    fact: Fact = fact_of({**given, **other}, corridor, NOW, "here")
    return fact


# What is taken


@pytest.mark.parametrize(
    ("given", "kind"), [(SIGHTING, Sighting), (REPORT, CountReport), (DECISION, Decision), (BINDING, Binding)]
)
def test_each_kind_is_taken_and_told_again_as_it_was(corridor: Corridor, given: dict[str, Any], kind: type):
    fact = told(corridor, given)
    assert isinstance(fact, kind)
    assert fact_of(msgspec.json.decode(msgspec.json.encode(fact)), corridor, NOW, "again") == fact
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(fact), type=Fact) == fact


def test_a_time_in_any_zone_is_the_same_time(corridor: Corridor):
    assert told(corridor, SIGHTING, known_at="2024-03-05T21:00+09:00") == told(corridor, SIGHTING)


def test_ships_in_any_order_are_the_same_ships(corridor: Corridor):
    ships = [{"imo": ANGARA}, {"imo": LADY_R}]
    assert told(corridor, SIGHTING, ships=ships) == told(corridor, SIGHTING, ships=ships[::-1])


@pytest.mark.parametrize("action", ["reattribute", "re_attribute", "re-attribute"])
def test_an_action_may_be_spelt(corridor: Corridor, action: str):
    fact = told(corridor, DECISION, action=action, imo=LADY_R)
    assert isinstance(fact, Decision)
    assert fact.action == "re-attribute"


PLACES = {
    "rajin": "rajin",
    " RAJIN ": "rajin",
    "Najin": "rajin",
    "kprjn": "rajin",
    "dunay": "dunay",
    "Dunai": "dunay",
    "konyushkov  bay": "dunay",
    "Shkotovo-22": "dunay",
    "Wrangel Bay": "vostochny",
    "vrangel bay": "vostochny",
    "Wrangel/Vrangel Bay": "vostochny",
    "vostochny_roads": "vostochny_roads",
    "42.75, 133.08": "42.75,133.08",
    "-0.0,180.0": "0,180",
}


@pytest.mark.parametrize(("word", "place"), PLACES.items())
def test_a_place_is_known_by(corridor: Corridor, word: str, place: str):
    assert place_of(word, corridor, "here") == place


def test_every_key_of_a_port_and_zone_is_a_place(corridor: Corridor):
    ports = [entry.key for entry in corridor.ports] + list(corridor.rules.chart.ports)
    for key in [*ports, *(zone.key for zone in corridor.rules.chart.zones)]:
        assert place_of(key, corridor, "here") == key


@given(lat_deg=st.floats(-90, 90), lon_deg=st.floats(-180, 180))
def test_a_position_told_again_is_the_same(corridor: Corridor, lat_deg: float, lon_deg: float):
    once = place_of(f"{lat_deg:.9f},{lon_deg:.9f}", corridor, "here")
    assert place_of(once, corridor, "here") == once


# What is refused

WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "an unknown kind": (SIGHTING, {"kind": "sight"}, "kind: .*did you mean 'sighting'"),
    "an unknown field": (SIGHTING, {"form": 1}, "unknown key 'form'.*'from'"),
    "an unknown action": (DECISION, {"action": "rejcet"}, "action: .*did you mean 'reject'"),
    "an empty id": (SIGHTING, {"id": " "}, "id: read nothing"),
    "an id that cannot be printed": (SIGHTING, {"id": "a\tb"}, "id: "),
    "an id without end": (SIGHTING, {"id": "a" * 201}, "id: read 201 characters"),
    "an unknown place": (SIGHTING, {"place": "dunei"}, "place: read 'dunei'.*did you mean 'dunai'"),
    "a place like none": (SIGHTING, {"place": "Atlantis"}, "place: .*known: dunay, "),
    "a position with longitude first": (SIGHTING, {"place": "133.08,42.75"}, "place: .*latitude"),
    "no ships": (SIGHTING, {"ships": []}, "ships: read none"),
    "a ship twice": (SIGHTING, {"ships": [{"imo": ANGARA}] * 2}, "ships 2 imo: read 9179842 again"),
    "a weight over one": (SIGHTING, {"ships": [{"imo": ANGARA, "weight": 1.5}]}, "ships 1 weight"),
    "a wrong check digit": (SIGHTING, {"ships": [{"imo": 9179841}]}, "ships 1 imo: read 9179841.*check digit"),
    "a ship nobody lists": (SIGHTING, {"ships": [{"imo": 9074729}]}, "ships 1 imo: read 9074729.*watchlist or a decoy"),
    "from after to": (SIGHTING, {"from": "2024-03-04T00:00:00Z"}, "from: .*after to"),
    "from after it was known": (SIGHTING, {"known_at": "2024-03-01T00:00:00Z"}, "from: .*after known_at"),
    "known later than now": (SIGHTING, {"known_at": "2026-03-01T12:10:01Z"}, "known_at: .*later than now"),
    "a decision later than now": (DECISION, {"at": "2026-03-01T12:10:01Z"}, "at: .*later than now"),
    "a time without a zone": (SIGHTING, {"from": "2024-03-02T22:00:00"}, "from: .*without a zone"),
    "a day for a time": (SIGHTING, {"from": "2024-03-02"}, "from: .*without a zone"),
    "a number for a time": (SIGHTING, {"from": 5}, "from: read 5, expected a time"),
    "null for a time": (SIGHTING, {"to": None}, "to: read None, expected a time"),
    "a time no clock has shown": (SIGHTING, {"from": "0001-01-01T00:00:00+14:00"}, "from: "),
    "a time before all AIS": (SIGHTING, {"from": "1999-12-31T00:00:00Z"}, "from: .*since 2000"),
    "no month": (REPORT, {"from": "2024-13"}, "from: read '2024-13', expected a month"),
    "the year nought": (REPORT, {"from": "0000-01"}, "from: .*expected a month"),
    "months upside down": (REPORT, {"from": "2024-03"}, "from: .*first month before the last"),
    "months that had not begun": (REPORT, {"known_at": "2024-01-31T23:59:59Z"}, "from: .*after known_at"),
    "low over high": (REPORT, {"low": 6}, "low: read 6, above high 5"),
    "a count below nothing": (REPORT, {"low": -1}, "low: read -1"),
    "a count no ledger can hold": (REPORT, {"high": 10**30}, "high: "),
    "a part of a delivery": (REPORT, {"high": 4.5}, "high: .*whole number"),
    "nothing counted": (REPORT, {"measure": ""}, "measure: read nothing"),
    "nobody who decides": (DECISION, {"by": " "}, "by: read nothing"),
    "no reason": (DECISION, {"reason": ""}, "reason: read nothing"),
    "no target": (DECISION, {"target": ""}, "target: read nothing"),
    "re-attribute to nobody": (DECISION, {"action": "re-attribute"}, "imo: .*re-attribute needs"),
    "re-attribute to a wrong digit": (DECISION, {"action": "re-attribute", "imo": 9179841}, "imo: .*check digit"),
    "merge with nothing": (DECISION, {"action": "merge"}, "with: .*merge needs"),
    "merge with itself": (DECISION, {"action": "merge", "with": "s1"}, "with: .*another object"),
    "silence without an end": (DECISION, {"action": "silence"}, "until: .*silence needs"),
    "no MMSI": (BINDING, {"mmsi": 0}, "mmsi: read 0"),
    "ten digits for an MMSI": (BINDING, {"mmsi": 1_000_000_000}, "mmsi: read 1000000000"),
    "a binding that ends before it begins": (BINDING, {"to": "2023-01-01T00:00:00Z"}, "from: .*after to"),
}


@pytest.mark.parametrize(("given", "other", "said"), WRONG.values(), ids=WRONG.keys())
def test_refused_is(corridor: Corridor, given: dict[str, Any], other: dict[str, Any], said: str):
    with pytest.raises(BadReference, match=rf"^here: (?s:.*){said}"):
        told(corridor, given, **other)


@pytest.mark.parametrize("given", [SIGHTING, REPORT, DECISION, BINDING], ids=lambda given: str(given["kind"]))
def test_what_must_be_said_is_asked_for(corridor: Corridor, given: dict[str, Any]):
    needed = {"id", "place", "ships", "known_at", "measure", "low", "action", "target", "by", "reason", "mmsi", "imo"}
    for name in needed & given.keys() - ({"by", "reason"} if given["kind"] == "binding" else set()):
        short = {key: value for key, value in given.items() if key != name}
        with pytest.raises(BadReference, match=f"read no {name}"):
            fact_of(short, corridor, NOW, "here")


def test_known_within_ten_minutes_of_now_is_a_clock_that_is_off_and_taken(corridor: Corridor):
    assert told(corridor, SIGHTING, known_at="2026-03-01T12:10:00Z").known_at == NOW + timedelta(minutes=10)


# What is only warned of


def test_a_ship_easily_taken_for_another_is_said_once(corridor: Corridor):
    twice = [told(corridor, SIGHTING), told(corridor, SIGHTING, id="s2")]
    (caution,) = cautions(twice, corridor, ())
    assert "ANGARA (IMO 9179842) is easily taken for" in caution
    assert str(LADY_R) in caution
    assert str(ANGARA_THE_DECOY) in caution


def test_candidates_named_together_are_not_warned_of_against_each_other(corridor: Corridor):
    fact = told(corridor, SIGHTING, ships=[{"imo": ANGARA}, {"imo": LADY_R}])
    assert not any(f"IMO {LADY_R})," in each.partition("taken for")[2] for each in cautions([fact], corridor, ()))


def test_a_ship_not_watched_on_the_day_is_said(corridor: Corridor):
    fact = told(corridor, SIGHTING, **{"from": "2022-03-02T22:00:00Z"})
    assert any("ANGARA (IMO 9179842) was not watched on 2022-03-02" in each for each in cautions([fact], corridor, ()))


def test_a_decoy_is_never_counted_and_that_is_said(corridor: Corridor):
    fact = told(corridor, SIGHTING, ships=[{"imo": ANGARA_THE_DECOY}])
    assert any("is a decoy" in each for each in cautions([fact], corridor, ()))


@pytest.mark.parametrize(
    ("target", "is_warned"),
    [("s1", False), ("delivery:rajin:9179842:vostochny:20240302T2200Z", False), ("s2", True), ("delivery 3", True)],
)
def test_a_target_of_no_known_shape_is_said(corridor: Corridor, target: str, is_warned: bool):
    assert bool(cautions([told(corridor, DECISION, target=target)], corridor, {"s1"})) == is_warned


def test_an_id_made_of_what_is_said_is_the_same_for_the_same():
    assert digest_of(SIGHTING) == digest_of(dict(reversed(SIGHTING.items())))
    assert digest_of(SIGHTING) != digest_of({**SIGHTING, "place": "dunay"})
    assert digest_of(REPORT).startswith("report-")
