"""Atom: the alerts as a feed (RFC 4287). Rows in, bytes out; an entry's id never changes, its `updated` when it does.

An alert that fires, grows or is over is one entry, updated. One that people were told of and a correction took back
stays an entry, and says so: a reader that has it would else never learn of that.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

import msgspec

from sealane import __version__
from sealane.alert import Alert
from sealane.notification import Notification
from streams.showing.table import printable
from streams.showing.wording import SYNTHETIC
from streams.ways.message import link_to

ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
NEWEST = 200  # entries
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One alert, as a reader of feeds sees it."""

    alert: str
    title: str
    words: tuple[str, ...]
    category: str
    published_at: datetime
    updated_at: datetime


def entries_of(alerts: Iterable[Alert], told: Iterable[Notification]) -> list[Entry]:
    """The alerts that stand, and those that people were told of and that do not; the newest first."""
    standing = {alert.id: _standing(alert) for alert in alerts}
    gone = [_gone(each) for each in told if each.reason == "retracted" and each.alert not in standing]
    found = sorted((*standing.values(), *gone), key=lambda each: (each.updated_at, each.alert), reverse=True)
    return found[:NEWEST]


def feed(entries: Iterable[Entry], corridor: str, base: str, *, synthetic: bool) -> bytes:
    """The feed, as UTF-8. `base`: the desk's own address."""
    entries = list(entries)
    mark = f"[{SYNTHETIC}] " if synthetic else ""
    root = ElementTree.Element("feed", xmlns=ATOM)
    _text(root, "id", _urn(corridor))
    _text(root, "title", f"{mark}sealane {corridor}: alerts")
    _text(root, "updated", _time(max((each.updated_at for each in entries), default=NEVER)))
    _text(_child(root, "author"), "name", "sealane")
    _text(root, "generator", "sealane").set("version", __version__)
    _child(root, "link", rel="self", type=MEDIA_TYPE, href=f"{base.rstrip('/')}/alerts.atom")
    _child(root, "link", rel="alternate", type="text/html", href=f"{base.rstrip('/')}/alerts")
    for each in entries:
        _entry(_child(root, "entry"), each, corridor, base, mark)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _entry(entry: ElementTree.Element, each: Entry, corridor: str, base: str, mark: str) -> None:
    _text(entry, "id", _urn(f"{corridor}:{each.alert}"))
    _text(entry, "title", f"{mark}{each.title}")
    _text(entry, "published", _time(each.published_at))
    _text(entry, "updated", _time(each.updated_at))
    _child(entry, "category", term=printable(each.category))
    _child(entry, "link", rel="alternate", type="text/html", href=link_to(base, each.alert) or base)
    _text(entry, "content", "\n".join(printable(line) for line in (*each.words, each.alert))).set("type", "text")


def _standing(alert: Alert) -> Entry:
    changed = (alert.fired_at, alert.grew_at, alert.resolved_at, *(each.at for each in alert.escalations))
    return Entry(
        alert=alert.id,
        title=f"{alert.severity} {alert.state}: {alert.sentence}",
        words=(
            alert.sentence,
            f"Count {alert.count}, threshold {alert.threshold}; {alert.state}",
            *(each.sentence for each in alert.tied),
            *alert.notes,
        ),
        category=alert.severity,
        published_at=alert.fired_at,
        updated_at=max(each for each in changed if each is not None),
    )


def _gone(told: Notification) -> Entry:
    return Entry(
        alert=told.alert,
        title=f"retracted: {told.said}",
        words=(told.sentence,),
        category=told.severity,
        published_at=told.at,
        updated_at=told.at,
    )


def _urn(name: str) -> str:
    """An id that is the same for ever, wherever the desk is reached."""
    return uuid5(NAMESPACE_URL, f"urn:sealane:{name}").urn


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _child(parent: ElementTree.Element, name: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, name, attributes)


def _text(parent: ElementTree.Element, name: str, text: str) -> ElementTree.Element:
    child = _child(parent, name)
    child.text = text if name == "content" else printable(text)
    return child
