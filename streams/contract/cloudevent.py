"""CloudEvent: an event of the ledger as others receive it. CloudEvents 1.0, one form for Kafka, SSE and webhooks.

    attribute        what it is                              in the ledger
    id               names the event; the same each time     id
    source           /sealane/<corridor>                     the ledger's corridor
    type             sealane.<kind>.v<schema>                kind, schema
    subject          what it is about                        subject
    time             when it happened at sea                 at; left out where it is not known
    dataschema       the schema of `data`                    kind, schema
    sequence         its place in the ledger, 16 digits      sequence (extension Sequence: ordered as text, too)
    synthetic        of made-up ships                        synthetic (extension of ours)
    data             the event, as `sealane tail --json` has it

    structured       one JSON object, attributes beside `data`: SSE and webhooks
    binary           a Kafka record: attributes as headers ce_<name>, the value is `data`

At least once and in any order: whoever receives drops an id that it has, and of a subject a sequence lower than it has.
It is made of an entry alone, so that whoever sends it again sends the same bytes.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from streams.showing.telling import Told

SPEC: Literal["1.0"] = "1.0"
SOURCE = "/sealane/"
JSON = "application/json"
STRUCTURED = "application/cloudevents+json"  # the content type of the structured form
PREFIX = "ce_"  # of a Kafka header
CONTENT_TYPE = "content-type"
SEQUENCE_DIGITS = 16
SCHEMA_URN = "urn:sealane:contract:"

Headers = list[tuple[str, bytes]]


class NotAnEvent(ValueError):  # noqa: N818 - a state of what was read
    """What was read is no event of sealane's; the text says what was expected."""


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The structured form, field by field."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: datetime | None = None
    datacontenttype: str
    dataschema: str
    sequence: str
    synthetic: bool
    data: Told


def cloud_event(event: Told, corridor: str) -> CloudEvent:
    """The event as others receive it. Its entry's sequence must be in it: see `streams.showing.telling.told`."""
    return CloudEvent(
        specversion=SPEC,
        id=event.id,
        source=f"{SOURCE}{corridor}",
        type=type_of(event.kind, event.schema),
        subject=event.subject,
        time=event.at,
        datacontenttype=JSON,
        dataschema=f"{SCHEMA_URN}v{event.schema}#/$defs/{event.kind}",
        sequence=f"{event.sequence:0{SEQUENCE_DIGITS}}",
        synthetic=event.synthetic,
        data=event,
    )


def type_of(kind: str, schema: int) -> str:
    """The type of an event: its kind, and the version of its form."""
    return f"sealane.{kind}.v{schema}"


def structured(event: CloudEvent) -> bytes:
    """One JSON object, for SSE and webhooks: content type `STRUCTURED`."""
    return msgspec.json.encode(event)


def binary(event: CloudEvent) -> tuple[Headers, bytes]:
    """Headers and value of a Kafka record."""
    attributes = msgspec.to_builtins(event, builtin_types=())
    headers = [(CONTENT_TYPE, attributes.pop("datacontenttype").encode())]
    for name, value in attributes.items():
        if name != "data":
            text = str(value).lower() if isinstance(value, bool) else str(value)
            headers.append((f"{PREFIX}{name}", text.encode()))
    return headers, msgspec.json.encode(event.data)


def from_structured(body: bytes) -> CloudEvent:
    """The event of a JSON object. Raises NotAnEvent."""
    try:
        return msgspec.json.decode(body, type=CloudEvent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotAnEvent(f"read {body[:60]!r}, expected a CloudEvent of sealane's as JSON: {error}") from None


def from_binary(headers: Iterable[tuple[str, bytes]], value: bytes | None) -> CloudEvent:
    """The event of a Kafka record. Raises NotAnEvent."""
    try:
        words = {name.lower(): each.decode() for name, each in headers}
        attributes: dict[str, object] = {
            name.removeprefix(PREFIX): each for name, each in words.items() if name.startswith(PREFIX)
        }
        attributes |= {"datacontenttype": words.get(CONTENT_TYPE, JSON), "data": msgspec.json.decode(value or b"")}
        return msgspec.convert(attributes, CloudEvent, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        headed = sorted(name for name, _ in headers)
        raise NotAnEvent(
            f"read headers {headed} and value {(value or b'')[:60]!r}, expected a CloudEvent in binary mode: {error}"
        ) from None
