"""aisstream.io: its JSON says what the sentence would have said, is followed alike, and is its own evidence."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from pyais.encode import encode_dict

from sealane.account import Rejected
from sealane.aisstream import Said, learn_said, read_json, why_said
from sealane.evidence import fault_of
from sealane.filter import Watch, learn, why
from sealane.fix import Fix
from sealane.listener import Listener
from sealane.scout import Scout
from sealane.static import StaticReport

AT = datetime(2026, 3, 2, 10, 0, 0, 500_000, tzinfo=UTC)
READ_AT = datetime(2026, 3, 2, 11, tzinfo=UTC)
MMSI, IMO = 200_000_012, 2_000_028  # of no ship
POSITION = {
    "MessageID": 1, "RepeatIndicator": 0, "UserID": MMSI, "Valid": True, "NavigationalStatus": 5, "RateOfTurn": 0,
    "Sog": 7.4, "PositionAccuracy": True, "Longitude": 130.31173666666665, "Latitude": 42.19300500000001, "Cog": 211.3,
    "TrueHeading": 210, "Timestamp": 12, "SpecialManoeuvreIndicator": 0, "Spare": 0, "Raim": False,
    "CommunicationState": 0,
}  # fmt: skip
STATIC = {
    "MessageID": 5, "RepeatIndicator": 0, "UserID": MMSI, "Valid": True, "AisVersion": 0, "ImoNumber": IMO,
    "CallSign": "MADE1  ", "Name": "SANDPIPER           ", "Type": 70, "Dimension": {"A": 80, "B": 20, "C": 8, "D": 8},
    "FixType": 1, "Eta": {"Month": 3, "Day": 4, "Hour": 5, "Minute": 6}, "MaximumStaticDraught": 5.5,
    "Destination": "RAJIN@@@@", "Dte": False, "Spare": False,
}  # fmt: skip


def line(name: str, body: dict[str, Any], at: str = "2026-03-02 10:00:00.5 +0000 UTC", meta: str = "MetaData") -> bytes:
    said = {"MMSI": body.get("UserID"), "ShipName": "SANDPIPER", "latitude": 0.0, "longitude": 0.0, "time_utc": at}
    return json.dumps({"MessageType": name, meta: said, "Message": {name: body}}).encode()


def listener(watch: Watch) -> Listener:
    return Listener(watch, feed="aisstream", read_at=READ_AT, learning=True)


def anywhere(_lat_deg: float, _lon_deg: float) -> bool:
    return True


def nowhere(_lat_deg: float, _lon_deg: float) -> bool:
    return False


ALL = Watch(mmsi=None, in_area=nowhere)


def heard(text: bytes) -> Fix | StaticReport:
    (report,) = listener(ALL).hear(text)
    return report


def test_a_position_says_what_its_sentence_would_have_said():
    said: dict[str, Any] = {"type": 1, "mmsi": MMSI, "status": 5, "speed": 7.4, "accuracy": 1, "lon": 130.311737}
    said |= {"lat": 42.193005, "course": 211.3, "heading": 210, "second": 12}
    (sentence,) = encode_dict(said, talker_id="AI")
    (sent,) = listener(ALL).hear(sentence.encode(), AT)
    found = heard(line("PositionReport", POSITION))
    assert replace(found, payload=sent.payload, raw=sent.raw, stamped_by="arrival") == sent
    assert found.stamped_by == "aisstream"


def test_a_static_report_says_what_its_sentences_would_have_said():
    said: dict[str, Any] = {"type": 5, "mmsi": MMSI, "imo": IMO, "callsign": "MADE1", "shipname": "SANDPIPER"}
    said |= {"ship_type": 70, "to_bow": 80, "to_stern": 20, "to_port": 8, "to_starboard": 8, "draught": 5.5}
    said |= {"month": 3, "day": 4, "hour": 5, "minute": 6, "destination": "RAJIN"}
    hears = listener(ALL)
    (sent,) = [each for part in encode_dict(said, talker_id="AI") for each in hears.hear(part.encode(), AT)]
    found = heard(line("ShipStaticData", STATIC))
    assert replace(found, payload=sent.payload, raw=sent.raw, stamped_by="arrival") == sent


@pytest.mark.parametrize("name", ["StandardClassBPositionReport", "LongRangeAisBroadcastMessage"])
def test_other_positions_are_fixes_too(name: str):
    found = heard(line(name, POSITION | {"MessageID": 18}))
    assert isinstance(found, Fix)
    assert (found.lat_deg, found.lon_deg) == (42.193005, 130.311737)


def test_an_extended_report_is_a_fix_and_a_static_report():
    body = POSITION | {"MessageID": 19, "Name": "SANDPIPER", "Type": 70, "Dimension": {"A": 1, "B": 2, "C": 3, "D": 4}}
    fix, static = listener(ALL).hear(line("ExtendedClassBPositionReport", body))
    assert isinstance(fix, Fix)
    assert isinstance(static, StaticReport)
    assert (static.name, static.length_m, static.beam_m) == ("SANDPIPER", 3, 7)


def test_each_part_of_a_report_in_two_parts_says_its_own():
    parts = {
        "ReportA": {"Valid": True, "Name": "SANDPIPER"},
        "ReportB": {"Valid": True, "ShipType": 70, "CallSign": "X"},
    }
    body = {"MessageID": 24, "UserID": MMSI, "Valid": True, **parts}
    part_a = heard(line("StaticDataReport", body | {"PartNumber": False}))
    part_b = heard(line("StaticDataReport", body | {"PartNumber": True}))
    assert isinstance(part_a, StaticReport)
    assert isinstance(part_b, StaticReport)
    assert (part_a.name, part_a.callsign) == ("SANDPIPER", None)
    assert (part_b.name, part_b.callsign, part_b.ship_type) == (None, "X", 70)


def test_what_is_not_available_is_not_said():
    body = POSITION | {"Sog": 102.30000000000001, "Cog": 360.0, "TrueHeading": 511, "NavigationalStatus": 15}
    found = heard(line("PositionReport", body))
    assert isinstance(found, Fix)
    assert (found.sog_kn, found.cog_deg, found.heading_deg, found.nav_status) == (None, None, None, None)
    assert listener(ALL).hear(line("PositionReport", POSITION | {"Latitude": 91.0, "Longitude": 181.0})) == []


@pytest.mark.parametrize("meta", ["MetaData", "Metadata"])
@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("2026-03-02 10:00:00 +0000 UTC", AT.replace(microsecond=0)),
        ("2026-03-02 10:00:00.123456789 +0000 UTC", AT.replace(microsecond=123_456)),
    ],
)
def test_it_was_heard_when_the_service_says(at: str, found: datetime, meta: str):
    assert heard(line("PositionReport", POSITION, at, meta)).at == found


@pytest.mark.parametrize("at", ["", "yesterday", "2026-13-02 10:00:00 +0000 UTC", "2026-03-02 10:00:00 +0900 JST"])
def test_without_a_time_it_counts_from_its_arrival(at: str):
    (found,) = listener(ALL).hear(line("PositionReport", POSITION, at), AT)
    assert (found.at, found.stamped_by) == (AT, "arrival")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (line("PositionReport", POSITION)[:-20], "malformed"),
        (line("PositionReport", POSITION | {"Sog": "fast"}), "malformed"),
        (line("PositionReport", POSITION | {"Valid": False}), "bad_payload"),
        (line("PositionReport", POSITION | {"UserID": 0}), "bad_mmsi"),
        (line("UnknownMessage", {"UserID": MMSI}), "unknown_type"),
        (line("PositionReport", POSITION | {"Latitude": 95.0}), "bad_position"),
        (line("PositionReport", POSITION, "1999-01-01 00:00:00 +0000 UTC"), "bad_time"),
    ],
)
def test_a_line_that_cannot_be_used_is_rejected_with_its_reason(text: bytes, reason: str):
    hears = listener(ALL)
    assert hears.hear(text) == []
    assert hears.account.lines[reason] == 1


def test_other_json_is_no_message_of_the_service():
    assert read_json(b'{"error": "Api Key Is Not Valid"}') is None
    hears = listener(ALL)
    hears.hear(b'{"temperature": 3}')
    assert hears.account.lines["foreign"] == 1


def test_a_radio_that_names_a_watched_hull_is_followed_from_then_on():
    watch = Watch(imo=frozenset({IMO}), in_area=nowhere)
    hears = listener(watch)
    assert hears.hear(line("PositionReport", POSITION)) == []
    assert len(hears.hear(line("ShipStaticData", STATIC))) == 1
    assert len(hears.hear(line("PositionReport", POSITION))) == 1


def test_a_replay_learns_it_before_it_hears():
    watch = Watch(imo=frozenset({IMO}), in_area=nowhere)
    Scout(watch).hear(line("ShipStaticData", STATIC))
    assert watch.bound == {MMSI}


def test_a_listener_held_to_a_time_is_deaf_to_what_came_later():
    hears = Listener(ALL, feed="aisstream", read_at=READ_AT, until=AT.replace(minute=0, second=0, microsecond=0))
    assert hears.hear(line("PositionReport", POSITION)) == []
    assert hears.account.lines["later"] == 1


def test_the_source_was_heard_whoever_was():
    hears = listener(Watch(in_area=nowhere))
    hears.hear(line("PositionReport", POSITION))
    assert [source for source, _ in hears.hours] == ["aisstream"]


def test_the_line_is_the_evidence():
    found = heard(line("PositionReport", POSITION))
    assert found.raw == (line("PositionReport", POSITION),)
    assert fault_of(found) is None
    other = (line("PositionReport", POSITION | {"Sog": 1.0}),)
    assert fault_of(replace(found, raw=other)) == "its payload is not that of its raw sentences"
    later = (line("PositionReport", POSITION, "2026-03-02 10:30:00 +0000 UTC"),)
    assert "heard at 2026-03-02T10:30" in str(fault_of(replace(found, raw=later)))


@given(
    listed=st.sampled_from([None, frozenset[int](), frozenset({MMSI})]),
    met=st.booleans(),
    watched=st.booleans(),
    is_area=st.booleans(),
    binds=st.booleans(),
    static=st.booleans(),
)
def test_json_is_followed_and_teaches_as_its_sentence_does(
    listed: frozenset[int] | None, met: bool, watched: bool, is_area: bool, binds: bool, static: bool
):
    def watch() -> Watch:
        return Watch(
            mmsi=listed,
            imo=frozenset({IMO}) if watched else frozenset(),
            in_area=anywhere if is_area else nowhere,
            met={MMSI} if met else set(),
            binds_met=binds,
        )

    said: dict[str, Any] = {"mmsi": MMSI, "imo": IMO, "lat": 42.193005, "lon": 130.311737, "type": 5 if static else 1}
    payload = encode_dict(said, talker_id="AI")[0].split(",")[5].encode()
    read = read_json(line("ShipStaticData", STATIC) if static else line("PositionReport", POSITION))
    assert isinstance(read, Said)
    assert not isinstance(read, Rejected)
    by_line, by_payload = watch(), watch()
    assert why_said(read.message, by_line) == why(payload, by_payload)
    learn_said(read.message, by_line)
    learn(payload, by_payload)
    assert (by_line.bound, by_line.met) == (by_payload.bound, by_payload.met)
