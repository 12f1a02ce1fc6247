"""The contract: what stands in docs/contract/ is what is on the wire, and only grows. Examples are SYNTHETIC.

`asyncapi-3.0.0.schema.json.gz` is schemas/3.0.0-without-$id.json of @asyncapi/specs 6.11.1 (Apache-2.0), as published.
`events-0.1.schema.json` is the contract as it was first published: what it promised holds for all of v1.
"""

import copy
import gzip
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest
import yaml
from referencing import Registry, Resource

from streams.contract.__main__ import FILES, written
from streams.contract.cloudevent import binary, cloud_event, structured
from streams.contract.schema import broken_promises, events_schema, kinds
from streams.ledger.chain import Entry
from streams.showing.telling import KINDS, told

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "docs" / "contract"
FIXTURES = Path(__file__).parent / "fixtures"
EXAMPLES = [
    json.loads(text) for text in re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "events.md").read_text(), re.DOTALL)
]
ASYNCAPI = cast(dict[str, Any], yaml.safe_load((CONTRACT / "asyncapi.yaml").read_text()))


def sent(event: dict[str, Any]) -> Any:
    """An event as a relay sends it, around it the attributes."""
    body = json.dumps(event).encode()
    return cloud_event(told(Entry(sequence=7, hash="ab" * 32, body=body)), "demo")


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    """By a schema of the contract, which may refer to the other."""
    schemas = {file: json.loads((CONTRACT / file).read_text()) for file in FILES}
    registry: Registry[Any] = Registry().with_resources(
        (file, Resource.from_contents(schema)) for file, schema in schemas.items()
    )
    return jsonschema.Draft202012Validator(schemas[name], registry=registry, format_checker=jsonschema.FormatChecker())


def refs(part: object) -> Iterator[str]:
    """Every reference in a document."""
    match part:
        case dict():
            for key, each in part.items():
                yield from [each] if key == "$ref" else refs(each)
        case list():
            for each in part:
                yield from refs(each)


def found_at(pointer: str, document: Any) -> Any:
    for step in filter(None, pointer.split("/")):
        document = document[step]
    return document


# What stands in docs/contract/


@pytest.mark.parametrize("name", FILES)
def test_what_stands_there_is_what_make_contract_writes(name: str):
    assert (CONTRACT / name).read_text() == written(FILES[name]()), "run: make contract"


@pytest.mark.parametrize("name", FILES)
def test_it_is_json_schema_of_2020_12(name: str):
    jsonschema.Draft202012Validator.check_schema(json.loads((CONTRACT / name).read_text()))


def test_every_kind_of_event_is_in_it():
    assert set(kinds()) == {kind for kind in KINDS if kind in kinds()}
    assert KINDS - set(kinds()) == {"IdentityRevised", "IdentityConflictRevised", "CountRevised"}  # never told


# What is on the wire


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: str(each["kind"]))
def test_every_example_is_of_the_contract(example: dict[str, Any]):
    headers, value = binary(sent(example))
    validator("events.schema.json").validate(json.loads(value))
    validator("cloudevent.schema.json").validate(json.loads(structured(sent(example))))
    words = {name: each.decode() for name, each in headers}
    jsonschema.validate(words, ASYNCAPI["components"]["schemas"]["headers"])


def test_every_noun_has_an_example():
    nouns = kinds()
    assert {nouns[example["kind"]] for example in EXAMPLES} == set(nouns.values())


def test_every_field_an_example_has_is_in_the_contract():
    schema = events_schema()
    for example in EXAMPLES:
        noun = schema["$defs"][example["kind"]]["properties"]["object"]["$ref"]  # type: ignore[index]
        assert set(example["object"]) == set(found_at(noun[2:], schema)["properties"]), example["kind"]


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event.pop("subject"),
        lambda event: event["object"].pop("low"),
        lambda event: event["object"].update(low="7"),
        lambda event: event.update(kind="TallyForgotten"),
        lambda event: event.update(known_at="yesterday"),
    ],
)
def test_what_is_not_of_the_contract_is_refused(change: Any):
    event = json.loads(binary(sent(next(each for each in EXAMPLES if each["kind"] == "TallyRevised")))[1])
    assert validator("events.schema.json").is_valid(event)
    change(event)
    assert not validator("events.schema.json").is_valid(event)


# It only grows


def test_what_was_first_promised_still_holds():
    first = json.loads((FIXTURES / "events-0.1.schema.json").read_text())
    assert broken_promises(first, events_schema()) == []


@pytest.mark.parametrize(
    ("where", "change", "said"),
    [
        ("$defs/Tally/properties", lambda part: part.pop("low"), "#/$defs/Tally/properties/low: gone"),
        ("$defs/Tally/properties/low", lambda part: part.update(type="string"), "'integer' became 'string'"),
        ("$defs/Tally/required", lambda part: part.remove("low"), '"low" gone'),
        ("$defs/Tally/required", lambda part: part.append("new"), "new is new, and older entries have none"),
        ("$defs/Alert/properties/state/enum", lambda part: part.remove("firing"), '"firing" gone'),
        ("$defs", lambda part: part.pop("AlertFired"), "#/$defs/AlertFired: gone"),
        ("", lambda part: part["oneOf"].pop(), "gone"),
    ],
)
def test_a_broken_promise_is_told(where: str, change: Any, said: str):
    before, after = cast(Any, events_schema()), cast(Any, copy.deepcopy(events_schema()))
    change(found_at(where, after))
    (broken,) = broken_promises(before, after)
    assert said in broken


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("$defs/Tally/properties", lambda part: part.update(new={"type": "string"})),
        ("$defs/Alert/properties/state/enum", lambda part: part.append("acknowledged")),
        ("$defs", lambda part: part.update(AlertForgotten={"type": "object"})),
        ("$defs/Tally", lambda part: part.update(description="said otherwise")),
    ],
)
def test_it_may_grow(where: str, change: Any):
    before, after = cast(Any, events_schema()), cast(Any, copy.deepcopy(events_schema()))
    change(found_at(where, after))
    assert broken_promises(before, after) == []


# AsyncAPI


def test_the_asyncapi_document_is_one_of_asyncapi_3():
    schema = json.loads(gzip.decompress((FIXTURES / "asyncapi-3.0.0.schema.json.gz").read_bytes()))
    jsonschema.Draft7Validator(schema).validate(ASYNCAPI)


def test_everything_the_asyncapi_document_refers_to_is_there():
    for ref in refs(ASYNCAPI):
        file, _, pointer = ref.partition("#")
        document = json.loads((CONTRACT / file).read_text()) if file else ASYNCAPI
        assert found_at(pointer, document), ref


def test_an_unknown_word_in_the_asyncapi_document_is_refused():
    schema = json.loads(gzip.decompress((FIXTURES / "asyncapi-3.0.0.schema.json.gz").read_bytes()))
    wrong = {**ASYNCAPI, "channel": {}}
    assert not jsonschema.Draft7Validator(schema).is_valid(wrong)


def test_tallies_and_alerts_name_every_kind_of_theirs():
    for message, noun in (("tally", "Tally"), ("alert", "Alert")):
        one_of = ASYNCAPI["components"]["messages"][message]["payload"]["schema"]["oneOf"]
        assert {each["$ref"].rpartition("/")[2] for each in one_of} == {k for k, n in kinds().items() if n == noun}
