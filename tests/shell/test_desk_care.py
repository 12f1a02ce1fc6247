"""What looks after a desk reads; and hostile text, which stays text in a page, a table, a map, a stream and a log."""

import asyncio
import csv
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from openapi_spec_validator import validate

from desk.views import VIEWS
from streams.demo import feed
from streams.demo.files import write_corridor
from streams.demo.fleet import WATCHED
from streams.ledger.server import serve
from streams.showing.table import shown
from tests.core.hostile import PAYLOADS, TERMINAL
from tests.shell.commands import SEALANE, environment
from tests.shell.conftest import FEW_LINES, Kept, end_servers, keep
from tests.shell.serving import Served, Stream, served, url_of

SIGNS = ("evil.example", "alert(1)", "javascript:", "vbscript:")  # of a payload, where only markup of ours may be


@pytest.fixture(scope="module")
def desk(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = str(tmp_path_factory.mktemp("data"))
    with served("--ledger", kept.url, "--config", kept.config, SEALANE_DATA=data) as found:
        yield found


def test_the_document_of_the_api_is_valid_and_has_every_view(desk: Served):
    document = desk.ask("/openapi.json").json
    validate(document)
    assert document["openapi"].startswith("3.1")
    for name in VIEWS:
        for path in (f"/{name}", f"/{name}.json", f"/{name}.csv", f"/{name}.geojson", f"/api/{name}"):
            assert "get" in document["paths"][path]
    for path in ("/api/facts", "/api/acks", "/api/silences"):
        assert "post" in document["paths"][path]
    queries = {each["name"] for each in document["paths"]["/deliveries.json"]["get"]["parameters"]}
    assert set(VIEWS["deliveries"].queries) <= queries
    assert not [text for text in _texts(document) if "://" in text]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def test_it_is_well_while_the_ledger_is_read(desk: Served):
    told = desk.ask("/healthz").json
    assert told["status"] == "ok"
    assert told["sequence"] == desk.ask("/calls.json?limit=1").json["ledger"]["sequence"]


def test_labels_of_metrics_are_words_of_ours_whatever_is_asked_for(desk: Served):
    for payload in PAYLOADS[:40]:
        path = "/" + "".join(each for each in payload if each.isascii() and each.isalnum())
        desk.ask(path)
        desk.ask(f"/calls/{path.strip('/')}")
    told = desk.ask("/metrics").body.decode()
    rooms = {line.partition('room="')[2].partition('"')[0] for line in told.splitlines() if 'room="' in line}
    assert rooms <= {*VIEWS, "static", "events", "api", "csp", "healthz", "metrics", "page", "other", "openapi"}


def test_a_log_is_given_a_line_for_a_report_and_nothing_to_obey(kept: Kept, tmp_path: Path):
    words = ("desk", "--bind", "127.0.0.1:0", "--ledger", kept.url, "--config", kept.config)
    env = environment(SEALANE_DATA=str(tmp_path))
    with subprocess.Popen([SEALANE, *words], stderr=subprocess.PIPE, env=env) as process:
        desk = Served(url_of(process), process)
        for payload in TERMINAL:
            assert desk.ask("/csp", "POST", payload.encode()).status == 204
        process.terminate()
        assert process.stderr is not None
        lines = [line for line in process.stderr.read().decode().splitlines() if line]
    reports = [line for line in lines if "content policy" in line]
    assert len(reports) == len(lines) == len(TERMINAL)
    assert all(line.isascii() and line.isprintable() and line.startswith("sealane: ") for line in lines)


class Seen(NamedTuple):
    """What a browser would make of a page."""

    tags: list[tuple[str, dict[str, str | None]]]
    texts: list[str]


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = Seen([], [])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.seen.texts.append(data)


def seen(body: bytes) -> Seen:
    reader = Reader()
    reader.feed(body.decode())
    reader.close()
    return reader.seen


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A desk whose ledger has a sighting for each hostile text, which says it wherever a sighting says anything."""
    folder = Path(tempfile.mkdtemp(prefix="sl"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        into = Kept(serve(folder / "data"), write_corridor(folder / "corridor"))
        asyncio.run(keep(into, list(islice(feed(), FEW_LINES))))
    data = str(tmp_path_factory.mktemp("data"))
    with served("--ledger", into.url, "--config", into.config, SEALANE_DATA=data) as desk:
        facts = [_sighting(number, payload) for number, payload in enumerate(PAYLOADS)]
        told = desk.send("/facts", facts)
        assert told.status == 201, told.body
        yield desk
    end_servers(folder)
    shutil.rmtree(folder)


def _sighting(number: int, payload: str) -> dict[str, Any]:
    text = payload[:400]
    said = {"source": text, "by": text.strip() or "nobody", "note": text, "link": text, "method": text}
    day = "2023-08-30T00:00:00Z"
    ships = [{"imo": WATCHED[0].imo}]
    return {
        "kind": "sighting",
        "id": f"s{number}",
        "place": "rajin",
        "from": day,
        "to": day,
        "known_at": day,
        "ships": ships,
        **said,
    }


@pytest.mark.parametrize("path", ["/sightings?limit=1000", "/", "/sightings/s0", "/sightings/s30", "/sightings/s130"])
def test_in_a_page_it_is_text(hostile: Served, path: str):
    answer = hostile.ask(path, Accept="text/html")
    assert answer.status == 200
    tags, _ = seen(answer.body)
    assert tags
    for tag, attributes in tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert tag not in ("iframe", "object", "embed", "base", "marquee", "video", "math")
        assert tag != "script" or str(attributes.get("src", "")).startswith("/static/")
        for name, value in attributes.items():
            linked = name in ("href", "src", "action", "formaction", "srcdoc", "xlink:href", "style")
            assert not (linked and any(sign in (value or "") for sign in SIGNS)) or _harmless_link(value or "")


def _harmless_link(value: str) -> bool:
    """A link that a person gave leads to a page, and to nothing that a browser runs."""
    return value.startswith(("https://", "http://", "/", "#", "?"))


def test_in_a_table_of_a_page_it_is_shown_as_it_is(hostile: Served):
    _, texts = seen(hostile.ask("/sightings?limit=1000", Accept="text/html").body)
    page = "".join(texts)
    for payload in PAYLOADS:
        assert shown(payload[:400].strip()) in page, ascii(payload)


def test_in_json_and_on_a_map_it_is_the_text_that_was_told(hostile: Served):
    rows = {row["id"]: row for row in hostile.rows("/sightings.json?limit=1000")}
    features = hostile.ask("/sightings.geojson?limit=1000").json["features"]
    drawn = {feature["id"]: feature["properties"] for feature in features}
    for number, payload in enumerate(PAYLOADS):
        assert rows[f"s{number}"]["source"] == drawn[f"s{number}"]["source"] == payload[:400].strip()


def test_in_csv_it_is_no_formula_and_stays_in_its_cell(hostile: Served):
    lines = list(csv.DictReader(StringIO(hostile.ask("/sightings.csv?limit=1000").body.decode(), newline="")))
    assert len(lines) == len(PAYLOADS)
    assert not [line for line in lines for cell in line.values() if cell.lstrip().startswith(tuple("=+-@"))]


def test_in_a_stream_of_events_it_ends_no_line(hostile: Served):
    end = hostile.ask("/calls.json?limit=1").json["ledger"]["sequence"]
    stream = Stream(hostile, 0)
    found = [json.loads(body) for _, body in stream.until(end)]
    stream.close()
    sources = {
        event["data"]["object"].get("source") for event in found if event["type"] == "sealane.SightingRecorded.v1"
    }
    assert sources == {payload[:400].strip() for payload in PAYLOADS}
