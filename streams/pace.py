"""The pace: when the lines of a recording are due, if time passes in it at so many times its speed.

    max     at once
    60x     a minute of the recording in a second

Lines are due by their own stamps and never before the line before them: late ones come at once. A line that does not
say when it was heard comes with the one before it. A stamp far ahead of the others holds nothing up until another
line agrees: one damaged stamp must not stop a replay for days. It reads no clock.
"""

import re

from geofences.errors import BadReference
from sealane.stamp import SECOND_US
from streams.stamped import Stamped

MAX = "max"
SPEED = re.compile(r"(\d+(?:\.\d+)?)x")
EXPECTED = f"{MAX}, or how many times as fast as it was heard: 1x, 60x, 0.5x"
FAR_AHEAD_US = 3600 * SECOND_US


def times_of(text: str) -> float | None:
    """How many times as fast a speed is; None: as fast as can be. Raises BadReference."""
    if text == MAX:
        return None
    found = SPEED.fullmatch(text)
    times = float(found[1]) if found else 0.0
    if not 0.0 < times < float("inf"):
        raise BadReference("--speed", "", repr(text), EXPECTED)
    return times


class Pace:
    """Told of every line in turn."""

    def __init__(self, times: float, earliest_us: int, latest_us: int) -> None:
        """Stamps before the earliest and after the latest plausible are passed over."""
        self._times, self._earliest_us, self._latest_us = times, earliest_us, latest_us
        self._stamped = Stamped()
        self._first_us: int | None = None
        self._is_sure = False  # whether two lines agree where it begins
        self._newest_us = 0
        self._ahead_us: int | None = None  # a stamp far ahead that nobody has agreed with yet

    def begin(self) -> None:
        """A new file."""
        self._stamped.begin()

    def due_s(self, line: bytes) -> float:
        """How many seconds after the first line this one is due."""
        at_us = self._stamped.read(line).at_us
        if at_us is not None and self._earliest_us <= at_us <= self._latest_us:
            self._move(at_us)
        return 0.0 if self._first_us is None else (self._newest_us - self._first_us) / SECOND_US / self._times

    def _move(self, at_us: int) -> None:
        if self._first_us is None or (not self._is_sure and abs(at_us - self._first_us) > FAR_AHEAD_US):
            self._first_us = self._newest_us = at_us  # of two that do not agree the first may be the damaged one
            return
        self._is_sure = True
        if at_us <= self._newest_us + FAR_AHEAD_US:
            self._newest_us = max(self._newest_us, at_us)
            self._ahead_us = None
        elif self._ahead_us is not None and abs(at_us - self._ahead_us) <= FAR_AHEAD_US:
            self._newest_us, self._ahead_us = max(at_us, self._ahead_us), None
        else:
            self._ahead_us = at_us
