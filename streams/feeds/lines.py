"""Whole lines out of one of several connections or files, so that two of them never run into each other.

A message in several sentences is kept together as well: of two stations that use one sequence number at a time, the
first half of one would else be joined with the second half of the other.
"""

import re

from sealane.lines import MAX_LINE_BYTES

LINE_END = b"\n"
FRAGMENT = re.compile(rb"!..VD[MO],(\d),(\d),")
FRAGMENTS = 9  # a message has no more


def whole_bytes(text: bytes) -> int:
    """How much of a text is whole lines that leave no message torn."""
    end = text.rfind(LINE_END) + 1
    begin, waits = end, 0
    for _ in range(FRAGMENTS):
        line_begin = text.rfind(LINE_END, 0, max(begin - 1, 0)) + 1
        found = FRAGMENT.search(text, line_begin, begin)
        if begin == 0 or found is None:
            break
        parts, part = int(found[1]), int(found[2])
        if part >= parts or (waits and part >= waits):
            break
        begin, waits = line_begin, part
        if part == 1:
            break
    return begin


class WholeLines:
    """What one connection has sent and is not whole yet; bounded."""

    def __init__(self) -> None:
        self._begun = b""

    def take(self, read: bytes) -> bytes:
        """The whole lines there are now."""
        text = self._begun + read
        end = whole_bytes(text)
        self._begun = text[end:]
        if LINE_END not in self._begun:  # a line without end: what is kept of it is too long already
            self._begun = self._begun[: MAX_LINE_BYTES + 1]
        return text[:end]

    def rest(self) -> bytes:
        """What is left of a connection that has ended, its last line ended too."""
        left, self._begun = self._begun, b""
        return left if not left or left.endswith(LINE_END) else left + LINE_END
