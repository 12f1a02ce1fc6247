"""Named ways: what a ways file says. Read whole, held to its form, every mistake named.

desk = "https://desk.example.org"   where links in messages lead; left out: none

[[webhooks]]                        signed by Standard Webhooks, a CloudEvent as its body
[[chats]]                           a chat, a mailbox or a push service, by apprise
[[alertmanagers]]                   Prometheus Alertmanager, API v2

A name is a cursor in the ledger: another name is another way, which begins anew.
"""

import math
import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

import msgspec

from geofences.errors import BadReference
from sealane.event import NOTIFIED
from sealane.notification import Reason
from sealane.surge import Severity
from streams.corridor.tables import parse, shaped
from streams.showing.telling import KINDS

WAYS_ENV = "SEALANE_WAYS"
NAME = re.compile(r"[\w.-]+")
GIVE_UP_AFTER_H = 72.0

Begins = Literal["now", "beginning"]


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A program that is told of events, signed."""

    name: str
    url: str
    secret: str  # env:NAME or file:PATH; several lines: the first is the newest, all sign
    events: tuple[str, ...] = (NOTIFIED,)  # kinds, or parts of them such as Alert
    severities: tuple[Severity, ...] = get_args(Severity)  # of events that have one
    begins: Begins = "now"  # where a way that is new begins to be told
    allow: tuple[str, ...] = ()  # networks that are not public and may be told all the same
    plain_http: bool = False
    authority: str | None = None  # certificates to trust instead of the system's
    synthetic: bool = False  # may be told of made-up ships
    give_up_after_h: float = GIVE_UP_AFTER_H


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A chat, a mailbox or a push service: a message for people, one a notification."""

    name: str
    url: str  # env:NAME or file:PATH of an apprise URL, which holds secrets
    reasons: tuple[Reason, ...] = get_args(Reason)
    severities: tuple[Severity, ...] = get_args(Severity)
    synthetic: bool = False
    give_up_after_h: float = GIVE_UP_AFTER_H


class Alertmanager(msgspec.Struct, frozen=True, kw_only=True):
    """A Prometheus Alertmanager, told of alerts as they stand."""

    name: str
    url: str  # without /api/v2/alerts
    bearer: str | None = None  # env:NAME or file:PATH of a token
    severities: tuple[Severity, ...] = get_args(Severity)
    allow: tuple[str, ...] = ()
    plain_http: bool = False
    authority: str | None = None
    synthetic: bool = False
    give_up_after_h: float = GIVE_UP_AFTER_H


Named = Webhook | Chat | Alertmanager


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """A ways file."""

    desk: str | None = None
    webhooks: tuple[Webhook, ...] = ()
    chats: tuple[Chat, ...] = ()
    alertmanagers: tuple[Alertmanager, ...] = ()

    def all(self) -> tuple[Named, ...]:
        return (*self.webhooks, *self.chats, *self.alertmanagers)


NONE = Ways()


def ways_path(option: Path | None, env: Mapping[str, str]) -> Path | None:
    """The ways file: the option's, else the environment's, else none."""
    if option is not None:
        return option
    return Path(env[WAYS_ENV]) if env.get(WAYS_ENV) else None


def read_ways(path: Path) -> Ways:
    """A ways file, held to its form; no secret is read. Raises BadReference."""
    file = str(path)
    try:
        ways = shaped(parse(path.read_bytes(), file), Ways, file)
    except OSError as error:
        raise BadReference(file, "", (error.strerror or "unreadable").lower(), "a ways file") from None
    if ways.desk is not None:
        _check_url(ways.desk, file, "desk", plain_http=True)
    named: set[str] = set()
    for entry, way in _entries(ways):
        if way.name in named or not NAME.fullmatch(way.name):
            raise BadReference(file, f"{entry} name", repr(way.name), "a name of its own: letters, digits, _ - .")
        named.add(way.name)
        if not 0 < way.give_up_after_h < math.inf:
            raise BadReference(file, f"{entry} give_up_after_h", f"{way.give_up_after_h:g}", "more than 0")
        if not isinstance(way, Chat):
            _check_url(way.url, file, f"{entry} url", plain_http=way.plain_http)
            _check_networks(way.allow, file, f"{entry} allow")
            if way.authority is not None and not (path.parent / way.authority).is_file():
                raise BadReference(
                    file, f"{entry} authority", f"{way.authority!r}, no such file", "certificates to trust"
                )
        if isinstance(way, Webhook):
            kinds_of(way.events, file, f"{entry} events")
    return ways


def kinds_of(words: tuple[str, ...], file: str, entry: str) -> frozenset[str]:
    """The kinds of events that words name: whole, or a part such as Alert. Raises BadReference."""
    found: set[str] = set()
    for word in words:
        meant = {word} & KINDS or {kind for kind in KINDS if word and word.casefold() in kind.casefold()}
        if not meant:
            raise BadReference(file, entry, repr(word), f"a kind of event, such as {NOTIFIED}", "docs/events.md")
        found |= meant
    return frozenset(found)


def _entries(ways: Ways) -> Iterator[tuple[str, Named]]:
    for table in ("webhooks", "chats", "alertmanagers"):
        for number, way in enumerate(getattr(ways, table), start=1):
            yield f"{table} {number} ({way.name})", way


def _check_url(url: str, file: str, entry: str, *, plain_http: bool) -> None:
    """A URL without a password; what is in it is shown in logs and lists."""
    expected = "an https:// URL" if not plain_http else "an http:// or https:// URL"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadReference(file, entry, repr(url), expected) from None
    del port
    if parts.username or parts.password:
        raise BadReference(file, entry, "a URL with a user in it", "one without", "it would be shown in logs")
    if not parts.hostname or not url.isprintable() or parts.scheme not in ("https", *(("http",) if plain_http else ())):
        remedy = "plain_http = true allows it" if parts.scheme == "http" else ""
        raise BadReference(file, entry, repr(url), expected, remedy)


def _check_networks(networks: tuple[str, ...], file: str, entry: str) -> None:
    for each in networks:
        try:
            ip_network(each)
        except ValueError:
            raise BadReference(file, entry, repr(each), "an address or a network such as 10.0.0.0/8") from None
