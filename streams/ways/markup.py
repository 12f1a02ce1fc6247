"""Markup: what a chat would take for more than text, made text again.

slack            & < >                      entities (Slack, "Escaping text"): no <!channel>, <@user>, <link|text>
tgram            by apprise, as HTML        nothing left to do
discord, mmost   Markdown, mentions         a backslash before each sign, a zero-width space after @
ntfy, mailto     sent as plain text         nothing is taken for more
"""

import re
from collections.abc import Callable, Mapping

from streams.ways.message import Message

ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
MARKDOWN = re.compile(r"[\\`*_~|<>\[\]()#:+\-!@]")
NO_MENTION = "\N{ZERO WIDTH SPACE}"

Escape = Callable[[str], str]


def entities(text: str) -> str:
    """Text as Slack and Telegram show it: no tag, link or mention."""
    return "".join(ENTITIES.get(each, each) for each in text)


def markdown(text: str) -> str:
    """Text as Discord and Mattermost show it: no emphasis, link, emoji, heading, list or mention."""
    return MARKDOWN.sub(lambda sign: f"\\{sign[0]}{NO_MENTION if sign[0] == '@' else ''}", text)


def as_it_is(text: str) -> str:
    """Text where text is all there is."""
    return text


# By schema of an apprise URL. Those that are here are all that a chat may be.
ESCAPES: Mapping[str, Escape] = {
    "slack": entities,
    "tgram": entities,
    "discord": markdown,
    "mmost": markdown,
    "mmosts": markdown,
    "ntfy": as_it_is,
    "ntfys": as_it_is,
    "mailto": as_it_is,
    "mailtos": as_it_is,
}
TITLED = ("ntfy", "ntfys", "mailto", "mailtos")  # have a title of their own: a subject, a headline


def written(message: Message, schema: str) -> tuple[str, str]:
    """Title and body for a chat of a schema. A link is made of percent-encoded signs and goes as it is."""
    escape = ESCAPES[schema]
    link = (message.link,) if message.link else ()
    if schema in TITLED:
        return message.title, "\n".join((*map(escape, message.lines), *link))
    return "", "\n".join((escape(message.title), *map(escape, message.lines), *link))
