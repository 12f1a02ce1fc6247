"""Files: the demo as a folder, to be replayed like any recording of an operator's own.

    demo.nmea  truth.json  README.txt
    corridor.toml  zones.geojson  area.geojson  watchlist.toml  surge.toml  ports.toml  sources.toml

Zones, area, surge rules, names of ports and sources are those of the shipped corridor; the ships are made up, so the
watchlist is its own. It names no MMSI: which radio is whose has to be learned from message 5.
"""

from importlib.resources import files
from pathlib import Path

import msgspec

from streams.demo import DEFAULT_SEED, Trip, banner, feed, plan, truth
from streams.demo.fleet import WATCHED
from streams.demo.trips import STARTS_AT

SHIPPED = (
    ("geofences", "zones.geojson"),
    ("geofences", "area.geojson"),
    ("sealane", "reference/surge.toml"),
    ("sealane", "reference/ports.toml"),
    ("sealane", "reference/sources.toml"),
)

CORRIDOR = """\
# SYNTHETIC: made-up ships on the real corridor.
[corridor]
name = "{name}"
synthetic = true
zones = ["zones.geojson"]
area = "area.geojson"
watchlist = "watchlist.toml"
surge = "surge.toml"
ports = "ports.toml"
sources = "sources.toml"
"""

README = """\
SYNTHETIC. The ships in this folder are made up and none of their voyages was made.

They sail the real zones of Rajin, Dunai and Vostochny with the published monthly rhythm: 64 deliveries from September
2023 to March 2025. truth.json tells every planned trip and the count of each month; a replay should find the same:

    sealane replay demo.nmea --config corridor.toml

Seed {seed}. The same seed gives the same bytes.
"""


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay of the folder should find."""

    synthetic: bool = True
    seed: int
    months: dict[str, int]
    trips: tuple[Trip, ...]


def write(folder: Path, seed: int = DEFAULT_SEED) -> None:
    """Write the demo's folder, making it if need be; files of the same names are replaced."""
    write_corridor(folder, seed)
    with (folder / "demo.nmea").open("wb") as nmea:
        nmea.write(banner(seed))
        nmea.writelines(feed(seed))
    told = Truth(seed=seed, months=truth(seed), trips=plan(seed))
    (folder / "truth.json").write_bytes(msgspec.json.format(msgspec.json.encode(told)) + b"\n")
    _write_text(folder / "README.txt", README.replace("{seed}", str(seed)))


def name_of(seed: int) -> str:
    """The corridor's name: the ships of two seeds are not kept in one ledger."""
    return "demo" if seed == DEFAULT_SEED else f"demo-{seed}"


def write_corridor(folder: Path, seed: int = DEFAULT_SEED) -> Path:
    """Write the files of the demo's corridor alone, and say which of them names the others."""
    folder.mkdir(parents=True, exist_ok=True)
    for package, path in SHIPPED:
        shipped = files(package).joinpath(path)
        (folder / shipped.name).write_bytes(shipped.read_bytes())
    _write_text(folder / "watchlist.toml", _watchlist())
    return _write_text(folder / "corridor.toml", CORRIDOR.replace("{name}", name_of(seed)))


def _write_text(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _watchlist() -> str:
    since = STARTS_AT.date().isoformat()
    vessels = [
        f'[[vessels]]\nname = "{hull.name}"\nimo = {hull.imo}\nwatch = {{ from = {since} }}\nsource = ["made_up"]\n'
        for hull in WATCHED
    ]
    source = '[sources]\nmade_up = "SYNTHETIC: made up for the demo; no such ship exists"\n'
    return "\n".join(("# SYNTHETIC: no such ship exists.", source, *vessels))
