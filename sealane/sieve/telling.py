"""Telling: reads the stamps by which lines that are passed over tell who was heard in which hour.

A line of the usual form is read by its shape, and its station's name is looked up by what stands beside the stamp; any
other as the plain form reads it. Both say the same.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from sealane.heard import HOUR_US, Told
from sealane.sentence import Sentence, read_line
from sealane.sieve import sieve as sieving
from sealane.sieve.columns import Rows
from sealane.sieve.sifted import Sifted
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


class Said(msgspec.Struct, frozen=True, gc=False):
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
        self._tags, self._is_compiled = tags, sieving.COMPILED
        self._besides: dict[bytes, _Beside] = {}

    def told_by(self, block: bytes, sifted: Sifted, sieve: sieving.Sieve, plausible_us: range) -> Told:
        """The stamps of lines passed over that tell an hour the sieve does not know yet, each read once."""
        if not sifted.telling:
            return {}
        told: dict[int, list[str | None]] = {}
        keys: list[int] = []
        besides: list[int] = []
        telling = [each for each in sifted.telling if not sieve.is_known(each[0])]
        firsts = [row for _, row, _ in telling]
        said_by_each = self.read_each(block, sifted.starts[firsts], sifted.ends[firsts])
        for (key, row, beside), said in zip(telling, said_by_each, strict=True):
            if said is None or said.at_us not in plausible_us:
                said = self._told_by_others(block, sifted, key, row, plausible_us)
            if said is not None:
                told.setdefault(said.at_us // HOUR_US, []).append(said.station)
                keys.append(key)
                if said.says_all and beside:
                    besides.append(beside)
        sieve.know(keys, besides)
        return told

    def _told_by_others(self, block: bytes, sifted: Sifted, key: int, first: int, plausible_us: range) -> Said | None:
        """Where the first stamp with a key is none to go by: the one that is, if there is one."""
        for row in sifted.like(key, first):
            said = self.read(block, int(sifted.starts[row]), int(sifted.ends[row]))
            if said is not None and said.at_us in plausible_us:
                return said
            if said is not None and said.at_us // HOUR_US * HOUR_US not in plausible_us:
                break  # nor is any other of its hour
        return None

    def read_each(self, block: bytes, starts: Rows, ends: Rows) -> Iterator[Said | None]:
        """What the stamps of some lines of a block tell."""
        if not self._is_compiled:
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
                yield self.read(block, start, end)
            return
        digits, at_s = mesh.tell(block, starts, ends)
        columns = (starts.tolist(), ends.tolist(), digits.tolist(), at_s.tolist())
        for start, end, digits_at, seconds in zip(*columns, strict=True):
            if not digits_at:
                yield self._read_plainly(block[start:end])
            elif seconds < 0:
                yield None
            else:
                beside = self._beside(block[start + 1 : digits_at])
                yield Said(beside.station, seconds * SECOND_US, beside.says_all)

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
