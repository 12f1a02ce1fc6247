"""Replay: recorded sentences through the same rules. Same bytes in, in any order and cut anywhere, same state out.

    first pass     learn whom to follow: radios that named a watched hull, radios met inside the area
    second pass    hear every line with that known, account for it, and settle now and then

Nothing is lost: what cannot be read is named, and what could be read is kept. With a ledger what is told was committed
before; a replay that was killed is simply run again, because what is taken twice changes nothing.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sealane.event import Event
from sealane.filter import watch_for
from sealane.listener import Lines, Listener, Scout
from sealane.rules import Rules
from streams.embedded import Embedded
from streams.inputs import learn_again
from streams.keeper import Keeper
from streams.ledger import Ledger
from streams.memory import InMemory, Keeps
from streams.recording import CutShort, Recording

SETTLE_EVERY_LINES = 20_000
FEED = "replay"  # all files of one replay are one feed
SOURCE_DIGITS = 12

Progress = Callable[[int], None]  # bytes read so far, of both passes, before decompression
Emit = Callable[[tuple[Event, ...]], None]


class Replay:
    """One replay of some recordings by one corridor's rules, in memory or into a ledger."""

    def __init__(
        self, recordings: Sequence[Recording], rules: Rules, read_at: datetime, ledger: Ledger | None = None
    ) -> None:
        self.recordings = recordings
        self._watch = watch_for(rules.watchlist, rules.chart)
        self._scout = Scout(self._watch)
        self.listener = Listener(self._watch, feed=FEED, read_at=read_at)
        hours = self.listener.hours
        self._keeper = Keeper(rules, hours, ledger, source_of(recordings)) if ledger else None
        self._keeps: Keeps = self._keeper or InMemory(Embedded(rules, hours))
        self.problems: list[str] = []
        self.empty: list[str] = []  # names of recordings without a line

    @property
    def embedded(self) -> Embedded:
        """What stands: of a ledger, what was committed."""
        return self._keeps.embedded

    @property
    def total_bytes(self) -> int:
        """What `Progress` counts up to."""
        return 2 * sum(recording.size_bytes for recording in self.recordings)

    async def run(self, emit: Emit, progress: Progress, settle_every: int = SETTLE_EVERY_LINES) -> None:
        """Replay to the end, telling events and progress on the way. Raises LedgerError."""
        if self._keeper:
            await self._keeper.open()
            learn_again(self._watch, self._keeper.embedded.tracks())
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
                self._keeps.take(self.listener.hear(line))
                heard += 1
                if heard % settle_every == 0:
                    emit(await self._keeps.settle(heard))
            if (self.listener.account.lines["total"], len(self.problems)) == before:
                self.empty.append(recording.name)
            done += recording.size_bytes
        self.listener.finish()
        emit(await self._keeps.settle(heard))

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


def source_of(recordings: Sequence[Recording]) -> str:
    """The source a replay writes as: two replays of the same files are one source, and one of them is refused."""
    named = sorted(f"{recording.place} {recording.size_bytes}" for recording in recordings)
    return f"{FEED}:{hashlib.sha256(chr(10).join(named).encode()).hexdigest()[:SOURCE_DIGITS]}"
