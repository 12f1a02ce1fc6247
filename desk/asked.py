"""Asked: what a request asks of a view, from its query. A word that names nothing is refused with the nearest.

as_of       what was known by then: a time with its zone
from, to    a month, a day or a time; both included
imo, port   a ship by number, name or alias; a port by code, name or alias
grade, state, kind    a word of that field
limit, after          a page: how many rows, and the row before its first
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from desk.views import PAGING, VIEWS, View
from geofences.errors import BadReference, did_you_mean
from sealane.tally import month_after, month_begins
from streams.fact import MONTH, moment_given, moment_of
from streams.reading import Reading
from streams.showing.rows import WORDS
from streams.showing.wanted import Span, Wanted, port_of, ship_of

ONE_DAY = timedelta(days=1)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MOST_ROWS, ROWS = 1_000, 200
A_BOUND = "a month, a day or a time with its zone, such as 2024-03, 2024-03-02 or 2024-03-02T22:00:00Z"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a query says, its times read; ships and ports are looked up in what was known then."""

    view: str
    known_by: datetime | None = None
    span: Span | None = None
    imo: str | None = None
    port: str | None = None
    words: dict[str, str] = {}
    limit: int = ROWS
    after: str | None = None


def asked_of(view: View, query: Mapping[str, str], now: datetime) -> Asked:
    """What a query asks of a view. Raises BadReference."""
    known = (*view.queries, *PAGING)
    for name in query:
        if name not in known:
            raise BadReference("query", "", repr(name), f"a query of /{view.name}", did_you_mean(name, known))
    words = {name: _word(view, name, query[name]) for name in query if (view.kind, name) in WORDS}
    return Asked(
        view=view.name,
        known_by=moment_given(query.get("as_of"), "as_of", now),
        span=_span(query.get("from"), query.get("to")),
        imo=query.get("imo"),
        port=query.get("port"),
        words=words,
        limit=limit_of(query.get("limit")),
        after=query.get("after"),
    )


def wanted_of(asked: Asked, reading: Reading) -> Wanted:
    """Which rows are asked for. Raises BadReference."""
    return Wanted(
        ship=ship_of(asked.imo, reading.corridor, reading.standing, "imo") if asked.imo is not None else None,
        port=port_of(asked.port, reading.corridor, "port") if asked.port is not None else None,
        span=asked.span,
        words=asked.words,
    )


def view_named(name: str) -> View:
    """The view of a name. Raises BadReference."""
    if name not in VIEWS:
        raise BadReference("view", "", repr(name), "a view of this desk", did_you_mean(name, VIEWS))
    return VIEWS[name]


def _word(view: View, name: str, word: str) -> str:
    known = WORDS[view.kind, name]
    if word not in known:
        raise BadReference(name, "", repr(word), f"one of {', '.join(known)}", did_you_mean(word, known))
    return word


def limit_of(word: str | None) -> int:
    """How many rows are asked for. Raises BadReference."""
    if word is None:
        return ROWS
    if not (word.isascii() and word.isdecimal() and 0 < int(word) <= MOST_ROWS):
        raise BadReference("limit", "", repr(word), f"1 to {MOST_ROWS}")
    return int(word)


def _span(first: str | None, last: str | None) -> Span | None:
    if first is None and last is None:
        return None
    span = Span(
        from_at=None if first is None else _bounds(first, "from")[0],
        until=None if last is None else _bounds(last, "to")[1],
    )
    if span.from_at is not None and span.until is not None and span.from_at >= span.until:
        raise BadReference("from", "", f"{first!r}, after to = {last!r}", "from no later than to")
    return span


def _bounds(word: str, name: str) -> tuple[datetime, datetime]:
    """When what a word names begins, and when it has ended."""
    if MONTH.fullmatch(word):
        return month_begins(word), month_begins(month_after(word))
    try:
        if DAY.fullmatch(word):
            begins_at = datetime.combine(date.fromisoformat(word), time(tzinfo=UTC))
            return begins_at, begins_at + ONE_DAY
        at = moment_of(word, name, "")
    except (ValueError, OverflowError):
        raise BadReference(name, "", repr(word), A_BOUND) from None
    return at, at + timedelta.resolution
