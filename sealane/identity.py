"""Identity: which hull spoke under an MMSI, and when. A hull is its IMO number; all else are dated aliases.

         A          A                  B
    -----|----------|--------- ? ------|----->    one MMSI naming two hulls
    <---------- A reaches ------------>           back and on to the nearest contrary statement,
                    <----- B reaches -------->    or to a silence of 180 days; where both reach, neither holds

A binding rests on message 5 with a right check digit, or on the operator's word; a name alone never binds. What does
not fit is a conflict: reported, never resolved by guess, and no delivery is paired across it.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from itertools import combinations, pairwise
from typing import Literal

import msgspec

from sealane.binding import Binding
from sealane.fix import Mmsi
from sealane.follow import RadioFacts
from sealane.portcall import PortCall, minute_of
from sealane.rules import Limits
from sealane.statement import Span, Statement
from sealane.static import Imo, imo_is_valid
from sealane.watchlist import Watchlist

ConflictKind = Literal["two_imos_on_one_mmsi", "one_imo_on_two_mmsis", "size_changed", "invalid_imo", "name_only"]

ONE_DAY = timedelta(days=1)
TELLER = {"message_5": "radio", "operator": "operator", "analyst": "analyst"}


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """One hull bound to one MMSI, as far as its statements reach. Aliases are as last stated."""

    id: str
    imo: Imo
    mmsi: Mmsi
    from_at: datetime
    to_at: datetime
    by: Literal["message_5", "operator", "analyst"]
    watched: bool  # on the watchlist, whatever its watch dates
    name: str | None
    callsign: str | None
    sure_from_at: datetime  # from here to there no other hull reaches
    sure_to_at: datetime


class IdentityConflict(msgspec.Struct, frozen=True, kw_only=True):
    """What does not fit, between two times. `imos` and `mmsis` are those concerned, in ascending order."""

    id: str
    kind: ConflictKind
    imos: tuple[int, ...]
    mmsis: tuple[Mmsi, ...]
    from_at: datetime
    to_at: datetime
    detail: str


class Identities(msgspec.Struct, frozen=True, kw_only=True):
    """All bindings and conflicts of a corridor, and the look-ups stage 2 needs."""

    bound: dict[Mmsi, tuple[Identity, ...]]
    conflicts: tuple[IdentityConflict, ...]

    def hull_of(self, call: PortCall) -> Imo | None:
        """The hull whose statements reach over all of a call; None if none does, or more than one."""
        return self.hull_over(call.mmsi, call.first_heard_at, call.last_heard_at)

    def hull_over(self, mmsi: Mmsi, from_at: datetime, to_at: datetime) -> Imo | None:
        """The hull bound to an MMSI all the time between two times; None if none is, or more than one."""
        hulls = {each.imo for each in self.bound.get(mmsi, ()) if each.from_at <= from_at and to_at <= each.to_at}
        return hulls.pop() if len(hulls) == 1 else None

    def parted(self, imo: Imo, from_at: datetime, to_at: datetime) -> bool:
        """Whether a conflict of this hull lies in an interval: no pairing across it."""
        return any(
            imo in each.imos and each.kind != "name_only" and each.from_at <= to_at and from_at <= each.to_at
            for each in self.conflicts
        )


def identities_of(
    facts: Iterable[RadioFacts], watchlist: Watchlist, limits: Limits, bindings: Iterable[Binding] = ()
) -> Identities:
    """Every binding and conflict that a set of radios, a watchlist and analysts' bindings amount to."""
    radios = sorted(facts, key=lambda radio: radio.mmsi)
    watched = {vessel.imo for vessel in watchlist.vessels}
    bound: list[Identity] = []
    conflicts: list[IdentityConflict] = []
    for radio in radios:
        for span in radio.spans:
            runs = [run for run in radio.statements if span.first_at <= run.first_at <= span.last_at]
            stated = [run for run in runs if run.imo_stated is not None]
            conflicts += [_invalid(radio.mmsi, run) for run in stated if not imo_is_valid(run.imo_stated or 0)]
            hulls = _hulls([run for run in stated if imo_is_valid(run.imo_stated or 0)])
            bound += _bindings(radio.mmsi, span, hulls, watched)
            conflicts += _changes_of_hull(radio.mmsi, hulls)
    bound += _operators(radios, watchlist)
    bound += _analysts(radios, bindings, watchlist)
    conflicts += _shared_hulls(bound)
    held: dict[Mmsi, list[Identity]] = defaultdict(list)
    for each in sorted(bound, key=lambda each: each.id):
        held[each.mmsi].append(each)
    conflicts += _contrary_to_people(held)
    conflicts += _changes_of_size(radios, limits)
    conflicts += _name_matches(radios, watchlist, held)
    return Identities(
        bound={mmsi: tuple(identities) for mmsi, identities in held.items()},
        conflicts=tuple(sorted({each.id: each for each in conflicts}.values(), key=lambda each: each.id)),
    )


class _Hull(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive statements of one IMO number."""

    imo: Imo
    runs: tuple[Statement, ...]

    @property
    def first_at(self) -> datetime:
        return self.runs[0].first_at

    @property
    def last_at(self) -> datetime:
        return self.runs[-1].last_at


def _hulls(stated: list[Statement]) -> list[_Hull]:
    hulls: list[_Hull] = []
    for run in stated:
        imo = Imo(run.imo_stated or 0)
        if hulls and hulls[-1].imo == imo:
            hulls[-1] = _Hull(imo=imo, runs=(*hulls[-1].runs, run))
        else:
            hulls.append(_Hull(imo=imo, runs=(run,)))
    return hulls


def _bindings(mmsi: Mmsi, span: Span, hulls: list[_Hull], watched: set[Imo]) -> list[Identity]:
    """Each hull reaches to the ends of the span, or to the contrary statement before and after it."""
    bound: list[Identity] = []
    for index, hull in enumerate(hulls):
        first, final = index == 0, index == len(hulls) - 1
        from_at = span.first_at if first else hulls[index - 1].last_at
        to_at = span.last_at if final else hulls[index + 1].first_at
        last = hull.runs[-1]
        bound.append(
            Identity(
                id=f"identity:{hull.imo}:{mmsi}:{minute_of(from_at)}",
                imo=hull.imo,
                mmsi=mmsi,
                from_at=from_at,
                to_at=to_at,
                by="message_5",
                watched=hull.imo in watched,
                name=last.name,
                callsign=last.callsign,
                sure_from_at=from_at if first else hull.first_at,
                sure_to_at=to_at if final else hull.last_at,
            )
        )
    return bound


def _operators(radios: list[RadioFacts], watchlist: Watchlist) -> list[Identity]:
    """The operator's word binds for the days given, as far as the radio was heard."""
    heard = {radio.mmsi: radio for radio in radios}
    bound: list[Identity] = []
    for vessel in watchlist.vessels:
        for known in vessel.mmsi:
            radio = heard.get(known.mmsi)
            if radio is None:
                continue
            first_at, last_at = radio.spans[0].first_at, radio.spans[-1].last_at
            if known.first_day is not None:
                first_at = max(first_at, datetime.combine(known.first_day, time(), UTC))
            if known.last_day is not None:
                last_at = min(last_at, datetime.combine(known.last_day, time(), UTC) + ONE_DAY)
            if first_at > last_at:
                continue
            bound.append(
                Identity(
                    id=f"identity:{vessel.imo}:{known.mmsi}:operator:{minute_of(first_at)}",
                    imo=vessel.imo,
                    mmsi=known.mmsi,
                    from_at=first_at,
                    to_at=last_at,
                    by="operator",
                    watched=True,
                    name=vessel.name,
                    callsign=None,
                    sure_from_at=first_at,
                    sure_to_at=last_at,
                )
            )
    return bound


def _analysts(radios: list[RadioFacts], bindings: Iterable[Binding], watchlist: Watchlist) -> list[Identity]:
    """An analyst's word binds between the times given, as far as the radio was heard."""
    heard = {radio.mmsi: radio for radio in radios}
    names = {vessel.imo: vessel.name for vessel in watchlist.vessels}
    bound: list[Identity] = []
    for binding in bindings:
        radio = heard.get(binding.mmsi)
        if radio is None:
            continue
        first_at = max(radio.spans[0].first_at, binding.from_at or radio.spans[0].first_at)
        last_at = min(radio.spans[-1].last_at, binding.to_at or radio.spans[-1].last_at)
        if first_at > last_at:
            continue
        bound.append(
            Identity(
                id=f"identity:{binding.imo}:{binding.mmsi}:{binding.id}:{minute_of(first_at)}",
                imo=binding.imo,
                mmsi=binding.mmsi,
                from_at=first_at,
                to_at=last_at,
                by="analyst",
                watched=binding.imo in names,
                name=names.get(binding.imo),
                callsign=None,
                sure_from_at=first_at,
                sure_to_at=last_at,
            )
        )
    return bound


def _name_matches(
    radios: list[RadioFacts], watchlist: Watchlist, held: dict[Mmsi, list[Identity]]
) -> list[IdentityConflict]:
    """A radio that states a watched hull's name and is not bound to it: told, so that nobody takes it for her."""
    hulls = {
        _plain(name): vessel for vessel in watchlist.vessels for name in (vessel.name, *vessel.aliases) if name.strip()
    }
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


def _invalid(mmsi: Mmsi, run: Statement) -> IdentityConflict:
    return _conflict(
        "invalid_imo",
        (run.imo_stated or 0,),
        (mmsi,),
        run.first_at,
        run.last_at,
        f"states IMO {run.imo_stated}, whose check digit is wrong",
    )


def _changes_of_hull(mmsi: Mmsi, hulls: list[_Hull]) -> list[IdentityConflict]:
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


def _contrary_to_people(by_mmsi: dict[Mmsi, list[Identity]]) -> list[IdentityConflict]:
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


def _shared_hulls(bound: list[Identity]) -> list[IdentityConflict]:
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


def _changes_of_size(radios: list[RadioFacts], limits: Limits) -> list[IdentityConflict]:
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
