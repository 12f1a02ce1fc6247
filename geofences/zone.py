"""A zone: one polygon of a port, read from GeoJSON (RFC 7946: longitude first, WGS 84 degrees, closed rings).

    berth, anchorage   a call begins inside either
    approach           never a call by itself: it may lead to two ports
    context            shown and kept near, never a call

Reading is strict, because a chart that is silently wrong makes every count after it wrong. A ring may cross the
antimeridian; it is held unwrapped, its longitudes running past 180. Foreign properties are left alone, misspelt ones
are not.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, NewType, cast, get_args

import msgspec
import shapely
from shapely.validation import explain_validity

from geofences.errors import BadReference, nearest, perhaps

PortCode = NewType("PortCode", str)
Kind = Literal["berth", "anchorage", "approach", "context"]
Role = Literal["load", "discharge", "other"]
Ring = tuple[tuple[float, float], ...]  # (longitude, latitude) in degrees; first point = last point
Polygon = tuple[Ring, ...]  # the shell, then its holes

KINDS: tuple[Kind, ...] = get_args(Kind)  # in order of precedence
ROLES: tuple[Role, ...] = get_args(Role)
PROPERTIES = ("port", "name", "key", "kind", "role", "quality", "source")
MISSPELT = 0.8  # a property so much like one of ours is taken for a slip, not for somebody else's
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # some editors begin a file with it
MIN_POINTS = 4
MAX_LON_DEG, MAX_LAT_DEG, TURN_DEG = 180.0, 90.0, 360.0
CROSSING_DEG = 270.0  # a side so long is drawn over the antimeridian, from 179 to -179; a shorter one is as written


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """One zone of a port."""

    key: str
    port: PortCode
    kind: Kind = "berth"
    role: Role = "other"
    quality: str = ""
    source: tuple[str, ...] = ()  # keys of the corridor's sources
    polygons: tuple[Polygon, ...]


class _Feature(msgspec.Struct, frozen=True, kw_only=True):
    """One feature, geometry checked, properties as read (names in lower case)."""

    file: str
    entry: str
    properties: Mapping[str, object]
    polygons: tuple[Polygon, ...]


def zones_of(geojson: bytes | Mapping[str, object], file: str) -> tuple[Zone, ...]:
    """The zones of one file. Raises BadReference naming file and feature."""
    return zones_of_all([(file, geojson)])


def zones_of_all(files: Iterable[tuple[str, bytes | Mapping[str, object]]]) -> tuple[Zone, ...]:
    """The zones of several files, keys unique and the roles of each port of one mind across all of them."""
    features = [feature for file, geojson in files for feature in _features(geojson, file)]
    roles: dict[str, str] = {}
    for feature in features:
        if "role" in feature.properties:
            port, role = _port(feature), _word(feature, "role", ROLES, "other")
            if roles.setdefault(port, role) != role:
                raise BadReference(
                    feature.file,
                    feature.entry,
                    f"role {role!r} for port {port!r}",
                    f"{roles[port]!r}, as another zone of this port says",
                    "give all zones of a port one role",
                )
    zones: dict[str, Zone] = {}
    for feature in features:
        zone = _zone(feature, roles, zones)
        if zone.key in zones:
            raise BadReference(feature.file, feature.entry, f"key {zone.key!r} a second time", "a key of its own")
        zones[zone.key] = zone
    return tuple(zones.values())


def area_of(geojson: bytes | Mapping[str, object], file: str) -> tuple[Polygon, ...]:
    """The polygons of an area: features of any properties, taken together.

    An area can span the globe where a port's zone never does: from 179 to -179 it is as written, the long way round.
    One that crosses the antimeridian is cut there, as RFC 7946 (3.1.9) has it.
    """
    return tuple(_as_written(polygon) for feature in _features(geojson, file) for polygon in feature.polygons)


def _as_written(polygon: Polygon) -> Polygon:
    return tuple(tuple((lon - TURN_DEG * round(lon / TURN_DEG), lat) for lon, lat in ring) for ring in polygon)


def citations_of(geojson: bytes, file: str) -> list[tuple[str, str, str]]:
    """Every (file, feature, source key) of one file."""
    return [(file, feature.entry, key) for feature in _features(geojson, file) for key in _source(feature)]


def _zone(feature: _Feature, roles: Mapping[str, str], taken: Mapping[str, Zone]) -> Zone:
    port = _port(feature)
    kind = cast(Kind, _word(feature, "kind", KINDS, "berth"))
    return Zone(
        key=_text(feature, "key") or _free_key(f"{port}_{kind}", taken),
        port=port,
        kind=kind,
        role=cast(Role, roles.get(port, "other")),
        quality=_text(feature, "quality"),
        source=_source(feature),
        polygons=feature.polygons,
    )


def _free_key(wanted: str, taken: Mapping[str, Zone]) -> str:
    key, number = wanted, 1
    while key in taken:
        number += 1
        key = f"{wanted}_{number}"
    return key


def _port(feature: _Feature) -> PortCode:
    text = _text(feature, "port") or _text(feature, "name")
    if not text:
        raise BadReference(feature.file, feature.entry, "no port", 'a property "port"', 'e.g. "port": "rajin"')
    if ":" in text or not text.isprintable():  # a port stands between colons in ids
        raise BadReference(feature.file, feature.entry, f"port {text!r}", "printable text without a colon")
    return PortCode(text)


def _text(feature: _Feature, name: str) -> str:
    value = feature.properties.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadReference(feature.file, feature.entry, f"{name} {value!r}", "text")
    return value.strip()


def _word(feature: _Feature, name: str, known: tuple[str, ...], default: str) -> str:
    word = _text(feature, name) or default
    if word not in known:
        expected = "one of " + ", ".join(known)
        raise BadReference(feature.file, feature.entry, f"{name} {word!r}", expected, perhaps(word, known))
    return word


def _source(feature: _Feature) -> tuple[str, ...]:
    value = feature.properties.get("source")
    if value is None:
        return ()
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise BadReference(feature.file, feature.entry, f"source {value!r}", "a source key or a list of them")
    return tuple(values)


def _features(geojson: bytes | Mapping[str, object], file: str) -> list[_Feature]:
    read: object = geojson
    if isinstance(geojson, bytes):
        try:
            read = msgspec.json.decode(geojson.removeprefix(BYTE_ORDER_MARK))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadReference(file, "", f"no JSON ({error})", "GeoJSON") from None
    kind = read.get("type") if isinstance(read, Mapping) else None
    if not isinstance(read, Mapping) or kind not in ("FeatureCollection", "Feature", "Polygon", "MultiPolygon"):
        found = f"type {kind!r}" if isinstance(read, Mapping) else type(read).__name__
        raise BadReference(file, "", found, "a GeoJSON FeatureCollection or Feature of polygons")
    listed = read.get("features") if kind == "FeatureCollection" else [read]
    if not isinstance(listed, list) or not listed:
        raise BadReference(file, "", "no features", "at least one polygon")
    return [_feature(one, number, file) for number, one in enumerate(listed, start=1)]


def _feature(read: object, number: int, file: str) -> _Feature:
    entry = f"feature {number}"
    if not isinstance(read, Mapping):
        raise BadReference(file, entry, type(read).__name__, "a GeoJSON Feature")
    stated = read.get("properties") or {}
    if not isinstance(stated, Mapping):
        raise BadReference(file, entry, f"properties {stated!r}", "an object")
    properties = {str(name).casefold(): value for name, value in stated.items()}
    label = properties.get("key") or properties.get("port") or properties.get("name")
    entry += f" ({label})" if label else ""
    for name in properties:
        meant = nearest(name, PROPERTIES, MISSPELT)
        if name not in PROPERTIES and meant:
            raise BadReference(file, entry, f"property {name!r}", f"{meant!r}", "rename or remove it")
    geometry = read.get("geometry") if read.get("type") == "Feature" else read
    return _Feature(file=file, entry=entry, properties=properties, polygons=_polygons(geometry, file, entry))


def _polygons(geometry: object, file: str, entry: str) -> tuple[Polygon, ...]:
    kind = geometry.get("type") if isinstance(geometry, Mapping) else None
    if not isinstance(geometry, Mapping) or kind not in ("Polygon", "MultiPolygon"):
        raise BadReference(file, entry, f"geometry {kind or 'none'}", "a Polygon or MultiPolygon", "draw it as an area")
    listed = geometry.get("coordinates")
    polygons = [listed] if kind == "Polygon" else listed
    if not isinstance(polygons, list) or not polygons:
        raise BadReference(file, entry, "no coordinates", "at least one polygon")
    return tuple(_polygon(rings, file, entry) for rings in polygons)


def _polygon(rings: object, file: str, entry: str) -> Polygon:
    if not isinstance(rings, list) or not rings:
        raise BadReference(file, entry, "a polygon without rings", "a closed ring of (longitude, latitude)")
    polygon = tuple(_ring(ring, file, entry) for ring in rings)
    shape = shapely.Polygon(polygon[0], polygon[1:])
    if not shape.is_valid:
        reason = explain_validity(shape)
        remedy = "draw the ring so that it never crosses or touches itself"
        raise BadReference(file, entry, f"a polygon that is not valid ({reason})", "a simple polygon", remedy)
    return polygon


def _ring(read: object, file: str, entry: str) -> Ring:
    if not isinstance(read, list) or len(read) < MIN_POINTS:
        found = f"{len(read)} points" if isinstance(read, list) else repr(read)
        raise BadReference(file, entry, f"a ring of {found}", f"at least {MIN_POINTS}, the last equal to the first")
    points = [_point(point, file, entry) for point in read]
    if points[0] != points[-1]:
        read_ends = f"a ring from {points[0]} to {points[-1]}"
        raise BadReference(file, entry, read_ends, "a closed ring", "repeat the first point at the end")
    return _unwrapped(points)


def _unwrapped(points: list[tuple[float, float]]) -> Ring:
    """The ring, longitudes running past 180 where it crosses the antimeridian; one that spans the globe as it is."""
    lons_deg = {lon_deg for lon_deg, _ in points}
    if {MAX_LON_DEG, -MAX_LON_DEG} <= lons_deg or max(lons_deg) - min(lons_deg) < CROSSING_DEG:
        return tuple(points)
    ring = points[:1]
    for lon_deg, lat_deg in points[1:]:
        back_deg = ring[-1][0] - lon_deg
        turns = round(back_deg / TURN_DEG) if abs(back_deg) > CROSSING_DEG else 0
        ring.append((lon_deg + TURN_DEG * turns, lat_deg))
    return tuple(ring)


def _point(read: object, file: str, entry: str) -> tuple[float, float]:
    numbers = read if isinstance(read, list) else []
    if len(numbers) < 2 or not all(type(number) in (int, float) for number in numbers):
        raise BadReference(file, entry, f"point {read!r}", "[longitude, latitude] in degrees")
    lon_deg, lat_deg = float(numbers[0]), float(numbers[1])
    if abs(lon_deg) <= MAX_LON_DEG and abs(lat_deg) <= MAX_LAT_DEG:
        return lon_deg, lat_deg
    swapped = abs(lon_deg) <= MAX_LAT_DEG and abs(lat_deg) <= MAX_LON_DEG
    remedy = "latitude and longitude look swapped: longitude comes first" if swapped else "use WGS 84 degrees"
    expected = "longitude in -180..180, latitude in -90..90"
    raise BadReference(file, entry, f"point [{lon_deg}, {lat_deg}]", expected, remedy)
