"""Known: when imported reports became known, where that is later than when they were heard.

Published AIS is known at its event time, unless it is imported with --known-at T; then no earlier than T. Told again
the same report is known from the earliest of those times on. What is kept of a radio, and in which slot, does not
change.
"""

from datetime import datetime

from geofences.chart import Chart
from sealane.fix import Fix, Mmsi
from sealane.static import StaticReport
from sealane.track import Track, content_of

Key = tuple[Mmsi, datetime, bytes]


class Known:
    """The known times that differ from event times. Ask it before a report is taken into its track."""

    def __init__(self) -> None:
        self._at: dict[Key, datetime] = {}

    def __bool__(self) -> bool:
        return bool(self._at)

    def of(self, report: Fix | StaticReport) -> datetime | None:
        """When a report became known; None: when it was heard."""
        return self._at.get(_key(report)) if self._at else None

    def tell(self, track: Track, report: Fix | StaticReport, known_at: datetime | None, chart: Chart) -> None:
        """A report is told that was known at a time; None: when it was heard. Changes are the track's to be stored."""
        key = _key(report)
        before = self._at.get(key)
        if known_at is None or known_at <= report.at:
            if before is None:
                return
            del self._at[key]
        elif before is None:
            if not _is_held(track, report, chart):
                self._at[key] = known_at
            return
        elif known_at < before:
            self._at[key] = known_at
        else:
            return
        _mark(track, report, chart)


def _key(report: Fix | StaticReport) -> Key:
    return report.mmsi, report.at, report.payload


def _slots(fix: Fix, chart: Chart) -> set[tuple[int, int]]:
    """Day and slots a fix may be kept in: those a track of nothing else keeps it in."""
    scratch = Track(fix.mmsi)
    scratch.add_fix(fix, chart.place(fix.lat_deg, fix.lon_deg))
    return scratch.changed


def _held_in(track: Track, fix: Fix, chart: Chart) -> set[tuple[int, int]]:
    """Day and slots in which a track keeps this very fix."""
    found = set()
    for day, slot in _slots(fix, chart):
        kept = track.days.get(day, {}).get(slot)
        if kept is not None and _key(kept.fix) == _key(fix):
            found.add((day, slot))
    return found


def _is_held(track: Track, report: Fix | StaticReport, chart: Chart) -> bool:
    if isinstance(report, Fix):
        return bool(_held_in(track, report, chart))
    kept = track.statics.get(report.at.toordinal(), {}).get(content_of(report))
    return kept is not None and _key(report) in (_key(kept.first), _key(kept.last))


def _mark(track: Track, report: Fix | StaticReport, chart: Chart) -> None:
    """What is stored of it has changed."""
    if isinstance(report, Fix):
        track.changed |= _held_in(track, report, chart)
    elif _is_held(track, report, chart):
        track.restated_contents.add((report.at.toordinal(), content_of(report)))
