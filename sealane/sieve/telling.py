"""Telling: reads the stamps by which lines that are passed over tell who was heard in which hour.

A line of the usual form is read by its shape, and its station's name is looked up by what stands beside the stamp; any
other as the plain form reads it. Both say the same.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from sealane.heard import HOUR_US, Told
from sealane.sentence import Sentence, read_line
from sealane.sieve import sieve as sieving
from sealane.sieve.sifted import Sifted
from sealane.sieve.tagged import NO_STAMP
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
        """The stamps of lines passed over that tell an hour the sieve does not know yet, each read once."""
        told: dict[int, list[str | None]] = {}
        keys = [key for key, _, _ in sifted.telling if sieve.is_known(key)]  # they fell out of the sieve's table
        besides: list[int] = []
        telling = [each for each in sifted.telling if not sieve.is_known(each[0])]
        for (key, row, beside), at_us in zip(telling, _times_of(block, sifted, telling), strict=True):
            if at_us in plausible_us and beside in self._stations:  # nearly always
                station, says_all = self._stations[beside], True
            else:
                said = self._said_by_any(block, sifted, key, row, at_us, plausible_us)
                if said is None:
                    continue
                station, at_us, says_all = said
                if says_all and beside:
                    self._know(beside, station)
            told.setdefault(at_us // HOUR_US, []).append(station)
            keys.append(key)
            if says_all and beside:
                besides.append(beside)
        sieve.know(keys, besides)
        return told

    def _know(self, beside: int, station: str | None) -> None:
        if len(self._stations) >= KEPT:
            self._stations.clear()
        self._stations[beside] = station

    def _said_by_any(
        self, block: bytes, sifted: Sifted, key: int, first: int, at_us: int, plausible_us: range
    ) -> Said | None:
        """The first stamp with a key that is one to go by, if there is one. `at_us`: what its first says, if known."""
        if at_us >= 0 and not _is_plausible_hour(at_us, plausible_us):
            return None
        for row in sifted.like(key, first):
            said = self.read(block, int(sifted.starts[row]), int(sifted.ends[row]))
            if said is not None and said.at_us in plausible_us:
                return said
            if said is not None and not _is_plausible_hour(said.at_us, plausible_us):
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


def _is_plausible_hour(at_us: int, plausible_us: range) -> bool:
    """Whether there can be any stamp of its hour to go by."""
    return at_us // HOUR_US * HOUR_US in plausible_us


def _times_of(block: bytes, sifted: Sifted, telling: Sequence[tuple[int, int, int]]) -> list[int]:
    """Unix time in microseconds of stamps of the usual form; less than 0: not so easily told."""
    if not sieving.COMPILED or not telling:
        return [NO_STAMP] * len(telling)
    rows = [row for _, row, _ in telling]
    times: list[int] = (mesh.tell(block, sifted.starts[rows], sifted.ends[rows]) * SECOND_US).tolist()
    return times
