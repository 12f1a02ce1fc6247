"""Statement: what a radio said it is, from when to when; and the spans in which it was heard at all.

A statement is a run of static reports that say the same of the hull (IMO number, name, call sign, size). Draught and
destination belong to a voyage, not to the hull, and break no run.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from sealane.static import StaticReport
from sealane.track import Track

Subject = Literal["hull", "name", "station"]

_SAID = ("imo_stated", "name", "callsign", "ship_type", "length_m", "beam_m")


class Span(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A time in which one radio was heard, without a silence of 180 days."""

    first_at: datetime
    last_at: datetime


class Statement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One run of static reports with the same content about the hull."""

    first_at: datetime
    last_at: datetime
    imo_stated: int | None  # as typed; None also in message 24, which has no IMO number
    name: str | None
    callsign: str | None
    ship_type: int | None
    length_m: int | None
    beam_m: int | None
    reports: int  # kept ones
    first: StaticReport
    last: StaticReport


def spans_of(track: Track, silence: timedelta) -> tuple[Span, ...]:
    """The spans of a track, in order."""
    heard: list[tuple[datetime, datetime]] = []
    for day in sorted(track.days.keys() | track.statics.keys()):
        times = [kept.fix.at for kept in track.days.get(day, {}).values()]
        times += [kept.first.at for kept in track.statics.get(day, {}).values()]
        times += [kept.last.at for kept in track.statics.get(day, {}).values()]
        first_at, last_at = min(times), max(times)
        if heard and first_at - heard[-1][1] < silence:
            heard[-1] = (heard[-1][0], last_at)
        else:
            heard.append((first_at, last_at))
    return tuple(Span(first_at=first_at, last_at=last_at) for first_at, last_at in heard)


def statements_of(reports: list[StaticReport], spans: tuple[Span, ...]) -> tuple[Statement, ...]:
    """Runs of equal content in time order; a silence of 180 days ends a run.

    What names a hull, what names only a ship (24A) and what names neither (24B) alternate on the air and run side by side.
    """
    ends = [span.last_at for span in spans]
    open_runs: dict[Subject, Statement] = {}
    runs: list[Statement] = []
    span = 0
    for report in reports:
        while span < len(ends) and report.at > ends[span]:
            runs += open_runs.values()
            open_runs, span = {}, span + 1
        subject = _subject(report)
        run = open_runs.get(subject)
        if run is not None and all(getattr(run, said) == getattr(report, said) for said in _SAID):
            open_runs[subject] = msgspec.structs.replace(
                run, last_at=report.at, reports=run.reports + 1, last=report
            )
            continue
        if run is not None:
            runs.append(run)
        open_runs[subject] = _begin(report)
    runs += open_runs.values()
    return tuple(sorted(runs, key=lambda run: (run.first_at, run.first.payload)))


def _subject(report: StaticReport) -> Subject:
    if report.imo_stated is not None:
        return "hull"
    return "station" if report.name is None else "name"


def _begin(report: StaticReport) -> Statement:
    return Statement(
        first_at=report.at,
        last_at=report.at,
        imo_stated=report.imo_stated,
        name=report.name,
        callsign=report.callsign,
        ship_type=report.ship_type,
        length_m=report.length_m,
        beam_m=report.beam_m,
        reports=1,
        first=report,
        last=report,
    )


