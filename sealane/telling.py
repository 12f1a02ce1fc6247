"""Telling: reads the stamps by which lines that are passed over tell who was heard in which hour.

A line of the usual form is read by its shape, and its station's name is looked up by what stands beside the stamp; any
other as the plain form reads it. Both say the same.
"""

import re
from typing import NamedTuple

from sealane.sentence import Sentence, read_line
from sealane.stamp import CHECKSUMS, SECOND_US, Tags, checksum, read_tag_block

KEPT = 4_096  # more than stations; where every line is counted (n:) no two have the same beside their stamps
BARE = b"c:"  # nothing stands beside
USUAL = re.compile(
    rb"\\((?:[^\\*]*,)?c:)([0-9]{10})(,g:[^\\*,]*)?\*(..)\\"  # the stamp ends the only tag block, but for a group
    rb"![^,*!\\]{2}VD[MO],([1-9]),([1-9])(?:,[^,*!]*){3},[0-5]\*[^,!]*",  # the only sentence, and no trailer
    re.DOTALL,
)


class Said(NamedTuple):
    """What a stamp tells."""

    station: str | None
    at_us: int  # Unix time in microseconds
    says_all: bool  # whatever else has the same beside its stamp tells the same of its time, whatever the rest of it is


class _Beside(NamedTuple):
    """What stands before the digits of a stamp."""

    station: str | None
    checksum: int
    says_all: bool  # of whoever heard: no group, and no name left to a trailer


class Telling:
    """Remembers who is meant by what stands beside a stamp."""

    def __init__(self, tags: Tags) -> None:
        self._tags = tags
        self._besides: dict[bytes, _Beside] = {}

    def read(self, block: bytes, start: int, end: int) -> Said | None:
        """What the stamp of a line of a block tells; None: nothing, or something is wrong with it."""
        usual = USUAL.fullmatch(block, start, end)
        if usual is None:
            return self._read_plainly(block[start:end])
        before, digits, group, stated, parts, part = usual.groups(b"")
        beside = self._besides.get(before) or self._learn(before)
        if part > parts or CHECKSUMS.get(stated) != beside.checksum ^ checksum(digits + group):
            return None
        return Said(beside.station, int(digits) * SECOND_US, beside.says_all)

    def _learn(self, before: bytes) -> _Beside:
        if len(self._besides) >= KEPT:
            self._besides.clear()
        stamp = read_tag_block(before + b"0")
        assert stamp, "nothing is summed: there is no *"
        says_all = stamp.group is None and (stamp.station is not None or before == BARE)
        self._besides[before] = beside = _Beside(stamp.station, checksum(before), says_all)
        return beside

    def _read_plainly(self, line: bytes) -> Said | None:
        (read, *_) = read_line(line.strip(), self._tags)
        if isinstance(read, Sentence) and read.at_us is not None:
            return Said(read.station, read.at_us, says_all=False)
        return None
