"""Views: what can be asked of a desk, each a page and the same rows as .json, .csv and .geojson.

It names them, and what each can be narrowed by; rows are those of `sealane <view> --json` (streams/showing/rows.py).
"""

from collections.abc import Iterable
from typing import cast

import msgspec

from sealane.countreport import CountReport
from streams.feeds.health import Health
from streams.reading import Reading, Row
from streams.showing.columns import COLUMNS as ROW_COLUMNS
from streams.showing.columns import in_words
from streams.showing.rows import FIELDS as ROW_FIELDS
from streams.showing.rows import rows
from streams.showing.state import SHOWN
from streams.showing.state import shown as shown_as_json
from streams.showing.table import shown
from streams.showing.wanted import Wanted
from streams.ways.notice import Notice

TIME = ("as_of", "from", "to")
SHIP_AND_PORT = ("imo", "port")
PAGING = ("limit", "after")


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One view: its name in the path, the kind of its rows, and the queries that narrow it."""

    name: str
    kind: str
    queries: tuple[str, ...]
    key: str = "id"  # the field that names a row
    about: str


VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        View(
            name="alerts", kind="alerts", queries=(*TIME, *SHIP_AND_PORT, "state"),
            about="Counts at or over a limit somebody set.",
        ),
        View(
            name="tally", kind="tallies", queries=(*TIME, *SHIP_AND_PORT),
            about="Deliveries by month, as low and high, beside published counts.",
        ),
        View(
            name="deliveries", kind="deliveries", queries=(*TIME, *SHIP_AND_PORT, "grade"),
            about="A load end and a discharge end of one hull. Not proof of cargo.",
        ),
        View(name="calls", kind="calls", queries=(*TIME, *SHIP_AND_PORT), about="Port calls."),
        View(
            name="gaps", kind="gaps", queries=(*TIME, *SHIP_AND_PORT, "kind"),
            about="Silences of a ship or of a receiver, and what each leaves room for.",
        ),
        View(
            name="vessels", kind="vessels", queries=("as_of", "imo"), key="imo",
            about="Ships watched and hulls heard.",
        ),
        View(
            name="sightings", kind="sightings", queries=(*TIME, *SHIP_AND_PORT),
            about="Ships seen by other means than AIS.",
        ),
        View(name="reports", kind="reports", queries=TIME, about="Published counts that people added."),
        View(
            name="candidates", kind="candidates", queries=(*TIME, *SHIP_AND_PORT),
            about="Ships nobody listed that called at a load port, then at a discharge port.",
        ),
        View(name="feeds", kind="feeds", queries=(), key="name", about="How each feed of a run is."),
    )
}  # fmt: skip

NOTICES = View(
    name="notices",
    kind="notices",
    queries=("way", "outcome", "limit"),
    about="What was told to whom, why and when; what waits, and what was given up.",
)
TABS = (*VIEWS.values(), NOTICES)  # as a page leads to them


# Of the views that are no command's: the fields of their rows, and what a table shows of them.
FIELDS = {
    **ROW_FIELDS,
    "reports": ("synthetic", *SHOWN[CountReport], "from", "to"),
    "feeds": ("synthetic", *Health.__struct_fields__),
    "notices": Notice.__struct_fields__,
}
COLUMNS = {
    **ROW_COLUMNS,
    "reports": {
        "measure": "measure", "from": "from", "to": "to", "low": "low", "high": "high", "source": "source", "by": "by",
        "known": "known_at", "id": "id",
    },
    "feeds": {
        "feed": "name", "connected": "connected", "silent": "silent", "ended": "has_ended",
        "last sentence": "last_sentence_at", "a minute": "per_minute", "sentences": "sentences", "rejected": "rejects",
        "told": "at",
    },
}  # fmt: skip


def rows_of(view: View, reading: Reading, feeds: tuple[Row, ...], wanted: Wanted) -> list[Row]:
    """The rows of a view that are asked for."""
    if view.kind == "feeds":
        return [{"synthetic": reading.synthetic, **row} for row in feeds]
    return rows(reading, view.kind, wanted)


def feed_rows(feeds: Iterable[Health]) -> tuple[Row, ...]:
    """How the feeds are, as rows."""
    return tuple(cast(Row, shown_as_json(each)) for each in feeds)


def fields_of(view: View) -> tuple[str, ...]:
    """The fields of its rows, in order."""
    return FIELDS[view.kind]


def key_of(view: View, row: Row) -> str:
    """What names a row of it, in the path of its page."""
    return str(row[view.key])


def cells_of(view: View, row: Row, reading: Reading) -> dict[str, str]:
    """A row as a person reads it: by header of a column."""
    words = row if view.kind == "feeds" else in_words(view.kind, row, reading)
    return {header: shown(words.get(field)) for header, field in COLUMNS[view.kind].items()}
