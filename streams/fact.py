"""A fact as a person gave it: normalised, and held against the reference data; or refused, with what is wrong.

Times become UTC, places their keys, texts lose the white space around them. One way for files and commands alike: what
either refuses is a BadReference that says what was read and what was expected.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from geofences.errors import BadReference, nearest, perhaps
from sealane.binding import Binding
from sealane.countreport import CountReport
from sealane.decision import Decision
from sealane.fact import Fact
from sealane.listener import LATEST_AFTER_READING
from sealane.sighting import Sighting
from sealane.static import Imo, imo_is_valid
from sealane.tally import month_begins
from streams.corridor.corridor import Corridor
from streams.corridor.listing import HIGHEST_MMSI
from streams.corridor.places import place_of
from streams.corridor.tables import shaped

KINDS: dict[str, type[Fact]] = {
    "sighting": Sighting,
    "report": CountReport,
    "decision": Decision,
    "binding": Binding,
}
TIMES = ("from", "to", "known_at", "at", "until")
OPEN = {("binding", "from"), ("binding", "to"), ("decision", "until")}  # those that may be null
ACTIONS = {"reattribute": "re-attribute", "re_attribute": "re-attribute"}  # other spellings
NEEDS = {"re-attribute": ("imo", "imo"), "merge": ("with", "other"), "silence": ("until", "until")}
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
A_TIME = "a time with its zone, such as 2024-03-02T22:00:00Z"
MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])")
A_MONTH = "a month, such as 2024-02"
LONGEST_ID = 200  # characters
HIGHEST_COUNT = 1_000_000
DIGEST_DIGITS = 12
UNNAMED = "unnamed"  # until its id is made

Table = dict[str, object]


def fact_of(table: Table, corridor: Corridor, now: datetime, where: str) -> Fact:
    """One fact as a person gave it, normalised. Raises BadReference."""
    given = {**table}
    kind = given.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadReference(where, "kind", repr(kind), f"one of {', '.join(KINDS)}", perhaps(str(kind), KINDS))
    if isinstance(action := given.get("action"), str):
        given["action"] = ACTIONS.get(action, action)
    for name in TIMES:
        if name in given:
            given[name] = _timed(kind, name, given[name], where)
    fact = _stripped(shaped(given, KINDS[kind], where))
    _check_known(fact, now, where)
    return _CHECKS[type(fact)](fact, corridor, where)


def fact_given(table: Table, corridor: Corridor, now: datetime, where: str) -> Fact:
    """One fact as a person gave it; without an id it gets one made of what it says, not of when it became known."""
    given = {name: value for name, value in table.items() if value is not None}
    fact = fact_of({"id": UNNAMED, **given}, corridor, now, where)
    return fact if "id" in given else replace(fact, id=digest_of(untimed(fact)))


def untimed(fact: Fact) -> dict[str, Any]:
    """What it says, apart from when it became known; a decision is another each time it is made."""
    told: dict[str, Any] = msgspec.to_builtins(fact)
    return {name: value for name, value in told.items() if name not in ("known_at", "id")}


def digest_of(table: Table) -> str:
    """An id for what has none: made of what it says."""
    canonical = msgspec.json.encode(table, order="deterministic")
    return f"{table['kind']}-{hashlib.sha256(canonical).hexdigest()[:DIGEST_DIGITS]}"


# What each kind must be


def _sighting(fact: Fact, corridor: Corridor, where: str) -> Fact:
    assert isinstance(fact, Sighting)
    _refuse(not fact.ships, where, "ships", "none", "at least one ship it may have been")
    _in_order(fact.from_at, fact.to_at, fact.known_at, where)
    imos = [ship.imo for ship in fact.ships]
    for number, ship in enumerate(fact.ships, start=1):
        entry = f"ships {number} imo"
        _check_ship(ship.imo, corridor, where, entry)
        _refuse(imos.index(ship.imo) < number - 1, where, entry, f"{ship.imo} again", "each ship once")
        weight = ship.weight
        _refuse(weight is not None and not 0 <= weight <= 1, where, f"ships {number} weight", str(weight), "0 to 1")
    ships = tuple(sorted(fact.ships, key=lambda ship: ship.imo))
    return replace(fact, place=place_of(fact.place, corridor, where), ships=ships)


def _report(fact: Fact, corridor: Corridor, where: str) -> Fact:
    del corridor
    assert isinstance(fact, CountReport)
    _refuse(not fact.measure, where, "measure", "nothing", 'what was counted, such as "deliveries"')
    months = f"{fact.first_month} to {fact.last_month}"
    _refuse(fact.first_month > fact.last_month, where, "from", months, "a first month before the last")
    begins_at = month_begins(fact.first_month)
    _refuse(begins_at > fact.known_at, where, "from", f"{fact.first_month}, after known_at", "a month that had begun")
    for name, count in (("low", fact.low), ("high", fact.high)):
        wrong = count is not None and not 0 <= count <= HIGHEST_COUNT
        _refuse(wrong, where, name, str(count), f"0 to {HIGHEST_COUNT:,}")
    upside_down = fact.high is not None and fact.low > fact.high
    _refuse(upside_down, where, "low", f"{fact.low}, above high {fact.high}", "low no more than high")
    return fact


def _decision(fact: Fact, corridor: Corridor, where: str) -> Fact:
    assert isinstance(fact, Decision)
    for name, text, expected in (
        ("by", fact.by, "who decided"),
        ("reason", fact.reason, "why"),
        ("target", fact.target, "the id of what it is about"),
    ):
        _refuse(not text, where, name, "nothing", expected)
    if fact.action in NEEDS:
        name, field = NEEDS[fact.action]
        _refuse(not getattr(fact, field), where, name, "nothing", f"{name}, which {fact.action} needs")
    _refuse(fact.other == fact.target, where, "with", repr(fact.other), "another object than the target")
    if fact.imo is not None:
        _check_ship(fact.imo, corridor, where, "imo")
    return fact


def _binding(fact: Fact, corridor: Corridor, where: str) -> Fact:
    assert isinstance(fact, Binding)
    _refuse(not 0 < fact.mmsi <= HIGHEST_MMSI, where, "mmsi", str(fact.mmsi), "nine digits")
    _check_ship(fact.imo, corridor, where, "imo")
    _in_order(fact.from_at or EARLIEST, fact.to_at, fact.known_at, where)
    return fact


_CHECKS: dict[type, Callable[[Fact, Corridor, str], Fact]] = {
    Sighting: _sighting,
    CountReport: _report,
    Decision: _decision,
    Binding: _binding,
}


def _refuse(wrong: bool, where: str, entry: str, read: str, expected: str, remedy: str = "") -> None:
    if wrong:
        raise BadReference(where, entry, read, expected, remedy)


def _check_known(fact: Fact, now: datetime, where: str) -> None:
    name = "at" if isinstance(fact, Decision) else "known_at"
    late = fact.known_at > now + LATEST_AFTER_READING
    _refuse(late, where, name, f"{fact.known_at:%Y-%m-%dT%H:%M:%SZ}, later than now", "a time that has come")
    _refuse(not fact.id, where, "id", "nothing", "an id of its own")
    _refuse(len(fact.id) > LONGEST_ID, where, "id", f"{len(fact.id)} characters", f"{LONGEST_ID} at most")
    _refuse(not fact.id.isprintable(), where, "id", repr(fact.id), "characters that can be printed")


def _in_order(from_at: datetime, to_at: datetime | None, known_at: datetime, where: str) -> None:
    late = to_at is not None and from_at > to_at
    _refuse(late, where, "from", f"{from_at:%Y-%m-%dT%H:%M:%SZ}, after to", "from no later than to")
    _refuse(
        from_at > known_at, where, "from", f"{from_at:%Y-%m-%dT%H:%M:%SZ}, after known_at", "what had begun by then"
    )


def _check_ship(imo: Imo, corridor: Corridor, where: str, entry: str) -> None:
    remedy = "a digit is wrong or two changed places; look it up again"
    _refuse(not imo_is_valid(imo), where, entry, str(imo), "seven digits, the last a right check digit", remedy)
    listed = {str(hull.imo): hull.name for hull in corridor.hulls}
    if str(imo) not in listed:
        near = nearest(str(imo), listed)
        remedy = f"did you mean {near} ({listed[near]})?" if near else "add her to the watchlist's file first"
        raise BadReference(where, entry, str(imo), "a ship of the watchlist or a decoy", remedy)


def _timed(kind: str, name: str, value: object, where: str) -> object:
    """A time or a month as it must be."""
    if kind == "report" and name in ("from", "to"):
        _refuse(not (isinstance(value, str) and MONTH.fullmatch(value)), where, name, repr(value), A_MONTH)
        return value
    if value is None and (kind, name) in OPEN:
        return None
    if not isinstance(value, str):
        raise BadReference(where, name, repr(value), A_TIME)
    return moment_of(value, where, name)


def moment_given(text: str | None, option: str, now: datetime | None = None) -> datetime | None:
    """The time an option names, not later than now where that is given; None: it was left out. Raises BadReference."""
    if text is None:
        return None
    at = moment_of(text, option, "")
    _refuse(now is not None and at > now + LATEST_AFTER_READING, option, "", repr(text), "a time that has come")
    return at


def moment_of(text: str, where: str, entry: str) -> datetime:
    """A time in UTC."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadReference(where, entry, repr(text), A_TIME) from None
    _refuse(at.tzinfo is None, where, entry, f"{text!r}, without a zone", A_TIME)
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        raise BadReference(where, entry, repr(text), A_TIME) from None
    _refuse(at < EARLIEST, where, entry, repr(text), f"a time since {EARLIEST:%Y-%m-%d}")
    return at


def _stripped(fact: Fact) -> Fact:
    """Without white space around its texts."""
    texts = ((name, getattr(fact, name)) for name in fact.__struct_fields__)
    return replace(fact, **{name: text.strip() for name, text in texts if isinstance(text, str)})
