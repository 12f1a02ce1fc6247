"""A corridor's file: one TOML that names zones, area, watchlist and surge rules, and sets thresholds.

    [corridor]  name, zones, area, watchlist, surge, ...   paths relative to the file; left out is empty, not inherited
    [rules]     any field of sealane.rules.Limits
    [[feeds]]   what a live run hears: streams/feeds/named.py
    [desk]      the names by which the desk is reached

A file without a [corridor] table is the shipped corridor under other [rules].
"""

import importlib.resources
import math
import re
from pathlib import Path

import msgspec

from geofences.errors import BadReference
from sealane.rules import Limits
from streams.corridor.tables import Table, parse, shaped
from streams.feeds.named import NamedFeed

SHIPPED = "reference/corridor.toml"  # in the package sealane
NAME = re.compile(r"[\w.-]+")  # the name stands between colons in ids
SOURCE = re.compile(r"[\w.:-]+")
ABOVE_ZERO = ("segment_min_step_s", "segment_memory_min")
RISING = (  # limits of which the first must not be above the second
    ("call_margin_km", "call_far_km"),
    ("call_far_km", "call_shift_max_km"),
    ("stop_begins_kn", "stop_ends_kn"),
)


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """The [corridor] table: names of files."""

    name: str
    synthetic: bool = False
    zones: tuple[str, ...] = ()
    area: str | None = None
    watchlist: str | None = None
    surge: str | None = None
    sources: str | None = None
    published: str | None = None
    offensives: str | None = None
    conversions: str | None = None
    expenditure: str | None = None
    ports: str | None = None


class DeskParts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The [desk] table: how the desk is reached."""

    hosts: tuple[str, ...] = ()  # names that lead to it beside its own address, such as a proxy's


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """A corridor's file."""

    corridor: Parts | None = None  # None: the shipped one
    rules: Limits = Limits()
    feeds: tuple[NamedFeed, ...] = ()
    desk: DeskParts = DeskParts()


def shipped_path() -> Path:
    """The shipped corridor's file."""
    return Path(str(importlib.resources.files("sealane").joinpath(SHIPPED)))


def read_tables(path: Path) -> Table:
    """A corridor's file as written."""
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise BadReference(str(path), "", reason, "a corridor's TOML file") from None


def read_config(path: Path) -> Config:
    """A corridor's file, held to its form; none of the files it names is read."""
    config = shaped(read_tables(path), Config, str(path))
    if config.corridor and not NAME.fullmatch(config.corridor.name):
        expected = "letters, digits, '_', '-', '.'"
        raise BadReference(str(path), "corridor name", repr(config.corridor.name), expected)
    _check_limits(config.rules, str(path))
    _check_feeds(config.feeds, str(path))
    return config


def _check_feeds(feeds: tuple[NamedFeed, ...], file: str) -> None:
    """A name stands for one feed, in keys of the ledger; a limit is a time."""
    named: set[str] = set()
    for number, feed in enumerate(feeds, start=1):
        if feed.option:
            raise BadReference(file, f"feeds {number}", "option", "kind, address, name, authority or silent_after_s")
        if feed.name and (feed.name in named or not SOURCE.fullmatch(feed.name)):
            expected = "a name of its own: letters, digits, '_', '-', '.', ':'"
            raise BadReference(file, f"feeds {number} name", repr(feed.name), expected)
        named.add(feed.name)
        if feed.silent_after_s is not None and not 0 < feed.silent_after_s < math.inf:
            raise BadReference(file, f"feeds {number} silent_after_s", f"{feed.silent_after_s:g}", "more than 0")


def feeds_beside(path: Path, config: Config) -> tuple[NamedFeed, ...]:
    """The feeds of a corridor's file, their paths from its folder on."""
    folder = path.parent
    found = []
    for feed in config.feeds:
        address = str(folder / feed.address) if feed.address and feed.kind in ("file", "folder") else feed.address
        authority = str(folder / feed.authority) if feed.authority else None
        found.append(msgspec.structs.replace(feed, address=address, authority=authority))
    return tuple(found)


def _check_limits(limits: Limits, file: str) -> None:
    for name in Limits.__struct_fields__:
        if not 0 <= getattr(limits, name) < math.inf:
            raise BadReference(file, f"rules {name}", str(getattr(limits, name)), "a number of 0 or more")
    for name in ABOVE_ZERO:
        if not getattr(limits, name):
            raise BadReference(file, f"rules {name}", "0", "more than 0", "speeds are worked out over it")
    for smaller, greater in RISING:
        if getattr(limits, smaller) > getattr(limits, greater):
            read = f"{getattr(limits, smaller)}, above {greater} = {getattr(limits, greater)}"
            raise BadReference(file, f"rules {smaller}", read, f"at most {greater}")
