"""Whole: a replay from file to standing objects, against decoding the same file with pyais; time and memory."""

import asyncio
import subprocess
import sys
from functools import partial
from pathlib import Path

from pyais.exceptions import AISBaseException
from pyais.stream import FileReaderStream

from bench import feeds
from bench.table import Table
from bench.timing import by_turns
from sealane.rules import Rules
from streams.embedded import Embedded
from streams.replay.recording import Recording
from streams.replay.replay import Replay

TURNS = 3
TELLING = 10_000  # fewer fixes weigh nothing beside what else a replay holds
BYTES_PER_MB = 1e6


def replay(path: Path, rules: Rules) -> Embedded:
    """Both passes, every rule, and the digest."""
    recording = Recording(str(path))
    whole = Replay([recording], rules, feeds.READ_AT)
    asyncio.run(whole.run(lambda _: None, lambda _: None))
    recording.close()
    whole.embedded.digest()
    return whole.embedded


def decode(path: Path) -> int:
    """What a script would do: read the stream, decode each message, look at none."""
    decoded = 0
    for message in FileReaderStream(str(path)):
        try:
            message.decode()
            decoded += 1
        except AISBaseException:
            continue
    return decoded


def speed(files: dict[str, Path], rules: Rules) -> Table:
    """Sentences a second of both."""
    rows = []
    for name, path in files.items():
        sentences = path.read_bytes().count(b"!AIVDM")
        taken = by_turns({"replay": partial(replay, path, rules), "pyais": partial(decode, path)}, TURNS)
        ours, theirs = taken["replay"].median_s, taken["pyais"].median_s
        spread = max(each.spread for each in taken.values())
        rows.append(
            (
                name,
                f"{sentences:,}",
                f"{sentences / ours:,.0f}",
                f"{sentences / theirs:,.0f}",
                f"{theirs / ours:.2f}x",
                f"{spread:.2f}",
            )
        )
    return Table(
        title="Whole replay against decoding alone",
        what="`replay`: two passes over the file, checksums, stamps, accounts, all rules, digest. pyais: "
        "`FileReaderStream` and `decode()` of the same file, nothing kept.",
        columns=(
            "file",
            "sentences",
            "replay, sentences/s",
            "pyais, sentences/s",
            "speed, pyais = 1",
            "slowest/fastest",
        ),
        rows=tuple(rows),
    )


def memory(files: dict[str, Path], rules: Rules, corridor: Path) -> Table:
    """Peak memory of a process that does it, less that of one that only imports what it needs."""
    rows = []
    for name, path in files.items():
        idle, ours, theirs = (_peak(what, path, corridor) for what in ("idle", "replay", "pyais"))
        kept = feeds.kept_fixes(path, rules)
        each = f"{(ours - idle) / kept:,.0f}" if kept >= TELLING else "-"
        rows.append((name, *(f"{peak / BYTES_PER_MB:,.0f}" for peak in (idle, ours, theirs)), f"{kept:,}", each))
    return Table(
        title="Memory",
        what="Peak resident set of a child process (VmHWM), MB. Bytes a kept fix: what the replay takes above "
        "the idle process, over the fixes in its tracks; each with its raw sentence, for evidence.",
        columns=("file", "idle", "replay", "pyais", "fixes kept", "bytes a kept fix"),
        rows=tuple(rows),
    )


def _peak(what: str, path: Path, corridor: Path) -> int:
    command = [sys.executable, "-m", "bench.peak", what, str(path), str(corridor)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
