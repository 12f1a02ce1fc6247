"""Merge: several recordings as one, in the order their lines were heard.

    file 1  ----a-----b--e----------->        the file whose time is least goes on until another's is less;
    file 2         ---c-d-f---->              of two at one time the first named does
    file 3                      ------>       not opened before its time has come

Each file's lines keep their order: a late line, or one that does not say when it was heard, comes with the one before
it (streams/replay/course.py). So the order is right as far as each file's own is. In memory is a small block of each
file that is open, and only files that overlap in time are open together. A file that says no time at all comes first.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import heappop, heappush

from sealane.lines import Lines
from sealane.reader import EARLIEST_US, LATEST_AFTER_READING
from sealane.stamp import unix_us
from streams.replay.course import Course
from streams.replay.recording import CutShort, Recording

READ_BYTES = 1 << 16  # at a time, of each file that is open
BLOCK_LINES = 8_192  # handed on at a time
PEEKED_LINES = 1_000  # until a stamp is found
KEPT_RUNS = 1 << 17  # of lines of one file: where a line that was passed over came from is asked for later
NAMES_TOLD = 3
LINE_END = b"\n"


class _Part:
    """One file on its way."""

    def __init__(self, recording: Recording, bounds_us: tuple[int, int]) -> None:
        self._recording = recording
        self._course = Course(*bounds_us)
        self.line = b""  # in hand
        self.number = 0  # of it in its file
        self.problem: str | None = None
        self._lines = self._read()

    @property
    def at_us(self) -> int:
        """When it was heard, as far as the file says."""
        return self._course.newest_us

    @property
    def begins_us(self) -> int:
        """When its first line was heard; 0 if none has said so."""
        return self._course.first_us or 0

    @property
    def is_sure(self) -> bool:
        """Whether two of its lines agree on that."""
        return self._course.is_sure

    @property
    def name(self) -> str:
        return self._recording.name

    def next(self) -> bool:
        """Take its next line in hand; whether there is one."""
        line = next(self._lines, None)
        if line is None:
            return False
        self.line, self.number = line, self.number + 1
        self._course.move(line)
        return True

    def _read(self) -> Iterator[bytes]:
        lines = Lines()
        try:
            for block in self._recording.blocks(READ_BYTES):
                yield from lines.cut(block)
        except CutShort as error:
            self.problem = str(error)
        yield from lines.rest()


class Merged:
    """Some recordings, read as one as often as wanted."""

    def __init__(self, parts: Sequence[Recording], read_at: datetime) -> None:
        """`read_at` bounds plausible stamps."""
        self.parts = parts
        self._bounds_us = EARLIEST_US, unix_us(read_at + LATEST_AFTER_READING)
        self.empty: list[str] = []  # names of those without a line, once read
        self.most_open = 0  # files at a time
        self._runs: list[tuple[int, str, int]] = []  # a line's number here, its file, its number there; of each run
        self.name = ", ".join(part.name for part in parts[:NAMES_TOLD])
        self.name += f" and {len(parts) - NAMES_TOLD} more" if len(parts) > NAMES_TOLD else ""
        self.place = LINE_END.decode().join(part.place for part in parts)
        self.size_bytes = sum(part.size_bytes for part in parts)

    @property
    def read_bytes(self) -> int:
        """How far the files have been read, before decompression."""
        return sum(part.read_bytes for part in self.parts)

    @property
    def state(self) -> tuple[int, ...]:
        """As long as it stays, so do the bytes."""
        return tuple(number for part in self.parts for number in part.state)

    def where(self, line: int) -> tuple[str, int]:
        """The file a line came from, and its number there."""
        begun, name, number = self._runs[max(bisect_right(self._runs, line, key=lambda run: run[0]) - 1, 0)]
        return name, number + line - begun

    def blocks(self) -> Iterator[bytes]:
        """Whole lines in their order. Raises CutShort at the end, if a part could not be read to its own."""
        self._runs.clear()
        problems: list[str] = []
        in_hand: list[bytes] = []
        done = 0
        for part in self._in_order(problems):
            if not in_hand or self._runs[-1][1] != part.name or self._follows(done + len(in_hand), part):
                self._begin_run(done + len(in_hand) + 1, part)
            in_hand.append(part.line)
            if len(in_hand) >= BLOCK_LINES:
                yield LINE_END.join((*in_hand, b""))
                done += len(in_hand)
                in_hand.clear()
        if in_hand:
            yield LINE_END.join((*in_hand, b""))
        if problems:
            raise CutShort("; ".join(problems))

    def _follows(self, before: int, part: _Part) -> bool:
        """Whether a line is not the one after the last of its file's run."""
        begun, _, number = self._runs[-1]
        return part.number != number + before + 1 - begun

    def _begin_run(self, line: int, part: _Part) -> None:
        self._runs.append((line, part.name, part.number))
        if len(self._runs) > 2 * KEPT_RUNS:
            del self._runs[:KEPT_RUNS]

    def _in_order(self, problems: list[str]) -> Iterator[_Part]:
        """The parts, each with the line in hand that is next."""
        self.empty = []
        closed = sorted(((self._begins_us(part), index) for index, part in enumerate(self.parts)), reverse=True)
        opened: list[tuple[int, int, _Part]] = []
        while closed or opened:
            while closed and (not opened or closed[-1] < opened[0][:2]):
                _, index = closed.pop()
                part = _Part(self.parts[index], self._bounds_us)
                if part.next():
                    heappush(opened, (part.at_us, index, part))
                else:
                    self._end(part, problems, is_empty=True)
            self.most_open = max(self.most_open, len(opened))
            if not opened:
                continue
            _, index, part = heappop(opened)
            rivals = (opened[0][:2] if opened else None, closed[-1] if closed else None)
            bound = min((rival for rival in rivals if rival is not None), default=None)
            has_more = True
            while has_more and (bound is None or (part.at_us, index) < bound):
                yield part
                has_more = part.next()
            if has_more:
                heappush(opened, (part.at_us, index, part))
            else:
                self._end(part, problems)

    def _end(self, part: _Part, problems: list[str], *, is_empty: bool = False) -> None:
        if part.problem is not None:
            problems.append(part.problem)
        elif is_empty:
            self.empty.append(part.name)

    def _begins_us(self, recording: Recording) -> int:
        """When a file's first lines were heard; 0 if they do not say."""
        part = _Part(recording, self._bounds_us)
        for _ in range(PEEKED_LINES):
            if not part.next() or part.is_sure:
                break
        return part.begins_us

    def close(self) -> None:
        for part in self.parts:
            part.close()
