"""The hours each source was heard in: a set, never a count. It tells a silent ship from a silent receiver."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR_US = 3_600_000_000


class Hours:
    """Collects (source, hour). The source is the station that heard a sentence, else its feed."""

    def __init__(self) -> None:
        self._hours: set[tuple[str, int]] = set()

    def add(self, source: str, at_us: int) -> None:
        self._hours.add((source, at_us // HOUR_US))

    def __iter__(self):  # type: ignore[no-untyped-def]
        return ((source, EPOCH + timedelta(hours=hour)) for source, hour in self._hours)
