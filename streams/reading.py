"""Reading: what a ledger shows. Standing objects as rows, narrowed to what is wanted (`streams/wanted.py`).

It decides nothing: rows are those of `streams/state.py`, each marked where the ships are made up. Tallies of one ship
or port are counted again from its deliveries, by the rule that counts them all.
"""

from datetime import UTC, datetime

import msgspec

from sealane.alert import Alert
from sealane.candidate import Candidate
from sealane.delivery import Delivery
from sealane.event import StandingObject
from sealane.fix import Mmsi
from sealane.identity import IdentityConflict
from sealane.judge import Attributed, Standing
from sealane.static import Imo
from sealane.tally import Tally, month_begins, tallies_of
from sealane.voyage import Voyage
from sealane.watchlist import Watchlist
from streams import keys
from streams.chain import Head
from streams.corridor import Corridor
from streams.keeper import schema_refused
from streams.ledger import Ledger, LedgerError, Meta
from streams.state import CALL, SHOWN, names_of, row_of, shown
from streams.views import stored_standing
from streams.wanted import Wanted
from streams.wording import Names

Row = dict[str, object]

# The fields of each kind's rows, in order; a call's fixes are left to `explain`.
FIELDS: dict[str, tuple[str, ...]] = {
    kind: ("synthetic", *fields)
    for kind, fields in {
        "vessels": (
            "imo", "name", "aliases", "listed_as", "mmsis", "heard_from_at", "heard_to_at", "last_port",
            "last_port_from_at", "last_port_to_at", "calls", "deliveries",
        ),
        "calls": (*CALL, "imo", "name", "stopped_h"),
        "voyages": (*SHOWN[Voyage], "name"),
        "deliveries": (*SHOWN[Delivery], "name"),
        "tallies": (*SHOWN[Tally], "of_ship", "of_port"),
        "alerts": SHOWN[Alert],
        "candidates": SHOWN[Candidate],
        "conflicts": SHOWN[IdentityConflict],
    }.items()
}  # fmt: skip
ANCHOR = "%Y%m%dT%H%MZ"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger as it stood when it was read, and the corridor whose names it is shown by."""

    corridor: Corridor
    standing: Standing
    head: Head
    synthetic: bool
    judged_alike: bool  # by the rules of the corridor's files as they are now
    names: Names


class _Facets(msgspec.Struct, frozen=True):
    """What a standing object can be asked for by."""

    from_at: datetime
    to_at: datetime
    imos: tuple[int | None, ...] = ()
    mmsis: tuple[int, ...] = ()
    ports: tuple[str, ...] = ()


async def read(ledger: Ledger, corridor: Corridor) -> Reading:
    """A ledger's views as last committed; an empty ledger has none. Raises LedgerError where it is another's."""
    meta = await ledger.meta()
    rules = corridor.rules
    if meta is not None:
        _check(ledger, meta, corridor)
    head, standing = await ledger.read_head(), await stored_standing(ledger)
    while head != await ledger.read_head():  # a commit came between: half of it would be wrong
        head, standing = ledger.head, await stored_standing(ledger)
    return Reading(
        corridor=corridor,
        standing=standing,
        head=head,
        synthetic=meta.synthetic if meta else rules.synthetic,
        judged_alike=meta is None or meta.judged_by == rules.fingerprint,
        names=names_of(standing, rules),
    )


def _check(ledger: Ledger, meta: Meta, corridor: Corridor) -> None:
    if meta.schema != keys.SCHEMA:
        raise LedgerError(f"{ledger.url}: the ledger {schema_refused(meta)}")
    if meta.corridor != corridor.rules.corridor:
        raise LedgerError(
            f"{ledger.url}: the ledger is of corridor {meta.corridor!r}, expected {corridor.rules.corridor!r}; "
            "name that corridor's file with --config, or another ledger with --ledger"
        )


def rows(reading: Reading, kind: str, wanted: Wanted) -> list[Row]:
    """The rows of one kind that are wanted, in order of event time; a row a hull for "vessels"."""
    names = reading.names
    if kind == "vessels":
        found = _vessels(reading, names, wanted)
    elif kind == "tallies":
        found = [_tally_row(each, names, wanted) for each in _tallies(reading, wanted)]
    else:
        wanted_ones = [each for each in getattr(reading.standing, kind) if _is_wanted(each, reading, wanted)]
        found = [_row(each, names) for each in sorted(wanted_ones, key=lambda each: _facets(each, reading).from_at)]
    return [{"synthetic": reading.synthetic, **row} for row in found]


def _row(each: StandingObject, names: Names) -> Row:
    """A row with the name of its ship, where there is one."""
    row = row_of(each, names)
    if isinstance(each, Attributed | Voyage | Delivery):
        row["name"] = names.get(each.imo) if each.imo is not None else None
    return row


def _is_wanted(each: StandingObject, reading: Reading, wanted: Wanted) -> bool:
    facets = _facets(each, reading)
    ship = wanted.ship
    return (
        (ship is None or ship.is_among(facets.imos, facets.mmsis))
        and (wanted.port is None or wanted.port in facets.ports)
        and (wanted.months is None or wanted.months.touch(facets.from_at, facets.to_at))
        and (wanted.state is None or getattr(each, "state", None) == wanted.state)
        and (wanted.grade is None or getattr(each, "grade", None) == wanted.grade)
    )


def _facets(each: StandingObject, reading: Reading) -> _Facets:
    match each:
        case Attributed(call=call, imo=imo):
            return _Facets(call.first_heard_at, call.ends_at, (imo,), (call.mmsi,), (call.port,))
        case Voyage(imo=imo, from_port=left, to_port=reached):
            return _Facets(each.last_known_at, each.first_known_at, (imo,), (), (left, reached))
        case Delivery(imo=imo, load_port=load, discharge_port=discharge):
            return _Facets(each.arrival_earliest_at, each.arrival_latest_at, (imo,), (), (load, discharge))
        case Candidate(imo=imo, mmsi=mmsi, load_port=load, discharge_port=discharge):
            arrived_at = anchored_at(each.discharge_call)
            return _Facets(arrived_at, arrived_at, (imo,), (mmsi,), (load, discharge))
        case Alert(fired_at=fired_at, resolved_at=resolved_at):
            return _Facets(fired_at, resolved_at or reading.standing.as_of or fired_at)
        case IdentityConflict(imos=imos, mmsis=mmsis):
            return _Facets(each.from_at, each.to_at, imos, mmsis)
        case _:
            raise AssertionError(f"{type(each).__name__} is not asked for by ship, port or month")


def anchored_at(call: str) -> datetime:
    """The minute a call's id is anchored at: its first fix inside."""
    return datetime.strptime(call.rpartition(":")[2], ANCHOR).replace(tzinfo=UTC)


def _tallies(reading: Reading, wanted: Wanted) -> tuple[Tally, ...]:
    """The tallies, of one ship or port alone where that is asked for: counted again from its deliveries."""
    standing = reading.standing
    tallies = standing.tallies
    if (wanted.ship or wanted.port) and tallies and standing.as_of is not None:
        of_it = Wanted(ship=wanted.ship, port=wanted.port)
        deliveries = [each for each in standing.deliveries if _is_wanted(each, reading, of_it)]
        tallies = tallies_of(deliveries, month_begins(tallies[0].month), standing.as_of)
    months = wanted.months
    return tuple(each for each in tallies if months is None or months.first <= each.month <= months.last)


def _tally_row(each: Tally, names: Names, wanted: Wanted) -> Row:
    """Also whose deliveries it counts; null where all."""
    return {**row_of(each, names), "of_ship": wanted.ship.imo if wanted.ship else None, "of_port": wanted.port}


def _vessels(reading: Reading, names: Names, wanted: Wanted) -> list[Row]:
    """A row a hull, those on the watchlist first."""
    watchlist, standing = reading.corridor.rules.watchlist or Watchlist(), reading.standing
    aliases = {vessel.imo: vessel.aliases for vessel in watchlist.vessels}
    decoys = {decoy.imo for decoy in watchlist.decoys}
    mmsis: dict[Imo, set[Mmsi]] = {imo: set() for imo in aliases}
    for each in standing.identities:
        mmsis.setdefault(each.imo, set()).add(each.mmsi)
    return [
        {
            "imo": imo,
            "name": names.get(imo),
            "aliases": list(aliases.get(imo, ())),
            "listed_as": "vessel" if imo in aliases else "decoy" if imo in decoys else None,
            "mmsis": sorted(mmsis[imo]),
            **_heard(standing, imo),
        }
        for imo in sorted(mmsis, key=lambda imo: (imo not in aliases, imo))
        if wanted.ship is None or wanted.ship.is_among((imo,), mmsis[imo])
    ]


def _heard(standing: Standing, imo: Imo) -> Row:
    """What the ledger holds of one hull."""
    held = [each for each in standing.identities if each.imo == imo]
    calls = [each.call for each in standing.calls if each.imo == imo and each.call.status == "call"]
    last = max(calls, key=lambda call: call.last_heard_at, default=None)
    return {
        "heard_from_at": shown(min((each.from_at for each in held), default=None)),
        "heard_to_at": shown(max((each.to_at for each in held), default=None)),
        "last_port": last.port if last else None,
        "last_port_from_at": shown(last.first_heard_at) if last else None,
        "last_port_to_at": shown(last.departed_at) if last else None,
        "calls": len(calls),
        "deliveries": sum(each.imo == imo for each in standing.deliveries),
    }
