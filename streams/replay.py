"""Replay: recorded sentences through the same rules. Same bytes in, in any order and cut anywhere, same state out.

    first pass     learn whom to follow: radios that named a watched hull, radios met inside the area
    second pass    hear every line with that known, account for it, and settle now and then

Nothing is lost: what cannot be read is named, and what could be read is kept.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sealane.event import Event
from sealane.filter import watch_for
from sealane.listener import Lines, Listener, Scout
from sealane.rules import Rules
from streams.embedded import Embedded
from streams.recording import CutShort, Recording

SETTLE_EVERY_LINES = 20_000
FEED = "replay"  # all files of one replay are one feed

Progress = Callable[[int], None]  # bytes read so far, of both passes, before decompression
Emit = Callable[[tuple[Event, ...]], None]


class Replay:
    """One replay of some recordings by one corridor's rules."""

    def __init__(self, recordings: Sequence[Recording], rules: Rules, read_at: datetime) -> None:
        self.recordings = recordings
        watch = watch_for(rules.watchlist, rules.chart)
        self._scout = Scout(watch)
        self.listener = Listener(watch, feed=FEED, read_at=read_at)
        self.embedded = Embedded(rules, self.listener.hours)
        self.problems: list[str] = []
        self.empty: list[str] = []  # names of recordings without a line

    @property
    def total_bytes(self) -> int:
        """What `Progress` counts up to."""
        return 2 * sum(recording.size_bytes for recording in self.recordings)

    def run(self, emit: Emit, progress: Progress, settle_every: int = SETTLE_EVERY_LINES) -> None:
        """Replay to the end, telling events and progress on the way."""
        done = 0
        for recording in self.recordings:
            for line in self._lines(recording, done, progress, tell=False):
                self._scout.hear(line)
            done += recording.size_bytes
        heard = 0
        for recording in self.recordings:
            self.listener.begin(recording.name)
            before = self.listener.account.lines["total"], len(self.problems)
            for line in self._lines(recording, done, progress, tell=True):
                self.embedded.take(self.listener.hear(line))
                heard += 1
                if heard % settle_every == 0:
                    emit(self.embedded.settle())
            if (self.listener.account.lines["total"], len(self.problems)) == before:
                self.empty.append(recording.name)
            done += recording.size_bytes
        self.listener.finish()
        emit(self.embedded.settle())

    def _lines(self, recording: Recording, done: int, progress: Progress, *, tell: bool) -> Iterator[bytes]:
        """The lines of one recording, the last one even where the file is cut short."""
        lines = Lines()
        try:
            for block in recording.blocks():
                progress(done + recording.read_bytes)
                yield from lines.cut(block)
        except CutShort as error:
            if tell:
                self.problems.append(str(error))
        yield from lines.rest()
