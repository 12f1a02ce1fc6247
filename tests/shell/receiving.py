"""Receivers that ways are tried against, on ports the kernel gives: a program behind a webhook, and a mail server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web

WITHIN_S = 30.0  # of a busy machine


class Received(msgspec.Struct, frozen=True):
    """One POST."""

    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        return msgspec.json.decode(self.body, type=dict[str, object])


class Receiver:
    """Keeps what it is posted, and answers as it is told to."""

    def __init__(self) -> None:
        self.posts: list[Received] = []
        self.status, self.headers, self.text = 204, dict[str, str](), ""
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def start(self) -> None:
        """Listen; started again, on the same port."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._posted)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner = None

    async def until(self, wanted: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not wanted():
                await asyncio.sleep(0.01)

    async def until_posted(self, count: int) -> None:
        await self.until(lambda: len(self.posts) >= count)

    def ids(self) -> list[str]:
        """The id of each POST, in order."""
        return [post.headers["webhook-id"] for post in self.posts]

    async def _posted(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.posts.append(Received(path=request.path, headers=headers, body=await request.read()))
        return web.Response(status=self.status, headers=self.headers, text=self.text or None)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.start()
    try:
        yield receiver
    finally:
        await receiver.stop()


class MailServer:
    """A mail server that takes everything and keeps it as it came (RFC 5321, as much of it as is needed)."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                await writer.drain()
                self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
            if word == b"QUIT":
                break
            writer.write(b"250 fine\r\n")
            await writer.drain()
        writer.close()


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    mails = MailServer()
    server = await asyncio.start_server(mails.answer, "127.0.0.1", 0)
    mails.port = server.sockets[0].getsockname()[1]
    try:
        yield mails
    finally:
        server.close()
        await server.wait_closed()
