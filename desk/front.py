"""Front: what the page shows at a glance, from what stands: the month, the alerts, the chart, one view of the ledger.

A pure function of a snapshot, a time and what the URL asks for. What is new and how sure it is comes first.
"""

from calendar import month_name
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import quote, urlencode

import msgspec

from desk.chart import Bar, Chart, chart_of
from desk.chart_svg import svg_of
from desk.evidence import path_of
from desk.snapshot import Snapshot
from desk.strip import Strip, strip_of
from desk.views import VIEWS, View, cells_of, feed_rows, key_of, rows_of
from sealane.alert import Alert
from sealane.claim import claim_of, claims_of
from sealane.event import NOTIFIED
from sealane.silence import Handling, muted
from streams import outage
from streams.reading import Reading
from streams.showing.telling import Told, words_of_told
from streams.showing.wanted import Wanted

GRAVITY = ("surge", "elevated", "watch", "lull")
TABS = ("deliveries", "calls", "gaps", "sightings", "vessels", "candidates", "reports")
HIDDEN = ("id",)  # columns: the row is a link to it
MOST_LINES = 200
MOST_NEWS = 12
NOT_NEWS = (NOTIFIED, "RulesChanged")  # of no object


class AlertItem(msgspec.Struct, frozen=True, kw_only=True):
    """One alert as an analyst reads it: shape and word for its severity, a sentence, what people did about it."""

    id: str
    rule: str
    severity: str
    state: str
    sentence: str
    fired_at: datetime
    resolved_at: datetime | None
    tied: tuple[str, ...]
    notes: tuple[str, ...]
    handling: Handling

    @property
    def is_quiet(self) -> bool:
        return self.handling.acknowledged is not None or self.handling.silenced is not None


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """The newest month in one breath."""

    title: str
    bar: Bar
    gravest: AlertItem | None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the ledger."""

    key: str
    link: str
    cells: Mapping[str, str]


class Tab(msgspec.Struct, frozen=True, kw_only=True):
    """One view of the ledger, the newest rows first."""

    view: View
    headers: tuple[str, ...]
    lines: tuple[Line, ...]
    count: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One of the newest entries of the chain, in words."""

    sequence: int
    kind: str
    subject: str
    path: str
    at: datetime | None
    words: str


class Front(msgspec.Struct, frozen=True, kw_only=True):
    """All that the page's template is given."""

    strip: Strip
    lead: Lead | None
    alerts: tuple[AlertItem, ...]
    newest: tuple[Entry, ...]
    chart: Chart
    svg: str
    tabs: tuple[View, ...]
    tab: Tab
    query: Mapping[str, str]  # what narrows the ledger, as asked
    exports: Mapping[str, str]
    ships: tuple[tuple[int, str], ...]  # of the watchlist, for forms and filters
    ports: tuple[tuple[str, str], ...]


def front_of(
    snapshot: Snapshot,
    view: str,
    wanted: Wanted,
    query: Mapping[str, str],
    newest: Iterable[Told],
    now: datetime,
    away: str | None,
) -> Front:
    """The page at a time, its ledger narrowed to what is wanted; `newest`: entries of the chain, in its order."""
    reading = snapshot.reading
    chart = month_chart(reading)
    alerts = _alerts(reading)
    asked = f"?{urlencode(query)}" if query else ""
    return Front(
        strip=strip_of(snapshot, now, away),
        lead=_lead(chart, alerts),
        alerts=alerts,
        newest=tuple(_entry(each, reading) for each in newest if each.kind not in NOT_NEWS)[::-1][:MOST_NEWS],
        chart=chart,
        svg=svg_of(chart),
        tabs=tuple(VIEWS[name] for name in TABS),
        tab=_tab(VIEWS[view], snapshot, wanted),
        query=query,
        exports={form: f"/{view}.{form}{asked}" for form in ("csv", "json", "geojson")},
        ships=_ships(reading),
        ports=tuple((port, reading.corridor.port_name(port)) for port in reading.corridor.rules.chart.ports),
    )


def _entry(event: Told, reading: Reading) -> Entry:
    return Entry(
        sequence=event.sequence,
        kind=event.kind,
        subject=event.subject,
        path="/feeds" if event.kind in outage.KINDS else path_of(event.subject),
        at=event.at,
        words=words_of_told(event, reading.names, reading.corridor.port_name),
    )


def month_chart(reading: Reading) -> Chart:
    """The month chart of a reading: its tallies, and beside them what was published and what people reported."""
    corridor = reading.corridor
    claims = (*claims_of(corridor.published), *map(claim_of, reading.standing.reports))
    return chart_of(
        reading.standing.tallies,
        claims,
        corridor.rules.surge,
        corridor.offensives,
        as_of=reading.standing.as_of,
        synthetic=reading.synthetic,
    )


def _alerts(reading: Reading) -> tuple[AlertItem, ...]:
    """Firing ones first, the gravest first; then the rest, the newest first."""
    standing = reading.standing
    decisions = [ruling.decision for ruling in standing.decisions]
    held = {each.alert: each for each in muted(standing.alerts, decisions, standing.as_of)} if standing.as_of else {}
    items = [_item(each, held.get(each.id, Handling(alert=each.id))) for each in standing.alerts]
    newest_first = sorted(items, key=lambda each: (each.fired_at, each.id), reverse=True)
    firing = [each for each in newest_first if each.state == "firing"]
    firing.sort(key=lambda each: (each.is_quiet, GRAVITY.index(each.severity)))
    return (*firing, *(each for each in newest_first if each.state != "firing"))


def _item(alert: Alert, handling: Handling) -> AlertItem:
    return AlertItem(
        id=alert.id,
        rule=alert.rule,
        severity=alert.severity,
        state=alert.state,
        sentence=alert.sentence or alert.id,
        fired_at=alert.fired_at,
        resolved_at=alert.resolved_at,
        tied=tuple(each.sentence for each in alert.tied),
        notes=alert.notes,
        handling=handling,
    )


def _lead(chart: Chart, alerts: tuple[AlertItem, ...]) -> Lead | None:
    """The newest month that is counted."""
    if not chart.bars or chart.as_of is None:
        return None
    bar = chart.bars[-1]
    year, month = bar.month.split("-")
    so_far = " so far" if bar.going_on else ""
    gravest = next((each for each in alerts if each.state == "firing"), None)
    return Lead(title=f"{month_name[int(month)]} {year}{so_far}", bar=bar, gravest=gravest)


def _tab(view: View, snapshot: Snapshot, wanted: Wanted) -> Tab:
    reading = snapshot.reading
    rows = rows_of(view, reading, feed_rows(snapshot.feeds), wanted)
    newest = rows[::-1][:MOST_LINES] if view.name != "vessels" else rows[:MOST_LINES]
    cells = [cells_of(view, row, reading) for row in newest]
    return Tab(
        view=view,
        headers=tuple(header for header in (cells[0] if cells else ()) if header not in HIDDEN),
        lines=tuple(
            Line(key=key_of(view, row), link=f"/{view.name}/{quote(key_of(view, row), safe=':')}", cells=each)
            for row, each in zip(newest, cells, strict=True)
        ),
        count=len(rows),
    )


def _ships(reading: Reading) -> tuple[tuple[int, str], ...]:
    watchlist = reading.corridor.rules.watchlist
    return tuple((vessel.imo, vessel.name) for vessel in watchlist.vessels) if watchlist else ()
