"""What tests of the shell may ask for: stretches of the demo feed, and the corridor they belong to. All SYNTHETIC."""

from itertools import islice
from pathlib import Path

import pytest

from streams.demo import feed
from streams.demo.files import write_corridor

FEW_LINES = 412  # four days, no message in halves
CALL_LINES = 3_001  # two weeks, the first calls


@pytest.fixture(scope="session")
def corridor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the demo's corridor."""
    return write_corridor(tmp_path_factory.mktemp("corridor"))


@pytest.fixture(scope="session")
def good() -> bytes:
    """Four days of the demo feed."""
    return b"".join(islice(feed(), FEW_LINES))


@pytest.fixture(scope="session")
def recording(good: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, as a file."""
    return _written(good, tmp_path_factory.mktemp("recording"))


@pytest.fixture(scope="session")
def two_weeks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of the demo feed, with calls in them, as a file."""
    return _written(b"".join(islice(feed(), CALL_LINES)), tmp_path_factory.mktemp("two_weeks"))


def _written(lines: bytes, folder: Path) -> Path:
    file = folder / "good.nmea"
    file.write_bytes(lines)
    return file
