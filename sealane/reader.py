"""The reader: from whole messages to reports, by one watch. It marks which hours each source was heard in.

    whole message --> later | not followed | a reject reason | decoded: its reports

Held to a time (`until`), it is deaf to what was heard after it. What is learned, if it is to learn, is learned here.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from sealane.account import LATER, Account, Outcome, Rejected
from sealane.aisstream import Said, learn_said, why_said
from sealane.filter import Watch, learn, why
from sealane.fix import Fix
from sealane.fragment import Whole
from sealane.heard import HOUR_US, Hours, Told
from sealane.message import Message, decode
from sealane.report import position_defect, read_reports
from sealane.sentence import Sentence
from sealane.stamp import Pghp, moment, unix_us
from sealane.static import StaticReport

EARLIEST_US = 946_684_800_000_000  # 2000-01-01: no AIS receiver kept a right clock before
LATEST_AFTER_READING = timedelta(minutes=10)
NEVER_US = 1 << 63  # later than any stamp

Reports = list[Fix | StaticReport]


class Reader:
    """`read_at` bounds plausible stamps; a live shell moves it on."""

    def __init__(
        self,
        watch: Watch,
        account: Account,
        hours: Hours,
        *,
        feed: str,
        read_at: datetime,
        learning: bool,
        until: datetime | None,
    ) -> None:
        self.watch, self.account, self.hours = watch, account, hours
        self.feed, self.learning = feed, learning
        self.pghp = Pghp()
        self.is_held = until is not None
        self._until_us = NEVER_US if until is None else unix_us(until)
        self.read_at = read_at

    @property
    def read_at(self) -> datetime:
        return self._read_at

    @read_at.setter
    def read_at(self, at: datetime) -> None:
        self._read_at = at
        self._latest_us = unix_us(at + LATEST_AFTER_READING)
        self.plausible_us = range(EARLIEST_US, min(self._latest_us, self._until_us) + 1)  # stamps to go by

    def follows(self, payload: bytes) -> bool:
        """Whether a first fragment's payload shows somebody followed."""
        return why(payload, self.watch) is not None

    def is_later(self, at_us: int | None) -> bool:
        """Whether a stamp is after the time it is held to."""
        return at_us is not None and at_us > self._until_us

    def mark_heard(self, station: str | None, at_us: int | None) -> None:
        """A source was heard, if the stamp is one to go by."""
        if at_us is not None and at_us in self.plausible_us:
            self.hours.add(station or self.feed, at_us)

    def told_by(self, sentences: Iterable[Sentence], told: Told) -> Told:
        """With the hours that some more stamps tell."""
        hours = {hour: [*stations] for hour, stations in told.items()}
        for sentence in sentences:
            if sentence.at_us is not None and sentence.at_us in self.plausible_us:
                hours.setdefault(sentence.at_us // HOUR_US, []).append(sentence.station)
        return hours

    def mark_told(self, told: Told) -> None:
        """Sources were heard, by stamps to go by."""
        for hour, stations in told.items():
            self.hours.add_each([station or self.feed for station in stations], hour)

    def claimed(self, message: Whole, number: int, arrived_at: datetime | None) -> Whole:
        """With the $PGHP that names it, if no tag block stamps it; else, without any stamp, with its arrival.

        `number` of the sentence that completes it, running.
        """
        if self.pghp:
            stamp = self.pghp.claim(message.checksum, number)
            if stamp and message.stamped_by != "tag_block":
                station = message.station or stamp.station
                message = replace(message, at_us=stamp.at_us, stamped_by=stamp.by, station=station)
        return self.stamped(message, arrived_at)

    def stamped(self, message: Whole, arrived_at: datetime | None) -> Whole:
        """Without any stamp, with its arrival; and its hour marked."""
        if arrived_at is not None and message.at_us is None:
            message = replace(message, at_us=unix_us(arrived_at), stamped_by="arrival")
        self.mark_heard(message.station, message.at_us)
        return message

    def read(self, message: Whole) -> tuple[Outcome, Reports]:
        """A message of somebody followed, checksums good, stamped."""
        if self.learning:
            learn(message.payload, self.watch)
        decoded = decode(message)
        if isinstance(decoded, Rejected):
            return decoded.reason, []
        return self._reported(decoded, message)

    def read_said(self, said: Said, arrived_at: datetime | None) -> tuple[Outcome, Reports]:
        """A message that aisstream.io decoded."""
        message = self.stamped(said.whole, arrived_at)
        if self.is_later(message.at_us):
            return LATER, []
        if why_said(said.message, self.watch) is None:
            return "not_followed", []
        if self.learning:
            learn_said(said.message, self.watch)
        return self._reported(said.message, message)

    def _reported(self, decoded: Message, message: Whole) -> tuple[Outcome, Reports]:
        if defect := position_defect(decoded):
            return defect, []
        if message.at_us is None or message.stamped_by is None:
            self.account.stamp(None)
            return "decoded", []
        if not EARLIEST_US <= message.at_us <= self._latest_us:
            return "bad_time", []
        self.account.stamp(message.at_us)
        source = message.station or self.feed
        return "decoded", read_reports(decoded, message, moment(message.at_us), message.stamped_by, source)
