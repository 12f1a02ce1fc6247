"""The desk's ways to learn of alerts: an Atom feed, and what was told to whom."""

import asyncio
import csv
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

import pytest

from desk.atom import ATOM
from streams.demo import feed
from streams.demo.files import write_corridor
from streams.ledger.ledger import Ledger
from streams.ledger.outbox import Outbox
from streams.ledger.server import serve
from streams.ways.notice import Notice, Standing, logged, stands, undelivered
from tests.core.hostile import PAYLOADS
from tests.shell.conftest import FEW_LINES, Kept, end_servers, keep
from tests.shell.serving import Served, served

ALERT = "alert:surge_month:2023-10"
AT = datetime(2023, 10, 30, 7, tzinfo=UTC)


def notice(number: int, **more: object) -> Notice:
    stated: dict[str, object] = {
        "id": f"hook:{number}", "at": AT.replace(minute=number % 60), "way": "hook", "kind": "webhook",
        "to": "https://hooks.example.org/", "event": f"notification:{ALERT}:first:20231030T070000Z#1",
        "event_kind": "AlertNotified", "sequence": number, "subject": f"notification:{ALERT}:first:20231030T070000Z",
        "why": "first", "severity": "surge", "words": "7th delivery", "outcome": "told", "tries": 1,
        "first_tried_at": AT, "answer": "204", "synthetic": True,
    }  # fmt: skip
    return Notice(**(stated | more))  # type: ignore[arg-type] # each field is given as its type


@pytest.fixture(scope="module")
def desk() -> Iterator[Served]:
    """A desk of a few days of the demo, whose ways out were told something."""
    folder = Path(tempfile.mkdtemp(prefix="sl"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        own = Kept(serve(folder / "data"), write_corridor(folder / "corridor"))
        asyncio.run(keep(own, list(islice(feed(), FEW_LINES))))
        asyncio.run(log(own))
        with served("--ledger", own.url, "--config", own.config, SEALANE_DATA=str(folder / "desk")) as found:
            yield found
    end_servers(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def autumn(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A desk of the demo's autumn, in which alerts fired."""
    data = str(tmp_path_factory.mktemp("data"))
    with served("--ledger", kept.url, "--config", kept.config, SEALANE_DATA=data) as found:
        yield found


async def log(kept: Kept) -> None:
    """What three ways were told: taken, given up and waiting; and names that somebody meant ill by."""
    ledger = Ledger(kept.url)
    told = [notice(1), *(notice(number + 10, answer=each) for number, each in enumerate(PAYLOADS[:30]))]
    lost = notice(2, outcome="given up", answer="410 gone")
    waits = Standing(
        name="chat", kind="chat", to="slack", waiting=notice(3, id="chat:3", way="chat", outcome="waiting")
    )
    await Outbox(ledger, "test").note([*map(logged, (*told, lost)), undelivered(lost), stands(waits)])
    await ledger.close()


def test_notices_are_a_page_and_the_same_rows_as_json_and_csv(desk: Served):
    rows = desk.rows("/notices.json")
    assert {row["outcome"] for row in rows} == {"told", "given up", "waiting"}
    page = desk.ask("/notices", Accept="text/html")
    assert page.headers["content-type"].startswith("text/html")
    assert f'href="/alerts/{ALERT}"' in page.body.decode()
    table = list(csv.DictReader(StringIO(desk.ask("/notices.csv").body.decode(), newline="")))
    assert [line["id"] for line in table] == [row["id"] for row in rows]


def test_what_failed_is_found_by_its_outcome_or_its_way(desk: Served):
    (lost,) = desk.rows("/notices.json?outcome=given%20up")
    assert (lost["id"], lost["answer"]) == ("hook:2", "410 gone")
    assert [row["id"] for row in desk.rows("/notices.json?way=chat")] == ["chat:3"]
    assert len(desk.rows("/notices.json?limit=5")) == 5


@pytest.mark.parametrize("query", ["outcome=lost", "colour=red", "limit=0"])
def test_a_query_that_names_nothing_is_refused_in_words(desk: Served, query: str):
    answer = desk.ask(f"/notices.json?{query}")
    assert (answer.status, answer.problem) == (400, "malformed")


def test_hostile_text_stays_text_on_the_page(desk: Served):
    page = desk.ask("/notices?limit=1000", Accept="text/html").body.decode()
    for payload in PAYLOADS[:30]:
        if "<" in payload:
            assert payload not in page


def test_alerts_are_a_feed_that_is_not_sent_twice(autumn: Served):
    answer = autumn.ask("/alerts.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    root = ElementTree.fromstring(answer.body)
    titles = [each.text or "" for each in root.findall(f"{{{ATOM}}}entry/{{{ATOM}}}title")]
    assert len(titles) == len(autumn.rows("/alerts.json"))
    assert all(title.startswith("[SYNTHETIC] ") for title in titles)
    links = [each.get("href") for each in root.findall(f"{{{ATOM}}}entry/{{{ATOM}}}link")]
    assert f"{autumn.url}/alerts/{ALERT}" in links
    assert autumn.ask(f"/alerts/{ALERT}.json").status == 200
    again = autumn.ask("/alerts.atom", If_None_Match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")


def test_the_api_has_both_for_who_bears_a_token(desk: Served):
    for path in ("/api/notices", "/api/alerts.atom"):
        assert desk.ask(path).problem == "no-token"
