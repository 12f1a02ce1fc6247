"""One recording through one process, through Kafka on one worker and on three: the same standing objects and digest."""

from itertools import islice
from pathlib import Path

import pytest

from bench.broker import Broker
from bench.crosscheck import embedded, on_kafka
from streams.demo import feed
from streams.demo.files import write_corridor
from tests.shell.conftest import CALL_LINES

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corridor(tmp_path_factory.mktemp("corridor"))


@pytest.fixture(scope="module")
def two_weeks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("recording") / "demo.nmea"
    file.write_bytes(b"".join(islice(feed(), CALL_LINES)))
    return file


@pytest.mark.parametrize("workers", [1, 3])
def test_a_recording_amounts_to_the_same_on_any_number_of_workers(
    broker: Broker, config: Path, two_weeks: Path, workers: int
):
    alone = embedded(config, [two_weeks])
    assert alone.objects > 10
    assert on_kafka(broker, config, [two_weeks], workers=workers) == alone
