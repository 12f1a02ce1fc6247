"""The show: the demo's history heard as fast as it can be, then its future live, at a pace an eye can follow.

    history --at_once--> beats --+
                                 +--> perform: hear, settle, show
    future  --paced----> beats --+

An async consumer: between two beats it can be asked to stop. Lines are heard as they are made, so the show begins at
once; what stands at the end of the history is what a replay of the same lines finds.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from sealane.event import Event
from sealane.judge import Standing
from sealane.listener import Listener
from streams.embedded import Embedded

BEATS_PER_S = 5.0
HISTORY_BEAT_LINES = 1_000  # a few beats a second: often enough that the history is seen to grow

Show = Callable[[tuple[Event, ...], Standing, int], None]  # what happened, what stands, lines heard


class Beat(NamedTuple):
    """Lines that are heard together, none of them later than `upto`."""

    upto: datetime
    lines: list[bytes]


async def at_once(lines: Iterator[bytes], upto: datetime, beat_lines: int = HISTORY_BEAT_LINES) -> AsyncIterator[Beat]:
    """So many lines a beat, as fast as they are heard."""
    while beat := list(islice(lines, beat_lines)):
        yield Beat(upto, beat)
        await asyncio.sleep(0)  # here the show can be stopped


async def paced(
    lines: Iterator[tuple[datetime, bytes]], begins_at: datetime, event_time_per_s: timedelta
) -> AsyncIterator[Beat]:
    """The lines of each beat: as much event time as the pace allows, however late the beat itself comes."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    waiting = next(lines, None)
    while waiting is not None:
        await asyncio.sleep(1 / BEATS_PER_S)
        due_at = begins_at + event_time_per_s * (loop.time() - started)
        beat: list[bytes] = []
        while waiting is not None and waiting[0] <= due_at:
            beat.append(waiting[1])
            waiting = next(lines, None)
        yield Beat(due_at, beat)


async def perform(beats: AsyncIterator[Beat], listener: Listener, embedded: Embedded, show: Show) -> None:
    """Hear each beat and show what follows from it."""
    async for beat in beats:
        listener.read_at = max(listener.read_at, beat.upto)  # the demo's future may outrun the calendar
        for line in beat.lines:
            embedded.take(listener.hear(line))
        show(embedded.settle(), embedded.standing, listener.account.lines["total"])
