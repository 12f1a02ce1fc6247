"""Feeds: where live AIS comes from. Each is an async iterator of blocks of bytes, and says how it is.

    file.py    a file that grows, is rotated or is not there yet
    stdin.py   standard input
    tcp.py     a TCP server, again and again

A feed hands bytes on as they come, cut anywhere; it knows no sentence. A line that lost its end (a connection that
dropped, a file that was replaced) is ended by the feed, so that its beginning never runs into another line.
"""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Protocol

import msgspec

BLOCK_BYTES = 1 << 16

Tell = Callable[[str], None]  # one line of words for the operator


class Block(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Bytes as they came, cut anywhere."""

    bytes: bytes
    ends_at: int  # offset in the source after the last of them
    arrived_at: datetime | None  # None: they lay there before we looked, nobody can say when they came


class Status(msgspec.Struct, kw_only=True):
    """How a feed is. Changes in place."""

    connected: bool = False
    last_byte_at: datetime | None = None
    blocks: int = 0
    reconnects: int = 0

    def got(self, at: datetime) -> None:
        self.last_byte_at = at
        self.blocks += 1


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Where to go on in a source: after so many bytes, the last whole line of which had this hash."""

    offset: int = 0
    line_hash: str | None = None


class Feed(Protocol):
    """What the live run asks of a feed."""

    @property
    def name(self) -> str:
        """Its source's name in the ledger: the same on every start."""

    @property
    def status(self) -> Status: ...

    def blocks(self, after: Mark) -> AsyncIterator[Block]:
        """What comes after a mark, as it comes. Ends only where the source does."""
