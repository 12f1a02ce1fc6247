"""Parts: a first pass over a large plain file, shared among processes, one a core.

    file    |------ part 1: this process ------|------ part 2: a child ------|------ part 3: a child ------|

What a first pass learns is a set, and what it keeps of a block is that block's own: so parts can be done at once, and
what is learned in one is looked for in all of them by the second pass. A child is a fork that reads, sifts and tells;
it touches nothing else. Where there is no fork there is one part; where a child ends early its part is done here.

Processes, because threads hinder each other: a block is sifted in many short steps, and between any two of them the
interpreter's lock changes hands.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import NamedTuple

from streams.replay.gists import Counts
from streams.replay.recording import BLOCK_BYTES, Recording

PART_BYTES = 16 << 20  # at least: for less a child is not worth it
MOST = 8
LOOKS_EVERY_S = 0.05

Tell = Callable[[int], None]  # bytes read


class Learned(NamedTuple):
    """What a first pass over a part found, beside its gists."""

    bound: frozenset[int]
    met: frozenset[int]
    seals: tuple[bytes, ...]  # of its blocks
    counts: Counts  # of its gists
    is_cut: bool  # it could not be read to its end


def parts(recording: Recording) -> list[range]:
    """The blocks of each part of a recording; none if it is read in one go."""
    if not sys.platform.startswith("linux") or not recording.is_straight:
        return []
    count = min(len(os.sched_getaffinity(0)), MOST, recording.size_bytes // PART_BYTES)
    blocks = -(-recording.size_bytes // BLOCK_BYTES)
    if count < 2:
        return []
    return [range(blocks * number // count, blocks * (number + 1) // count) for number in range(count)]


class Child:
    """A part in the hands of another process, which begins at once."""

    def __init__(self, learn: Callable[[Tell], Learned]) -> None:
        fork = get_context("fork")
        self._ours, theirs = fork.Pipe(duplex=False)
        self._process = fork.Process(target=_in_child, args=(learn, self._ours, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self.read_bytes = 0
        self._learned: Learned | None = None
        self._has_ended = False

    def look(self, for_s: float = 0.0) -> None:
        """Take what it has said, waiting so long at most for it to say something."""
        try:
            while not self._has_ended and self._ours.poll(for_s):
                self._take(self._ours.recv())
                for_s = 0.0
        except (EOFError, OSError):
            self._has_ended = True

    def learned(self, look_on: Callable[[], None]) -> Learned | None:
        """What it found, as soon as it has; None: it ended early."""
        while not self._has_ended:
            self.look(LOOKS_EVERY_S)
            look_on()
        return self._learned

    def end(self) -> None:
        """It is needed no more."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self._ours.close()

    def _take(self, said: int | Learned) -> None:
        if isinstance(said, Learned):
            self._learned = said
        else:
            self.read_bytes = said


def _in_child(learn: Callable[[Tell], Learned], ours: Connection, theirs: Connection) -> None:
    """Ends without a word if its parent is gone. What the keyboard says is for the parent."""
    ours.close()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(BrokenPipeError):
        theirs.send(learn(theirs.send))
