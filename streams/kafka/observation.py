"""Observation: one report on its way from ingest to follow, as a record of Kafka.

key       the MMSI, in digits: all of one radio goes to one partition
value     the report with its raw sentences, and when it became known where that is later (MessagePack)
header    `schema`: the version of this form
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from sealane.fix import Fix
from sealane.static import StaticReport

SCHEMA = 1
SCHEMA_HEADER = "schema"

Headers = Iterable[tuple[str, bytes]]


class Observation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One report. New fields may come at the end within a version."""

    fix: Fix | None
    static: StaticReport | None = None
    known_at: datetime | None = None

    @property
    def report(self) -> Fix | StaticReport | None:
        return self.fix or self.static


class Undecodable(ValueError):  # noqa: N818 - a state, not a fault
    """A record that is no observation; the text says why."""


class FromTheFuture(Exception):  # noqa: N818
    """A record of a newer sealane: it is no rubbish, and waits for a worker that knows it."""


_encoder, _decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Observation)
HEADERS = [(SCHEMA_HEADER, str(SCHEMA).encode())]


def key_of(report: Fix | StaticReport) -> bytes:
    return str(report.mmsi).encode()


def packed(report: Fix | StaticReport, known_at: datetime | None = None) -> bytes:
    """The value of a report's record."""
    if isinstance(report, Fix):
        return _encoder.encode(Observation(report, None, known_at))
    return _encoder.encode(Observation(None, report, known_at))


def observed(key: bytes | None, value: bytes | None, headers: Headers) -> tuple[Fix | StaticReport, datetime | None]:
    """The report of a record, and when it became known. Raises Undecodable, FromTheFuture."""
    schema = next((each for name, each in headers or () if name == SCHEMA_HEADER), None)
    if schema is None or not schema.isdigit():
        raise Undecodable(f"header {SCHEMA_HEADER} is {schema!r}, expected {SCHEMA}")
    if int(schema) > SCHEMA:
        raise FromTheFuture(f"has schema {int(schema)}, expected {SCHEMA}: a newer sealane wrote it; run that one here")
    try:
        observation = _decoder.decode(value or b"")
    except msgspec.MsgspecError as error:
        raise Undecodable(f"value: {error}") from None
    report = observation.report
    if report is None or key != key_of(report):
        raise Undecodable(f"key is {key!r}, expected the MMSI of its report")
    if report.at.tzinfo is None:
        raise Undecodable("value: a time without a zone")
    return report, observation.known_at
