"""The operator's lists: a watchlist's file and a surge file, read into nouns and held to their rules.

[[vessels]]  name, imo, aliases, mmsi = [201000001] or [{ mmsi, first_day, last_day }], watch = { from, to }, source
[[decoys]]   name, imo, aliases, note, source: never to be taken for a vessel
[[rules]]    key, severity = "surge", window = "month" or "90d", bound = "low", at_least or at_most, ...
[sources]    key = "text", in either file
"""

import re
from datetime import date
from typing import Literal

import msgspec

from geofences.errors import BadReference, did_you_mean
from sealane.published import ListedHull, Offensive
from sealane.static import imo_is_valid
from sealane.surge import Severity, SurgeRule
from sealane.watchlist import Watchlist

MONTH = "month"
ROLLING = re.compile(r"([1-9]\d{0,2})d")
HIGHEST_MMSI = 999_999_999


class WatchlistFile(msgspec.Struct, frozen=True, kw_only=True):
    vessels: tuple[ListedHull, ...] = ()
    decoys: tuple[ListedHull, ...] = ()
    sources: dict[str, str] = {}


class RuleEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A surge rule as written."""

    key: str
    severity: Severity = "surge"
    window: str = MONTH
    bound: Literal["low", "high"] = "low"
    at_least: int | None = None
    at_most: int | None = None
    highest_of_months: int | None = None
    times_mean: float | None = None
    escalates_by: int | None = None
    baseline_per_month: float | None = None
    author: str = ""
    dated: date | None = None
    basis: str = ""
    offensives: tuple[str, ...] = ()
    source: tuple[str, ...] = ()


class SurgeFile(msgspec.Struct, frozen=True, kw_only=True):
    rules: tuple[RuleEntry, ...] = ()
    sources: dict[str, str] = {}


def watchlist_of(read: WatchlistFile, file: str) -> Watchlist:
    """The watchlist, each IMO number checked and no hull listed twice."""
    seen: dict[int, tuple[str, int]] = {}
    for part, hulls in (("vessels", read.vessels), ("decoys", read.decoys)):
        for number, hull in enumerate(hulls, start=1):
            entry = f"{part} {number} ({hull.name})"
            _check_hull(hull, file, entry)
            if hull.imo in seen:
                part, number = seen[hull.imo]
                first = f"{part} {number} ({getattr(read, part)[number - 1].name})"
                raise BadReference(file, entry, f"imo {hull.imo}, as {first}", "each hull once")
            seen[hull.imo] = part, number
    for number, decoy in enumerate(read.decoys, start=1):
        if decoy.mmsi or decoy.watch.first_day or decoy.watch.last_day:
            entry = f"decoys {number} ({decoy.name})"
            raise BadReference(file, entry, "mmsi or watch", "neither: a decoy is not followed")
    return Watchlist(
        vessels=tuple(hull.vessel() for hull in read.vessels), decoys=tuple(hull.decoy() for hull in read.decoys)
    )


def _check_hull(hull: ListedHull, file: str, entry: str) -> None:
    if not hull.name.strip():
        raise BadReference(file, entry, "an empty name", "the name of the ship")
    if not imo_is_valid(hull.imo):
        remedy = "a digit is wrong or two changed places; look it up again"
        raise BadReference(file, entry, f"imo {hull.imo}", "seven digits, the last a right check digit", remedy)
    vessel = hull.vessel()
    spans = [("watch", vessel.watch_from, vessel.watch_to)]
    spans += [(f"mmsi {known.mmsi}", known.first_day, known.last_day) for known in vessel.mmsi]
    for what, first_day, last_day in spans:
        if first_day and last_day and first_day > last_day:
            raise BadReference(file, entry, f"{what} from {first_day} to {last_day}", "a first day before the last")
    for known in vessel.mmsi:
        if not 0 < known.mmsi <= HIGHEST_MMSI:
            raise BadReference(file, entry, f"mmsi {known.mmsi}", "nine digits")


def surge_rules_of(
    read: SurgeFile, file: str, offensives: tuple[Offensive, ...] | None = None
) -> tuple[SurgeRule, ...]:
    """The surge rules; offensives they name must be known where the corridor lists any."""
    known = {offensive.key for offensive in offensives or ()}
    rules: dict[str, SurgeRule] = {}
    for number, one in enumerate(read.rules, start=1):
        entry = f"rules {number} ({one.key})"
        if one.key in rules or not one.key.strip():
            raise BadReference(file, entry, f"key {one.key!r}" + " again" * (one.key in rules), "a key of its own")
        for offensive in one.offensives:
            if known and offensive not in known:
                raise BadReference(
                    file, entry, f"offensive {offensive!r}", "a known one", did_you_mean(offensive, known)
                )
        rules[one.key] = _rule(one, file, entry)
    return tuple(rules.values())


def _rule(one: RuleEntry, file: str, entry: str) -> SurgeRule:
    criteria = [name for name in ("at_least", "at_most") if getattr(one, name) is not None]
    if len(criteria) != 1:
        read = " and ".join(criteria) or "no criterion"
        raise BadReference(file, entry, read, "at_least or at_most, one of them", "e.g. at_least = 7")
    rolling = ROLLING.fullmatch(one.window)
    if one.window != MONTH and not rolling:
        raise BadReference(file, entry, f"window {one.window!r}", '"month" or days such as "90d"')
    _check_numbers(one, file, entry)
    left_out = {"window"} | ({"escalates_by"} if one.escalates_by is None else set())
    fields = {name: getattr(one, name) for name in RuleEntry.__struct_fields__ if name not in left_out}
    return SurgeRule(**fields, rolling_days=int(rolling[1]) if rolling else None)


def _check_numbers(one: RuleEntry, file: str, entry: str) -> None:
    lowest = {
        "at_least": 1,
        "at_most": 0,
        "highest_of_months": 1,
        "times_mean": 0,
        "escalates_by": 0,
        "baseline_per_month": 0,
    }
    for name, least in lowest.items():
        value = getattr(one, name)
        if value is not None and not least <= value < float("inf"):
            raise BadReference(file, entry, f"{name} = {value}", f"{least} or more")
    if one.at_most is not None and one.escalates_by is not None:
        raise BadReference(file, entry, "at_most and escalates_by", "no escalates_by: a lull does not escalate")
    relative = one.highest_of_months is not None or one.times_mean is not None
    if relative and (one.window != MONTH or one.at_least is None or one.highest_of_months is None):
        expected = 'a window of "month", at_least and highest_of_months'
        raise BadReference(file, entry, "highest_of_months or times_mean", expected)
