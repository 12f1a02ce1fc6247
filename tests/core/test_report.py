"""What a message reports. "Not available" becomes None, or no fix at all."""

from datetime import UTC, datetime
from typing import Any

import pyais
import pytest

from sealane.fix import Fix
from sealane.fragment import Whole
from sealane.message import Message, decode
from sealane.report import position_defect, read_reports
from sealane.static import StaticReport

AT = datetime(2024, 3, 1, 12, tzinfo=UTC)
MMSI = 200000001  # made up


def decoded(**fields: Any) -> tuple[Message, Whole]:
    sentences = pyais.encode_dict({"mmsi": MMSI, **fields})
    payload = "".join(sentence.split(",")[5] for sentence in sentences).encode()
    fill = int(sentences[-1].split(",")[6][0])
    message = decode(whole := Whole(payload, fill, 0, None, None, None, (b"raw",)))
    assert isinstance(message, Message)
    return message, whole


def reports(**fields: Any) -> list[Fix | StaticReport]:
    message, whole = decoded(**fields)
    return read_reports(message, whole, AT, "tag_block", "north")


def fix(**fields: Any) -> Fix:
    (report,) = reports(
        **{"type": 1, "lat": 42.25, "lon": 130.3, "speed": 9.9, "course": 181.2, "heading": 180} | fields
    )
    assert isinstance(report, Fix)
    return report


def static(**fields: Any) -> StaticReport:
    (report,) = reports(**{"type": 5, "shipname": "GREY HERON", "callsign": "X1"} | fields)
    assert isinstance(report, StaticReport)
    return report


def test_a_position_report_gives_a_fix_with_its_evidence() -> None:
    heard = fix(status=0)
    assert (heard.mmsi, heard.at, heard.source, heard.stamped_by) == (MMSI, AT, "north", "tag_block")
    assert (heard.lat_deg, heard.lon_deg) == (42.25, 130.3)
    assert (heard.sog_kn, heard.cog_deg, heard.heading_deg, heard.nav_status) == (9.9, 181.2, 180, 0)
    assert heard.raw == (b"raw",)
    assert len(heard.payload) == 28


@pytest.mark.parametrize("kind", [1, 2, 3, 9, 18, 27])
def test_every_type_with_a_position_gives_one_fix(kind: int) -> None:
    assert fix(type=kind, speed=9, course=181).sog_kn == 9


def test_class_b_static_with_a_position_gives_both() -> None:
    place, identity = reports(type=19, lat=42.25, lon=130.3, shipname="GREY HERON", to_bow=10, to_stern=5)
    assert isinstance(place, Fix)
    assert isinstance(identity, StaticReport)
    assert (identity.name, identity.length_m) == ("GREY HERON", 15)


def test_without_a_position_there_is_no_fix() -> None:
    assert reports(type=1, lat=91, lon=181) == []
    assert reports(type=1, lat=91, lon=130) == []
    assert reports(type=27, lat=91, lon=181) == []
    assert position_defect(decoded(type=1, lat=91, lon=181)[0]) is None


def test_a_position_beyond_the_poles_is_rejected() -> None:
    assert position_defect(decoded(type=1, lat=100, lon=130)[0]) == "bad_position"
    assert position_defect(decoded(type=1, lat=42, lon=-190)[0]) == "bad_position"
    assert position_defect(decoded(type=1, lat=-90, lon=-180)[0]) is None


def test_what_is_not_available_is_none() -> None:
    heard = fix(speed=102.3, course=360, heading=511, status=15)
    assert (heard.sog_kn, heard.cog_deg, heard.heading_deg, heard.nav_status) == (None, None, None, None)
    assert fix(speed=102.2).sog_kn == 102.2
    assert fix(course=359.9).cog_deg == 359.9
    assert fix(course=409.5).cog_deg is None


def test_a_long_range_report_has_other_values_for_not_available() -> None:
    heard = fix(type=27, speed=63, course=511)
    assert (heard.sog_kn, heard.cog_deg, heard.heading_deg) == (None, None, None)
    assert fix(type=27, speed=62, course=359).sog_kn == 62
    assert fix(speed=63).sog_kn == 63


def test_a_search_and_rescue_aircraft_counts_whole_knots() -> None:
    assert fix(type=9, speed=100).sog_kn == 100
    assert fix(type=9, speed=168).sog_kn is None


def test_class_b_has_no_navigational_status() -> None:
    assert fix(type=18).nav_status is None


def test_a_static_report_says_what_the_ship_says() -> None:
    said = static(
        imo=9000003,
        ship_type=70,
        to_bow=100,
        to_stern=20,
        to_port=8,
        to_starboard=9,
        draught=7.5,
        destination="SOMEWHERE",
        month=3,
        day=2,
        hour=4,
        minute=5,
    )
    assert (said.imo_stated, said.name, said.callsign, said.ship_type) == (9000003, "GREY HERON", "X1", 70)
    assert (said.length_m, said.beam_m, said.draught_m) == (120, 17, 7.5)
    assert (said.destination, said.eta_md_hm) == ("SOMEWHERE", "03-02T04:05")


def test_a_static_report_that_says_nothing_is_all_none() -> None:
    said = static(shipname="", callsign="", month=0, day=0, hour=24, minute=60)
    assert (said.imo_stated, said.name, said.callsign, said.ship_type, said.length_m) == (None,) * 5
    assert (said.beam_m, said.draught_m, said.destination, said.eta_md_hm) == (None,) * 4


@pytest.mark.parametrize("part", [{"month": 0}, {"day": 0}, {"hour": 24}, {"minute": 60}, {"month": 13}])
def test_an_eta_with_a_part_missing_is_none(part: dict[str, int]) -> None:
    assert static(**{"month": 3, "day": 2, "hour": 4, "minute": 5} | part).eta_md_hm is None


def test_a_text_ends_at_the_first_at_sign() -> None:
    assert static(shipname="HERON@OLD NAME").name == "HERON"
    assert static(shipname="@OLD NAME").name is None


def test_class_b_says_its_name_and_its_size_in_two_parts() -> None:
    name = static(type=24, partno=0, shipname="GREY HERON")
    size = static(type=24, partno=1, callsign="X1", ship_type=37, to_bow=5, to_stern=6, to_port=1, to_starboard=2)
    assert (name.name, name.length_m, name.ship_type) == ("GREY HERON", None, None)
    assert (size.name, size.callsign, size.ship_type, size.length_m, size.beam_m) == (None, "X1", 37, 11, 3)


def test_an_auxiliary_craft_has_no_size_but_a_mother_ship() -> None:
    said = static(type=24, partno=1, mmsi=982000001, callsign="X1", ship_type=37, mothership_mmsi=MMSI)
    assert (said.callsign, said.length_m, said.beam_m) == ("X1", None, None)


def test_other_messages_report_nothing() -> None:
    assert reports(type=4, lat=42.0, lon=130.0) == []
