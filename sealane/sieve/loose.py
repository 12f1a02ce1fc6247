"""Loose: fragments of messages nobody asked for, kept for a while.

    no followed message may need it         it is passed over, and kept here
    a first part turns up and is followed   all it may share a message with are taken out, and joined in their order
    so many sentences later                 it is forgotten: nobody missed it

Followed or not: so that a part of somebody else's message is never taken for one of this.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from sealane.fragment import KEPT_SENTENCES, REACH_US, UNTIMED_REACH, Slot
from sealane.sentence import Sentence, read_line
from sealane.sieve import sieve as sieving
from sealane.sieve.columns import Rows
from sealane.sieve.sifted import Awaited, Loose, Sifted, code_of
from sealane.sieve.tagged import NO_STAMP, Seconds
from sealane.stamp import SECOND_US, Tags

if sieving.COMPILED:
    from sealane.sieve import mesh

NO_CODE = -1
REACH_S = REACH_US // SECOND_US + 1
MOST_PARTS = 9
UNSTAMPED_REACH = MOST_PARTS * UNTIMED_REACH
MINUTE_BITS = 6  # of seconds: a minute, nearly
MINUTES = 1 << 10  # told apart
AT_ONCE = 8  # asked for
BUCKET_S = REACH_US // SECOND_US  # of a message that is open
AWAITED_S = 2 * REACH_S  # from one part of a message to another
FORGETS_EVERY = 1_024  # fragments heard by themselves
FEW = 32  # of a block: sooner kept one by one

Code = int | bytes  # of talker, sequence and channel; or a group's id


class Kin(NamedTuple):
    """One fragment that was passed over."""

    number: int  # of the sentence, running
    line: bytes
    file: str
    line_number: int

    def read(self, tags: Tags) -> list[Sentence]:
        """What it says; nothing where it is damaged."""
        read = read_line(self.line.strip(), tags)
        return [each for each in read if isinstance(each, Sentence) and not each.defect]


class _One(NamedTuple):
    """The same, heard by itself."""

    code: Code
    at_s: int
    kin: Kin


class Passage:
    """A block on its way through: which sentence and line each of its rows is, as far as it was heard.

    A row is one sentence, but for those heard that held none or several.
    """

    def __init__(self, block: bytes, sifted: Sifted, at: tuple[int, str, int]) -> None:
        self._block, self._heard, self._loose = block, sifted.heard, sifted.loose
        rows = sifted.loose.rows
        self._starts, self._ends = sifted.starts[rows], sifted.ends[rows]  # of its loose fragments
        self._minutes = _minutes_of(sifted.loose.at_s)
        self._number, self.file, self._line = at  # before its first row
        self._others: list[int] = []  # rows of not one sentence
        self._more: list[int] = []  # how many more up to each of them, itself included
        self._taken: set[int] = set()
        self.upto = 0  # rows before this one have been heard or passed over

    def number_of(self, row: int) -> int:
        """The sentence a row is; of a row of several the first."""
        before = bisect_left(self._others, row)
        return self._number + row + 1 + (self._more[before - 1] if before else 0)

    def line_of(self, row: int) -> int:
        return self._line + row + 1

    def come_to(self, row: int) -> tuple[int, int]:
        """It has come to the next row that is heard: which sentence and which line were before it."""
        self.upto = row
        return self._number + row + (self._more[-1] if self._more else 0), self._line + row

    def held(self, row: int, sentences: int) -> None:
        """A row turned out to hold so many sentences."""
        if sentences != 1:
            self._others.append(row)
            self._more.append(sentences - 1 + (self._more[-1] if self._more else 0))

    def take(self, code: int, at_s: int, number: int) -> Iterator[Kin]:
        """Its loose fragments with a code, near a time or unstamped, within reach of a sentence; each once."""
        is_close = self.last >= number - UNSTAMPED_REACH
        if self.last < number - KEPT_SENTENCES or not (is_close or self._was_heard_near(at_s, REACH_S)):
            return
        for at in self._near(code, at_s, REACH_S).tolist():
            row = int(self._loose.rows[at])
            reach = reach_between(at_s, int(self._loose.at_s[at]))
            if row in self._taken or row >= self.upto or self.number_of(row) < number - reach:
                continue
            self._taken.add(row)
            yield self._kin(at, row)

    def _was_heard_near(self, at_s: int, reach_s: int) -> bool:
        """Whether any of its loose fragments may be stamped so near a time: mostly none."""
        if at_s == NO_STAMP:
            return False
        first, last = at_s - reach_s >> MINUTE_BITS, at_s + reach_s >> MINUTE_BITS
        begin = first % MINUTES
        return 1 in self._minutes[begin : begin + last - first + 1]

    def _near(self, code: int, at_s: int, reach_s: int) -> Rows:
        """Which of its loose fragments have a code, and are near a time; or one of both is unstamped."""
        at = np.flatnonzero(self._loose.codes == code)
        if at_s == NO_STAMP or not len(at):
            return at
        others_s = self._loose.at_s[at]
        near: Rows = at[(others_s == NO_STAMP) | (np.abs(others_s - at_s) <= reach_s)]
        return near

    def _kin(self, at: int, row: int) -> Kin:
        text = self._block[self._starts[at] : self._ends[at]]
        return Kin(self.number_of(row), text, self.file, self.line_of(row))

    def kin(self, since: int) -> Iterator[Kin]:
        """Its loose fragments from a sentence on that it came by, taken or not."""
        for at, row in enumerate(self._loose.rows.tolist()):
            if since <= self.number_of(row) and row < self.upto:
                yield self._kin(at, row)

    def awaited_after(self, row: int, slots: Iterable[Slot] | None) -> list[int]:
        """Its loose fragments after a row that may be of one of some messages, or of any; they are loose no more."""
        rows = self._loose.rows
        if slots is None:
            found = set(rows[rows > row].tolist())
        else:
            number = self.number_of(row + 1)
            reached = (slot for slot in slots if self._may_reach(slot, number))
            found = {each for slot in reached for each in self._awaited_by(slot, row)}
        found -= self._taken
        self._taken |= found
        return sorted(found)

    def _may_reach(self, slot: Slot, number: int) -> bool:
        """Whether a message may be of its time, or has a part so few sentences before one that it needs no time."""
        if number - slot.newest <= UNTIMED_REACH:
            return True
        return slot.bucket is not None and self._was_heard_near(slot.bucket * BUCKET_S, AWAITED_S + 2 * BUCKET_S)

    def _awaited_by(self, slot: Slot, row: int) -> list[int]:
        """The rows of those after a row that may be of one message; without stamps those its next part can be."""
        wait = awaited_by(slot)
        at = self._near(wait.code, wait.at_s, AWAITED_S)
        at = at[self._loose.rows[at] > row]
        rows = self._loose.rows[at]
        least = self.number_of(row + 1) + rows - row - 1  # so many sentences are reached with each: at least,
        least -= self._heard.searchsorted(rows)  # for a row that is heard may hold none
        least += self._heard.searchsorted(row, "right")
        is_timed = (self._loose.at_s[at] != NO_STAMP) & (wait.at_s != NO_STAMP)
        found: list[int] = rows[is_timed | (least <= wait.upto)].tolist()
        return found

    @property
    def come_by(self) -> int:
        """How many of its loose fragments it came by."""
        return int(self._loose.rows.searchsorted(self.upto))

    def ones(self) -> list[_One]:
        """Those that were not taken, one by one."""
        rows, codes, at_s = (column[: self.come_by].tolist() for column in self._loose)
        kept = enumerate(zip(rows, codes, at_s, strict=True))
        return [_One(code, at_s, self._kin(at, row)) for at, (row, code, at_s) in kept if row not in self._taken]

    def shrink(self) -> None:
        """It has gone through: keep no more of its block than the loose fragments it came by."""
        come_by = self.come_by
        starts, ends = self._starts[:come_by], self._ends[:come_by]
        self._block = _joined(self._block, starts, ends)
        self._ends = np.cumsum(ends - starts)
        self._starts = self._ends - (ends - starts)
        rows, codes, at_s = self._loose  # parts of larger ones, of a place for each line
        self._loose = Loose(rows[:come_by].copy(), codes[:come_by].copy(), at_s[:come_by].copy())
        self._heard = self._heard[:0].copy()

    @property
    def last(self) -> int:
        """The sentence its last row is."""
        return self.number_of(self.upto - 1)


class LooseFragments:
    """What was passed over, in the order it came: single ones, and whole blocks with their columns."""

    def __init__(self) -> None:
        self._kept: deque[list[_One] | Passage] = deque()
        self._added = 0
        self._passing: Passage | None = None

    def add(self, code: Code, at_us: int | None, kin: Kin) -> None:
        """One fragment heard by itself."""
        self._keep(_One(code, NO_STAMP if at_us is None else at_us // SECOND_US, kin))
        self._added += 1
        if self._added % FORGETS_EVERY == 0:  # a feed heard line by line has no block after which to do so
            self._forget(kin.number - KEPT_SENTENCES)

    def begin(self, passage: Passage) -> None:
        """A block whose loose fragments may be taken as it goes through."""
        self._kept.append(passage)
        self._passing = passage

    def take(self, code: Code, at_us: int | None, number: int) -> list[Kin]:
        """All that may share a message with a fragment, in the order they came."""
        at_s = NO_STAMP if at_us is None else at_us // SECOND_US
        found: list[Kin] = []
        for each in self._kept:
            if isinstance(each, Passage):
                found += each.take(code, at_s, number) if isinstance(code, int) else ()
                continue
            near = (one for one in each if one.code == code and _is_near(one.at_s, at_s))
            mine = [one for one in near if one.kin.number >= number - reach_between(at_s, one.at_s)]
            for one in mine:
                each.remove(one)
            found += (one.kin for one in mine)
        return sorted(found)

    def forget_before(self, number: int) -> None:
        """A block has gone through; what came before a sentence is out of reach."""
        if self._passing is not None:
            if self._passing.come_by > FEW:
                self._passing.shrink()
            else:
                self._take_apart(self._passing)
            self._passing = None
        self._forget(number)

    def _take_apart(self, passage: Passage) -> None:
        """The newest block held few: they are kept one by one, with those of it that were heard."""
        heard = self._kept.pop()
        ones = passage.ones()
        if isinstance(heard, list):
            self._kept.pop()
            ones = sorted([*ones, *heard], key=_number)
        for one in ones:
            self._keep(one)

    def _keep(self, one: _One) -> None:
        if not self._kept or isinstance(self._kept[-1], Passage):
            self._kept.append([])
        ones = self._kept[-1]
        assert isinstance(ones, list), "a list was just put there"
        ones.append(one)

    def _forget(self, number: int) -> None:
        while self._kept and _last(self._kept[0]) < number:
            self._kept.popleft()
        if self._kept and isinstance(ones := self._kept[0], list):
            del ones[: bisect_left(ones, number, key=_number)]


def code_by(sentence: Sentence) -> Code:
    """By what a fragment is found again among those passed over."""
    code = code_of(sentence)
    if code is not None:
        return code
    if sentence.group is not None:
        return sentence.group.id
    return b"%b,%b,%b" % (sentence.talker, sentence.sequence, sentence.channel)


def awaited_by(slot: Slot) -> Awaited:
    """What the fragments of a message look like. One whose code is none is among those heard anyway."""
    code = code_of(slot.sentences[0])
    at_us = next((sentence.at_us for sentence in slot.sentences if sentence.at_us is not None), None)
    at_s = NO_STAMP if at_us is None else at_us // SECOND_US
    return Awaited(NO_CODE if code is None else code, at_s, slot.newest + UNTIMED_REACH)


def _joined(block: bytes, starts: Rows, ends: Rows) -> bytes:
    """Pieces of a block, one after the other."""
    if sieving.COMPILED:
        return mesh.joined(block, starts, ends)
    return b"".join([block[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)])


def _minutes_of(at_s: Seconds) -> bytes:
    """Which minutes, of as many as the table holds and then the first again, any of some stamps is of."""
    heard = np.zeros(MINUTES + AT_ONCE, np.bool_)
    heard[at_s >> MINUTE_BITS & MINUTES - 1] = True  # what is no stamp is of the last
    heard[MINUTES:] = heard[:AT_ONCE]
    return heard.tobytes()


def reach_between(at_s: int, other_s: int) -> int:
    """How many sentences back one may be of the same message as another, from one fragment of it to the next."""
    return UNSTAMPED_REACH if NO_STAMP in (at_s, other_s) else KEPT_SENTENCES


def _number(one: _One) -> int:
    return one.kin.number


def _last(kept: list[_One] | Passage) -> int:
    if isinstance(kept, Passage):
        return kept.last
    return kept[-1].kin.number if kept else -1


def _is_near(at_s: int, other_s: int) -> bool:
    return NO_STAMP in (at_s, other_s) or abs(at_s - other_s) <= REACH_S
