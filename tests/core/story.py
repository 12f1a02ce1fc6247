"""Story: a port of one circle, ships that sail to it, and what they say, as fixes and as lines of NMEA.

A way is a list of marks (hours since the start, km north, km east of the port's centre); `sail` joins them by straight
legs and hears the ship every ten minutes. Ships, ports and numbers are made up.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil, cos, floor, hypot, pi, radians, sin
from typing import Any, NamedTuple, TypeVar

import msgspec

from geofences.chart import Chart
from geofences.zone import PortCode, Role, Zone
from sealane.decision import Action, Decision
from sealane.distance import EARTH_RADIUS_KM, KM_PER_NM
from sealane.fact import Fact
from sealane.fix import Fix, Mmsi
from sealane.heard import Hours
from sealane.judge import Standing
from sealane.portcall import PortCall
from sealane.rules import Limits, Rules
from sealane.sighting import SeenShip, Sighting
from sealane.stamp import unix_us
from sealane.static import Imo, StaticReport
from sealane.surge import SurgeRule
from sealane.watchlist import Vessel, Watchlist
from streams.corridor.corridor import seaways_of
from streams.demo.payload import POSITION, STATIC, pack
from streams.embedded import Embedded

START = datetime(2024, 5, 6, tzinfo=UTC)
KM_PER_DEG = EARTH_RADIUS_KM * pi / 180
MMSI, OTHER_MMSI = Mmsi(200000001), Mmsi(200000002)
IMO, OTHER_IMO = Imo(2000016), Imo(2000028)  # never issued; check digits right
NOT_AVAILABLE = {"sog": 1023, "cog": 3600, "heading": 511, "nav_status": 15}
POINTS = 90  # of a circle

Item = TypeVar("Item")
Report = Fix | StaticReport
Mark = tuple[float, float, float]  # hours since START, km north, km east


class Port(NamedTuple):
    """One circle, at a made-up place in the open ocean."""

    code: str = "perch"
    lat_deg: float = 30.0
    lon_deg: float = 150.0
    radius_km: float = 3.0
    role: Role = "other"

    def point(self, north_km: float, east_km: float) -> tuple[float, float]:
        """Latitude and longitude of a place by its distance from the centre."""
        lat_deg = self.lat_deg + north_km / KM_PER_DEG
        lon_deg = self.lon_deg + east_km / KM_PER_DEG / cos(radians(lat_deg))
        return lat_deg, (lon_deg + 180) % 360 - 180

    def zone(self) -> Zone:
        turns = [2 * pi * (point % POINTS) / POINTS for point in range(POINTS + 1)]
        lons = [self.radius_km * sin(turn) / KM_PER_DEG / cos(radians(self.lat_deg)) for turn in turns]
        lats = [self.radius_km * cos(turn) / KM_PER_DEG for turn in turns]
        ring = tuple((self.lon_deg + lon, self.lat_deg + lat) for lon, lat in zip(lons, lats, strict=True))
        return Zone(key=self.code, port=PortCode(self.code), role=self.role, polygons=((ring,),))


PORT = Port()
LOAD, DISCHARGE = Port("nest", role="load"), Port("reef", lat_deg=33.0, role="discharge")
VESSEL = Vessel(imo=IMO, name="GREY HERON")


class Spot(NamedTuple):
    """A ship heard once."""

    at: datetime
    lat_deg: float
    lon_deg: float
    sog_kn: float | None


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def sail(
    *marks: Mark, port: Port = PORT, every_min: float = 10, phase_min: float = 0, speed: bool = True
) -> tuple[Spot, ...]:
    """Heard regularly from the first mark to the last, both included where the phase allows."""
    heard: dict[datetime, Spot] = {}
    moments = [marks[0][0] * 60 + phase_min]
    while moments[-1] + every_min <= marks[-1][0] * 60 + 1e-6:
        moments.append(moments[-1] + every_min)
    for begin, end in pairwise(marks):
        span_h = end[0] - begin[0]
        pace_kn = hypot(end[1] - begin[1], end[2] - begin[2]) / span_h / KM_PER_NM
        for hours in (moment / 60 for moment in moments if begin[0] <= moment / 60 + 1e-6 and moment / 60 <= end[0]):
            share = (hours - begin[0]) / span_h
            lat_deg, lon_deg = port.point(
                *(one + share * (other - one) for one, other in zip(begin[1:], end[1:], strict=True))
            )
            heard.setdefault(at(hours), Spot(at(hours), lat_deg, lon_deg, round(pace_kn, 1) if speed else None))
    return tuple(heard.values())


def spot(hours: float, north_km: float, east_km: float = 0.0, sog_kn: float | None = 0.0, port: Port = PORT) -> Spot:
    return Spot(at(hours), *port.point(north_km, east_km), sog_kn)


def moor(begin_h: float, end_h: float, port: Port = PORT, north_km: float = 0.0) -> tuple[Spot, ...]:
    """Moored at one place, heard every ten minutes."""
    return sail((begin_h, north_km, 0.0), (end_h, north_km, 0.0), port=port)


def visit(begin_h: float, port: Port = PORT, stay_h: float = 10.0) -> tuple[Spot, ...]:
    """In from 30 km north, moored, out again: enters about an hour and a quarter after it begins."""
    ends_h = begin_h + 1.5 + stay_h
    return sail((begin_h, 30, 0), (begin_h + 1.5, 0, 0), (ends_h, 0, 0), (ends_h + 1.5, 30, 0), port=port)


def fixes(spots: Iterable[Spot], mmsi: int = MMSI, source: str = "north") -> tuple[Fix, ...]:
    return tuple(
        Fix(
            mmsi=Mmsi(mmsi),
            at=each.at,
            lat_deg=each.lat_deg,
            lon_deg=each.lon_deg,
            sog_kn=each.sog_kn,
            cog_deg=None,
            heading_deg=None,
            nav_status=None,
            payload=position_payload(each, mmsi)[0].encode(),
            source=source,
            stamped_by="tag_block",
            raw=(),
        )
        for each in spots
    )


def states(when: datetime, imo: int | None = IMO, mmsi: int = MMSI, **said: object) -> Report:
    """One message 5, to be told among fixes."""
    return statement(when, imo, mmsi, **said)


def statement(when: datetime, imo: int | None = IMO, mmsi: int = MMSI, **said: object) -> StaticReport:
    """One message 5."""
    fields = {"name": "GREY HERON", "callsign": "SYNTH", "length_m": 100, "beam_m": 20} | said
    unsaid = dict.fromkeys(("ship_type", "draught_m", "destination", "eta_md_hm"))
    content = f"{imo}{sorted(fields.items(), key=str)}".encode()
    whole = unsaid | fields | {"mmsi": mmsi, "at": when, "imo_stated": imo, "payload": content}
    return msgspec.convert(whole | {"source": "north", "stamped_by": "tag_block", "raw": ()}, StaticReport)


def rules_for(
    *ports: Port,
    watched: Sequence[Vessel] = (VESSEL,),
    surge: Sequence[SurgeRule] = (),
    limits: Limits = Limits(),  # noqa: B008 - a frozen value
) -> Rules:
    chart = Chart(tuple(port.zone() for port in ports or (PORT,)))
    return Rules(
        corridor="story",
        synthetic=True,
        limits=limits,
        chart=chart,
        seaways=seaways_of(chart, ()),
        watchlist=Watchlist(vessels=tuple(watched)),
        surge=tuple(surge),
        followed_by="",
        fingerprint="story",
    )


def settled(
    reports: Iterable[Report],
    rules: Rules,
    facts: Iterable[Fact] = (),
    heard: Iterable[tuple[float, float]] = (),
    until_h: float | None = None,
) -> Embedded:
    """Everything taken in and judged at once. `heard`: from which hour to which the station heard others."""
    hours = Hours()
    for from_h, to_h in heard:
        for hour in range(floor(from_h), ceil(to_h)):
            hours.add("north", unix_us(at(hour)))
    embedded = Embedded(rules, hours, None if until_h is None else at(until_h))
    embedded.take(reports)
    embedded.take_facts(facts)
    embedded.settle()
    return embedded


def standing(
    reports: Iterable[Report],
    rules: Rules,
    facts: Iterable[Fact] = (),
    heard: Iterable[tuple[float, float]] = (),
    until_h: float | None = None,
) -> Standing:
    return settled(reports, rules, facts, heard, until_h).standing


def seen(
    key: str, place: str, from_h: float, to_h: float, *ships: int, known_h: float | None = None, **told: str
) -> Sighting:
    """A sighting of some ships; known when it ended, unless told otherwise."""
    return Sighting(
        id=key,
        place=place,
        from_at=at(from_h),
        to_at=at(to_h),
        ships=tuple(SeenShip(imo=Imo(imo)) for imo in ships or (IMO,)),
        known_at=at(to_h if known_h is None else known_h),
        source="a picture",
        by="Kim",
        **told,
    )


def decides(key: str, action: Action, target: str, when_h: float = 1000.0, **told: Any) -> Decision:
    return Decision(id=key, action=action, target=target, by="Kim", at=at(when_h), reason="looked again", **told)


def calls(*ways: Sequence[Spot], port: Port = PORT, limits: Limits = Limits()) -> tuple[PortCall, ...]:  # noqa: B008
    """Every row that the fixes of one radio amount to, transits and unconfirmed ones too."""
    heard = [each for way in ways for each in fixes(way)]
    rows = standing(heard, rules_for(port, limits=limits)).calls
    return tuple(sorted((row.call for row in rows), key=lambda call: call.first_heard_at))


def counted(rows: Iterable[PortCall]) -> list[PortCall]:
    return [row for row in rows if row.status == "call"]


def the(rows: Sequence[Item]) -> Item:
    """The only one."""
    (row,) = rows
    return row


def position_payload(each: Spot, mmsi: int, kind: int = 1) -> tuple[str, int]:
    """Armoured payload and fill bits of a message 1, 2 or 3."""
    sog = 1023 if each.sog_kn is None else round(each.sog_kn * 10)
    place = {"lat": round(each.lat_deg * 600_000), "lon": round(each.lon_deg * 600_000)}
    return pack(POSITION, NOT_AVAILABLE | {"type": kind, "mmsi": mmsi, "sog": sog} | place)


def static_payload(imo: int, mmsi: int, name: str = "GREY HERON") -> tuple[str, int]:
    return pack(
        STATIC, {"type": 5, "mmsi": mmsi, "imo": imo, "name": name, "to_bow": 80, "to_stern": 20, "to_port": 20}
    )


def line(when: datetime, payload: str, fill: int = 0, station: str = "north") -> bytes:
    """One message as a line (or two, where it is long) with a tag block that stamps it."""
    parts = [payload[first : first + 56] for first in range(0, len(payload), 56)]
    group = int(when.timestamp())
    text = ""
    for number, part in enumerate(parts, start=1):
        last = number == len(parts)
        of = f"g:{number}-{len(parts)}-{group}," if len(parts) > 1 else ""
        tags = f"{of}s:{station},c:{int(when.timestamp())}"
        sequence = group % 10 if len(parts) > 1 else ""
        body = f"AIVDM,{len(parts)},{number},{sequence},A,{part},{fill if last else 0}"
        text += f"\\{tags}*{_checksum(tags)}\\!{body}*{_checksum(body)}\n"
    return text.encode()


def nmea(spots: Iterable[Spot], mmsi: int = MMSI) -> list[bytes]:
    """A line a spot."""
    return [line(each.at, *position_payload(each, mmsi)) for each in spots]


def _checksum(text: str) -> str:
    total = 0
    for character in text.encode():
        total ^= character
    return f"{total:02X}"
