"""The listener: from lines of bytes to reports. No I/O, clock or chance, but stateful: it remembers open fragments.

    lines -> reports, an account of every line, and the hours each source was heard in

A whole block of lines can be heard at once (`hear_block`): the sieve passes over what need not be read. That changes
nothing but the time it takes: reports, account and hours are those of its lines heard one by one.

A replay that scouts all lines first, and then hears them with what was learned, gives the same reports whatever the
order. A live listener learns as it goes (`learning=True`). Held to a time (`until`), it is deaf to what was heard after
it: no report, no hour, nothing learned, no fragment joined; such lines count as `later`.
"""

from collections.abc import Callable
from datetime import datetime

from sealane.account import LATER, REASONS, SAMPLE_BYTES, Account, Outcome, Rejected, Sample
from sealane.aisstream import OPENS, Said, read_json
from sealane.assembly import Assembly
from sealane.filter import Watch
from sealane.fragment import KEPT_SENTENCES, whole
from sealane.heard import Hours, Told
from sealane.lines import MAX_LINE_BYTES
from sealane.reader import EARLIEST_US, LATEST_AFTER_READING, Reader, Reports
from sealane.sentence import FIRST, Sentence, glance
from sealane.sieve.framing import read_line
from sealane.sieve.passage import Passage
from sealane.sieve.recall import Recalled
from sealane.sieve.sieve import COMPILED, LEAST_BYTES, Sieve
from sealane.sieve.sifted import Seen, Sifted
from sealane.sieve.telling import Telling
from sealane.sieve.texts import Here, Texts
from sealane.stamp import PGHP, Tags, holds_pghp, unix_us
from sealane.unfinished import AWAITED_SENTENCES, Unfinished

__all__ = ["EARLIEST_US", "LATEST_AFTER_READING", "Listener", "Reports"]

WORTH_SIFTING_BYTES = 1_200 if COMPILED else 8_000  # below, setting up the columns costs more than it saves
MOST_HEARD = 0.5  # of a block's lines: where more are followed, line by line is quicker
SIFTED_AGAIN = 8  # times a block: where radios are learned of one after the other, its lines are read one by one

Where = Callable[[int], tuple[str, int]]  # from the number of a line, from 1


class Listener:
    """`read_at` bounds plausible stamps; a live shell moves it on. `arrived_at` stamps a message that has no stamp."""

    def __init__(
        self,
        watch: Watch,
        *,
        feed: str,
        read_at: datetime,
        learning: bool = False,
        until: datetime | None = None,
        account: Account | None = None,
        hours: Hours | None = None,
    ) -> None:
        """`account` and `hours` to write to, if not of its own."""
        self.account, self.hours = account or Account(), Hours() if hours is None else hours
        self.reader = Reader(
            watch, self.account, self.hours, feed=feed, read_at=read_at, learning=learning, until=until
        )
        self._file, self._line = "", 0
        self._where: Where | None = None
        self._number = 0  # of the sentence, running
        self._tags, self._pghp = Tags(), self.reader.pghp
        self._telling, self._sieve = Telling(self._tags), Sieve(watch)
        self._assembly = Assembly(self.reader, self.account, self._tags, self._sample_of)
        self._unfinished = Unfinished() if learning else None

    @property
    def watch(self) -> Watch:
        return self.reader.watch

    def follow(self, watch: Watch) -> None:
        """Go by another watch from now on."""
        self.reader.watch = watch
        self._sieve = Sieve(watch)

    @property
    def heard(self) -> int:
        """How many sentences were heard."""
        return self._number

    @property
    def settled(self) -> int:
        """How many of them, from the first on, no message waits for. Whoever goes on later hears the others again."""
        since = max(self._number - AWAITED_SENTENCES, 0) + 1
        waiting = (
            self._assembly.waits_since(since),
            None if self._unfinished is None else self._unfinished.since(since),
            self._pghp.waits_since(self._number),
        )
        return min((number for number in waiting if number is not None), default=self._number + 1) - 1

    def begin(self, file: str, where: Where | None = None) -> None:
        """A new file: line numbers start again and no $PGHP waits; open fragments live on.

        `where` its lines come from, if it is several put together: the file and line of each.
        """
        self._file, self._line, self._where = file, 0, where
        self._pghp.clear()

    def hear(self, line: bytes, arrived_at: datetime | None = None) -> Reports:
        """The reports this line completes."""
        self._line += 1
        if len(line) > MAX_LINE_BYTES:
            self.account.count(["line_too_long"], self._sample(line))
            return []
        line = line.strip()
        if not line:
            return []
        if line.startswith(OPENS) and (said := read_json(line)) is not None:
            return self._hear_json(line, said, arrived_at)
        sentences = read_line(line, self._tags)
        if len(sentences) == 1:
            return self._hear_only(line, sentences[0], arrived_at)
        return self._hear_several(line, sentences, arrived_at) if sentences else self._hear_foreign(line)

    def sift(self, block: bytes) -> Sifted | None:
        """What `hear_block` needs of whole lines, made beforehand, in any thread; None: it reads them all."""
        watch = self.watch
        if self.reader.is_held or watch.mmsi is None or watch.boxes is None:
            return None
        if len(block) < max(WORTH_SIFTING_BYTES, LEAST_BYTES) or holds_pghp(block):
            return None
        return self._sieve.sift(block)

    def hear_block(self, block: bytes, sifted: Sifted | None, arrived_at: datetime | None = None) -> Reports:
        """The reports that whole lines complete, each line with its end. `sifted`: what `sift` made of them."""
        reports: Reports = []
        for _ in range(SIFTED_AGAIN):
            if sifted is None or self._pghp or len(sifted.heard) > MOST_HEARD * len(sifted.ends):
                break
            found, end = self._hear_sifted(block, sifted, arrived_at)
            reports += found
            block = block[end:]
            if not block:
                return reports
            sifted = self.sift(block)
        return reports + self._hear_each(block, arrived_at)

    def hear_again(self, recalled: Recalled) -> Reports:
        """The same of a block that a first pass looked at, now that everybody who is followed is known."""
        self.reader.mark_told(recalled.told)
        if self._pghp or len(recalled.seen.heard) > MOST_HEARD * recalled.rows:
            return self._hear_each(recalled.block)
        reports, _ = self._hear_seen(recalled, recalled.seen, recalled.rows)
        return reports

    def _hear_each(self, block: bytes, arrived_at: datetime | None = None) -> Reports:
        return [report for line in block.split(b"\n")[:-1] for report in self.hear(line, arrived_at)]

    def told_by(self, block: bytes, sifted: Sifted) -> Told:
        """The hours told by stamps of lines passed over that nobody knows yet."""
        return self._telling.told_by(block, sifted, self._sieve, self.reader.plausible_us)

    def _hear_sifted(self, block: bytes, sifted: Sifted, arrived_at: datetime | None) -> tuple[Reports, int]:
        """The reports of a block's lines, and where what was sifted no longer holds: a radio was learned of."""
        self.reader.mark_told(self.told_by(block, sifted))
        if sifted.has_unstamped and arrived_at is not None:
            self.reader.mark_heard(None, unix_us(arrived_at))
        texts = Here(block, sifted.starts, sifted.ends)
        reports, end = self._hear_seen(texts, sifted.seen, len(sifted.ends), arrived_at)
        return reports, int(sifted.ends[end - 1]) + 1

    def _hear_seen(self, texts: Texts, seen: Seen, end: int, arrived_at: datetime | None = None) -> tuple[Reports, int]:
        """The same of so many rows, and the row up to which what was seen of them holds."""
        passage = Passage(texts, seen, (self._number, self._file, self._line))
        self._assembly.loose.begin(passage)
        reports: Reports = []
        rows = sorted([*seen.heard, *passage.awaited_after(-1, self._assembly.near(self._number))], reverse=True)
        heard, learned = 0, self.watch.learned
        while rows and rows[-1] < end:
            row, heard = rows.pop(), heard + 1
            before, self._line = passage.come_to(row)
            self._number = before
            reports += self.hear(texts.line(row), arrived_at)
            if self._number != before + 1:
                passage.held(row, self._number - before)
            if self.reader.learning and self.watch.learned != learned:  # somebody is followed who was not: sift again
                end = row + 1
            elif self._assembly.has_begun and (more := passage.awaited_after(row, self._assembly.begun())):
                rows = sorted([*rows, *more], reverse=True)
        self._number, self._line = passage.come_to(end)
        self.account.pass_over(end - heard - len(seen.settled))  # of a block that is sifted anew none is
        for _, sentences in seen.settled:
            self.account.count_alike("not_followed", sentences) if sentences else self.account.count_foreign()
        self._assembly.loose.forget_before(self._number - KEPT_SENTENCES)
        if self._unfinished is not None:
            self._unfinished.pass_over(passage.kin(self._number - AWAITED_SENTENCES))
        return reports, end

    def finish(self) -> None:
        """No more lines come: fragments still open are settled."""
        self._assembly.finish()

    def _hear_only(self, line: bytes, sentence: Sentence | Rejected, arrived_at: datetime | None) -> Reports:
        """A line of one sentence, as most are."""
        if isinstance(sentence, Rejected):
            self._number += 1
            if self._is_nobodys(line):
                self.account.count_alike("not_followed")
            else:
                self.account.count([sentence.reason], self._sample(line))
            return []
        if sentence.parts > 1:
            return self._hear_parts(line, [sentence], arrived_at)
        if self.reader.is_held and self._is_later(sentence):
            self.account.count_alike(LATER)
            return []
        self._number += 1
        outcome, reports = self._hear_message(sentence, arrived_at)
        if outcome in REASONS:
            self.account.count([outcome], self._sample(line))
        else:
            self.account.count_alike(outcome)
        return reports

    def _hear_json(self, line: bytes, said: Said | Rejected, arrived_at: datetime | None) -> Reports:
        """A line of aisstream.io: one whole message, decoded by the service."""
        outcome, reports = (said.reason, []) if isinstance(said, Rejected) else self.reader.read_said(said, arrived_at)
        if outcome != LATER:
            self._number += 1
        self.account.count([outcome], self._sample(line))
        return reports

    def _hear_foreign(self, line: bytes) -> Reports:
        """A line without a sentence; it may stamp one that comes after it."""
        if PGHP in line:
            self._pghp.hear(line, self._number)
        self.account.count_foreign()
        return []

    def _hear_several(self, line: bytes, sentences: list[Sentence | Rejected], arrived_at: datetime | None) -> Reports:
        """A line of several sentences."""
        if [one for one in sentences if isinstance(one, Sentence) and one.parts > 1]:
            return self._hear_parts(line, sentences, arrived_at)
        outcomes = [self._first_outcome(one) for one in sentences]
        reports: Reports = []
        for place, sentence in enumerate(sentences):
            if outcomes[place] == LATER:
                continue
            self._number += 1
            if isinstance(sentence, Sentence):
                outcomes[place], found = self._hear_message(sentence, arrived_at)
                reports += found
        if outcomes.count("not_followed") == len(outcomes):
            self.account.count_alike("not_followed", len(outcomes))
        else:
            self.account.count(outcomes, self._sample(line))
        return reports

    def _hear_parts(self, line: bytes, sentences: list[Sentence | Rejected], arrived_at: datetime | None) -> Reports:
        """A line with a fragment: each of its sentences counts as `part` until it is settled."""
        outcomes = [self._first_outcome(one) for one in sentences]
        entry = self.account.count(outcomes, self._sample(line))
        reports: Reports = []
        for place, sentence in enumerate(sentences):
            if outcomes[place] == LATER:
                continue
            self._number += 1
            if isinstance(sentence, Rejected):
                continue
            if sentence.parts == 1:
                outcome, found = self._hear_message(sentence, arrived_at)
                self.account.revise(entry, place, outcome)
                reports += found
            else:
                if self._unfinished is not None:
                    self._unfinished.hear(self._number, sentence)
                at = self._number, self._file, self._line
                reports += self._assembly.hear(at, sentence, (entry, place), arrived_at)
        return reports

    def _is_nobodys(self, line: bytes) -> bool:
        """Whether a line's head shows nobody who is followed: what is wrong with the rest of it does not matter."""
        shown = glance(line)
        if shown is None or self.reader.is_held or self._pghp or self.watch.mmsi is None:
            return False
        part, payload = shown
        return part != FIRST or not self.reader.follows(payload)

    def _first_outcome(self, sentence: Sentence | Rejected) -> Outcome:
        """What a sentence counts as until it is settled."""
        if isinstance(sentence, Rejected):
            return sentence.reason
        return LATER if self.reader.is_held and self._is_later(sentence) else "part"

    def _is_later(self, sentence: Sentence) -> bool:
        """Whether its own stamp says so; while a $PGHP waits, which may say otherwise, its message is asked."""
        if not self.reader.is_later(sentence.at_us):
            return False
        return sentence.stamped_by == "tag_block" or not self._pghp

    def _hear_message(self, sentence: Sentence, arrived_at: datetime | None) -> tuple[Outcome, Reports]:
        is_followed = self.reader.follows(sentence.payload)
        if not is_followed and sentence.at_us is not None and not self._pghp:  # most lines: nothing more to know
            self.reader.mark_heard(sentence.station, sentence.at_us)
            return "not_followed", []
        message = self.reader.claimed(whole((sentence,)), self._number, arrived_at)
        if self.reader.is_held and self.reader.is_later(message.at_us):
            return LATER, []
        if not is_followed:
            return "not_followed", []
        if defect := sentence.defect:
            return defect, []
        return self.reader.read(message)

    def _sample(self, line: bytes) -> Sample:
        return self._sample_of(self._file, self._line, line)

    def _sample_of(self, file: str, number: int, line: bytes) -> Sample:
        if self._where is not None and file == self._file:
            file, number = self._where(number)
        return Sample(file=file, line=number, text=line[:SAMPLE_BYTES])
