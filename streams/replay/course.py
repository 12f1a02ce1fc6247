"""The course: what time a recording has come to, line by line. It reads no clock.

A line that does not say when it was heard comes with the one before it; a late one turns nothing back. A stamp far
ahead of the others counts only once another line agrees: one damaged stamp must not put a recording days ahead.
"""

from sealane.stamp import SECOND_US
from streams.replay.stamped import Stamped

FAR_AHEAD_US = 3600 * SECOND_US


class Course:
    """Told of every line in turn."""

    def __init__(self, earliest_us: int, latest_us: int) -> None:
        """Stamps before the earliest and after the latest plausible are passed over."""
        self._earliest_us, self._latest_us = earliest_us, latest_us
        self._stamped = Stamped()
        self.first_us: int | None = None
        self.newest_us = 0
        self.is_sure = False  # whether two lines agree where it begins
        self._ahead_us: int | None = None  # a stamp far ahead that nobody has agreed with yet

    def begin(self) -> None:
        """A new file."""
        self._stamped.begin()

    def move(self, line: bytes) -> None:
        """The next line."""
        at_us = self._stamped.read(line).at_us
        if at_us is None or not self._earliest_us <= at_us <= self._latest_us:
            return
        if self.first_us is None or (not self.is_sure and abs(at_us - self.first_us) > FAR_AHEAD_US):
            self.first_us = self.newest_us = at_us  # of two that do not agree the first may be the damaged one
            return
        self.is_sure = True
        if at_us <= self.newest_us + FAR_AHEAD_US:
            self.newest_us = max(self.newest_us, at_us)
            self._ahead_us = None
        elif self._ahead_us is not None and abs(at_us - self._ahead_us) <= FAR_AHEAD_US:
            self.newest_us, self._ahead_us = max(at_us, self._ahead_us), None
        else:
            self._ahead_us = at_us
