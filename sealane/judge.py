"""Judge: stage 2. Turn the facts of all radios into identities, presences, voyages, deliveries, tallies and alerts.

    facts --> identity --> presence --> voyage, delivery --> tally --> alert
                     \\--> candidate

A pure function of the set of facts, the rules and `as_of`: order cannot matter, and nothing is remembered in between.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from sealane.alert import Alert, alerts_of
from sealane.candidate import Candidate, candidates_of
from sealane.delivery import Delivery, deliveries_of
from sealane.fix import Mmsi
from sealane.follow import RadioFacts
from sealane.identity import Identities, Identity, IdentityConflict, identities_of
from sealane.portcall import PortCall
from sealane.presence import Presence, presences_of
from sealane.rules import Rules
from sealane.static import Imo
from sealane.tally import Tally, tallies_of
from sealane.voyage import Voyage, voyages_of
from sealane.watchlist import Watchlist


class Attributed(msgspec.Struct, frozen=True, kw_only=True):
    """A call, and the hull whose statements reach over it."""

    call: PortCall
    imo: Imo | None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The standing objects of a corridor as of a time, each kind in order of id."""

    as_of: datetime | None  # None: nothing with a time was ever heard
    calls: tuple[Attributed, ...] = ()
    identities: tuple[Identity, ...] = ()
    conflicts: tuple[IdentityConflict, ...] = ()
    presences: tuple[Presence, ...] = ()
    voyages: tuple[Voyage, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    tallies: tuple[Tally, ...] = ()
    alerts: tuple[Alert, ...] = ()


def judge(facts: Iterable[RadioFacts], rules: Rules, as_of: datetime | None) -> Standing:
    """What the facts of all radios amount to as of a time."""
    radios = tuple(facts)
    if as_of is None or not radios:
        return Standing(as_of=as_of)
    watchlist = rules.watchlist or Watchlist()
    identities = identities_of(radios, watchlist, rules.limits)
    calls = [Attributed(call=call, imo=identities.hull_of(call)) for radio in radios for call in radio.calls]
    longest = timedelta(days=rules.limits.delivery_max_d)
    presences = presences_of(_watched(calls, watchlist))
    deliveries = deliveries_of(rules.corridor, presences, rules.chart.role, identities.parted, longest)
    since = _watched_since(identities)
    tallies = tallies_of(deliveries, since, as_of) if since is not None else ()
    return Standing(
        as_of=as_of,
        calls=tuple(sorted(calls, key=lambda each: each.call.id)),
        identities=tuple(each for held in identities.bound.values() for each in held),
        conflicts=identities.conflicts,
        presences=presences,
        voyages=voyages_of(presences),
        deliveries=deliveries,
        candidates=candidates_of(_unlisted(calls, watchlist), _names(radios).get, rules.chart.role, longest),
        tallies=tallies,
        alerts=()
        if since is None
        else alerts_of(rules.surge, deliveries, tallies, since, as_of, rules.limits.alert_clears_below),
    )


def _watched(calls: list[Attributed], watchlist: Watchlist) -> list[tuple[Imo, PortCall]]:
    """The calls of listed hulls on days they were watched."""
    vessels = {vessel.imo: vessel for vessel in watchlist.vessels}
    return [
        (each.imo, each.call)
        for each in calls
        if each.imo is not None
        and each.imo in vessels
        and vessels[each.imo].is_watched(each.call.first_heard_at.date())
    ]


def _unlisted(calls: list[Attributed], watchlist: Watchlist) -> list[tuple[Imo | None, PortCall]]:
    listed = {vessel.imo for vessel in watchlist.vessels}
    return [(each.imo, each.call) for each in calls if each.imo is None or each.imo not in listed]


def _watched_since(identities: Identities) -> datetime | None:
    """When a watched hull was first heard: the begin of the tallies."""
    heard = [each.from_at for held in identities.bound.values() for each in held if each.watched]
    return min(heard, default=None)


def _names(radios: tuple[RadioFacts, ...]) -> dict[Mmsi, str]:
    """The name each radio stated last."""
    return {
        radio.mmsi: statement.name for radio in radios for statement in radio.statements if statement.name is not None
    }
