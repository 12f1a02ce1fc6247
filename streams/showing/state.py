"""The state of a replay as one JSON object: the contract of `replay --state` (docs/replay.md).

Fields never change meaning; new ones may come. Times are ISO 8601, UTC, ending in Z; null where unknown.
"""

from datetime import UTC, date, datetime

import msgspec

from sealane.account import Account
from sealane.alert import Alert
from sealane.attribution import Attributed
from sealane.candidate import Candidate
from sealane.claim import claim_of, claims_of
from sealane.conflict import IdentityConflict
from sealane.countreport import CountReport
from sealane.decision import Decision
from sealane.delivery import Delivery
from sealane.estimate import estimates_of
from sealane.event import Event, StandingObject
from sealane.fix import Fix
from sealane.gap import Gap
from sealane.identity import Identity
from sealane.interference import Interference
from sealane.judge import Standing
from sealane.notification import Notification
from sealane.presence import Presence
from sealane.reconcile import contradictions_of, reconciled
from sealane.rules import Rules
from sealane.ruling import Ruling
from sealane.seen import Sighted
from sealane.sighting import Sighting
from sealane.silence import Handling, muted
from sealane.tally import Tally
from sealane.voyage import Voyage
from streams.corridor.corridor import Corridor
from streams.showing.wording import Names

SECONDS_PER_HOUR = 3600
HOURS_DIGITS = 2

# Which fields of a standing object are shown, by its type.
SHOWN: dict[type, tuple[str, ...]] = {
    Identity: ("id", "imo", "mmsi", "name", "callsign", "from_at", "to_at", "by", "watched"),
    IdentityConflict: ("id", "kind", "imos", "mmsis", "from_at", "to_at", "detail"),
    Interference: ("id", "lat_deg", "lon_deg", "radius_km", "from_at", "to_at", "mmsis"),
    Gap: (
        "id", "mmsi", "imo", "kind", "from_at", "to_at", "room_for", "hides", "too_short_for", "same_call", "torn",
        "begins", "ends", "sources", "heard_share", "draught_before_m", "draught_after_m",
    ),
    Presence: (
        "id", "imo", "port", "basis", "strength", "first_known_at", "last_known_at", "here_by_at", "here_until_at",
        "arrived_at", "arrived_earliest_at", "departed_at", "calls", "rests_on",
    ),
    Voyage: ("id", "imo", "from_port", "to_port", "departed_at", "last_known_at", "arrived_at", "first_known_at"),
    Candidate: ("id", "mmsi", "imo", "name", "load_port", "discharge_port", "load_call", "discharge_call"),
    Delivery: (
        "id", "imo", "load_port", "load_ports", "loaded_at", "discharge_port", "discharge_ports", "arrived_at", "grade",
        "machine_grade", "arrival_earliest_at", "arrival_latest_at", "load_presence", "discharge_presence", "inferred",
        "gap", "room_for", "needs", "decisions", "rests_on",
    ),
    Tally: (
        "id", "month", "low", "high", "confirmed", "probable", "possible", "by_ship", "by_port", "deliveries",
        "heard_percent",
    ),
    Alert: (
        "id", "rule", "severity", "window", "state", "count", "threshold", "fired_at", "resolved_at", "baseline",
        "poisson_tail", "deliveries", "offensives", "grew_at", "escalations", "trailing_mean", "tied", "notes",
        "sentence",
    ),
    CountReport: (
        "id", "measure", "low", "high", "source", "by", "link", "note", "known_at",
    ),
    Sighting: ("place", "method", "source", "by", "link", "note", "known_at"),
    Notification: (
        "id", "alert", "reason", "at", "severity", "state", "count", "threshold", "escalations", "said", "sentence",
    ),
    Decision: ("action", "target", "by", "at", "reason", "imo", "until"),
}  # fmt: skip
KINDS = (
    "calls", "identities", "conflicts", "interferences", "gaps", "sightings", "presences", "voyages", "candidates",
    "deliveries", "tallies", "alerts", "reports", "decisions",
)  # fmt: skip
ENVELOPE = (
    "id", "kind", "schema", "subject", "revision", "at", "known_at", "observed", "rests_on", "because", "supersedes",
    "synthetic",
)  # fmt: skip
CALL = (
    "id", "mmsi", "port", "arrived_at", "arrived_earliest_at", "arrival_open", "first_heard_at", "last_heard_at",
    "departed_earliest_at", "departed_at", "status", "confidence", "contested", "observed", "shifts",
)  # fmt: skip

FIX = ("at", "lat_deg", "lon_deg", "sog_kn", "source", "stamped_by")


def state_of(standing: Standing, corridor: Corridor, account: Account, digest: str) -> dict[str, object]:
    """Everything that stands, what it amounts to beside published work, the account of every line, and the digest."""
    rules = corridor.rules
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
    handled = zip(standing.alerts, handlings_of(standing), strict=True)
    state["alerts"] = [{**row_of(alert, names), **handling} for alert, handling in handled]
    claims = (*claims_of(corridor.published), *(claim_of(report) for report in standing.reports))
    state["published"] = [shown(each) for each in reconciled(claims, standing.tallies)]
    state["contradictions"] = [shown(each) for each in contradictions_of(claims)]
    state["estimates"] = [shown(each) for each in estimates_of(standing.tallies, corridor.conversions)]
    state["as_of"] = shown(standing.as_of)
    state["digest"] = digest
    return state


def handlings_of(standing: Standing) -> list[dict[str, object]]:
    """What people did about each alert that stands, in order: who silenced it, until when, and who has seen it."""
    if standing.as_of is None:
        return []
    made = (ruling.decision for ruling in standing.decisions)
    held = {each.alert: each for each in muted(standing.alerts, made, standing.as_of)}
    return [handled_as(held.get(alert.id, Handling(alert=alert.id))) for alert in standing.alerts]


def handled_as(handling: Handling) -> dict[str, object]:
    """The fields of an alert's row that say how it was handled."""
    return {"acknowledged": shown(handling.acknowledged), "silenced": shown(handling.silenced)}


def names_of(standing: Standing, rules: Rules) -> Names:
    """What a hull is called: its name on the watchlist, else the one it stated last."""
    names = {each.imo: each.name for each in standing.identities if each.name}
    names.update({vessel.imo: vessel.name for vessel in (rules.watchlist.vessels if rules.watchlist else ())})
    return {int(imo): name for imo, name in names.items()}


def shown(value: object) -> object:
    """A value as JSON shows it."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case dict():
            return {str(key): shown(each) for key, each in value.items()}
        case tuple() | list():
            return [shown(each) for each in value]
        case date():
            return value.isoformat()
        case msgspec.Struct():
            names = zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
            return {name: shown(getattr(value, field)) for field, name in names}
        case _:
            return value


def event_of(event: Event, names: Names) -> dict[str, object]:
    """An event as JSON: its envelope, and the object as it stands after it."""
    envelope = {field: shown(getattr(event, field)) for field in ENVELOPE}
    return {**envelope, "object": row_of(event.object, names)}


def row_of(each: StandingObject | Presence | Notification, names: Names) -> dict[str, object]:
    """A standing object as JSON."""
    match each:
        case Attributed():
            return _call(each)
        case Sighted():
            return _sighted(each)
        case Ruling():
            row = {"id": each.id, **_fields(each.decision), "with": each.decision.other}
            return {**row, "means": each.means, "force": each.force}
        case CountReport():
            return {**_fields(each), "from": each.first_month, "to": each.last_month}
        case Presence():
            return {**_fields(each), "from_at": shown(each.first_known_at), "to_at": shown(each.last_known_at)}
        case IdentityConflict():
            first = {"mmsi": next(iter(each.mmsis), None), "imo": next(iter(each.imos), None)}
            return {**_fields(each), **first}
        case Delivery():
            return {**_fields(each), "name": names.get(each.imo), "reasons": shown(each.reasons)}
        case _:
            return _fields(each)


def _fields(each: msgspec.Struct) -> dict[str, object]:
    return {field: shown(getattr(each, field)) for field in SHOWN[type(each)]}


def _sighted(each: Sighted) -> dict[str, object]:
    """A sighting as it was told, and as it stands."""
    seen = each.sighting
    return {
        "id": each.id,
        **_fields(seen),
        "from_at": shown(seen.from_at),
        "to_at": shown(seen.to_at),
        "told_ships": [shown(ship) for ship in seen.ships],
        "port": each.port,
        "ships": list(each.ships),
        "verdict": each.verdict,
        "contradicted": list(each.contradicted),
        "decisions": list(each.decisions),
    }


def _call(each: Attributed) -> dict[str, object]:
    call = each.call
    return {
        **{field: shown(getattr(call, field)) for field in CALL},
        "imo": each.imo,
        "suspect": each.suspect,
        "verdict": each.verdict,
        "decisions": list(each.decisions),
        "stopped_h": round(call.stopped_s / SECONDS_PER_HOUR, HOURS_DIGITS),
        "evidence": [{"kind": evidence.kind, **fix_as(evidence.fix)} for evidence in call.evidence],
    }


def fix_as(fix: Fix) -> dict[str, object]:
    """A fix down to its sentences as received."""
    return {
        **{field: shown(getattr(fix, field)) for field in FIX},
        "raw": [sentence.decode("ascii", "backslashreplace") for sentence in fix.raw],
    }
