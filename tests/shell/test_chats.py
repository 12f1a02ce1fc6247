"""Chats and mail as they arrive: each message's own words, and nothing a chat, a mail or a log would take for more."""

import email
import email.policy
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html import unescape

import apprise.plugins.discord
import apprise.plugins.slack
import apprise.plugins.telegram
import pytest

from geofences.errors import BadReference
from sealane.notification import Notification
from streams.showing.table import printable
from streams.showing.telling import Told
from streams.ways.chat import ChatWay
from streams.ways.message import Message, link_to, message_of
from streams.ways.named import Chat
from streams.ways.way import wanted
from tests.core.hostile import MAIL, PAYLOADS
from tests.shell.receiving import MailServer, Receiver, mail_server, receiving

AT = datetime(2023, 10, 30, 7, tzinfo=UTC)
TOKENS = ("TTTTTTTTT", "BBBBBBBBB", "c" * 24, "d" * 64)
ALERT = "alert:surge_month:2023-10"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        receiver.status, receiver.text = 200, "ok"
        yield receiver


def notified(sentence: str = "surge: 7th delivery; threshold 7", **more: object) -> Told:
    told = Notification(
        id=f"notification:{ALERT}:first:20231030T070000Z",
        alert=ALERT,
        reason="first",
        at=AT,
        severity="surge",
        state="firing",
        count=7,
        threshold=7,
        escalations=0,
        said=sentence,
        sentence=sentence,
    )
    row = {field: getattr(told, field) for field in told.__struct_fields__} | {"at": "2023-10-30T07:00:00Z"} | more
    return Told(
        sequence=12,
        id=f"{told.id}#1",
        kind="AlertNotified",
        schema=1,
        subject=told.id,
        revision=1,
        at=AT,
        known_at=AT,
        observed=False,
        rests_on=(told.alert,),
        supersedes=None,
        synthetic=True,
        object=row,
    )


def chat(url: str) -> ChatWay:
    named = Chat(name="people", url="env:X", synthetic=True)
    way = ChatWay(named, url, "demo", "https://desk.example.org", "ways.toml")
    way._service.request_rate_per_sec = 0  # apprise spares the real services
    return way


def to(receiver: Receiver, kind: str, monkeypatch: pytest.MonkeyPatch) -> ChatWay:
    """A chat of a kind whose service is the receiver."""
    here = f"http://127.0.0.1:{receiver.port}"
    for module, name, value in (
        (apprise.plugins.slack.NotifySlack, "webhook_url", f"{here}/services"),
        (apprise.plugins.discord.NotifyDiscord, "notify_url", f"{here}/api/webhooks"),
        (apprise.plugins.telegram.NotifyTelegram, "notify_url", f"{here}/bot"),
    ):
        monkeypatch.setattr(module, name, value)
    return chat(
        {
            "slack": f"slack://{'/'.join(TOKENS[:3])}/#desk",
            "discord": f"discord://{TOKENS[2]}/{TOKENS[3]}",
            "tgram": f"tgram://123456789:{'A' * 35}/12345",
            "mmost": f"mmost://127.0.0.1:{receiver.port}/{TOKENS[2]}",
            "ntfy": f"ntfy://127.0.0.1:{receiver.port}/desk",
        }[kind]
    )


def text_in(kind: str, body: bytes) -> str:
    """What the chat is asked to show, before it looks for markup."""
    said = json.loads(body)
    match kind:
        case "slack":
            return str(said["attachments"][0]["text"])
        case "discord":
            return str(said["content"])
        case "ntfy":
            return f"{said['title']}\n{said['message']}"
        case _:
            return str(said["text"])


KINDS = ("slack", "discord", "tgram", "mmost", "ntfy")


@pytest.mark.parametrize("kind", KINDS)
async def test_people_are_told_reason_sentence_count_threshold_and_where_to_look(
    kind: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    way = to(receiver, kind, monkeypatch)
    answer = await way.send(notified(), AT)
    assert answer.outcome == "taken", answer
    (post,) = receiver.posts
    shown = unescape(text_in(kind, post.body)).replace("\\", "")
    lines = [line.rstrip() for line in shown.splitlines()]
    assert lines[0] == "[SYNTHETIC] sealane demo: surge firing (first)"
    assert lines[1:] == [
        "surge: 7th delivery; threshold 7",
        "Why now: nobody was told of it before",
        "Count 7, threshold 7; as of 2023-10-30 07:00Z",
        ALERT,
        f"https://desk.example.org/alerts/{ALERT}",
    ]


@pytest.mark.parametrize("kind", KINDS)
async def test_hostile_text_stays_text(kind: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    way = to(receiver, kind, monkeypatch)
    for payload in PAYLOADS:
        assert (await way.send(notified(payload), AT)).outcome == "taken"
    shown = [text_in(kind, post.body) for post in receiver.posts]
    assert len(shown) == len(PAYLOADS)
    for payload, text in zip(PAYLOADS, shown, strict=True):
        assert all(line.isprintable() for line in text.replace("\u200b", "").replace("\xa0", " ").splitlines()), payload
        INERT[kind](text)
        if kind in ("slack", "tgram"):
            assert printable(payload).rstrip()[:400] in unescape(text)


def _markdown(text: str) -> None:
    """Each sign of Markdown has a backslash before it, and no @ is followed by a name."""
    body, _, link = text.rpartition("\n")
    assert link.startswith("https://desk.example.org/")
    plain = body.replace("\\\\", "")
    for sign in "`*_~|<>[]()#@":
        assert plain.count(sign) == plain.count(f"\\{sign}"), (sign, text)
    assert body.count("@") == body.count("@\u200b")


def _entities(text: str) -> None:
    assert "<" not in text
    assert ">" not in text


def _plain(text: str) -> None:
    assert text.startswith("[SYNTHETIC] sealane demo: surge firing (first)\n")


INERT = {"slack": _entities, "discord": _markdown, "mmost": _markdown, "tgram": _entities, "ntfy": _plain}


@pytest.fixture
async def mails() -> AsyncIterator[MailServer]:
    async with mail_server() as mails:
        yield mails


def mailed(mails: MailServer) -> ChatWay:
    return chat(f"mailto://127.0.0.1:{mails.port}?from=desk@example.org&to=people@example.org&mode=insecure")


async def test_a_mail_has_the_words_and_a_subject(mails: MailServer):
    answer = await mailed(mails).send(notified(), AT)
    assert answer.outcome == "taken", answer
    message = email.message_from_bytes(mails.mails[0], policy=email.policy.default)
    assert message["subject"] == "[SYNTHETIC] sealane demo: surge firing (first)"
    assert message["to"] == "people@example.org"
    body = message.get_body()
    assert body is not None
    assert body.get_content_type() == "text/plain"
    assert f"https://desk.example.org/alerts/{ALERT}" in str(body.get_content())


async def test_hostile_text_adds_no_header_to_a_mail_and_no_mail(mails: MailServer):
    way = mailed(mails)
    headers = set()
    chosen = (*MAIL, *PAYLOADS[::8])
    for payload in chosen:
        assert (await way.send(notified(payload, severity="surge", alert=payload), AT)).outcome == "taken"
    assert len(mails.mails) == len(chosen)
    for raw in mails.mails:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        headers.add(tuple(sorted(name.lower() for name in message)))
        assert message["to"] == "people@example.org"
        assert not message.is_multipart()
    assert len(headers) == 1


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_a_title_is_one_line_whatever_is_in_it(payload: str):
    told = Notification(
        id=payload, alert=payload, reason="first", at=AT, severity="surge", state="firing", count=1, threshold=1,
        escalations=0, said=payload, sentence=payload,
    )  # fmt: skip
    message: Message = message_of(told, payload, "https://desk.example.org", synthetic=True)
    for line in (message.title, *message.lines):
        assert line.isprintable()
    assert message.link is not None
    assert message.link.isascii()
    assert " " not in message.link


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ntfy"])
async def test_a_failure_shows_no_token(
    kind: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    receiver.status, receiver.text = 404, f"no such hook {TOKENS[2]}"
    way = to(receiver, kind, monkeypatch)
    answer = await way.send(notified(), AT)
    assert (answer.outcome, answer.words) == ("failed", "answered 404")
    await receiver.stop()
    answer = await way.send(notified(), AT)
    assert (answer.outcome, answer.words) == ("failed", "could not be reached")
    assert way.to == kind
    told = capfd.readouterr()
    for token in (*TOKENS, "A" * 35):
        assert token not in told.out + told.err + answer.words + way.to


@pytest.mark.parametrize(
    "url",
    ["json://example.org/", "exec://x", "syslog://", "file:///etc/passwd", "slak://x", "nonsense", "slack://short"],
)
def test_a_url_of_another_kind_is_refused_and_never_shown(url: str):
    with pytest.raises(BadReference) as error:
        chat(url)
    assert url not in str(error.value)


def test_a_chat_is_told_the_reasons_and_severities_it_names():
    named = Chat(name="people", url="env:X", synthetic=True, reasons=("escalated",), severities=("surge",))
    way = ChatWay(named, "ntfy://127.0.0.1/desk", "demo", None, "ways.toml")
    assert not wanted(notified(), way.wants)
    assert wanted(notified(reason="escalated"), way.wants)
    assert not wanted(notified(reason="escalated", severity="watch"), way.wants)


def test_a_link_leads_to_the_alert_on_the_desk():
    assert link_to("https://desk.example.org/", ALERT) == f"https://desk.example.org/alerts/{ALERT}"
    assert link_to(None, ALERT) is None
