"""Bench: measure what docs/performance.md publishes.

    python -m bench            print the tables: first the numbers to reach, then each part
    python -m bench design     only this part: design, rules, ingest, ledger, kafka or desk
    python -m bench ... --write    and put what was measured into its place in docs/performance.md

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

from bench import design, desk, feeds, ingest, kafka, ledger, stage1, stage2, whole
from bench.table import Table
from streams.corridor.corridor import load_corridor
from streams.demo.files import write

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- bench {}: written by `python -m bench {} --write` -->", "<!-- end -->"
MEASURED_WITH = ("pyais", "msgspec", "numpy", "shapely")
PARTS = ("design", "rules", "ingest", "ledger", "kafka", "desk")


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


def tables(part: str, folder: Path, asked: argparse.Namespace) -> Iterator[Table]:
    """What is measured of one part."""
    match part:
        case "design":
            yield design.table(folder, ingest.corpus_of(asked), asked.turns)
        case "rules":
            yield from rules_tables(folder)
        case "ingest":
            yield from ingest.tables(folder, ingest.corpus_of(asked), asked.turns)
        case "ledger":
            with ledger.home_of_its_own() as home:
                yield from ledger.tables(home)
        case "kafka":
            yield from kafka.tables(folder)
        case "desk":
            yield from desk.tables()


def machine(part: str) -> str:
    """Where and when; and that it may not have been idle."""
    versions = ", ".join(f"{name} {version(name)}" for name in MEASURED_WITH)
    where = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start"
    on = f"{datetime.now(UTC):%Y-%m-%d} with `python -m bench {part}`"
    return f"Measured {on} on {where}; Python {platform.python_version()}, {versions}.\n"


def written(page: str, part: str, text: str) -> str:
    """The page with a part measured anew."""
    begin = BEGIN.format(part, part)
    before, found, rest = page.partition(begin)
    assert found, f"{PAGE} has no place for {part}"
    return f"{before}{begin}\n\n{text}\n{END}{rest.partition(END)[2]}"


def main() -> None:
    words = argparse.ArgumentParser(description="Measure what docs/performance.md publishes.")
    words.add_argument("part", nargs="?", choices=PARTS)
    words.add_argument("--write", action="store_true", help="put what is measured into docs/performance.md")
    ingest.options(words)
    asked = words.parse_args()
    for part in PARTS if asked.part is None else (asked.part,):
        measured = [machine(part)]
        print(measured[0])
        with tempfile.TemporaryDirectory(prefix="sealane-bench-") as made:
            for table in tables(part, Path(made), asked):
                measured.append(str(table))
                print(measured[-1], flush=True)
        if asked.write:
            page = written(PAGE.read_text(encoding="utf-8"), part, "\n".join(measured))
            PAGE.write_text(page, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
