"""Loose: fragments of messages nobody asked for, kept for a while: single ones, and passages of whole blocks.

Followed or not: so that a part of somebody else's message is never taken for one of this.
"""

from bisect import bisect_left
from collections import deque
from typing import NamedTuple

from sealane.fragment import KEPT_SENTENCES
from sealane.sentence import Sentence
from sealane.sieve.passage import REACH_S, Kin, Passage, reach_between
from sealane.sieve.sifted import code_of
from sealane.sieve.tagged import NO_STAMP
from sealane.stamp import SECOND_US

FORGETS_EVERY = 1_024  # fragments heard by themselves
FEW = 32  # of a block: sooner kept one by one

Code = int | bytes  # of talker, sequence and channel; or a group's id


class _One(NamedTuple):
    """One that was heard by itself."""

    code: Code
    at_s: int
    kin: Kin


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
            mine = [one for one in each if one.code == code and _may_reach(one, at_s, number)]
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
        ones = [_One(*each) for each in passage.left()]
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


def _number(one: _One) -> int:
    return one.kin.number


def _last(kept: list[_One] | Passage) -> int:
    if isinstance(kept, Passage):
        return kept.last
    return kept[-1].kin.number if kept else -1


def _may_reach(one: _One, at_s: int, number: int) -> bool:
    """Whether it may be of a message with a sentence of that time, or near enough to it."""
    is_near = NO_STAMP in (at_s, one.at_s) or abs(at_s - one.at_s) <= REACH_S
    return is_near and one.kin.number >= number - reach_between(at_s, one.at_s)
