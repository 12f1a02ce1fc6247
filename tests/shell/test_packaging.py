"""What is built: with a compiler a wheel of this machine that holds the compiled sieve, without one a wheel of any."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from hatch_build import CannotCompile, need_tools
from tests.shell.commands import process

pytestmark = pytest.mark.shell

ROOT = Path(__file__).resolve().parents[2]
SOURCE = "sealane/sieve/mesh.pyx"
COMPILED = f"sealane/sieve/mesh{sysconfig.get_config_var('EXT_SUFFIX')}"
WITHOUT = {"SEALANE_PURE": "SEALANE_PURE is set", "CC": "no C compiler here"}
MESH = "# cython: language_level=3\ndef answer():\n    return 42\n"
ANSWER = "from sealane.sieve import mesh; print(mesh.answer())"


@pytest.fixture
def _compiler() -> None:
    """For tests that need one. Where CI is set nothing may be missing."""
    try:
        need_tools()
    except CannotCompile as why:
        if "CI" in os.environ:
            raise
        pytest.skip(str(why))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """As much of this project as a build needs, with a small mesh, beside it what was compiled of an earlier one."""
    (tmp_path / SOURCE).parent.mkdir(parents=True)
    parts = (
        "pyproject.toml",
        "hatch_build.py",
        "README.md",
        "LICENSE",
        "sealane/__init__.py",
        "sealane/sieve/__init__.py",
    )
    for part in parts:
        shutil.copy(ROOT / part, tmp_path / part)
    shutil.copytree(ROOT / "LICENSES", tmp_path / "LICENSES")
    (tmp_path / SOURCE).write_text(MESH)
    (tmp_path / COMPILED).write_bytes(b"of an earlier source")
    return tmp_path


def hatch(folder: Path, *words: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Have hatchling build in a folder."""
    command = [sys.executable, "-m", "hatchling", "build", *words]
    told = os.environ | {"SEALANE_PURE": ""} | env
    return subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, check=False)


def in_place(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """As `make setup` does."""
    return hatch(folder, "--hooks-only", "--target", "wheel:editable", "--directory", "build/dist", **env)


def answer(folder: Path) -> str:
    """What the mesh of a folder says, in a process of its own."""
    return subprocess.run([sys.executable, "-c", ANSWER], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.usefixtures("_compiler")
def test_the_sieve_that_runs_here_is_compiled_of_the_source_that_is_here():
    assert [file.relative_to(ROOT).as_posix() for file in ROOT.glob("sealane/**/*.so")] == [COMPILED], "make setup"
    assert (ROOT / COMPILED).stat().st_mtime >= (ROOT / SOURCE).stat().st_mtime, "make setup"


def test_the_version_says_which_form_of_the_sieve_is_here():
    form = "compiled" if (ROOT / COMPILED).exists() else "NumPy"
    assert process("--version")[1].endswith(f" (sieve: {form})\n")


@pytest.mark.usefixtures("_compiler")
def test_a_wheel_built_with_a_compiler_holds_the_compiled_sieve_and_says_for_whom_it_is(tmp_path: Path):
    built = hatch(ROOT, "--target", "wheel", "--directory", tmp_path)
    assert (built.returncode, "not compiled" in built.stderr) == (0, False)
    (wheel,) = tmp_path.glob("*.whl")
    assert COMPILED in zipfile.ZipFile(wheel).namelist()
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    machine = sysconfig.get_platform().replace("-", "_")
    assert wheel.stem.endswith(f"-{python}-{python}-{machine}")


@pytest.mark.parametrize("name", WITHOUT)
def test_a_wheel_built_without_says_why_and_is_for_every_machine(name: str, tmp_path: Path):
    built = hatch(ROOT, "--target", "wheel", "--directory", tmp_path, **{name: "/nonexistent"})
    assert built.returncode == 0
    assert built.stderr.startswith("sealane: the sieve is not compiled and reads with NumPy, slower: ")
    assert WITHOUT[name] in built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.stem.endswith("-py3-none-any")
    assert not [file for file in zipfile.ZipFile(wheel).namelist() if file.endswith(".so")]


def test_what_a_wheel_is_made_of_can_be_handed_on(tmp_path: Path):
    built = hatch(ROOT, "--target", "sdist", "--directory", tmp_path)
    assert built.returncode == 0
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as source:
        inside = {name.partition("/")[2] for name in source.getnames()}
    assert {"hatch_build.py", SOURCE, "sealane/sieve/mesh_bytes.pxi"} <= inside
    assert not [file for file in inside if file.endswith(".so")]


@pytest.mark.usefixtures("_compiler")
def test_a_changed_source_is_compiled_again(project: Path):
    shutil.copytree(ROOT / "build/mesh", project / "build/mesh", ignore=shutil.ignore_patterns("tmp*"))
    assert in_place(project).returncode == 0
    assert answer(project) == "42\n"


@pytest.mark.parametrize(("name", "value"), [("SEALANE_PURE", "1"), ("CC", "/nonexistent"), ("CC", "false")])
def test_what_was_compiled_of_an_earlier_source_is_not_left_behind(name: str, value: str, project: Path):
    done = in_place(project, **{name: value})
    assert (done.returncode, len(done.stderr.splitlines())) == (0, 1)
    assert not (project / COMPILED).exists()


@pytest.mark.usefixtures("_compiler")
def test_a_mistake_in_the_source_stops_the_build(project: Path):
    (project / SOURCE).write_text(MESH.replace("42", "("))
    done = in_place(project)
    assert done.returncode != 0
    assert "mesh.pyx" in done.stderr
    assert "Expected" in done.stderr
