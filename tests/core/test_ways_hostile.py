"""Hostile text on its way out: in a webhook's headers and body, in what a receiver answers, in what is said of it."""

import base64
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook as Reference

from streams.contract.cloudevent import cloud_event, structured
from streams.showing.telling import Told
from streams.ways.alertmanager import row_of
from streams.ways.post import answer_of, failure_words
from streams.ways.webhook import signed, webhook_id
from tests.core.hostile import PAYLOADS
from tests.core.test_atom import alert

SECRET = "whsec_" + base64.b64encode(b"synthetic secret, 32 bytes long.").decode()


def event(text: str) -> Told:
    return Told(
        sequence=1, id=text, kind="SightingRecorded", schema=1, subject=text, revision=1, at=None, known_at=None,
        observed=False, rests_on=(text,), supersedes=None, synthetic=True, object={"note": text},
    )  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_a_webhook_is_signed_and_says_what_was_said(payload: str):
    told = event(f"sighting:{payload}")
    body = structured(cloud_event(told, "rajin"))
    headers = signed((Reference(SECRET),), told.id, datetime.now(UTC), body)
    for value in headers.values():
        assert value.isascii()
        assert value.isprintable()
    assert Reference(SECRET).verify(body, headers)["data"]["object"]["note"] == told.id
    assert json.loads(body)["id"] == told.id


def test_ids_that_differ_differ_in_the_header_and_ours_stand_as_they_are():
    assert len({webhook_id(payload) for payload in PAYLOADS}) == len(PAYLOADS)
    ours = "notification:alert:surge_quarter:2023-12-18/P90D:first:20231218T070000Z#1"
    assert webhook_id(ours) == ours.replace("/", "%2F")
    assert "." not in webhook_id("alert:a.b:2023-10#1")


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_an_answer_is_one_short_line_that_a_terminal_and_a_log_obey_nothing_of(payload: str):
    for words in (answer_of(500, payload.encode(errors="replace"), {}).words, failure_words(OSError(payload))):
        assert words.isprintable()
        assert len(words) < 200


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_an_alertmanagers_labels_and_annotations_are_plain_words(payload: str):
    row = row_of(
        alert(sentence=payload, window=payload, rule=payload), "rajin", None, datetime.now(UTC), synthetic=True
    )
    for words in (row["labels"], row["annotations"]):
        assert isinstance(words, dict)
        assert all(str(word).isprintable() for word in words.values())


def test_an_alertmanagers_alert_ends_when_it_is_over_and_never_before_it_fired():
    now = datetime.now(UTC)
    early = alert(fired_at=now, state="resolved", resolved_at=datetime(2020, 1, 1, tzinfo=UTC))
    row = row_of(early, "rajin", None, now, synthetic=False)
    assert row["endsAt"] == row["startsAt"]
    taken_back = row_of(alert(), "rajin", None, now, synthetic=False, retracted=True)
    assert datetime.fromisoformat(str(taken_back["endsAt"])) == now
