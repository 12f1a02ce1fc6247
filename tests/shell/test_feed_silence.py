"""A silent feed is the operator's alarm, and never the silence of a ship. Real sockets, a real ledger."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pyais.encode import encode_dict

from sealane.judge import Standing
from sealane.stamp import checksum
from streams.app import opened
from streams.clock import now
from streams.corridor.corridor import Corridor, load_corridor
from streams.demo.files import write_corridor
from streams.feeds.health import Health, health_words
from streams.feeds.pulse import LEAST_S, MOST_S, Pulse
from streams.feeds.tcp import TcpClient
from streams.ledger import keys
from streams.ledger.ledger import Ledger
from streams.ledger.views import stored_standing
from streams.live import Live
from streams.showing.telling import line_of_told, told
from tests.shell import commands
from tests.shell.listening import WITHIN_S

MMSI = 200_000_012  # of the demo
AT_SEA = {"lat": 40.0, "lon": 133.0}


# The pulse


def test_a_feed_is_silent_after_six_times_its_usual_interval():
    pulse = Pulse(0.0)
    for at_s in (0.0, 4.0, 8.0, 12.0, 100.0):  # one outage is not usual
        pulse.beat(at_s)
    assert pulse.silent_after_s == 24.0
    assert not pulse.turned(124.0)
    assert pulse.turned(124.1)
    assert not pulse.turned(200.0)  # told once
    pulse.beat(200.0)
    assert pulse.turned(200.1)
    assert not pulse.is_silent


def test_a_busy_feed_is_given_ten_seconds_and_a_slow_one_a_minute():
    busy, slow = Pulse(0.0), Pulse(0.0)
    for number in range(10):
        busy.beat(number * 0.01)
        slow.beat(number * 300.0)
    assert (busy.silent_after_s, slow.silent_after_s) == (LEAST_S, MOST_S)


def test_a_feed_that_never_spoke_is_silent_after_a_minute():
    pulse = Pulse(0.0)
    assert not pulse.turned(MOST_S)
    assert pulse.turned(MOST_S + 0.1)


def test_the_operators_own_limit_comes_first():
    pulse = Pulse(0.0, 3_600.0)
    for at_s in (0.0, 1.0, 2.0):
        pulse.beat(at_s)
    assert pulse.silent_after_s == 3_600.0


def test_the_rate_is_that_of_the_last_minute():
    pulse = Pulse(0.0)
    for second in range(200):
        pulse.count(float(second), 5 * second if second < 100 else 500)
    assert pulse.per_minute == 0.0


# A run


class Seen:
    """What a run said and showed."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.healths: list[Health] = []

    def feeds(self, healths: Any) -> None:
        self.healths = list(healths)

    def __call__(self, _events: object, _standing: Standing, _lines: int) -> None: ...


@asynccontextmanager
async def running(corridor: Corridor, ledger: Ledger, feed: TcpClient, seen: Seen) -> AsyncIterator[Live]:
    live = Live(corridor, ledger, [feed], seen, seen.told.append, seen.feeds)
    task = asyncio.create_task(live.run())
    try:
        yield live
    finally:
        live.stop()
        await task


async def until(wanted: Any) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not wanted():
            await asyncio.sleep(0.02)


def lines_at(hours_ago: float) -> bytes:
    """A watched ship at sea, who she is and where, as a station stamps it."""
    tags = f"s:STATION,c:{int((now() - timedelta(hours=hours_ago)).timestamp())}".encode()
    stamp = b"\\%b*%02X\\" % (tags, checksum(tags))
    said: list[dict[str, Any]] = [
        {"type": 5, "mmsi": MMSI, "imo": 2_000_028, "shipname": "SANDPIPER"},
        {"type": 1, "mmsi": MMSI, "speed": 9.0, "course": 90.0, **AT_SEA},
    ]
    return b"".join(stamp + part.encode() + b"\r\n" for each in said for part in encode_dict(each, talker_id="AI"))


async def test_a_feed_that_stalls_half_open_is_told_of_and_the_ship_it_heard_is_not_taken_for_silent(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("streams.feeds.pulse.LEAST_S", 2.5)  # more than a tick
    corridor, seen = load_corridor(write_corridor(home / "corridor")), Seen()
    speak, hold = asyncio.Event(), asyncio.Event()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for quarter in range(4):
            writer.write(lines_at(14 - quarter / 4))
            await writer.drain()
            await asyncio.sleep(0.02)
        await speak.wait()  # the socket stays open, and nothing comes
        writer.write(lines_at(0))
        await hold.wait()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, opened("embedded", corridor) as ledger:
        feed = TcpClient(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", seen.told.append)
        async with running(corridor, ledger, feed, seen) as live:
            await until(lambda: any("is silent" in line for line in seen.told))
            assert seen.healths[0].connected
            await until(lambda: live.keeper.embedded.standing.gaps)
            (gap,) = live.keeper.embedded.standing.gaps
            standing = await stored_standing(ledger)
            speak.set()
            await until(lambda: any("is heard again" in line for line in seen.told))
            await until(lambda: not seen.healths[0].silent)
            hold.set()
        events = [told(entry) async for entry in ledger.entries()]
    assert (gap.kind, gap.to_at, gap.hides, gap.can_hide) == ("coverage", None, (), False)
    assert not standing.deliveries
    assert not standing.presences
    kinds = [event.kind for event in events if event.kind.startswith("Feed")]
    assert kinds[:2] == ["FeedSilent", "FeedHeard"]
    first = next(event for event in events if event.kind == "FeedSilent")
    assert first.subject == f"feed:{feed.name}"
    assert first.object["connected"] is True
    words = line_of_told(first, {}, str)
    assert "its connection is open; no silence of a ship follows from it" in words
    status, out, _ = commands.process("feeds", "--config", home / "corridor" / "corridor.toml", "--json")
    assert status == 0
    (stored,) = json.loads(out)
    assert stored["name"] == feed.name
    assert stored["has_ended"] is True
    assert stored["sentences"] >= 15
    assert commands.process("verify", "--config", home / "corridor" / "corridor.toml")[0] == 0
    copy = home / "copy"
    assert commands.process("backup", copy, "--config", home / "corridor" / "corridor.toml")[0] == 0


async def test_one_feed_that_fails_leaves_the_others_as_they_are(home: Path):
    corridor, seen = load_corridor(write_corridor(home / "corridor")), Seen()
    hold = asyncio.Event()

    async def page(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"<html>\n<body>\nNot here\n</body>\n</html>\n")
        await hold.wait()
        writer.close()

    async def good(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(lines_at(1))
        await hold.wait()
        writer.close()

    one, other = await asyncio.start_server(page, "127.0.0.1", 0), await asyncio.start_server(good, "127.0.0.1", 0)
    async with one, other, opened("embedded", corridor) as ledger:
        feeds = [
            TcpClient(f"{scheme}127.0.0.1:{server.sockets[0].getsockname()[1]}", seen.told.append)
            for scheme, server in (("", one), ("tls://", one), ("", other))
        ]
        live = Live(corridor, ledger, feeds, seen, seen.told.append, seen.feeds)
        task = asyncio.create_task(live.run())
        await until(lambda: len(seen.healths) == 3 and seen.healths[2].sentences == 3)
        await until(lambda: any("a web page" in line for line in seen.told))
        await until(lambda: any("does not speak TLS" in line for line in seen.told))
        hold.set()
        live.stop()
        await task
        stored = await ledger.hash(keys.FEEDS)
    said = [msgspec.json.decode(each, type=Health) for each in stored.values()]
    assert {each.name for each in said} == {feed.name for feed in feeds}
    words = health_words(seen.healths[2], seen.healths[2].at)
    assert re.match(rf"{feeds[2].name}  connected  last sentence \d+ s ago  \d+/min  stamps 3,6\d\d.\d s behind", words)
    assert 3_500 < (seen.healths[2].clock_skew_s or 0) < 3_700
