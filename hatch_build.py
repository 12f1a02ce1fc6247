"""Compiles the sieve's first look, `sealane/sieve/mesh.pyx`, where there is what that takes.

    editable install    sealane/sieve/mesh.ABI.so, beside its source
    wheel               the same, inside it; the wheel's name says for which Python and which machine it is
    neither             without a C compiler or Python's headers, or where SEALANE_PURE is set: said in one line,
                        sealane reads with NumPy, and such a wheel is for any Python and any machine

What was compiled is kept in build/mesh/ by all that it was compiled of: another source, Cython or Python never finds
it, and builds at the same time find nothing half written. Never stops an install, but for a mistake in the source
(ADR 20).
"""

import hashlib
import os
import shlex
import shutil
import sysconfig
import tempfile
from importlib.metadata import version as version_of
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path("sealane/sieve/mesh.pyx")  # and what it includes; hatchling builds in the project's folder
COMPILED = f"mesh{sysconfig.get_config_var('EXT_SUFFIX')}"
KEPT = Path("build/mesh")
FLAGS = ["-O3", "-g0", "-w"]  # warnings would be of C that nobody wrote
ASKED = ("CC", "CFLAGS", "CPPFLAGS", "LDFLAGS", "LDSHARED")  # how somebody wants it compiled
REMEDY = "on Debian: apt-get install gcc python3-dev, then make setup again"


class CannotCompile(Exception):  # noqa: N818 - a name for the person who reads it
    """What is missing, in words."""


class Mesh(BuildHookInterface[BuilderConfig]):
    """What hatchling asks before it makes a wheel or an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, or say why not."""
        in_place = version == "editable"
        if in_place:
            for old in SOURCE.parent.glob("mesh.*.so"):  # of another source, or for another Python
                old.unlink()
        try:
            compiled = _compiled()
        except CannotCompile as why:
            self.app.display_warning(f"sealane: the sieve is not compiled and reads with NumPy, slower: {why}")
            return
        if in_place:
            shutil.copyfile(compiled, SOURCE.with_name(COMPILED))
        else:
            build_data["force_include"][str(compiled.absolute())] = str(SOURCE.with_name(COMPILED))
            build_data |= {"pure_python": False, "infer_tag": True}


def _compiled() -> Path:
    """The compiled form, made now if it is not there."""
    need_tools()
    of = [source.read_text() for source in sorted(SOURCE.parent.glob("mesh*.p[yx][xi]"))]
    of += [Path(__file__).read_text(), COMPILED]
    of += [version_of("cython"), version_of("setuptools"), *(os.environ.get(name, "") for name in ASKED)]
    kept = KEPT / hashlib.sha256("\0".join(of).encode()).hexdigest()[:16] / COMPILED
    if not kept.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=KEPT) as work:
            compiled = _compile(os.path.relpath(work))
            kept.parent.mkdir(exist_ok=True)
            compiled.replace(kept)
    return kept


def need_tools() -> None:
    """Raises CannotCompile where something is missing."""
    if os.environ.get("SEALANE_PURE"):
        raise CannotCompile("SEALANE_PURE is set")
    for package in ("Cython", "setuptools"):
        if find_spec(package) is None:
            raise CannotCompile(f"no {package} here; it is in requirements.lock: make setup")
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")[0]
    if shutil.which(compiler) is None:
        raise CannotCompile(f"no C compiler here, '{compiler}'; {REMEDY}")
    headers = Path(sysconfig.get_path("include"), "Python.h")
    if not headers.exists():
        raise CannotCompile(f"no {headers} here; {REMEDY}")


def _compile(work: str) -> Path:
    """Cython, then the C compiler, which says itself what it does not like. All they write is in one folder."""
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension
    from setuptools.errors import CompileError, LinkError

    module = Extension("sealane.sieve.mesh", [str(SOURCE)], extra_compile_args=FLAGS)
    directives = {"show_performance_hints": False}  # their advice is to leave out the checks of bounds
    modules = cythonize([module], build_dir=work, compiler_directives=directives, force=True, quiet=True)
    build = Distribution({"ext_modules": modules}).get_command_obj("build_ext")
    build.build_lib = build.build_temp = work
    build.ensure_finalized()
    try:
        build.run()
    except (CompileError, LinkError) as error:
        raise CannotCompile("the C compiler failed, for what stands above") from error
    return Path(work, SOURCE.with_name(COMPILED))
