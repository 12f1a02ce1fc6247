"""Backup: a whole ledger in one file, as it stood at one head; and a ledger made again from it.

    zstd of    a length in 4 bytes, then JSON: what the file is, of which ledger, at which head
               of each key a length, then name, type and contents in MessagePack
               a length of 0, then the SHA-256 of all before

A file that ends early or was altered is refused before anything is written. Writers that held a claim before a restore
are refused after it: every source gets a higher epoch.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
import zstandard

from sealane.rules import Rules
from streams.care.contents import contents, names, put
from streams.care.holding import at_one_head
from streams.ledger import keys
from streams.ledger.ledger import Ledger, LedgerError, Meta, Write, claim_of

FORMAT = "sealane backup 1"
LENGTH_BYTES = 4
LONGEST_ABOUT = 10_000
WORDS_PER_WRITE = 2_000
WRITES_AT_A_TIME = 500
COMMANDS = {"hash": "HSET", "set": "SADD", "stream": "XADD"}
ENTRY_WORDS = 5  # of the chain: id, and names and values of hash and body
EPOCHS_ON = 1_000  # more than any writer has claimed since the backup was made


class About(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a backup."""

    format: str
    meta: Meta
    sequence: int
    hash: str


class Content(msgspec.Struct, frozen=True, array_like=True):
    """One key: a hash as fields and values in turn, a set as members, a stream as id and fields of each entry."""

    key: str
    kind: str
    words: list[bytes]


async def backup(ledger: Ledger, file: Path) -> About:
    """Write a ledger to a file, which appears whole or not at all. Raises LedgerError."""
    about, held = await at_one_head(ledger, lambda: _read(ledger))
    part = file.with_name(f".{file.name}.part")
    try:
        with part.open("wb") as raw:
            _write(raw, about, held)
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise LedgerError(f"{file}: cannot be written ({error.strerror}); free room, or name another file") from None
    return about


async def restore(ledger: Ledger, file: Path, rules: Rules, *, replace: bool = False) -> About:
    """Make a ledger again from a file; one that is there is refused, or with `replace` removed first."""
    about = about_of(file)
    if (about.meta.corridor, about.meta.synthetic) != (rules.corridor, rules.synthetic):
        raise LedgerError(
            f"{file}: is of corridor {about.meta.corridor!r} ({_ships(about.meta.synthetic)}), "
            f"expected {rules.corridor!r} ({_ships(rules.synthetic)}); name its corridor's file (--config)"
        )
    for _ in contents_of(file):  # to the end, before anything is written
        pass
    held = await names(ledger)
    if held and not replace:
        raise LedgerError(
            f"{ledger.url}: holds a ledger already, expected an empty database; "
            "add --replace to give it up for the backup"
        )
    epochs = {source: claim_of("", fence.decode()).epoch for source, fence in (await ledger.hash(keys.FENCE)).items()}
    if held:
        await put(ledger, [("DEL", keys.META, keys.FENCE)])  # from here on nobody writes
        await put(ledger, [("DEL", key) for key in held])
    last: list[Write] = []
    for content in contents_of(file):
        if content.key == keys.META:  # until it is there nobody takes this for a ledger
            last += _writes(content)
            continue
        writes = list(_writes(_raised(content, epochs) if content.key == keys.FENCE else content))
        for first in range(0, len(writes), WRITES_AT_A_TIME):
            await put(ledger, writes[first : first + WRITES_AT_A_TIME])
    await put(ledger, last)
    await ledger.read_head()
    return about


def about_of(file: Path) -> About:
    """What a backup is of. Raises LedgerError where the file is none."""
    with _opened(file) as source:
        return _about(file, source.read)


def contents_of(file: Path) -> Iterator[Content]:
    """The keys of a backup. Raises LedgerError where the file was cut short or altered, at the latest at its end."""
    with _opened(file) as source:
        digest = hashlib.sha256()

        def read(size: int) -> bytes:
            try:
                block = source.read(size)
            except zstandard.ZstdError as error:
                raise LedgerError(f"{file}: damaged ({error}); use another backup") from None
            if len(block) != size:
                raise LedgerError(f"{file}: cut short, expected its end; use another backup")
            digest.update(block)
            return block

        _about(file, read)
        while length := int.from_bytes(read(LENGTH_BYTES), "big"):
            try:
                yield msgspec.msgpack.decode(read(length), type=Content)
            except msgspec.MsgspecError as error:
                raise LedgerError(f"{file}: damaged ({error}); use another backup") from None
        expected = digest.digest()
        if read(len(expected)) != expected:
            raise LedgerError(f"{file}: altered, its checksum does not hold; use another backup")


def _about(file: Path, read: Callable[[int], bytes]) -> About:
    """The first line: its length in 4 bytes, then JSON."""
    refused = LedgerError(f"{file}: no backup of a ledger, expected a file that sealane backup wrote")
    try:
        length = int.from_bytes(read(LENGTH_BYTES), "big")
        if length > LONGEST_ABOUT:
            raise refused
        about = msgspec.json.decode(read(length), type=About)
    except (msgspec.MsgspecError, zstandard.ZstdError):
        raise refused from None
    if about.format != FORMAT:
        raise LedgerError(
            f"{file}: is a {about.format!r}, expected {FORMAT!r}; restore it by the sealane that wrote it"
        )
    return about


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        with file.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as source:
            yield cast(BinaryIO, source)
    except OSError as error:
        raise LedgerError(f"{file}: cannot be read ({error.strerror}); check its name") from None


def _write(raw: BinaryIO, about: About, held: list[Content]) -> None:
    digest = hashlib.sha256()
    with zstandard.ZstdCompressor(write_checksum=True).stream_writer(raw, closefd=False) as sink:
        for each in (msgspec.json.encode(about), *map(msgspec.msgpack.encode, held), b""):
            framed = len(each).to_bytes(LENGTH_BYTES, "big") + each
            digest.update(framed)
            sink.write(framed)
        sink.write(digest.digest())


async def _read(ledger: Ledger) -> tuple[About, list[Content]]:
    meta = await ledger.meta()
    if meta is None:
        raise LedgerError(f"{ledger.url}: holds no ledger yet; there is nothing to back up")
    head = await ledger.read_head()
    held = [Content(key=key, kind=kind, words=words) async for key, kind, words in contents(ledger)]
    return About(format=FORMAT, meta=meta, sequence=head.sequence, hash=head.hash), held


def _writes(content: Content) -> Iterator[Write]:
    """The commands that make a key again."""
    words, command = content.words, COMMANDS[content.kind]
    if command == "XADD":
        for at in range(0, len(words), ENTRY_WORDS):
            yield command, content.key, *words[at : at + ENTRY_WORDS]
    else:
        for at in range(0, len(words), WORDS_PER_WRITE):
            yield command, content.key, *words[at : at + WORDS_PER_WRITE]


def _raised(content: Content, epochs: dict[bytes, int]) -> Content:
    """The fences, each with an epoch nobody has."""
    words: list[bytes] = []
    for source, fence in zip(content.words[::2], content.words[1::2], strict=True):
        claim = claim_of("", fence.decode())
        epoch = max(claim.epoch, epochs.get(source, 0)) + EPOCHS_ON
        words += (source, msgspec.structs.replace(claim, epoch=epoch).fence.encode())
    return Content(key=content.key, kind=content.kind, words=words)


def _ships(synthetic: bool) -> str:
    return "made-up ships" if synthetic else "real ships"
