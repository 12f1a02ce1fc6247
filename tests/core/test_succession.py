"""What an id stands for once its own object is gone: as a decision's target is resolved, whatever the kind."""

from datetime import UTC, datetime, timedelta

import pytest

from geofences.zone import PortCode
from sealane.delivery import Delivery
from sealane.fix import Mmsi
from sealane.gap import Gap
from sealane.judge import Standing
from sealane.presence import Presence
from sealane.seaway import Spot
from sealane.static import Imo
from sealane.succession import stands_for

WITHIN = timedelta(hours=72)
BEGAN = datetime(2024, 3, 2, 22, tzinfo=UTC)
LOAD, DISCHARGE, IMO = PortCode("rajin"), PortCode("dunay"), Imo(2000016)
AT_SEA = Spot(port=None, lat_deg=42.0, lon_deg=131.0)


def presence(hours: float) -> Presence:
    at = BEGAN + timedelta(hours=hours)
    ends_at = at + timedelta(hours=10)
    return Presence(
        id=f"presence-{hours}",
        imo=IMO,
        port=LOAD,
        basis="observed",
        strength="strong",
        first_known_at=at,
        last_known_at=ends_at,
        here_by_at=at,
        here_until_at=ends_at,
    )


def gap(hours: float, lasted_h: float | None) -> Gap:
    at = BEGAN + timedelta(hours=hours)
    return Gap(
        id=f"gap-{hours}",
        mmsi=Mmsi(200000011),
        imo=IMO,
        kind="ship",
        from_at=at,
        to_at=None if lasted_h is None else at + timedelta(hours=lasted_h),
        begins=AT_SEA,
        ends=None,
        same_call=False,
        torn=False,
        room_for=0,
        hides=(),
        too_short_for=(),
        sources=(),
        heard_share=1.0,
        draught_before_m=None,
        draught_after_m=None,
    )


def delivery(arrives_h: float) -> Delivery:
    at = BEGAN + timedelta(hours=arrives_h)
    return Delivery(
        id="delivery-now",
        imo=IMO,
        grade="possible",
        load_port=LOAD,
        loaded_at=BEGAN,
        discharge_port=None,
        arrived_at=None,
        arrival_earliest_at=at,
        arrival_latest_at=at,
        load_presence=None,
        discharge_presence=None,
        load_ports=(LOAD,),
        discharge_ports=(DISCHARGE, PortCode("vostochny")),
    )


STANDING = Standing(
    as_of=BEGAN + timedelta(hours=200),
    presences=(presence(0), presence(60)),
    gaps=(gap(0, 10), gap(100, None)),
    deliveries=(delivery(30),),
)


@pytest.mark.parametrize(
    ("gone", "stands"),
    [
        ("presence:2000016:rajin:20240303T0100Z", "presence-0"),  # in its interval
        ("presence:2000016:rajin:20240304T1300Z", "presence-60"),  # the nearer of two
        ("presence:2000016:dunay:20240303T0100Z", None),  # another port
        ("presence:2000028:rajin:20240303T0100Z", None),  # another ship
        ("presence:2000016:rajin:20240401T0100Z", None),  # nothing near
        ("gap:200000011:20240303T0100Z", "gap-0"),
        ("gap:200000011:20240310T0000Z", "gap-100"),  # one that is open reaches to now
        ("gap:200000099:20240303T0100Z", None),
        ("delivery:demo:2000016:dunay:20240303T2300Z", "delivery-now"),  # any port it could be at
        ("delivery:demo:2000016:nakhodka:20240303T2300Z", None),
        ("alert:surge_month:2024-03", None),
        ("tally:2024-03", None),
        ("sighting:s1", None),
        ("", None),
        ("gap", None),
        ("call:x:y:z", None),
    ],
)
def test_an_id_stands_for_the_object_of_its_kind_ship_and_port_nearest_in_time(gone: str, stands: str | None):
    assert stands_for(gone, STANDING, WITHIN) == stands
