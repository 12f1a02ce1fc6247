"""The console: what a corridor looks like now, for a terminal. Last events, months as bars, alerts, the account.

+---------------- SYNTHETIC: made-up ships ----------------+
| last events                    | deliveries by month     |
|                                | alerts                  |
+---------------- account and clock of the feed -----------+
"""

from collections import deque
from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sealane.alert import Alert
from sealane.event import Event
from sealane.judge import Standing
from sealane.tally import Tally
from streams.corridor import Corridor
from streams.state import names_of
from streams.wording import SYNTHETIC, alert_words, moment, words_of

EVENTS_KEPT = 200
MONTHS_SHOWN = 13
ALERTS_SHOWN = 8
SIDE_COLUMNS = 52
BAR = "\N{FULL BLOCK}"
UNCERTAIN_BAR = "\N{LIGHT SHADE}"
KIND_COLUMNS = 18

# Okabe and Ito's colours, which the colour-blind can tell apart; the word stands beside each all the same.
SEVERITY_STYLE = {"surge": "bold #D55E00", "elevated": "#E69F00", "watch": "#56B4E9", "lull": "#999999"}
KIND_STYLE = {"Alert": "bold #D55E00", "Delivery": "#009E73", "Tally": "#56B4E9", "Voyage": "#0072B2"}


class View:
    """Remembers the last events and draws the whole."""

    def __init__(self, corridor: Corridor) -> None:
        self.corridor = corridor
        self.status = ""
        self._events: deque[Event] = deque(maxlen=EVENTS_KEPT)

    def tell(self, events: Iterable[Event]) -> None:
        self._events.extend(events)

    def draw(self, standing: Standing, lines: int, rows: int) -> RenderableType:
        """The view of what stands, for a terminal of so many rows."""
        layout = Layout()
        layout.split_column(
            Layout(self._banner(standing), size=3, name="banner"),
            Layout(name="body"),
            Layout(self._foot(lines), size=1),
        )
        side = Layout(name="side", size=SIDE_COLUMNS)
        side.split_column(
            Layout(_months(standing.tallies), size=MONTHS_SHOWN + 2), Layout(self._alerts(standing.alerts))
        )
        layout["body"].split_row(Layout(self._last_events(standing, rows)), side)
        return layout

    def _banner(self, standing: Standing) -> Panel:
        made_up = self.corridor.rules.synthetic
        text = (
            f"{SYNTHETIC}: made-up ships on the real corridor"
            if made_up
            else f"corridor {self.corridor.rules.corridor}"
        )
        clock = moment(standing.as_of) if standing.as_of else "no time heard yet"
        return Panel(Text(f"{text}   as of {clock}", style="bold reverse" if made_up else "bold", justify="center"))

    def _last_events(self, standing: Standing, rows: int) -> Panel:
        names = names_of(standing, self.corridor.rules)
        grid = Table.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(no_wrap=True)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        for event in list(self._events)[-max(1, rows) :]:
            style = next((style for stem, style in KIND_STYLE.items() if event.kind.startswith(stem)), "")
            words = words_of(event, names, self.corridor.port_name)
            grid.add_row(moment(event.at), Text(event.kind, style=style), Text(words))
        return Panel(grid, title="last events", title_align="left")

    def _alerts(self, alerts: tuple[Alert, ...]) -> Panel:
        firing = [alert for alert in alerts if alert.state == "firing"]
        past = sorted((alert for alert in alerts if alert.state != "firing"), key=lambda alert: alert.fired_at)
        shown = [*firing, *reversed(past)][:ALERTS_SHOWN]
        lines = [
            Text(
                f"{'FIRING  ' if alert.state == 'firing' else 'resolved'} {alert_words(alert)}",
                style=SEVERITY_STYLE[alert.severity] if alert.state == "firing" else "dim",
            )
            for alert in shown
        ]
        title = f"alerts: {len(firing)} firing" if firing else "alerts: none firing"
        return Panel(Group(*lines), title=title, title_align="left")

    def _foot(self, lines: int) -> Text:
        return Text(f" {lines:,} lines heard   {self.status}", style="dim")


def _months(tallies: tuple[Tally, ...]) -> Panel:
    """The last months as bars: solid as far as confirmed, shaded up to the most that can be."""
    grid = Table.grid(padding=(0, 1))
    for tally in tallies[-MONTHS_SHOWN:]:
        bar = Text(BAR * 2 * tally.low, style="#009E73") + Text(UNCERTAIN_BAR * 2 * (tally.high - tally.low))
        count = str(tally.low) if tally.low == tally.high else f"{tally.low}-{tally.high}"
        grid.add_row(tally.month, f"{count:>5}", bar)
    return Panel(grid, title="deliveries by month of arrival", title_align="left")
