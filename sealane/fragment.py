"""Fragments: the sentences of one message, joined whatever their order. Never decodes; checksums are good.

Fragments are of one message if they agree in group id (g:) or else in sequence id, channel and talker, and in station
(one without a station fits any), and if no two of them are more than 30 s apart in event time or, without stamps, more
than a hundred sentences. A fragment heard again, while its message is open or after it was completed, changes nothing.
A fragment that contradicts an open message drops it as incomplete and begins a new one.

State: open slots and, for a while, the payloads of completed ones; both bounded, the oldest leave first.
"""

from itertools import islice

import msgspec

from sealane.fix import StampedBy
from sealane.sentence import Sentence
from sealane.stamp import SECOND_US

REACH_US = 30 * SECOND_US  # event time, per message
UNTIMED_REACH = 100  # sentences
OPEN_SLOTS, DONE_SLOTS = 16_384, 4_096

Key = tuple[bytes, ...]


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
    first, last = sentences[0], sentences[-1]
    if len(sentences) == 1:
        sum_ = first.stated_checksum or 0
        return Whole(first.payload, first.fill, sum_, first.at_us, first.stamped_by, first.station, (first.raw,))
    sum_ = 0
    for sentence in sentences:
        sum_ ^= sentence.stated_checksum or 0
    timed = [sentence for sentence in sentences if sentence.at_us is not None]
    stamp = first if first.at_us is not None else min(timed, key=lambda sentence: sentence.at_us or 0, default=first)
    return Whole(
        b"".join(sentence.payload for sentence in sentences),
        last.fill,
        sum_,
        stamp.at_us,
        stamp.stamped_by,
        next((sentence.station for sentence in (stamp, *sentences) if sentence.station), None),
        tuple(sentence.raw for sentence in sentences),
    )


class Slot:
    """One message being put together: its fragments by part, with the running number each sentence was given."""

    __slots__ = ("fragments", "key", "parts", "station")

    def __init__(self, key: Key, parts: int) -> None:
        self.key, self.parts = key, parts
        self.station: str | None = None
        self.fragments: dict[int, tuple[int, Sentence]] = {}

    def put(self, number: int, sentence: Sentence) -> None:
        self.fragments[sentence.part] = number, sentence
        self.station = self.station or sentence.station

    def fits(self, number: int, sentence: Sentence) -> bool:
        """Whether the sentence can be of the same message, by station and time."""
        if self.station and sentence.station and self.station != sentence.station:
            return False
        stamps = [other.at_us for _, other in self.fragments.values() if other.at_us is not None]
        if sentence.at_us is None or not stamps:
            return number - max(heard for heard, _ in self.fragments.values()) <= UNTIMED_REACH
        return max(stamps) - REACH_US <= sentence.at_us <= min(stamps) + REACH_US

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
        return tuple(number for number, _ in self.fragments.values())

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """In the order of their parts."""
        return tuple(self.fragments[part][1] for part in sorted(self.fragments))


class Joiner:
    """Open and lately completed slots."""

    def __init__(self) -> None:
        self._slots: dict[Key, list[Slot]] = {}
        self._open: dict[int, Slot] = {}  # by identity, oldest first
        self._done: dict[int, Slot] = {}

    def join(self, number: int, sentence: Sentence) -> tuple[Slot | None, list[Slot]]:
        """The slot that holds the sentence (None: heard before), and the slots given up for it."""
        key = _key(sentence)
        near = [slot for slot in reversed(self._slots.get(key, ())) if slot.fits(number, sentence)]
        open_ = [slot for slot in near if id(slot) in self._open]
        if any(slot.holds(sentence) for slot in open_):
            return None, []
        slot = next((slot for slot in open_ if slot.lacks(sentence)), None)
        if slot is None and any(slot.holds(sentence) for slot in near):
            return None, []
        given_up = open_ if slot is None else []
        for loser in given_up:
            self._forget(loser, self._open)
        slot = slot or self._begin(key, sentence.parts)
        slot.put(number, sentence)
        if slot.is_complete:
            self._complete(slot)
        return slot, given_up + self._trim(self._open, OPEN_SLOTS)

    def finish(self) -> list[Slot]:
        """Give up all that is open."""
        return self._trim(self._open, 0)

    def _begin(self, key: Key, parts: int) -> Slot:
        slot = Slot(key, parts)
        self._slots.setdefault(key, []).append(slot)
        self._open[id(slot)] = slot
        return slot

    def _complete(self, slot: Slot) -> None:
        self._done[id(slot)] = self._open.pop(id(slot))
        self._trim(self._done, DONE_SLOTS)

    def _trim(self, slots: dict[int, Slot], keep: int) -> list[Slot]:
        oldest = list(islice(slots.values(), max(0, len(slots) - keep)))
        for slot in oldest:
            self._forget(slot, slots)
        return oldest

    def _forget(self, slot: Slot, slots: dict[int, Slot]) -> None:
        del slots[id(slot)]
        others = self._slots[slot.key]
        others.remove(slot)
        if not others:
            del self._slots[slot.key]


def _key(sentence: Sentence) -> Key:
    if sentence.group is not None:
        return (sentence.group.id,)
    return sentence.sequence, sentence.channel, sentence.talker
