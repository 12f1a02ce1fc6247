"""Identity: which hull spoke under an MMSI, and when. A hull is its IMO number; all else are dated aliases.

         A          A                  B
    -----|----------|--------- ? ------|----->    one MMSI naming two hulls
    <---------- A reaches ------------>           back and on to the nearest contrary statement,
                    <----- B reaches -------->    or to a silence of 180 days; where both reach, neither holds

A binding rests on message 5 with a right check digit, or on the operator's word; a name alone never binds. What does
not fit is a conflict: reported, never resolved by guess, and no delivery is paired across it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Literal

import msgspec

from sealane.binding import Binding
from sealane.fix import Mmsi
from sealane.follow import RadioFacts
from sealane.portcall import minute_of
from sealane.statement import Span, Statement
from sealane.static import Imo
from sealane.watchlist import Watchlist

ONE_DAY = timedelta(days=1)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """One hull bound to one MMSI, as far as its statements reach. Aliases are as last stated."""

    id: str
    imo: Imo
    mmsi: Mmsi
    from_at: datetime
    to_at: datetime
    by: Literal["message_5", "operator", "analyst"]
    watched: bool  # on the watchlist, whatever its watch dates
    name: str | None
    callsign: str | None
    sure_from_at: datetime  # from here to there no other hull reaches
    sure_to_at: datetime


class Hull(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive statements of one IMO number."""

    imo: Imo
    runs: tuple[Statement, ...]

    @property
    def first_at(self) -> datetime:
        return self.runs[0].first_at

    @property
    def last_at(self) -> datetime:
        return self.runs[-1].last_at


def hulls_of(stated: list[Statement]) -> list[Hull]:
    """The hulls that one radio named, one after the other."""
    hulls: list[Hull] = []
    for run in stated:
        imo = Imo(run.imo_stated or 0)
        if hulls and hulls[-1].imo == imo:
            hulls[-1] = Hull(imo=imo, runs=(*hulls[-1].runs, run))
        else:
            hulls.append(Hull(imo=imo, runs=(run,)))
    return hulls


def bound_by_radio(mmsi: Mmsi, span: Span, hulls: list[Hull], watched: set[Imo]) -> list[Identity]:
    """Each hull reaches to the ends of the span, or to the contrary statement before and after it."""
    bound: list[Identity] = []
    for index, hull in enumerate(hulls):
        first, final = index == 0, index == len(hulls) - 1
        from_at = span.first_at if first else hulls[index - 1].last_at
        to_at = span.last_at if final else hulls[index + 1].first_at
        last = hull.runs[-1]
        bound.append(
            Identity(
                id=f"identity:{hull.imo}:{mmsi}:{minute_of(from_at)}",
                imo=hull.imo,
                mmsi=mmsi,
                from_at=from_at,
                to_at=to_at,
                by="message_5",
                watched=hull.imo in watched,
                name=last.name,
                callsign=last.callsign,
                sure_from_at=from_at if first else hull.first_at,
                sure_to_at=to_at if final else hull.last_at,
            )
        )
    return bound


def bound_by_operator(radios: list[RadioFacts], watchlist: Watchlist) -> list[Identity]:
    """The operator's word binds for the days given, as far as the radio was heard."""
    heard = {radio.mmsi: radio for radio in radios}
    bound: list[Identity] = []
    for vessel in watchlist.vessels:
        for known in vessel.mmsi:
            radio = heard.get(known.mmsi)
            if radio is None:
                continue
            first_at, last_at = radio.spans[0].first_at, radio.spans[-1].last_at
            if known.first_day is not None:
                first_at = max(first_at, datetime.combine(known.first_day, time(), UTC))
            if known.last_day is not None:
                last_at = min(last_at, datetime.combine(known.last_day, time(), UTC) + ONE_DAY)
            if first_at > last_at:
                continue
            bound.append(
                Identity(
                    id=f"identity:{vessel.imo}:{known.mmsi}:operator:{minute_of(first_at)}",
                    imo=vessel.imo,
                    mmsi=known.mmsi,
                    from_at=first_at,
                    to_at=last_at,
                    by="operator",
                    watched=True,
                    name=vessel.name,
                    callsign=None,
                    sure_from_at=first_at,
                    sure_to_at=last_at,
                )
            )
    return bound


def bound_by_analysts(radios: list[RadioFacts], bindings: Iterable[Binding], watchlist: Watchlist) -> list[Identity]:
    """An analyst's word binds between the times given, as far as the radio was heard."""
    heard = {radio.mmsi: radio for radio in radios}
    told = list(bindings)
    meant = {binding.imo for binding in told}
    names = {vessel.imo: vessel.name for vessel in watchlist.vessels if vessel.imo in meant}
    bound: list[Identity] = []
    for binding in told:
        radio = heard.get(binding.mmsi)
        if radio is None:
            continue
        first_at = max(radio.spans[0].first_at, binding.from_at or radio.spans[0].first_at)
        last_at = min(radio.spans[-1].last_at, binding.to_at or radio.spans[-1].last_at)
        if first_at > last_at:
            continue
        bound.append(
            Identity(
                id=f"identity:{binding.imo}:{binding.mmsi}:{binding.id}:{minute_of(first_at)}",
                imo=binding.imo,
                mmsi=binding.mmsi,
                from_at=first_at,
                to_at=last_at,
                by="analyst",
                watched=binding.imo in names,
                name=names.get(binding.imo),
                callsign=None,
                sure_from_at=first_at,
                sure_to_at=last_at,
            )
        )
    return bound
