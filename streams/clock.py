"""The clock: the only place that reads it. Everything else is told the time."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present, UTC."""
    return datetime.now(UTC)
