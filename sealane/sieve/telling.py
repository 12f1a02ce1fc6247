"""Telling: reads the stamps by which lines that are passed over tell who was heard in which hour.

A line of the usual form is read by its shape, and its station's name is looked up by what stands beside the stamp; any
other as the plain form reads it. Both say the same.
"""

import re
from collections import defaultdict
from typing import NamedTuple

import numpy as np

from sealane.heard import HOUR_US, Told
from sealane.sentence import Sentence, read_line
from sealane.sieve import sieve as sieving
from sealane.sieve.sifted import Hints, Sifted
from sealane.sieve.tagged import HOUR_S, NO_STAMP
from sealane.stamp import CHECKSUMS, SECOND_US, Tags, checksum, read_tag_block

if sieving.COMPILED:
    from sealane.sieve import mesh

KEPT = 4_096  # more than stations; where every line is counted (n:) no two have the same beside their stamps
DIGITS = 10
BARE = b"c:"  # nothing stands beside
USUAL = re.compile(
    # The stamp ends the only tag block, but for a group; the sentence is the only one, and has no trailer.
    rb"\\((?:[^\\*,c][^\\*,]*+,)*+c:)([0-9]{10}(?:,g:[^\\*,]*+)?)\*(..)\\"
    rb"![^,*!\\]{2}VD[MO],([1-9]),([1-9])(?:,[^,*!]*+){3},[0-5]\*[^,!]*+",
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
        self._stations: dict[int, str | None] = {}  # by a hash of what stands beside, where that says all

    def told_by(self, block: bytes, sifted: Sifted, sieve: sieving.Sieve, plausible_us: range) -> Told:
        """The stamps of lines passed over that tell an hour the sieve does not know, or no longer."""
        told: defaultdict[int, list[str | None]] = defaultdict(list)
        keys: list[int] = []
        besides: list[int] = []
        telling, stations = sifted.telling, self._stations
        first_s, end_s = (-(-at_us // SECOND_US) for at_us in (plausible_us.start, plausible_us.stop))
        for (key, row, beside), at_s in zip(telling, _times_of(block, sifted, telling), strict=True):
            if first_s <= at_s < end_s and beside in stations:  # nearly always
                told[at_s // HOUR_S].append(stations[beside])
            elif said := self._said_by_any(block, sifted, key, row, at_s, plausible_us):
                told[said.at_us // HOUR_US].append(said.station)
                if said.says_all and beside:
                    self._know(beside, said.station)
            else:
                continue
            keys.append(key)
            besides.append(beside)
        sieve.know(keys, [beside for beside in besides if beside in stations])
        return told

    def _know(self, beside: int, station: str | None) -> None:
        if len(self._stations) >= KEPT:
            self._stations.clear()
        self._stations[beside] = station

    def _said_by_any(
        self, block: bytes, sifted: Sifted, key: int, first: int, at_s: int, plausible_us: range
    ) -> Said | None:
        """The first stamp with a key that is one to go by, if there is one. `at_s`: of its first, if that is known."""
        if at_s != NO_STAMP and not _is_hour(at_s * SECOND_US, plausible_us):
            return None
        for row in sifted.like(key, first):
            said = self.read(block, int(sifted.starts[row]), int(sifted.ends[row]))
            if said is not None and said.at_us in plausible_us:
                return said
            if said is not None and not _is_hour(said.at_us, plausible_us):
                break
        return None

    def read(self, block: bytes, start: int, end: int) -> Said | None:
        """What the stamp of a line of a block tells; None: nothing, or something is wrong with it."""
        usual = USUAL.fullmatch(block, start, end)
        if usual is None:
            return self._read_plainly(block[start:end])
        before, said, stated, parts, part = usual.groups()
        beside = self._beside(before)
        if part > parts or CHECKSUMS.get(stated) != beside.checksum ^ checksum(said):
            return None
        return Said(beside.station, int(said[:DIGITS]) * SECOND_US, beside.says_all)

    def _beside(self, before: bytes) -> _Beside:
        known = self._besides.get(before)
        if known is not None:
            return known
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


def _is_hour(at_us: int, plausible_us: range) -> bool:
    """Whether any stamp of its hour can be one to go by."""
    return at_us // HOUR_US * HOUR_US in plausible_us


def _times_of(block: bytes, sifted: Sifted, telling: Hints) -> list[int]:
    """Unix time in seconds of stamps of the usual form; NO_STAMP: not so easily told."""
    if not sieving.COMPILED or not telling:
        return [NO_STAMP] * len(telling)
    rows = np.array([row for _, row, _ in telling], np.intp)
    times: list[int] = mesh.tell(block, sifted.starts[rows], sifted.ends[rows]).tolist()
    return times
