"""The console: what a corridor looks like now, for a terminal. Last events, months as bars, alerts, ships unheard.

wide                                             narrow
+------------- SYNTHETIC, as of -------------+   +--- SYNTHETIC, as of ----+
| last events           | deliveries by month |   | deliveries | alerts     |
|                       | alerts, not heard   |   | last events             |
+------------- lines heard, pace -------------+   +--- lines heard, pace ---+
"""

from collections import deque
from collections.abc import Callable, Iterable
from math import ceil

from rich.console import ConsoleDimensions, Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sealane.alert import Alert
from sealane.event import Event
from sealane.judge import Standing
from sealane.tally import Tally
from streams.corridor.corridor import Corridor
from streams.explain.room import unheard_words
from streams.showing.state import names_of
from streams.showing.wording import SYNTHETIC, Names, PortName, alert_words, moment, words_of

EVENTS_KEPT = 200
WIDE_FROM_COLUMNS, YEAR_FROM_COLUMNS = 120, 150
FRAME_ROWS = 2  # of a panel
EDGE_ROWS = 2  # banner and foot
MONTHS_WIDE, MONTHS_NARROW = 13, 6
SIDE_COLUMNS, MONTHS_NARROW_COLUMNS = 46, 32
ALERTS_SHOWN = 12
FEEDS_SHOWN = 6
KIND_COLUMNS = 16  # DeliveryRecorded
BAR, PROBABLE_BAR, POSSIBLE_BAR = "\N{FULL BLOCK}", "\N{MEDIUM SHADE}", "\N{LIGHT SHADE}"
MOST_UNHEARD_WIDE, MOST_UNHEARD_NARROW = 4, 1
FRAME_COLUMNS, LONGEST_WORD = 4, 5  # of a panel; by which a folded line can fall short

# Okabe and Ito's colours, which the colour-blind can tell apart; the word stands beside each all the same.
SEVERITY_STYLE = {"surge": "bold #D55E00", "elevated": "#E69F00", "watch": "#56B4E9", "lull": "#999999"}
KIND_STYLE = {
    "Alert": "bold #D55E00",
    "Gap": "#E69F00",
    "Sighting": "#CC79A7",
    "Decision": "#CC79A7",
    "Delivery": "#009E73",
    "Tally": "#56B4E9",
    "Voyage": "#0072B2",
}
SILENT_STYLE = "bold #D55E00"
SEVERITIES = tuple(SEVERITY_STYLE)  # the gravest first

Show = Callable[[tuple[Event, ...], Standing, int], None]  # what happened, what stands, lines heard


class View:
    """Remembers the last events and draws the whole."""

    def __init__(self, corridor: Corridor) -> None:
        self.corridor = corridor
        self.status = self.served_at = ""
        self.feeds: tuple[tuple[str, bool], ...] = ()  # a line each, and whether it is silent
        self._events: deque[Event] = deque(maxlen=EVENTS_KEPT)

    def tell(self, events: Iterable[Event]) -> None:
        self._events.extend(events)

    def draw(self, standing: Standing, lines: int, size: ConsoleDimensions) -> RenderableType:
        """The view of what stands, for a terminal of this size."""
        whole, body = Layout(), Layout()
        feeds = self.feeds[:FEEDS_SHOWN]
        edges = [Layout(self._feeds(feeds), size=len(feeds))] if feeds else []
        whole.split_column(Layout(self._banner(standing), size=1), body, *edges, Layout(self._foot(lines), size=1))
        rows = size.height - EDGE_ROWS - FRAME_ROWS - len(feeds)
        if size.width >= WIDE_FROM_COLUMNS:
            side = Layout(size=SIDE_COLUMNS)
            months = Layout(_months(standing.tallies, MONTHS_WIDE, bar=2), size=MONTHS_WIDE + FRAME_ROWS)
            side.split_column(months, *self._watched(standing, MOST_UNHEARD_WIDE, SIDE_COLUMNS))
            events = self._last_events(standing, rows, year=size.width >= YEAR_FROM_COLUMNS)
            body.split_row(Layout(events), side)
        else:
            top_rows = MONTHS_NARROW + FRAME_ROWS
            top = Layout(size=top_rows)
            months = Layout(_months(standing.tallies, MONTHS_NARROW, bar=1), size=MONTHS_NARROW_COLUMNS)
            right = Layout()
            right.split_column(*self._watched(standing, MOST_UNHEARD_NARROW, size.width - MONTHS_NARROW_COLUMNS))
            top.split_row(months, right)
            body.split_column(top, Layout(self._last_events(standing, rows - top_rows, year=False)))
        return whole

    def _watched(self, standing: Standing, most: int, columns: int) -> list[Layout]:
        """Alerts, and below them the ships that are silent now, if there are any."""
        parts = [Layout(_alerts(standing.alerts))]
        unheard = _unheard(standing, names_of(standing, self.corridor.rules), self.corridor.port_name)
        if unheard:
            room = max(columns - FRAME_COLUMNS - LONGEST_WORD, 1)  # of a line that folds between words
            rows = sum(ceil(len(text) / room) for text in unheard[:most])
            panel = Panel(Group(*unheard[:most]), title=f"not heard now: {len(unheard)}", title_align="left")
            parts.append(Layout(panel, size=rows + FRAME_ROWS))
        return parts

    def _banner(self, standing: Standing) -> Text:
        rules = self.corridor.rules
        what = f"{SYNTHETIC}: made-up ships on the real corridor" if rules.synthetic else f"corridor {rules.corridor}"
        clock = moment(standing.as_of) if standing.as_of else "no time heard yet"
        style = "bold reverse" if rules.synthetic else "bold"
        return Text(f"{what}   as of {clock}", style=style, justify="center", no_wrap=True, overflow="ellipsis")

    def _last_events(self, standing: Standing, rows: int, *, year: bool) -> Panel:
        names = names_of(standing, self.corridor.rules)
        shown = list(self._events)[-rows:] if rows > 0 else []
        lines = Text(no_wrap=True, overflow="ellipsis")
        for event in shown:
            style = next((style for stem, style in KIND_STYLE.items() if event.kind.startswith(stem)), "")
            lines.append(f"{moment(event.at) if year else f'{event.at:%m-%d %H:%M}'} ", style="dim")
            lines.append(f"{event.kind:<{KIND_COLUMNS}} ", style=style)
            lines.append(f"{words_of(event, names, self.corridor.port_name)}\n")
        lines.rstrip()
        return Panel(lines, title="last events", title_align="left")

    def _feeds(self, feeds: tuple[tuple[str, bool], ...]) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        for line, is_silent in feeds:
            text.append(f" {line}\n", style=SILENT_STYLE if is_silent else "dim")
        text.rstrip()
        return text

    def _foot(self, lines: int) -> Text:
        said = (f"{lines:,} lines heard", self.served_at, self.status, "Ctrl-C ends")
        text = f" {'   '.join(filter(None, said))}"
        return Text(text, style="dim", no_wrap=True, overflow="ellipsis")


def _unheard(standing: Standing, names: Names, port_name: PortName) -> list[Text]:
    """The gaps that are open now, those with most room first: a coverage gap says nothing of its ship."""
    if standing.as_of is None:
        return []
    open_now = [gap for gap in standing.gaps if gap.to_at is None]
    return [
        Text(
            unheard_words(gap, names.get(gap.imo, f"IMO {gap.imo}"), standing.as_of, port_name),
            style="" if gap.can_hide else "dim",
            overflow="fold",
        )
        for gap in sorted(open_now, key=lambda gap: (-gap.room_for, gap.from_at, gap.id))
    ]


def _alerts(alerts: tuple[Alert, ...]) -> Panel:
    """Firing alerts, the gravest first; then those resolved, the newest first."""
    firing = sorted((alert for alert in alerts if alert.state == "firing"), key=_gravity)
    past = sorted((alert for alert in alerts if alert.state != "firing"), key=lambda alert: alert.fired_at)
    lines = [
        Text(f"FIRING {alert_words(alert)}", style=SEVERITY_STYLE[alert.severity], overflow="fold") for alert in firing
    ]
    lines += [Text(f"resolved {alert_words(alert)}", style="dim", overflow="fold") for alert in reversed(past)]
    title = f"alerts: {len(firing)} firing" if firing else "alerts: none firing"
    return Panel(Group(*lines[:ALERTS_SHOWN]), title=title, title_align="left")


def _gravity(alert: Alert) -> int:
    return SEVERITIES.index(alert.severity)


def _months(tallies: tuple[Tally, ...], months: int, bar: int) -> Panel:
    """The last months as bars: solid as far as sure, then by grade up to the most that can be."""
    grid = Table.grid(padding=(0, 1))
    for tally in tallies[-months:]:
        row = Text(BAR * bar * tally.low, style="#009E73", no_wrap=True, overflow="crop")
        unsure = tally.high - tally.low
        probable = min(tally.probable, unsure)
        row.append(PROBABLE_BAR * bar * probable + POSSIBLE_BAR * bar * (unsure - probable))
        count = str(tally.low) if tally.low == tally.high else f"{tally.low}-{tally.high}"
        grid.add_row(tally.month, f"{count:>5}", row)
    return Panel(grid, title="deliveries by month", title_align="left")
