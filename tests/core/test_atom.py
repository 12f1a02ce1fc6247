"""The feed of alerts: what RFC 4287 asks of one, ids that stay, and text that stays text."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from desk.atom import ATOM, NEWEST, entries_of, feed
from sealane.alert import Alert
from sealane.notification import Notification
from sealane.surge import Escalation
from streams.showing.table import printable
from tests.core.hostile import PAYLOADS

FIRED = datetime(2023, 10, 29, 14, tzinfo=UTC)
BASE = "https://desk.example.org"
FEED_ONCE, ENTRY_ONCE = ("id", "title", "updated"), ("id", "title", "updated")


def alert(key: str = "alert:surge_month:2023-10", **more: object) -> Alert:
    stated: dict[str, object] = {
        "id": key, "rule": "surge_month", "severity": "surge", "window": "2023-10", "state": "firing", "count": 7,
        "threshold": 7, "fired_at": FIRED, "resolved_at": None, "baseline": 3.0, "poisson_tail": 0.034,
        "deliveries": (), "offensives": (), "sentence": "7th delivery of October 2023; threshold 7",
    }  # fmt: skip
    return Alert(**(stated | more))  # type: ignore[arg-type] # each field is given as its type


def retracted(key: str, at: datetime) -> Notification:
    return Notification(
        id="n", alert=key, reason="retracted", at=at, severity="surge", state="firing", count=7, threshold=7,
        escalations=0, said="7th delivery", sentence="surge: retracted, a correction took its ground away",
    )  # fmt: skip


def read(*alerts: Alert, told: tuple[Notification, ...] = ()) -> ElementTree.Element:
    return ElementTree.fromstring(feed(entries_of(alerts, told), "rajin", BASE, synthetic=True))


def texts(parent: ElementTree.Element, name: str) -> list[str]:
    return [each.text or "" for each in parent.findall(f"{{{ATOM}}}{name}")]


def test_a_feed_has_what_rfc_4287_asks_for():
    root = read(alert(), alert("alert:lull:2025-01-31/P30D"))
    assert root.tag == f"{{{ATOM}}}feed"
    for name in FEED_ONCE:
        assert len(texts(root, name)) == 1
    assert root.find(f"{{{ATOM}}}author/{{{ATOM}}}name") is not None
    links = {each.get("rel"): each.get("href") for each in root.findall(f"{{{ATOM}}}link")}
    assert links == {"self": f"{BASE}/alerts.atom", "alternate": f"{BASE}/alerts"}
    ids = texts(root, "id")
    for entry in root.findall(f"{{{ATOM}}}entry"):
        for name in ENTRY_ONCE:
            assert len(texts(entry, name)) == 1
        ids += texts(entry, "id")
        for name in ("updated", "published"):
            (at,) = texts(entry, name)
            assert at.endswith("Z")
            assert datetime.fromisoformat(at).tzinfo is not None
        (content,) = entry.findall(f"{{{ATOM}}}content")
        assert content.get("type") == "text"
    assert len(set(ids)) == 3
    assert all(each.startswith("urn:uuid:") for each in ids)


def test_made_up_ships_are_marked():
    root = read(alert())
    assert all(title.startswith("[SYNTHETIC]") for title in (*texts(root, "title"), *texts(root[-1], "title")))


def test_an_empty_feed_is_a_feed():
    assert texts(read(), "updated") == ["1970-01-01T00:00:00Z"]


def test_an_alert_that_changes_keeps_its_id_and_is_updated():
    later = FIRED + timedelta(days=2)
    grew = alert(count=9, grew_at=later, escalations=(Escalation(count=9, at=later),))
    over = alert(state="resolved", resolved_at=later + timedelta(days=1))
    found = [read(each)[-1] for each in (alert(), grew, over)]
    assert len({texts(entry, "id")[0] for entry in found}) == 1
    assert [texts(entry, "updated")[0] for entry in found] == [
        "2023-10-29T14:00:00Z",
        "2023-10-31T14:00:00Z",
        "2023-11-01T14:00:00Z",
    ]
    assert len({texts(entry, "published")[0] for entry in found}) == 1


def test_an_alert_that_was_told_and_taken_back_says_so_under_the_same_id():
    before = read(alert())[-1]
    after = read(told=(retracted(alert().id, FIRED + timedelta(days=3)),))[-1]
    assert texts(before, "id") == texts(after, "id")
    assert "retracted" in texts(after, "title")[0]
    assert texts(after, "updated") == ["2023-11-01T14:00:00Z"]


def test_an_alert_that_fires_again_is_no_longer_retracted():
    root = read(alert(), told=(retracted(alert().id, FIRED),))
    (entry,) = root.findall(f"{{{ATOM}}}entry")
    assert "retracted" not in texts(entry, "title")[0]


def test_the_newest_are_first_and_no_more_than_a_feed_should_have():
    many = [alert(f"alert:a:{day}", fired_at=FIRED + timedelta(days=day)) for day in range(NEWEST + 5)]
    found = entries_of(many, ())
    assert len(found) == NEWEST
    assert found[0].alert == f"alert:a:{NEWEST + 4}"


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_hostile_text_stays_text(payload: str):
    root = read(alert(f"alert:{payload}:2023-10", sentence=payload, notes=(payload,), window=payload))
    assert [each.tag.rpartition("}")[2] for each in root[-1]] == [
        "id", "title", "published", "updated", "category", "link", "content",
    ]  # fmt: skip
    assert printable(payload) in texts(root[-1], "content")[0]
    assert printable(payload) in texts(root[-1], "title")[0]
    (link,) = root[-1].findall(f"{{{ATOM}}}link")
    assert str(link.get("href")).startswith(f"{BASE}/alerts/alert:")
