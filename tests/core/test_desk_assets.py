"""What the desk's page is made of that others made: whole, pinned, credited; and the coast under the map."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from desk.assets import SHIPPED, missing
from desk.coast import FOLDER, NEAR

ROOT = Path(__file__).resolve().parents[2]
LOCK = json.loads((ROOT / "package-lock.json").read_text())["packages"]
BOX = NEAR.bounds


def land(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / name).read_text())
    return read


def lies_on_the_box(point: list[float]) -> bool:
    west, south, east, north = BOX
    return point[0] in (west, east) or point[1] in (south, north)


def test_each_package_of_the_page_is_pinned_by_a_hash_and_by_no_address():
    packages = {name: entry for name, entry in LOCK.items() if name}
    assert packages
    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


def test_no_package_of_the_page_runs_a_script_when_it_is_installed():
    assert "ignore-scripts=true" in (ROOT / ".npmrc").read_text().splitlines()


def test_the_page_has_every_file_it_was_set_up_with():
    assert missing() == []


def test_files_that_were_not_copied_are_named(tmp_path: Path):
    assert missing(tmp_path) == list(SHIPPED)


@pytest.mark.parametrize("package", [name.removeprefix("node_modules/") for name in LOCK[""]["dependencies"]])
def test_each_package_of_the_page_is_explained(package: str):
    assert f"`{package}`" in (ROOT / "docs" / "dependencies.md").read_text()


@pytest.mark.parametrize(
    ("name", "owner"),
    [("shore", "OpenStreetMap"), ("shoreline", "OpenStreetMap"), ("land", "Natural Earth")],
)
def test_each_file_of_the_coast_says_whose_it_is(name: str, owner: str):
    assert owner in land(f"{name}.geojson")["properties"]["credit"]
    assert f"`{name}.geojson`" in (FOLDER / "NOTICE.md").read_text()


def test_the_outline_runs_along_the_shore_and_never_along_the_edge_of_the_box():
    lines = land("shoreline.geojson")["geometry"]["coordinates"]
    along = [pair for line in lines for pair in pairwise(line) if all(map(lies_on_the_box, pair))]
    assert sum(map(len, lines)) > 5_000
    assert along == []


def test_the_coast_is_small_enough_to_be_sent_with_the_page():
    assert sum(file.stat().st_size for file in FOLDER.glob("*.geojson")) < 450_000
