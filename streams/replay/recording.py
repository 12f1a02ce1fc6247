"""A recording: a file of AIS, read as it is: plain, gzip or zstd (told by its first bytes), or standard input.

Read twice, because a replay first learns whom to follow. Standard input and pipes are spooled to a temporary file for
that. A file cut short gives all that could be read, and then says so.
"""

import gzip
import io
import os
import shutil
import stat
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, BinaryIO, Protocol, TypeAlias, cast

import zstandard

STDIN, STDIN_NAME = "-", "stdin"
BLOCK_BYTES = 1 << 20
ZSTD_BLOCK_BYTES = 1 << 15  # a damaged block loses what was decompressed with it
GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
SPOOL_IN_MEMORY_BYTES = 16 << 20


Progress: TypeAlias = Callable[[int], None]  # bytes read so far, of both passes, before decompression


class CannotRead(Exception):  # noqa: N818 - a name for the person who reads it
    """A recording that cannot be opened at all. `mistake`: the name is wrong, rather than the file."""

    def __init__(self, text: str, *, mistake: bool) -> None:
        super().__init__(text)
        self.mistake = mistake


class CutShort(Exception):  # noqa: N818
    """A recording that cannot be read to its end: cut short, or damaged."""


class Recording:
    """One named source of blocks of bytes, which can be read from its beginning more than once."""

    def __init__(self, name: str) -> None:
        """Open by name; `-` is standard input. Raises CannotRead."""
        self.name = STDIN_NAME if name == STDIN else name
        self.place = self.name if name == STDIN else str(Path(name).absolute())
        self._file = _stdin() if name == STDIN else _opened(Path(name))
        try:
            self.size_bytes = self._file.seek(0, os.SEEK_END)
        except OSError as error:
            raise CannotRead(f"{self.name}: cannot be read ({error.strerror})", mistake=False) from None

    @property
    def where(self) -> None:
        """Its lines are its own."""

    @property
    def read_bytes(self) -> int:
        """How far the file has been read, before decompression."""
        return self._file.tell()

    @property
    def state(self) -> tuple[int, int]:
        """Size and time of change: as long as they stay, so do its bytes."""
        held = self._file.fileno() if isinstance(self._file, io.BufferedReader) else None
        known = None if held is None else os.fstat(held)
        return (0, 0) if known is None else (known.st_size, known.st_mtime_ns)  # what is spooled stays

    @property
    def is_plain(self) -> bool:
        """Whether its bytes are not compressed, so that any block of it can be read by itself."""
        self._file.seek(0)
        magic = self._file.read(len(ZSTD_MAGIC))
        return not (_begins_as(GZIP_MAGIC, magic) or _begins_as(ZSTD_MAGIC, magic))

    @property
    def is_straight(self) -> bool:
        """Whether any of its bytes can be read by themselves: they are on disk, and not compressed."""
        if isinstance(self._file, io.BufferedReader):
            is_on_disk = stat.S_ISREG(os.fstat(self._file.fileno()).st_mode)
        else:
            is_on_disk = self.size_bytes > SPOOL_IN_MEMORY_BYTES
        return is_on_disk and self.is_plain

    def extent(self, number: int) -> range:
        """Where the bytes of a block lie, by its number from 0, as long as the file is now. Raises OSError."""
        size_bytes = os.fstat(self._file.fileno()).st_size
        return range(number * BLOCK_BYTES, min((number + 1) * BLOCK_BYTES, size_bytes))

    def between(self, begin: int, end: int) -> bytes:
        """Some of its bytes, fewer where it ends before. Raises OSError."""
        return os.pread(self._file.fileno(), end - begin, begin)

    def blocks(self, size_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
        """The bytes from the beginning, decompressed. Raises CutShort after the last that could be read."""
        try:
            yield from self._blocks(size_bytes)
        except OSError as error:
            raise CutShort(self.why_cut_short(error)) from None

    def why_cut_short(self, error: OSError) -> str:
        """What to say where it cannot be read on."""
        return f"{self.name}: cannot be read to its end ({error.strerror}); what was read up to there is counted"

    def _blocks(self, size_bytes: int) -> Iterator[bytes]:
        self._file.seek(0)
        magic = self._file.read(len(ZSTD_MAGIC))
        self._file.seek(0)
        if _begins_as(GZIP_MAGIC, magic):
            yield from _gzip(self.name, gzip.GzipFile(fileobj=self._file, mode="rb"), size_bytes)
        elif _begins_as(ZSTD_MAGIC, magic):
            yield from _zstd(self.name, self._file)
        else:
            yield from iter(lambda: self._file.read(size_bytes), b"")

    def close(self) -> None:
        self._file.close()


class Read(Protocol):
    """What can be read: a recording, or several as one."""

    @property
    def read_bytes(self) -> int: ...

    def blocks(self) -> Iterator[bytes]: ...


def further(progress: Progress, done: int, read_bytes: int) -> None:
    """So many bytes of a recording have been read, after those of the recordings before."""
    progress(done + read_bytes)


def _begins_as(kind: bytes, magic: bytes) -> bool:
    """Whether a file is of a kind, even one cut short within its first bytes."""
    return len(magic) >= len(GZIP_MAGIC) and kind.startswith(magic[: len(kind)])


def _opened(path: Path) -> BinaryIO:
    try:
        if path.is_dir():
            raise CannotRead(f"{path}: is a directory, expected a file; name the files in it: {path}/*", mistake=True)
        file = path.open("rb")
        return file if file.seekable() else _spooled(file)
    except FileNotFoundError:
        raise CannotRead(f"{path}: no such file; check the name, or use - for standard input", mistake=True) from None
    except OSError as error:
        raise CannotRead(f"{path}: cannot be read ({error.strerror})", mistake=False) from None


def _stdin() -> BinaryIO:
    if sys.stdin is None:  # closed by the caller
        raise CannotRead("stdin: closed, expected AIS; name a file, or pipe one in", mistake=True)
    return _spooled(sys.stdin.buffer)


def _spooled(stream: IO[bytes]) -> BinaryIO:
    spool = tempfile.SpooledTemporaryFile(max_size=SPOOL_IN_MEMORY_BYTES)  # noqa: SIM115 - closed by close()
    shutil.copyfileobj(stream, spool, BLOCK_BYTES)
    return cast(BinaryIO, spool)


def _gzip(name: str, stream: gzip.GzipFile, size_bytes: int) -> Iterator[bytes]:
    read = 0
    while True:
        try:
            block = stream.read1(size_bytes)  # what is there: a whole block would lose the last before a cut
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _cut_short(name, "gzip", read, str(error)) from None
        if not block:
            return
        read += len(block)
        yield block


def _zstd(name: str, file: BinaryIO) -> Iterator[bytes]:
    """Frame by frame, so that a frame that does not end is noticed."""
    read, frame = 0, None
    for compressed in iter(lambda: file.read(ZSTD_BLOCK_BYTES), b""):
        rest = compressed
        while rest:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            try:
                block = frame.decompress(rest)
            except zstandard.ZstdError as error:
                raise _cut_short(name, "zstd", read, str(error)) from None
            rest = frame.unused_data
            frame = None if frame.eof else frame
            read += len(block)
            if block:
                yield block
    if frame is not None:
        raise _cut_short(name, "zstd", read, "the last frame has no end")


def _cut_short(name: str, kind: str, read: int, why: str) -> CutShort:
    return CutShort(
        f"{name}: {kind} data cut short or damaged after {read:,} decompressed bytes ({why}); "
        "what was read up to there is counted; fetch the file again for the rest"
    )
