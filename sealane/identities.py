"""Identities: all bindings and conflicts of a corridor at a time, and what stage 2 asks of them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import msgspec

from sealane.binding import Binding
from sealane.conflict import (
    IdentityConflict,
    changes_of_hull,
    changes_of_size,
    contrary_to_people,
    invalid_number,
    name_matches,
    shared_hulls,
)
from sealane.fix import Mmsi
from sealane.follow import RadioFacts
from sealane.identity import Identity, bound_by_analysts, bound_by_operator, bound_by_radio, hulls_of
from sealane.portcall import PortCall
from sealane.rules import Limits
from sealane.static import Imo, imo_is_valid
from sealane.watchlist import Watchlist


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
            conflicts += [invalid_number(radio.mmsi, run) for run in stated if not imo_is_valid(run.imo_stated or 0)]
            hulls = hulls_of([run for run in stated if imo_is_valid(run.imo_stated or 0)])
            bound += bound_by_radio(radio.mmsi, span, hulls, watched)
            conflicts += changes_of_hull(radio.mmsi, hulls)
    bound += bound_by_operator(radios, watchlist)
    bound += bound_by_analysts(radios, bindings, watchlist)
    conflicts += shared_hulls(bound)
    held: dict[Mmsi, list[Identity]] = defaultdict(list)
    for each in sorted(bound, key=lambda each: each.id):
        held[each.mmsi].append(each)
    conflicts += contrary_to_people(held)
    conflicts += changes_of_size(radios, limits)
    conflicts += name_matches(radios, watchlist, held)
    return Identities(
        bound={mmsi: tuple(identities) for mmsi, identities in held.items()},
        conflicts=tuple(sorted({each.id: each for each in conflicts}.values(), key=lambda each: each.id)),
    )
