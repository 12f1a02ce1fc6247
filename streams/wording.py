"""Wording: one line of plain words for each event. Neutral: observed, inferred, reported; never cargo or intent."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sealane.alert import Alert
from sealane.candidate import Candidate
from sealane.delivery import Delivery
from sealane.event import Event, StandingObject
from sealane.identity import Identity, IdentityConflict
from sealane.judge import Attributed
from sealane.tally import Tally
from sealane.voyage import Voyage

Names = Mapping[int, str]  # IMO number to ship's name
PortName = Callable[[str], str]

SYNTHETIC = "SYNTHETIC"
ORDINALS = {1: "st", 2: "nd", 3: "rd"}


def line_of(event: Event, names: Names, port_name: PortName) -> str:
    """An event as one line: event time, kind, what happened; marked where the ships are made up."""
    mark = f"{SYNTHETIC} " if event.synthetic else ""
    supersedes = f"  (in place of {event.supersedes})" if event.supersedes else ""
    return f"{mark}{moment(event.at)}  {event.kind:<18} {words_of(event, names, port_name)}{supersedes}"


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%MZ")


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, ... 11th, 12th, 13th."""
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else ORDINALS.get(number % 10, 'th')}"


def words_of(event: Event, names: Names, port_name: PortName) -> str:
    """What an event says, without its time and kind."""
    return words_for(event.object, names, port_name, event.kind)


def words_for(each: StandingObject, names: Names, port_name: PortName, kind: str = "") -> str:
    """What stands, in words; what became of it, where the kind of an event is given."""
    match each:
        case Attributed():
            return _call(kind, each, names, port_name)
        case Voyage() as voyage:
            return f"{_ship(voyage.imo, names)}: {port_name(voyage.from_port)} to {port_name(voyage.to_port)}"
        case Delivery() as delivery:
            route = f"{port_name(delivery.load_port)} to {port_name(delivery.discharge_port)}"
            return f"{_ship(delivery.imo, names)}: {route}, {delivery.grade}"
        case Tally() as tally:
            spread = str(tally.low) if tally.low == tally.high else f"{tally.low} to {tally.high}"
            return f"{tally.month}: {spread} {_deliveries(tally.high)}"
        case Alert() as alert:
            return alert_words(alert)
        case Identity() as identity:
            return f"MMSI {identity.mmsi} is {_ship(identity.imo, names)} by {identity.by.replace('_', ' ')}"
        case IdentityConflict() as conflict:
            return f"MMSI {', '.join(map(str, conflict.mmsis))}: {conflict.detail}"
        case Candidate() as candidate:
            ship = candidate.name or f"MMSI {candidate.mmsi}"
            ports = f"{port_name(candidate.load_port)}, then {port_name(candidate.discharge_port)}"
            return f"{ship} (not on the watchlist) called at {ports}"


def alert_words(alert: Alert) -> str:
    """An alert as a sentence: count and limit, what is usual, and nothing of why."""
    if alert.severity == "lull":
        return f"lull: {alert.count} {_deliveries(alert.count)} in the {_window(alert.window)}"
    usual = "" if alert.baseline is None else f"; baseline {alert.baseline:g}"
    return (
        f"{alert.severity}: {ordinal(alert.count)} delivery of the {_window(alert.window)}; "
        f"threshold {alert.threshold}{usual}"
    )


def _deliveries(count: int) -> str:
    return "delivery" if count == 1 else "deliveries"


def _window(window: str) -> str:
    day, slash, days = window.partition("/P")
    return f"{days.removesuffix('D')} days around {day}" if slash else f"month {day}"


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
