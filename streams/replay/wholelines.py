"""Whole lines of a recording, a block at a time: the same lines in the same blocks, whoever reads them, from where on.

    block    |--------------------|--------------------|-----
    line end       .     .      .       .     .      .      .
    given    |------------------||--------------------||----|

A plain file is read right up to the last line's end of each block, so that nothing is moved twice; for the second time
only where somebody asks for a line, if the first time a gist was made of its block. A line that begins further before
its block than any line is long is given shortened, still too long: memory stays bounded.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import TypeVar

from sealane.lines import MAX_LINE_BYTES, Lines
from sealane.sieve.gist import Gist
from sealane.sieve.texts import Text
from streams.replay.recording import CutShort, Progress, Read, Recording

LINE_END = b"\n"
TAIL_BYTES = 1 << 12  # of a block: where its last line ends, nearly always

TextT = TypeVar("TextT", bound=Text)


class Stretch:
    """Whole lines of a plain file, read where they are asked for. What cannot be read is empty, and a problem."""

    def __init__(self, recording: Recording, extent: range, problems: list[str]) -> None:
        self._recording, self._extent, self._problems = recording, extent, problems

    def __len__(self) -> int:
        return len(self._extent)

    def __getitem__(self, part: slice) -> bytes:
        within = self._extent[part]
        try:
            return self._recording.between(within.start, within.stop)
        except OSError as error:
            if (why := self._recording.why_cut_short(error)) not in self._problems:
                self._problems.append(why)
            return b""


def lines_of(recording: Read, progress: Progress, problems: list[str]) -> Iterator[bytes]:
    """From beginning to end; of one that is cut short the last line too, and that is a problem."""
    if isinstance(recording, Recording) and recording.is_straight:
        return _read_straight(recording, progress, problems, partial(_text, recording))
    return _put_together(recording, progress, problems)


def lines_again(
    recording: Read, progress: Progress, problems: list[str], gists: Iterator[Gist | None]
) -> Iterator[tuple[Text, Gist | None]]:
    """The same for the second time, each block with its gist, if it has one."""
    if not (isinstance(recording, Recording) and recording.is_straight):
        yield from zip(_put_together(recording, progress, problems), gists, strict=False)
        return
    straight, gist = recording, next(gists)

    def text(begin: int, first: int, end: int) -> Text:
        if gist is not None and gist.block_bytes == end - begin:
            return Stretch(straight, range(begin, end), problems)
        return _text(straight, begin, first, end)

    for block in _read_straight(straight, progress, problems, text):
        yield block, gist
        gist = next(gists)


def whole_lines(recording: Recording, part: range, *, is_last: bool) -> Iterator[bytes]:
    """Of some blocks of a plain file: the lines that end there; with the last of them what comes after, to the end.

    Raises OSError.
    """
    return _cut(recording, part, partial(_text, recording), is_last=is_last)


def _cut(
    recording: Recording, part: range, text: Callable[[int, int, int], TextT], *, is_last: bool
) -> Iterator[TextT | bytes]:
    """The same, each block as `text` gives it: of its first line's and its own first byte, and its last line's end."""
    begin = 0
    if part.start:  # a line that begins even earlier is too long, whatever it holds
        before = recording.extent(part.start - 1)
        begin = _last_end(recording, before) or before.start
    for number in count(part.start) if is_last else part:
        extent = recording.extent(number)
        if not extent:
            break
        try:
            if (end := _last_end(recording, extent)) is None:
                continue
            whole = text(begin, extent.start, end)
        except OSError:
            yield from _rest(recording, begin, extent.start)
            raise
        begin = end
        if len(whole):
            yield whole
    if is_last:
        yield from _rest(recording, begin, begin + MAX_LINE_BYTES + 1)


def _read_straight(
    recording: Recording, progress: Progress, problems: list[str], text: Callable[[int, int, int], TextT]
) -> Iterator[TextT | bytes]:
    read_bytes = 0
    try:
        for whole in _cut(recording, range(0), text, is_last=True):
            read_bytes += len(whole)
            progress(min(read_bytes, recording.size_bytes))
            yield whole
    except OSError as error:
        problems.append(recording.why_cut_short(error))


def _put_together(recording: Read, progress: Progress, problems: list[str]) -> Iterator[bytes]:
    lines = Lines()
    try:
        for block in recording.blocks():
            progress(recording.read_bytes)
            if whole := lines.whole(block):
                yield whole
    except CutShort as error:
        problems.append(str(error))
    for rest in lines.rest():
        yield rest + LINE_END


def _last_end(recording: Recording, extent: range) -> int | None:
    """Where the last line ends that ends within an extent of bytes."""
    for size in (TAIL_BYTES, len(extent)):
        begin = max(extent.stop - size, extent.start)
        if (at := recording.between(begin, extent.stop).rfind(LINE_END)) >= 0:
            return begin + at + 1
    return None


def _text(recording: Recording, begin: int, first: int, end: int) -> bytes:
    """The lines that end in a block, the first of which may begin before its first byte."""
    if first - begin <= MAX_LINE_BYTES + 1:
        text = recording.between(begin, end)
    else:
        text = recording.between(begin, begin + MAX_LINE_BYTES + 1) + recording.between(first, end)
    return text[: text.rfind(LINE_END) + 1]  # all of it, unless the file is being cut short


def _rest(recording: Recording, begin: int, end: int) -> Iterator[bytes]:
    """A last line without an end."""
    if rest := recording.between(begin, min(end, begin + MAX_LINE_BYTES + 1)):
        yield rest + LINE_END
