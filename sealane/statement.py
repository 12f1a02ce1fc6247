"""Statement: what a radio said it is, from when to when; and the spans in which it was heard at all.

A statement is a run of static reports that say the same of the hull (IMO number, name, call sign, size). Draught and
destination belong to a voyage, not to the hull, and break no run.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Literal

import msgspec

from sealane.static import StaticReport

Subject = Literal["hull", "name", "station"]

_said = attrgetter("imo_stated", "name", "callsign", "ship_type", "length_m", "beam_m")  # of the hull


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


def spans_of(heard: Iterable[tuple[datetime, datetime]], silence: timedelta) -> tuple[Span, ...]:
    """The spans that the days of a track amount to: each day's first and last time, in order."""
    spans: list[tuple[datetime, datetime]] = []
    for first_at, last_at in heard:
        if spans and first_at - spans[-1][1] < silence:
            spans[-1] = (spans[-1][0], last_at)
        else:
            spans.append((first_at, last_at))
    return tuple(Span(first_at=first_at, last_at=last_at) for first_at, last_at in spans)


def statements_of(reports: list[StaticReport], begins: tuple[datetime, ...]) -> tuple[Statement, ...]:
    """Runs of equal content in time order; where a span begins, after a silence of 180 days, runs begin anew.

    What names a hull, what names only a ship (24A) and what names neither (24B) alternate on the air: they run side by
    side.
    """
    open_runs: dict[Subject, Statement] = {}
    runs: list[Statement] = []
    span = 0
    for report in reports:
        while span + 1 < len(begins) and report.at >= begins[span + 1]:
            runs += open_runs.values()
            open_runs, span = {}, span + 1
        subject = _subject(report)
        run = open_runs.get(subject)
        if run is not None and _said(run) == _said(report):
            open_runs[subject] = msgspec.structs.replace(run, last_at=report.at, reports=run.reports + 1, last=report)
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
