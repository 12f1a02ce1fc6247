"""The state of a replay as one JSON object: the contract of `replay --state` (docs/replay.md).

Fields never change meaning; new ones may come. Times are ISO 8601, UTC, ending in Z; null where unknown.
"""

from datetime import UTC, datetime

from sealane.account import Account
from sealane.alert import Alert
from sealane.candidate import Candidate
from sealane.delivery import Delivery
from sealane.event import Event, StandingObject
from sealane.fix import Fix
from sealane.identity import Identity, IdentityConflict
from sealane.judge import Attributed, Standing
from sealane.presence import Presence
from sealane.rules import Rules
from sealane.tally import Tally
from sealane.voyage import Voyage
from streams.wording import Names

SECONDS_PER_HOUR = 3600
HOURS_DIGITS = 2

# Which fields of a standing object are shown, by its type.
SHOWN: dict[type, tuple[str, ...]] = {
    Identity: ("id", "imo", "mmsi", "name", "callsign", "from_at", "to_at", "by", "watched"),
    IdentityConflict: ("id", "kind", "imos", "mmsis", "from_at", "to_at", "detail"),
    Presence: (
        "id", "imo", "port", "strength", "first_known_at", "last_known_at", "arrived_at", "arrived_earliest_at",
        "departed_at", "calls",
    ),
    Voyage: ("id", "imo", "from_port", "to_port", "departed_at", "last_known_at", "arrived_at", "first_known_at"),
    Candidate: ("id", "mmsi", "imo", "name", "load_port", "discharge_port", "load_call", "discharge_call"),
    Delivery: (
        "id", "imo", "load_port", "loaded_at", "discharge_port", "arrived_at", "grade", "arrival_earliest_at",
        "arrival_latest_at", "load_presence", "discharge_presence",
    ),
    Tally: ("id", "month", "low", "high", "confirmed", "probable", "possible", "by_ship", "by_port", "deliveries"),
    Alert: (
        "id", "rule", "severity", "window", "state", "count", "threshold", "fired_at", "resolved_at", "baseline",
        "poisson_tail", "deliveries", "offensives",
    ),
}  # fmt: skip
KINDS = (
    "calls", "identities", "conflicts", "presences", "voyages", "candidates", "deliveries", "tallies", "alerts",
)  # fmt: skip
ENVELOPE = (
    "id", "kind", "schema", "subject", "revision", "at", "known_at", "observed", "rests_on", "supersedes", "synthetic",
)  # fmt: skip
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
    }
    for kind in KINDS:
        state[kind] = [row_of(each, names) for each in getattr(standing, kind)]
    state["as_of"] = shown(standing.as_of)
    state["digest"] = digest
    return state


def names_of(standing: Standing, rules: Rules) -> Names:
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


def event_of(event: Event, names: Names) -> dict[str, object]:
    """An event as JSON: its envelope, and the object as it stands after it."""
    envelope = {field: shown(getattr(event, field)) for field in ENVELOPE}
    return {**envelope, "object": row_of(event.object, names)}


def row_of(each: StandingObject | Presence, names: Names) -> dict[str, object]:
    """A standing object as JSON."""
    if isinstance(each, Attributed):
        return _call(each)
    row = {field: shown(getattr(each, field)) for field in SHOWN[type(each)]}
    return {**row, "name": names.get(each.imo)} if isinstance(each, Delivery) else row


def _call(each: Attributed) -> dict[str, object]:
    call = each.call
    return {
        **{field: shown(getattr(call, field)) for field in CALL},
        "imo": each.imo,
        "stopped_h": round(call.stopped_s / SECONDS_PER_HOUR, HOURS_DIGITS),
        "evidence": [{"kind": evidence.kind, **_fix(evidence.fix)} for evidence in call.evidence],
    }


def _fix(fix: Fix) -> dict[str, object]:
    """A fix down to its sentences as received."""
    return {
        **{
            field: shown(getattr(fix, field))
            for field in ("at", "lat_deg", "lon_deg", "sog_kn", "source", "stamped_by")
        },
        "raw": [sentence.decode("ascii", "backslashreplace") for sentence in fix.raw],
    }
