"""The house: what holds for the project as a whole, whatever is in its rooms."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import sealane
from sealane.static import imo_is_valid

ROOT = Path(__file__).resolve().parents[2]
CORE = sorted((ROOT / "sealane").rglob("*.py"))
DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md")])

SHELL = sorted(file for folder in ("streams", "desk") for file in (ROOT / folder).rglob("*.py"))
SIEVE = {file.name for file in (ROOT / "sealane" / "sieve").glob("*.py")}
ROOMS = {"numpy": SIEVE, "pyais": {"message.py"}}  # the only files of the core that may import it
THIRD_PARTY = {"msgspec", "geofences", "sealane", *ROOMS}

BANNED = (
    "import time",
    "import random",
    "import asyncio",
    "import os",
    "import socket",
    "import subprocess",
    "import threading",
    "import io",
    "import uuid",
    "import redis",
    "import faust",
    "import shapely",
    "from pathlib import Path",
    "from streams.cli import main",
    "import desk",
    "from datetime import datetime\n\ndatetime.now()",
    "from datetime import date\n\ndate.today()",
)


def run(*command: str | Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command in the project's folder, outside of any make that may have started the tests."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(command, cwd=ROOT, env=outside, input=given, capture_output=True, text=True, check=False)


def bans(code: str, file: str) -> bool:
    """Whether the linter's purity ban refuses this code in this file."""
    found = run(sys.executable, "-m", "ruff", "check", "--select", "TID251", "--stdin-filename", file, "-", given=code)
    assert found.returncode == ("TID251" in found.stdout), found.stderr
    return found.returncode == 1


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))


def imported(file: Path) -> set[str]:
    """Top-level names of all that a file imports."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Text files under version control."""
    listed = run("git", "ls-files", "-z")
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [file for file in files if file.is_file() and b"\0" not in file.read_bytes()]


def test_the_version_is_the_newest_heading_of_the_changelog():
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == sealane.__version__


# purity


@pytest.mark.parametrize("code", BANNED)
def test_the_linter_refuses_in_the_core(code: str):
    assert bans(code, "sealane/x.py")


@pytest.mark.parametrize("folder", ["geofences", "streams/cli", "desk", "bench", "tests/core"])
def test_the_linter_allows_outside_the_core(folder: str):
    assert not bans("import time", f"{folder}/x.py")


def test_a_new_folder_is_under_the_ban():
    assert bans("import time", "attic/x.py")


@pytest.mark.parametrize("file", CORE, ids=lambda file: file.name)
def test_the_core_imports_only_what_decides(file: Path):
    assert imported(file) <= THIRD_PARTY | set(sys.stdlib_module_names)
    for package, rooms in ROOMS.items():
        assert package not in imported(file) or file.name in rooms


@pytest.mark.parametrize("file", CORE, ids=lambda file: file.name)
def test_the_core_opens_and_prints_nothing(file: Path):
    calls = [node.func for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    named = {function.id for function in calls if isinstance(function, ast.Name)}
    assert not named & {"open", "print", "input", "eval", "exec", "__import__"}


# packages


@pytest.mark.parametrize("file", SHELL, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_shell_waits_by_nothing_that_forgets_that_it_was_ended(file: Path):
    """asyncio.wait_for does, where what it waits for comes at that moment; asyncio.timeout does not."""
    called = {node.attr for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Attribute)}
    assert "wait_for" not in called


def test_the_lock_pins_and_hashes_every_package_and_names_no_address():
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    for entry in re.split(r"\n(?=\S)", text.replace("\\\n", "").strip()):
        assert re.match(r"[a-z0-9-]+==[\w.]+ .*--hash=sha256:[0-9a-f]{64}", entry), entry


@pytest.mark.parametrize("name", ["pyproject.toml", "Makefile", ".ci/run", "requirements.lock"])
def test_no_build_file_names_a_package_index(name: str):
    assert not re.search(r"index-url|find-links|trusted-host|https?://", (ROOT / name).read_text())


def test_every_dependency_is_explained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    explained = (ROOT / "docs" / "dependencies.md").read_text()
    for requirement in project["dependencies"] + project["optional-dependencies"]["dev"]:
        name = re.split(r"[<>=]", requirement)[0]
        assert re.search(rf"^\| (\S+, )*{name}\b", explained, re.MULTILINE), name


def test_the_wheel_carries_the_zones_the_reference_data_and_the_page(tmp_path: Path):
    built = run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path)
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        inside = set(wheel.namelist())
    page = [*ROOT.glob("desk/templates/*"), *(file for file in ROOT.glob("desk/static/**/*") if file.is_file())]
    shipped = [*ROOT.glob("geofences/*.geojson"), *ROOT.glob("sealane/reference/*.toml"), *CORE, *page]
    assert {file.relative_to(ROOT).as_posix() for file in shipped} <= inside


# commands and documents


def test_bare_make_lists_every_command():
    assert set(re.findall(r"^make (\S+)  +\S", run("make").stdout, re.MULTILINE)) == targets()


@pytest.mark.parametrize("document", DOCS, ids=lambda document: document.name)
def test_documents_name_commands_that_exist(document: Path):
    named = re.findall(r"(?:^    |`)make ([a-z][a-z-]*)", document.read_text(), re.MULTILINE)
    assert set(named) <= targets()


@pytest.mark.parametrize("document", DOCS, ids=lambda document: document.name)
def test_documents_link_to_files_that_exist(document: Path):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_examples_of_the_readme_are_toml_with_true_check_digits():
    examples = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    read = [tomllib.loads(example) for example in examples]
    ships = [ship for each in read for ship in each.get("vessels", []) + each.get("decoys", [])]
    assert ships
    assert all(imo_is_valid(ship["imo"]) for ship in ships)


def test_no_tracked_file_names_a_folder_of_somebodys_machine(tracked: list[Path]):
    place = re.compile(r"(?<![\w.*])/(home|root|work|Users)/\w")
    assert [file.name for file in tracked if place.search(file.read_text(errors="replace"))] == []
