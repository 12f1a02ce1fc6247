"""The show: the demo's history replayed fast, then its future live, at a pace an eye can follow.

The live part is an async consumer: lines come from a feed in event time, are heard as they come, and what follows from
them is settled a few times a second.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta

from sealane.event import Event
from sealane.judge import Standing
from streams.replay import Replay

BEATS_PER_S = 5.0

Show = Callable[[tuple[Event, ...], Standing, int], None]  # what happened, what stands, lines heard


async def paced(
    lines: Iterator[tuple[datetime, bytes]], begins_at: datetime, event_time_per_s: timedelta
) -> AsyncIterator[list[tuple[datetime, bytes]]]:
    """The lines of each beat: as much event time as the pace allows, however late the beat itself comes."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    waiting = next(lines, None)
    while waiting is not None:
        await asyncio.sleep(1 / BEATS_PER_S)
        due_at = begins_at + event_time_per_s * (loop.time() - started)
        beat: list[tuple[datetime, bytes]] = []
        while waiting is not None and waiting[0] <= due_at:
            beat.append(waiting)
            waiting = next(lines, None)
        yield beat


async def go_live(replayed: Replay, beats: AsyncIterator[list[tuple[datetime, bytes]]], show: Show) -> None:
    """Hear what comes after a replay, and show what follows from it."""
    listener, embedded = replayed.listener, replayed.embedded
    listener.begin("live")
    listener.learning = True
    async for beat in beats:
        for at, line in beat:
            listener.read_at = max(listener.read_at, at)  # the demo's future may outrun the calendar
            embedded.take(listener.hear(line))
        show(embedded.settle(), embedded.standing, listener.account.lines["total"])
