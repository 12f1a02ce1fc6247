"""Replay: recorded sentences through the same rules. Same bytes in, in any order and cut anywhere, same state out.

    facts          what people added; a binding says whom to follow
    first pass     learn whom to follow: radios that named a watched hull, radios met inside the area
    second pass    hear every line with that known, account for it, and settle now and then

Held to a time it is deaf to lines heard later and to facts known later, and stands exactly as of it.

Nothing is lost: what cannot be read is named, and what could be read is kept. With a ledger what is told was committed
before; a replay that was killed is simply run again, because what is taken twice changes nothing.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sealane.event import Event
from sealane.fact import Fact
from sealane.filter import watch_for
from sealane.listener import EARLIEST_US, Lines, Listener, Scout
from sealane.rules import Rules
from sealane.stamp import moment
from streams.embedded import Embedded
from streams.facts import FactsFile, without_clashes
from streams.inputs import follow_bound, learn_again
from streams.keeper import Keeper
from streams.ledger import Ledger
from streams.memory import InMemory, Keeps
from streams.recording import CutShort, Recording

SETTLE_EVERY_LINES = 20_000
FEED = "replay"  # all files of one replay are one feed
SOURCE_DIGITS = 12
NOTHING_YET = moment(EARLIEST_US - 1)  # before any stamp

Progress = Callable[[int], None]  # bytes read so far, of both passes, before decompression
Emit = Callable[[tuple[Event, ...]], None]


class Replay:
    """One replay of some recordings by one corridor's rules, in memory or into a ledger."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        rules: Rules,
        read_at: datetime,
        ledger: Ledger | None = None,
        *,
        facts: Sequence[FactsFile] = (),
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> None:
        """`as_of` holds it to a time, in memory alone; `known_at` is when all of the recordings became known."""
        assert as_of is None or ledger is None, "a ledger stands as of the newest it holds"
        self.recordings, self._files, self._known_at = recordings, facts, known_at
        self._watch = watch_for(rules.watchlist, rules.chart)
        until = as_of
        if as_of is not None and known_at is not None and known_at > as_of:
            until = NOTHING_YET
        self._scout = Scout(self._watch, until=until)
        self.listener = Listener(self._watch, feed=FEED, read_at=read_at, until=until)
        hours = self.listener.hours
        self._keeper = Keeper(rules, hours, ledger, source_of(recordings, facts)) if ledger else None
        self._keeps: Keeps = self._keeper or InMemory(Embedded(rules, hours, as_of))
        self.facts: tuple[Fact, ...] = ()  # those taken
        self.refused: list[FactsFile] = []
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
        self._take_facts()
        done = 0
        for recording in self.recordings:
            self._scout.begin(recording.name)
            for line in self._lines(recording, done, progress, tell=False):
                self._scout.hear(line)
            done += recording.size_bytes
        heard = 0
        for recording in self.recordings:
            self.listener.begin(recording.name)
            before = self.listener.account.lines["total"], len(self.problems)
            for line in self._lines(recording, done, progress, tell=True):
                self._keeps.take(self.listener.hear(line), self._known_at)
                heard += 1
                if heard % settle_every == 0:
                    emit(await self._keeps.settle(heard))
            if (self.listener.account.lines["total"], len(self.problems)) == before:
                self.empty.append(recording.name)
            done += recording.size_bytes
        self.listener.finish()
        emit(await self._keeps.settle(heard))

    def _take_facts(self) -> None:
        """Take the facts of every file that none of its lines refuses; whoever they bind is followed."""
        files = without_clashes(self._files, self.embedded.facts)
        self.refused = [file for file in files if file.refused]
        self.facts = tuple(fact for file in files for fact in file.facts)  # a refused file has none
        self._keeps.take_facts(self.facts)
        follow_bound(self._watch, self.embedded.facts.values())

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


def source_of(recordings: Sequence[Recording], facts: Sequence[FactsFile] = ()) -> str:
    """The source a replay writes as: two replays of the same files are one source, and one of them is refused."""
    named = sorted(f"{recording.place} {recording.size_bytes}" for recording in recordings)
    named += sorted(f"facts {file.name}" for file in facts)
    return f"{FEED}:{hashlib.sha256(chr(10).join(named).encode()).hexdigest()[:SOURCE_DIGITS]}"
