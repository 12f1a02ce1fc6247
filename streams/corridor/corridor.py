"""The corridor: everything one corridor is followed, judged and shown by, read from the files its own file names.

The shipped corridor is read by the same code as an operator's own (`--config FILE`). Every mistake is a BadReference
that names file and entry. What the rules use is hashed: the fingerprint goes into the state digest.
"""

import hashlib
import os.path
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from geofences.chart import Chart
from geofences.errors import BadReference, did_you_mean
from geofences.zone import Polygon, Zone, area_of, citations_of, zones_of_all
from sealane.published import (
    AisUse,
    Conversion,
    Distance,
    Expenditure,
    Ice,
    Interference,
    ListedHull,
    Offensive,
    PortEntry,
    Published,
)
from sealane.rules import Limits, Rules
from sealane.seaway import Leg, Seaways, Spot
from sealane.surge import SurgeRule
from sealane.watchlist import Decoy, Vessel, Watchlist
from streams.corridor.config import Parts, read_config, shipped_path
from streams.corridor.listing import SurgeFile, WatchlistFile, surge_rules_of, watchlist_of
from streams.corridor.tables import cited, parse, shaped

Shape = TypeVar("Shape")

TOLD_BY = ("alert_renotify_h",)  # limits of when people are told: no standing object goes by them


class Corridor(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one corridor is followed, judged and shown by."""

    rules: Rules
    hulls: tuple[ListedHull, ...] = ()  # watched vessels and decoys, with what was published of them
    published: Published = Published()
    offensives: tuple[Offensive, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    expenditure: tuple[Expenditure, ...] = ()
    ports: tuple[PortEntry, ...] = ()
    ais: AisUse | None = None
    gnss_interference: tuple[Interference, ...] = ()
    sources: dict[str, str] = {}
    files: tuple[tuple[str, str], ...] = ()  # (file, SHA-256 of its bytes), as read

    def port_name(self, port: str) -> str:
        """The name a desk shows for a port."""
        return next((entry.name for entry in self.ports if entry.key == port), port)


class _SourcesFile(msgspec.Struct, frozen=True):
    sources: dict[str, str] = {}


class _Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown beside an alert. An alert says it in words, so words count."""

    offensives: tuple[Offensive, ...] = ()
    ice: tuple[Ice, ...] = ()


class _OffensivesFile(msgspec.Struct, frozen=True):
    offensives: tuple[Offensive, ...] = ()


class _ConversionsFile(msgspec.Struct, frozen=True):
    conversions: tuple[Conversion, ...] = ()


class _ExpenditureFile(msgspec.Struct, frozen=True):
    expenditure: tuple[Expenditure, ...] = ()


class _PortsFile(msgspec.Struct, frozen=True):
    ports: tuple[PortEntry, ...] = ()
    ice: tuple[Ice, ...] = ()
    ais: AisUse | None = None
    gnss_interference: tuple[Interference, ...] = ()


def load_corridor(path: Path | None = None) -> Corridor:
    """The corridor a file describes; without one, the shipped corridor. Raises BadReference."""
    file = path or shipped_path()
    config = read_config(file)
    if config.corridor is None:
        file = shipped_path()
    shelf = _Shelf(file)
    shelf.read(file.name, "")
    return _assemble(config.corridor or _shipped_parts(), config.rules, shelf)


def _shipped_parts() -> Parts:
    parts = read_config(shipped_path()).corridor
    assert parts is not None, "the shipped corridor has a [corridor] table"
    return parts


def _assemble(parts: Parts, limits: Limits, shelf: "_Shelf") -> Corridor:
    _, sources = shelf.tables(parts.sources, "corridor sources", _SourcesFile)
    _, offensives = shelf.tables(parts.offensives, "corridor offensives", _OffensivesFile)
    ports_in, ports = shelf.tables(parts.ports, "corridor ports", _PortsFile)
    listed_in, listed = shelf.tables(parts.watchlist, "corridor watchlist", WatchlistFile)
    surge_in, surge = shelf.tables(parts.surge, "corridor surge", SurgeFile)
    watchlist = watchlist_of(listed, listed_in) if parts.watchlist is not None else None
    published = shelf.tables(parts.published, "corridor published", Published)[1]
    surge_rules = surge_rules_of(surge, surge_in, offensives.offensives)
    _check_ice(ports, ports_in)
    beside = _Beside(offensives=named_by(surge_rules, offensives.offensives), ice=ports.ice)
    rules = _rules(parts, limits, shelf, watchlist, surge_rules, published.distances, beside)
    corridor = Corridor(
        rules=rules,
        hulls=listed.vessels + listed.decoys,
        published=published,
        offensives=offensives.offensives,
        conversions=shelf.tables(parts.conversions, "corridor conversions", _ConversionsFile)[1].conversions,
        expenditure=shelf.tables(parts.expenditure, "corridor expenditure", _ExpenditureFile)[1].expenditure,
        ports=ports.ports,
        ais=ports.ais,
        gnss_interference=ports.gnss_interference,
        sources=sources.sources | listed.sources | surge.sources,
        files=tuple(sorted(shelf.hashes.items())),
    )
    shelf.check_citations(corridor.sources)
    return corridor


def named_by(rules: tuple[SurgeRule, ...], offensives: tuple[Offensive, ...]) -> tuple[Offensive, ...]:
    """The offensives that surge rules name, by key."""
    named = {key for rule in rules for key in rule.offensives}
    return tuple(sorted((each for each in offensives if each.key in named), key=lambda each: each.key))


def _check_ice(ports: _PortsFile, file: str) -> None:
    known = {entry.key for entry in ports.ports}
    for number, each in enumerate(ports.ice, start=1):
        if each.port not in known:
            raise BadReference(
                file, f"ice {number}", f"port {each.port!r}", "a known one", did_you_mean(each.port, known)
            )


def _rules(
    parts: Parts,
    limits: Limits,
    shelf: "_Shelf",
    watchlist: Watchlist | None,
    surge: tuple[SurgeRule, ...],
    distances: tuple[Distance, ...],
    beside: _Beside,
) -> Rules:
    zones = zones_of_all([shelf.geojson(name, "corridor zones") for name in parts.zones])
    area = None
    if parts.area is not None:
        area_file, area_text = shelf.geojson(parts.area, "corridor area")
        area = area_of(area_text, area_file)
    return rules_of(
        corridor=parts.name,
        synthetic=parts.synthetic,
        limits=limits,
        zones=zones,
        area=area,
        watchlist=watchlist,
        surge=surge,
        legs=tuple((*each.ports, each.distance_nm) for each in distances),
        offensives=beside.offensives,
        ice=beside.ice,
    )


def rules_of(
    *,
    corridor: str,
    synthetic: bool,
    limits: Limits,
    zones: tuple[Zone, ...],
    area: tuple[Polygon, ...] | None,
    watchlist: Watchlist | None,
    surge: tuple[SurgeRule, ...],
    legs: tuple[Leg, ...] = (),
    offensives: tuple[Offensive, ...] = (),
    ice: tuple[Ice, ...] = (),
) -> Rules:
    """The rules that reference data amount to, with both of their hashes."""
    chart = Chart(
        zones,
        area,
        bands_km=(limits.call_margin_km, limits.call_far_km, limits.call_shift_max_km),
        near_km=limits.track_near_zone_km,
    )
    beside = _Beside(offensives=offensives, ice=tuple(each for each in ice if chart.role(each.port) == "discharge"))
    return Rules(
        corridor=corridor,
        synthetic=synthetic,
        limits=limits,
        chart=chart,
        seaways=seaways_of(chart, legs),
        watchlist=watchlist,
        surge=surge,
        offensives=beside.offensives,
        ice=beside.ice,
        followed_by=_hash({"limits": _followed_by(limits), "zones": _zones(zones)}),
        fingerprint=fingerprint(limits, zones, area, watchlist, surge, legs, beside),
    )


def seaways_of(chart: Chart, legs: tuple[Leg, ...]) -> Seaways:
    """The ports of a chart, each as the middle of its berths, and the ways by water that were measured."""
    spots = {}
    for port in chart.ports:
        lat_deg, lon_deg = chart.middle(port)
        spots[port] = Spot(port=port, lat_deg=lat_deg, lon_deg=lon_deg)
    return Seaways(ports=spots, legs_nm={(one, other): distance_nm for one, other, distance_nm in legs})


def fingerprint(
    limits: Limits,
    zones: tuple[Zone, ...],
    area: tuple[Polygon, ...] | None,
    watchlist: Watchlist | None,
    surge: tuple[SurgeRule, ...],
    legs: tuple[Leg, ...],
    beside: _Beside,
) -> str:
    """SHA-256 of what the rules use: not file names, formatting or order, nor words of quality, source and basis."""
    told = {
        "limits": {name: value for name, value in msgspec.to_builtins(limits).items() if name not in TOLD_BY},
        "zones": _zones(zones),
        "area": area,
        "watchlist": watchlist
        and {
            "vessels": _hulls(watchlist.vessels),
            "decoys": _hulls(watchlist.decoys),
        },
        "surge": sorted((_bare(rule) for rule in surge), key=lambda rule: str(rule["key"])),
        "legs": sorted((*sorted((one, other)), distance_nm) for one, other, distance_nm in legs),
        "beside": msgspec.to_builtins(beside),
    }
    return _hash(told)


def _followed_by(limits: Limits) -> dict[str, object]:
    """The limits of stage 1: those of track, segment, stop, port call and silence."""
    stages = ("track_", "segment_", "contested_", "call_", "stop_", "gap_", "identity_silence_")
    return {name: value for name, value in msgspec.to_builtins(limits).items() if name.startswith(stages)}


def _zones(zones: tuple[Zone, ...]) -> list[dict[str, object]]:
    return sorted((_bare(zone) for zone in zones), key=lambda zone: str(zone["key"]))


def _hulls(hulls: Sequence[Vessel | Decoy]) -> msgspec.Raw:
    """Hulls in the order of their numbers, one at a time: a watchlist may name a hundred thousand."""
    text = bytearray()
    for hull in sorted(hulls, key=lambda hull: str(hull.imo)):
        text += b"," if text else b"["
        text += msgspec.json.encode(_bare(hull), order="deterministic")
    return msgspec.Raw(bytes((text or b"[") + b"]"))


def _hash(told: dict[str, object]) -> str:
    return hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()


def _bare(entry: Zone | Vessel | Decoy | SurgeRule) -> dict[str, object]:
    words = ("quality", "source", "note", "basis")
    return {key: value for key, value in msgspec.to_builtins(entry).items() if key not in words}


class _Shelf:
    """The files of one corridor: read once each, their hashes and citations kept."""

    def __init__(self, config: Path) -> None:
        self.folder, self.config = config.parent, config
        self.hashes: dict[str, str] = {}
        self.cited: dict[tuple[str, str], str] = {}  # (file, source key): the entry that cites it first

    def read(self, name: str, part: str) -> tuple[str, bytes]:
        path = Path(os.path.normpath(self.folder / name))
        try:
            text = path.read_bytes()
        except OSError as error:
            read = f"{name!r} ({(error.strerror or 'unreadable').lower()})"
            raise BadReference(str(self.config), part, read, "a file", "paths are relative to this file") from None
        self.hashes[str(path)] = hashlib.sha256(text).hexdigest()
        return str(path), text

    def tables(self, name: str | None, part: str, shape: type[Shape]) -> tuple[str, Shape]:
        """A part's file as its Struct; a part left out is an empty one."""
        if name is None:
            return "", shaped({}, shape, "")
        file, text = self.read(name, part)
        table = parse(text, file)
        self._cite(file, cited(table))
        return file, shaped(table, shape, file)

    def geojson(self, name: str, part: str) -> tuple[str, bytes]:
        file, text = self.read(name, part)
        self._cite(file, ((entry, key) for _, entry, key in citations_of(text, file)))
        return file, text

    def _cite(self, file: str, citations: Iterable[tuple[str, str]]) -> None:
        for entry, key in citations:
            self.cited.setdefault((file, key), entry)

    def check_citations(self, sources: dict[str, str]) -> None:
        """Refuse a source key nobody explains; where a corridor has no sources at all, free text will do."""
        for (file, key), entry in self.cited.items():
            if sources and key not in sources:
                raise BadReference(file, entry, f"source {key!r}", "a key of [sources]", did_you_mean(key, sources))
