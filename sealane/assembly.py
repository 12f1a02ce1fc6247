"""Assembly: messages in parts, put together whatever comes between them; and what each part is counted as.

a fragment that no message is open for, of nobody followed    passed over, and kept for a while (loose.py)
any other                                                     joined (fragment.py): it counts as `part` until its
                                                              message is whole, or is given up
a first part that is followed                                 what was passed over and may be of it is joined again
"""

from collections.abc import Callable
from datetime import datetime

from sealane.account import LATER, Account, Line, Outcome, Sample
from sealane.fragment import FEW_BEGUN, Joiner, Slot, whole
from sealane.reader import Reader, Reports
from sealane.sentence import Sentence
from sealane.sieve.loose import LooseFragments, code_by
from sealane.sieve.passage import Kin
from sealane.stamp import Tags

FEW_SLOTS = 64  # open messages whose fragments are worth asking for one by one

At = tuple[int, str, int]  # number of the sentence, running; file, and line in it
Place = tuple[Line, int]  # a sentence on its line, in the account
Near = list[Slot] | None  # messages a fragment may be of; None: to be looked for
SampleOf = Callable[[str, int, bytes], Sample]  # from a file, the number of a line in it, and the line


class Assembly:
    """What a listener remembers of fragments."""

    def __init__(self, reader: Reader, account: Account, tags: Tags, sample_of: SampleOf) -> None:
        self.loose = LooseFragments()
        self._reader, self._account, self._tags, self._sample_of = reader, account, tags, sample_of
        self._joiner = Joiner()
        self._open: dict[int, Place] = {}  # by number: fragments whose message is open

    def waits_since(self, number: int) -> int | None:
        """The first fragment, from a sentence on, whose message is open."""
        return min((each for each in self._open if each >= number), default=None)

    def near(self, number: int) -> list[Slot] | None:
        """Open and lately completed messages; None if they are too many to look for the parts of each."""
        slots = self._joiner.slots(number, FEW_SLOTS + 1)
        self._joiner.begun.clear()
        return slots if len(slots) <= FEW_SLOTS else None

    @property
    def has_begun(self) -> bool:
        """Whether any message was opened or added to since they were last asked for."""
        return bool(self._joiner.begun)

    def begun(self) -> list[Slot] | None:
        """Those opened or added to since they were last asked for; None: too many."""
        begun = self._joiner.begun
        slots = [*begun] if len(begun) < FEW_BEGUN else None
        begun.clear()
        return slots

    def hear(self, at: At, sentence: Sentence, place: Place, arrived_at: datetime | None) -> Reports:
        """The reports a fragment completes; it is in the account as `part`."""
        number, file, line = at
        self._reader.mark_heard(sentence.station, sentence.at_us)
        near: Near = self._joiner.near(number, sentence)
        if not (near or self._reader.is_held or self._reader.watch.mmsi is None):
            code = code_by(sentence)
            if sentence.part > 1 or not self._reader.follows(sentence.payload):
                self._account.revise(*place, "not_followed")
                self.loose.add(code, sentence.at_us, Kin(number, sentence.raw, file, line))
                return []
            if not sentence.defect:
                for kin in self.loose.take(code, sentence.at_us, number):
                    self._hear_again(kin, arrived_at)
                    near = None
        if defect := sentence.defect:
            self._account.revise(*place, defect)
            return []
        return self._join(number, sentence, place, arrived_at, near)

    def _hear_again(self, kin: Kin, arrived_at: datetime | None) -> None:
        """A fragment that was passed over may be needed after all."""
        for sentence in kin.read(self._tags):
            self._account.take_back()
            entry = self._account.count(["part"], self._sample_of(kin.file, kin.line_number, kin.line))
            self._join(kin.number, sentence, (entry, 0), arrived_at, None)

    def _join(self, number: int, sentence: Sentence, place: Place, arrived_at: datetime | None, near: Near) -> Reports:
        slot, given_up = self._joiner.join(number, sentence, near)
        self._give_up(given_up)
        if slot is None:
            return []
        self._open[number] = place
        if not slot.is_complete:
            return []
        message = self._reader.claimed(whole(slot.sentences), number, arrived_at)
        places = [self._open.pop(number) for number in slot.numbers]
        is_later = self._reader.is_held and self._reader.is_later(message.at_us)
        if is_later or not self._reader.follows(message.payload):
            for each in places:
                self._account.revise(*each, LATER if is_later else "not_followed")
            return []
        outcome, reports = self._reader.read(message)
        self._account.revise(*place, outcome)
        return reports

    def finish(self) -> None:
        """No more fragments come: those still open are settled."""
        self._give_up(self._joiner.finish())

    def _give_up(self, slots: list[Slot]) -> None:
        """Slots that never complete; one whose first part is nobody's is not followed."""
        for slot in slots:
            first = slot.sentences[0]
            outcome: Outcome = "incomplete"
            if first.part == 1 and not self._reader.follows(first.payload):
                outcome = "not_followed"
            for number in slot.numbers:
                self._account.revise(*self._open.pop(number), outcome)
