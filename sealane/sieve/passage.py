"""Passage: a block on its way through the listener, and its loose fragments while a message may need them.

    no followed message may need it         it is passed over, and kept here
    a first part turns up and is followed   all it may share a message with are taken out, and joined in their order
    so many sentences later                 the whole passage is forgotten: nobody missed it

A row is one sentence, but for those heard that held none or several, and those that are settled.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from sealane.fragment import KEPT_SENTENCES, REACH_US, UNTIMED_REACH, Slot
from sealane.sentence import Sentence, read_line
from sealane.sieve import sieve as sieving
from sealane.sieve.sifted import Awaited, Seen, code_of
from sealane.sieve.tagged import NO_STAMP
from sealane.sieve.texts import Texts
from sealane.stamp import SECOND_US, Tags

if sieving.COMPILED:
    from sealane.sieve import mesh

NO_CODE = -1
REACH_S = REACH_US // SECOND_US + 1
MOST_PARTS = 9
UNSTAMPED_REACH = MOST_PARTS * UNTIMED_REACH
BUCKET_S = REACH_US // SECOND_US  # of a message that is open
AWAITED_S = 2 * REACH_S  # from one part of a message to another
ANY_TIME_S = 1 << 62
NO_ROW = 1 << 62  # after all of them


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


class Passage:
    """Which sentence and line each row of a block is, as far as it was heard, and what may still be taken of it."""

    def __init__(self, texts: Texts, seen: Seen, at: tuple[int, str, int]) -> None:
        self._texts, self._heard, self._loose = texts, seen.heard, seen.loose
        self._number, self.file, self._line = at  # before its first row
        self._settled = [row for row, _ in seen.settled]
        self._settled_on = iter((*seen.settled, (NO_ROW, 0)))  # those it has yet to come by
        self._next_settled = next(self._settled_on)
        self._others: list[int] = []  # rows of not one sentence
        self._more: list[int] = []  # how many more up to each of them, itself included
        self._taken: set[int] = set()
        self._asked: dict[Slot, int | None] = {}  # for which messages, and their times then
        self.upto = 0  # rows before this one have been heard or passed over
        self.last = self._number  # the sentence they end with

    def number_of(self, row: int) -> int:
        """The sentence a row is; of a row of several the first."""
        before = bisect_left(self._others, row)
        return self._number + row + 1 + (self._more[before - 1] if before else 0)

    def line_of(self, row: int) -> int:
        return self._line + row + 1

    def come_to(self, row: int) -> tuple[int, int]:
        """It has come to the next row that is heard: which sentence and which line were before it."""
        while self._next_settled[0] < row:
            self.held(*self._next_settled)
            self._next_settled = next(self._settled_on)
        self.upto, self.last = row, self._number + row + (self._more[-1] if self._more else 0)
        return self.last, self._line + row

    def held(self, row: int, sentences: int) -> None:
        """A row turned out to hold so many sentences."""
        if sentences != 1:
            self._others.append(row)
            self._more.append(sentences - 1 + (self._more[-1] if self._more else 0))

    def take(self, code: int, at_s: int, number: int) -> list[Kin]:
        """Its loose fragments with a code, near a time or unstamped, within reach of a sentence; each once."""
        back = number - self.last
        if back > UNSTAMPED_REACH and (back > KEPT_SENTENCES or not self._was_heard_near(at_s, REACH_S)):
            return []
        found: list[Kin] = []
        for at in self._near(code, at_s, REACH_S, 0, self.come_by):
            row = self._loose.rows.item(at)
            reach = reach_between(at_s, self._loose.at_s.item(at))
            if row not in self._taken and self.number_of(row) >= number - reach:
                self._taken.add(row)
                found.append(self._kin(row))
        return found

    def awaited_after(self, row: int, slots: Iterable[Slot] | None) -> list[int]:
        """Its loose fragments after a row that may be of one of some messages, or of any; they are loose no more."""
        if slots is None:
            found = {*self._loose.rows[self._loose.rows.searchsorted(row, "right") :].tolist()}
        else:
            found = self._awaited_by_any([slot for slot in slots if self._may_find_more(slot)], row)
        new = sorted(found - self._taken) if found else []
        self._taken.update(new)
        return new

    def _awaited_by_any(self, slots: list[Slot], row: int) -> set[int]:
        """The rows of those after a row that may be of one of some messages."""
        found: set[int] = set()
        number = self.number_of(row + 1)
        for slot in slots:
            if self._may_reach(slot, number):
                self._asked[slot] = slot.bucket
                found.update(self._awaited_by(awaited_by(slot), row))
        return found

    def kin(self, since: int) -> Iterator[Kin]:
        """Its loose fragments from a sentence on that it came by, taken or not."""
        return (self._kin(row) for row in self._loose.rows[: self.come_by].tolist() if since <= self.number_of(row))

    @property
    def come_by(self) -> int:
        """How many of its loose fragments it came by."""
        return int(self._loose.rows.searchsorted(self.upto))

    def left(self) -> Iterator[tuple[int, int, Kin]]:
        """Code, time and text of each that it came by and that was not taken."""
        columns = (column[: self.come_by].tolist() for column in self._loose)
        for row, code, at_s in zip(*columns, strict=True):
            if row not in self._taken:
                yield code, at_s, self._kin(row)

    def shrink(self) -> None:
        """It has gone through: keep no more of its block than the loose fragments it came by."""
        self._loose = self._loose.first(self.come_by)
        self._texts = self._texts.kept(self._loose.rows)

    @cached_property
    def _times_s(self) -> tuple[int, int]:
        """The first and the last second that any of its loose fragments is stamped with."""
        at_s = self._loose.at_s
        if not len(at_s):
            return ANY_TIME_S, NO_STAMP
        return int(at_s.view(np.uint64).min()), int(at_s.max())  # without a sign what is no stamp is the greatest

    @cached_property
    def _unstamped(self) -> frozenset[int]:
        """The codes of those without a stamp."""
        return frozenset(self._loose.codes[self._loose.at_s == NO_STAMP].tolist())

    def _was_heard_near(self, at_s: int, reach_s: int) -> bool:
        """Whether any of its loose fragments may be stamped so near a time: mostly none."""
        first_s, last_s = self._times_s
        return at_s != NO_STAMP and first_s - reach_s <= at_s <= last_s + reach_s

    def _near(self, code: int, at_s: int, reach_s: int, begin: int, end: int) -> list[int]:
        """Which of its loose fragments have a code, and are near a time; or one of both is unstamped."""
        if code == NO_CODE or begin >= end:
            return []
        first_s, last_s = (NO_STAMP, ANY_TIME_S) if at_s == NO_STAMP else (at_s - reach_s, at_s + reach_s)
        codes, others_s = self._loose.codes[begin:end], self._loose.at_s[begin:end]
        if sieving.COMPILED:
            return [begin + at for at in mesh.near(codes, others_s, code, first_s, last_s)]
        is_near = (others_s == NO_STAMP) | ((others_s >= first_s) & (others_s <= last_s))
        found: list[int] = (begin + np.flatnonzero((codes == code) & is_near)).tolist()
        return found

    def _kin(self, row: int) -> Kin:
        return Kin(self.number_of(row), self._texts.line(row), self.file, self.line_of(row))

    def _may_reach(self, slot: Slot, number: int) -> bool:
        """Whether a message may be of its time, or has a part so few sentences before one that it needs no time."""
        if number - slot.newest <= UNTIMED_REACH:
            return True
        return slot.bucket is not None and self._was_heard_near(slot.bucket * BUCKET_S, AWAITED_S + 2 * BUCKET_S)

    def _may_find_more(self, slot: Slot) -> bool:
        """Whether it was not asked for a message yet, or its parts may be nearer now to some found by that alone."""
        if slot.bucket is None or self._asked.get(slot) != slot.bucket:
            return True
        return len(self._unstamped) > 0 and code_of(slot.sentences[0]) in self._unstamped

    def _awaited_by(self, wait: Awaited, row: int) -> Iterator[int]:
        """The rows of those after a row that may be of one message; without stamps those its next part can be."""
        rows, at_s = self._loose.rows, self._loose.at_s
        begin, end = int(rows.searchsorted(row, "right")), len(rows)
        if wait.at_s == NO_STAMP:  # none further on is near enough: but those heard and settled, each row is a sentence
            besides = len(self._heard) + len(self._settled)
            end = int(rows.searchsorted(row + wait.upto - self.number_of(row + 1) + 1 + besides, "right"))
        for at in self._near(wait.code, wait.at_s, AWAITED_S, begin, end):
            other = rows.item(at)
            is_timed = wait.at_s != NO_STAMP and at_s.item(at) != NO_STAMP
            if is_timed or self._least(other, row) <= wait.upto:
                yield other

    def _least(self, other: int, row: int) -> int:
        """How many sentences are reached with another row, at least: a row that is heard or settled may hold none."""
        between = (bisect_left(rows, other) - bisect_right(rows, row) for rows in (self._heard, self._settled))
        return self.number_of(row + 1) + other - row - 1 - sum(between)


def awaited_by(slot: Slot) -> Awaited:
    """What the fragments of a message look like. One whose code is none is among those heard anyway."""
    code = code_of(slot.sentences[0])
    at_us = next((sentence.at_us for sentence in slot.sentences if sentence.at_us is not None), None)
    at_s = NO_STAMP if at_us is None else at_us // SECOND_US
    return Awaited(NO_CODE if code is None else code, at_s, slot.newest + UNTIMED_REACH)


def reach_between(at_s: int, other_s: int) -> int:
    """How many sentences back one may be of the same message as another, from one fragment of it to the next."""
    return UNSTAMPED_REACH if NO_STAMP in (at_s, other_s) else KEPT_SENTENCES
