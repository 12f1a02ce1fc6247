"""Transmit: from a stretch of sailing to the lines two made-up receivers write down.

    stretch -> transmissions (positions, static data) -> receptions (one or two stations) -> NMEA lines with tag blocks

Each stretch carries its own chance, seeded by ship and start, so any part of the feed can be made without the rest.
Event time is the tag block's `c:`, when a station heard the message (ITU-R M.1371-5; tag blocks: NMEA 0183 v4).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache, reduce
from heapq import heappop, heappush
from itertools import count
from operator import xor
from random import Random
from typing import NamedTuple

from streams.demo.fleet import Hull
from streams.demo.payload import (
    COG_NOT_AVAILABLE,
    COG_UNITS,
    DEG_UNITS,
    DRAUGHT_UNITS,
    EPFD_GPS,
    POSITION,
    SOG_UNITS,
    STATIC,
    TURN_NOT_AVAILABLE,
    pack,
)
from streams.demo.sailing import Stretch
from streams.demo.seaways import FULL_CIRCLE_DEG, KM_PER_DEG_LAT, KM_PER_DEG_LON, Motion, motion_at

STATIONS = ("SYNTHETIC-1", "SYNTHETIC-2")
SECOND_STATION_SHARE = 0.1
SECOND_STATION_LATE_S = 2
STATIC_EVERY_S = 21_000  # 5 h 50 min, on one grid for a ship's whole life
STATIC_OFFSET_S = 1_700  # from one ship's grid to the next
EVERY_OFF_BY_S = 30
SOG_OFF_BY_KN, COG_OFF_BY_DEG, HEADING_OFF_BY_DEG = 0.2, 1.5, 2.0
CHANNELS = "AB"
TYPE_SCHEDULED, TYPE_ASKED, ASKED_SHARE = 1, 3, 0.1
TYPE_STATIC = 5
PART_CHARACTERS = 59  # of the first fragment: a sentence holds 82 characters
SEQUENCES = 10
METRES_PER_KM = 1000


class Transmission(NamedTuple):
    """One message on the air, in the order of time."""

    at_s: int
    mmsi: int
    payload: str
    fill: int


class Reception(NamedTuple):
    """One message as one station heard it, in the order of time."""

    at_s: int
    mmsi: int
    station: str
    payload: str
    fill: int


def receptions(stretches: Iterable[Stretch], seed: int, after: datetime | None = None) -> Iterator[Reception]:
    """What the stations hear of one ship, in order; stretches that ended before `after` are passed over."""
    late: list[Reception] = []
    for stretch in stretches:
        if after is not None and stretch.ends_at < after:
            continue
        chance = Random(f"{seed}/{stretch.hull.mmsi}/{_epoch_s(stretch.starts_at)}")
        for sent in transmissions(stretch, chance):
            while late and late[0].at_s <= sent.at_s:
                yield heappop(late)
            yield Reception(sent.at_s, sent.mmsi, STATIONS[0], sent.payload, sent.fill)
            if chance.random() < SECOND_STATION_SHARE:
                heard_s = sent.at_s + chance.randint(0, SECOND_STATION_LATE_S)
                heappush(late, Reception(heard_s, sent.mmsi, STATIONS[1], sent.payload, sent.fill))


def transmissions(stretch: Stretch, chance: Random) -> list[Transmission]:
    """Every message of one stretch, in order."""
    starts_s, ends_s = _epoch_s(stretch.starts_at), _epoch_s(stretch.ends_at)
    every_s = stretch.manner.every_s
    on_time_s = range(starts_s + every_s, ends_s - EVERY_OFF_BY_S, every_s)
    position_s = [starts_s, *(at_s + chance.randint(-EVERY_OFF_BY_S, EVERY_OFF_BY_S) for at_s in on_time_s)]
    offset_s = stretch.hull.berth * STATIC_OFFSET_S
    first_static_s = starts_s + (offset_s - starts_s) % STATIC_EVERY_S
    sent = [_position(stretch, at_s, chance) for at_s in position_s]
    return sorted(sent + [_static(stretch, at_s) for at_s in range(first_static_s, ends_s, STATIC_EVERY_S)])


def _position(stretch: Stretch, at_s: int, chance: Random) -> Transmission:
    motion = motion_at(stretch.path, at_s - _epoch_s(stretch.starts_at))
    off_by_km = stretch.manner.off_by_m / METRES_PER_KM
    lon_deg = motion.point[0] + chance.uniform(-off_by_km, off_by_km) / KM_PER_DEG_LON
    lat_deg = motion.point[1] + chance.uniform(-off_by_km, off_by_km) / KM_PER_DEG_LAT
    sog, cog, heading = _run(motion, stretch.heading_deg, chance)
    values = {
        "type": TYPE_ASKED if chance.random() < ASKED_SHARE else TYPE_SCHEDULED,
        "mmsi": stretch.hull.mmsi,
        "nav_status": stretch.manner.nav_status,
        "turn": TURN_NOT_AVAILABLE,
        "sog": sog,
        "accuracy": 1,
        "lon": round(lon_deg * DEG_UNITS),
        "lat": round(lat_deg * DEG_UNITS),
        "cog": cog,
        "heading": heading,
        "second": at_s % 60,
    }
    return Transmission(at_s, stretch.hull.mmsi, *pack(POSITION, values))


def _run(motion: Motion, lying_deg: int, chance: Random) -> tuple[int, int, int]:
    """Speed, course and heading as sent; a ship that lies still has no course."""
    if motion.cog_deg is None:
        return 0, COG_NOT_AVAILABLE, lying_deg
    cog_deg = motion.cog_deg + chance.uniform(-COG_OFF_BY_DEG, COG_OFF_BY_DEG)
    heading_deg = cog_deg + chance.uniform(-HEADING_OFF_BY_DEG, HEADING_OFF_BY_DEG)
    sog_kn = max(0.0, motion.sog_kn + chance.uniform(-SOG_OFF_BY_KN, SOG_OFF_BY_KN))
    cog = round(cog_deg * COG_UNITS) % (FULL_CIRCLE_DEG * COG_UNITS)
    return round(sog_kn * SOG_UNITS), cog, round(heading_deg) % FULL_CIRCLE_DEG


def _static(stretch: Stretch, at_s: int) -> Transmission:
    hull = stretch.hull
    draught_m = hull.laden_draught_m if stretch.laden else hull.ballast_draught_m
    eta = stretch.starts_at + timedelta(seconds=stretch.path.gate_in_s)  # lying, it stays what it was
    return Transmission(at_s, hull.mmsi, *_static_payload(hull, draught_m, stretch.destination, eta))


@lru_cache(maxsize=64)  # a ship repeats herself until something changes
def _static_payload(hull: Hull, draught_m: float, destination: str, eta: datetime) -> tuple[str, int]:
    values: dict[str, int | str] = {
        "type": TYPE_STATIC,
        "mmsi": hull.mmsi,
        "imo": hull.imo,
        "callsign": hull.callsign,
        "name": hull.name,
        "ship_type": hull.ship_type,
        "to_bow": hull.to_bow_m,
        "to_stern": hull.to_stern_m,
        "to_port": hull.to_port_m,
        "to_starboard": hull.to_starboard_m,
        "epfd": EPFD_GPS,
        "eta_month": eta.month,
        "eta_day": eta.day,
        "eta_hour": eta.hour,
        "eta_minute": eta.minute,
        "draught": round(draught_m * DRAUGHT_UNITS),
        "destination": destination,
    }
    return pack(STATIC, values)


def lines(heard: Iterable[Reception], first_group: int) -> Iterator[tuple[int, bytes]]:
    """Each line with its event time in seconds; the fragments of a message follow each other under one group."""
    groups = count(first_group)
    for reception in heard:
        channel = CHANNELS[reception.at_s % len(CHANNELS)]
        stamp = f"s:{reception.station},c:{reception.at_s}"
        if len(reception.payload) <= PART_CHARACTERS:
            yield reception.at_s, _line(stamp, f"AIVDM,1,1,,{channel},{reception.payload},{reception.fill}")
            continue
        group = next(groups)
        parts = ((reception.payload[:PART_CHARACTERS], 0), (reception.payload[PART_CHARACTERS:], reception.fill))
        for part, (payload, fill) in enumerate(parts, start=1):
            sentence = f"AIVDM,{len(parts)},{part},{group % SEQUENCES},{channel},{payload},{fill}"
            yield reception.at_s, _line(f"g:{part}-{len(parts)}-{group},{stamp}", sentence)


def _line(tags: str, sentence: str) -> bytes:
    return f"\\{tags}*{_checksum(tags):02X}\\!{sentence}*{_checksum(sentence):02X}\n".encode("ascii")


def _checksum(text: str) -> int:
    return reduce(xor, text.encode("ascii"))


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _epoch_s(at: datetime) -> int:
    return (at - EPOCH) // timedelta(seconds=1)
