"""An event as others receive it: the same in every form, made of its entry alone. SYNTHETIC."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.contract.cloudevent import (
    CloudEvent,
    NotAnEvent,
    binary,
    cloud_event,
    from_binary,
    from_structured,
    structured,
)
from streams.ledger.chain import Entry
from streams.showing.telling import told

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "events.md"
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)]


def sent(example: dict[str, Any], sequence: int = 42) -> CloudEvent:
    """An example as a relay sends it."""
    return cloud_event(told(Entry(sequence=sequence, hash="ab" * 32, body=msgspec.json.encode(example))), "demo")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: str(each["kind"]))
def test_every_event_reads_the_same_from_both_forms(example: dict[str, Any]):
    event = sent(example)
    assert from_structured(structured(event)) == event
    assert from_binary(*binary(event)) == event


def test_its_attributes_name_the_event_its_kind_and_its_place_in_the_ledger():
    example = next(each for each in EXAMPLES if each["kind"] == "AlertFired")
    object_read = json.loads(structured(sent(example)))
    data = object_read.pop("data")
    assert object_read == {
        "specversion": "1.0",
        "id": example["id"],
        "source": "/sealane/demo",
        "type": "sealane.AlertFired.v1",
        "subject": example["subject"],
        "time": example["at"],
        "datacontenttype": "application/json",
        "dataschema": "urn:sealane:contract:v1#/$defs/AlertFired",
        "sequence": "0000000000000042",
        "synthetic": True,
    }
    assert data == {"sequence": 42, "hash": "ab" * 32, "cause": None, **example}


def test_on_kafka_the_attributes_are_headers_and_the_value_is_the_event_alone():
    headers, value = binary(sent(EXAMPLES[0]))
    assert dict(headers)["ce_id"] == EXAMPLES[0]["id"].encode()
    assert dict(headers)["ce_synthetic"] == b"true"
    assert dict(headers)["content-type"] == b"application/json"
    assert json.loads(value)["subject"] == EXAMPLES[0]["subject"]


def test_sent_again_it_is_the_same_bytes():
    assert structured(sent(EXAMPLES[0])) == structured(sent(EXAMPLES[0]))
    assert binary(sent(EXAMPLES[0])) == binary(sent(EXAMPLES[0]))


def test_sequences_are_in_order_as_text_too():
    sequences = [sent(EXAMPLES[0], number).sequence for number in (9, 10, 99, 100, 12_345)]
    assert sequences == sorted(sequences)


def test_an_event_whose_time_is_not_known_has_none():
    event = sent({**EXAMPLES[0], "at": None})
    assert b'"time"' not in structured(event)
    assert "ce_time" not in dict(binary(event)[0])
    assert from_binary(*binary(event)) == event


@pytest.mark.parametrize("value", [None, b"", b"\xff", b"[]", b"{}", b'{"id": 1}'])
def test_a_record_that_is_no_event_is_told(value: bytes | None):
    headers, _ = binary(sent(EXAMPLES[0]))
    with pytest.raises(NotAnEvent, match="expected a CloudEvent in binary mode"):
        from_binary(headers, value)


@pytest.mark.parametrize("without", ["ce_id", "ce_type", "ce_specversion", "ce_sequence"])
def test_a_record_without_an_attribute_is_told(without: str):
    headers, value = binary(sent(EXAMPLES[0]))
    with pytest.raises(NotAnEvent, match=without.removeprefix("ce_")):
        from_binary([each for each in headers if each[0] != without], value)


def test_a_later_version_of_cloudevents_is_told():
    body = structured(sent(EXAMPLES[0])).replace(b'"specversion":"1.0"', b'"specversion":"2.0"')
    with pytest.raises(NotAnEvent, match="specversion"):
        from_structured(body)
