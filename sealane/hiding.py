"""Hiding: the ends of a delivery that a gap could have hidden. Used only for what known ends leave unpaired.

    known end, missing end in a gap      the gap supplies only what is missing, between the known ends around it
    no known end in the gap              a load and a discharge that both fit in: the gap's own

Each gap is used once and never inside a pair, and yields one delivery however many it has room for. Strong ends are
served first, in time order. No end is supplied across an identity conflict.
"""

from datetime import datetime, timedelta

import msgspec

from geofences.zone import PortCode
from sealane.gap import Gap
from sealane.pairing import Pair, Terms, arrival_of
from sealane.presence import Presence
from sealane.rules import Limits
from sealane.seaway import Spot


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A port an end could be at, and when: come at the earliest, gone at the latest."""

    port: PortCode
    comes_at: datetime
    goes_at: datetime


class Hiding(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery of which a gap hides an end, or both. A known end is given as it is."""

    gap: Gap
    load: Presence | None
    discharge: Presence | None
    loads: tuple[Window, ...] = ()  # where the load could be, if it is hidden; by port
    discharges: tuple[Window, ...] = ()
    arrives_from_at: datetime  # the arrival at the discharge port lies from here
    arrives_to_at: datetime  # to here


class _Point(msgspec.Struct, frozen=True, kw_only=True):
    """Where the hull surely was at a time; nowhere known at the end of an open gap."""

    at: datetime
    spot: Spot | None


class Searched(msgspec.Struct, frozen=True, kw_only=True):
    """One hull's ends, pairs and gaps, and what bounds a hidden end."""

    ends: list[Presence]
    pairs: list[Pair]
    gaps: list[Gap]  # in order of time
    terms: Terms
    limits: Limits
    as_of: datetime

    def sail(self, one: Spot, other: Spot) -> timedelta:
        return timedelta(hours=self.terms.seaways.hours(one, other, self.limits.gap_speed_kn))

    @property
    def stop(self) -> timedelta:
        return timedelta(hours=self.limits.gap_stop_h)

    def ports(self, role: str) -> list[Spot]:
        ports = self.terms.seaways.ports
        return [ports[port] for port in sorted(ports) if self.terms.role(port) == role]

    def at_port(self, end: Presence) -> Spot | None:
        return self.terms.seaways.ports.get(end.port)


def hidings_of(searched: Searched) -> list[Hiding]:
    """Every delivery of one hull that rests on a gap."""
    free = [
        gap
        for gap in searched.gaps
        if gap.can_hide
        and not any(pair.overlaps(gap.from_at, gap.closes_at(searched.as_of)) for pair in searched.pairs)
    ]
    unpaired = [end for end in searched.ends if not any(pair.holds(end.first_known_at) for pair in searched.pairs)]
    found: list[Hiding] = []
    for end in sorted(unpaired, key=lambda each: (each.strength != "strong", each.first_known_at, each.id)):
        hiding = _supplied(end, free, searched)
        if hiding is not None:
            found.append(hiding)
            free.remove(hiding.gap)
    for gap in free:
        if not any(_lies_in(end, gap, searched.as_of) for end in unpaired):
            own = _of_its_own(gap, searched)
            if own is not None:
                found.append(own)
    return found


def _lies_in(end: Presence, gap: Gap, as_of: datetime) -> bool:
    """Whether an end is known in the gap; a call that goes on across it is not."""
    closes_at = gap.closes_at(as_of)
    if end.first_known_at <= gap.from_at and end.last_known_at >= closes_at:
        return False
    return end.first_known_at < closes_at and gap.from_at < end.last_known_at


def _supplied(end: Presence, free: list[Gap], searched: Searched) -> Hiding | None:
    """The delivery of an end whose other end the nearest gap that can has hidden."""
    is_load = searched.terms.role(end.port) == "load"
    for gap in free if is_load else reversed(free):
        hiding = _discharge_after(end, gap, searched) if is_load else _load_before(end, gap, searched)
        if hiding is not None:
            return hiding
    return None


def _load_before(end: Presence, gap: Gap, searched: Searched) -> Hiding | None:
    """A hidden load between what is known before a discharge end, and that end."""
    earlier = [each for each in searched.ends if (each.first_known_at, each.id) < (end.first_known_at, end.id)]
    low = _Point(at=gap.from_at, spot=gap.begins)
    if earlier and earlier[-1].here_until_at > low.at:
        low = _Point(at=earlier[-1].here_until_at, spot=searched.at_port(earlier[-1]))
    high = _Point(at=gap.closes_at(searched.as_of), spot=gap.ends)
    if end.here_by_at <= high.at:
        high = _Point(at=end.here_by_at, spot=searched.at_port(end))
    longest = searched.terms.longest
    windows = [
        window for window in _windows("load", low, high, searched) if end.first_known_at - window.goes_at <= longest
    ]
    if not windows or searched.terms.parted(end.imo, low.at, end.last_known_at):
        return None
    there = searched.at_port(end)
    ports = searched.terms.seaways.ports
    soonest = min(
        window.comes_at + searched.stop + (searched.sail(ports[window.port], there) if there else timedelta(0))
        for window in windows
    )
    arrives_from_at, arrives_to_at = arrival_of(end, soonest)
    return Hiding(
        gap=gap,
        load=None,
        discharge=end,
        loads=tuple(windows),
        arrives_from_at=arrives_from_at,
        arrives_to_at=arrives_to_at,
    )


def _discharge_after(end: Presence, gap: Gap, searched: Searched) -> Hiding | None:
    """A hidden discharge between a load end and what is known after it."""
    later = [each for each in searched.ends if (each.first_known_at, each.id) > (end.first_known_at, end.id)]
    low = _Point(at=gap.from_at, spot=gap.begins)
    if end.here_until_at > low.at:
        low = _Point(at=end.here_until_at, spot=searched.at_port(end))
    high = _Point(at=gap.closes_at(searched.as_of), spot=gap.ends)
    if later and later[0].here_by_at < high.at:
        high = _Point(at=later[0].here_by_at, spot=searched.at_port(later[0]))
    latest = end.last_known_at + searched.terms.longest
    windows = [window for window in _windows("discharge", low, high, searched) if window.comes_at <= latest]
    if not windows or searched.terms.parted(end.imo, end.first_known_at, high.at):
        return None
    return Hiding(
        gap=gap,
        load=end,
        discharge=None,
        discharges=tuple(windows),
        arrives_from_at=min(window.comes_at for window in windows),
        arrives_to_at=min(latest, max(window.goes_at for window in windows) - searched.stop),
    )


def _windows(role: str, low: _Point, high: _Point, searched: Searched) -> list[Window]:
    """Where and when a hidden end of a role fits between two points, with a stop."""
    windows = []
    for port in searched.ports(role):
        assert port.port is not None, "ports have names"
        comes_at = low.at + (searched.sail(low.spot, port) if low.spot else timedelta(0))
        goes_at = high.at - (searched.sail(port, high.spot) if high.spot else timedelta(0))
        if comes_at + searched.stop <= goes_at:
            windows.append(Window(port=port.port, comes_at=comes_at, goes_at=goes_at))
    return windows


def _of_its_own(gap: Gap, searched: Searched) -> Hiding | None:
    """A load and a discharge that a gap has room for, the ports at its ends among them."""
    closes_at, stop = gap.closes_at(searched.as_of), searched.stop
    if gap.room_for < 1 or searched.terms.parted(gap.imo, gap.from_at, closes_at):
        return None
    loads: dict[PortCode, Window] = {}
    discharges: dict[PortCode, Window] = {}
    for load in searched.ports("load"):
        for discharge in searched.ports("discharge"):
            assert load.port is not None, "ports have names"
            assert discharge.port is not None, "ports have names"
            is_there = gap.begins.port == load.port
            comes_back = gap.ends is not None and gap.ends.port == discharge.port
            loads_at = gap.from_at + (timedelta(0) if is_there else searched.sail(gap.begins, load))
            between = searched.sail(load, discharge)
            arrives_at = loads_at + (timedelta(0) if is_there else stop) + between
            away = timedelta(0) if gap.ends is None else searched.sail(discharge, gap.ends)
            leaves_at = closes_at if comes_back else closes_at - away
            arrives_by = leaves_at if comes_back else leaves_at - stop
            if arrives_at > arrives_by:
                continue
            _widen(loads, Window(port=load.port, comes_at=loads_at, goes_at=arrives_by - between))
            _widen(discharges, Window(port=discharge.port, comes_at=arrives_at, goes_at=leaves_at))
    if not loads:
        return None
    return Hiding(
        gap=gap,
        load=None,
        discharge=None,
        loads=tuple(loads[port] for port in sorted(loads)),
        discharges=tuple(discharges[port] for port in sorted(discharges)),
        arrives_from_at=min(window.comes_at for window in discharges.values()),
        arrives_to_at=max(
            window.goes_at if gap.ends is not None and gap.ends.port == window.port else window.goes_at - stop
            for window in discharges.values()
        ),
    )


def _widen(windows: dict[PortCode, Window], window: Window) -> None:
    known = windows.get(window.port, window)
    windows[window.port] = Window(
        port=window.port,
        comes_at=min(known.comes_at, window.comes_at),
        goes_at=max(known.goes_at, window.goes_at),
    )
