"""`sealane sight PLACE`: add a sighting, a ship seen by other means than AIS."""

from typing import Annotated

import typer

from geofences.errors import BadReference, did_you_mean
from streams.app import corridor_of
from streams.cli.facts import AsJson, By, Id, KnownAt, Link, Note, Source, add_one
from streams.cli.replay import ConfigFile
from streams.cli.views import LedgerName
from streams.corridor.corridor import Corridor


def sight(
    place: Annotated[str, typer.Argument(metavar="PLACE", help='A port, a zone, or "lat,lon" in degrees.')],
    ships: Annotated[
        list[str], typer.Option("--ship", metavar="SHIP[=WEIGHT]", help="Name or IMO number; again for each candidate.")
    ],
    from_at: Annotated[str, typer.Option("--from", metavar="TIME", help="The earliest it can have been seen.")],
    to_at: Annotated[str, typer.Option("--to", metavar="TIME", help="The latest.")],
    source: Source,
    by: By,
    method: Annotated[str, typer.Option("--method", metavar="WORD", help="How it was seen.")] = "imagery",
    link: Link = "",
    note: Note = "",
    known_at: KnownAt = None,
    id_: Id = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Add a sighting to a ledger: a ship seen at a place, at some moment between two times."""
    corridor = corridor_of(config)
    table: dict[str, object] = {
        "kind": "sighting",
        "id": id_,
        "place": place,
        "from": from_at,
        "to": to_at,
        "ships": [_seen(word, corridor) for word in ships],
        "method": method,
        "source": source,
        "by": by,
        "link": link,
        "note": note,
        "known_at": known_at,
    }
    add_one(table, "sealane sight", corridor, ledger, as_json=as_json)


def _seen(word: str, corridor: Corridor) -> dict[str, object]:
    """A candidate ship as it was named, with its weight."""
    name, equals, weight = word.rpartition("=")
    if not equals:
        return {"imo": imo_of(word, corridor, "--ship")}
    try:
        return {"imo": imo_of(name, corridor, "--ship"), "weight": float(weight)}
    except ValueError as error:
        if isinstance(error, BadReference):
            raise
        raise BadReference("--ship", "", repr(word), "a ship and a weight from 0 to 1, such as ANGARA=0.7") from None


def imo_of(word: str, corridor: Corridor, option: str) -> int:
    """The IMO number of a ship by number, name or alias. A watched ship's name comes before that of a decoy."""
    bare = word.strip().casefold().removeprefix("imo").strip()
    if bare.isascii() and bare.isdecimal():
        return int(bare)
    watched = {vessel.imo for vessel in corridor.rules.watchlist.vessels} if corridor.rules.watchlist else set()
    named = [(name.casefold(), hull.imo) for hull in corridor.hulls for name in (hull.name, *hull.aliases)]
    meant = {imo for name, imo in named if name == word.strip().casefold()}
    found = sorted(meant & watched or meant)
    if len(found) > 1:
        remedy = f"IMO {' and '.join(map(str, found))} are so called; name one by its number"
        raise BadReference(option, "", repr(word), "one ship", remedy)
    if not found:
        names = {name for name, _ in named}
        remedy = did_you_mean(word, names) if names else "none is known here"
        raise BadReference(option, "", repr(word), "a ship of the watchlist or a decoy, by name or IMO number", remedy)
    return found[0]
