"""Harm: what befalls a few lines of a feed on their way, so that they are read as they come in life.

Before the checksum, so that it is right: a field left out or filled in, a time that cannot be. After it: bytes flipped,
lines cut, run together, replaced by no AIS. A row is a line; a 0 is no byte.
"""

from typing import NamedTuple

import numpy as np

from bench.chance import Chance
from bench.packed import Bools, Numbers, Rows

HARMS = (
    "none",
    *("no channel", "no sequence", "sequence of a single", "own ship", "time to come"),
    *("flipped", "cut", "no end", "garbage", "html", "comment"),
    *("crlf", "wrong sum", "small sum", "no stamp", "bad tag"),
)
CODES = {name: code for code, name in enumerate(HARMS)}
UNTIMED_TO_COME_S = 9_000_000_000  # the year 2255
HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
GARBAGE_BYTES = 60
LINE_END, CARRIAGE_RETURN = ord("\n"), ord("\r")
SUM = slice(-4, -2)  # before the place of a CR and the end


class Columns(NamedTuple):
    """Where things are in a row: one column for a `#`, what is before the sentence, the sentence, a CR, the end."""

    before: int
    is_tag: bool


class Fields(NamedTuple):
    formatter: Numbers
    sequence: Numbers
    channel: Numbers
    at_s: Numbers


def harms_of(chance: Chance, share: float, lines: Numbers) -> Numbers:
    """What befalls each line: nothing, nearly always."""
    return np.where(chance.hits(share, "harm", lines), 1 + chance.below(len(HARMS) - 1, "which", lines), 0)


def harm_before(harms: Numbers, is_long: Bools, sequence: Numbers, channel: Numbers) -> Fields:
    """The fields as they are summed. Where only a time is asked for, it stands for the channel."""
    formatter = np.where(harms == CODES["own ship"], ord("O"), ord("M"))
    sequence = np.where(harms == CODES["no sequence"], 0, sequence)
    sequence = np.where((harms == CODES["sequence of a single"]) & ~is_long, ord("5"), sequence)
    at_s = np.where(harms == CODES["time to come"], UNTIMED_TO_COME_S, channel)
    return Fields(formatter, sequence, np.where(harms == CODES["no channel"], 0, channel), at_s)


def does_harm(rows: Rows, harms: Numbers, columns: Columns, chance: Chance, lines: Numbers) -> None:
    """Change rows in place."""

    def of(name: str) -> Numbers:
        return np.flatnonzero(harms == CODES[name])

    _flip(rows, of("flipped"), chance, lines)
    cut = of("cut")
    at = chance.below(rows.shape[1] - 1, "cut at", lines[cut])
    rows[cut, :-1] *= np.arange(rows.shape[1] - 1) < at[:, None]
    rows[of("no end"), -1] = 0
    rows[of("comment"), 0] = ord("#")
    rows[of("crlf"), -2] = CARRIAGE_RETURN
    rows[of("wrong sum"), SUM] ^= 1
    small = of("small sum")
    sums = rows[small, SUM]
    rows[small, SUM] = np.where(sums > ord("9"), sums | 32, sums)
    _replace(rows, of("html"), np.frombuffer(HTML, np.uint8))
    garbage = of("garbage")
    drawn = chance.below(255, "garbage", lines[garbage][:, None] * GARBAGE_BYTES + np.arange(GARBAGE_BYTES)) + 1
    _replace(rows, garbage, np.where(drawn == LINE_END, ord("?"), drawn).astype(np.uint8))
    if columns.is_tag:
        rows[of("no stamp"), 1 : 1 + columns.before] = 0
        rows[of("bad tag"), columns.before - 1] ^= 1


def _flip(rows: Rows, which: Numbers, chance: Chance, lines: Numbers) -> None:
    """One bit of one byte; of none, where none is there."""
    at = chance.below(rows.shape[1] - 1, "flip at", lines[which])
    found = rows[which, at]
    rows[which, at] = np.where((found == 0) | (found == LINE_END), found, found ^ 1)


def _replace(rows: Rows, which: Numbers, by: Rows) -> None:
    rows[which, :-1] = 0
    rows[which, : by.shape[-1]] = by
