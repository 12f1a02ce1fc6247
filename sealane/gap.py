"""Gap: a silence of a hull, and what it could have hidden. Silence is evidence of nothing but room.

    ship gap        a source that heard the hull before was heard in >= 90 % of the full hours inside: the ship was not
    coverage gap    else: the receivers were silent, which says nothing of the ship

    p1 --?-- q --?-- p2     a ship gap hides a port q if d(p1,q) + d(q,p2) <= 15 kn x (T - 6 h); a chain of ports, if
                            sailing at 15 kn and 6 h a stop fit into T. What does not fit is listed as too short for.

From 6 h at sea and 4 h in port on. An open gap has no p2 and grows with `as_of`. `room_for` is how many deliveries it
could hold; any gap yields at most one. No track is invented over it, and no call is split by it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise, permutations
from math import ceil, floor
from typing import Literal

import msgspec

from geofences.zone import PortCode, Role
from sealane.fix import Mmsi
from sealane.heard import HoursHeard, heard_between
from sealane.portcall import minute_of
from sealane.rules import Rules
from sealane.seaway import Seaways, Spot
from sealane.stamp import EPOCH
from sealane.static import Imo
from sealane.whereabouts import Silence, Whereabouts

GapKind = Literal["ship", "coverage"]

SECONDS_PER_HOUR = 3600
LONGEST_CHAIN = 2  # ports listed one by one; `room_for` counts on
SLACK_DIGITS = 1
Roles = Mapping[PortCode, Role]


class Hidden(msgspec.Struct, frozen=True, kw_only=True):
    """Ports a gap could have hidden, in that order, and the hours that would have been left."""

    ports: tuple[PortCode, ...]
    slack_h: float


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """One silence of one watched hull. `mmsi` is the radio last heard."""

    id: str
    mmsi: Mmsi
    imo: Imo
    kind: GapKind
    from_at: datetime
    to_at: datetime | None  # None: still open
    begins: Spot
    ends: Spot | None
    same_call: bool  # in port on both sides, in a call that goes on
    torn: bool  # two segments of one MMSI: nobody could have sailed that, so nothing follows from it
    room_for: int
    hides: tuple[Hidden, ...]
    too_short_for: tuple[tuple[PortCode, ...], ...]  # the shortest of those that do not fit: too short to have called
    sources: tuple[str, ...]  # that heard it in the 24 h before
    heard_share: float  # of the full hours inside, by the source heard most
    draught_before_m: float | None
    draught_after_m: float | None

    @property
    def can_hide(self) -> bool:
        """Whether anything may follow from it at all."""
        return self.kind == "ship" and not self.torn

    def hides_port(self, port: PortCode) -> bool:
        """Whether a call there could lie in it."""
        return any(hidden.ports == (port,) for hidden in self.hides)

    def closes_at(self, as_of: datetime) -> datetime:
        """When it ended; now, while it is open."""
        return self.to_at or as_of


def gaps_of(
    whereabouts: Whereabouts,
    hulls: Iterable[Imo],
    heard: HoursHeard,
    rules: Rules,
    as_of: datetime,
) -> tuple[Gap, ...]:
    """Every gap of some hulls as of a time, by id. `heard`: the hours (since 1970) each source was heard in."""
    roles = {port: rules.chart.role(port) for port in rules.chart.ports}
    found = [
        _gap(imo, silence, heard, roles, rules, as_of)
        for imo in hulls
        for silence in whereabouts.silences(imo)
        if _is_long(silence, rules, as_of)
    ]
    return tuple(sorted(found, key=lambda gap: gap.id))


def _is_long(silence: Silence, rules: Rules, as_of: datetime) -> bool:
    """Long enough for a gap; what lies before a hull was first heard is none."""
    if silence.before is None:
        return False
    limits = rules.limits
    needed_h = limits.gap_at_sea_h if silence.before.after.last_port is None else limits.gap_in_port_h
    ends_at = as_of if silence.after is None else silence.after.first.at
    return ends_at - silence.before.last.at >= timedelta(hours=needed_h)


def _gap(imo: Imo, silence: Silence, heard: HoursHeard, roles: Roles, rules: Rules, as_of: datetime) -> Gap:
    before, after, limits = silence.before, silence.after, rules.limits
    assert before is not None, "only what was heard before can fall silent"
    unheard = before.after
    from_at, to_at = before.last.at, None if after is None else after.first.at
    same_voice = after is not None and (after.mmsi, after.segment) == (before.mmsi, before.segment)
    share = _heard_share(unheard.sources, heard, from_at, to_at or as_of)
    gap = Gap(
        id=f"gap:{before.mmsi}:{minute_of(from_at)}",
        mmsi=before.mmsi,
        imo=imo,
        kind="ship" if share >= limits.gap_heard_share else "coverage",
        from_at=from_at,
        to_at=to_at,
        begins=before.ends,
        ends=None if after is None else after.begins,
        same_call=same_voice and unheard.same_call,
        torn=after is not None and after.mmsi == before.mmsi and not same_voice,
        room_for=0,
        hides=(),
        too_short_for=(),
        sources=unheard.sources,
        heard_share=round(share, 3),
        draught_before_m=unheard.draught_before_m,
        draught_after_m=unheard.draught_after_m if same_voice else None,
    )
    if not gap.can_hide:
        return gap
    hides, too_short = _hidden(gap, roles, rules, as_of)
    return msgspec.structs.replace(
        gap, hides=hides, too_short_for=too_short, room_for=_room_for(gap, roles, rules, as_of)
    )


def _heard_share(sources: tuple[str, ...], heard: HoursHeard, from_at: datetime, to_at: datetime) -> float:
    """Of the full hours strictly inside, the share in which the source heard most was heard."""
    first = ceil((from_at - EPOCH).total_seconds() / SECONDS_PER_HOUR)
    last = floor((to_at - EPOCH).total_seconds() / SECONDS_PER_HOUR)
    if last <= first:
        return 0.0
    most = max((heard_between(heard.get(source, ()), first, last) for source in sources), default=0)
    return most / (last - first)


def _hidden(
    gap: Gap, roles: Roles, rules: Rules, as_of: datetime
) -> tuple[tuple[Hidden, ...], tuple[tuple[PortCode, ...], ...]]:
    """The chains of ports that fit, and the shortest of those that do not."""
    ports = sorted(port for port, role in roles.items() if role != "other")
    hides: list[Hidden] = []
    too_short: list[tuple[PortCode, ...]] = []
    for length in range(1, LONGEST_CHAIN + 1):
        for chain in permutations(ports, length):
            if chain[0] == gap.begins.port or (gap.ends is not None and chain[-1] == gap.ends.port):
                continue  # it was there, or came there: nothing hidden
            slack_h = _slack_h(gap, chain, rules, as_of)
            if slack_h >= 0:
                hides.append(Hidden(ports=chain, slack_h=round(slack_h, SLACK_DIGITS)))
            elif not any(set(shorter) <= set(chain) for shorter in too_short):
                too_short.append(chain)
    return tuple(hides), tuple(too_short)


def _slack_h(gap: Gap, chain: tuple[PortCode, ...], rules: Rules, as_of: datetime) -> float:
    """Hours left after sailing to these ports in turn, a stop at each, and on to where it was heard again."""
    spots = [gap.begins, *(rules.seaways.ports[port] for port in chain)]
    if gap.ends is not None:
        spots.append(gap.ends)
    limits = rules.limits
    sailed = sum(rules.seaways.hours(one, other, limits.gap_speed_kn) for one, other in pairwise(spots))
    lasted_h = (gap.closes_at(as_of) - gap.from_at).total_seconds() / SECONDS_PER_HOUR
    return lasted_h - sailed - limits.gap_stop_h * len(chain)


def _room_for(gap: Gap, roles: Roles, rules: Rules, as_of: datetime) -> int:
    """The most deliveries that fit in: loads and discharges in turn, the ports at its ends among them."""
    ways, limits = rules.seaways, rules.limits
    loads = [port for port, role in roles.items() if role == "load"]
    discharges = [port for port, role in roles.items() if role == "discharge"]
    if not loads or not discharges:
        return 0
    lasted_h = (gap.closes_at(as_of) - gap.from_at).total_seconds() / SECONDS_PER_HOUR
    at_h: dict[PortCode, float] = {}  # by discharge port: the soonest it can be done there with so many
    room = 0
    while room < lasted_h:
        loaded_h = {port: _soonest(gap.begins, at_h, ways.ports[port], ways, limits.gap_speed_kn) for port in loads}
        loaded_h = {
            port: hours if not at_h and port == gap.begins.port else hours + limits.gap_stop_h
            for port, hours in loaded_h.items()
        }
        there_h = {
            port: min(
                hours + ways.hours(ways.ports[load], ways.ports[port], limits.gap_speed_kn)
                for load, hours in loaded_h.items()
            )
            for port in discharges
        }
        if not any(_gets_back(gap, port, hours, ways, rules) <= lasted_h for port, hours in there_h.items()):
            return room
        room += 1
        at_h = {port: hours + limits.gap_stop_h for port, hours in there_h.items()}
    return room


def _soonest(begins: Spot, at_h: dict[PortCode, float], spot: Spot, ways: Seaways, speed_kn: float) -> float:
    """Hours until it can be at a place: from the begin, or from where it discharged last."""
    if not at_h:
        return ways.hours(begins, spot, speed_kn)
    return min(hours + ways.hours(ways.ports[port], spot, speed_kn) for port, hours in at_h.items())


def _gets_back(gap: Gap, port: PortCode, arrives_h: float, ways: Seaways, rules: Rules) -> float:
    """Hours until it is heard again after it came to a discharge port; heard there, no stop is needed before."""
    if gap.ends is not None and gap.ends.port == port:
        return arrives_h
    back_h = 0.0 if gap.ends is None else ways.hours(ways.ports[port], gap.ends, rules.limits.gap_speed_kn)
    return arrives_h + rules.limits.gap_stop_h + back_h
