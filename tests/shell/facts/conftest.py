"""The desk of each test."""

from pathlib import Path

import pytest

from tests.shell.facts.adding import Desk


@pytest.fixture
def desk(home: Path, tmp_path: Path) -> Desk:
    del home
    return Desk(tmp_path)
