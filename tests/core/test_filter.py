"""Who is followed, decided by fixed bits: exactly those that full decoding would follow."""

import pyais
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealane.filter import Watch, learn, why
from sealane.fragment import Whole
from sealane.message import Message, decode

LISTED, STRANGER = 200000001, 200000002  # made up
IMO, OTHER_IMO = 9000003, 9000015
AREA = (40.5, 43.5, 129.0, 134.0)
INSIDE, OUTSIDE = {"lat": 42.0, "lon": 131.0}, {"lat": 35.0, "lon": 131.0}
POSITION_TYPES = (1, 2, 3, 9, 18, 19, 27)


def in_area(lat_deg: float, lon_deg: float) -> bool:
    south, north, west, east = AREA
    return south <= lat_deg <= north and west <= lon_deg <= east


def watch() -> Watch:
    return Watch(mmsi=frozenset({LISTED}), imo=frozenset({IMO}), in_area=in_area)


def payload(**fields: str | int | float | bytes) -> bytes:
    """The first fragment's."""
    return pyais.encode_dict({"mmsi": STRANGER, **fields})[0].split(",")[5].encode()


@pytest.mark.parametrize("kind", [1, 4, 5, 18, 24, 27])
def test_a_listed_radio_is_followed_whatever_it_says(kind: int) -> None:
    assert why(payload(type=kind, mmsi=LISTED, **OUTSIDE), watch()) == "mmsi"


def test_a_message_5_with_a_watched_imo_number_is_followed() -> None:
    assert why(payload(type=5, imo=IMO), watch()) == "imo"
    assert why(payload(type=5, imo=OTHER_IMO), watch()) is None


@pytest.mark.parametrize("kind", POSITION_TYPES)
def test_every_ship_inside_the_area_is_followed(kind: int) -> None:
    assert why(payload(type=kind, **INSIDE), watch()) == "box"
    assert why(payload(type=kind, **OUTSIDE), watch()) is None


def test_no_position_is_in_no_area() -> None:
    anywhere = Watch(in_area=lambda _lat_deg, _lon_deg: True)
    assert why(payload(type=1, lat=91, lon=181), anywhere) is None


def test_a_radio_that_named_a_watched_imo_number_is_bound() -> None:
    watching = watch()
    learn(payload(type=5, imo=IMO), watching)
    assert watching.bound == {STRANGER}
    assert why(payload(type=1, **OUTSIDE), watching) == "mmsi"


@pytest.mark.parametrize("kind", [5, 19, 24])
def test_a_radio_met_inside_the_area_is_asked_for_its_name(kind: int) -> None:
    watching = watch()
    assert why(payload(type=kind, **OUTSIDE), watching) is None
    learn(payload(type=1, **INSIDE), watching)
    assert why(payload(type=kind, **OUTSIDE), watching) == "box"
    assert why(payload(type=1, **OUTSIDE), watching) is None


def test_a_short_or_empty_payload_is_nobodys() -> None:
    assert why(b"", watch()) is None
    assert why(b"1", watch()) is None


def followed_when_decoded(message: Message, watching: Watch) -> bool:
    lat_deg, lon_deg = message.lat_deg, message.lon_deg
    has_position = lat_deg is not None and lon_deg is not None and abs(lat_deg) <= 90 and abs(lon_deg) <= 180
    return (message.mmsi in (watching.mmsi or ()) or (message.type == 5 and message.imo in watching.imo)) or bool(
        has_position and in_area(lat_deg or 0.0, lon_deg or 0.0)
    )


@given(
    kind=st.sampled_from(POSITION_TYPES),
    mmsi=st.sampled_from([LISTED, STRANGER]),
    lat=st.floats(40.4999, 40.5001) | st.floats(-90, 90),
    lon=st.floats(133.9999, 134.0001) | st.floats(-180, 180),
)
def test_the_filter_equals_full_decoding(kind: int, mmsi: int, lat: float, lon: float) -> None:
    sent = payload(type=kind, mmsi=mmsi, lat=lat, lon=lon)
    message = decode(Whole(sent, 0, 0, None, None, None, ()))
    assert isinstance(message, Message)
    assert (why(sent, watch()) is not None) == followed_when_decoded(message, watch())
