"""The pace: when the lines of a recording are due, if time passes in it at so many times its speed.

    max     at once
    60x     a minute of the recording in a second

Lines are due by their own stamps, never before the line before them: late ones come at once (streams/replay/course.py).
"""

import re

from geofences.errors import BadReference
from sealane.stamp import SECOND_US
from streams.replay.course import Course

MAX = "max"
SPEED = re.compile(r"(\d+(?:\.\d+)?)x")
EXPECTED = f"{MAX}, or how many times as fast as it was heard: 1x, 60x, 0.5x"


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
        self._times, self._course = times, Course(earliest_us, latest_us)

    def begin(self) -> None:
        """A new file."""
        self._course.begin()

    def due_s(self, line: bytes) -> float:
        """How many seconds after the first line this one is due."""
        self._course.move(line)
        first_us = self._course.first_us
        return 0.0 if first_us is None else (self._course.newest_us - first_us) / SECOND_US / self._times
