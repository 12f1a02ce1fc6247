"""Replay: recorded sentences through the same rules. Same bytes in, in any order and cut anywhere, same state out.

    facts          what people added; a binding says whom to follow
    first pass     learn whom to follow: radios that named a watched hull, radios met inside the area
    second pass    hear every line with that known, account for it, and settle now and then

Held to a time it is deaf to lines heard later and to facts known later, and stands exactly as of it. Within a span it
is deaf to lines heard outside.

Nothing is lost: what cannot be read is named, and what could be read is kept. With a ledger what is told was committed
before; a replay that was killed is simply run again, because what is taken twice changes nothing.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from functools import partial
from itertools import pairwise, repeat

from sealane.event import Event
from sealane.fact import Fact
from sealane.filter import watch_for
from sealane.heard import Hours
from sealane.listener import EARLIEST_US, LATEST_AFTER_READING, Listener, Reports
from sealane.rules import Rules
from sealane.sieve.gist import Gist
from sealane.sieve.recall import Recall
from sealane.sieve.texts import Text
from sealane.stamp import moment, unix_us
from streams.embedded import Embedded
from streams.facts import FactsFile, without_clashes
from streams.ledger import keys
from streams.ledger.inputs import follow_bound, learn_again
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import Ledger, Write
from streams.memory import InMemory, Keeps, Writes
from streams.replay.firstpass import FirstPass
from streams.replay.merge import Merged
from streams.replay.pace import Pace
from streams.replay.recording import STDIN_NAME as STDIN
from streams.replay.recording import Progress, Recording, further
from streams.replay.resume import Contents, Places
from streams.replay.span import Inside, Span, SpanAccount
from streams.replay.wholelines import lines_again, lines_of

SETTLE_EVERY_REPORTS = 20_000
LINES_A_REPORT = 100  # where few are followed: settled after so many times as many lines
PACED_SETTLE_S = 0.2  # of a paced replay: no oftener, and never later than after a second
LONGEST_WAIT_S = 1.0  # before it says again how far it is
LINE_END = b"\n"
FEED = "replay"  # all files of one replay are one feed
SOURCE_DIGITS = 12
NOTHING_YET = moment(EARLIEST_US - 1)  # before any stamp

Emit = Callable[[tuple[Event, ...]], None]
GistsOf = Callable[[Recording | Merged], Iterator[Gist | None]]


class Replay:
    """One replay of some recordings by one corridor's rules, in memory or into a ledger."""

    def __init__(
        self,
        recordings: Sequence[Recording | Merged],
        rules: Rules,
        read_at: datetime,
        ledger: Ledger | None = None,
        *,
        facts: Sequence[FactsFile] = (),
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        span: Span | None = None,
        times: float | None = None,
        again: bool = False,
        writes: Callable[[Rules, Hours, Ledger, str], Writes] = Keeper,
    ) -> None:
        """`as_of` holds it to a time, in memory alone; `known_at` is when all of the recordings became known.

        `times` as fast as it was heard it is replayed; None: as fast as can be. `again`: from the start, even where a
        ledger knows how far a replay of the same came that was killed.
        """
        assert as_of is None or ledger is None, "a ledger stands as of the newest it holds"
        self.recordings, self._files, self._known_at, self._times = recordings, facts, known_at, times
        self._is_stopping = asyncio.Event()
        self._lines = self._settled_at = self._taken = 0
        self._watch = watch_for(rules.watchlist, rules.chart)
        until = as_of
        if as_of is not None and known_at is not None and known_at > as_of:
            until = NOTHING_YET
        self._account = SpanAccount()
        self.listener = Listener(self._watch, feed=FEED, read_at=read_at, until=until, account=self._account)
        self._how = rules.fingerprint, rules.followed_by, known_at, span
        self._contents = Contents() if ledger else None
        self._ledger, self._again = ledger, again
        self._mark, self._places, self._to_skip = "", Places(0), 0
        self.has_changed = False  # a replay of these files was killed, and they or the way to hear them changed since
        self._inside = span and Inside(span, self._account)
        self._first_pass = FirstPass(
            self._watch,
            read_at,
            until=until,
            inside=span and Inside(span),
            contents=self._contents,
            is_paced=times is not None,
        )
        hours = self.listener.hours
        self._keeper = writes(rules, hours, ledger, source_of(recordings, facts, span)) if ledger else None
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

    async def run(self, emit: Emit, progress: Progress, settle_every: int = SETTLE_EVERY_REPORTS) -> None:
        """Replay to the end, telling events and progress on the way. Raises LedgerError."""
        if self._keeper:
            await self._keeper.open()
            learn_again(self._watch, self._keeper.embedded.tracks())
        self._take_facts()
        with closing(self._first_pass) as first:
            await first.learn(self.recordings, progress, self._is_stopping)
            await self._go_on()
            if self._times is None:
                await self._hear_ahead(emit, progress, settle_every, first.gists)
            else:
                await self._hear_paced(emit, progress, self._times)
        self.listener.finish()
        emit(await self._settled(is_last=not self._is_stopping.is_set()))

    def stop(self) -> None:
        """Of a paced replay: settle what was heard, and end. May be called from a signal."""
        self._is_stopping.set()

    async def _hear_ahead(self, emit: Emit, progress: Progress, settle_every: int, gists_of: GistsOf) -> None:
        """The second pass, as fast as can be."""
        recall = Recall(self._watch)
        for blocks in self._each(progress, gists_of):
            pieces = (piece for block, gist in blocks for piece in _pieces(block, gist, settle_every))
            for block, gist in pieces:
                if gist is None:
                    self._hear(block[:])
                else:
                    recalled = recall.recalled(gist, block)
                    self._take(self.listener.hear_again(recalled), recalled.rows)
                if self._taken >= settle_every or self._lines - self._settled_at >= LINES_A_REPORT * settle_every:
                    emit(await self._settled())

    async def _hear_paced(self, emit: Emit, progress: Progress, times: float) -> None:
        """The second pass, each line when it is due."""
        time_s = asyncio.get_running_loop().time
        pace = Pace(times, EARLIEST_US, unix_us(self.listener.reader.read_at + LATEST_AFTER_READING))
        began_s = settled_s = time_s()
        in_hand: list[bytes] = []
        reached = _Reached(progress, self.total_bytes // 2)
        for blocks in self._each(reached.read, lambda _: repeat(None)):
            pace.begin()
            for line in (line for block, _ in blocks for line in reached.lines(block[:])):
                due_s = began_s + pace.due_s(line)
                is_early = due_s > time_s()
                if time_s() - settled_s >= PACED_SETTLE_S or (is_early and due_s - settled_s >= PACED_SETTLE_S):
                    await self._hear_due(in_hand, emit)
                    settled_s = time_s()
                    reached.show()
                while not self._is_stopping.is_set() and time_s() < due_s:
                    reached.show()
                    await self._wait(min(due_s - time_s(), LONGEST_WAIT_S))
                if self._is_stopping.is_set():
                    await self._hear_due(in_hand, emit)
                    return
                in_hand.append(line)
            await self._hear_due(in_hand, emit)  # before another file begins
            reached.show()

    async def _hear_due(self, in_hand: list[bytes], emit: Emit) -> None:
        """Hear the lines in hand, and tell what follows."""
        if in_hand:
            block = b"".join(line + LINE_END for line in in_hand)
            in_hand.clear()
            self._hear(block)
        emit(await self._settled())
        await asyncio.sleep(0)  # to signals

    async def _wait(self, for_s: float) -> None:
        """Wait, unless asked to stop meanwhile."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(for_s, 0.0)):
                await self._is_stopping.wait()

    def _hear(self, block: bytes) -> None:
        self._take(self.listener.hear_block(block, self.listener.sift(block)), block.count(LINE_END))

    def _take(self, reports: Reports, lines: int) -> None:
        """What so many lines reported."""
        self._keeps.take(reports, self._known_at)
        self._lines += lines
        self._places.reached(self.listener.heard, self._lines)
        self._taken += len(reports)

    async def _settled(self, *, is_last: bool = False) -> tuple[Event, ...]:
        self._settled_at, self._taken = max(self._settled_at, self._lines), 0
        if self._keeper is None:
            return await self._keeps.settle(self._lines)
        source = self._keeper.source
        if is_last:
            ended: Write = ("HDEL", keys.MARKS, source)
            return await self._keeper.settle(self._lines, beside=[ended], always=True)
        marked: Write = ("HSET", keys.MARKS, source, self._mark)
        return await self._keeper.settle(self._places.settled(self.listener), beside=[marked])

    async def _go_on(self) -> None:
        """Pass over what a replay of the same that was killed has heard. Raises LedgerError."""
        if self._keeper is None or self._ledger is None or self._contents is None or self._is_stopping.is_set():
            return
        self._mark = self._contents.mark(self._watch, self._how)
        marks = await self._ledger.hash(keys.MARKS)
        mark = marks.get(self._keeper.source.encode())
        if mark is None or self._again:
            return
        self.has_changed = mark.decode() != self._mark
        if not self.has_changed:
            self._to_skip = self._settled_at = self._keeper.offset()
            self._places = Places(self._to_skip)

    def _skipped(self, block: bytes) -> bytes:
        """The same whole lines; empty those that were heard before."""
        lines = block.split(LINE_END)
        count = min(self._to_skip, len(lines) - 1)
        self._to_skip -= count
        self._account.lines_before += sum(1 for line in lines[:count] if line.strip())
        return LINE_END * count + LINE_END.join(lines[count:])

    def _each(self, progress: Progress, gists_of: GistsOf) -> Iterator[Iterator[tuple[Text, Gist | None]]]:
        """The blocks of each recording in turn, to be heard, each with its gist."""
        done = sum(recording.size_bytes for recording in self.recordings)
        for recording in self.recordings:
            self.listener.begin(recording.name, recording.where)
            before = self.listener.account.lines["total"], len(self.problems)
            yield self._blocks(recording, partial(further, progress, done), gists_of(recording))
            if isinstance(recording, Merged):
                self.empty += recording.empty
            elif (self.listener.account.lines["total"], len(self.problems)) == before:
                self.empty.append(recording.name)
            done += recording.size_bytes

    def _take_facts(self) -> None:
        """Take the facts of every file that none of its lines refuses; whoever they bind is followed."""
        files = without_clashes(self._files, self.embedded.facts)
        self.refused = [file for file in files if file.refused]
        self.facts = tuple(fact for file in files for fact in file.facts)  # a refused file has none
        self._keeps.take_facts(self.facts)
        follow_bound(self._watch, self.embedded.facts.values())

    def _blocks(
        self, recording: Recording | Merged, progress: Progress, gists: Iterator[Gist | None]
    ) -> Iterator[tuple[Text, Gist | None]]:
        """The whole lines of one recording, as they are heard."""
        if self._inside is None and not self._to_skip:
            yield from lines_again(recording, progress, self.problems, gists)
            return
        if self._inside is not None:
            self._inside.begin()
        for block, gist in zip(lines_of(recording, progress, self.problems), gists, strict=False):
            if self._to_skip:
                block = self._skipped(block)
            yield self._inside.of(block) if self._inside else block, gist


class _Reached:
    """How far a paced replay has come within the block it hears."""

    def __init__(self, progress: Progress, begun_bytes: int) -> None:
        self._progress = progress
        self._from_bytes = self._to_bytes = begun_bytes
        self._heard, self._held = 0, 1  # lines

    def read(self, read_bytes: int) -> None:
        """A block has been read, up to there."""
        self._from_bytes, self._to_bytes = self._to_bytes, read_bytes

    def lines(self, block: bytes) -> Iterator[bytes]:
        lines = block.split(LINE_END)[:-1]
        self._heard, self._held = 0, max(len(lines), 1)
        for line in lines:
            yield line
            self._heard += 1

    def show(self) -> None:
        done = (self._to_bytes - self._from_bytes) * self._heard // self._held
        self._progress(self._from_bytes + done)


def _pieces(text: Text, gist: Gist | None, lines: int) -> Iterator[tuple[Text, Gist | None]]:
    """Whole lines, so many at a time at most; with their gist, if it is of them."""
    if gist is not None and gist.block_bytes == len(text) and len(gist.heard) <= lines:
        yield text, gist
        return
    block = text[:]
    if block.count(LINE_END) <= lines:
        yield block, None
        return
    ends = [at for at, byte in enumerate(block) if byte == LINE_END[0]]
    cuts = [0, *(end + 1 for end in ends[lines - 1 :: lines]), len(block)]
    yield from ((block[begin:end], None) for begin, end in pairwise(cuts) if begin < end)


def source_of(
    recordings: Sequence[Recording | Merged], facts: Sequence[FactsFile] = (), span: Span | None = None
) -> str:
    """The source a replay writes as: two replays of the same files are one source, and one of them is refused."""
    parts = [part for each in recordings for part in (each.parts if isinstance(each, Merged) else (each,))]
    named = sorted(each.place if each.place != STDIN else f"{STDIN} {each.size_bytes}" for each in parts)
    named += sorted(f"facts {file.name}" for file in facts)
    named += [f"from {span.from_us} to {span.to_us}"] if span else []
    return f"{FEED}:{hashlib.sha256(chr(10).join(named).encode()).hexdigest()[:SOURCE_DIGITS]}"
