"""A folder of files: what programs write there, those that grow and finished ones, compressed (.gz, .zst) too.

    new                 read, the oldest first
    grown               read on, whole lines at a time: no two files' lines run into each other
    renamed (rotation)  known again by its inode; read on
    truncated, replaced read from its start
    compressed          read once, when it has not changed for a moment; decompressed in another thread

Looked at twice a second. Files in folders below it are not read, nor hidden ones. A run that is started again goes on
in each file where it stood; a rotated file that was compressed meanwhile is another file, and heard twice: that changes
nothing. What lay in a file when it was first seen has no time of arrival.
"""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from streams.clock import now
from streams.feeds import BLOCK_BYTES, Block, Mark, Status, Tell
from streams.feeds.file import line_hash
from streams.feeds.lines import LINE_END, whole_bytes
from streams.replay.recording import CannotRead, CutShort, Recording

LOOKS_EVERY_S = 0.5
COMPRESSED = (".gz", ".zst")
SETTLED_AFTER_S = 2.0  # unchanged for so long, a compressed file is finished
TORN_AFTER_S = 10.0  # unchanged for so long, a last line without end is all that comes


class Place(msgspec.Struct, frozen=True):
    """Where one file stands."""

    inode: int
    offset: int = 0  # decompressed
    line_hash: str = ""  # of the last line before
    size: int = -1  # of a compressed file that was read to its end


class Seen(NamedTuple):
    """A file as the folder shows it."""

    changed_at: float
    name: str
    size: int
    inode: int


class Folder:
    """Its offset counts the bytes of all files. Where each of them stands is kept beside the mark."""

    def __init__(self, path: Path, tell: Tell) -> None:
        self.path = path
        self.name = f"folder:{os.path.abspath(path)}"
        self.status = Status()
        self._tell = tell
        self._places: dict[str, Place] = {}
        self._reached: deque[tuple[int, str, Place]] = deque()  # by offset, since a mark was last asked about
        self._lay_there: dict[int, int] = {}  # inode: the size when it was first seen
        self._told: dict[str, str] = {}
        self._offset = 0

    def resume(self, places: Mapping[str, str]) -> None:
        self._places = {name: msgspec.json.decode(place, type=Place) for name, place in places.items()}

    def places(self, mark: Mark) -> Mapping[str, str]:
        moved: dict[str, str] = {}
        while self._reached and self._reached[0][0] <= mark.offset:
            _, name, place = self._reached.popleft()
            moved[name] = msgspec.json.encode(place).decode()
        return moved

    async def blocks(self, after: Mark) -> AsyncIterator[Block]:
        self._offset = after.offset
        while True:
            for seen in self._seen():
                async for block in self._read(seen):
                    yield block
            await asyncio.sleep(LOOKS_EVERY_S)

    def _seen(self) -> list[Seen]:
        """The files there are, the oldest first."""
        try:
            with os.scandir(self.path) as entries:
                found = [self._look(entry) for entry in entries if not entry.name.startswith(".") and entry.is_file()]
        except OSError as error:
            self.status.connected = False
            self._tell_once("", f"{self.path}: {(error.strerror or 'unreadable').lower()}; waiting for it")
            return []
        self.status.connected = True
        self._told.pop("", None)
        self._know_again(found)
        return sorted(found)

    def _know_again(self, found: list[Seen]) -> None:
        """By its inode a file keeps its place under another name; what is gone is forgotten."""
        by_inode = {place.inode: (name, place) for name, place in self._places.items()}
        self._places = {}
        self._lay_there = {seen.inode: self._lay_there.get(seen.inode, seen.size) for seen in found}
        names = {seen.name for seen in found}
        self._told = {name: told for name, told in self._told.items() if name in names}
        for seen in found:
            before, place = by_inode.get(seen.inode, ("", None))
            if place is not None:
                self._places[seen.name] = place
                if before != seen.name:
                    self._reached.append((self._offset, seen.name, place))

    @staticmethod
    def _look(entry: "os.DirEntry[str]") -> Seen:
        try:
            at = entry.stat()
        except OSError:  # gone again
            return Seen(0.0, entry.name, 0, 0)
        return Seen(at.st_mtime, entry.name, at.st_size, at.st_ino)

    async def _read(self, seen: Seen) -> AsyncIterator[Block]:
        """What a file has that was not read yet."""
        place = self._places.get(seen.name) or Place(seen.inode)
        try:
            if seen.name.endswith(COMPRESSED):
                if seen.size != place.size and now().timestamp() - seen.changed_at > SETTLED_AFTER_S:
                    async for block in self._finished(seen, place):
                        yield block
            elif seen.size != place.offset:
                for block in self._grown(seen, place):
                    yield block
        except (OSError, CannotRead, CutShort) as error:
            self._tell_once(seen.name, f"{self.path / seen.name}: {_words(error, self.path / seen.name)}")

    def _grown(self, seen: Seen, place: Place) -> Iterator[Block]:
        """Of a plain file, up to its last whole line; a last line that nobody ends is ended."""
        with (self.path / seen.name).open("rb") as file:
            if seen.size < place.offset or not _is_same(file.fileno(), place):
                self._tell(f"{self.path / seen.name}: replaced or truncated; reading it from its start")
                place = Place(seen.inode)
            file.seek(place.offset)
            while read := file.read(BLOCK_BYTES):
                is_torn = now().timestamp() - seen.changed_at > TORN_AFTER_S
                end = whole_bytes(read) or (len(read) if len(read) == BLOCK_BYTES or is_torn else 0)
                if not end:
                    return
                text = read[:end]
                is_end = end == len(read) < BLOCK_BYTES
                place = replace(place, offset=place.offset + end, line_hash=_last_hash(text))
                yield self._block(seen, place, text + (LINE_END if is_end and not text.endswith(LINE_END) else b""))
                file.seek(place.offset)

    async def _finished(self, seen: Seen, place: Place) -> AsyncIterator[Block]:
        """Of a compressed file, from where it stood on."""
        skip, is_whole = place.offset, True
        with closing(await asyncio.to_thread(Recording, str(self.path / seen.name))) as recording:
            blocks = recording.blocks()
            try:
                while read := await asyncio.to_thread(next, blocks, b""):
                    skipped, skip = min(skip, len(read)), max(skip - len(read), 0)
                    if text := read[skipped:]:
                        is_whole = text.endswith(LINE_END)
                        place = replace(place, offset=place.offset + len(text), line_hash=_last_hash(text))
                        yield self._block(seen, place, text)
            except CutShort as error:
                self._tell_once(seen.name, str(error))
        yield self._block(seen, replace(place, size=seen.size), b"" if is_whole else LINE_END)
        self._tell(f"{self.path / seen.name}: read")

    def _block(self, seen: Seen, place: Place, text: bytes) -> Block:
        at = now()
        self._offset += len(text)
        self._places[seen.name] = place
        self._reached.append((self._offset, seen.name, place))
        self.status.got(at)
        is_new = not seen.name.endswith(COMPRESSED) and place.offset > self._lay_there[seen.inode]
        return Block(bytes=text, ends_at=self._offset, arrived_at=at if is_new else None)

    def _tell_once(self, name: str, text: str) -> None:
        if self._told.get(name) != text:
            self._told[name] = text
            self._tell(text)


def _last_hash(text: bytes) -> str:
    return line_hash(text.rstrip(LINE_END).rpartition(LINE_END)[2])


def _is_same(fd: int, place: Place) -> bool:
    """Whether what stands before the place is what was read; an inode may be another file's by now."""
    if not place.offset:
        return True
    before = os.pread(fd, min(place.offset, BLOCK_BYTES), max(0, place.offset - BLOCK_BYTES))
    return _last_hash(before) == place.line_hash


def _words(error: Exception, path: Path) -> str:
    if isinstance(error, OSError):
        return f"cannot be read ({(error.strerror or str(error)).lower()}); tried again when it changes"
    return str(error).removeprefix(f"{path}: ")
