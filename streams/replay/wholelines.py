"""Whole lines of a recording, a block at a time: the same lines in the same blocks, whoever reads them, from where on.

    block    |--------------------|--------------------|-----
    line end       .     .      .       .     .      .      .
    given    |------------------||--------------------||----|

A plain file is read right up to the last line's end of each block, so that nothing is moved twice. A line that begins
further before its block than any line is long is given shortened, still too long: memory stays bounded.
"""

from collections.abc import Iterator
from itertools import count

from sealane.lines import MAX_LINE_BYTES, Lines
from streams.replay.recording import CutShort, Progress, Read, Recording

LINE_END = b"\n"
TAIL_BYTES = 1 << 12  # of a block: where its last line ends, nearly always


def lines_of(recording: Read, progress: Progress, problems: list[str]) -> Iterator[bytes]:
    """From beginning to end; of one that is cut short the last line too, and that is a problem."""
    if isinstance(recording, Recording) and recording.is_straight:
        return _read_straight(recording, progress, problems)
    return _put_together(recording, progress, problems)


def whole_lines(recording: Recording, part: range, *, is_last: bool) -> Iterator[bytes]:
    """Of some blocks of a plain file: the lines that end there; with the last of them what comes after, to the end.

    Raises OSError.
    """
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
            text = _text(recording, begin, extent.start, end)
        except OSError:
            yield from _rest(recording, begin, extent.start)
            raise
        begin = end
        if whole := text[: text.rfind(LINE_END) + 1]:  # all of it, unless the file is being cut short
            yield whole
    if is_last:
        yield from _rest(recording, begin, begin + MAX_LINE_BYTES + 1)


def _read_straight(recording: Recording, progress: Progress, problems: list[str]) -> Iterator[bytes]:
    read_bytes = 0
    try:
        for whole in whole_lines(recording, range(0), is_last=True):
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
        return recording.between(begin, end)
    return recording.between(begin, begin + MAX_LINE_BYTES + 1) + recording.between(first, end)


def _rest(recording: Recording, begin: int, end: int) -> Iterator[bytes]:
    """A last line without an end."""
    if rest := recording.between(begin, min(end, begin + MAX_LINE_BYTES + 1)):
        yield rest + LINE_END
