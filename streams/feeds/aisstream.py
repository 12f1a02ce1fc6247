"""aisstream.io: the service's WebSocket. Each message is one line of JSON (sealane/aisstream.py), kept as it came.

connect --> subscribe --> messages ... lost --> pause (doubles, half a second to half a minute) --> connect
                 +--> the key is refused --> told --> pause of five minutes: keys were refused in error before

A subscription's box and its radios must both fit, so one connection asks for the corridor's area, and another for the
watched radios anywhere. The service promises nothing, and was seen to accept a subscription and to send nothing: the
silence of a feed is told like that of any other.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI, WebSocketException

from geofences.chart import Chart
from geofences.errors import BadReference
from sealane.aisstream import TYPES
from streams.clock import now
from streams.feeds import Block, Mark, Status, Tell
from streams.feeds.address import not_reached

URL = "wss://stream.aisstream.io/v0/stream"
KEY_ENV = "SEALANE_AISSTREAM_KEY"
LOOPBACK = ("localhost", "127.0.0.1", "::1")  # elsewhere a key is sent in TLS alone
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
REFUSED_PAUSE_S = 300.0
MESSAGE_MAX_BYTES = 64 * 1024
MESSAGES_WAITING = 64
RADIOS_MOST = 50  # of one subscription (the service's documentation)
RESUBSCRIBE_EVERY_S = 1.0
EVERYWHERE = (((-90.0, -180.0), (90.0, 180.0)),)
LINE_END = b"\n"

Corner = tuple[float, float]  # latitude, longitude
Boxes = tuple[tuple[Corner, Corner], ...]


class _Refused(Exception):  # noqa: N818 - a state, not a fault
    """The service answered with an error of its own words."""


class AisStream:
    """One subscription: the corridor's area (every radio in it) or the watched radios, wherever they are."""

    def __init__(
        self,
        part: Literal["area", "radios"],
        boxes: Boxes,
        key: str,
        tell: Tell,
        *,
        url: str = URL,
        authority: Path | None = None,
    ) -> None:
        """Raises BadReference where there is no key, or where it would be sent in the clear."""
        if not key:
            raise BadReference("aisstream", "", f"no {KEY_ENV}", "the service's key in the environment")
        at = urlsplit(url)
        if at.scheme != "wss" and not (at.scheme == "ws" and at.hostname in LOOPBACK):
            raise BadReference("aisstream", "", repr(url), "a wss:// address: the key goes over it")
        self.name = "aisstream" if part == "area" else "aisstream:radios"
        self.status = Status()
        self._url, self._boxes, self._key, self._tell = url, boxes, key, tell
        self._radios: tuple[int, ...] | None = None if part == "area" else ()
        self._tls = ssl.create_default_context(cafile=authority) if at.scheme == "wss" else None
        self._sent: tuple[int, ...] | None = None
        self._left_out = 0

    def follow(self, radios: AbstractSet[int]) -> None:
        """Ask for these radios; of the area every radio is asked for."""
        if self._radios is None:
            return
        self._radios = tuple(sorted(radios))[:RADIOS_MOST]
        if (left_out := len(radios) - len(self._radios)) != self._left_out:
            self._left_out = left_out
            if left_out:
                self._tell(f"{self.name}: {RADIOS_MOST} radios are asked for, no more can be; {left_out} are left out")

    async def blocks(self, after: Mark) -> AsyncIterator[Block]:
        offset, pause_s = after.offset, FIRST_PAUSE_S
        while True:
            blocks_before = self.status.blocks
            try:
                async for read in self._messages():
                    offset += len(read)
                    yield Block(bytes=read, ends_at=offset, arrived_at=self.status.last_byte_at)
                why = "the server closed the connection"
            except _Refused as error:
                why, pause_s = f"the server refused: {error} (is {KEY_ENV} right?)", REFUSED_PAUSE_S
            except (OSError, TimeoutError, WebSocketException) as error:
                why = _words(error)
            finally:
                self.status.connected = False
            if self.status.blocks > blocks_before and pause_s < REFUSED_PAUSE_S:
                pause_s = FIRST_PAUSE_S
            self._tell(f"{self.name}: {why}; trying again in {pause_s:g} s")
            await asyncio.sleep(pause_s)
            pause_s = FIRST_PAUSE_S if pause_s >= REFUSED_PAUSE_S else min(2 * pause_s, LONGEST_PAUSE_S)
            self.status.reconnects += 1

    async def _messages(self) -> AsyncIterator[bytes]:
        """The messages of one connection, each a line."""
        while self._radios == ():  # nobody to ask for yet, and the service would send everybody
            await asyncio.sleep(RESUBSCRIBE_EVERY_S)
        async with connect(
            self._url, ssl=self._tls, max_size=MESSAGE_MAX_BYTES, max_queue=MESSAGES_WAITING, proxy=None
        ) as socket:
            await self._subscribe(socket)
            self.status.connected = True
            self._tell(f"{self.name}: connected")
            asking = asyncio.create_task(self._ask_again(socket))
            try:
                async for message in socket:
                    text = message.encode() if isinstance(message, str) else message
                    _hold_refusal(text)
                    self.status.got(now())
                    yield text.replace(LINE_END, b" ") + LINE_END
            except ConnectionClosed as error:
                if error.rcvd is not None and error.rcvd.reason:
                    raise _Refused(error.rcvd.reason) from None
                raise
            finally:
                asking.cancel()

    async def _subscribe(self, socket: ClientConnection) -> None:
        self._sent = self._radios
        said: dict[str, object] = {"APIKey": self._key, "BoundingBoxes": self._boxes, "FilterMessageTypes": list(TYPES)}
        if self._radios is not None:
            said["FiltersShipMMSI"] = [f"{mmsi:09}" for mmsi in self._radios]
        await socket.send(json.dumps(said))

    async def _ask_again(self, socket: ClientConnection) -> None:
        """A subscription is replaced by the next one on the same connection."""
        while True:
            await asyncio.sleep(RESUBSCRIBE_EVERY_S)
            if self._sent != self._radios and self._radios != ():
                await self._subscribe(socket)


def _hold_refusal(text: bytes) -> None:
    """Raise what the service says where it is no message: {"error": "Api Key Is Not Valid"}."""
    if b'"error"' not in text[:64].lower():
        return
    try:
        said = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        return
    for name, value in said.items():
        if name.lower() == "error":
            raise _Refused(bytes(value).decode(errors="replace").strip('"'))


def _words(error: Exception) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not good ({error.verify_message})"
        case InvalidHandshake() | InvalidURI():
            return f"it does not answer as a WebSocket ({error})"
        case ConnectionClosed():
            return "the connection was lost"
        case _:
            return not_reached(error)


def boxes_of(chart: Chart) -> Boxes:
    """The corridor's area as boxes; everywhere where nothing is drawn."""
    boxes = tuple(((south, west), (north, east)) for south, north, west, east in chart.boxes())
    return boxes or EVERYWHERE
