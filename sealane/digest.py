"""State digest: one SHA-256 over the standing objects, so that two runs can be compared in a word.

Canonical JSON of the rules' and reference data's hash, `as_of` and every kind of standing object: rows in order of id,
times in whole seconds, keys sorted, no white space. Left out is what may differ between runs on one set of inputs:
revisions, superseded and retracted objects, known times, notifications, line accounts, raw lines; and names, which are
shown, not judged.
"""

import json
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from sealane.judge import Attributed, Standing

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The fields of each kind that the digest covers. A new field joins by being named here.
COVERED: dict[str, tuple[str, ...]] = {
    "calls": (
        "id", "mmsi", "port", "status", "confidence", "contested", "observed", "arrival_open", "arrived_at",
        "arrived_earliest_at", "first_heard_at", "last_heard_at", "departed_earliest_at", "departed_at", "stopped_s",
        "silence_s", "shifts",
    ),
    "identities": ("id", "imo", "mmsi", "from_at", "to_at", "by", "watched"),
    "conflicts": ("id", "kind", "imos", "mmsis", "from_at", "to_at"),
    "presences": (
        "id", "imo", "port", "strength", "first_known_at", "last_known_at", "arrived_at", "arrived_earliest_at",
        "departed_at", "calls",
    ),
    "deliveries": (
        "id", "imo", "grade", "load_port", "loaded_at", "discharge_port", "arrived_at", "arrival_earliest_at",
        "arrival_latest_at",
    ),
    "candidates": ("id", "mmsi", "load_port", "discharge_port", "load_call", "discharge_call"),
    "tallies": ("id", "low", "high", "confirmed", "probable", "possible"),
    "alerts": ("id", "rule", "severity", "window", "state", "count", "threshold", "fired_at", "resolved_at"),
}  # fmt: skip


def state_digest(standing: Standing, fingerprint: str) -> str:
    """The digest of a corridor's standing objects under the rules of that fingerprint, as 64 hex digits."""
    rows: dict[str, object] = {kind: _rows(getattr(standing, kind), fields) for kind, fields in COVERED.items()}
    rows["as_of"] = _plain(standing.as_of)
    rows["rules"] = fingerprint
    canonical = json.dumps(rows, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(canonical.encode()).hexdigest()


def _rows(objects: tuple[msgspec.Struct, ...], fields: tuple[str, ...]) -> list[dict[str, object]]:
    return sorted((_row(each, fields) for each in objects), key=lambda row: str(row["id"]))


def _row(each: msgspec.Struct, fields: tuple[str, ...]) -> dict[str, object]:
    if isinstance(each, Attributed):
        return _row(each.call, fields) | {"imo": each.imo}
    return {field: _plain(getattr(each, field)) for field in fields}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return (value - EPOCH).days * 86_400 + (value - EPOCH).seconds
    return list(value) if isinstance(value, tuple) else value
