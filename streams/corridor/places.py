"""Places: the names of places in the reference data, and what a person's word for one means.

rajin, Najin, KPRJN              a port's key, name, alias or UN/LOCODE; case and spaces do not matter
Vrangel Bay                      part of an alias such as "Wrangel/Vrangel Bay"
vostochny_container              a zone's key
42.75, 133.08                    latitude and longitude, degrees north and east
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from geofences.errors import BadReference, perhaps
from streams.corridor.corridor import Corridor

DEGREES = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*,\s*([+-]?\d+(?:\.\d+)?)\s*")
DEGREES_DIGITS = 5  # a metre
HIGHEST_LAT_DEG, HIGHEST_LON_DEG = 90.0, 180.0
APART = re.compile(r"\s*/\s*|\s+-\s+")  # what stands between two names in one alias
ASIDE = re.compile(r"\s*\([^)]*\)")


def place_of(word: str, corridor: Corridor, where: str, entry: str = "place") -> str:
    """A port's key, a zone's key or "lat,lon". Raises BadReference with the nearest known name."""
    if degrees := DEGREES.fullmatch(word):
        return _position(float(degrees[1]), float(degrees[2]), word, where, entry)
    known: dict[str, set[str]] = defaultdict(set)
    spelt: dict[str, str] = {}
    for name, key in _names(corridor):
        known[_folded(name)].add(key)
        spelt.setdefault(name.casefold(), key)
    meant = known.get(_folded(word), set())
    if len(meant) == 1:
        return meant.pop()
    if meant:
        raise BadReference(where, entry, repr(word), "one place", f"it may be {' or '.join(sorted(meant))}")
    ports = ", ".join(sorted({key for name, key in spelt.items() if name == key.casefold()}))
    remedy = perhaps(word, spelt) or f"known: {ports}"
    raise BadReference(where, entry, repr(word), 'a port, a zone, or "lat,lon" in degrees', remedy)


def _names(corridor: Corridor) -> Iterator[tuple[str, str]]:
    """Every name of every place, with the key it stands for."""
    for code in corridor.rules.chart.ports:
        yield code, code
    for entry in corridor.ports:
        for name in (entry.key, entry.name, *entry.aliases, *filter(None, (entry.locode,))):
            yield from ((part, entry.key) for part in _parts(name))
    ports = {entry.key for entry in corridor.ports} | set(corridor.rules.chart.ports)
    for zone in corridor.rules.chart.zones:
        if zone.key not in ports:  # a port and its only zone may share a key
            yield zone.key, zone.key


def _parts(name: str) -> Iterator[str]:
    """An alias, and each of the names in it: Wrangel/Vrangel Bay is Wrangel, Vrangel Bay and Wrangel Bay."""
    yield name
    bare = ASIDE.sub("", name).strip()
    parts = APART.split(bare)
    yield from parts
    *_, last = parts[-1].split()
    if len(parts) > 1 and len(parts[-1].split()) > 1:
        yield from (f"{part} {last}" for part in parts[:-1])


def _folded(name: str) -> str:
    return "".join(name.casefold().replace("_", " ").split())


def _position(lat_deg: float, lon_deg: float, word: str, where: str, entry: str) -> str:
    if abs(lat_deg) > HIGHEST_LAT_DEG or abs(lon_deg) > HIGHEST_LON_DEG:
        raise BadReference(where, entry, repr(word), "latitude -90 to 90, then longitude -180 to 180")
    return ",".join(f"{round(degrees, DEGREES_DIGITS) + 0.0:.{DEGREES_DIGITS}f}".rstrip("0").rstrip(".")
                    for degrees in (lat_deg, lon_deg))  # fmt: skip
