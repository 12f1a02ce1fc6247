"""Facts: what people add, from a file or a command to values the corridor can go by, or to a refusal.

    {"kind": "sighting", ...}     one JSON object a line: sighting, report, decision, binding (docs/facts.md)

A line is read, normalised (times to UTC, places to their keys) and held against the reference data. Nothing of a file
with a bad line is taken; every bad line is named.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from geofences.errors import BadReference
from sealane.fact import Fact
from sealane.lines import MAX_LINE_BYTES
from streams.corridor.corridor import Corridor
from streams.fact import fact_of

STDIN = "-"
LONGEST_REASON = 400  # characters of a refusal
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class FactsFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of facts as read: all of its facts, or why it is refused, a text for each bad line."""

    name: str
    facts: tuple[Fact, ...] = ()
    refused: tuple[str, ...] = ()


def read_facts(name: str, corridor: Corridor, now: datetime) -> FactsFile:
    """The facts of a file; `-` is standard input."""
    try:
        if name == STDIN:
            return _read(name, sys.stdin.buffer, corridor, now)
        with Path(name).open("rb") as file:
            return _read(name, file, corridor, now)
    except OSError as error:
        why = (error.strerror or "unreadable").lower()
        return FactsFile(name=name, refused=(f"{name}: cannot be read ({why}); check its name",))


def without_clashes(files: Sequence[FactsFile], known: Mapping[str, Fact]) -> list[FactsFile]:
    """The files, those refused that give an id another content than the ledger has, or than another file gives it."""
    told: dict[str, list[tuple[str, Fact]]] = defaultdict(list)
    for file in files:
        for fact in file.facts:
            told[fact.id].append((file.name, fact))
    return [_unless_clashing(file, told, known) for file in files]


def _read(name: str, file: BinaryIO, corridor: Corridor, now: datetime) -> FactsFile:
    facts: dict[str, tuple[int, Fact]] = {}
    refused: list[str] = []
    for number, line in enumerate(_lines(file), start=1):
        where = f"{name}, line {number}"
        try:
            fact = _fact_on(line, corridor, now, where)
        except BadReference as error:
            refused.append(str(error)[:LONGEST_REASON])
            continue
        if fact is None:
            continue
        first, before = facts.setdefault(fact.id, (number, fact))
        if before != fact:
            refused.append(
                f"{where}: id {fact.id!r} says something else than on line {first}; give it an id of its own"
            )
    if refused:
        return FactsFile(name=name, refused=tuple(refused))
    return FactsFile(name=name, facts=tuple(fact for _, fact in facts.values()))


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines without their ends; one that is too long comes shortened, still too long."""
    while line := file.readline(MAX_LINE_BYTES + 1):
        rest = line
        while not rest.endswith(b"\n") and len(rest) > MAX_LINE_BYTES:
            rest = file.readline(MAX_LINE_BYTES + 1)
        yield line


def _fact_on(line: bytes, corridor: Corridor, now: datetime, where: str) -> Fact | None:
    """The fact on a line; None on a blank one."""
    if len(line.rstrip(b"\r\n")) >= MAX_LINE_BYTES:
        raise BadReference(where, "", f"more than {MAX_LINE_BYTES:,} bytes", "one fact a line")
    bare = line.removeprefix(BYTE_ORDER_MARK).strip()
    if not bare:
        return None
    try:
        table = msgspec.json.decode(bare.decode())
    except UnicodeDecodeError as error:
        raise BadReference(where, "", f"bytes that are no UTF-8 (at {error.start})", "JSON in UTF-8") from None
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise BadReference(where, "", f"a mistake in the JSON ({error})", "one JSON object a line") from None
    if not isinstance(table, dict):
        raise BadReference(where, "", repr(table), "a JSON object")
    return fact_of(table, corridor, now, where)


def _unless_clashing(
    file: FactsFile, told: Mapping[str, list[tuple[str, Fact]]], known: Mapping[str, Fact]
) -> FactsFile:
    refused = list(file.refused)
    for fact in file.facts:
        others = [other for other, said in told[fact.id] if said != fact]
        if known.get(fact.id, fact) != fact:
            others.append("the ledger")
        if others:
            refused.append(
                f"{file.name}: id {fact.id!r} says something else in {others[0]}; a fact is never edited: "
                "give this one an id of its own, and undo the other by a decision if it is wrong"
            )
    return FactsFile(name=file.name, refused=tuple(refused)) if refused else file
