"""The hours each source was heard in: a set, never a count. It tells a silent ship from a silent receiver.

The source is the station that heard a sentence, else its feed. Collected before the filter decides, from every AIS
sentence with a plausible stamp.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import repeat

from sealane.stamp import EPOCH

HOUR_US = 3_600_000_000


HoursHeard = Mapping[str, Sequence[int]]  # by source: hours since 1970, ascending, each once
Told = Mapping[int, Sequence[str | None]]  # by hour since 1970: the stations of stamps that tell it; None: the feed


def heard_between(hours: Sequence[int], first: int, end: int) -> int:
    """How many of the hours from one up to another, the last not included, a source was heard in."""
    return bisect_left(hours, end) - bisect_left(hours, first)


class Hours:
    """A set of (source, start of the hour in UTC)."""

    def __init__(self) -> None:
        self._by_source: dict[str, array[int]] = {}  # four bytes each: years of two hundred stations are millions
        self._latest: int | None = None
        self.is_kept = True  # whether somebody asks for what changed
        self.changed: set[tuple[str, int]] = set()  # (source, hour) that a ledger has yet to hear of

    def add(self, source: str, at_us: int) -> None:
        hour = at_us // HOUR_US
        hours = self._by_source.get(source)
        if not hours or hours[-1] != hour:  # nearly never
            self.add_each((source,), hour)

    def add_each(self, sources: Iterable[str], hour: int) -> None:
        """All of some sources were heard in an hour since 1970."""
        by_source = self._by_source
        added: list[str] = []
        for source in sources:
            hours = by_source.get(source)
            if hours is None:
                hours = by_source[source] = array("i")
            if not hours or hours[-1] < hour:  # nearly always
                hours.append(hour)
            elif hours[at := bisect_left(hours, hour)] != hour:
                hours.insert(at, hour)
            else:
                continue
            added.append(source)
        if self.is_kept:
            self.changed.update(zip(added, repeat(hour)))
        if added and (self._latest is None or hour > self._latest):
            self._latest = hour

    def restore(self, source: str, hour: int) -> None:
        """Know an hour again that a ledger holds."""
        self.add_each((source,), hour)
        self.changed.discard((source, hour))

    @property
    def latest(self) -> datetime | None:
        """The start of the last hour any source was heard in."""
        return None if self._latest is None else EPOCH + timedelta(hours=self._latest)

    @property
    def by_source(self) -> HoursHeard:
        """The hours each source was heard in; it grows with what is heard."""
        return self._by_source

    def __iter__(self) -> Iterator[tuple[str, datetime]]:
        return (
            (source, EPOCH + timedelta(hours=hour))
            for source, hours in sorted(self._by_source.items())
            for hour in hours
        )

    def __len__(self) -> int:
        return sum(map(len, self._by_source.values()))
