"""An outage: a feed that brings nothing though it should, told to the operator in words and in the chain.

heard --FeedSilent--> silent --FeedHeard--> heard      an entry each, as RulesChanged is one; nothing is judged by it

It is no silence of a ship, and no digest covers it: what a ship's silence may mean follows from the hours heard.
"""

from datetime import datetime

import msgspec

from sealane.event import SCHEMA
from sealane.rules import Rules
from streams.feeds.health import Health, span_words
from streams.showing.state import shown

SILENT, HEARD = "FeedSilent", "FeedHeard"
KINDS = (SILENT, HEARD)


def subject_of(feed: str) -> str:
    """What an event of a feed is about."""
    return f"feed:{feed}"


def kind_of(health: Health) -> str:
    return SILENT if health.silent else HEARD


def feed_told(health: Health, rules: Rules, revision: int, as_of: datetime | None) -> bytes:
    """The entry that tells of it."""
    subject = subject_of(health.name)
    event = {
        "id": f"{subject}#{revision}",
        "kind": kind_of(health),
        "schema": SCHEMA,
        "subject": subject,
        "revision": revision,
        "at": shown(health.at),
        "known_at": shown(as_of),
        "observed": True,
        "rests_on": (),
        "because": (),
        "supersedes": None,
        "synthetic": rules.synthetic,
        "object": {
            "id": subject,
            "feed": health.name,
            "connected": health.connected,
            "last_sentence_at": shown(health.last_sentence_at),
            "silent_after_s": health.silent_after_s,
        },
    }
    return msgspec.json.encode(event, order="sorted")


def outage_words(kind: str, said: dict[str, object], at: datetime | None) -> str:
    """What happened, from the object of the event."""
    if kind == HEARD:
        return f"feed {said.get('feed')} is heard again"
    last = said.get("last_sentence_at")
    since = "since this run began"
    if isinstance(last, str) and at is not None:
        since = f"for {span_words(at - datetime.fromisoformat(last))}, since {last[:19].replace('T', ' ')}"
    how = "its connection is open" if said.get("connected") else "not connected"
    return f"feed {said.get('feed')} is silent {since}; {how}; no silence of a ship follows from it"
