"""Judge: stage 2. Turn the facts of all radios and of people into gaps, presences, deliveries, tallies and alerts.

    radios --> identity, interference --> call, gap --\\
                                                       presence --> delivery --> tally --> alert
    people --> sighting, decision, binding -----------/                \\--> candidate

A pure function of the set of facts, the hours each source was heard in, the rules and `as_of`: order cannot matter, and
nothing is remembered in between.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from geofences.zone import PortCode
from sealane.alert import Alert, alerts_of
from sealane.attribution import Attributed, attributed_of, calls_merged
from sealane.candidate import Candidate, candidates_of
from sealane.conflict import IdentityConflict
from sealane.countreport import CountReport
from sealane.decision import Decision, in_force
from sealane.delivery import Delivery, Ends, decided, deliveries_of
from sealane.fact import Fact, Facts, facts_of
from sealane.fix import Mmsi
from sealane.follow import RadioFacts, standing_at
from sealane.gap import Gap, gaps_of
from sealane.heard import HoursHeard
from sealane.identities import Identities, identities_of
from sealane.identity import Identity
from sealane.interference import Interference, interferences_of, thrown_segments, weighed
from sealane.pairing import Terms
from sealane.portcall import PortCall
from sealane.presence import Presence, decided_on, presences_of
from sealane.reasons import reasons_of, shelf_of
from sealane.rules import Rules
from sealane.ruling import Ruling, rulings_of
from sealane.seen import CallSeen, Sighted, calls_seen, sighted_of, sighting_of
from sealane.static import Imo
from sealane.tally import Tally, tallies_of
from sealane.together import most_together
from sealane.voyage import Voyage, voyages_of
from sealane.watchlist import Vessel, Watchlist
from sealane.whereabouts import Whereabouts, whereabouts_of

__all__ = ["Attributed", "Standing", "judge"]

PRESENCE = "presence:"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The standing objects of a corridor as of a time, each kind in order of id."""

    as_of: datetime | None  # None: nothing with a time was ever heard or told
    calls: tuple[Attributed, ...] = ()
    identities: tuple[Identity, ...] = ()
    conflicts: tuple[IdentityConflict, ...] = ()
    interferences: tuple[Interference, ...] = ()
    gaps: tuple[Gap, ...] = ()
    sightings: tuple[Sighted, ...] = ()
    presences: tuple[Presence, ...] = ()
    voyages: tuple[Voyage, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    tallies: tuple[Tally, ...] = ()
    alerts: tuple[Alert, ...] = ()
    reports: tuple[CountReport, ...] = ()
    decisions: tuple[Ruling, ...] = ()


class _Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What radios and people show, before it is paired."""

    calls: tuple[Attributed, ...]
    whereabouts: Whereabouts
    gaps: tuple[Gap, ...]
    sighted: tuple[Sighted, ...]
    presences: tuple[Presence, ...]
    meant: dict[str, str]  # by decision: the object it means


def judge(
    radios: Iterable[RadioFacts],
    facts: Iterable[Fact],
    heard: HoursHeard,
    rules: Rules,
    as_of: datetime | None,
) -> Standing:
    """What all facts amount to as of a time. `heard`: the hours since 1970 each source was heard in."""
    told = tuple(facts)
    followed = () if as_of is None else tuple(standing_at(radio, as_of) for radio in radios)
    if as_of is None or not (followed or told):
        return Standing(as_of=as_of)
    known = facts_of(told, as_of)
    ruling = in_force(known.decisions)
    watchlist = rules.watchlist or Watchlist()
    identities = identities_of(followed, watchlist, rules.limits, known.bindings)
    thrown = interferences_of(followed, rules.limits)
    evidence = _evidence(followed, known, ruling, thrown, identities, heard, rules, as_of)
    found, hidden = _paired(evidence.presences, evidence.gaps, identities, rules, as_of)
    within = timedelta(hours=rules.limits.decision_within_h)
    deliveries, meant = decided((each for each, _ in found), ruling, within)
    shelf, ends = shelf_of(evidence.calls, evidence.sighted, ruling), {each.id: made for each, made in found}
    deliveries = tuple(
        msgspec.structs.replace(each, reasons=reasons_of(each, ends[each.id], shelf)) for each in deliveries
    )
    since = _watched_since(identities, evidence.presences)
    tallies, alerts = _counted(deliveries, evidence.whereabouts, since, rules, as_of)
    meant = evidence.meant | meant | _meant_otherwise(ruling, known, alerts)
    return Standing(
        as_of=as_of,
        calls=evidence.calls,
        identities=tuple(each for held in identities.bound.values() for each in held),
        conflicts=identities.conflicts,
        interferences=thrown,
        gaps=evidence.gaps,
        sightings=evidence.sighted,
        presences=tuple(sorted((*evidence.presences, *hidden), key=lambda each: each.id)),
        voyages=voyages_of(evidence.presences),
        deliveries=deliveries,
        candidates=candidates_of(
            _unlisted(evidence.calls, watchlist),
            _names(followed).get,
            rules.chart.role,
            timedelta(days=rules.limits.delivery_max_d),
        ),
        tallies=tallies,
        alerts=alerts,
        reports=known.reports,
        decisions=rulings_of(known.decisions, ruling, meant),
    )


def _evidence(
    radios: tuple[RadioFacts, ...],
    known: Facts,
    ruling: tuple[Decision, ...],
    thrown: tuple[Interference, ...],
    identities: Identities,
    heard: HoursHeard,
    rules: Rules,
    as_of: datetime,
) -> _Evidence:
    within = timedelta(hours=rules.limits.decision_within_h)
    vessels = {vessel.imo: vessel for vessel in (rules.watchlist or Watchlist()).vessels}
    all_weighed = (each for radio in radios for each in weighed(radio, thrown, rules.limits))
    calls, meant = attributed_of(all_weighed, identities, ruling, within)
    whereabouts = whereabouts_of(
        radios, identities, vessels.keys(), lambda radio: thrown_segments(radio, thrown, rules.limits)
    )
    gaps = tuple(
        gap
        for gap in gaps_of(whereabouts, sorted(vessels), heard, rules, as_of)
        if vessels[gap.imo].is_watched(gap.from_at.date())
    )
    sighted = sighted_of(known.sightings, ruling, rules.chart, _Elsewhere(calls, whereabouts, rules).could_be_at)
    presences = presences_of(
        _watched(calls, vessels),
        _seen(calls_seen(sighted, ruling), vessels),
        calls_merged(ruling, meant, calls, within),
    )
    hidden: tuple[Presence, ...] = ()
    if any(decision.target.startswith(PRESENCE) for decision in ruling):  # it may mean one that only a gap could hide
        hidden = _paired(presences, gaps, identities, rules, as_of)[1]
    presences, meant_presences = decided_on(presences, hidden, ruling, within)
    return _Evidence(
        calls=calls,
        whereabouts=whereabouts,
        gaps=gaps,
        sighted=sighted,
        presences=presences,
        meant=meant | meant_presences,
    )


def _paired(
    presences: Iterable[Presence], gaps: Iterable[Gap], identities: Identities, rules: Rules, as_of: datetime
) -> tuple[list[tuple[Delivery, Ends]], tuple[Presence, ...]]:
    """Deliveries with their ends, and what gaps were found to hide."""
    terms = _terms(rules, identities)
    return deliveries_of(rules.corridor, presences, terms, gaps, limits=rules.limits, as_of=as_of)


def _counted(
    deliveries: tuple[Delivery, ...], whereabouts: Whereabouts, since: datetime | None, rules: Rules, as_of: datetime
) -> tuple[tuple[Tally, ...], tuple[Alert, ...]]:
    """Tallies and alerts. A rule on the high bound goes by deliveries that can hold together."""
    if since is None:
        return (), ()
    hulls = sorted(vessel.imo for vessel in (rules.watchlist or Watchlist()).vessels)

    def share(from_at: datetime, to_at: datetime) -> dict[Imo, int]:
        lasted_s = (to_at - from_at).total_seconds() or 1.0
        return {imo: round(100 * whereabouts.heard_s(imo, from_at, to_at) / lasted_s) for imo in hulls}

    tallies = tallies_of(deliveries, since, as_of, share)
    standing = tuple(each for each in deliveries if each.grade != "rejected")
    together = most_together(standing)
    can_hold = tuple(each for each in standing if each.id in together)
    alerts = alerts_of(
        rules.surge,
        standing,
        tallies,
        since,
        as_of,
        rules.limits.alert_clears_below,
        together=can_hold,
        offensives=rules.offensives,
        ice=rules.ice,
    )
    return tallies, alerts


class _Elsewhere:
    """Whether AIS leaves room for a ship at a port: it was heard there, or nowhere it could not have come from."""

    def __init__(self, calls: tuple[Attributed, ...], whereabouts: Whereabouts, rules: Rules) -> None:
        self._calls: dict[tuple[Imo, PortCode], list[PortCall]] = {}
        for each in calls:
            if each.imo is not None:
                self._calls.setdefault((each.imo, each.call.port), []).append(each.call)
        self._whereabouts, self._rules = whereabouts, rules

    def could_be_at(self, imo: Imo, port: PortCode, from_at: datetime, to_at: datetime) -> bool:
        heard_there = self._calls.get((imo, port), [])
        if any(call.first_heard_at <= to_at and from_at <= call.last_heard_at for call in heard_there):
            return True
        spot = self._rules.seaways.ports.get(port)
        speed_kn = self._rules.limits.segment_max_speed_kn
        return spot is None or self._whereabouts.could_be_at(imo, spot, from_at, to_at, self._rules.seaways, speed_kn)


def _terms(rules: Rules, identities: Identities) -> Terms:
    return Terms(
        role=rules.chart.role,
        parted=identities.parted,
        longest=timedelta(days=rules.limits.delivery_max_d),
        seaways=rules.seaways,
        fastest_kn=rules.limits.segment_max_speed_kn,
    )


def _watched(calls: Iterable[Attributed], vessels: Mapping[Imo, Vessel]) -> Iterator[tuple[Imo, Attributed]]:
    """The calls of listed hulls on days they were watched."""
    for each in calls:
        imo = each.imo
        if imo is not None and imo in vessels and vessels[imo].is_watched(each.call.first_heard_at.date()):
            yield imo, each


def _seen(seen: Iterable[CallSeen], vessels: Mapping[Imo, Vessel]) -> Iterator[tuple[Imo, CallSeen]]:
    """Each call seen with every listed hull it may be of, on days that was watched."""
    for call in seen:
        for imo in call.ships:
            if imo in vessels and vessels[imo].is_watched(call.from_at.date()):
                yield imo, call


def _unlisted(calls: Iterable[Attributed], watchlist: Watchlist) -> list[tuple[Imo | None, PortCall]]:
    listed = {vessel.imo for vessel in watchlist.vessels}
    return [
        (each.imo, each.call)
        for each in calls
        if (each.imo is None or each.imo not in listed) and not each.wholly_suspect and each.verdict != "reject"
    ]


def _watched_since(identities: Identities, presences: Iterable[Presence]) -> datetime | None:
    """When a watched hull was first heard or seen: the begin of the tallies."""
    heard = [each.from_at for held in identities.bound.values() for each in held if each.watched]
    return min((*heard, *(each.first_known_at for each in presences)), default=None)


def _meant_otherwise(ruling: Iterable[Decision], known: Facts, alerts: Iterable[Alert]) -> dict[str, str]:
    """The sightings, decisions and alerts that decisions mean."""
    sightings, decisions = [each.id for each in known.sightings], {each.id for each in known.decisions}
    told = {each.id for each in alerts} | {f"rule:{each.rule}" for each in alerts}
    meant: dict[str, str] = {}
    for decision in ruling:
        sighting = sighting_of(decision.target, sightings)
        if sighting is not None:
            meant[decision.id] = f"sighting:{sighting}"
        elif decision.target.removeprefix("decision:") in decisions:
            meant[decision.id] = f"decision:{decision.target.removeprefix('decision:')}"
        elif decision.target in told:
            meant[decision.id] = decision.target
    return meant


def _names(radios: tuple[RadioFacts, ...]) -> dict[Mmsi, str]:
    """The name each radio stated last."""
    return {
        radio.mmsi: statement.name for radio in radios for statement in radio.statements if statement.name is not None
    }
