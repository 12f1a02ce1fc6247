"""Unfinished: from which sentence on a live feed must be heard again, so that no message is lost by a kill.

    a part of anybody's message is heard, or passed over     the message is begun
    its other parts are                                      it is whole: nothing waits
    so many sentences later                                  it is given up: its other parts never came

Of nobody followed too: who sent it is told by its first part alone, and that may come after the others.
"""

from collections.abc import Iterable

from sealane.fragment import Joiner
from sealane.sentence import Sentence
from sealane.sieve.passage import Kin
from sealane.stamp import Tags

AWAITED_SENTENCES = 20_000  # a fragment this far back is not waited for when a feed is taken up again
DONE_SLOTS = 64  # few: a message heard again has all of its parts again


class Unfinished:
    """Every fragment of a feed, joined by the same rules as those of ships that are followed, and decoded never."""

    def __init__(self) -> None:
        self._joiner, self._tags = Joiner(DONE_SLOTS), Tags()

    def hear(self, number: int, sentence: Sentence) -> None:
        """A fragment that is heard."""
        if not sentence.defect:
            self._joiner.join(number, sentence)

    def pass_over(self, fragments: Iterable[Kin]) -> None:
        """Fragments that are not."""
        for kin in fragments:
            for sentence in kin.read(self._tags):
                self._joiner.join(kin.number, sentence)

    def since(self, number: int) -> int | None:
        """The first sentence, from one on, of a message that misses a part. What ends before it is given up."""
        return self._joiner.awaited_since(number)
