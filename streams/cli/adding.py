"""Adding: the one way a command adds facts to a ledger, and what it tells of files refused and of cautions."""

from collections.abc import Sequence

from streams.facts import FactsFile
from streams.log import log

SHOWN = 10  # bad lines of a file, and cautions


def tell_refused(files: Sequence[FactsFile]) -> None:
    """Name the bad lines of each file that is refused."""
    for file in files:
        for text in file.refused[:SHOWN]:
            log().error(text)
        more = len(file.refused) - SHOWN
        counted = f"{len(file.refused):,} mistakes, the first {SHOWN} named; " if more > 0 else ""
        log().error(f"{file.name}: {counted}nothing of it was taken")


def tell_cautions(texts: Sequence[str]) -> None:
    """Say what to look at again."""
    for text in texts[:SHOWN]:
        log().warning(text)
    if len(texts) > SHOWN:
        log().warning(f"and {len(texts) - SHOWN:,} more to look at again")
