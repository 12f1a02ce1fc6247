"""How a worker is, over HTTP: whether it moves, whether it is ready, and its counters as Prometheus reads them."""

import re
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from faust.types import TP
from prometheus_client.parser import text_string_to_metric_families

from geofences.errors import BadReference
from streams.clock import now
from streams.kafka.carrier import app_of, carry
from streams.kafka.endpoint import STUCK_AFTER_S, is_moving, metrics_text, serving
from streams.kafka.health import WorkerHealth
from streams.kafka.offsets import FOLLOW, Stand
from streams.kafka.partition import Record
from streams.kafka.settings import Kafka
from streams.kafka.topics import OBSERVATIONS
from streams.kafka.workers import note_lag
from streams.ledger.ledger import Claim

pytestmark = pytest.mark.shell

ANY = "127.0.0.1:0"


def ask(port: int | None, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by its name and labels, read as Prometheus reads it."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_worker_that_moves_is_alive_and_one_that_does_not_is_not():
    health = WorkerHealth(worker="follow", slot="2")
    with serving(health, ANY) as port:
        assert ask(port, "/healthz") == (200, "follow 2: moving\n")
        health.moved_s -= STUCK_AFTER_S
        assert ask(port, "/healthz") == (503, "follow 2: has not moved for a minute\n")
        health.moved()
        assert ask(port, "/healthz")[0] == 200


async def test_a_worker_is_ready_while_it_has_its_partitions():
    health, own = WorkerHealth(worker="follow"), list[tuple[int, ...]]()
    app = app_of(Kafka(), FOLLOW, slot="0")
    carry(app, Kafka(), OBSERVATIONS, _nothing, lambda parts: own.append(tuple(parts)), health)
    assert not health.is_ready
    await app.on_partitions_assigned.send({TP("observations", 2)})
    assert (health.is_ready, own) == (True, [(2,)])
    await app.on_partitions_revoked.send({TP("observations", 2)})
    assert (health.is_ready, own) == (False, [(2,), ()])


async def _nothing(records: list[Record]) -> list[Record]:
    return records


def test_a_worker_is_ready_when_it_says_so():
    health = WorkerHealth(worker="relay")
    with serving(health, ANY) as port:
        assert ask(port, "/readyz") == (503, "relay 0: not ready\n")
        health.is_ready = True
        assert ask(port, "/readyz") == (200, "relay 0: ready\n")


def test_its_counters_are_metrics_with_labels_that_hold_any_text():
    feed = 'tcp:"odd"\\name\n:4001'
    health = WorkerHealth(worker="follow", slot='1"', records=7, commits=2, fence_refusals=1, published=5)
    health.reject("bad_time")
    health.reject("bad_time")
    health.lag["sealane.observations.v1", 3] = 12
    health.watermark_at = health.feeds_heard_at[feed] = now() - timedelta(seconds=30)
    with serving(health, ANY) as port:
        found = samples(ask(port, "/metrics")[1])
    of: tuple[Any, ...] = (("slot", '1"'), ("worker", "follow"))
    assert found["sealane_worker_records_total", of] == 7
    assert found["sealane_worker_commits_total", of] == 2
    assert found["sealane_worker_fence_refusals_total", of] == 1
    assert found["sealane_worker_published_total", of] == 5
    assert found["sealane_worker_ready", of] == 0
    assert found["sealane_worker_rejects_total", (("reason", "bad_time"), *of)] == 2
    topic = (("partition", "3"), of[0], ("topic", "sealane.observations.v1"), of[1])
    assert found["sealane_worker_lag_records", topic] == 12
    assert 30 <= found["sealane_feed_age_seconds", (("feed", feed), *of)] < 60
    assert found["sealane_worker_watermark_timestamp_seconds", of] == health.watermark_at.timestamp()


def test_other_paths_are_told_what_there_is():
    with serving(WorkerHealth(worker="judge"), ANY) as port:
        assert ask(port, "/") == (404, "ask for /healthz, /readyz or /metrics\n")


def test_without_an_address_nothing_is_served():
    with serving(WorkerHealth(worker="judge"), None) as port:
        assert port is None


@pytest.mark.parametrize("address", ["9101", "localhost", "127.0.0.1:http", ":9101", "127.0.0.1:99999"])
def test_an_address_that_is_none_is_refused(address: str):
    with pytest.raises(BadReference, match="expected HOST:PORT"), serving(WorkerHealth(worker="judge"), address):
        pass


def test_an_address_somebody_listens_on_is_refused():
    health = WorkerHealth(worker="judge")
    with (
        serving(health, ANY) as port,
        pytest.raises(BadReference, match="that nobody listens on"),
        serving(health, f"127.0.0.1:{port}"),
    ):
        pass


def test_every_metric_is_explained_and_no_other():
    health = WorkerHealth(worker="follow", watermark_at=now())
    health.reject("bad_time")
    health.lag["sealane.observations.v1", 0] = 0
    health.feeds_heard_at["tcp:localhost:4001"] = now()
    told = {name for name, _ in samples(metrics_text(health).decode())}
    document = (Path(__file__).resolve().parents[2] / "docs" / "kafka.md").read_text()
    assert told == set(re.findall(r"^\| `(sealane_\w+)`", document, re.MULTILINE))


def stand(partition: int, ends: int) -> Stand:
    return Stand(partition=partition, begins=0, ends=ends, committed=None, claim=Claim(source="kafka:o:0"))


def test_an_idle_worker_is_well_while_another_lags():
    health = WorkerHealth(worker="follow")
    health.moved_s -= STUCK_AFTER_S
    note_lag([stand(0, 5), stand(1, 0)], "o", health, own=frozenset({0}))
    assert not is_moving(health)  # what waits is its own
    note_lag([stand(0, 5), stand(1, 0)], "o", health, own=frozenset({1}))
    assert is_moving(health)
    assert health.lag == {("o", 0): 5, ("o", 1): 0}
