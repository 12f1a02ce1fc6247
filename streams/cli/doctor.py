"""`sealane doctor`: what is here, what is not, and what to do about it."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from geofences.errors import BadReference
from streams.cli.replay import EXIT_FAILED, ConfigFile, print_json
from streams.corridor import Corridor, load_corridor
from streams.settings import config_path

OLDEST_PYTHON = (3, 11)
LIBRARIES = ("msgspec", "numpy", "pyais", "rich", "shapely", "structlog", "typer", "zstandard")
ROOM_WANTED_BYTES = 1 << 30


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at."""

    what: str
    fine: bool
    found: str
    remedy: str = ""


def doctor(
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON object.")] = False,
) -> None:
    """Check that sealane can work here: Python, libraries, corridor, room for temporary files."""
    findings = [_python(), *_libraries(), *_corridor(config), _room()]
    fine = all(finding.fine for finding in findings)
    if as_json:
        print_json({"fine": fine, "findings": findings})
    else:
        table = Table("", "what", "found", "what to do", box=None)
        for finding in findings:
            table.add_row("ok" if finding.fine else "NO", finding.what, finding.found, finding.remedy)
        Console().print(table)
    raise typer.Exit(0 if fine else EXIT_FAILED)


def _python() -> Finding:
    running = sys.version_info[:3]
    return Finding(
        what="python",
        fine=running >= OLDEST_PYTHON,
        found=".".join(map(str, running)),
        remedy="" if running >= OLDEST_PYTHON else "install Python 3.11 or newer",
    )


def _libraries() -> Iterator[Finding]:
    for library in LIBRARIES:
        try:
            yield Finding(what=library, fine=True, found=version(library))
        except PackageNotFoundError:
            yield Finding(what=library, fine=False, found="not installed", remedy="make setup")


_PARTS: tuple[tuple[str, Callable[[Corridor], int], str], ...] = (
    ("zones", lambda corridor: len(corridor.rules.chart.zones), "no port call can be found"),
    (
        "watchlist",
        lambda corridor: len(corridor.rules.watchlist.vessels) if corridor.rules.watchlist else 0,
        "tallies stay empty",
    ),
    ("surge rules", lambda corridor: len(corridor.rules.surge), "no alert can fire"),
)


def _corridor(config: Path | None) -> Iterator[Finding]:
    try:
        corridor = load_corridor(config_path(config, os.environ))
    except BadReference as error:
        yield Finding(what="corridor", fine=False, found=str(error), remedy=error.remedy or "mend the file named")
        return
    yield Finding(what="corridor", fine=True, found=corridor.rules.corridor)
    for what, count, without in _PARTS:
        number = count(corridor)
        yield Finding(what=what, fine=True, found=str(number), remedy="" if number else without)


def _room() -> Finding:
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    return Finding(
        what="room for standard input",
        fine=free >= ROOM_WANTED_BYTES,
        found=f"{free / (1 << 30):.1f} GiB free in {folder}",
        remedy="" if free >= ROOM_WANTED_BYTES else "free some room, or set TMPDIR",
    )
