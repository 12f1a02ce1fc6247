"""docs/notifications.md: its ways file can be read, its receiver verifies, and every key and field stands in it."""

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from standardwebhooks.webhooks import Webhook as Reference

from geofences.errors import BadReference
from sealane.notification import Reason
from sealane.surge import Severity
from streams.contract.cloudevent import cloud_event, structured
from streams.showing.telling import Told
from streams.ways.markup import ESCAPES
from streams.ways.named import Alertmanager, Chat, Webhook, read_ways
from streams.ways.notice import Notice, Outcome
from streams.ways.post import REFUSED
from streams.ways.webhook import signed
from tests.core.test_documents import DOCS, WRITTEN, rows, section

DOCUMENT = DOCS["notifications.md"]
SECRET = "whsec_" + base64.b64encode(b"synthetic secret, 32 bytes long.").decode()


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found is not None, language
    return found[1]


def test_the_ways_file_can_be_read(tmp_path: Path):
    file = tmp_path / "ways.toml"
    file.write_text(example("toml"))
    assert [each.name for each in read_ways(file).all()] == ["archive", "newsroom", "on-call"]


def test_the_receiver_knows_what_is_sent():
    names: dict[str, Any] = {}
    exec(example("python"), names)
    receive: Callable[[dict[str, str], bytes, str], tuple[str, str]] = names["receive"]
    (told,) = [each for each in WRITTEN if each["kind"] == "AlertNotified"]
    event = Told(**{field: told[field] for field in Told.__struct_fields__ if field in told})
    body = structured(cloud_event(event, "demo"))
    headers = signed((Reference(SECRET),), event.id, datetime.now(UTC), body)
    assert receive(headers, body, SECRET) == (told["id"], told["object"]["sentence"])


def test_every_key_of_a_way_is_explained_and_no_other():
    explained = set(rows(section(DOCUMENT, "A ways file")))
    known = {field for shape in (Webhook, Chat, Alertmanager) for field in shape.__struct_fields__}
    assert explained == known | {"desk"}
    for word in (*get_args(Reason), *get_args(Severity)):
        assert f"`{word}`" in DOCUMENT


def test_every_field_of_a_notice_and_every_kind_of_chat_is_explained():
    assert set(rows(section(DOCUMENT, "What was told"))) == set(Notice.__struct_fields__)
    for word in get_args(Outcome):
        assert f"`{word}`" in section(DOCUMENT, "What was told")
    assert set(re.findall(r"`(\w+)://`", section(DOCUMENT, "Chats"))) == set(ESCAPES)
    assert {int(code) for code in re.findall(r"\b4\d\d\b", section(DOCUMENT, "What a way does not take"))} == REFUSED


GOOD = 'name = "a"\nurl = "https://example.org/"\nsecret = "env:X"\n'
MISTAKES = (
    ("[[webhook]]\n", "unknown key 'webhook'"),
    (f'[[webhooks]]\n{GOOD}evnts = ["Alert"]\n', "did you mean 'events'"),
    ('[[webhooks]]\nname = "a"\nsecret = "env:X"\n', "no url"),
    (f'[[webhooks]]\n{GOOD}events = ["Alrt"]\n', "a kind of event"),
    (f'[[webhooks]]\n{GOOD}severities = ["grave"]\n', "one of elevated"),
    (f'[[webhooks]]\n{GOOD}allow = ["10.0.0.0/33"]\n', "an address or a network"),
    (f"[[webhooks]]\n{GOOD}give_up_after_h = 0\n", "more than 0"),
    (f"[[webhooks]]\n{GOOD}[[webhooks]]\n{GOOD}", "a name of its own"),
    ('[[webhooks]]\nname = "a b"\nurl = "https://example.org/"\nsecret = "env:X"\n', "a name of its own"),
    ('[[webhooks]]\nname = "a"\nurl = "http://example.org/"\nsecret = "env:X"\n', "plain_http = true allows it"),
    ('[[webhooks]]\nname = "a"\nurl = "https://me:pass@example.org/"\nsecret = "env:X"\n', "a URL with a user in it"),
    ('[[webhooks]]\nname = "a"\nurl = "file:///etc/passwd"\nsecret = "env:X"\n', "an https:// URL"),
    (f'[[webhooks]]\n{GOOD}authority = "ca.pem"\n', "no such file"),
    ('desk = "desk.example.org"\n', "an http:// or https:// URL"),
    ("[[webhooks]\n", "a mistake in the TOML"),
)


@pytest.mark.parametrize(("text", "words"), MISTAKES, ids=[words for _, words in MISTAKES])
def test_a_mistake_is_named(tmp_path: Path, text: str, words: str):
    file = tmp_path / "ways.toml"
    file.write_text(text)
    with pytest.raises(BadReference, match=re.escape(words)) as error:
        read_ways(file)
    assert "pass@" not in str(error.value)
