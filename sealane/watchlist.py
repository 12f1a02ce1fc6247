"""Watchlist: the vessels followed, each with the public source that put it there, and the decoys not to take for them.

Only `watch` says when a vessel is watched; published activity is shown and never filters (DESIGN 3.7).
"""

from datetime import date

import msgspec

from sealane.fix import Mmsi
from sealane.static import Imo


class KnownMmsi(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An MMSI the operator knows a vessel used, with the days it held (UTC, inclusive; None is open)."""

    mmsi: Mmsi
    first_day: date | None = None
    last_day: date | None = None


class Vessel(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A watched hull. Its identity is the IMO number; all else are aliases."""

    imo: Imo
    name: str
    aliases: tuple[str, ...] = ()
    mmsi: tuple[KnownMmsi, ...] = ()
    watch_from: date | None = None  # first watched day, UTC; None is since ever
    watch_to: date | None = None  # last watched day, UTC; None is until further notice
    source: tuple[str, ...] = ()  # keys of the corridor's sources

    def is_watched(self, day: date) -> bool:
        return (self.watch_from is None or self.watch_from <= day) and (self.watch_to is None or day <= self.watch_to)


class Decoy(msgspec.Struct, frozen=True, kw_only=True):
    """A hull that could be taken for a watched one by name or by looks, and is not it."""

    imo: Imo
    name: str
    aliases: tuple[str, ...] = ()
    note: str = ""
    source: tuple[str, ...] = ()


class Watchlist(msgspec.Struct, frozen=True, kw_only=True):
    vessels: tuple[Vessel, ...] = ()
    decoys: tuple[Decoy, ...] = ()
