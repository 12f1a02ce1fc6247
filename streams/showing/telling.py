"""Telling: an event read back from the chain, and its words. The chain tells objects as JSON, all that words need."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from sealane.alert import Alert
from sealane.attribution import Attributed
from sealane.candidate import Candidate
from sealane.conflict import IdentityConflict
from sealane.countreport import CountReport
from sealane.decision import Decision
from sealane.delivery import Delivery
from sealane.event import FAMILIES, NOTIFIED, StandingObject
from sealane.gap import Gap
from sealane.identity import Identity
from sealane.interference import Interference
from sealane.notification import Notification
from sealane.portcall import PortCall
from sealane.ruling import Ruling
from sealane.seen import Sighted
from sealane.sighting import Sighting
from sealane.stamp import EPOCH
from sealane.static import Imo
from sealane.tally import Tally
from sealane.voyage import Voyage
from streams import outage
from streams.ledger.chain import Entry
from streams.showing.state import SHOWN
from streams.showing.wording import SYNTHETIC, Names, PortName, moment, words_for

HASH_DIGITS = 12  # of a fingerprint shown to a person

Row = dict[str, object]


def _sighted(row: Row) -> Row:
    told = {field: row.get(field) for field in SHOWN[Sighting]}
    ends = {"from": row.get("from_at"), "to": row.get("to_at"), "ships": row.get("told_ships")}
    return {**row, "sighting": {"kind": "sighting", "id": row.get("id"), **told, **ends}}


def _ruled(row: Row) -> Row:
    told = {field: row.get(field) for field in (*SHOWN[Decision], "with")}
    return {**row, "decision": {"kind": "decision", "id": row.get("id"), **told}}


# The first word of a subject's id: what it is, and how its row becomes that. Fields of no concern to words are left out
# of rows or told otherwise.
SHAPE: Mapping[str, tuple[type[msgspec.Struct], Callable[[Row], Row]]] = {
    "call": (
        PortCall, lambda row: {**row, "segment": 0, "fixes": 0, "stopped_s": 0, "silence_s": 0, "evidence": ()}
    ),
    "voyage": (Voyage, lambda row: {**row, "presences": ("", "")}),
    "delivery": (Delivery, dict),
    "candidate": (Candidate, dict),
    "tally": (Tally, dict),
    "alert": (Alert, dict),
    "identity": (Identity, lambda row: {**row, "sure_from_at": EPOCH, "sure_to_at": EPOCH}),
    "conflict": (IdentityConflict, dict),
    "interference": (Interference, lambda row: {"radius_km": 0, **row}),
    "gap": (Gap, dict),
    "sighting": (Sighted, _sighted),
    "report": (CountReport, lambda row: {**row, "kind": "report"}),
    "decision": (Ruling, _ruled),
    "notification": (Notification, dict),
}  # fmt: skip
KINDS = frozenset(
    {kind for each in FAMILIES for kind in (each.appears, f"{each.stem}Revised", f"{each.stem}Retracted")}
    | {"PortCallEnded", "GapClosed", "AlertEscalated", "AlertResolved", NOTIFIED, "RulesChanged", *outage.KINDS}
)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One event as the chain has it."""

    sequence: int = 0
    hash: str = ""
    id: str
    kind: str
    schema: int
    subject: str
    revision: int
    at: datetime | None
    known_at: datetime | None
    observed: bool
    rests_on: tuple[str, ...]
    because: tuple[str, ...] = ()  # of what it rests on: what came, went or changed
    supersedes: str | None
    synthetic: bool
    cause: str | None = None  # "rebuild", where no input changed
    object: Row


def told(entry: Entry) -> Told:
    """The event of an entry."""
    event = msgspec.json.decode(entry.body, type=Told)
    return msgspec.structs.replace(event, sequence=entry.sequence, hash=entry.hash)


def object_of(event: Told) -> StandingObject | Notification | None:
    """The object as it stood after an event, as far as the chain tells it; None for what is none, such as rules."""
    noun = event.subject.partition(":")[0]
    if noun not in SHAPE:
        return None
    shape, as_stood = SHAPE[noun]
    try:
        each = msgspec.convert(as_stood(event.object), shape, strict=False)
    except msgspec.ValidationError:  # told by another version
        return None
    if isinstance(each, PortCall):
        return Attributed(call=each, imo=msgspec.convert(event.object.get("imo"), Imo | None))
    assert isinstance(each, StandingObject | Notification)
    return each


def words_of_told(event: Told, names: Names, port_name: PortName) -> str:
    """What an event says, without its time and kind."""
    each = object_of(event)
    if each is not None:
        return words_for(each, names, port_name, event.kind)
    if event.kind == "RulesChanged":
        before, after = (str(event.object.get(end))[:HASH_DIGITS] for end in ("before", "after"))
        return f"judged by other rules from here on: {after}, before {before}"
    if event.kind in outage.KINDS:
        return outage.outage_words(event.kind, event.object, event.at)
    return event.subject


def line_of_told(event: Told, names: Names, port_name: PortName) -> str:
    """An event as one line: sequence, event time, kind, what happened; marked where the ships are made up."""
    mark = f"{SYNTHETIC} " if event.synthetic else ""
    at = moment(event.at) if event.at else "-"
    supersedes = f"  (in place of {event.supersedes})" if event.supersedes else ""
    return f"{mark}{event.sequence:>7}  {at}  {event.kind:<18} {words_of_told(event, names, port_name)}{supersedes}"
