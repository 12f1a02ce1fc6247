"""An ear: one feed, what was heard of it, and where to go on if we are ended now.

blocks --cut--> lines --hear--> reports        mark: the end of the last line that no open message needs

Whole lines of a big block are heard at once, of a small one line by line; the reports are the same. The blocks that
wait are put together first: as many as are heard in a moment, and only what is there already. While an open message
needs a line of a block that was heard at once, the mark stays before all of it: who is killed then hears it again, and
that changes nothing.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple

from sealane.account import REASONS
from sealane.aisstream import Said, read_json
from sealane.filter import Watch
from sealane.heard import Hours
from sealane.lines import MAX_LINE_BYTES, Lines
from sealane.listener import Listener, Reports
from sealane.sentence import Sentence, read_line
from sealane.stamp import SECOND_US, Tags, unix_us
from streams.clock import now
from streams.feeds import BLOCK_BYTES, Block, Feed, Mark, Tell
from streams.feeds.file import LINE_END, line_hash
from streams.feeds.health import Health
from streams.feeds.pulse import Pulse

BLOCKS_WAITING = 16  # a megabyte: beyond it the feed is not read, and its sender waits
TOGETHER_MOST_BYTES = 1 << 20
TOGETHER_WITHIN = timedelta(seconds=0.5)  # what has no stamp goes by its block's arrival
HEARD_WITHIN_S = 0.05  # what is put together, so that no other feed waits longer
READ_IN_FULL_MOST = 128  # lines of a block heard at once: each may teach, and then what is left is sifted again
AWAITED_BYTES = 4 << 20  # so far on no part is waited for, whatever came: 20,000 sentences are seldom as much
ENDS_APART = 16  # sentences, of line ends that are kept while a message is waited for
SKEWS_KEPT = 63
FOREIGN_LINES = 5  # with no sentence before or between them
FOREIGN_SHOWN = 60  # characters
WEB_PAGE = (b"<", b"HTTP/")
ENDLESS_BYTES = 1 << 20


class _End(NamedTuple):
    """The end of one line."""

    sentences: int  # heard up to here
    offset: int
    line: bytes


class Ear:
    """Hears one feed by itself: its fragments never join those of another."""

    def __init__(
        self, feed: Feed, watch: Watch, hours: Hours, tell: Tell = lambda _: None, silent_after_s: float | None = None
    ) -> None:
        self.feed = feed
        self.pulse = Pulse(time.monotonic(), silent_after_s)
        self.last_sentence_at: datetime | None = None
        self._tell = tell
        self._is_foreign_told = self._is_endless_told = False
        self._endless_bytes = 0
        self._skews_us: deque[int] = deque(maxlen=SKEWS_KEPT)
        self._tags = Tags()
        self.listener = Listener(watch, feed=feed.name, read_at=now(), learning=True, hours=hours)
        self.listener.begin(feed.name)
        self.waiting: asyncio.Queue[Block] = asyncio.Queue(maxsize=BLOCKS_WAITING)
        self.has_ended = False
        self._next: Block | None = None  # out of the queue, but not to be put together with those before it
        self._together_bytes = BLOCK_BYTES  # grows while that is quickly heard
        self._read_in_full = 0  # lines of the last block that was sifted
        self._lines = Lines()
        self._ends: deque[_End] = deque()  # since the mark
        self._mark = Mark()
        self._heard_to = 0

    def begin(self, after: Mark) -> None:
        """Go on after what an earlier run heard."""
        self._mark, self._heard_to = after, after.offset

    @property
    def has_waiting(self) -> bool:
        """Whether something waits to be heard."""
        return self._next is not None or not self.waiting.empty()

    def take(self) -> Block:
        """What waits: one block, or several that lie end to end and came at one time, put together."""
        blocks = [self._next or self.waiting.get_nowait()]
        self._next, size = None, len(blocks[0].bytes)
        while not self.waiting.empty():
            block = self.waiting.get_nowait()
            size += len(block.bytes)
            if size > self._together_bytes or not _is_one(blocks, block):
                self._next = block
                break
            blocks.append(block)
        if len(blocks) == 1:
            return blocks[0]
        whole = b"".join(block.bytes for block in blocks)
        return Block(bytes=whole, ends_at=blocks[-1].ends_at, arrived_at=blocks[0].arrived_at)

    def hear(self, block: Block) -> Reports:
        """The reports that a block completes."""
        begun_s, listener = time.monotonic(), self.listener
        listener.reader.read_at = now()
        begins_at = block.ends_at - len(block.bytes)
        if begins_at < self._heard_to - 1:  # a file begun again; the end given to a torn line is not counted
            self._ends.clear()
            listener.begin(self.feed.name)
        self._heard_to = block.ends_at
        heard_before = listener.heard
        lines = self._lines.whole(block.bytes)
        reports = self._hear_lines(lines, block, begins_at)
        first = lines.partition(LINE_END)[0]
        if listener.heard > heard_before:
            self._beat(first, block.arrived_at)
        self._look_at_what_is_none(block.bytes, first)
        self._pace(len(block.bytes), time.monotonic() - begun_s)
        return reports

    def _hear_lines(self, lines: bytes, block: Block, begins_at: int) -> Reports:
        """The reports that whole lines complete; where they end is kept, until the mark is past it."""
        listener = self.listener
        sifted = listener.sift(lines)
        self._read_in_full = len(sifted.heard) if sifted is not None else 0
        if sifted is not None and self._read_in_full <= READ_IN_FULL_MOST:
            reports = listener.hear_block(lines, sifted, block.arrived_at)
            last = lines[:-1].rpartition(LINE_END)[2]
            self._ended(_End(listener.heard, begins_at + block.bytes.rindex(LINE_END) + 1, last))
            return reports
        reports = []
        for line, offset in zip(lines.split(LINE_END)[:-1], _line_ends(block.bytes, begins_at), strict=True):
            reports += listener.hear(line, block.arrived_at)
            self._ended(_End(listener.heard, offset, line))
        return reports

    def _ended(self, end: _End) -> None:
        """A line has ended: the mark can go there. Of those before it a few are enough, however long none is passed."""
        ends = self._ends
        if len(ends) > 1 and end.sentences - ends[-2].sentences < ENDS_APART:
            ends[-1] = end
        else:
            ends.append(end)

    def _pace(self, heard_bytes: int, took_s: float) -> None:
        """How much to put together from now on."""
        if took_s > HEARD_WITHIN_S or self._read_in_full > READ_IN_FULL_MOST:
            self._together_bytes = max(BLOCK_BYTES, self._together_bytes // 2)
            return
        may_be_double = took_s < HEARD_WITHIN_S / 3 and self._read_in_full < READ_IN_FULL_MOST / 3
        if may_be_double and heard_bytes > self._together_bytes // 2:
            self._together_bytes = min(TOGETHER_MOST_BYTES, self._together_bytes * 2)

    def _beat(self, first: bytes, arrived_at: datetime | None) -> None:
        """Sentences have come. One of a block is held against the clock."""
        self.pulse.beat(time.monotonic())
        self.last_sentence_at = now()
        stamp_us = _stamp_us(first, self._tags) if arrived_at is not None else None
        if arrived_at is not None and stamp_us is not None:
            self._skews_us.append(unix_us(arrived_at) - stamp_us)

    def _look_at_what_is_none(self, read: bytes, first: bytes) -> None:
        """Tell, once each, of a line without end and of a sender that sends something else than AIS."""
        self._endless_bytes = 0 if LINE_END in read else self._endless_bytes + len(read)
        if self._endless_bytes > ENDLESS_BYTES and not self._is_endless_told:
            self._is_endless_told = True
            self._tell(f"{self.feed.name}: a line without end; what is over {MAX_LINE_BYTES:,} bytes is passed over")
        if self._is_foreign_told or self.listener.heard:
            return
        is_page = first.lstrip().startswith(WEB_PAGE)
        if is_page or self.listener.account.lines["foreign"] >= FOREIGN_LINES:
            self._is_foreign_told = True
            what = "a web page" if is_page else "no AIS"
            begin = first[:FOREIGN_SHOWN].decode("ascii", "replace")
            self._tell(f"{self.feed.name}: it sends {what}, so far no sentence; it begins {begin!r}")

    def health(self, at: datetime) -> Health:
        """How the feed is now."""
        status, lines = self.feed.status, self.listener.account.lines
        self.pulse.count(time.monotonic(), self.listener.heard)
        return Health(
            name=self.feed.name,
            at=at,
            connected=status.connected,
            silent=self.pulse.is_silent,
            has_ended=self.has_ended,
            last_byte_at=status.last_byte_at,
            last_sentence_at=self.last_sentence_at,
            silent_after_s=round(self.pulse.silent_after_s, 1),
            per_minute=round(self.pulse.per_minute, 1),
            sentences=self.listener.heard,
            rejects={reason: lines[reason] for reason in REASONS if lines.get(reason)},
            clock_skew_s=round(median(self._skews_us) / SECOND_US, 1) if self._skews_us else None,
            reconnects=status.reconnects,
            connections=status.connections,
            refused=status.refused,
            dropped=status.dropped,
        )

    def turned(self) -> bool:
        """Whether the feed has fallen silent, or is heard again, since this was last asked."""
        if self.has_ended or self.has_waiting:
            return False
        return self.pulse.turned(time.monotonic())

    def end(self) -> Reports:
        """The feed has ended: hear its last line, if that had no end."""
        return [report for line in self._lines.rest() for report in self.listener.hear(line, now())]

    @property
    def mark(self) -> Mark:
        """Where to go on later, so that nothing is lost: never past the first byte of an unfinished message."""
        settled, awaited_from = self.listener.settled, self._heard_to - AWAITED_BYTES
        reached: _End | None = None
        while self._ends and (self._ends[0].sentences <= settled or self._ends[0].offset < awaited_from):
            reached = self._ends.popleft()
        if reached is not None:
            self._mark = Mark(offset=reached.offset, line_hash=line_hash(reached.line))
        return self._mark


def _is_one(blocks: list[Block], block: Block) -> bool:
    """Whether a block can be heard as the end of those before it, as if it had come with the first."""
    came, comes = blocks[0].arrived_at, block.arrived_at
    is_at_once = came is comes if came is None or comes is None else comes - came <= TOGETHER_WITHIN
    return is_at_once and block.ends_at - len(block.bytes) == blocks[-1].ends_at


def _line_ends(block: bytes, begins_at: int) -> Iterator[int]:
    """The offset after each line's end."""
    at = block.find(LINE_END)
    while at >= 0:
        yield begins_at + at + 1
        at = block.find(LINE_END, at + 1)


def _stamp_us(line: bytes, tags: Tags) -> int | None:
    """When a line says it was heard."""
    said = read_json(line)
    if isinstance(said, Said):
        return said.whole.at_us
    sentences = read_line(line.strip(), tags)
    return next((each.at_us for each in sentences if isinstance(each, Sentence) and each.at_us is not None), None)
