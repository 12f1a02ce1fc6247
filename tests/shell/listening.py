"""What a feed gives while it is listened to, and the servers that feeds are tried against."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from streams.feeds import Block, Feed, Mark

WITHIN_S = 60.0  # of a busy machine
START = Mark()


class Listening:
    """What a feed gave so far."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.told: list[str] = []

    @property
    def text(self) -> bytes:
        return b"".join(block.bytes for block in self.blocks)

    async def until(self, wanted: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not wanted():
                await asyncio.sleep(0.01)

    async def until_heard(self, wanted: bytes) -> None:
        await self.until(lambda: self.text == wanted)

    async def until_told(self, words: str) -> None:
        await self.until(lambda: any(words in told for told in self.told))


@asynccontextmanager
async def listening(to: Feed, heard: Listening, after: Mark = START) -> AsyncIterator[Listening]:
    async def listen() -> None:
        async for block in to.blocks(after):
            heard.blocks.append(block)

    task = asyncio.create_task(listen())
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
