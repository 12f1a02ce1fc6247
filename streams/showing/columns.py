"""Columns: which fields of a row a table shows, and in what words. All fields are in JSON and CSV."""

import msgspec

from sealane.gap import Gap
from streams.explain.room import hours_of, room_words
from streams.reading import Reading, Row

# What a table shows of each kind: header and field.
COLUMNS: dict[str, dict[str, str]] = {
    "vessels": {
        "ship": "ship", "imo": "imo", "listed as": "listed_as", "mmsi": "mmsis", "heard from": "heard_from_at",
        "heard to": "heard_to_at", "last port": "last_port", "from": "last_port_from_at", "to": "last_port_to_at",
        "calls": "calls", "deliveries": "deliveries",
    },
    "calls": {
        "ship": "ship", "port": "port", "arrived": "arrived", "departed": "departed", "status": "status",
        "confidence": "confidence", "stopped h": "stopped_h", "doubt": "doubt", "id": "id",
    },
    "gaps": {
        "ship": "ship", "kind": "kind", "from": "from_at", "to": "until", "hours": "hours", "heard %": "heard",
        "what it leaves room for": "room", "id": "id",
    },
    "sightings": {
        "ships": "seen_ships", "place": "place", "from": "from_at", "to": "to_at", "method": "method",
        "source": "source", "by": "by", "known": "known_at", "stands": "stands", "id": "id",
    },
    "presences": {
        "ship": "ship", "port": "port", "basis": "basis", "strength": "strength", "from": "from_at", "to": "to_at",
        "id": "id",
    },
    "voyages": {
        "ship": "ship", "from": "from_port", "last known there": "last_known_at", "to": "to_port",
        "first known there": "first_known_at", "id": "id",
    },
    "deliveries": {
        "ship": "ship", "loaded at": "loaded_in", "until": "loaded_at", "discharged at": "discharged_in",
        "arrived": "arrived", "grade": "graded", "id": "id",
    },
    "tallies": {
        "month": "month", "low": "low", "high": "high", "confirmed": "confirmed", "probable": "probable",
        "possible": "possible", "published (minus tally)": "beside", "heard %": "heard_percent", "by ship": "by_ship",
        "by port": "by_port",
    },
    "alerts": {
        "severity": "severity", "state": "state", "fired": "fired_at", "resolved": "resolved_at", "what": "sentence",
        "by people": "handled", "id": "id",
    },
    "candidates": {
        "ship": "ship", "imo": "imo", "mmsi": "mmsi", "load port": "load_port", "discharge port": "discharge_port",
        "id": "id",
    },
    "decisions": {
        "at": "at", "by": "by", "action": "action", "means": "meant", "force": "in_force", "reason": "reason",
        "id": "id",
    },
    "conflicts": {
        "kind": "conflict", "imo": "imos", "mmsi": "mmsis", "from": "from_at", "to": "to_at", "detail": "detail",
        "id": "id",
    },
    "interferences": {
        "from": "from_at", "to": "to_at", "lat": "lat_deg", "lon": "lon_deg", "mmsi": "mmsis", "id": "id",
    },
}  # fmt: skip
PORT_FIELDS = ("port", "from_port", "to_port", "load_port", "discharge_port", "last_port")
PERCENT = 100


def in_words(kind: str, row: Row, reading: Reading) -> Row:
    """A row in the words of a desk: ships and ports by name, times not observed as "by" the first that is known."""
    names, port_name = reading.names, reading.corridor.port_name
    cells = {field: port_name(str(value)) if field in PORT_FIELDS and value else value for field, value in row.items()}
    cells["ship"] = row.get("name") or (f"IMO {row['imo']}" if row.get("imo") else f"MMSI {row.get('mmsi')}")
    cells["arrived"] = _known(row, ("first_heard_at", "arrival_latest_at"), "arrived_at", "arrived_earliest_at")
    cells["departed"] = _known(row, ("departed_at",), "departed_at", "departed_earliest_at")
    for field in ("by_ship", "heard_percent"):
        if isinstance(ships := row.get(field), dict):
            cells[field] = {names.get(int(imo), f"IMO {imo}"): count for imo, count in ships.items()}
    if isinstance(ports := row.get("by_port"), dict):
        cells["by_port"] = {port_name(port): count for port, count in ports.items()}
    return {**cells, **_OF_A_KIND[kind](row, reading)} if kind in _OF_A_KIND else cells


def _of_call(row: Row, reading: Reading) -> Row:
    del reading
    verdict = {"confirm": "confirmed by an analyst", "reject": "rejected by an analyst"}.get(str(row["verdict"]))
    doubts = [word for word in ("contested", "suspect") if row[word]]
    return {"doubt": ", ".join([*doubts, *([verdict] if verdict else [])])}


def _of_gap(row: Row, reading: Reading) -> Row:
    gap = msgspec.convert({field: row[field] for field in Gap.__struct_fields__}, Gap, strict=False)
    return {
        "until": row["to_at"] or "open",
        "hours": round(hours_of(gap, reading.standing.as_of or gap.from_at)),
        "heard": round(gap.heard_share * PERCENT),
        "room": room_words(gap, reading.corridor.port_name),
    }


def _of_sighting(row: Row, reading: Reading) -> Row:
    ships, contradicted = _list(row["ships"]), _list(row["contradicted"])
    verdict = {"confirm": "confirmed by an analyst", "reject": "rejected by an analyst"}.get(str(row["verdict"]))
    elsewhere = f"AIS shows {_ships(contradicted, reading)} elsewhere" if contradicted else None
    place = str(row["place"])
    return {
        "seen_ships": _ships(ships, reading) or "no ship",
        "place": reading.corridor.port_name(str(row["port"])) if row["port"] else place,
        "stands": ", ".join(filter(None, (verdict, elsewhere))) or "as told",
    }


def _of_delivery(row: Row, reading: Reading) -> Row:
    machine, grade = row["machine_grade"], row["grade"]
    return {
        "loaded_in": _ports(row["load_ports"], reading),
        "discharged_in": _ports(row["discharge_ports"], reading),
        "graded": grade if machine in (None, grade) else f"{grade} (machine: {machine})",
    }


def _of_tally(row: Row, reading: Reading) -> Row:
    del reading
    return {"beside": ", ".join(_claim(each) for each in _list(row["published"]))}


def _claim(each: object) -> str:
    """One published count, and how far it lies from the tally: claim minus tally."""
    assert isinstance(each, dict)
    low, high = each["low"], each["high"]
    count = f"{low} or more" if high is None else f"{low}" if low == high else f"{low}-{high}"
    apart = "" if each["gap"] is None else f" ({each['gap']:+d})" if each["gap"] else " (0)"
    return f"{each['series']} {count}{apart}"


def _of_alert(row: Row, reading: Reading) -> Row:
    del reading
    told = []
    for word in ("acknowledged", "silenced"):
        if isinstance(held := row[word], dict):
            until = f" until {held['until']}" if held.get("until") else ""
            told.append(f"{word} by {held['by']}{until}: {held['reason']}")
    return {"handled": "; ".join(told)}


def _of_decision(row: Row, reading: Reading) -> Row:
    del reading
    return {
        "meant": row["means"] or f"nothing near {row['target']}",
        "in_force": str(row["force"]).replace("_", " "),
    }


def _of_conflict(row: Row, reading: Reading) -> Row:
    del reading
    return {"conflict": str(row["kind"]).replace("_", " ")}


_OF_A_KIND = {
    "calls": _of_call,
    "gaps": _of_gap,
    "sightings": _of_sighting,
    "deliveries": _of_delivery,
    "tallies": _of_tally,
    "alerts": _of_alert,
    "decisions": _of_decision,
    "conflicts": _of_conflict,
}


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _ships(imos: list[object], reading: Reading) -> str:
    return " or ".join(reading.names.get(int(str(imo)), f"IMO {imo}") for imo in imos)


def _ports(ports: object, reading: Reading) -> str:
    """A port; where it is hidden, each it could be."""
    return " or ".join(reading.corridor.port_name(str(port)) for port in _list(ports))


def _known(row: Row, latest: tuple[str, ...], observed: str, earliest: str) -> object:
    """A time that was observed, else "by" the latest it can be."""
    if row.get(observed) and not row.get(earliest):
        return row[observed]
    by = next((row[field] for field in latest if row.get(field)), None)
    return f"by {by}" if by else None
