"""The feed of aisstream.io, against a WebSocket server that answers as the service does."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from geofences.errors import BadReference
from sealane.aisstream import TYPES
from streams.corridor.corridor import load_corridor
from streams.feeds.aisstream import EVERYWHERE, RADIOS_MOST, AisStream, Boxes, boxes_of
from tests.shell.listening import Listening, listening

KEY = "not-a-real-key"
BOXES: Boxes = (((40.5, 129.0), (43.5, 134.0)),)
MESSAGE = '{"MessageType": "PositionReport",\n "Message": {"PositionReport": {}}}'
LINE = MESSAGE.replace("\n", " ").encode() + b"\n"

Answer = Callable[[ServerConnection, dict[str, Any]], Awaitable[None]]


class Service:
    """What was asked of it, and where it is."""

    def __init__(self, port: int) -> None:
        self.url = f"ws://127.0.0.1:{port}/v0/stream"
        self.asked: list[dict[str, Any]] = []


@asynccontextmanager
async def service(answer: Answer) -> AsyncIterator[Service]:
    async def talk(socket: ServerConnection) -> None:
        async for said in socket:
            found.asked.append(json.loads(said))
            await answer(socket, found.asked[-1])

    async with serve(talk, "127.0.0.1", 0) as server:
        found = Service(next(iter(server.sockets)).getsockname()[1])
        yield found


async def send(socket: ServerConnection, _: dict[str, Any]) -> None:
    await socket.send(MESSAGE)


async def test_it_asks_for_the_area_and_keeps_each_message_as_a_line():
    heard = Listening()
    async with service(send) as at, listening(AisStream("area", BOXES, KEY, heard.told.append, url=at.url), heard):
        await heard.until_heard(LINE)
    (asked,) = at.asked
    assert asked == {"APIKey": KEY, "BoundingBoxes": [[[40.5, 129.0], [43.5, 134.0]]], "FilterMessageTypes": [*TYPES]}
    assert heard.blocks[-1].ends_at == len(LINE)
    assert heard.blocks[-1].arrived_at is not None
    assert not any(KEY in told for told in heard.told)


async def test_radios_are_asked_for_everywhere_and_anew_when_there_are_more():
    heard = Listening()
    async with service(send) as at:
        feed = AisStream("radios", EVERYWHERE, KEY, heard.told.append, url=at.url)
        async with listening(feed, heard):
            feed.follow({200_000_012})
            await heard.until_heard(LINE)
            feed.follow({200_000_012, 12})
            await heard.until_heard(LINE + LINE)
    assert [asked["FiltersShipMMSI"] for asked in at.asked] == [["200000012"], ["000000012", "200000012"]]
    assert at.asked[0]["BoundingBoxes"] == [[[-90.0, -180.0], [90.0, 180.0]]]


async def test_more_radios_than_a_subscription_takes_are_told():
    heard = Listening()
    feed = AisStream("radios", EVERYWHERE, KEY, heard.told.append)
    feed.follow(set(range(1, RADIOS_MOST + 3)))
    feed.follow(set(range(1, RADIOS_MOST + 3)))
    assert heard.told == ["aisstream:radios: 50 radios are asked for, no more can be; 2 are left out"]


async def test_a_wrong_key_is_told_and_not_hammered_on():
    async def refuse(socket: ServerConnection, _: dict[str, Any]) -> None:
        await socket.send('{"error": "Api Key Is Not Valid"}')
        await socket.close()

    heard = Listening()
    async with service(refuse) as at, listening(AisStream("area", BOXES, KEY, heard.told.append, url=at.url), heard):
        await heard.until_told("the server refused: Api Key Is Not Valid (is SEALANE_AISSTREAM_KEY right?)")
        assert "trying again in 300 s" in heard.told[-1]
        await asyncio.sleep(0)
    assert len(at.asked) == 1
    assert heard.text == b""


async def test_a_lost_connection_is_made_again_and_subscribed_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("streams.feeds.aisstream.FIRST_PAUSE_S", 0.02)

    async def once(socket: ServerConnection, _: dict[str, Any]) -> None:
        await socket.send(MESSAGE)
        await socket.close()

    heard = Listening()
    async with service(once) as at:
        feed = AisStream("area", BOXES, KEY, heard.told.append, url=at.url)
        async with listening(feed, heard):
            await heard.until(lambda: len(at.asked) >= 2)
    assert feed.status.reconnects >= 1


async def test_a_server_that_is_none_of_it_is_told():
    async def page(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    heard = Listening()
    async with await asyncio.start_server(page, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with listening(AisStream("area", BOXES, KEY, heard.told.append, url=url), heard):
            await heard.until_told("does not answer as a WebSocket (server rejected WebSocket connection: HTTP 404)")


def test_without_a_key_there_is_no_feed():
    with pytest.raises(BadReference, match="no SEALANE_AISSTREAM_KEY"):
        AisStream("area", BOXES, "", print)


def test_a_key_is_not_sent_in_the_clear():
    with pytest.raises(BadReference, match="the key goes over it"):
        AisStream("area", BOXES, KEY, print, url="ws://example.org/v0/stream")


def test_the_boxes_hold_the_area_of_the_corridor():
    chart = load_corridor().rules.chart
    boxes = boxes_of(chart)
    inside = [
        (lat / 2, lon / 2) for lat in range(70, 100) for lon in range(250, 280) if chart.in_area(lat / 2, lon / 2)
    ]
    assert inside
    assert all(
        any(south <= lat <= north and west <= lon <= east for (south, west), (north, east) in boxes)
        for lat, lon in inside
    )
