"""What people write at a desk: shown before it is sent, committed with who says so, refused in words or taken whole."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.demo.files import write_corridor
from streams.ledger.server import serve
from tests.shell.commands import sealane
from tests.shell.conftest import Kept, end_servers, keep
from tests.shell.people import SEEN, dark_autumn, facts_file
from tests.shell.serving import Answer, Served, served

ALERT = "alert:elevated_month:2023-10"
PICTURES: list[dict[str, Any]] = [json.loads(line) for line in facts_file().splitlines() if b'"pic-' in line][:2]


@pytest.fixture(scope="module")
def dark() -> Iterator[Kept]:
    """An autumn in which two trips were sailed without AIS; written to by the tests of this file, in order."""
    folder = Path(tempfile.mkdtemp(prefix="sl"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        found = Kept(serve(folder / "data"), write_corridor(folder / "corridor"))
        asyncio.run(keep(found, dark_autumn()))
    yield found
    end_servers(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def desk(dark: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = str(tmp_path_factory.mktemp("data"))
    with served("--ledger", dark.url, "--config", dark.config, SEALANE_DATA=data) as found:
        yield found


def head_of(desk: Served) -> str:
    return str(desk.ask("/calls.json?limit=1").json["ledger"]["head"])


def words(answer: Answer) -> list[str]:
    return [event["words"] for event in answer.json["events"]]


def test_a_preview_tells_what_a_sighting_would_change_and_stores_nothing(desk: Served):
    before = head_of(desk)
    told = desk.send("/facts?dry_run=true", PICTURES)
    assert told.status == 200
    assert told.json["dry_run"] is True
    kinds = [event["kind"] for event in told.json["events"]]
    assert kinds.count("SightingRecorded") == 2
    assert "DeliveryRecorded" in kinds
    assert any("SYNTHETIC" not in each and "CURLEW" in each for each in words(told))
    assert head_of(desk) == before


def test_what_is_sent_changes_what_the_preview_said_and_revises_a_past_month(desk: Served):
    foretold = desk.send("/facts?dry_run=true", PICTURES)
    month = f"{SEEN.discharge.arrived_at:%Y-%m}"
    before = desk.rows(f"/tally.json?from={month}&to={month}")[0]
    told = desk.send("/facts", PICTURES)
    assert told.status == 201
    assert (told.json["new"], told.json["there_already"]) == (2, 0)
    assert {event["subject"] for event in foretold.json["events"]} <= {e["subject"] for e in told.json["events"]}
    after = desk.rows(f"/tally.json?from={month}&to={month}")[0]
    assert after["low"] + after["high"] > before["low"] + before["high"]
    assert {row["id"] for row in desk.rows("/sightings.json")} == {fact["id"] for fact in PICTURES}


def test_what_is_sent_again_is_there_already(desk: Served):
    before = head_of(desk)
    told = desk.send("/facts", PICTURES)
    assert (told.status, told.json["new"], told.json["there_already"]) == (200, 0, 2)
    assert head_of(desk) == before


def test_an_id_that_says_something_else_clashes(desk: Served):
    answer = desk.send("/facts", {**PICTURES[0], "note": "another picture"})
    assert (answer.status, answer.problem) == (409, "clash")


def test_an_alert_is_acknowledged_by_somebody_and_the_command_line_sees_it(desk: Served, dark: Kept):
    told = desk.send("/acks", {"alert": ALERT, "reason": "looked at", "by": "ann"})
    assert told.status == 201
    (row,) = desk.rows(f"/alerts/{ALERT}.json")
    assert (row["acknowledged"]["by"], row["acknowledged"]["reason"]) == ("ann", "looked at")
    code, out, _ = sealane("alerts", "--json", "--ledger", dark.url, "--config", dark.config)
    assert code == 0
    assert next(each for each in json.loads(out) if each["id"] == ALERT)["acknowledged"]["by"] == "ann"


def test_a_silence_holds_so_many_hours_from_the_time_of_the_ledger(desk: Served):
    told = desk.send("/silences", {"alert": ALERT, "hours": 48, "reason": "known", "by": "ann"})
    assert told.status == 201
    decision = told.json["events"][0]["object"]
    assert decision["at"] == told.json["as_of"]  # made-up ships: their time, not ours
    (row,) = desk.rows(f"/alerts/{ALERT}.json")
    assert row["silenced"]["until"] == decision["until"] > decision["at"]


def test_a_decision_on_a_delivery_is_a_fact_like_any_other(desk: Served):
    target = desk.rows("/deliveries.json")[0]["id"]
    fact = {"kind": "decision", "action": "reject", "target": target, "reason": "in dock", "by": "ann"}
    assert desk.send("/facts", fact).status == 201
    (row,) = desk.rows(f"/deliveries/{target}.json")
    assert (row["grade"], row["machine_grade"]) == ("rejected", "confirmed")


@pytest.mark.parametrize(
    ("path", "body", "status", "problem", "said"),
    [
        ("/acks", {"alert": ALERT, "by": "ann"}, 422, "refused", "`reason`"),
        ("/acks", {"alert": ALERT, "reason": " ", "by": "ann"}, 422, "refused", "expected why"),
        ("/acks", {"alert": ALERT, "reason": "seen"}, 422, "refused", "who says so"),
        ("/acks", {"alert": f"{ALERT}1", "reason": "r", "by": "ann"}, 404, "unknown-id", f"did you mean '{ALERT}'"),
        ("/acks", {"alert": ALERT, "reason": "r", "by": "ann", "colour": 1}, 422, "refused", "`colour`"),
        ("/silences", {"alert": ALERT, "reason": "r", "by": "ann"}, 422, "refused", "until and hours"),
        ("/silences", {"hours": 1, "reason": "r", "by": "ann"}, 422, "refused", "alert and rule"),
        ("/silences", {"alert": ALERT, "hours": -1, "reason": "r", "by": "ann"}, 422, "refused", "more than 0"),
        (
            "/silences",
            {"alert": ALERT, "until": "2023-01-01T00:00:00Z", "reason": "r", "by": "ann"},
            422,
            "refused",
            "which has passed",
        ),
        (
            "/silences",
            {"rule": "surge_monht", "hours": 1, "reason": "r", "by": "ann"},
            404,
            "unknown-id",
            "surge_month",
        ),
        ("/facts", b'{"kind": "sighting",', 400, "malformed", "expected JSON"),
        ("/facts", [], 422, "refused", "0 facts"),
        ("/facts", [7], 422, "refused", "`object`"),
        ("/facts", {**PICTURES[0], "id": "other", "place": "Rajinn"}, 422, "refused", "did you mean"),
        ("/facts", {**PICTURES[0], "id": "other", "ships": [{"imo": 9124044}]}, 422, "refused", "check digit"),
        ("/facts", {"kind": "rumour", "by": "ann"}, 422, "refused", "one of sighting, report, decision, binding"),
    ],
)
def test_what_is_refused_is_told_in_words_and_changes_nothing(
    desk: Served, path: str, body: object, status: int, problem: str, said: str
):
    before = head_of(desk)
    answer = desk.send(path, body)
    assert (answer.status, answer.problem) == (status, problem), answer.body
    assert said in answer.json["detail"]
    assert head_of(desk) == before


def test_one_bad_fact_of_a_list_refuses_them_all(desk: Served):
    before = head_of(desk)
    good = {**PICTURES[0], "id": "good"}
    answer = desk.send("/facts", [good, {**good, "id": "bad", "place": "nowhere"}])
    assert answer.problem == "refused"
    assert "fact 2" in answer.json["detail"]
    assert head_of(desk) == before


def test_after_all_that_the_ledger_holds(desk: Served, dark: Kept):
    assert desk.ask("/healthz").json["status"] == "ok"
    code, out, err = sealane("verify", "--ledger", dark.url, "--config", dark.config)
    assert code == 0, out + err
