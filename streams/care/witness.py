"""The witness: the head of a chain, noted beside the data of an embedded server whenever a command leaves it.

A chain that was cut off together with its head looks whole; the note says that it once went further.
"""

import os
from pathlib import Path

from streams.ledger.chain import Head

NOTE = "head"


def note(folder: Path, head: Head) -> None:
    """Note a head, if it goes further than the one noted before."""
    before = noted(folder)
    if head.sequence and (before is None or head.sequence > before.sequence):
        written = folder / f"{NOTE}.{os.getpid()}"
        written.write_text(f"{head.sequence} {head.hash}\n")
        written.replace(folder / NOTE)


def noted(folder: Path) -> Head | None:
    """The head noted last; None where there is no note that can be read."""
    try:
        sequence, hash_ = (folder / NOTE).read_text().split()
        return Head(sequence=int(sequence), hash=hash_)
    except (OSError, ValueError):
        return None


def forget(folder: Path) -> None:
    """A ledger was put in the place of another: what was noted was of the other."""
    (folder / NOTE).unlink(missing_ok=True)
