"""The page of one object: what can be pasted into a chat or a footnote, and what the drawer of the desk shows.

What rests on something has its evidence; a ship and a feed are no conclusions, and have their row and the ways on.
"""

from urllib.parse import quote

import msgspec

from desk.desk import Desk
from desk.evidence import evidence_of
from desk.html import rendered
from desk.problem import Refused
from desk.snapshot import Snapshot
from desk.strip import strip_of
from desk.views import View, cells_of
from geofences.errors import BadReference
from streams.clock import now
from streams.explain.explain import explain
from streams.reading import Row

NO_CONCLUSIONS = ("vessels", "feeds")  # views whose rows rest on nothing
IN_LEDGER = {"sightings": "sighting:", "reports": "report:"}  # rows that are named without the kind of their id
OF_A_SHIP = ("deliveries", "calls", "gaps", "sightings")


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of a row, in words."""

    name: str
    text: str


async def evidence_page(desk: Desk, snapshot: Snapshot, view: View | None, key: str) -> bytes:
    """An object and all that the ledger tells of it, retracted ones among them. Raises Refused."""
    try:
        explanation = await explain(desk.ledger, snapshot.reading, word_of(view, key))
    except BadReference as error:
        raise Refused("unknown-id", str(error)) from None
    return rendered(
        "object.html.j2",
        strip=strip_of(snapshot, now(), desk.away),
        evidence=evidence_of(explanation),
        view=view,
        json=f"/{view.name}/{quote(key, safe=':')}.json" if view else None,
    ).encode()


def word_of(view: View | None, key: str) -> str:
    """How the ledger names a row of a view."""
    kind = IN_LEDGER.get(view.name, "") if view else ""
    return kind + key.removeprefix(kind)


def row_page(desk: Desk, snapshot: Snapshot, view: View, key: str, row: Row) -> bytes:
    """A ship or a feed: its row, and the views that are of it."""
    cells = cells_of(view, row, snapshot.reading)
    return rendered(
        "row.html.j2",
        strip=strip_of(snapshot, now(), desk.away),
        view=view,
        key=key,
        facts=tuple(Fact(name=header, text=text) for header, text in cells.items()),
        ways=tuple((name, f"/{name}?imo={quote(key)}") for name in OF_A_SHIP) if view.name == "vessels" else (),
        json=f"/{view.name}/{quote(key, safe=':')}.json",
    ).encode()
