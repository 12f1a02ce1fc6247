"""Peers: what others make of the same fixes.

They live in a venv of their own, build/peers/, never in ours (docs/performance.md says how it is made): MovingPandas
(with pytz), and Global Fishing Watch's gpsdio-segment; libais is for ingest. A peer that is not there is left out, and
the table says so.
"""

import subprocess
from pathlib import Path

import msgspec

from geofences.zone import Zone
from sealane.fix import Fix

INTERPRETER = Path("build/peers/bin/python")
SCRIPT = Path(__file__).with_name("peer.py")
PEERS = {
    "MovingPandas": ("stops (0.5 km, 30 min) and their join with the zones; no segments, no entry or exit", "stops"),
    "gpsdio-segment": ("segments only (Global Fishing Watch's); no stops, no ports", "segments"),
}


class Answer(msgspec.Struct, frozen=True):
    """Median seconds, and how many of what it looks for: a peer that rejects its input is fast."""

    taken_s: float
    found: int


class Peer(msgspec.Struct, frozen=True):
    name: str
    does: str
    finds: str
    answer: Answer | None  # None: not installed


class Asked(msgspec.Struct, frozen=True):
    """What a peer is given: fixes as (MMSI, Unix time, latitude, longitude, speed, course), outer rings."""

    peer: str
    fixes: list[tuple[int, float, float, float, float | None, float | None]]
    rings: list[list[tuple[float, float]]]


def ask_peers(fixes: list[Fix], zones: tuple[Zone, ...]) -> list[Peer]:
    """What each peer takes and finds, measured by itself in its own process."""
    rows = [(int(fix.mmsi), fix.at.timestamp(), fix.lat_deg, fix.lon_deg, fix.sog_kn, fix.cog_deg) for fix in fixes]
    rings = [list(polygon[0]) for zone in zones for polygon in zone.polygons]
    return [Peer(name, does, finds, _ask(Asked(name, rows, rings))) for name, (does, finds) in PEERS.items()]


def _ask(asked: Asked) -> Answer | None:
    if not INTERPRETER.exists():
        return None
    command = [str(INTERPRETER), "-W", "ignore", str(SCRIPT)]
    answered = subprocess.run(command, input=msgspec.json.encode(asked), stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(answered.stdout, type=Answer | None)
