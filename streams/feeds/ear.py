"""An ear: one feed, what was heard of it, and where to go on if we are ended now.

blocks --cut--> lines --hear--> reports        mark: the end of the last line that no open message needs
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from sealane.filter import Watch
from sealane.heard import Hours
from sealane.listener import Lines, Listener, Reports
from streams.clock import now
from streams.feeds import Block, Feed, Mark
from streams.feeds.file import LINE_END, line_hash

BLOCKS_WAITING = 16  # a megabyte: beyond it the feed is not read, and its sender waits


class _End(NamedTuple):
    """The end of one line."""

    sentences: int  # heard up to here
    offset: int
    line: bytes


class Ear:
    """Hears one feed by itself: its fragments never join those of another."""

    def __init__(self, feed: Feed, watch: Watch, hours: Hours) -> None:
        self.feed = feed
        self.listener = Listener(watch, feed=feed.name, read_at=now(), learning=True)
        self.listener.hours = hours
        self.listener.begin(feed.name)
        self.waiting: asyncio.Queue[Block] = asyncio.Queue(maxsize=BLOCKS_WAITING)
        self.has_ended = False
        self._lines = Lines()
        self._ends: deque[_End] = deque()  # since the mark
        self._mark = Mark()
        self._heard_to = 0

    def begin(self, after: Mark) -> None:
        """Go on after what an earlier run heard."""
        self._mark, self._heard_to = after, after.offset

    def hear(self, block: Block) -> Reports:
        """The reports that a block completes."""
        listener = self.listener
        listener.read_at = now()
        begins_at = block.ends_at - len(block.bytes)
        if begins_at < self._heard_to - 1:  # a file begun again; the end given to a torn line is not counted
            self._ends.clear()
            listener.begin(self.feed.name)
        self._heard_to = block.ends_at
        reports: Reports = []
        for line, offset in zip(self._lines.cut(block.bytes), _line_ends(block.bytes, begins_at), strict=True):
            reports += listener.hear(line, block.arrived_at)
            self._ends.append(_End(listener.heard, offset, line))
        return reports

    def end(self) -> Reports:
        """The feed has ended: hear its last line, if that had no end."""
        return [report for line in self._lines.rest() for report in self.listener.hear(line, now())]

    @property
    def mark(self) -> Mark:
        """Where to go on later, so that nothing is lost: never past the first byte of an unfinished message."""
        settled = self.listener.settled
        reached: _End | None = None
        while self._ends and self._ends[0].sentences <= settled:
            reached = self._ends.popleft()
        if reached is not None:
            self._mark = Mark(offset=reached.offset, line_hash=line_hash(reached.line))
        return self._mark


def _line_ends(block: bytes, begins_at: int) -> Iterator[int]:
    """The offset after each line's end."""
    at = block.find(LINE_END)
    while at >= 0:
        yield begins_at + at + 1
        at = block.find(LINE_END, at + 1)
