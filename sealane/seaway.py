"""Seaway: how far it is by sea from place to place, and how long that takes.

Between two ports of the table it is the way by water; else the great circle, which no ship can beat: a lower bound, so
that "too far" is never said of what a ship could have sailed.
"""

import msgspec

from geofences.zone import PortCode
from sealane.distance import KM_PER_NM, distance_km
from sealane.fix import Fix

Leg = tuple[PortCode, PortCode, float]  # two ports, and the nautical miles by water between them


class Spot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A place: a position, and the port it is in."""

    port: PortCode | None
    lat_deg: float
    lon_deg: float


class Seaways(msgspec.Struct, frozen=True, kw_only=True):
    """The ports of a corridor and the ways between them."""

    ports: dict[PortCode, Spot] = {}
    legs_nm: dict[tuple[PortCode, PortCode], float] = {}  # by water, in either direction

    def distance_nm(self, one: Spot, other: Spot) -> float:
        """Nautical miles from one place to another; within one port none."""
        if one.port is not None and other.port is not None:
            if one.port == other.port:
                return 0.0
            leg = self.legs_nm.get((one.port, other.port)) or self.legs_nm.get((other.port, one.port))
            if leg is not None:
                return leg
        return distance_km(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg) / KM_PER_NM

    def hours(self, one: Spot, other: Spot, speed_kn: float) -> float:
        """Hours of sailing at a speed in knots."""
        return self.distance_nm(one, other) / speed_kn


def spot_of(fix: Fix, port: PortCode | None) -> Spot:
    """Where a fix was; in a port, if it was heard there."""
    return Spot(port=port, lat_deg=fix.lat_deg, lon_deg=fix.lon_deg)
