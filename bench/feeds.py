"""Feeds: the reports and the lines that are measured. All made up, all the same on every run (seeded).

demo            the demo feed: 10 minutes apart, 19 months, ten radios
busy            one ship to and fro between two ports, every 10 minutes or every minute
two hulls       two such ships on one MMSI, in different ports at one time
at sea          one ship far from every zone, once an hour

sparse lines    200,000 lines of radios all over the world, one in a thousand of them on the corridor
"""

from datetime import UTC, datetime, timedelta
from functools import reduce
from math import atan2, cos, degrees, radians
from operator import xor
from pathlib import Path
from random import Random

from sealane.filter import watch_for
from sealane.fix import Fix, Mmsi
from sealane.listener import Listener
from sealane.rules import Rules
from sealane.scout import Scout
from sealane.static import StaticReport
from sealane.track import Track
from streams.demo import banner, feed
from streams.demo.payload import DEG_UNITS, POSITION, SOG_UNITS, pack
from streams.demo.seaways import FULL_CIRCLE_DEG, PLACES, Point

SEED = 64
BEGINS_AT = datetime(2024, 1, 1, tzinfo=UTC)
READ_AT = datetime(2026, 1, 1, tzinfo=UTC)
FIRST_MMSI = 700_000_001  # 7xx: no administration's; the ships are made up
FIXES = 40_000  # of a made-up track
MOORED_H, SAILING_H = 36, 18
MOORED_KN, SAILING_KN = 0.1, 11.0
SWING_DEG = 0.0004
OCEAN = (-30.0, 10.0)  # longitude, latitude of nowhere near
DRIFT_DEG = 0.05  # an hour
EAST_DEG = 90.0

SPARSE_LINES, ONE_IN = 200_000, 1_000
WORLD_RADIOS, CORRIDOR_RADIOS = 5_000, 20
WORLD_DEG = (-60.0, 60.0, -170.0, 100.0)  # south, north, west, east: the corridor lies east of it
CORRIDOR_DEG = (41.8, 42.6, 130.5, 132.5)
LINES_A_SECOND = 20
NOT_SAID = {"heading": 511, "second": 60, "turn": -128, "cog": 3600}

Reports = list[Fix | StaticReport]


def demo_lines() -> list[bytes]:
    return [banner(SEED), *feed(SEED)]


def reports_of(lines: list[bytes], rules: Rules) -> Reports:
    """What a replay takes from lines, in order."""
    watch = watch_for(rules.watchlist, rules.chart)
    scout, listener = Scout(watch), Listener(watch, feed="bench", read_at=READ_AT)
    for line in lines:
        scout.hear(line)
    return [report for line in lines for report in listener.hear(line)]


def kept_fixes(path: Path, rules: Rules) -> int:
    """How many fixes of a file are kept in tracks."""
    tracks: dict[Mmsi, Track] = {}
    for report in reports_of(path.read_bytes().splitlines(), rules):
        if isinstance(report, Fix):
            track = tracks.setdefault(report.mmsi, Track(report.mmsi))
            track.add_fix(report, rules.chart.place(report.lat_deg, report.lon_deg))
    return sum(len(track.fixes_of(day)) for track in tracks.values() for day in track.days)


def busy(every: timedelta, mmsi: int = FIRST_MMSI, ports: tuple[str, str] = ("rajin", "vostochny")) -> list[Fix]:
    """To and fro between two berths: moored 36 h, under way 18 h, in a straight line."""
    chance = Random(mmsi)
    one, other = (PLACES[port].channel[0] for port in ports)
    moored, sailing = timedelta(hours=MOORED_H), timedelta(hours=SAILING_H)
    fixes: list[Fix] = []
    for number in range(FIXES):
        trips, gone = divmod(every * number, moored + sailing)
        come, go = (other, one) if trips % 2 else (one, other)
        way = max(0.0, (gone - moored) / sailing)
        noise = chance.uniform(-SWING_DEG, SWING_DEG), chance.uniform(-SWING_DEG, SWING_DEG)
        point = tuple(a + (b - a) * way + off for a, b, off in zip(come, go, noise, strict=True))
        course_deg = degrees(atan2((go[0] - come[0]) * cos(radians(come[1])), go[1] - come[1])) % FULL_CIRCLE_DEG
        sog_kn = SAILING_KN if way else MOORED_KN
        fixes.append(_fix(mmsi, every * number, (point[0], point[1]), sog_kn, round(course_deg, 1)))
    return fixes


def two_hulls(every: timedelta) -> list[Fix]:
    """Two ships that say they are one."""
    both = busy(every) + busy(every, ports=("vostochny", "rajin"))
    return sorted(both, key=lambda fix: (fix.at, fix.payload))[:FIXES]


def at_sea() -> list[Fix]:
    """Half a day's drift out, half a day's back, once an hour, for years."""
    steps = (min(hour % 24, 24 - hour % 24) * DRIFT_DEG for hour in range(FIXES))
    return [
        _fix(FIRST_MMSI, timedelta(hours=hour), (OCEAN[0] + step, OCEAN[1]), SAILING_KN, EAST_DEG)
        for hour, step in enumerate(steps)
    ]


def _fix(mmsi: int, after: timedelta, point: Point, sog_kn: float, cog_deg: float) -> Fix:
    return Fix(
        mmsi=Mmsi(mmsi),
        at=BEGINS_AT + after,
        lat_deg=point[1],
        lon_deg=point[0],
        sog_kn=sog_kn,
        cog_deg=cog_deg,
        heading_deg=None,
        nav_status=None,
        payload=b"%d,%.6f,%.6f" % (after // timedelta(seconds=1), *point),
        source="bench",
        stamped_by="tag_block",
        raw=(),
    )


def write_sparse(path: Path) -> None:
    """200,000 lines with tag blocks, one in a thousand of a radio on the corridor."""
    chance, begins_s = Random(SEED), int(BEGINS_AT.timestamp())
    with path.open("wb") as out:
        for number in range(SPARSE_LINES):
            at_s = begins_s + number // LINES_A_SECOND
            out.write(sparse_line(chance, at_s, on_corridor=number % ONE_IN == 0))


def sparse_line(chance: Random, at_s: int, *, on_corridor: bool) -> bytes:
    """A position with a tag block: on the corridor, or anywhere else."""
    south, north, west, east = CORRIDOR_DEG if on_corridor else WORLD_DEG
    radios = (FIRST_MMSI, CORRIDOR_RADIOS) if on_corridor else (FIRST_MMSI + CORRIDOR_RADIOS, WORLD_RADIOS)
    said = {
        "type": 1,
        "mmsi": radios[0] + chance.randrange(radios[1]),
        "sog": int(chance.uniform(0, SAILING_KN) * SOG_UNITS),
        "lon": int(chance.uniform(west, east) * DEG_UNITS),
        "lat": int(chance.uniform(south, north) * DEG_UNITS),
    }
    payload, fill = pack(POSITION, NOT_SAID | said)
    tags, body = f"s:BENCH-{chance.randrange(9)},c:{at_s}".encode(), f"AIVDM,1,1,,A,{payload},{fill}".encode()
    return b"\\%b*%02X\\!%b*%02X\n" % (tags, reduce(xor, tags), body, reduce(xor, body))
