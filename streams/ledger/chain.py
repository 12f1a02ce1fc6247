"""The chain: every entry of the ledger has a hash over itself and the one before, so that no change goes unseen."""

from collections.abc import Iterable
from hashlib import sha256

import msgspec

GENESIS = ""  # the hash before the first entry


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Where the chain ends."""

    sequence: int = 0
    hash: str = GENESIS


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry: its sequence from 1, its hash, and its body as canonical JSON."""

    sequence: int
    hash: str
    body: bytes


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """The first entry that does not hold, and why."""

    sequence: int
    reason: str


def hash_of(before: str, sequence: int, body: bytes) -> str:
    """SHA-256 over the hash before, the sequence and the body, as 64 hex digits."""
    return sha256(b"%s\n%d\n%s" % (before.encode(), sequence, body)).hexdigest()


def linked(head: Head, bodies: Iterable[bytes]) -> list[Entry]:
    """The entries that carry on a chain."""
    entries: list[Entry] = []
    for body in bodies:
        sequence = head.sequence + 1
        entry = Entry(sequence=sequence, hash=hash_of(head.hash, sequence, body), body=body)
        head = Head(sequence=sequence, hash=entry.hash)
        entries.append(entry)
    return entries


def broken(entries: Iterable[Entry], head: Head) -> Broken | None:
    """What is wrong with a chain, read from its first entry: an entry altered or missing, or an end cut off."""
    before = Head()
    for entry in entries:
        if entry.sequence != before.sequence + 1:
            return Broken(sequence=before.sequence + 1, reason=f"missing: entry {entry.sequence} comes next")
        if entry.hash != hash_of(before.hash, entry.sequence, entry.body):
            return Broken(sequence=entry.sequence, reason="altered: its hash does not hold")
        before = Head(sequence=entry.sequence, hash=entry.hash)
    if before != head:
        return Broken(sequence=before.sequence + 1, reason=f"cut off: the head stands at entry {head.sequence}")
    return None
