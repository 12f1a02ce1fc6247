"""The hours each source was heard in: a set, never a count. It tells a silent ship from a silent receiver.

The source is the station that heard a sentence, else its feed. Collected before the filter decides, from every AIS
sentence with a plausible stamp.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from sealane.stamp import EPOCH

HOUR_US = 3_600_000_000


class Hours:
    """A set of (source, start of the hour in UTC)."""

    def __init__(self) -> None:
        self._by_source: dict[str, set[int]] = {}
        self._latest: int | None = None
        self.changed: set[tuple[str, int]] = set()  # (source, hour) that a ledger has yet to hear of

    def add(self, source: str, at_us: int) -> None:
        hour = at_us // HOUR_US
        hours = self._by_source.get(source)
        if hours is None:
            hours = self._by_source[source] = set()
        elif hour in hours:
            return
        hours.add(hour)
        self.changed.add((source, hour))
        if self._latest is None or hour > self._latest:
            self._latest = hour

    def restore(self, source: str, hour: int) -> None:
        """Know an hour again that a ledger holds."""
        self.add(source, hour * HOUR_US)
        self.changed.discard((source, hour))

    @property
    def latest(self) -> datetime | None:
        """The start of the last hour any source was heard in."""
        return None if self._latest is None else EPOCH + timedelta(hours=self._latest)

    @property
    def by_source(self) -> Mapping[str, AbstractSet[int]]:
        """The hours each source was heard in, in hours since 1970; it grows with what is heard."""
        return self._by_source

    def __iter__(self) -> Iterator[tuple[str, datetime]]:
        each = ((source, hour) for source, hours in self._by_source.items() for hour in hours)
        return ((source, EPOCH + timedelta(hours=hour)) for source, hour in sorted(each))

    def __len__(self) -> int:
        return sum(map(len, self._by_source.values()))
