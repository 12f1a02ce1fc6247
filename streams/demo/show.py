"""The show: the demo's history heard as fast as it can be, then its future live, at a pace an eye can follow.

    history --at_once--> beats --+
                                 +--> perform: hear, settle, show
    future  --paced----> beats --+

An async consumer: between two beats it can be asked to stop. Lines are heard as they are made, so the show begins at
once; what stands at the end of the history is what a replay of the same lines finds. Where it is kept, a beat is
committed before it is shown, with the event time it reached: a show that is begun again goes on from there.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from sealane.listener import Listener
from streams.memory import Keeps
from streams.showing.console import Show

BEATS_PER_S = 5.0
HISTORY_BEAT_LINES = 1_000  # a few beats a second: often enough that the history is seen to grow

UNDER_WAY = 0  # the offset until the history is heard whole; then event time, in seconds since 1970


class Beat(NamedTuple):
    """Lines that are heard together, none of them later than `upto`."""

    upto: datetime
    lines: list[bytes]
    reached: int  # the offset when they are heard


def reached_at(offset: int) -> datetime | None:
    """The event time an earlier show reached; None where its history is not whole."""
    return None if offset == UNDER_WAY else datetime.fromtimestamp(offset, UTC)


async def at_once(lines: Iterator[bytes], upto: datetime, beat_lines: int = HISTORY_BEAT_LINES) -> AsyncIterator[Beat]:
    """So many lines a beat, as fast as they are heard."""
    while beat := list(islice(lines, beat_lines)):
        yield Beat(upto, beat, UNDER_WAY)
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
        yield Beat(due_at, beat, int(due_at.timestamp()))


async def perform(beats: AsyncIterator[Beat], listener: Listener, keeper: Keeps, show: Show) -> None:
    """Hear each beat and show what follows from it."""
    reader = listener.reader
    async for beat in beats:
        reader.read_at = max(reader.read_at, beat.upto)  # the demo's future may outrun the calendar
        for line in beat.lines:
            keeper.take(listener.hear(line))
        events = await keeper.settle(beat.reached)
        show(events, keeper.embedded.standing, listener.account.lines["total"])
