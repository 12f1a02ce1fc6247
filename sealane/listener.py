"""The listener: from lines of bytes to reports. Pure of I/O, clock and chance, but stateful: it remembers open fragments.

    Lines      blocks of bytes, cut anywhere -> whole lines
    Scout      first pass of a replay: only learns whom to follow (`watch.bound`, `watch.met`)
    Listener   lines -> reports, an account of every line, and the hours each source was heard in

A replay that scouts all lines first, and then hears them with what was learned, gives the same reports whatever the
order. A live listener learns as it goes (`learning=True`).
"""

from collections.abc import Iterator
from datetime import datetime

from sealane.account import Account
from sealane.filter import Watch
from sealane.fix import Fix
from sealane.heard import Hours
from sealane.static import StaticReport


class Lines:
    """Cuts blocks into lines at b"\\n". A line over MAX_LINE_BYTES comes out cut short, still too long: it is rejected."""

    def cut(self, block: bytes) -> Iterator[bytes]:
        """The lines this block completes, without their ends."""
        raise NotImplementedError

    def rest(self) -> Iterator[bytes]:
        """The last line, if it had no end."""
        raise NotImplementedError


class Scout:
    """Learns from lines, in any order, without accounting for them: a good checksum is enough, no stamp is needed."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def hear(self, line: bytes) -> None:
        raise NotImplementedError


class Listener:
    """`read_at` bounds plausible stamps; a live shell moves it on. `arrived_at` stamps a message that has no stamp."""

    account: Account
    hours: Hours

    def __init__(self, watch: Watch, *, feed: str, read_at: datetime, learning: bool = False) -> None:
        self.watch, self.feed, self.read_at, self.learning = watch, feed, read_at, learning

    def begin(self, file: str) -> None:
        """A new file: line numbers start again and no $PGHP waits; open fragments live on."""
        raise NotImplementedError

    def hear(self, line: bytes, arrived_at: datetime | None = None) -> list[Fix | StaticReport]:
        """The reports this line completes."""
        raise NotImplementedError

    def finish(self) -> None:
        """No more lines come: fragments still open are settled as incomplete."""
        raise NotImplementedError
