"""Health of a worker: what it counts while it works, for /healthz, /readyz and /metrics. It decides nothing.

the worker      writes: plain counters, on its own event loop
its endpoint    reads: `streams/kafka/endpoint.py`, on a thread of its own, so that a stuck loop still answers
"""

import time
from datetime import datetime

import msgspec

Part = tuple[str, int]  # topic and partition


class WorkerHealth(msgspec.Struct, kw_only=True):
    """One worker's counters since it started. `records` are those it took in, whatever came of them."""

    worker: str  # follow, judge, ingest, relay
    slot: str = "0"
    is_ready: bool = False  # it has its partitions, its ledger, its lease
    records: int = 0
    rejects: dict[str, int] = {}  # by reason: what went to the dead letters
    commits: int = 0  # batches that the ledger took
    fence_refusals: int = 0  # batches, or records of them, that it had already
    published: int = 0  # records written to Kafka
    lag: dict[Part, int] = {}  # what waits beyond what the ledger holds, as the worker saw it last
    watermark_at: datetime | None = None  # the newest event time it has seen
    feeds_heard_at: dict[str, datetime] = {}  # by feed: when its last sentence came
    moved_s: float = msgspec.field(default_factory=time.monotonic)

    def moved(self) -> None:
        """It has committed, or found that nothing waits: to be said at least every few seconds."""
        self.moved_s = time.monotonic()

    def reject(self, reason: str) -> None:
        """Count one that went to the dead letters."""
        self.rejects[reason] = self.rejects.get(reason, 0) + 1
