"""Explanation: all that a ledger tells of one object, as one value; what `explain --json` prints."""

from datetime import datetime

import msgspec

from sealane.published import Offensive, PublishedCount
from sealane.surge import SurgeRule
from streams.reading import Row


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One object and what it rests on. Not standing: retracted, or nothing that this ledger still holds."""

    id: str
    words: str
    stands: bool
    object: Row
    rests_on: tuple["Node", ...] = ()


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """One hull bound to one radio, and the first and last kept static reports that say so."""

    id: str
    words: str
    object: Row
    statements: tuple[Row, ...]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the object's history: when it was known, and each field that changed, as it was and is."""

    sequence: int
    hash: str
    id: str
    kind: str
    at: datetime | None
    known_at: datetime | None
    words: str
    changed: dict[str, tuple[object, object]]


class RuleSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A surge rule with what it is based on, in full."""

    rule: SurgeRule
    sources: dict[str, str]
    offensives: tuple[Offensive, ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """All that a ledger tells of one object."""

    synthetic: bool
    corridor: str
    as_of: datetime | None
    about: Node
    replaced_by: str | None  # the id that took its place
    rule: RuleSaid | None
    published: tuple[PublishedCount, ...]  # counts of others for the same month
    identities: tuple[Binding, ...]
    history: tuple[Change, ...]
    not_known: tuple[str, ...]
