"""A notice: one event told over one way, or not told yet; the log of them, and how each way stands.

    told       the way took it
    waiting    it did not take it yet: tried again
    given up   it would not take it: kept as undelivered, until somebody sends it again

The log is written in one script with the cursor: it holds what was taken, and nothing else. No digest covers it.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Literal, TypeVar, cast

import msgspec

from streams.ledger import keys
from streams.ledger.ledger import PAGE, Ledger, LedgerError, Page, Write
from streams.ledger.wire import telling
from streams.reading import Row
from streams.showing.state import shown
from streams.showing.telling import Told
from streams.ways.way import Way

Outcome = Literal["told", "waiting", "given up"]
Shape = TypeVar("Shape", bound=msgspec.Struct)

# What a table shows of a notice: header and field.
COLUMNS = {
    "at": "at",
    "way": "way",
    "outcome": "outcome",
    "why": "why",
    "what it said": "words",
    "tries": "tries",
    "answer": "answer",
    "notice": "id",
}


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What was told to whom, why and when."""

    id: str  # <way>:<sequence>
    at: datetime  # by the clock: when it was taken, tried last or given up
    way: str
    kind: str  # webhook, chat or alertmanager
    to: str  # whom, without any secret
    event: str  # the event's id, which the receiver knows it by
    event_kind: str
    sequence: int
    subject: str
    why: str  # of a notification its reason; else the kind of event
    severity: str | None
    words: str  # what it said
    outcome: Outcome
    tries: int
    first_tried_at: datetime
    answer: str
    synthetic: bool


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a way stands."""

    name: str
    kind: str
    to: str
    told: int = 0  # since it began
    given_up: int = 0
    last_told_at: datetime | None = None
    waiting: Notice | None = None  # what it does not take


def notice_of(way: Way, event: Told, first_tried_at: datetime, tries: int, answer: str, at: datetime) -> Notice:
    """A notice of an event that waits for its way to take it."""
    said, severity, reason = (event.object.get(field) for field in ("sentence", "severity", "reason"))
    return Notice(
        id=f"{way.name}:{event.sequence}",
        at=at,
        way=way.name,
        kind=way.kind,
        to=way.to,
        event=event.id,
        event_kind=event.kind,
        sequence=event.sequence,
        subject=event.subject,
        why=reason if isinstance(reason, str) else event.kind,
        severity=severity if isinstance(severity, str) else None,
        words=said if isinstance(said, str) else event.subject,
        outcome="waiting",
        tries=tries,
        first_tried_at=first_tried_at,
        answer=answer,
        synthetic=event.synthetic,
    )


def row_of(each: Notice | Standing) -> Row:
    """A notice, or how a way stands, as JSON shows it."""
    return cast(Row, shown(each))


def logged(notice: Notice) -> Write:
    """The write that puts a notice into the log."""
    packed = msgspec.json.encode(notice)
    return "XADD", keys.NOTICES, "MAXLEN", "~", keys.NOTICES_KEPT, "*", "notice", packed


def stands(standing: Standing) -> Write:
    """The write that says how a way stands."""
    return "HSET", keys.WAYS, standing.name, msgspec.json.encode(standing)


def undelivered(notice: Notice) -> Write:
    """The write that keeps what a way would not take."""
    return "HSET", keys.UNDELIVERED, notice.id, msgspec.json.encode(notice)


def delivered(notice: Notice) -> Write:
    """The write that forgets it: it was sent again, and taken."""
    return "HDEL", keys.UNDELIVERED, notice.id


async def stored_ways(ledger: Ledger) -> dict[str, Standing]:
    """How each way stands that ever told anything, by name."""
    return {each.name: each for each in _read(await ledger.hash(keys.WAYS), Standing, ledger.url, keys.WAYS)}


async def stored_undelivered(ledger: Ledger) -> dict[str, Notice]:
    """What ways would not take, by id."""
    packed = await ledger.hash(keys.UNDELIVERED)
    return {each.id: each for each in _read(packed, Notice, ledger.url, keys.UNDELIVERED)}


async def stored_notices(ledger: Ledger, newest: int | None = None) -> list[Notice]:
    """The notices there are, the newest last: those of the log, or its newest alone, and all that was not taken.

    The newest word on an id counts.
    """
    log = [each async for each in _log(ledger)] if newest is None else await _end_of_log(ledger, newest)
    found = {each.id: each for each in log}
    found |= await stored_undelivered(ledger)
    waiting = (each.waiting for each in (await stored_ways(ledger)).values())
    found |= {each.id: each for each in waiting if each is not None}
    return sorted(found.values(), key=lambda each: (each.at, each.sequence, each.way))


async def _log(ledger: Ledger) -> AsyncIterator[Notice]:
    after = "-"
    while True:
        with telling(ledger.url):
            page = cast(Page, await ledger.server.xrange(keys.NOTICES, after, count=PAGE))
        if not page:
            return
        for each in _of_page(ledger, page):
            yield each
        after = f"({page[-1][0].decode()}"


async def _end_of_log(ledger: Ledger, newest: int) -> list[Notice]:
    with telling(ledger.url):
        page = cast(Page, await ledger.server.xrevrange(keys.NOTICES, count=newest))
    return _of_page(ledger, page)[::-1]


def _of_page(ledger: Ledger, page: Page) -> list[Notice]:
    return _read({name: fields[b"notice"] for name, fields in page}, Notice, ledger.url, keys.NOTICES)


def _read(packed: Mapping[bytes, bytes], shape: type[Shape], url: str, key: str) -> list[Shape]:
    try:
        return [msgspec.json.decode(each, type=shape) for each in packed.values()]
    except msgspec.MsgspecError as error:
        raise LedgerError(f"{url}: {key} cannot be read ({error})") from None
