"""A desk to be looked at: a ledger of the story, a server of it, and pages that note whatever a page must never do."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from streams.demo.files import write_corridor
from streams.ledger.server import serve
from tests.shell.commands import SEALANE, environment, process
from tests.stack import desk_story

WITHIN_S = 30.0
IDLE = "html[data-map=idle]"


class Told(NamedTuple):
    """A ledger that holds the story, and the corridor it is of."""

    url: str
    config: Path

    def say(self, *words: str) -> str:
        """Give a command about it, and wait until it is done."""
        status, said, wrong = process(*words, "--ledger", self.url, "--config", self.config)
        assert status == 0, wrong
        return said


def story_in(folder: Path) -> Told:
    """The story in an embedded server of its own."""
    told = Told(serve(folder / "data"), write_corridor(folder / "corridor"))
    recording, facts = desk_story.write(folder)
    told.say("replay", str(recording))
    told.say("facts", "add", str(facts))
    return told


@contextmanager
def desk_of(told: Told, log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A desk of a ledger: its address, and its process, which is ended in the end."""
    command = [str(SEALANE), "desk", "--bind", "127.0.0.1:0", "--ledger", told.url, "--config", str(told.config)]
    with log.open("wb") as file:
        served = subprocess.Popen(command, stderr=file, env=environment())
    try:
        yield _address(served, log), served
    finally:
        served.terminate()
        served.wait(WITHIN_S)


def _address(served: subprocess.Popen[bytes], log: Path) -> str:
    ends_at = time.monotonic() + WITHIN_S
    while time.monotonic() < ends_at:
        if found := re.search(r"http://\S+:\d+(?=\s)", log.read_text()):
            return found[0]
        assert served.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(f"no desk within {WITHIN_S} s: {log.read_text()}")


class Seen(NamedTuple):
    """A page that is open, and what went wrong or went out while it was."""

    page: Page
    desk: str
    wrongs: list[str]
    requests: list[Request]

    def open(self, path: str = "/") -> Page:
        """Open a page of the desk; where it has a map, wait until that is drawn."""
        self.page.goto(self.desk + path)
        if self.page.locator("#map").count():
            self.page.wait_for_selector(IDLE)
        return self.page

    def outside(self) -> list[str]:
        """Requests that left the desk."""
        own = urlsplit(self.desk).netloc
        return [each.url for each in self.requests if urlsplit(each.url).netloc not in ("", own)]

    def reports(self) -> list[str]:
        """What the page reported against its content policy."""
        return [each.post_data or "" for each in self.requests if each.url.endswith("/csp")]


@contextmanager
def seen(browser: Browser, desk: str, **context: object) -> Iterator[Seen]:
    """A page in a context of its own; whatever it did wrong is an error in the end."""
    held = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **context})  # type: ignore[arg-type]
    page = held.new_page()
    found = Seen(page, desk, [], [])

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            found.wrongs.append(message.text)

    page.on("console", said)
    page.on("pageerror", lambda error: found.wrongs.append(str(error)))
    page.on("request", lambda request: found.requests.append(request))  # Playwright writes on the handler
    try:
        yield found
        assert found.outside() == []
        assert found.reports() == []
        assert found.wrongs == []
    finally:
        held.close()
