"""Bench: measure what docs/performance.md publishes.

    python -m bench            print the tables
    python -m bench --write    and put them into docs/performance.md
    python -m bench ingest     only this part: rules, ingest, ledger, kafka or desk, with its own options

Ratios taken in one run; never a test. Run it on an idle machine: what shares it takes its part of caches and memory.
"""

import argparse
import os
import platform
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import desk, feeds, ingest, kafka, ledger, stage1, stage2, whole
from bench.table import Table
from streams.corridor.corridor import load_corridor
from streams.demo.files import write

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN = "<!-- bench: written by `python -m bench --write` -->"
MEASURED_WITH = ("pyais", "msgspec", "numpy", "shapely")
PARTS = ("rules", "ingest", "ledger", "kafka", "desk")


def rules_tables(folder: Path) -> Iterator[Table]:
    """Stages, replay and its memory."""
    demo, sparse = folder / "demo", folder / "sparse.nmea"
    write(demo, feeds.SEED)
    feeds.write_sparse(sparse)
    rules = load_corridor(demo / "corridor.toml").rules
    reports = feeds.reports_of(feeds.demo_lines(), rules)
    yield stage1.speed(rules, reports)
    yield stage1.against_peers(rules)
    yield stage2.costs(rules, reports)
    files = {"demo feed: all on the corridor": demo / "demo.nmea", "sparse: 0.1 % on the corridor": sparse}
    yield whole.speed(files, rules)
    yield whole.memory(files, rules, demo / "corridor.toml")


def tables(folder: Path, asked: argparse.Namespace) -> Iterator[Table]:
    """All that is measured, or the one part that was asked for."""
    wanted = PARTS if asked.part is None else (asked.part,)
    if "rules" in wanted:
        yield from rules_tables(folder)
    if "ingest" in wanted:
        yield from ingest.asked_for(asked, folder)
    if "ledger" in wanted:
        with ledger.home_of_its_own() as home:
            yield from ledger.tables(home)
    if "kafka" in wanted:
        yield from kafka.tables(folder)
    if "desk" in wanted:
        yield from desk.tables()


def machine() -> str:
    """Where and when; and that it may not have been idle."""
    versions = ", ".join(f"{name} {version(name)}" for name in MEASURED_WITH)
    where = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start"
    on = f"{datetime.now(UTC):%Y-%m-%d} with `python -m bench`"
    return f"Measured {on} on {where}; Python {platform.python_version()}, {versions}.\n"


def main() -> None:
    words = argparse.ArgumentParser(description="Measure what docs/performance.md publishes.")
    words.add_argument("part", nargs="?", choices=PARTS)
    words.add_argument("--write", action="store_true", help="put all tables into docs/performance.md")
    ingest.options(words)
    asked = words.parse_args()
    if asked.write and asked.part:
        words.error("--write puts all tables into the page: name no part")
    parts = [machine()]
    print(parts[0])
    with tempfile.TemporaryDirectory(prefix="sealane-bench-") as made:
        for table in tables(Path(made), asked):
            parts.append(str(table))
            print(parts[-1], flush=True)
    if asked.write:
        kept = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0]
        PAGE.write_text(kept + "\n".join((BEGIN, "", *parts)), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
