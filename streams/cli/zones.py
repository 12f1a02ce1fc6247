"""`sealane zones`: look at zones before they decide anything."""

import os
import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from geofences.errors import BadReference
from geofences.survey import Survey, survey
from geofences.zone import Zone, zones_of_all
from sealane.rules import Limits
from streams.cli.exits import EXIT_FAILED
from streams.cli.replay import ConfigFile, print_json
from streams.corridor.config import read_config
from streams.corridor.corridor import load_corridor
from streams.log import log
from streams.settings import config_path

GRADE_ENDS = re.compile(r"\s*[:;(]")  # "medium (piers not separated)": the grade, then why

zones_app = typer.Typer(no_args_is_help=True, help="Look at zones before they decide anything.")


@zones_app.callback()
def zones() -> None:
    """Look at zones before they decide anything."""


@zones_app.command()
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="GeoJSON; left out: the corridor's zones.")
    ] = None,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON object.")] = False,
) -> None:
    """Check zones and show their size and what to look at. Exit 0: usable; 1: not, with the reason."""
    try:
        path = config_path(config, os.environ)
        found = survey(*_zones(files or [], path))
    except BadReference as error:
        log().error(str(error))
        raise typer.Exit(EXIT_FAILED) from None
    if as_json:
        print_json({"zones": [_row(one) for one in found]})
    else:
        _show(found)


def _zones(files: list[Path], config: Path | None) -> tuple[tuple[Zone, ...], float]:
    """The zones to look at, and the margin around them."""
    if not files:
        rules = load_corridor(config).rules
        return rules.chart.zones, rules.limits.call_margin_km
    limits = read_config(config).rules if config else Limits()
    return zones_of_all([(str(file), _read(file)) for file in files]), limits.call_margin_km


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadReference(str(file), "", (error.strerror or "unreadable").lower(), "a GeoJSON file") from None


def _row(one: Survey) -> dict[str, object]:
    zone = one.zone
    return {
        "zone": zone.key,
        "port": zone.port,
        "kind": zone.kind,
        "role": zone.role,
        "area_km2": round(one.area_km2, 3),
        "vertices": one.vertices,
        "quality": zone.quality,
        "warnings": one.warnings,
    }


def _show(found: tuple[Survey, ...]) -> None:
    table = Table()
    table.add_column("zone", overflow="fold")
    for column in ("port", "kind", "role"):
        table.add_column(column)
    table.add_column("km2", justify="right")
    table.add_column("vertices", justify="right")
    table.add_column("quality")
    for one in found:
        zone = one.zone
        quality = GRADE_ENDS.split(zone.quality, maxsplit=1)[0]  # all of it: --json
        size = f"{one.area_km2:.1f}", str(one.vertices)
        table.add_row(escape(zone.key), zone.port, zone.kind, zone.role, *size, escape(quality))
    console = Console()
    console.print(table)
    for one in found:
        for warning in one.warnings:
            console.print(f"{one.zone.key}: {warning}", style="yellow", markup=False, soft_wrap=True)
    warned = sum(len(one.warnings) for one in found)
    console.print(f"{len(found)} zones usable, {warned} warnings", highlight=False)
