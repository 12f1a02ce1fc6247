"""Bad reference data: one error for every file an operator may hand in, saying where, what was read and what to do.

Bad AIS is a value (CONVENTIONS 18); a bad chart or watchlist is not, because everything after it would be wrong.
"""

import difflib
from collections.abc import Iterable

NEAR_ENOUGH = 0.6  # difflib ratio from which a known word is offered instead of a misspelt one


class BadReference(ValueError):  # noqa: N818 - a name for the person who reads it
    """A file of reference data cannot be used. Its text is meant for the person who wrote the file."""

    def __init__(self, file: str, entry: str, read: str, expected: str, remedy: str = "") -> None:
        self.file, self.entry, self.read, self.expected, self.remedy = file, entry, read, expected, remedy
        where = f"{file}: {entry}" if entry else file
        super().__init__(f"{where}: read {read}, expected {expected}" + (f"; {remedy}" if remedy else ""))


def nearest(word: str, known: Iterable[str], near_enough: float = NEAR_ENOUGH) -> str | None:
    """The known word most like a misspelt one, or None where nothing is like it."""
    found = difflib.get_close_matches(word.casefold(), sorted(known), n=1, cutoff=near_enough)
    return found[0] if found else None


def perhaps(word: str, known: Iterable[str]) -> str:
    """A remedy for a misspelt word: the nearest known one, if any is like it."""
    found = nearest(word, known)
    return f"did you mean {found!r}?" if found else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy for a misspelt word: the nearest known one, else all of them."""
    choices = sorted(known)
    return perhaps(word, choices) or f"known: {', '.join(choices)}"
