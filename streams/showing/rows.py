"""Rows: the views of a ledger: those of `streams/showing/state.py`, narrowed to what is wanted, marked where made up.

Tallies of one ship or port are counted again from its deliveries, by the rule that counts them all. Beside a tally of
all stand the counts published of that month, and how far they are apart.
"""

from typing import get_args

import msgspec

from sealane.alert import Alert, State
from sealane.attribution import Attributed
from sealane.candidate import Candidate
from sealane.claim import DELIVERIES, claim_of, claims_of
from sealane.conflict import ConflictKind, IdentityConflict
from sealane.delivery import Delivery, Grade
from sealane.fix import Mmsi
from sealane.gap import Gap, GapKind
from sealane.grounds import StandingObject
from sealane.identity import Identity
from sealane.interference import Interference
from sealane.judge import Standing
from sealane.presence import Basis, Presence, Strength
from sealane.reconcile import reconciled
from sealane.ruling import Force
from sealane.static import Imo
from sealane.tally import Tally, month_after, month_begins, tallies_of
from sealane.voyage import Voyage
from sealane.watchlist import Watchlist
from streams.reading import Reading, Row
from streams.showing.facets import INSTANT, wanted_of
from streams.showing.state import CALL, SHOWN, handlings_of, row_of, shown
from streams.showing.wanted import Wanted
from streams.showing.wording import Names

# The fields of each kind's rows, in order; a call's fixes are left to `explain`.
FIELDS: dict[str, tuple[str, ...]] = {
    kind: ("synthetic", *fields)
    for kind, fields in {
        "vessels": (
            "imo", "name", "aliases", "listed_as", "mmsis", "heard_from_at", "heard_to_at", "last_port",
            "last_port_from_at", "last_port_to_at", "calls", "deliveries",
        ),
        "calls": (*CALL, "imo", "name", "suspect", "verdict", "decisions", "stopped_h"),
        "gaps": (*SHOWN[Gap], "name"),
        "sightings": (
            "id", "place", "port", "from_at", "to_at", "ships", "told_ships", "method", "source", "by", "link", "note",
            "known_at", "verdict", "contradicted", "decisions",
        ),
        "presences": (*SHOWN[Presence], "from_at", "to_at", "name"),
        "voyages": (*SHOWN[Voyage], "name"),
        "deliveries": (*SHOWN[Delivery], "name", "reasons"),
        "tallies": (*SHOWN[Tally], "of_ship", "of_port", "published"),
        "alerts": (*SHOWN[Alert], "acknowledged", "silenced"),
        "candidates": SHOWN[Candidate],
        "decisions": ("id", "action", "target", "means", "force", "by", "at", "reason", "imo", "with", "until"),
        "conflicts": (*SHOWN[IdentityConflict], "mmsi", "imo"),
        "interferences": SHOWN[Interference],
    }.items()
}  # fmt: skip
# What each field that can be asked for by a word takes, by kind of row.
WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("alerts", "state"): get_args(State),
    ("deliveries", "grade"): get_args(Grade),
    ("gaps", "kind"): get_args(GapKind),
    ("conflicts", "kind"): get_args(ConflictKind),
    ("presences", "basis"): get_args(Basis),
    ("presences", "strength"): get_args(Strength),
    ("decisions", "force"): get_args(Force),
}
NAMED = (Attributed, Gap, Presence, Voyage, Delivery)


def rows(reading: Reading, kind: str, wanted: Wanted) -> list[Row]:
    """The rows of one kind that are wanted, in order of event time; a row a hull for "vessels"."""
    names, standing = reading.names, reading.standing
    if kind == "vessels":
        found = _vessels(reading, names, wanted)
    elif kind == "tallies":
        found = _tally_rows(reading, wanted)
    else:
        found = [_row(each, names) for each in wanted_of(standing, kind, wanted)]
    if kind == "alerts":
        handled = {alert.id: row for alert, row in zip(standing.alerts, handlings_of(standing), strict=True)}
        found = [{**row, **handled[str(row["id"])]} for row in found]
    return [{"synthetic": reading.synthetic, **row} for row in found]


def _row(each: StandingObject | Presence, names: Names) -> Row:
    """A row with the name of its ship, where there is one."""
    row = row_of(each, names)
    if isinstance(each, NAMED):
        row["name"] = names.get(each.imo) if each.imo is not None else None
    return row


def _tally_rows(reading: Reading, wanted: Wanted) -> list[Row]:
    """Also whose deliveries each counts (null where all), and what was published of the month."""
    of = {"of_ship": wanted.ship.imo if wanted.ship else None, "of_port": wanted.port}
    published = {} if wanted.ship or wanted.port else _published(reading)
    return [
        {**row_of(each, reading.names), **of, "published": published.get(each.month, [])}
        for each in _tallies(reading, wanted)
    ]


def _tallies(reading: Reading, wanted: Wanted) -> list[Tally]:
    """The tallies, of one ship or port alone where that is asked for: counted again from its deliveries."""
    standing = reading.standing
    tallies = standing.tallies
    if (wanted.ship or wanted.port) and tallies and standing.as_of is not None:
        of_it = Wanted(ship=wanted.ship, port=wanted.port)
        deliveries = [each for each in wanted_of(standing, "deliveries", of_it) if isinstance(each, Delivery)]
        alone = tallies_of(deliveries, month_begins(tallies[0].month), standing.as_of)
        heard = {each.month: _heard_of(each, wanted) for each in tallies}
        tallies = tuple(msgspec.structs.replace(each, heard_percent=heard.get(each.month, {})) for each in alone)
    return [each for each in tallies if _is_of(each.month, wanted)]


def _is_of(month: str, wanted: Wanted) -> bool:
    """Whether a month is one of those asked for."""
    begins_at, last = month_begins(month), month_begins(month_after(month)) - INSTANT
    return all(each is None or each.touch(begins_at, last) for each in (wanted.months, wanted.span))


def _heard_of(tally: Tally, wanted: Wanted) -> dict[Imo, int]:
    """How much of the month the ship asked for was heard; every watched hull, where none is."""
    ship = wanted.ship
    return {imo: share for imo, share in tally.heard_percent.items() if ship is None or imo == ship.imo}


def _published(reading: Reading) -> dict[str, list[Row]]:
    """What was published of each single month, beside its tally."""
    claims = (*claims_of(reading.corridor.published), *map(claim_of, reading.standing.reports))
    single = [each for each in claims if each.measure == DELIVERIES and each.first_month == each.last_month]
    found: dict[str, list[Row]] = {}
    for each in reconciled(single, reading.standing.tallies):
        claimed = {"low": each.claimed.low, "high": each.claimed.high}
        row: Row = {"series": each.series, **claimed, "gap": each.gap, "source": list(each.source)}
        found.setdefault(each.months, []).append(row)
    return found


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
    held: list[Identity] = [each for each in standing.identities if each.imo == imo]
    calls = [each.call for each in standing.calls if each.imo == imo and each.call.status == "call"]
    last = max(calls, key=lambda call: call.last_heard_at, default=None)
    return {
        "heard_from_at": shown(min((each.from_at for each in held), default=None)),
        "heard_to_at": shown(max((each.to_at for each in held), default=None)),
        "last_port": last.port if last else None,
        "last_port_from_at": shown(last.first_heard_at) if last else None,
        "last_port_to_at": shown(last.departed_at) if last else None,
        "calls": len(calls),
        "deliveries": sum(each.imo == imo and each.grade != "rejected" for each in standing.deliveries),
    }
