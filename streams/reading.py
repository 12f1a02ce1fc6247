"""Reading: a ledger as it stands, or as it was known at a time, and the corridor by whose names it is shown.

It decides nothing: what stands is read as it was last committed; as of a time it is judged again (`streams/asof.py`).
"""

from datetime import datetime

import msgspec

from sealane.judge import Standing
from streams.asof import standing_as_of
from streams.corridor.corridor import Corridor
from streams.ledger import keys
from streams.ledger.chain import Head
from streams.ledger.keeper import schema_refused
from streams.ledger.ledger import Ledger, LedgerError, Meta
from streams.ledger.views import stored_standing
from streams.showing.state import names_of
from streams.showing.wording import Names

Row = dict[str, object]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger as it stood when it was read, and the corridor whose names it is shown by."""

    corridor: Corridor
    standing: Standing
    head: Head
    synthetic: bool
    judged_alike: bool  # by the rules of the corridor's files as they are now
    names: Names
    known_by: datetime | None = None  # the time it was asked for as of; None: as it stands


async def read(ledger: Ledger, corridor: Corridor, known_by: datetime | None = None) -> Reading:
    """A ledger's views as last committed, or what was known by a time; an empty ledger has none.

    Raises LedgerError where it is another's.
    """
    meta = await ledger.meta()
    if meta is not None:
        check(ledger.url, meta, corridor)

    async def standing_now() -> Standing:
        if known_by is None or meta is None:
            return await stored_standing(ledger)
        return await standing_as_of(ledger, corridor.rules, known_by)

    head, standing = await ledger.read_head(), await standing_now()
    while head != await ledger.read_head():  # a commit came between: half of it would be wrong
        head, standing = ledger.head, await standing_now()
    return reading_of(corridor, meta, head, standing, known_by)


def reading_of(
    corridor: Corridor, meta: Meta | None, head: Head, standing: Standing, known_by: datetime | None = None
) -> Reading:
    """What was read, as one value."""
    rules = corridor.rules
    return Reading(
        corridor=corridor,
        standing=standing,
        head=head,
        synthetic=meta.synthetic if meta else rules.synthetic,
        judged_alike=meta is None or meta.judged_by == rules.fingerprint,
        names=names_of(standing, rules),
        known_by=known_by,
    )


def check(url: str, meta: Meta, corridor: Corridor) -> None:
    """Refuse a ledger of another corridor or schema. Raises LedgerError."""
    if meta.schema != keys.SCHEMA:
        raise LedgerError(f"{url}: the ledger {schema_refused(meta)}")
    if meta.corridor != corridor.rules.corridor:
        raise LedgerError(
            f"{url}: the ledger is of corridor {meta.corridor!r}, expected {corridor.rules.corridor!r}; "
            "name that corridor's file with --config, or another ledger with --ledger"
        )
