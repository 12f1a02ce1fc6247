"""Stamped: when a line was heard, by what it says itself, before anybody hears it.

    own stamp      tag block, epoch before or after, time of aisstream.io; the first on the line
    $PGHP          the single message with its checksum; of one in parts, the parts that follow it
    first part     of a message in parts, where only that is stamped

Stateful, as the listener is: it remembers which $PGHP and which first part came last. It judges no sentence.
"""

from collections import deque
from typing import NamedTuple

from sealane.aisstream import OPENS, Said, read_json
from sealane.fragment import UNTIMED_REACH
from sealane.lines import MAX_LINE_BYTES
from sealane.sentence import Sentence
from sealane.sieve.framing import read_line
from sealane.stamp import CHECKSUMS, PGHP, PGHP_KEPT, PGHP_REACH, Pghp, Tags

FIRST_PARTS_KEPT = 4_096
SINGLE = (b"VDM,1,", b"VDO,1,")  # of a plain sentence, after its ! and talker

Key = bytes | tuple[bytes, bytes, bytes]


class Heard(NamedTuple):
    """What a line says of itself: how many sentences it holds, and when it was heard."""

    sentences: int
    at_us: int | None  # Unix time in microseconds; None: it does not say


class _Waiting(NamedTuple):
    """A $PGHP stamp that waits for its message."""

    checksum: int
    at_us: int
    number: int


class Stamped:
    """Reads lines in their order."""

    def __init__(self) -> None:
        self._tags = Tags()
        self._number = 0  # of sentences, running
        self._pghp: deque[_Waiting] = deque(maxlen=PGHP_KEPT)
        self._first_parts: dict[Key, tuple[int, int | None]] = {}  # number and time

    def begin(self) -> None:
        """A new file: no $PGHP waits."""
        self._pghp.clear()

    def read(self, line: bytes) -> Heard:
        """What a line without its end says."""
        end = line.find(b"\\", 1) if line[:1] == b"\\" else -1
        if line[end + 4 : end + 10] in SINGLE and end > 0 and line.find(b"!", end + 2) < 0:  # most lines
            stamp = self._tags.read(line[1:end])
            if stamp is not None and stamp.at_us is not None:
                self._number += 1
                return Heard(1, stamp.at_us)
        if len(line) > MAX_LINE_BYTES:
            return Heard(0, None)
        line = line.strip()
        if line.startswith(OPENS):
            said = read_json(line)
            return Heard(int(said is not None), said.whole.at_us if isinstance(said, Said) else None)
        found = read_line(line, self._tags)
        if not found and PGHP in line:
            return Heard(0, self._hear_pghp(line))
        times = [self._time_of(each) for each in found if isinstance(each, Sentence)]
        return Heard(len(found), next((at_us for at_us in times if at_us is not None), None))

    def _hear_pghp(self, line: bytes) -> int | None:
        """The time of a $PGHP line; None where it cannot be read, and then it stamps nothing."""
        fields = line.partition(b"$")[2].rpartition(b"*")[0].split(b",")
        of = CHECKSUMS.get(fields[-1])
        alone = Pghp()
        alone.hear(line, self._number)
        stamp = None if of is None else alone.claim(of, self._number)
        if of is None or stamp is None or stamp.at_us is None:
            return None
        self._pghp.append(_Waiting(of, stamp.at_us, self._number))
        return stamp.at_us

    def _time_of(self, sentence: Sentence) -> int | None:
        self._number += 1
        at_us = sentence.at_us if sentence.stamped_by == "tag_block" else self._named_by_pghp(sentence, sentence.at_us)
        if sentence.parts == 1:
            return at_us
        key = sentence.group.id if sentence.group else (sentence.talker, sentence.sequence, sentence.channel)
        number, first_us = self._first_parts.get(key, (self._number - UNTIMED_REACH - 1, None))
        if at_us is None and sentence.part > 1 and self._number - number <= UNTIMED_REACH:
            return first_us
        if sentence.part == 1:
            if len(self._first_parts) >= FIRST_PARTS_KEPT:
                self._first_parts.clear()
            self._first_parts[key] = self._number, at_us
        return at_us

    def _named_by_pghp(self, sentence: Sentence, own_us: int | None) -> int | None:
        """The time of the newest $PGHP for this sentence; its own, where there is none."""
        for waiting in reversed(self._pghp):
            is_near = self._number - waiting.number <= PGHP_REACH
            if is_near and (sentence.part == 1 < sentence.parts or waiting.checksum == sentence.stated_checksum):
                self._pghp.remove(waiting)
                return waiting.at_us
        return own_us
