"""Conflict: what does not fit together about identities. Reported, never resolved by guess.

    two_imos_on_one_mmsi    a radio named one hull, then another; or people and radio say otherwise
    one_imo_on_two_mmsis    a hull was heard on two radios at once; one that ends where another begins is a change
    size_changed            the same IMO number with another length or beam
    invalid_imo             a number whose check digit is wrong
    name_only               a watched hull's name under a radio that is not bound to her: a name never binds

No delivery is paired across a conflict of its hull; a name alone parts nothing, because nothing was bound.
"""

from collections import defaultdict
from datetime import datetime
from itertools import combinations, pairwise
from typing import Literal

import msgspec

from sealane.fix import Mmsi
from sealane.follow import RadioFacts
from sealane.identity import Hull, Identity
from sealane.portcall import minute_of
from sealane.rules import Limits
from sealane.statement import Statement
from sealane.static import Imo, imo_is_valid
from sealane.watchlist import Watchlist

ConflictKind = Literal["two_imos_on_one_mmsi", "one_imo_on_two_mmsis", "size_changed", "invalid_imo", "name_only"]
TELLER = {"message_5": "radio", "operator": "operator", "analyst": "analyst"}


class IdentityConflict(msgspec.Struct, frozen=True, kw_only=True):
    """What does not fit, between two times. `imos` and `mmsis` are those concerned, in ascending order."""

    id: str
    kind: ConflictKind
    imos: tuple[int, ...]
    mmsis: tuple[Mmsi, ...]
    from_at: datetime
    to_at: datetime
    detail: str


def name_matches(
    radios: list[RadioFacts], watchlist: Watchlist, held: dict[Mmsi, list[Identity]]
) -> list[IdentityConflict]:
    """A radio that states a watched hull's name and is not bound to it: told, so that nobody takes it for her."""
    said = {_plain(run.name or "") for radio in radios for run in radio.statements}
    names = ((name, vessel) for vessel in watchlist.vessels for name in (vessel.name, *vessel.aliases) if name.strip())
    hulls = {plain: vessel for name, vessel in names if (plain := _plain(name)) in said}  # few of a long watchlist
    found: list[IdentityConflict] = []
    for radio in radios:
        stated: dict[tuple[Imo, int | None], list[Statement]] = defaultdict(list)
        bound = {each.imo for each in held.get(radio.mmsi, ())}
        for run in radio.statements:
            vessel = hulls.get(_plain(run.name or ""))
            is_told = run.imo_stated is not None and not imo_is_valid(run.imo_stated)  # as an invalid number
            if vessel is not None and not is_told and vessel.imo not in (run.imo_stated, *bound):
                stated[vessel.imo, run.imo_stated].append(run)
        for (imo, own), runs in stated.items():
            own_words = "no IMO number" if own is None else f"IMO {own}"
            found.append(
                _conflict(
                    "name_only",
                    () if own is None else (own,),
                    (radio.mmsi,),
                    min(run.first_at for run in runs),
                    max(run.last_at for run in runs),
                    f"states the name {runs[0].name} of the watched IMO {imo}, and {own_words}",
                )
            )
    return found


def _plain(name: str) -> str:
    """A name without case, dashes and repeated spaces, as it is typed on a bridge one way or another."""
    return " ".join(name.upper().replace("-", " ").split())


def invalid_number(mmsi: Mmsi, run: Statement) -> IdentityConflict:
    return _conflict(
        "invalid_imo",
        (run.imo_stated or 0,),
        (mmsi,),
        run.first_at,
        run.last_at,
        f"states IMO {run.imo_stated}, whose check digit is wrong",
    )


def changes_of_hull(mmsi: Mmsi, hulls: list[Hull]) -> list[IdentityConflict]:
    return [
        _conflict(
            "two_imos_on_one_mmsi",
            (one.imo, other.imo),
            (mmsi,),
            one.last_at,
            other.first_at,
            f"stated IMO {one.imo}, then IMO {other.imo}",
        )
        for one, other in pairwise(hulls)
    ]


def _told_first(one: Identity, other: Identity) -> bool:
    """Of two people's words each pair is told once."""
    return other.by == "message_5" or one.id < other.id


def contrary_to_people(by_mmsi: dict[Mmsi, list[Identity]]) -> list[IdentityConflict]:
    return [
        _conflict(
            "two_imos_on_one_mmsi",
            (one.imo, other.imo),
            (mmsi,),
            max(one.sure_from_at, other.sure_from_at),
            min(one.sure_to_at, other.sure_to_at),
            f"the {one.by} says IMO {one.imo}, the {TELLER[other.by]} says IMO {other.imo}",
        )
        for mmsi, held in by_mmsi.items()
        for one in held
        for other in held
        if one.by != "message_5" and one.imo != other.imo and _overlap(one, other) and _told_first(one, other)
    ]


def shared_hulls(bound: list[Identity]) -> list[IdentityConflict]:
    """One hull on two MMSIs whose reports interleave. One that ends where another begins is a change, no conflict."""
    by_imo: dict[Imo, list[Identity]] = defaultdict(list)
    for each in bound:
        by_imo[each.imo].append(each)
    return [
        _conflict(
            "one_imo_on_two_mmsis",
            (imo,),
            (one.mmsi, other.mmsi),
            max(one.sure_from_at, other.sure_from_at),
            min(one.sure_to_at, other.sure_to_at),
            f"IMO {imo} was heard on two MMSIs at once",
        )
        for imo, held in by_imo.items()
        for one, other in combinations(held, 2)
        if one.mmsi != other.mmsi and _overlap(one, other)
    ]


def _overlap(one: Identity, other: Identity) -> bool:
    return one.sure_from_at < other.sure_to_at and other.sure_from_at < one.sure_to_at


def changes_of_size(radios: list[RadioFacts], limits: Limits) -> list[IdentityConflict]:
    """The same IMO number with another length or beam."""
    by_imo: dict[int, list[tuple[datetime, Mmsi, Statement]]] = defaultdict(list)
    for radio in radios:
        for run in radio.statements:
            if run.imo_stated is None or not imo_is_valid(run.imo_stated):
                continue
            if run.length_m is not None and run.beam_m is not None:
                by_imo[run.imo_stated].append((run.first_at, radio.mmsi, run))
    return [
        _conflict(
            "size_changed",
            (imo,),
            (mmsi, next_mmsi),
            min(one.last_at, other.first_at),
            max(one.last_at, other.first_at),
            f"stated {one.length_m} x {one.beam_m} m, then {other.length_m} x {other.beam_m} m",
        )
        for imo, stated in by_imo.items()
        for (_, mmsi, one), (_, next_mmsi, other) in pairwise(sorted(stated, key=lambda each: each[:2]))
        if _differs(one, other, limits.identity_size_tolerance_m)
    ]


def _differs(one: Statement, other: Statement, tolerance_m: int) -> bool:
    lengths = abs((one.length_m or 0) - (other.length_m or 0))
    beams = abs((one.beam_m or 0) - (other.beam_m or 0))
    return max(lengths, beams) > tolerance_m


def _conflict(
    kind: ConflictKind,
    imos: tuple[int, ...],
    mmsis: tuple[Mmsi, ...],
    from_at: datetime,
    to_at: datetime,
    detail: str,
) -> IdentityConflict:
    imos, mmsis = tuple(sorted(set(imos))), tuple(sorted(set(mmsis)))
    names = "-".join(str(number) for number in (*imos, *mmsis))
    return IdentityConflict(
        id=f"conflict:{kind}:{names}:{minute_of(from_at)}",
        kind=kind,
        imos=imos,
        mmsis=mmsis,
        from_at=from_at,
        to_at=to_at,
        detail=detail,
    )
