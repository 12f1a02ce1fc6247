"""A pulse: how often a feed is heard, and from when on its silence is an alarm for the operator.

heard --6 x the median of the last gaps between blocks, 10 s at least and 60 s at most--> silent --a sentence--> heard

The silence of a feed is never that of a ship: hours in which no source was heard see to that. Seconds are of any clock
that never goes back.
"""

from collections import deque
from statistics import median

GAPS_KEPT = 64
TIMES = 6
LEAST_S, MOST_S = 10.0, 60.0
RATE_OVER_S = 60.0


class Pulse:
    """When one feed brought sentences. `after_s` is the operator's own limit."""

    def __init__(self, at_s: float, after_s: float | None = None) -> None:
        self.heard_at_s = at_s  # before its first sentence: since it was begun
        self.is_silent = False
        self._after_s = after_s
        self._gaps: deque[float] = deque(maxlen=GAPS_KEPT)
        self._counts: deque[tuple[float, int]] = deque([(at_s, 0)])
        self._has_spoken = False

    @property
    def silent_after_s(self) -> float:
        """How long a silence is an alarm."""
        if self._after_s is not None:
            return self._after_s
        if not self._gaps:
            return MOST_S
        return min(max(TIMES * median(self._gaps), LEAST_S), MOST_S)

    def beat(self, at_s: float) -> None:
        """A block with sentences in it."""
        if self._has_spoken and not self.is_silent:  # an outage is no usual gap
            self._gaps.append(at_s - self.heard_at_s)
        self.heard_at_s, self._has_spoken = at_s, True

    def turned(self, at_s: float) -> bool:
        """Whether it has fallen silent, or is heard again, since this was last asked."""
        was, self.is_silent = self.is_silent, at_s - self.heard_at_s > self.silent_after_s
        return was != self.is_silent

    def count(self, at_s: float, sentences: int) -> None:
        """How many sentences there were by now, for the rate."""
        self._counts.append((at_s, sentences))
        while len(self._counts) > 2 and at_s - self._counts[0][0] > RATE_OVER_S:
            self._counts.popleft()

    @property
    def per_minute(self) -> float:
        """Sentences a minute, over the last one."""
        (from_s, before), (to_s, after) = self._counts[0], self._counts[-1]
        return (after - before) / (to_s - from_s) * 60.0 if to_s > from_s else 0.0
