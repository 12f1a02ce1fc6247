"""The stage: where a live run is seen. The view on a terminal; elsewhere a line an event, in words or as JSON."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import msgspec
from rich.console import Console
from rich.live import Live as Screen

from sealane.event import Event, changes
from sealane.judge import Standing
from streams.cli.replay import print_events
from streams.corridor.corridor import Corridor
from streams.feeds.health import Health, health_words
from streams.log import log
from streams.showing.console import EVENTS_KEPT, View

DRAWS_EVERY_S = 0.1
FEEDS_TOLD_EVERY_S = 60.0
NOTHING = Standing(as_of=None)


class Stage:
    """Shows what happened, what stands and how many lines were heard. Call it as often as you like."""

    def __init__(self, corridor: Corridor, *, as_json: bool) -> None:
        self.view = View(corridor)
        self.view.status = "reading the ledger"
        self._as_json = as_json
        self._console = Console()
        self._screen = None if as_json or not self._console.is_terminal else self._new_screen()
        self._drawn_at_s = 0.0  # of the loop's time
        self._knows_what_stood = False
        self._feeds_told: dict[str, tuple[float, bool, bool]] = {}  # when, connected, silent

    def __enter__(self) -> Self:
        if self._screen is not None:
            self._screen.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._screen is not None:
            self._screen.stop()

    def says(self, text: str) -> None:
        """How it goes: at the foot of the view, elsewhere on standard error."""
        if self._screen is None:
            log().info(text)
        self.status = text

    def served(self, url: str) -> None:
        """Where its desk is: for good at the foot of the view, elsewhere on standard error."""
        if self._screen is None:
            log().info(f"its desk is at {url}")
        self.view.served_at = url

    @property
    def status(self) -> str:
        """What stands at the foot of the view; nobody is told elsewhere."""
        return self.view.status

    @status.setter
    def status(self, text: str) -> None:
        self.view.status = text

    def show_by(self, corridor: Corridor) -> None:
        """Names and rules are those of this corridor from now on."""
        self.view.corridor = corridor

    def feeds(self, healths: Sequence[Health]) -> None:
        """How the feeds are: a line each in the view; in the log of JSON where it changed, and once a minute."""
        self.view.feeds = tuple((health_words(each, each.at), each.silent) for each in healths)
        if not self._as_json:
            return
        at_s = asyncio.get_running_loop().time()
        for each in healths:
            told_s, *before = self._feeds_told.get(each.name, (float("-inf"), False, False))
            if before != [each.connected, each.silent] or at_s - told_s >= FEEDS_TOLD_EVERY_S:
                self._feeds_told[each.name] = at_s, each.connected, each.silent
                said = msgspec.to_builtins(each)
                log().info("feed", **{name: value for name, value in said.items() if value is not None})

    def __call__(self, events: tuple[Event, ...], standing: Standing, lines: int) -> None:
        if self._screen is None:
            print_events(events, standing, self.view.corridor, as_json=self._as_json)
            return
        self._tell(events, standing)
        at_s = asyncio.get_running_loop().time()
        if at_s - self._drawn_at_s >= DRAWS_EVERY_S:
            self._drawn_at_s = at_s
            self._screen.update(self.view.draw(standing, lines, self._console.size), refresh=True)

    def _tell(self, events: tuple[Event, ...], standing: Standing) -> None:
        """To a view that begins on a ledger with a past, first what stands there."""
        if not self._knows_what_stood:
            self._knows_what_stood = True
            events = changes(NOTHING, standing, {}, synthetic=self.view.corridor.rules.synthetic)[-EVENTS_KEPT:]
        self.view.tell(events)

    def _new_screen(self) -> Screen:
        first = self.view.draw(NOTHING, 0, self._console.size)
        return Screen(first, console=self._console, screen=True, auto_refresh=False)
