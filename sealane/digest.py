"""State digest: one SHA-256 over the standing objects, so that two runs can be compared in a word.

Canonical JSON of the rules' and reference data's hash, `as_of` and every kind of standing object: rows in order of id,
times in whole seconds, keys sorted, no white space. Left out is what may differ between runs on one set of inputs:
revisions, superseded and retracted objects, known times, notifications, acknowledgements and silences, line accounts,
raw lines; and names and reasons, which are shown, not judged.
"""

import json
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from sealane.attribution import Attributed
from sealane.decision import Decision
from sealane.gap import Hidden
from sealane.judge import Standing
from sealane.sighting import Sighting

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
    "interferences": ("id", "from_at", "to_at", "mmsis"),
    "gaps": ("id", "mmsi", "imo", "kind", "from_at", "to_at", "room_for", "hides", "too_short_for"),
    "sightings": ("id", "sighting", "port", "ships", "verdict", "contradicted"),
    "presences": (
        "id", "imo", "port", "basis", "strength", "first_known_at", "last_known_at", "arrived_at",
        "arrived_earliest_at", "departed_at", "calls", "sightings", "gaps", "needs",
    ),
    "deliveries": (
        "id", "imo", "grade", "machine_grade", "load_port", "load_ports", "loaded_at", "discharge_port",
        "discharge_ports", "arrived_at", "arrival_earliest_at", "arrival_latest_at", "gap", "needs",
    ),
    "candidates": ("id", "mmsi", "load_port", "discharge_port", "load_call", "discharge_call"),
    "tallies": ("id", "low", "high", "confirmed", "probable", "possible"),
    "alerts": ("id", "rule", "severity", "window", "state", "count", "threshold", "fired_at", "resolved_at"),
    "reports": ("id", "measure", "first_month", "last_month", "low", "high", "source"),
    "decisions": ("id", "decision", "means", "force"),
}  # fmt: skip

# What of a fact is covered: what it says, not when it became known, nor words about it.
TOLD: dict[type, tuple[str, ...]] = {
    Sighting: ("id", "place", "from_at", "to_at"),
    Decision: ("id", "action", "target", "by", "imo", "other"),
}
NOT_COVERED = ("acknowledge", "silence")  # what people do with alerts changes nothing that stands


def state_digest(standing: Standing, fingerprint: str) -> str:
    """The digest of a corridor's standing objects under the rules of that fingerprint, as 64 hex digits."""
    rows: dict[str, object] = {kind: _rows(getattr(standing, kind), fields) for kind, fields in COVERED.items()}
    rows["decisions"] = _rows(
        tuple(each for each in standing.decisions if each.decision.action not in NOT_COVERED), COVERED["decisions"]
    )
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
    match value:
        case datetime():
            return (value - EPOCH).days * 86_400 + (value - EPOCH).seconds
        case tuple():
            return [_plain(each) for each in value]
        case Hidden():
            return list(value.ports)  # the hours to spare come of a sum of sines and cosines: shown, not compared
        case Sighting() | Decision():
            return {field: _plain(getattr(value, field)) for field in TOLD[type(value)]}
        case _:
            return value
