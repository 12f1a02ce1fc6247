"""The state of a replay as one JSON object: the contract of `replay --state` (docs/replay.md).

Fields never change meaning; new ones may come. Times are ISO 8601, UTC, ending in Z; null where unknown.
"""

from datetime import UTC, datetime

from sealane.account import Account
from sealane.judge import Attributed, Standing
from sealane.rules import Rules

SECONDS_PER_HOUR = 3600
HOURS_DIGITS = 2

# Which fields of a standing object are shown, kind by kind. Names with None are worked out in `_call`.
SHOWN: dict[str, tuple[str, ...]] = {
    "identities": ("id", "imo", "mmsi", "name", "callsign", "from_at", "to_at", "by", "watched"),
    "conflicts": ("id", "kind", "imos", "mmsis", "from_at", "to_at", "detail"),
    "presences": (
        "id", "imo", "port", "strength", "first_known_at", "last_known_at", "arrived_at", "arrived_earliest_at",
        "departed_at", "calls",
    ),
    "voyages": ("id", "imo", "from_port", "to_port", "departed_at", "last_known_at", "arrived_at", "first_known_at"),
    "candidates": ("id", "mmsi", "imo", "name", "load_port", "discharge_port", "load_call", "discharge_call"),
    "deliveries": (
        "id", "imo", "load_port", "loaded_at", "discharge_port", "arrived_at", "grade", "arrival_earliest_at",
        "arrival_latest_at", "load_presence", "discharge_presence",
    ),
    "tallies": ("month", "low", "high", "confirmed", "probable", "possible", "by_ship", "by_port"),
    "alerts": (
        "id", "rule", "severity", "window", "state", "count", "threshold", "fired_at", "resolved_at", "baseline",
        "poisson_tail", "deliveries", "offensives",
    ),
}  # fmt: skip
CALL = (
    "id", "mmsi", "port", "arrived_at", "arrived_earliest_at", "arrival_open", "first_heard_at", "last_heard_at",
    "departed_earliest_at", "departed_at", "status", "confidence", "contested", "observed", "shifts",
)  # fmt: skip


def state_of(standing: Standing, rules: Rules, account: Account, digest: str) -> dict[str, object]:
    """Everything that stands, the account of every line, and the digest."""
    names = names_of(standing, rules)
    state: dict[str, object] = {
        "corridor": rules.corridor,
        "synthetic": rules.synthetic,
        "lines": account.lines,
        "sentences": account.sentences,
        "untimed": account.untimed,
        "calls": [_call(each) for each in standing.calls],
    }
    for kind, fields in SHOWN.items():
        state[kind] = [_shown(each, fields) for each in getattr(standing, kind)]
    state["deliveries"] = [
        {**_shown(each, SHOWN["deliveries"]), "name": names.get(each.imo)} for each in standing.deliveries
    ]
    state["as_of"] = shown(standing.as_of)
    state["digest"] = digest
    return state


def names_of(standing: Standing, rules: Rules) -> dict[int, str]:
    """What a hull is called: its name on the watchlist, else the one it stated last."""
    names = {each.imo: each.name for each in standing.identities if each.name}
    names.update({vessel.imo: vessel.name for vessel in (rules.watchlist.vessels if rules.watchlist else ())})
    return {int(imo): name for imo, name in names.items()}


def shown(value: object) -> object:
    """A value as JSON shows it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return {str(key): shown(each) for key, each in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _shown(each: object, fields: tuple[str, ...]) -> dict[str, object]:
    return {field: shown(getattr(each, field)) for field in fields}


def _call(each: Attributed) -> dict[str, object]:
    call = each.call
    hours = round(call.stopped_s / SECONDS_PER_HOUR, HOURS_DIGITS)
    return {**_shown(call, CALL), "imo": each.imo, "stopped_h": hours}
