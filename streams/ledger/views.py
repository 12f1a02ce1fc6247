"""Views: the standing objects as Redis holds them, one hash a kind, and how often each was revised.

Made again from the inputs at will; kept so that a question need not wait for that, and so that what was told last is
known after a restart.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from sealane.alert import Alert
from sealane.attribution import Attributed
from sealane.candidate import Candidate
from sealane.conflict import IdentityConflict
from sealane.countreport import CountReport
from sealane.delivery import Delivery
from sealane.event import Event
from sealane.gap import Gap
from sealane.identity import Identity
from sealane.interference import Interference
from sealane.judge import Standing
from sealane.presence import Presence
from sealane.ruling import Ruling
from sealane.seen import Sighted
from sealane.tally import Tally
from sealane.voyage import Voyage
from streams.ledger import keys
from streams.ledger.ledger import Ledger, Write
from streams.showing.state import shown

KIND: dict[str, type[msgspec.Struct]] = {
    "calls": Attributed,
    "identities": Identity,
    "conflicts": IdentityConflict,
    "interferences": Interference,
    "gaps": Gap,
    "sightings": Sighted,
    "presences": Presence,
    "voyages": Voyage,
    "deliveries": Delivery,
    "candidates": Candidate,
    "tallies": Tally,
    "alerts": Alert,
    "reports": CountReport,
    "decisions": Ruling,
}
AS_OF = keys.AS_OF  # beside the kinds


def changed_views(before: Standing, after: Standing) -> Iterator[Write]:
    """The writes that bring a ledger's views from one standing to the next."""
    if before is after:  # as nearly always, while a feed is heard
        return
    for kind in KIND:
        was, now = _by_id(getattr(before, kind)), _by_id(getattr(after, kind))
        for key, each in now.items():
            if was.get(key) != each:
                yield "HSET", keys.view(kind), key, msgspec.msgpack.encode(each)
        for key in sorted(was.keys() - now.keys()):
            yield "HDEL", keys.view(kind), key
    if before.as_of != after.as_of:
        yield "HSET", keys.view(AS_OF), AS_OF, msgspec.msgpack.encode(after.as_of)


def changed_revisions(events: Iterable[Event]) -> Iterator[Write]:
    """The writes that count how often each object was revised."""
    for event in events:
        yield "HSET", keys.REVISIONS, event.subject, event.revision


async def stored_clock(ledger: Ledger) -> str:
    """Where a live run last moved time to by the clock, ISO 8601; keys.NO_CLOCK where none ever did."""
    held = (await ledger.hash(keys.view(AS_OF))).get(keys.CLOCK.encode())
    return held.decode() if held else keys.NO_CLOCK


def moved_clock(at: datetime) -> Write:
    """The write that says so."""
    return "HSET", keys.view(AS_OF), keys.CLOCK, str(shown(at))


async def stored_standing(ledger: Ledger) -> Standing:
    """The standing objects as last committed."""
    views = {
        kind: tuple(
            sorted(
                (
                    msgspec.msgpack.decode(packed, type=shape)
                    for packed in (await ledger.hash(keys.view(kind))).values()
                ),
                key=id_of,
            )
        )
        for kind, shape in KIND.items()
    }
    as_of = (await ledger.hash(keys.view(AS_OF))).get(AS_OF.encode())
    stored: dict[str, object] = {**views, AS_OF: msgspec.msgpack.decode(as_of) if as_of else None}
    return msgspec.convert(stored, Standing, from_attributes=True)


async def stored_revisions(ledger: Ledger) -> dict[str, int]:
    return {subject.decode(): int(times) for subject, times in (await ledger.hash(keys.REVISIONS)).items()}


def id_of(each: msgspec.Struct) -> str:
    """The id of a standing object; a call's is its own, whoever it is attributed to."""
    return each.call.id if isinstance(each, Attributed) else str(getattr(each, "id"))  # noqa: B009 - every kind has one


def _by_id(objects: Iterable[msgspec.Struct]) -> dict[str, msgspec.Struct]:
    return {id_of(each): each for each in objects}
