"""A span: the time between `--from` (included) and `--to` (not), and deafness to lines heard outside it.

Such a line is handed on empty, so that the lines after it keep their numbers, and counts as `outside`: it tells no
hour, binds nobody, begins no message. A line that does not say when it was heard is handed on as it is.
"""

from typing import NamedTuple

from sealane.account import Account
from streams.replay.resume import HEARD_BEFORE
from streams.replay.stamped import Stamped

OUTSIDE = "outside"
LINE_END = b"\n"


class Span(NamedTuple):
    """Unix time in microseconds; None: without a bound on that side."""

    from_us: int | None = None
    to_us: int | None = None

    def holds(self, at_us: int) -> bool:
        return (self.from_us is None or self.from_us <= at_us) and (self.to_us is None or at_us < self.to_us)


class SpanAccount(Account):
    """An account that also counts what was not handed on."""

    def __init__(self) -> None:
        super().__init__()
        self.outside_lines = self.outside_sentences = self.lines_before = 0

    @property
    def lines(self) -> dict[str, int]:
        """With `outside` and `heard_before`, if they occurred."""
        return _with(HEARD_BEFORE, _with(OUTSIDE, super().lines, self.outside_lines), self.lines_before)

    @property
    def sentences(self) -> dict[str, int]:
        return _with(OUTSIDE, super().sentences, self.outside_sentences)


class Inside:
    """Hands on the lines heard within a span. One for each time the recordings are read."""

    def __init__(self, span: Span, account: SpanAccount | None = None) -> None:
        self._span, self._account, self._stamped = span, account, Stamped()

    def begin(self) -> None:
        """A new file."""
        self._stamped.begin()

    def of(self, block: bytes) -> bytes:
        """The same whole lines, each with its end; empty those heard outside."""
        return LINE_END.join([self._line(line) for line in block.split(LINE_END)])

    def _line(self, line: bytes) -> bytes:
        heard = self._stamped.read(line)
        if heard.at_us is None or self._span.holds(heard.at_us):
            return line
        if self._account is not None:
            self._account.outside_lines += 1
            self._account.outside_sentences += heard.sentences
        return b""


def _with(outcome: str, table: dict[str, int], count: int) -> dict[str, int]:
    return {**table, "total": table["total"] + count, outcome: count} if count else table
