"""Endpoint: how one worker is, over HTTP, for probes and for Prometheus. On a thread of its own: a stuck loop answers.

GET /healthz    200: it moves; 503: it has not for a minute (a hung await, a blocked loop): end it
GET /readyz     200: it has its partitions, its ledger, its lease; 503: not yet, or standing by
GET /metrics    Prometheus, text
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from geofences.errors import BadReference
from streams.clock import now
from streams.kafka.health import WorkerHealth

STUCK_AFTER_S = 60.0
OPTION = "--metrics"
PLAIN = "text/plain; charset=utf-8"
LABELS = ("worker", "slot")

COUNTERS = (
    ("records", "Records taken in, whatever came of them."),
    ("commits", "Batches that the ledger took."),
    ("fence_refusals", "Batches or records that the ledger refused, because it had them or another had claimed them."),
    ("published", "Records written to Kafka."),
)


def address_of(word: str) -> tuple[str, int]:
    """Host and port of HOST:PORT; port 0 is any free one. Raises BadReference."""
    host, _, port = word.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise BadReference(OPTION, "", repr(word), "HOST:PORT, such as 127.0.0.1:9101")
    return host.strip("[]"), int(port)


@contextmanager
def serving(health: WorkerHealth, address: str | None) -> Iterator[int | None]:
    """Serve how a worker is while it works: the port. None: nobody asked for it. Raises BadReference."""
    if address is None:
        yield None
        return
    host, port = address_of(address)

    class Asked(_Asked):
        of = health

    try:
        server = ThreadingHTTPServer((host, port), Asked)
    except OSError as error:
        read = f"{address}: {error.strerror or error}"
        raise BadReference(OPTION, "", read, "an address of this machine that nobody listens on") from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="endpoint", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def is_moving(health: WorkerHealth) -> bool:
    """Whether a worker's loop has come round lately."""
    return time.monotonic() - health.moved_s < STUCK_AFTER_S


def metrics_text(health: WorkerHealth) -> bytes:
    """The metrics of one worker, in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(_Collected(health))
    return generate_latest(registry)


class _Collected(Collector):
    """The counters of a worker, as they are when asked for."""

    def __init__(self, health: WorkerHealth) -> None:
        self.health = health

    def collect(self) -> Iterator[Metric]:
        health, of = self.health, (self.health.worker, self.health.slot)
        for name, text in COUNTERS:
            counter = CounterMetricFamily(f"sealane_worker_{name}", text, labels=LABELS)
            counter.add_metric(of, getattr(health, name))
            yield counter
        rejects = CounterMetricFamily(
            "sealane_worker_rejects", "Records written to the dead letters, by reason.", labels=(*LABELS, "reason")
        )
        for reason, count in list(health.rejects.items()):
            rejects.add_metric((*of, reason), count)
        yield rejects
        yield from self._gauges(of)

    def _gauges(self, of: tuple[str, str]) -> Iterator[Metric]:
        health, at = self.health, now()
        ready = GaugeMetricFamily("sealane_worker_ready", "1: it has all it needs and works.", labels=LABELS)
        ready.add_metric(of, int(health.is_ready))
        still = GaugeMetricFamily(
            "sealane_worker_still_seconds", "Since it last committed or found that nothing waits.", labels=LABELS
        )
        still.add_metric(of, time.monotonic() - health.moved_s)
        lag = GaugeMetricFamily(
            "sealane_worker_lag_records", "What waits beyond what is done.", labels=(*LABELS, "topic", "partition")
        )
        for (topic, partition), count in list(health.lag.items()):
            lag.add_metric((*of, topic, str(partition)), count)
        watermark = GaugeMetricFamily(
            "sealane_worker_watermark_timestamp_seconds", "The newest event time it has seen.", labels=LABELS
        )
        if health.watermark_at is not None:
            watermark.add_metric(of, health.watermark_at.timestamp())
        age = GaugeMetricFamily(
            "sealane_feed_age_seconds", "Since the feed's last sentence came.", labels=(*LABELS, "feed")
        )
        for feed, heard_at in list(health.feeds_heard_at.items()):
            age.add_metric((*of, feed), (at - heard_at).total_seconds())
        yield from (ready, still, lag, watermark, age)


class _Asked(BaseHTTPRequestHandler):
    """Answers one request."""

    of: WorkerHealth
    server_version, sys_version = "sealane", ""

    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/healthz":
                self._say(is_moving(self.of), "moving", "has not moved for a minute")
            case "/readyz":
                self._say(self.of.is_ready, "ready", "not ready")
            case "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, metrics_text(self.of))
            case _:
                self._answer(404, PLAIN, b"ask for /healthz, /readyz or /metrics\n")

    def _say(self, fine: bool, yes: str, no: str) -> None:
        words = f"{self.of.worker} {self.of.slot}: {yes if fine else no}\n"
        self._answer(200 if fine else 503, PLAIN, words.encode())

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Probes come every few seconds: nothing is said of them."""
