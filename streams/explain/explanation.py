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


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """One hull bound to one radio, and the first and last kept static reports that say so."""

    id: str
    words: str
    object: Row
    statements: tuple[Row, ...]
    told: tuple[Row, ...] = ()  # where an analyst said so: who, when and why


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the object's history: when it was known, and each field that changed, as it was and is."""

    sequence: int
    hash: str
    id: str
    kind: str
    at: datetime | None
    known_at: datetime | None
    words: str
    because: tuple[str, ...]  # ids of what it rests on that came, went or changed
    changed: dict[str, tuple[object, object]]


class RuleSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A surge rule with what it is based on, in full."""

    rule: SurgeRule
    sources: dict[str, str]
    offensives: tuple[Offensive, ...]


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """An object by its id and in words."""

    id: str
    words: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """All that a ledger tells of one object."""

    synthetic: bool
    corridor: str
    head: str  # of the chain, sequence:hash, as `verify --noted` takes it
    as_of: datetime | None
    known_by: datetime | None  # the time it was asked for as of; None: as it stands
    asked: str  # the id that was asked for
    gone: Node | None  # what was asked for, as told last, where something else stands for it now
    about: Node
    rule: RuleSaid | None
    published: tuple[PublishedCount, ...]  # counts of others for the same month
    heard: dict[str, tuple[Row, ...]]  # by id of a gap, an interference or a conflict: what was heard, as received
    identities: tuple[Bound, ...]
    used_by: tuple[Named, ...]  # what rests on it
    history: tuple[Change, ...]
    not_known: tuple[str, ...]
    ports: dict[str, str] = {}  # names by key
