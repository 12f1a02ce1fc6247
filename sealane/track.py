"""Track: the reports kept of one MMSI. A set, whatever the order they came in.

    near a zone     one report a UTC minute and one-degree cell: the one with the smallest (event time, payload)
    elsewhere       the first and the last of each UTC hour and cell
    static          the first and the last of each UTC day and content

Two hulls on one MMSI report from different cells, so neither thins the other away. A report that comes late, twice or
out of order leaves the same set behind: least and greatest do not depend on order. The track grows in place (ADR 3);
what it never does is forget a report that its rule keeps.
"""

from datetime import datetime
from functools import lru_cache
from operator import lt

import msgspec

from geofences.chart import Place
from sealane.fix import Fix, Mmsi
from sealane.static import StaticReport

CELLS_ROUND_THE_GLOBE = 360  # one-degree cells on a parallel
SLOTS_PER_CELL = 10_000  # room for a day's slots: 1,440 minutes, then two an hour from HOURLY on
HOURLY = 5_000
NOBODY: frozenset[str] = frozenset()
SOURCE_SETS = 4_096  # remembered, so that equal ones are one object


class Kept(msgspec.Struct, kw_only=True, gc=False):
    """One kept fix, where it lies on the chart, and every source that heard this radio in its slot."""

    fix: Fix
    place: Place
    sources: frozenset[str]


class Statics(msgspec.Struct, frozen=True, kw_only=True):
    """First and last time one content was stated on one day."""

    first: StaticReport
    last: StaticReport


class Track:
    """The kept reports of one MMSI by UTC day (proleptic ordinal), and the days changed since the last fold."""

    __slots__ = ("changed", "days", "marked", "mmsi", "overheard", "restated", "restated_contents", "statics")

    def __init__(self, mmsi: Mmsi) -> None:
        self.mmsi = mmsi
        self.days: dict[int, dict[int, Kept]] = {}
        self.statics: dict[int, dict[tuple[object, ...], Statics]] = {}
        self.marked: set[int] = set()
        self.overheard: set[int] = set()  # days in which only who heard has changed since the last fold
        self.restated = False  # whether a static report was taken in since the last fold
        self.changed: set[tuple[int, int]] = set()  # (day, slot) that a ledger has yet to hear of
        self.restated_contents: set[tuple[int, tuple[object, ...]]] = set()  # (day, content), likewise

    def add_fix(self, fix: Fix, place: Place) -> None:
        """Take one fix in. Repeated: only its source may be new. Late: its day is marked."""
        at = fix.at
        day = at.toordinal()
        slots = self.days.get(day)
        if slots is None:
            slots = self.days[day] = {}
        cell = (int(fix.lat_deg + 90.0) * CELLS_ROUND_THE_GLOBE + int(fix.lon_deg + 180.0)) * SLOTS_PER_CELL
        if place.near:
            self._keep(slots, day, cell + at.hour * 60 + at.minute, fix, place)
        else:
            hour = cell + HOURLY + 2 * at.hour
            self._keep(slots, day, hour, fix, place)
            self._keep(slots, day, hour + 1, fix, place, greatest=True)

    def add_static(self, report: StaticReport) -> None:
        """Take one static report in; only the first and last statement of a content in a day are kept."""
        day = report.at.toordinal()
        stated = self.statics.setdefault(day, {})
        content = content_of(report)
        kept = stated.get(content)
        if kept is None:
            stated[content] = Statics(first=report, last=report)
        elif _key(report) < _key(kept.first):
            stated[content] = Statics(first=report, last=kept.last)
        elif _key(report) > _key(kept.last):
            stated[content] = Statics(first=kept.first, last=report)
        else:
            return
        self.marked.add(day)
        self.restated = True
        self.restated_contents.add((day, content))

    def _keep(
        self, slots: dict[int, Kept], day: int, slot: int, fix: Fix, place: Place, *, greatest: bool = False
    ) -> None:
        """Put the better report into the slot; whichever wins, the slot remembers who heard."""
        kept = slots.get(slot)
        if kept is None:
            slots[slot] = Kept(fix=fix, place=place, sources=_heard_by(NOBODY, fix.source))
            wins = True
        else:
            wins = _is_before(kept.fix, fix) if greatest else _is_before(fix, kept.fix)
            if wins:
                kept.fix, kept.place = fix, place
            if fix.source not in kept.sources:
                kept.sources = _heard_by(kept.sources, fix.source)
            elif not wins:
                return
        self.changed.add((day, slot))
        if wins:
            self.marked.add(day)  # the fold goes by reports, not by who heard them
        else:
            self.overheard.add(day)

    def forget_changes(self) -> None:
        """Whoever keeps the track knows all of it, or nobody does."""
        self.changed.clear()
        self.restated_contents.clear()

    def fixes_of(self, day: int) -> list[Kept]:
        """The kept fixes of a day in event-time order, each once; equal times in payload order."""
        slots = self.days.get(day)
        if not slots:
            return []
        came = list(slots.values())
        times = [kept.fix.at for kept in came]
        if all(map(lt, times, times[1:])):  # most days of a ship near a zone come in order
            return came
        once = {_key(kept.fix): kept for kept in came}
        return [once[key] for key in sorted(once)]

    def heard_on(self, day: int) -> tuple[datetime, datetime]:
        """The first and the last time a kept report of a day was heard."""
        times = [kept.fix.at for kept in self.days.get(day, {}).values()]
        stated = self.statics.get(day, {}).values()
        times += [kept.first.at for kept in stated]
        times += [kept.last.at for kept in stated]
        return min(times), max(times)

    def sources(self, from_at: datetime, to_at: datetime) -> tuple[str, ...]:
        """Every source that heard the radio where a fix was kept between two times, both included; in order."""
        found: set[frozenset[str]] = set()
        for day in range(from_at.toordinal(), to_at.toordinal() + 1):
            for kept in self.days.get(day, {}).values():
                if kept.sources not in found and from_at <= kept.fix.at <= to_at:
                    found.add(kept.sources)
        return tuple(sorted(NOBODY.union(*found)))

    def statics_in_order(self) -> list[StaticReport]:
        """The kept static reports in event-time order, each once."""
        reports = {
            _key(report): report
            for stated in self.statics.values()
            for kept in stated.values()
            for report in (kept.first, kept.last)
        }
        return [reports[key] for key in sorted(reports)]


def content_of(report: StaticReport) -> tuple[object, ...]:
    """What a static report says, apart from when and by whom it was heard. The ETA is left out: it is retyped daily."""
    size = (report.length_m, report.beam_m, report.draught_m)
    return (report.imo_stated, report.name, report.callsign, report.ship_type, *size, report.destination)


def _key(report: Fix | StaticReport) -> tuple[datetime, bytes]:
    return report.at, report.payload


def _is_before(one: Fix, other: Fix) -> bool:
    return (one.at, one.payload) < (other.at, other.payload)


@lru_cache(maxsize=SOURCE_SETS)
def _heard_by(sources: frozenset[str], source: str) -> frozenset[str]:
    """One source more. Shared: most slots are heard by the same few, and a set of its own would outweigh a report."""
    return sources | {source}
