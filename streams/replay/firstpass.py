"""The first pass of a replay: learn whom to follow, and keep the gist of each block for the second.

    a large plain file    in parts, at once (streams/replay/parts.py)
    anything else         from beginning to end, sifted in threads a few blocks ahead

Every block is sealed, too, where a ledger must know the same bytes again.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import chain, repeat

from sealane.filter import Watch
from sealane.listener import Listener
from sealane.scout import Scout
from sealane.sieve.gist import Gist, gist_of
from sealane.sieve.sifted import Sifted
from streams.collector import keep_freed
from streams.replay.ahead import ahead
from streams.replay.gists import Gists
from streams.replay.merge import Merged
from streams.replay.parts import Child, Learned, Tell, parts
from streams.replay.recording import BLOCK_BYTES, Progress, Recording, further
from streams.replay.resume import Contents, seal_of
from streams.replay.span import Inside
from streams.replay.wholelines import lines_of, whole_lines


class FirstPass:
    """Learns into a watch, from lines within a span if one is given."""

    def __init__(
        self,
        watch: Watch,
        read_at: datetime,
        *,
        until: datetime | None = None,
        inside: Inside | None = None,
        contents: Contents | None = None,
        is_paced: bool = False,
    ) -> None:
        """Paced, it lets others go on now and then, and keeps no gists."""
        self._watch, self._inside, self._contents, self._is_paced = watch, inside, contents, is_paced
        self._is_divisible = inside is None and until is None and not is_paced  # a line needs none of those before it
        self._scout = Scout(watch, until=until)
        self._sifter = Listener(watch, feed="", read_at=read_at, until=until)  # it only sifts
        self._seals: list[bytes] = []
        self._gists: list[Gists] = []

    async def learn(
        self, recordings: Sequence[Recording | Merged], progress: Progress, is_stopping: asyncio.Event
    ) -> None:
        """Read each recording once."""
        keep_freed()
        done = 0
        for recording in recordings:
            if is_stopping.is_set():
                return
            self._scout.begin(recording.name)
            self._seals.clear()
            told = partial(further, progress, done)
            if self._is_divisible and isinstance(recording, Recording) and (divided := parts(recording)):
                self._learn_parts(recording, divided, told)
            else:
                await self._learn_whole(recording, told, is_stopping)
            if self._contents is not None:
                self._contents.add(recording.place, self._seals)
            done += recording.size_bytes

    def gists(self, recording: Recording | Merged) -> Iterator[Gist | None]:
        """Of each block of a recording in turn, without end; None: it must be sifted again."""
        mine = (gists for gists in self._gists if gists.recording is recording)
        return chain(chain.from_iterable(mine), repeat(None))

    def close(self) -> None:
        """Its gists are needed no more."""
        for gists in self._gists:
            gists.close()

    async def _learn_whole(self, recording: Recording | Merged, progress: Progress, is_stopping: asyncio.Event) -> None:
        gists = self._gists_of(recording)
        for block, sifted in ahead(self._blocks(recording, progress), self._sifter.sift):
            self._hear(block, sifted, None if self._is_paced else gists)
            if self._is_paced:
                await asyncio.sleep(0)  # to signals
            if is_stopping.is_set():
                return

    def _blocks(self, recording: Recording | Merged, progress: Progress) -> Iterator[bytes]:
        if self._inside is not None:
            self._inside.begin()
        for block in lines_of(recording, progress, []):  # of problems the second pass tells
            self._seals += self._seal(block)
            yield self._inside.of(block) if self._inside is not None else block

    def _seal(self, block: bytes) -> tuple[bytes, ...]:
        return () if self._contents is None else (seal_of(block),)

    def _hear(self, block: bytes, sifted: Sifted | None, gists: Gists | None) -> None:
        self._scout.hear_block(block, sifted)
        if gists is not None:
            told = self._sifter.told_by
            gists.add(sifted and gist_of(block, sifted, told(block, sifted), self._sifter.reader))

    def _gists_of(self, recording: Recording | Merged) -> Gists:
        gists = Gists(recording)
        self._gists.append(gists)
        return gists

    def _learn_parts(self, recording: Recording, divided: Sequence[range], progress: Progress) -> None:
        """The first here, the others in children meanwhile. One that cannot be read to its end is the last."""
        gists = [self._gists_of(recording) for _ in divided]
        learn = partial(self._learn_part, recording, divided, gists)
        for each in gists[1:]:
            each.share()
        children = [Child(partial(learn, number)) for number in range(1, len(divided))]

        def look(read_bytes: int) -> None:
            for child in children:
                child.look()
            progress(read_bytes + sum(child.read_bytes for child in children))

        try:
            found = learn(0, look)
            self._seals += found.seals
            for number, child in enumerate(children, 1):
                if found.is_cut:
                    return
                if (learned := child.learned(partial(look, divided[0].stop * BLOCK_BYTES))) is None:
                    gists[number].clear()
                    learned = learn(number, lambda _: None)
                found = learned
                self._watch.bound.update(found.bound)
                self._watch.met.update(found.met)
                self._seals += found.seals
                gists[number].counts = found.counts
            progress(recording.size_bytes)
        finally:
            for child in children:
                child.end()

    def _learn_part(
        self, recording: Recording, divided: Sequence[range], gists: Sequence[Gists], number: int, tell: Tell
    ) -> Learned:
        """One part, in whatever process."""
        seals: list[bytes] = []
        read_bytes, is_cut = 0, False
        try:
            for block in whole_lines(recording, divided[number], is_last=number == len(divided) - 1):
                seals += self._seal(block)
                self._hear(block, self._sifter.sift(block), gists[number])
                read_bytes += len(block)
                tell(read_bytes)
        except OSError:  # the second pass says so
            is_cut = True
        watch = self._watch
        return Learned(frozenset(watch.bound), frozenset(watch.met), tuple(seals), gists[number].counts, is_cut)
