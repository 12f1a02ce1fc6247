"""Metrics: how the desk is, for Prometheus. A label is one of a few words of ours, never text of anybody else's."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from desk.views import VIEWS

TYPE = "text/plain; version=0.0.4"  # its charset is added where it is sent
ROOMS = (
    *VIEWS,
    "notices",
    "static",
    "events",
    "api",
    "facts",
    "acks",
    "silences",
    "csp",
    "healthz",
    "metrics",
    "login",
)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """What is counted of one desk."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # when each was first counted tells nobody anything
        self._registry = CollectorRegistry()
        where = self._registry
        self._requests = Counter("sealane_desk_requests", "Requests answered.", ("room", "status"), registry=where)
        self._seconds = Histogram(
            "sealane_desk_request_seconds", "Until an answer began.", ("room",), buckets=SECONDS, registry=where
        )
        self._refused = Counter(
            "sealane_desk_refused", "Requests refused before a route saw them.", ("problem",), registry=where
        )
        self._csp = Counter("sealane_desk_csp_reports", "Browsers said that a page broke its policy.", registry=where)
        self._written = Counter("sealane_desk_facts_written", "Facts that people added here.", registry=where)
        self._readers = Gauge("sealane_desk_event_streams", "Event streams that are open.", registry=where)
        self._sequence = Gauge("sealane_desk_ledger_sequence", "The last entry that is shown.", registry=where)
        self._firing = Gauge("sealane_desk_alerts_firing", "Alerts that fire.", registry=where)
        self._away = Gauge("sealane_desk_ledger_away", "1 while the ledger cannot be read.", registry=where)

    def answered(self, path: str, status: int, seconds: float) -> None:
        """A request was answered."""
        room = room_of(path)
        self._requests.labels(room, str(status)).inc()
        self._seconds.labels(room).observe(seconds)

    def refused(self, problem: str) -> None:
        """A request was refused."""
        self._refused.labels(problem).inc()

    def csp_report(self) -> None:
        """A browser says that a page broke its policy."""
        self._csp.inc()

    def wrote(self, facts: int) -> None:
        """Facts were added."""
        self._written.inc(facts)

    def exposed(self, *, readers: int, sequence: int, firing: int, away: bool) -> bytes:
        """All of it, as Prometheus reads it."""
        self._readers.set(readers)
        self._sequence.set(sequence)
        self._firing.set(firing)
        self._away.set(away)
        return generate_latest(self._registry)


def room_of(path: str) -> str:
    """Which part of the desk a path leads to."""
    first = path.removeprefix("/").partition("/")[0].partition(".")[0]
    return first if first in ROOMS else "page" if not first else "other"
