"""The desk's views over HTTP: one set of rows in four forms, narrowed, paged, as of any time, as the commands print."""

import csv
import json
from collections.abc import Iterator
from io import StringIO

import pytest

from desk.views import VIEWS
from tests.shell.commands import sealane
from tests.shell.conftest import Kept
from tests.shell.serving import Served, served

CURLEW = 2000030


@pytest.fixture(scope="module")
def desk(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A desk of the demo's autumn."""
    data = str(tmp_path_factory.mktemp("data"))
    with served("--ledger", kept.url, "--config", kept.config, SEALANE_DATA=data) as found:
        yield found


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_is_a_page_and_the_same_rows_in_three_forms(desk: Served, name: str):
    assert desk.ask(f"/{name}", Accept="text/html").headers["content-type"].startswith("text/html")
    rows = desk.rows(f"/{name}.json")
    features = desk.ask(f"/{name}.geojson").json["features"]
    assert [feature["properties"] for feature in features] == rows
    table = list(csv.DictReader(StringIO(desk.ask(f"/{name}.csv").body.decode(), newline="")))
    assert len(table) == len(rows)
    for line, row in zip(table, rows, strict=True):
        assert {field: line[field] for field in line if isinstance(row[field], int) and row[field] is not True} == {
            field: str(row[field]).lower() for field in line if isinstance(row[field], int) and row[field] is not True
        }


@pytest.mark.parametrize(
    ("name", "command"), [("calls", "calls"), ("tally", "tally"), ("deliveries", "deliveries"), ("alerts", "alerts")]
)
def test_the_rows_are_those_of_the_command(desk: Served, kept: Kept, name: str, command: str):
    code, out, _ = sealane(command, "--json", "--ledger", kept.url, "--config", kept.config)
    assert code == 0
    assert desk.rows(f"/{name}.json?limit=1000") == json.loads(out)


def test_an_answer_says_which_ledger_it_is_of_and_as_of_when(desk: Served, kept: Kept):
    found = desk.ask("/calls.json").json
    code, out, _ = sealane("digest", "--json", "--ledger", kept.url, "--config", kept.config)
    assert code == 0
    told = json.loads(out)
    assert found["ledger"]["digest"] == told["digest"]
    assert found["ledger"]["head"] == f"{told['head']['sequence']}:{told['head']['hash']}"
    assert found["ledger"]["sequence"] == told["head"]["sequence"]
    assert found["as_of"].endswith("Z")
    assert found["next"] is None


def test_pages_follow_one_another_and_leave_nothing_out(desk: Served):
    path, found = "/calls.json?limit=3", []
    while path:
        answer = desk.ask(path).json
        assert len(answer["rows"]) <= 3
        found += answer["rows"]
        path = answer["next"]
    assert found == desk.rows("/calls.json")


def test_a_ship_a_port_a_grade_and_a_time_narrow_the_rows(desk: Served):
    calls = desk.rows("/calls.json")
    assert desk.rows(f"/calls.json?imo={CURLEW}") == [row for row in calls if row["imo"] == CURLEW]
    assert desk.rows("/calls.json?imo=curlew&port=rajin") == [
        row for row in calls if (row["imo"], row["port"]) == (CURLEW, "rajin")
    ]
    deliveries = desk.rows("/deliveries.json")
    assert desk.rows("/deliveries.json?grade=confirmed") == [row for row in deliveries if row["grade"] == "confirmed"]
    assert desk.rows("/deliveries.json?grade=rejected") == []
    assert [row["month"] for row in desk.rows("/tally.json?from=2023-09&to=2023-10")] == ["2023-09", "2023-10"]
    day = deliveries[0]["arrived_at"][:10]
    assert deliveries[0] in desk.rows(f"/deliveries.json?from={day}&to={day}")


def test_alerts_are_found_by_the_ships_whose_deliveries_they_count(desk: Served):
    alerts = desk.rows(f"/alerts.json?imo={CURLEW}")
    assert alerts
    assert all(any(f":{CURLEW}:" in each for each in alert["deliveries"]) for alert in alerts)


def test_as_of_an_earlier_time_what_was_known_by_then_is_told(desk: Served, kept: Kept):
    as_of = "2023-10-01T00:00:00Z"
    found = desk.ask(f"/deliveries.json?as_of={as_of}").json
    code, out, _ = sealane("deliveries", "--json", "--as-of", as_of, "--ledger", kept.url, "--config", kept.config)
    assert code == 0
    assert found["rows"] == json.loads(out)
    assert (found["as_of"], found["known_by"]) == (as_of, as_of)


def test_an_object_has_a_page_of_its_own_and_its_row_as_json(desk: Served):
    row = desk.rows("/deliveries.json")[0]
    assert desk.ask(f"/deliveries/{row['id']}", Accept="text/html").body.count(row["id"].encode())
    assert desk.rows(f"/deliveries/{row['id']}.json") == [row]
    vessel = desk.rows("/vessels.json")[0]
    assert desk.rows(f"/vessels/{vessel['imo']}.json") == [vessel]


def test_calls_are_drawn_at_a_fix_and_deliveries_from_port_to_port(desk: Served):
    call = desk.ask("/calls.geojson?limit=1").json["features"][0]
    assert call["geometry"]["type"] == "Point"
    at = [[fix["lon_deg"], fix["lat_deg"]] for fix in call["properties"]["evidence"]]
    assert any(call["geometry"]["coordinates"] == pytest.approx(each, abs=1e-5) for each in at)
    delivery = desk.ask("/deliveries.geojson?limit=1").json["features"][0]
    assert delivery["geometry"]["type"] == "LineString"
    assert desk.ask("/alerts.geojson?limit=1").json["features"][0]["geometry"] is None


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("imo=123", "imo: read '123'"),
        ("port=rajn", "did you mean 'rajin'"),
        ("grade=likely", "a query of /calls"),
        ("from=2023-13", "a month, a day or a time"),
        ("from=2023-11&to=2023-10", "no later than to"),
        ("limit=0", "1 to 1000"),
        ("limit=many", "1 to 1000"),
        ("as_of=yesterday", "as_of"),
        ("as_of=2999-01-01T00:00:00Z", "a time that has come"),
        ("colour=red", "a query of /calls"),
        ("port=rajin&port=dunay", "one of them"),
    ],
)
def test_a_malformed_query_is_refused_in_words(desk: Served, query: str, said: str):
    answer = desk.ask(f"/calls.json?{query}")
    assert (answer.status, answer.problem) == (400, "malformed")
    assert said in answer.json["detail"]


def test_an_unknown_id_is_answered_with_a_way_on(desk: Served):
    row = desk.rows("/calls.json")[0]
    answer = desk.ask(f"/calls/{row['id'][:-2]}.json")
    assert (answer.status, answer.problem) == (404, "unknown-id")
    assert f"did you mean {row['id']!r}" in answer.json["detail"]
    page = desk.ask("/calls/nothing-like-it", Accept="text/html")
    assert page.status == 404
    assert b'href="/' in page.body


def test_a_row_that_no_longer_stands_begins_no_page(desk: Served):
    answer = desk.ask("/calls.json?after=call:1:rajin:20230101T0000Z")
    assert (answer.status, answer.problem) == (410, "gone")


def test_a_path_that_leads_nowhere_and_a_method_that_does_nothing_are_problems_too(desk: Served):
    assert desk.ask("/nowhere").problem == "unknown-path"
    assert desk.ask("/calls", "PUT", Cookie="csrftoken=x").problem in ("method", "forbidden")
    assert desk.ask("/static/../app.py").problem == "unknown-path"
