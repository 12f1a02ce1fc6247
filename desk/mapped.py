"""Mapped: everything the map shows of some days, as one GeoJSON document.

zones and ports of the corridor, tracks of watched hulls, sightings at their places, spots that ships were thrown onto;
and beside the features `not_drawn`: the ships that are not on the map, each with the reason.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from desk.geojson import placed
from desk.map_tracks import Heard, features_of, heard_in
from geofences.zone import PortCode, Zone
from streams.corridor.corridor import Corridor
from streams.ledger.ledger import Ledger
from streams.reading import Reading, Row
from streams.showing.state import shown
from streams.showing.wording import moment, words_for


async def mapped(ledger: Ledger, reading: Reading, first: datetime, last: datetime) -> Row:
    """The map of a reading from a time to a time."""
    limits = reading.corridor.rules.limits
    heard = await heard_in(ledger, reading, first, last)
    silent_after = timedelta(hours=limits.gap_in_port_h)
    features = [
        *_zones(reading.corridor),
        *_ports(reading.corridor),
        *_interferences(reading, first, last),
        *(feature for each in heard for feature in features_of(each, silent_after)),
        *_sightings(reading, first, last),
    ]
    return {
        "type": "FeatureCollection",
        "features": features,
        "from": int(first.timestamp()),
        "to": int(last.timestamp()),
        "speed_kn": limits.gap_speed_kn,
        "silent_after_h": limits.gap_in_port_h,
        "synthetic": reading.synthetic,
        "not_drawn": list(_not_drawn(reading, heard, first, last)),
    }


def _zones(corridor: Corridor) -> Iterator[Row]:
    for zone in corridor.rules.chart.zones:
        yield _feature({"type": "MultiPolygon", "coordinates": zone.polygons}, **_zone_words(zone, corridor))


def _zone_words(zone: Zone, corridor: Corridor) -> Row:
    return {
        "what": "zone",
        "kind": zone.kind,
        "role": zone.role,
        "name": f"{corridor.port_name(zone.port)}, {zone.kind}",
        "quality": zone.quality,
    }


def _ports(corridor: Corridor) -> Iterator[Row]:
    """Ports with a role in the corridor in the middle of their berths, others where they are listed."""
    chart = corridor.rules.chart
    listed = {entry.key: entry for entry in corridor.ports if entry.kind == "port"}
    for port in dict.fromkeys((*chart.ports, *listed)):
        entry = listed.get(port)
        position = chart.middle(port) if port in chart.ports else (entry.lat_deg, entry.lon_deg) if entry else ()
        if position and None not in position:
            lat_deg, lon_deg = position
            yield _feature(
                {"type": "Point", "coordinates": (lon_deg, lat_deg)},
                what="port",
                port=port,
                name=corridor.port_name(port),
                local=entry.local_name if entry else "",
                role=_role(port, corridor),
            )


def _role(port: PortCode, corridor: Corridor) -> str:
    return corridor.rules.chart.role(port) if port in corridor.rules.chart.ports else "other"


def _sightings(reading: Reading, first: datetime, last: datetime) -> Iterator[Row]:
    for sighted in reading.standing.sightings:
        seen = sighted.sighting
        positions = placed(seen.place, reading.corridor)
        if positions and seen.from_at <= last and seen.to_at >= first:
            yield _feature(
                {"type": "Point", "coordinates": positions[0]},
                what="sighting",
                id=sighted.id,
                name=words_for(sighted, reading.names, reading.corridor.port_name),
                from_at=int(seen.from_at.timestamp()),
                to_at=int(seen.to_at.timestamp()),
            )


def _interferences(reading: Reading, first: datetime, last: datetime) -> Iterator[Row]:
    for each in reading.standing.interferences:
        if each.from_at <= last and each.to_at >= first:
            yield _feature(
                {"type": "Point", "coordinates": (each.lon_deg, each.lat_deg)},
                what="interference",
                id=each.id,
                name=words_for(each, reading.names, reading.corridor.port_name),
            )


def _not_drawn(reading: Reading, heard: list[Heard], first: datetime, last: datetime) -> Iterator[Row]:
    """Watched ships that are not on the map, and why."""
    drawn = {each.imo for each in heard}
    watchlist = reading.corridor.rules.watchlist
    for vessel in watchlist.vessels if watchlist else ():
        if vessel.imo in drawn:
            continue
        bound = [each for each in reading.standing.identities if each.imo == vessel.imo]
        if not bound:
            why = "no radio is known to be hers: none stated her IMO number, nobody bound one to her"
        elif (before := [each.to_at for each in bound if each.from_at <= last]) and max(before) < first:
            why = f"last heard {moment(max(before))}"
        else:
            why = f"not heard from {moment(first)} to {moment(last)}"
        yield {"imo": vessel.imo, "name": vessel.name, "why": why}


def _feature(geometry: Row, **properties: object) -> Row:
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {key: shown(each) for key, each in properties.items()},
    }
