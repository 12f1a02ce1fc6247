"""Wording: one line of plain words for each event. Neutral: observed, inferred, reported; never cargo or intent."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sealane.alert import Alert
from sealane.attribution import Attributed
from sealane.candidate import Candidate
from sealane.conflict import IdentityConflict
from sealane.countreport import CountReport
from sealane.delivery import Delivery
from sealane.event import Event, StandingObject
from sealane.gap import Gap
from sealane.identity import Identity
from sealane.interference import Interference
from sealane.notification import Notification
from sealane.presence import Presence
from sealane.ruling import Ruling
from sealane.seen import Sighted
from sealane.tally import Tally
from sealane.voyage import Voyage
from streams.explain.room import hours_of, room_words

Names = Mapping[int, str]  # IMO number to ship's name
PortName = Callable[[str], str]

SYNTHETIC = "SYNTHETIC"
BECAME = {  # of an alert, by the kind of an event
    "AlertEscalated": "; escalated",
    "AlertResolved": "; resolved",
    "AlertRetracted": "; retracted, a correction took its ground away",
}


def line_of(event: Event, names: Names, port_name: PortName) -> str:
    """An event as one line: event time, kind, what happened; marked where the ships are made up."""
    mark = f"{SYNTHETIC} " if event.synthetic else ""
    supersedes = f"  (in place of {event.supersedes})" if event.supersedes else ""
    return f"{mark}{moment(event.at)}  {event.kind:<18} {words_of(event, names, port_name)}{supersedes}"


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%MZ")


def words_of(event: Event, names: Names, port_name: PortName) -> str:
    """What an event says, without its time and kind."""
    return words_for(event.object, names, port_name, event.kind)


def words_for(each: StandingObject | Notification, names: Names, port_name: PortName, kind: str = "") -> str:
    """What stands, in words; what became of it, where the kind of an event is given."""
    match each:
        case Attributed():
            return _call(kind, each, names, port_name)
        case Voyage() as voyage:
            return f"{_ship(voyage.imo, names)}: {port_name(voyage.from_port)} to {port_name(voyage.to_port)}"
        case Delivery() as delivery:
            load = _port(delivery.load_port, delivery.load_ports, port_name)
            discharge = _port(delivery.discharge_port, delivery.discharge_ports, port_name)
            hidden = ", inferred across a silence" if delivery.inferred else ""
            return f"{_ship(delivery.imo, names)}: {load} to {discharge}, {grade_words(delivery)}{hidden}"
        case Tally() as tally:
            spread = str(tally.low) if tally.low == tally.high else f"{tally.low} to {tally.high}"
            return f"{tally.month}: {spread} {_deliveries(tally.high)}"
        case Alert() as alert:
            return f"{alert_words(alert)}{BECAME.get(kind, '')}"
        case Gap() | Interference():
            return _of_silence(each, names, port_name, kind)
        case Sighted() | CountReport() | Ruling():
            return _told(each, names, port_name)
        case Notification() as notification:
            return notification.sentence
        case _:
            return _of_identity(each, names, port_name)


def _of_identity(each: Identity | IdentityConflict | Candidate, names: Names, port_name: PortName) -> str:
    match each:
        case Identity() as identity:
            return f"MMSI {identity.mmsi} is {_ship(identity.imo, names)} by {identity.by.replace('_', ' ')}"
        case IdentityConflict() as conflict:
            return f"MMSI {', '.join(map(str, conflict.mmsis))}: {conflict.detail}"
        case Candidate() as candidate:
            ship = candidate.name or f"MMSI {candidate.mmsi}"
            ports = f"{port_name(candidate.load_port)}, then {port_name(candidate.discharge_port)}"
            return f"{ship} (not on the watchlist) called at {ports}"


def _of_silence(each: Gap | Interference, names: Names, port_name: PortName, kind: str) -> str:
    """What was not heard, or not where it was."""
    match each:
        case Gap() as gap:
            return _gap(gap, names, port_name, kind)
        case Interference() as found:
            spot = f"{found.lat_deg:.3f}, {found.lon_deg:.3f}"
            when = f"between {moment(found.from_at)} and {moment(found.to_at)}"
            return f"{len(found.mmsis)} ships thrown onto one spot near {spot} {when}; fixes there are suspect"


def _gap(gap: Gap, names: Names, port_name: PortName, kind: str) -> str:
    ship, since = _ship(gap.imo, names), moment(gap.from_at)
    if kind == "GapRetracted":
        return f"{ship} was heard after {since} after all"
    if gap.to_at is None:
        return f"{ship} not heard since {since}: {room_words(gap, port_name)}"
    lasted = f"{hours_of(gap, gap.to_at):.0f} h"
    if kind == "GapClosed":
        return f"{ship} heard again after {lasted}: {room_words(gap, port_name)}"
    return f"{ship} not heard for {lasted} from {since} to {moment(gap.to_at)}: {room_words(gap, port_name)}"


def _told(each: Sighted | CountReport | Ruling, names: Names, port_name: PortName) -> str:
    """What people added."""
    match each:
        case Sighted() as sighted:
            return _sighted(sighted, names, port_name)
        case CountReport() as report:
            return _reported(report)
        case Ruling() as ruling:
            return _ruling(ruling)


def presence_words(presence: Presence, names: Names, port_name: PortName) -> str:
    """A presence by its grounds: a gap shows only that a ship could have been there, a sighting one moment of it."""
    ship, port = _ship(presence.imo, names), port_name(presence.port)
    between = f"{moment(presence.first_known_at)} and {moment(presence.last_known_at)}"
    what = {
        "inferred": f"{ship} could have been at {port} between {between}",
        "sighted": f"{ship} reported at {port} at some time between {between}",
        "decided": f"{ship} at {port} between {between} by an analyst's word",
        "observed": f"{ship} observed at {port} between {between}",
    }[presence.basis]
    return f"{what} ({presence.basis}, {presence.strength})"


def grade_words(delivery: Delivery) -> str:
    """A delivery's grade; where an analyst decided otherwise, the machine's beside it."""
    machine = delivery.machine_grade
    return delivery.grade if machine in (None, delivery.grade) else f"{delivery.grade} (machine: {machine})"


def alert_words(alert: Alert) -> str:
    """An alert as a sentence: count and limit, what is usual, and nothing of why."""
    return f"{alert.severity}: {alert.sentence or alert.id}"


def _deliveries(count: int) -> str:
    return "delivery" if count == 1 else "deliveries"


def _port(known: str | None, possible: Iterable[str], port_name: PortName) -> str:
    """A port; where it could be several, each of them."""
    return port_name(known) if known else " or ".join(map(port_name, possible)) or "a port not known"


def _sighted(each: Sighted, names: Names, port_name: PortName) -> str:
    seen = each.sighting
    ships = " or ".join(_ship(imo, names) for imo in each.ships) or "no ship of the watchlist"
    place = seen.place if each.port is None else port_name(each.port)
    verdict = f", {each.verdict}ed by an analyst" if each.verdict else ""
    when = f"between {moment(seen.from_at)} and {moment(seen.to_at)}"
    return f"{ships} reported at {place} {when} ({seen.method}, {seen.source or 'no source given'}){verdict}"


def _reported(report: CountReport) -> str:
    months = " to ".join(dict.fromkeys((report.first_month, report.last_month)))
    spread = f"{report.low} or more" if report.high is None else f"{report.low} to {report.high}"
    counted = str(report.low) if report.low == report.high else spread
    return f"{months}: {counted} {report.measure} published ({report.source or 'no source given'})"


def _ruling(ruling: Ruling) -> str:
    decision = ruling.decision
    means = f", which now means {ruling.means}" if ruling.means not in (None, decision.target) else ""
    force = ruling.force.replace("_", " ")
    return f"{decision.by}: {decision.action} {decision.target}{means} ({force}; {decision.reason})"


def _call(kind: str, each: Attributed, names: Names, port_name: PortName) -> str:
    call, port = each.call, port_name(each.call.port)
    ship = f"MMSI {call.mmsi}" if each.imo is None else _ship(each.imo, names)
    seen = "observed" if call.observed else "an end inferred across a silence"
    verb = {
        "PortCallStarted": f"was already inside {port}" if call.arrival_open else f"entered {port}",
        "PortCallEnded": f"left {port}",
        "PortCallRetracted": f"no longer at {port}",
    }.get(kind, f"at {port}")
    contested = ", contested" if call.contested else ""
    return f"{ship} {verb} ({call.status}, confidence {call.confidence}, {seen}{contested})"


def _ship(imo: int, names: Names) -> str:
    return names.get(imo, f"IMO {imo}")
