"""A chat, a mailbox or a push service: people, told by apprise. Its URL is a secret and is never shown."""

import asyncio
import logging
import re
import threading
from datetime import datetime

import apprise

from geofences.errors import BadReference, did_you_mean
from sealane.event import NOTIFIED
from sealane.notification import Notification
from streams.showing.telling import Told, object_of
from streams.ways.markup import ESCAPES, written
from streams.ways.message import message_of
from streams.ways.named import Begins, Chat
from streams.ways.way import Answer, Wants

ANSWER_S = 30.0
STATUS = re.compile(r"error=(\d{3})")  # in what apprise logs; the rest of it may hold a token
LOG = logging.getLogger("apprise")
AS_HTML = "tgram"  # what it is sent is escaped for that

# How apprise marks a message, by severity: a colour or a priority.
MARKS = {
    "surge": apprise.NotifyType.FAILURE,
    "elevated": apprise.NotifyType.WARNING,
    "watch": apprise.NotifyType.INFO,
    "lull": apprise.NotifyType.INFO,
}


class ChatWay:
    """One chat, by one apprise URL."""

    kind = "chat"
    begins: Begins = "now"  # people are told what is new

    def __init__(self, named: Chat, url: str, corridor: str, desk: str | None, file: str) -> None:
        """Raises BadReference, without the URL."""
        self.name, self.give_up_after_h = named.name, named.give_up_after_h
        self.to = schema_of(url, file, named.name)
        self.wants = Wants(
            kinds=frozenset({NOTIFIED}),
            severities=frozenset(named.severities),
            reasons=frozenset(named.reasons),
            synthetic=named.synthetic,
        )
        self._corridor, self._desk = corridor, desk
        self._service = _service(url, self.to, file, named.name)

    async def send(self, event: Told, at: datetime) -> Answer:
        del at
        told = object_of(event)
        if not isinstance(told, Notification):
            return Answer(outcome="refused", words="told by another version of sealane")
        message = message_of(told, self._corridor, self._desk, synthetic=event.synthetic)
        title, body = written(message, self.to)
        mark = apprise.NotifyType.SUCCESS if told.reason in ("resolved", "retracted") else MARKS[told.severity]
        try:
            async with asyncio.timeout(ANSWER_S):
                return await asyncio.to_thread(_sent, self._service, title, body, mark)
        except TimeoutError:
            return Answer(outcome="failed", words="no answer in time")

    async def beside(self) -> None:
        """It is told of events alone."""

    async def close(self) -> None:
        """Nothing is held open."""


def schema_of(url: str, file: str, entry: str) -> str:
    """What kind of chat a URL is of. Raises BadReference."""
    schema, separator, _ = url.partition("://")
    schema = schema.lower()
    if not separator:
        raise BadReference(file, entry, "no apprise URL", f"one that begins with {', '.join(ESCAPES)} and ://")
    if schema not in ESCAPES:
        raise BadReference(
            file, entry, f"a URL of kind {schema!r}", "one of " + ", ".join(ESCAPES), did_you_mean(schema, ESCAPES)
        )
    return schema


def _service(url: str, schema: str, file: str, entry: str) -> apprise.NotifyBase:
    LOG.addHandler(logging.NullHandler())
    LOG.propagate = False  # else its warnings reach standard error, with tokens in them
    asset = apprise.AppriseAsset(
        app_id="sealane",
        app_desc="sealane",
        app_url="",
        secure_logging=True,
        http_redirects=False,
        interpret_emojis=False,
        interpret_escapes=False,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
    )
    service = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if not isinstance(service, apprise.NotifyBase):
        raise BadReference(file, entry, f"a {schema}:// URL that apprise cannot use", "one as apprise's pages show it")
    service.notify_format = apprise.NotifyFormat.HTML if schema == AS_HTML else apprise.NotifyFormat.TEXT
    return service


def _sent(service: apprise.NotifyBase, title: str, body: str, mark: apprise.NotifyType) -> Answer:
    """In a thread of its own: apprise waits."""
    heard = _Heard()
    LOG.addHandler(heard)
    try:
        is_sent = service.notify(body=body, title=title, notify_type=mark, body_format=apprise.NotifyFormat.TEXT)
    finally:
        LOG.removeHandler(heard)
    if is_sent:
        return Answer(outcome="taken", words="sent")
    return Answer(outcome="failed", words=f"answered {heard.status}" if heard.status else "could not be reached")


class _Heard(logging.Handler):
    """The status in what this thread's sending logs; nothing else of it is kept."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.status = ""
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        found = STATUS.search(record.getMessage()) if record.thread == self._thread else None
        self.status = found[1] if found else self.status
