"""Fragments: the sentences of one message, joined whatever their order. Never decodes; checksums are good.

Fragments are of one message if they agree in group id (g:) or else in sequence id, channel and talker, and in station
(one without a station fits any), and if no two of them are more than 30 s apart in event time or, without stamps, more
than a hundred sentences. A fragment heard again, while its message is open or after it was completed, changes nothing.
A fragment that contradicts an open message drops it as incomplete and begins a new one.

State: open slots and, for a while, the payloads of completed ones; both bounded, the oldest leave first.
"""

from collections import deque
from collections.abc import Hashable
from functools import reduce
from itertools import islice, takewhile
from operator import xor
from typing import TypeVar

import msgspec

from sealane.fix import StampedBy
from sealane.sentence import Sentence
from sealane.stamp import SECOND_US

REACH_US = 30 * SECOND_US  # event time, per message
UNTIMED_REACH = 100  # sentences
OPEN_SLOTS, DONE_SLOTS = 16_384, 4_096
KEPT_SENTENCES = 65_536  # after which no fragment is waited for
LONGEST_REACH = 2 * KEPT_SENTENCES  # from a fragment that was kept till a later one of its message came
FEW_BEGUN = 64

Key = tuple[bytes, ...]
IndexT = TypeVar("IndexT", bound=Hashable)


class Whole(msgspec.Struct, frozen=True, gc=False):
    """A whole message, not yet decoded."""

    payload: bytes
    fill: int
    checksum: int  # of all its sentences, XORed: what $PGHP names
    at_us: int | None  # of the first part if stamped, else the least of the others
    stamped_by: StampedBy | None
    station: str | None
    raw: tuple[bytes, ...]


def whole(sentences: tuple[Sentence, ...]) -> Whole:
    """Put sentences, in the order of their parts, together."""
    stamp, last = sentences[0], sentences[-1]
    if len(sentences) == 1:
        sum_ = stamp.stated_checksum or 0
        return Whole(stamp.payload, stamp.fill, sum_, stamp.at_us, stamp.stamped_by, stamp.station, (stamp.raw,))
    if stamp.at_us is None:
        timed = [sentence for sentence in sentences if sentence.at_us is not None]
        stamp = min(timed, key=lambda sentence: sentence.at_us or 0, default=stamp)
    return Whole(
        b"".join([sentence.payload for sentence in sentences]),
        last.fill,
        reduce(xor, [sentence.stated_checksum or 0 for sentence in sentences]),
        stamp.at_us,
        stamp.stamped_by,
        stamp.station or next((sentence.station for sentence in sentences if sentence.station), None),
        tuple([sentence.raw for sentence in sentences]),
    )


class Slot:
    """One message being put together: its fragments by part, with the running number each sentence was given."""

    __slots__ = ("bucket", "first_us", "fragments", "key", "last_us", "newest", "parts", "station")

    def __init__(self, key: Key, parts: int) -> None:
        self.key, self.parts = key, parts
        self.station: str | None = None
        self.bucket: int | None = None  # of event time; None until a stamped fragment comes
        self.first_us = self.last_us = 0  # least and greatest stamp of its fragments, once one is stamped
        self.newest = 0  # of the numbers of its fragments
        self.fragments: dict[int, tuple[int, Sentence]] = {}

    def fits(self, number: int, sentence: Sentence) -> bool:
        """Whether the sentence can be of the same message, by station and time."""
        if number - self.newest > KEPT_SENTENCES:
            return False
        if self.station and sentence.station and self.station != sentence.station:
            return False
        if sentence.at_us is None or self.bucket is None:
            return number - self.newest <= UNTIMED_REACH
        return self.last_us - REACH_US <= sentence.at_us <= self.first_us + REACH_US

    def may_reach(self, number: int) -> bool:
        """Whether any sentence of this number could be of the same message."""
        return number - self.newest <= (UNTIMED_REACH if self.bucket is None else KEPT_SENTENCES)

    def holds(self, sentence: Sentence) -> bool:
        held = self.fragments.get(sentence.part)
        return held is not None and self.parts == sentence.parts and held[1].payload == sentence.payload

    def lacks(self, sentence: Sentence) -> bool:
        return self.parts == sentence.parts and sentence.part not in self.fragments

    @property
    def is_complete(self) -> bool:
        return len(self.fragments) == self.parts

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple([number for number, _ in self.fragments.values()])

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """In the order of their parts."""
        return tuple([self.fragments[part][1] for part in sorted(self.fragments)])


class Joiner:
    """Open and lately completed slots, found by key and time without looking at the others."""

    def __init__(self, done_slots: int = DONE_SLOTS) -> None:
        self._done_slots = done_slots
        self._open: dict[Slot, None] = {}  # oldest first
        self._done: dict[Slot, None] = {}
        self._recent: dict[Key, list[Slot]] = {}  # within UNTIMED_REACH
        self.begun: deque[Slot] = deque(maxlen=FEW_BEGUN)  # or added to; since a listener last looked
        self._timed: dict[Key, dict[int, list[Slot]]] = {}  # by bucket of REACH_US: a fit is in it or next to it

    def join(self, number: int, sentence: Sentence, near: list[Slot] | None = None) -> tuple[Slot | None, list[Slot]]:
        """The slot that holds the sentence (None: heard before), and the slots given up meanwhile.

        `near`: what was found to be near it, if nothing was joined since.
        """
        key = _key(sentence)
        given_up = self._expire(key, number) + self._out_of_reach(self._open, number)
        if near is None:
            near = self.near(number, sentence)
        open_ = [slot for slot in near if slot in self._open]
        slot = next((slot for slot in open_ if slot.lacks(sentence)), None)
        if any(slot.holds(sentence) for slot in (near if slot is None else open_)):
            return None, given_up
        if slot is None:
            for loser in open_:
                self._forget(loser, self._open)
            given_up += open_
            slot = self._begin(key, sentence.parts)
        self._put(slot, number, sentence)
        return slot, given_up + self._trim(self._open, OPEN_SLOTS)

    def near(self, number: int, sentence: Sentence) -> list[Slot]:
        """The messages, open or lately so, that the sentence may belong to."""
        return [slot for slot in self._near(_key(sentence), sentence) if slot.fits(number, sentence)]

    def slots(self, number: int, most: int) -> list[Slot]:
        """Those a sentence of this number could still belong to, so many at most."""
        near = (slot for slots in (self._open, self._done) for slot in reversed(slots) if slot.may_reach(number))
        return list(islice(near, most))

    def awaited_since(self, number: int) -> int | None:
        """The first sentence, from one on, of a message that is open. What ends before it is waited for no longer."""
        for slot in [*takewhile(lambda slot: slot.newest < number, self._open)]:
            self._forget(slot, self._open)
        return min((each for slot in self._open for each in slot.numbers if each >= number), default=None)

    def finish(self) -> list[Slot]:
        """Give up all that is open."""
        return self._trim(self._open, 0)

    def _begin(self, key: Key, parts: int) -> Slot:
        slot = Slot(key, parts)
        self._open[slot] = None
        self.begun.append(slot)
        self._recent.setdefault(key, []).append(slot)
        return slot

    def _put(self, slot: Slot, number: int, sentence: Sentence) -> None:
        slot.fragments[sentence.part] = number, sentence
        slot.newest = max(slot.newest, number)
        slot.station = slot.station or sentence.station
        if slot not in self.begun:
            self.begun.append(slot)
        if sentence.at_us is not None:
            self._stamp(slot, sentence.at_us)
        if slot.is_complete:
            del self._open[slot]
            self._done[slot] = None
            self._trim(self._done, self._done_slots)
            self._out_of_reach(self._done, number)

    def _stamp(self, slot: Slot, at_us: int) -> None:
        if slot.bucket is None:
            slot.bucket = at_us // REACH_US
            slot.first_us = slot.last_us = at_us
            self._timed.setdefault(slot.key, {}).setdefault(slot.bucket, []).append(slot)
        slot.first_us, slot.last_us = min(slot.first_us, at_us), max(slot.last_us, at_us)

    def _near(self, key: Key, sentence: Sentence) -> list[Slot]:
        """Newest first."""
        recent, timed = self._recent.get(key, ()), self._timed.get(key)
        if sentence.at_us is None or timed is None:
            return [*reversed(recent)]
        bucket = sentence.at_us // REACH_US
        near = [slot for each in (bucket - 1, bucket, bucket + 1) for slot in timed.get(each, ())]
        return near[::-1] + [slot for slot in reversed(recent) if slot.bucket is None]

    def _expire(self, key: Key, number: int) -> list[Slot]:
        """Leave out of `recent` what is out of reach. Without a stamp nothing can find it any more: it is given up."""
        recent = self._recent.get(key)
        if not recent or number - recent[0].newest <= UNTIMED_REACH:
            return []
        self._recent[key] = [slot for slot in recent if number - slot.newest <= UNTIMED_REACH]
        gone = [slot for slot in recent if slot.bucket is None and number - slot.newest > UNTIMED_REACH]
        lost = [slot for slot in gone if slot in self._open]
        for slot in gone:
            self._open.pop(slot, None)
            self._done.pop(slot, None)
        return lost

    def _out_of_reach(self, slots: dict[Slot, None], number: int) -> list[Slot]:
        """Forget the oldest that no sentence from this number on can be of."""
        gone: list[Slot] = []
        while slots and number - (oldest := next(iter(slots))).newest > LONGEST_REACH:
            self._forget(oldest, slots)
            gone.append(oldest)
        return gone

    def _trim(self, slots: dict[Slot, None], keep: int) -> list[Slot]:
        oldest = list(islice(slots, len(slots) - keep)) if len(slots) > keep else []
        for slot in oldest:
            self._forget(slot, slots)
        return oldest

    def _forget(self, slot: Slot, slots: dict[Slot, None]) -> None:
        del slots[slot]
        _drop(self._recent, slot.key, slot)
        if slot.bucket is not None:
            timed = self._timed[slot.key]
            _drop(timed, slot.bucket, slot)
            if not timed:
                del self._timed[slot.key]


def _drop(lists: dict[IndexT, list[Slot]], index: IndexT, slot: Slot) -> None:
    """Take a slot out of its list, and the list away with its last."""
    left = [other for other in lists.get(index, ()) if other is not slot]
    if left:
        lists[index] = left
    else:
        lists.pop(index, None)


def _key(sentence: Sentence) -> Key:
    if sentence.group is not None:
        return (sentence.group.id,)
    return sentence.sequence, sentence.channel, sentence.talker
