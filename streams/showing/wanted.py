"""Wanted: what a user asks a ledger for. A word that names no ship, port or month is a BadReference with the nearest.

--ship    IMO number, name or alias (upper or lower case), or MMSI where no hull is known
--port    code, name or alias
--month   2024-03, or 2024-01..2024-03, both included, UTC
ID        whole, or as much of it as no other id has
"""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from difflib import get_close_matches

import msgspec

from geofences.errors import NEAR_ENOUGH, BadReference, did_you_mean
from sealane.judge import Standing
from sealane.tally import month_after, month_begins
from sealane.watchlist import Watchlist
from streams.corridor.corridor import Corridor

IDS_OFFERED = 5
TOLD_BY_PEOPLE = ("sighting", "decision", "report")  # kinds whose ids people give
MONTH = r"\d{4}-(?:0[1-9]|1[0-2])"
MONTHS = re.compile(rf"({MONTH})(?:\.\.({MONTH}))?")


class Ship(msgspec.Struct, frozen=True, kw_only=True):
    """A hull by its IMO number, else a radio by its MMSI."""

    imo: int | None = None
    mmsi: int | None = None

    def is_among(self, imos: Collection[int | None], mmsis: Collection[int | None]) -> bool:
        return self.imo in imos if self.imo is not None else self.mmsi in mmsis


class Months(msgspec.Struct, frozen=True, kw_only=True):
    """From the begin of the first month to the end of the last, UTC."""

    first: str
    last: str

    def touch(self, from_at: datetime, to_at: datetime) -> bool:
        return from_at < month_begins(month_after(self.last)) and to_at >= month_begins(self.first)


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """From a time on, and before another; None is open."""

    from_at: datetime | None = None
    until: datetime | None = None

    def touch(self, from_at: datetime, to_at: datetime) -> bool:
        return (self.until is None or from_at < self.until) and (self.from_at is None or to_at >= self.from_at)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows are asked for; None is any."""

    ship: Ship | None = None
    port: str | None = None
    months: Months | None = None
    span: Span | None = None
    words: dict[str, str] = {}  # what a field says: grade, state, kind, ...


def ship_of(word: str, corridor: Corridor, standing: Standing, option: str = "--ship") -> Ship:
    """The ship a word names. A name on the watchlist comes before one that a radio merely stated."""
    watchlist = corridor.rules.watchlist or Watchlist()
    listed = [(name, hull.imo) for hull in watchlist.vessels for name in (hull.name, *hull.aliases)]
    stated = [(each.name, each.imo) for each in standing.identities if each.name]
    if word.strip().isdecimal():
        return _by_number(word.strip(), {int(imo) for _, imo in listed}, standing, option)
    for known in (listed, stated):
        if found := {int(imo) for name, imo in known if name.casefold() == word.strip().casefold()}:
            return Ship(imo=_only(word, found, option))
    raise _unknown(
        option, word, "a ship's name or alias, its IMO number or MMSI", (name for name, _ in listed + stated)
    )


def _by_number(word: str, listed: set[int], standing: Standing, option: str) -> Ship:
    imos = listed | {int(each.imo) for each in standing.identities}
    mmsis = {int(each.call.mmsi) for each in standing.calls} | {int(each.mmsi) for each in standing.identities}
    if int(word) in imos:
        return Ship(imo=int(word))
    if int(word) in mmsis:
        return Ship(mmsi=int(word))
    expected = "the IMO number (7 digits) or MMSI (9 digits) of a ship on the watchlist or in the ledger"
    raise _unknown(option, word, expected, map(str, imos))


def _only(word: str, imos: set[int], option: str) -> int:
    if len(imos) > 1:
        bearers = " and ".join(str(imo) for imo in sorted(imos))
        raise BadReference(option, "", repr(word), "one ship", f"IMO {bearers} are so called; name one by its number")
    return imos.pop()


def port_of(word: str, corridor: Corridor, option: str = "--port") -> str:
    """The code of the port a word names."""
    known: dict[str, str] = {code: code for code in corridor.rules.chart.ports}
    known |= {name: entry.key for entry in corridor.ports for name in (entry.key, entry.name, *entry.aliases)}
    for name, code in known.items():
        if name.casefold() == word.strip().casefold():
            return code
    raise _unknown(option, word, "a port of this corridor", known)


def months_of(word: str) -> Months:
    """The months a word names."""
    found = MONTHS.fullmatch(word.strip())
    if found is None or (found[2] or found[1]) < found[1]:
        raise BadReference("--month", "", repr(word), "a month such as 2024-03, or a range such as 2024-01..2024-03")
    return Months(first=found[1], last=found[2] or found[1])


def _unknown(option: str, word: str, expected: str, known: Iterable[str]) -> BadReference:
    names = {name.casefold() for name in known}
    return BadReference(option, "", repr(word), expected, did_you_mean(word, names) if names else "none is known yet")


def id_meant(word: str, ids: Collection[str]) -> str:
    """The id a word names: an object's or its event's, whole; else the one id that begins with it or holds it."""
    asked = word.strip().partition("#")[0].casefold()
    spelt = {each.casefold(): each for each in ids}
    if asked in spelt:
        return spelt[asked]
    told = [each for noun in TOLD_BY_PEOPLE if (each := f"{noun}:{asked}") in spelt]  # as they named it themselves
    if len(told) == 1:
        return spelt[told[0]]
    begun = [each for each in spelt if asked and each.startswith(asked)]
    found = begun or [each for each in spelt if asked and asked in each]
    if len(found) == 1:
        return spelt[found[0]]
    expected = (
        "the id of a call, gap, sighting, presence, voyage, delivery, tally, alert, decision, report, candidate, "
        "identity, conflict or interference of this ledger"
    )
    if found:
        some = ", ".join(spelt[each] for each in sorted(found)[:IDS_OFFERED])
        more = ", ..." if len(found) > IDS_OFFERED else ""
        raise BadReference("explain", "", repr(word), "one id", f"it stands for {len(found):,}: {some}{more}")
    near = get_close_matches(asked, spelt, n=IDS_OFFERED, cutoff=NEAR_ENOUGH)
    remedy = (
        f"nearest: {', '.join(spelt[each] for each in near)}"
        if near
        else "ids are in the last column of each view, such as: sealane calls"
    )
    raise BadReference("explain", "", repr(word), expected, remedy)
