"""Telling as users do: `run --ways`, `notify`, `ways`, `notices` and `resend`, in processes of their own. SYNTHETIC."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook as Reference

from streams.demo import feed
from streams.demo.files import write_corridor
from tests.shell.commands import SEALANE, Answer, environment, sealane
from tests.shell.receiving import WITHIN_S, Receiver, receiving
from tests.shell.serving import served
from tests.shell.test_ways import SECRET

LINES = 3_000  # of the demo: the first deliveries
ONE_A_MONTH = """
[[rules]]
key = "any"
severity = "watch"
window = "month"
bound = "low"
at_least = 1
escalates_by = 0
baseline_per_month = 3
author = "a test"
dated = 2026-11-22
basis = "SYNTHETIC"
source = ["derived"]
"""
WAYS = """
desk = "https://desk.example.org"

[[webhooks]]
name = "hook"
url = "http://127.0.0.1:{port}/hook"
secret = "env:HOOK_SECRET"
plain_http = true
allow = ["127.0.0.1"]
synthetic = {synthetic}
"""


class Place:
    """A corridor that alerts of each delivery, a feed, and a ways file that leads to a receiver."""

    def __init__(self, home: Path, port: int, *, synthetic: bool = True) -> None:
        self.config = write_corridor(home / "corridor")
        with (home / "corridor" / "surge.toml").open("a") as rules:
            rules.write(ONE_A_MONTH)
        self.feed, self.ways = home / "feed.nmea", home / "ways.toml"
        self.feed.write_bytes(b"".join(islice(feed(), LINES)))
        self.ways.write_text(WAYS.format(port=port, synthetic=str(synthetic).lower()))
        self.said = ""

    async def ask(self, *words: str | Path) -> Answer:
        return await asyncio.to_thread(self.asked, *words)

    def asked(self, *words: str | Path) -> Answer:
        return sealane(*words, "--config", self.config, HOOK_SECRET=SECRET)

    async def until_alerted(self, count: int) -> None:
        """Until so many alerts stand."""
        async with asyncio.timeout(WITHIN_S):
            while len(json.loads((await self.ask("alerts", "--json"))[1])) < count:
                await asyncio.sleep(0.1)

    @asynccontextmanager
    async def going(self, *words: str | Path, until: str = "telling hook") -> AsyncIterator[asyncio.subprocess.Process]:
        """A command that goes on; ended cleanly, if it still is, and what it said kept."""
        self.said = ""
        running = await asyncio.create_subprocess_exec(
            SEALANE,
            *words,
            "--config",
            self.config,
            "--ways",
            self.ways,
            env=environment(HOOK_SECRET=SECRET),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        assert running.stderr is not None
        reading = asyncio.create_task(self._read(running.stderr))
        try:
            async with asyncio.timeout(30):
                while until not in self.said:
                    assert running.returncode is None, self.said
                    await asyncio.sleep(0.02)
            yield running
        finally:
            if running.returncode is None:
                running.send_signal(signal.SIGTERM)
            await running.wait()
            await reading

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            self.said += line.decode()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def test_an_alert_of_the_demos_feed_reaches_a_webhook_and_a_stream_and_again_after_it_was_down(
    home: Path, receiver: Receiver
):
    place = Place(home, receiver.port)
    receiver.status = 503
    async with place.going("run", "--file", place.feed) as run:
        await receiver.until_posted(1)
        await place.until_alerted(2)  # all that the feed says is committed
        run.terminate()
    async with place.going("notify"):
        await receiver.until_posted(len(receiver.posts) + 1)
        receiver.status = 204
        tried = len(receiver.posts)
        await receiver.until(lambda: len(set(receiver.ids())) >= 2)  # or more, if they come at once
    events = [Reference(SECRET).verify(post.body, post.headers) for post in receiver.posts]
    assert len({event["id"] for event in events[: tried + 1]}) == 1
    assert {event["type"] for event in events} == {"sealane.AlertNotified.v1"}
    with served("--config", place.config) as desk:
        streamed = await asyncio.to_thread(events_of, desk.url)
    assert streamed[events[0]["id"]] == events[0]


def events_of(url: str) -> dict[str, dict[str, object]]:
    """What a reader of the desk's stream is told from the beginning, up to the first notification; by id."""
    from urllib.request import urlopen

    found: dict[str, dict[str, object]] = {}
    with urlopen(f"{url}/events?after=0", timeout=30) as stream:
        for line in stream:
            if line.startswith(b"data: "):
                event = json.loads(line.removeprefix(b"data: "))
                found[event["id"]] = event
                if "AlertNotified" in event["type"]:
                    return found
    return found


async def test_it_stops_cleanly_and_another_goes_on_at_once(home: Path, receiver: Receiver):
    place = Place(home, receiver.port)
    async with place.going("run", "--file", place.feed):
        await receiver.until_posted(1)
    before = set(receiver.ids())
    async with place.going("notify") as notify:
        notify.send_signal(signal.SIGTERM)
        async with asyncio.timeout(3):
            assert await notify.wait() == 0
    assert set(receiver.ids()) >= before
    code, out, _ = await place.ask("ways", "--json")
    (way,) = json.loads(out)
    assert code == 0
    assert (way["name"], way["kind"], way["waiting"]) == ("hook", "webhook", None)
    assert way["told"] >= 1
    assert way["to"] == f"http://127.0.0.1:{receiver.port}/hook"


async def test_what_was_given_up_is_listed_and_sent_again_with_the_same_id(home: Path, receiver: Receiver):
    place = Place(home, receiver.port)
    receiver.status, receiver.text = 410, "gone"
    async with place.going("run", "--file", place.feed):
        async with asyncio.timeout(30):
            while "gave up" not in place.said:
                await asyncio.sleep(0.02)
    refused = receiver.ids()[0]
    code, out, _ = await place.ask("notices", "--outcome", "given up", "--json")
    assert code == 0
    notice = json.loads(out)[0]
    assert (notice["event"], notice["answer"], notice["synthetic"]) == (refused, "410 gone", True)
    code, out, said = await place.ask("resend", notice["id"], "--ways", place.ways)
    assert (code, out) == (1, "")
    assert "it stays undelivered" in said
    receiver.status, receiver.text = 204, ""
    code, out, _ = await place.ask("resend", notice["id"], "--ways", place.ways)
    assert code == 0
    assert receiver.ids()[-1] == refused
    code, out, said = await place.ask("resend", notice["id"], "--ways", place.ways)
    assert code == 2
    code, out, _ = await place.ask("notices", "--csv")
    assert out.splitlines()[0].startswith("id,at,way,kind,to,event")
    assert ",told," in out
    assert (await place.ask("verify"))[0] == 0


async def test_made_up_ships_are_told_to_nobody_and_it_is_said(home: Path, receiver: Receiver):
    place = Place(home, receiver.port, synthetic=False)
    async with place.going("run", "--file", place.feed):
        assert "this ledger is of made-up ships, and hook will be told nothing" in place.said
    assert not receiver.posts
    _, out, said = await place.ask("notices")
    assert out == ""
    assert "no notices" in said


def test_a_mistake_in_a_ways_file_ends_it_with_the_reason_and_no_secret(home: Path):
    place = Place(home, 1)
    good = place.ways.read_text()
    for text, words in (
        (good.replace("env:HOOK_SECRET", "whsec_c2VjcmV0"), "a text that names no secret"),
        (good.replace("env:HOOK_SECRET", "env:NOT_SET"), "env:NOT_SET, which is not set"),
        (good.replace("env:HOOK_SECRET", "file:none.txt"), "no such file or directory"),
        (good.replace("env:HOOK_SECRET", "file:ways.toml"), "a secret of another form"),
        ("", "no way"),
    ):
        place.ways.write_text(text)
        code, out, said = place.asked("notify", "--ways", place.ways)
        assert (code, out) == (2, "")
        assert words in said
        assert "c2VjcmV0" not in said
    place.ways.write_text(good)
    code, _, said = place.asked("notify", "--ways", place.ways)
    assert code == 1
    assert "holds no ledger yet; sealane run or replay makes one" in said
    code, _, said = place.asked("notify")
    assert code == 2
    assert "no ways file" in said
