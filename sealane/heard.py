"""The hours each source was heard in: a set, never a count. It tells a silent ship from a silent receiver.

The source is the station that heard a sentence, else its feed. Collected before the filter decides, from every AIS
sentence with a plausible stamp.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sealane.stamp import EPOCH

HOUR_US = 3_600_000_000


class Hours:
    """A set of (source, start of the hour in UTC)."""

    def __init__(self) -> None:
        self._hours: set[tuple[str, int]] = set()
        self._latest: int | None = None

    def add(self, source: str, at_us: int) -> None:
        hour = at_us // HOUR_US
        self._hours.add((source, hour))
        if self._latest is None or hour > self._latest:
            self._latest = hour

    @property
    def latest(self) -> datetime | None:
        """The start of the last hour any source was heard in."""
        return None if self._latest is None else EPOCH + timedelta(hours=self._latest)

    def __iter__(self) -> Iterator[tuple[str, datetime]]:
        return ((source, EPOCH + timedelta(hours=hour)) for source, hour in sorted(self._hours))

    def __len__(self) -> int:
        return len(self._hours)
