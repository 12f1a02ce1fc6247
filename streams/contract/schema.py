"""Schema: the contract as JSON Schema 2020-12, made from the types of what is on the wire. `make contract` writes it.

    docs/contract/events.schema.json        every kind of event; $defs: each kind, each object, Event (what all have)
    docs/contract/cloudevent.schema.json    the structured form of a CloudEvent around one

Within v1 it only grows: `broken_promises` tells what a reader of an older one would miss.
"""

from collections.abc import Iterator, Mapping
from typing import cast

import msgspec

from sealane.event import FAMILIES, NOTIFIED, SCHEMA
from streams import outage
from streams.contract.cloudevent import SCHEMA_URN, CloudEvent
from streams.contract.objects import OBJECTS, fields_of, shape
from streams.ledger import changed_rules
from streams.showing.state import ENVELOPE
from streams.showing.telling import Told

DIALECT = "https://json-schema.org/draft/2020-12/schema"
URN = f"{SCHEMA_URN}v{SCHEMA}"
EVENTS_FILE, CLOUDEVENT_FILE = "events.schema.json", "cloudevent.schema.json"
DEFS = "#/$defs/"
ENDINGS = {"PortCall": ("PortCallEnded",), "Gap": ("GapClosed",), "Alert": ("AlertEscalated", "AlertResolved")}

Json = dict[str, object]


def kinds() -> dict[str, str]:
    """Every kind of event, and the object it tells of."""
    found: dict[str, str] = {}
    for family in FAMILIES:
        revised = (f"{family.stem}Revised",) if family.shown else ()
        lives = (family.appears, *ENDINGS.get(family.stem, ()), *revised, f"{family.stem}Retracted")
        found.update(dict.fromkeys(lives, family.stem))
    return {**found, NOTIFIED: NOTIFIED, changed_rules.KIND: "Rules", **dict.fromkeys(outage.KINDS, "Feed")}


def events_schema() -> Json:
    """The schema of an event, whatever its kind."""
    told = kinds()
    parts = _components([_envelope(), *OBJECTS.values()])
    return {
        "$schema": DIALECT,
        "$id": URN,
        "title": "Event of sealane",
        "description": "A past-tense fact: how a standing object changed. docs/events.md explains each.",
        "oneOf": [{"$ref": DEFS + kind} for kind in told],
        "$defs": {**{kind: _kind(kind, OBJECTS[noun].__name__) for kind, noun in told.items()}, **parts},
    }


def cloudevent_schema() -> Json:
    """The schema of a CloudEvent in the structured form. What it carries is the other schema's."""
    names = tuple(name for name in CloudEvent.__struct_fields__ if name != "data")
    attributes = cast(Json, _components([shape("CloudEvent", None, fields_of(CloudEvent, names))])["CloudEvent"])
    properties = cast(Json, attributes["properties"])
    properties["time"] = {"type": "string", "format": "date-time"}  # left out where not known, never null
    properties["data"] = {"$ref": EVENTS_FILE}
    required = [name for name in cast(list[str], attributes["required"]) if name != "time"]
    return {
        "$schema": DIALECT,
        "title": "CloudEvent of sealane",
        "description": "An event of sealane in the structured form of CloudEvents 1.0. docs/contract.md explains it.",
        "type": "object",
        "properties": properties,
        "required": [*required, "data"],
    }


def _envelope() -> type[msgspec.Struct]:
    """What every event has beside its object, and what the chain adds to it."""
    names = ("sequence", "hash", "cause", *ENVELOPE)
    return shape("Event", "What every event has, and its place in the chain.", fields_of(Told, names))


def _kind(kind: str, noun: str) -> Json:
    return {
        "title": kind,
        "type": "object",
        "allOf": [{"$ref": f"{DEFS}Event"}],
        "properties": {"kind": {"const": kind}, "object": {"$ref": DEFS + noun}},
        "required": ["object"],
    }


def _components(types: list[type[msgspec.Struct]]) -> Json:
    _, parts = msgspec.json.schema_components(types, ref_template=DEFS + "{name}")
    return dict(sorted(parts.items()))


def broken_promises(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """What a reader of the schema before could no longer rely on; empty where it only grew.

    A definition, field or type that went or took another form, a field no longer always there or newly so (entries of
    older chains have none: `LATER`), a word that is no longer said. New definitions, fields and words may come.
    """
    return list(_broken(before, after, "#"))


def _broken(before: object, after: object, at: str) -> Iterator[str]:
    match before, after:
        case dict(), dict():
            for key in sorted(before.keys() - {"title", "description"}):
                yield from _broken(before[key], after[key], f"{at}/{key}") if key in after else [f"{at}/{key}: gone"]
        case list(), list():
            gone = [each for each in before if each not in after]
            yield from (f"{at}: {msgspec.json.encode(each).decode()} gone" for each in gone)
            if at.endswith("/required"):
                yield from (f"{at}: {each} is new, and older entries have none" for each in after if each not in before)
        case _ if before != after:
            yield f"{at}: {before!r} became {after!r}"
