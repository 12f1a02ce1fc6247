"""Finding: the object a word names, and its story in the chain; where it no longer stands, what stands for it now."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from geofences.errors import BadReference
from sealane.succession import stands_for
from streams.ledger.ledger import Ledger
from streams.reading import Reading
from streams.showing.telling import Told, told
from streams.showing.wanted import id_meant

TOLD = ("notification:", "rules:")  # subjects of events that are no objects


class _Glance(msgspec.Struct):
    """What of an event is looked at to find an object."""

    subject: str
    known_at: datetime | None = None
    supersedes: str | None = None


async def subjects(ledger: Ledger, reading: Reading) -> tuple[set[str], dict[str, str]]:
    """Every object that was ever told of, and what took the place of which."""
    known: set[str] = set()
    replaced_by: dict[str, str] = {}
    async for entry in ledger.entries():
        event = msgspec.json.decode(entry.body, type=_Glance)
        if _was_told(event.known_at, reading) and not event.subject.startswith(TOLD):
            known.add(event.subject)
            if event.supersedes:
                replaced_by[event.supersedes] = event.subject
    return known, replaced_by


async def history(ledger: Ledger, of: set[str], reading: Reading) -> list[Told]:
    """The events of some objects."""
    quoted = [msgspec.json.encode(subject) for subject in of]
    events: list[Told] = []
    async for entry in ledger.entries():
        if not any(each in entry.body for each in quoted):  # most of them: not worth a decode
            continue
        event = told(entry)
        if event.subject in of and _was_told(event.known_at, reading):
            events.append(event)
    return events


def _was_told(known_at: datetime | None, reading: Reading) -> bool:
    """Whether an event tells of what was known by the time asked for."""
    return reading.known_by is None or (known_at is not None and known_at <= reading.known_by)


def meant(
    word: str, known: set[str], replaced_by: Mapping[str, str], objects: Mapping[str, object], reading: Reading
) -> tuple[str, str]:
    """The id that a word names, and the id of what is explained. Raises BadReference."""
    try:
        asked = id_meant(word, objects.keys() | known)
    except BadReference:
        successor = _successor(word.strip(), replaced_by, objects, reading)
        if successor is None:
            raise
        return word.strip(), successor
    return asked, asked if asked in objects else _successor(asked, replaced_by, objects, reading) or asked


def _successor(
    asked: str, replaced_by: Mapping[str, str], objects: Mapping[str, object], reading: Reading
) -> str | None:
    """What stands for an id now: what a decision on it would mean, else what the chain says took its place."""
    within = timedelta(hours=reading.corridor.rules.limits.decision_within_h)
    found = stands_for(asked, reading.standing, within)
    if found is not None:
        return found
    seen = {asked}
    while (asked := replaced_by.get(asked, "")) and asked not in seen:
        if asked in objects:
            return asked
        seen.add(asked)
    return None
