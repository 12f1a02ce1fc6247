"""Whatever befalls workers, broker and ledger while a recording is on its way: it amounts to the same."""

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from bench.broker import missing, running
from bench.kafka_chaos import run, stage_of
from bench.kafka_faults import FAULTS, Stage

pytestmark = [pytest.mark.stack, pytest.mark.slow]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A broker of its own: it is killed as well."""
    if (why := missing()) and not os.environ.get("CI"):
        pytest.skip(why)
    folder: Path = tmp_path_factory.mktemp("chaos")
    with running() as broker:
        yield stage_of(broker, folder)


@pytest.mark.parametrize("name", FAULTS)
def test_it_ends_as_without(stage: Stage, name: str):
    run(stage, name, Random(name))
