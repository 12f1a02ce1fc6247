"""Cautions: what a person who adds facts should look at again. Nothing is refused for it.

look-alike     a ship easily taken for another, in imagery or by name
not watched    a ship that is no ship of the watchlist, or was not on it on that day
unknown        a decision about an id that no object or fact has the shape of
"""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime

from sealane.binding import Binding
from sealane.decision import Decision
from sealane.fact import Fact
from sealane.published import ListedHull
from sealane.sighting import Sighting
from sealane.static import Imo
from streams.corridor.corridor import Corridor

# Ids as stage 2 makes them: the kind, then at least one part more.
OBJECT = re.compile(
    r"(alert|call|candidate|conflict|contradiction|delivery|gap|identity|interference|presence|published|rule|sighting"
    r"|tally|voyage):\S+"
)


def cautions(facts: Iterable[Fact], corridor: Corridor, known: Collection[str]) -> list[str]:
    """What to look at again, each said once. `known` are the ids of all facts there are."""
    found: dict[str, None] = {}
    for fact in facts:
        found.update(dict.fromkeys(_cautions(fact, corridor, known)))
    return list(found)


def _cautions(fact: Fact, corridor: Corridor, known: Collection[str]) -> Iterator[str]:
    match fact:
        case Sighting():
            named = [ship.imo for ship in fact.ships]
            for imo in named:
                yield from _taken_for(imo, named, corridor)
                yield from _unwatched(fact.id, imo, fact.from_at, corridor)
            if fact.to_at > fact.known_at:
                yield f"{fact.id}: seen until {_day(fact.to_at)}, after it was known on {_day(fact.known_at)}"
        case Binding():
            yield from _taken_for(fact.imo, [fact.imo], corridor)
            yield from _unwatched(fact.id, fact.imo, fact.from_at, corridor)
        case Decision():
            if fact.imo is not None:
                yield from _taken_for(fact.imo, [fact.imo], corridor)
            for target in filter(None, (fact.target, fact.other)):
                if target not in known and not OBJECT.fullmatch(target):
                    yield f"{fact.id}: {target!r} is no id of a fact that is known, nor made as those of objects are"


def _taken_for(imo: Imo, named: Collection[Imo], corridor: Corridor) -> Iterator[str]:
    """Ships she could be mixed up with, those that are named beside her left out."""
    hull = _hull(imo, corridor)
    if hull is None:
        return
    others = [
        other
        for other in corridor.hulls
        if other.imo not in named and (other.imo in hull.lookalikes or _names(other) & _names(hull))
    ]
    strangers = [str(other) for other in hull.lookalikes if _hull(other, corridor) is None and other not in named]
    alike = [f"{other.name} (IMO {other.imo})" for other in others] + [f"IMO {other}" for other in strangers]
    if alike:
        yield f"{hull.name} (IMO {imo}) is easily taken for {', '.join(alike)}: make sure which of them it was"


def _unwatched(subject: str, imo: Imo, at: datetime | None, corridor: Corridor) -> Iterator[str]:
    hull = _hull(imo, corridor)
    watchlist = corridor.rules.watchlist
    vessel = next((each for each in watchlist.vessels if each.imo == imo), None) if watchlist else None
    if hull is not None and vessel is None:
        yield f"{subject}: {hull.name} (IMO {imo}) is a decoy: shown, and never counted"
    elif hull is not None and vessel is not None and at is not None and not vessel.is_watched(at.date()):
        yield f"{subject}: {hull.name} (IMO {imo}) was not watched on {_day(at)}"


def _hull(imo: Imo, corridor: Corridor) -> ListedHull | None:
    return next((hull for hull in corridor.hulls if hull.imo == imo), None)


def _names(hull: ListedHull) -> set[str]:
    return {name.casefold() for name in (hull.name, *hull.aliases)}


def _day(at: datetime) -> date:
    return at.date()
