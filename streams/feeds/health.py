"""Health: how one feed is, for the operator: in the view of a run, in `sealane feeds`, as JSON."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

REASONS_SHOWN = 3
GONE_AFTER = timedelta(seconds=30)  # a run writes it every few seconds


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """One feed, as of a time. Its name is that of its source in the ledger."""

    name: str
    at: datetime  # when this was so
    connected: bool
    silent: bool  # for longer than `silent_after_s`
    has_ended: bool  # a standard input that came to its end, or a run that has
    last_byte_at: datetime | None
    last_sentence_at: datetime | None
    silent_after_s: float
    per_minute: float  # sentences, over the last minute
    sentences: int  # since the run began, as all that follows
    rejects: Mapping[str, int]  # lines, by reason
    clock_skew_s: float | None  # stamps behind arrival, their median; None: none had both
    reconnects: int
    connections: int
    refused: int
    dropped: int


def health_words(health: Health, at: datetime) -> str:
    """One line: the state, and what is out of the ordinary."""
    words = [health.name, _state(health, at)]
    if health.last_sentence_at is None:
        words.append("no sentence yet")
    else:
        words.append(f"last sentence {span_words(at - health.last_sentence_at)} ago")
    words.append(f"{health.per_minute:,.0f}/min")
    if health.clock_skew_s is not None:
        words.append(f"stamps {abs(health.clock_skew_s):,.1f} s {'behind' if health.clock_skew_s >= 0 else 'ahead'}")
    if health.rejects:
        most = sorted(health.rejects.items(), key=lambda item: (-item[1], item[0]))
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in most[:REASONS_SHOWN])
        words.append(f"{sum(health.rejects.values()):,} rejected ({reasons})")
    for count, noun in (
        (health.connections, "open"),
        (health.reconnects, "reconnects"),
        (health.refused, "refused"),
        (health.dropped, "dropped"),
    ):
        if count:
            words.append(f"{count:,} {noun}")
    return "  ".join(words)


def _state(health: Health, at: datetime) -> str:
    if health.has_ended:
        return "ended"
    if at - health.at > GONE_AFTER:
        return f"not told of for {span_words(at - health.at)}"
    if health.silent:
        return "SILENT" if health.connected else "SILENT, not connected"
    return "connected" if health.connected else "not connected"


def span_words(span: timedelta) -> str:
    """About how long."""
    seconds = max(span.total_seconds(), 0.0)
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds:,.0f} s"
