"""What every test may ask for.

No time limit on a single example of hypothesis: a busy machine is not a wrong rule.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("sealane", deadline=None, print_blob=True)
settings.load_profile("sealane")


@pytest.fixture(scope="session", autouse=True)
def _no_desk_that_is_not_asked_for() -> Iterator[None]:
    """A run serves a desk at one address: tests run side by side."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEALANE_DESK", "off")
        yield


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Recordings of real AIS, kept beside the project because they are not ours to publish."""
    folder = ROOT.parent / "shared" / "ais"
    if not folder.is_dir():
        pytest.skip("no recordings of real AIS in ../shared/ais")
    return folder
