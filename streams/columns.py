"""Columns: which fields of a row a table shows, and in what words. All fields are in JSON and CSV."""

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
        "confidence": "confidence", "stopped h": "stopped_h", "contested": "contested", "id": "id",
    },
    "voyages": {
        "ship": "ship", "from": "from_port", "last known there": "last_known_at", "to": "to_port",
        "first known there": "first_known_at", "id": "id",
    },
    "deliveries": {
        "ship": "ship", "loaded at": "load_port", "until": "loaded_at", "discharged at": "discharge_port",
        "arrived": "arrived", "grade": "grade", "id": "id",
    },
    "tallies": {
        "month": "month", "low": "low", "high": "high", "confirmed": "confirmed", "probable": "probable",
        "possible": "possible", "by ship": "by_ship", "by port": "by_port",
    },
    "alerts": {
        "severity": "severity", "state": "state", "window": "window", "count": "count", "threshold": "threshold",
        "fired": "fired_at", "resolved": "resolved_at", "id": "id",
    },
    "candidates": {
        "ship": "ship", "imo": "imo", "mmsi": "mmsi", "load port": "load_port", "discharge port": "discharge_port",
        "id": "id",
    },
    "conflicts": {
        "kind": "kind", "imo": "imos", "mmsi": "mmsis", "from": "from_at", "to": "to_at", "detail": "detail",
        "id": "id",
    },
}  # fmt: skip
PORT_FIELDS = ("port", "from_port", "to_port", "load_port", "discharge_port", "last_port")


def in_words(row: Row, reading: Reading) -> Row:
    """A row in the words of a desk: ships and ports by name, times not observed as "by" the first that is known."""
    names, port_name = reading.names, reading.corridor.port_name
    cells = {field: port_name(str(value)) if field in PORT_FIELDS and value else value for field, value in row.items()}
    cells["ship"] = row.get("name") or (f"IMO {row['imo']}" if row.get("imo") else f"MMSI {row.get('mmsi')}")
    cells["arrived"] = _known(row, ("first_heard_at", "arrival_latest_at"), "arrived_at", "arrived_earliest_at")
    cells["departed"] = _known(row, ("departed_at",), "departed_at", "departed_earliest_at")
    if isinstance(ships := row.get("by_ship"), dict):
        cells["by_ship"] = {names.get(int(imo), f"IMO {imo}"): count for imo, count in ships.items()}
    if isinstance(ports := row.get("by_port"), dict):
        cells["by_port"] = {port_name(port): count for port, count in ports.items()}
    return cells


def _known(row: Row, latest: tuple[str, ...], observed: str, earliest: str) -> object:
    """A time that was observed, else "by" the latest it can be."""
    if row.get(observed) and not row.get(earliest):
        return row[observed]
    by = next((row[field] for field in latest if row.get(field)), None)
    return f"by {by}" if by else None
