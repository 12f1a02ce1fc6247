"""Who may do what at a desk: at this machine, elsewhere by a token, and under no other name than its own."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.guard import BODY_BYTES
from tests.shell.commands import sealane
from tests.shell.conftest import Kept
from tests.shell.serving import Served, served

ALERT = "alert:surge_month:2023-10"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def desk(kept: Kept, data: Path) -> Iterator[Served]:
    with served("--ledger", kept.url, "--config", kept.config, SEALANE_DATA=str(data)) as found:
        yield found


def token(kept: Kept, data: Path, name: str, role: str) -> str:
    """A new token of the desk."""
    words = ("desk", "token", "add", name, "--role", role, "--config", kept.config)
    code, out, err = sealane(*words, SEALANE_DATA=str(data))
    assert code == 0, err
    return out.strip()


def test_at_this_machine_reading_needs_no_token_and_the_api_always_one(desk: Served):
    assert desk.ask("/calls.json").status == 200
    answer = desk.ask("/api/calls")
    assert (answer.status, answer.problem) == (401, "no-token")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert desk.ask("/api/calls", Authorization="Bearer sealane_wrong").status == 401


def test_a_bearer_reads_what_pages_show(desk: Served, kept: Kept, data: Path):
    bearer = f"Bearer {token(kept, data, 'reader', 'viewer')}"
    for path in ("/calls", "/calls.csv", "/calls.geojson"):
        page = path if "." in path else f"{path}.json"
        assert desk.ask(f"/api{path}", Authorization=bearer).body == desk.ask(page).body
    row = desk.rows("/calls.json")[0]
    assert desk.ask(f"/api/calls/{row['id']}", Authorization=bearer).json["rows"] == [row]
    told = desk.ask(f"/api/evidence/{row['id']}", Authorization=bearer).json
    assert told["about"]["id"] == row["id"]
    assert told["about"]["object"]["evidence"] == row["evidence"]
    assert desk.ask("/api/evidence/nothing", Authorization=bearer).problem == "unknown-id"


def test_a_token_is_kept_as_its_hash_alone_and_can_be_taken_back(desk: Served, kept: Kept, data: Path):
    made = token(kept, data, "passing", "admin")
    (file,) = data.rglob("desk-tokens.json")
    assert made not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert desk.ask("/api/calls?limit=1", Authorization=f"Bearer {made}").status == 200
    code, _, _ = sealane("desk", "token", "remove", "passing", "--config", kept.config, SEALANE_DATA=str(data))
    assert code == 0
    assert desk.ask("/api/calls?limit=1", Authorization=f"Bearer {made}").status == 401


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "twice", "--role", "boss"), "one of viewer, analyst, admin"),
        (("add", " "), "a name that can be printed"),
        (("remove", "nobody"), "the name of a token"),
    ],
)
@pytest.mark.usefixtures("home")
def test_a_token_that_cannot_be_is_refused_in_words(corridor: Path, words: tuple[str, ...], said: str):
    code, _, err = sealane("desk", "token", *words, "--config", corridor)
    assert code == 2
    assert said in err


def test_a_viewer_writes_nothing_and_an_analyst_in_no_other_name(desk: Served, kept: Kept, data: Path):
    body = {"alert": ALERT, "reason": "seen"}
    viewer = f"Bearer {token(kept, data, 'looker', 'viewer')}"
    assert desk.ask("/api/acks?dry_run=true", "POST", body, Authorization=viewer).problem == "forbidden"
    analyst = f"Bearer {token(kept, data, 'ann', 'analyst')}"
    told = desk.ask("/api/acks?dry_run=true", "POST", body, Authorization=analyst)
    assert told.json["events"][0]["object"]["by"] == "ann"
    other = desk.ask("/api/acks?dry_run=true", "POST", {**body, "by": "bob"}, Authorization=analyst)
    assert other.problem == "forbidden"
    admin = f"Bearer {token(kept, data, 'import', 'admin')}"
    told = desk.ask("/api/acks?dry_run=true", "POST", {**body, "by": "bob"}, Authorization=admin)
    assert told.json["events"][0]["object"]["by"] == "bob"


def test_a_form_without_the_token_of_its_page_changes_nothing(desk: Served):
    body = {"alert": ALERT, "reason": "seen", "by": "ann"}
    before = desk.ask("/alerts.json").json["ledger"]["head"]
    assert desk.ask("/acks", "POST", body).problem == "forbidden"
    assert desk.ask("/acks", "POST", body, Cookie="csrftoken=a", X_CSRFToken="a").problem == "forbidden"
    assert desk.ask("/alerts.json").json["ledger"]["head"] == before
    assert desk.send("/acks?dry_run=true", body).status == 200


def test_another_name_that_leads_here_is_refused(desk: Served):
    answer = desk.ask("/calls.json", Host="evil.example")
    assert (answer.status, answer.problem) == (421, "misdirected")
    assert desk.ask("/calls.json", Origin="https://evil.example").status == 421
    assert desk.ask("/calls.json", Origin="null").status == 421
    assert desk.ask("/calls.json", Origin=desk.url).status == 200


def test_a_name_that_the_corridors_file_gives_the_desk_is_its_own(kept: Kept, tmp_path: Path):
    folder = tmp_path / "corridor"
    folder.mkdir()
    for file in kept.config.parent.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    config = folder / kept.config.name
    config.write_text(config.read_text() + '\n[desk]\nhosts = ["desk.example.org"]\n')
    with served("--ledger", kept.url, "--config", config, SEALANE_DATA=str(tmp_path)) as desk:
        assert desk.ask("/calls.json", Host="desk.example.org").status == 200
        assert desk.ask("/calls.json", Host="other.example.org").status == 421


def test_a_page_may_load_what_is_ours_alone_and_nobody_may_frame_it(desk: Served):
    for path in ("/calls", "/calls.json", "/nowhere"):
        headers = desk.ask(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_a_report_of_a_browser_is_counted(desk: Served):
    before = metric(desk, "sealane_desk_csp_reports_total")
    assert desk.ask("/csp", "POST", {"csp-report": {"blocked-uri": "inline"}}).status == 204
    assert metric(desk, "sealane_desk_csp_reports_total") == before + 1


def metric(desk: Served, name: str) -> float:
    lines = desk.ask("/metrics").body.decode().splitlines()
    return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))


def test_a_body_too_large_is_refused_whether_it_says_so_or_not(desk: Served):
    large = b"[" + b" " * BODY_BYTES
    assert desk.ask("/csp", "POST", large).problem == "too-large"
    connection = socket.create_connection(("127.0.0.1", int(desk.url.rpartition(":")[2])), 10)
    with connection:
        head = f"POST /csp HTTP/1.1\r\nHost: {desk.url[7:]}\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + b"%x\r\n%b\r\n0\r\n\r\n" % (len(large), large))
        assert b" 413 " in connection.recv(65_536).partition(b"\r\n")[0]


def test_who_writes_too_often_is_told_when_to_come_again(kept: Kept, tmp_path: Path):
    with served("--ledger", kept.url, "--config", kept.config, SEALANE_DATA=str(tmp_path)) as desk:
        answers = [desk.ask("/acks", "POST", b"{}") for _ in range(70)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert refused[0].problem == "too-many"
    assert int(refused[0].headers["retry-after"]) >= 1


@pytest.mark.usefixtures("home")
def test_an_address_that_others_reach_is_refused_without_a_token(corridor: Path):
    code, _, err = sealane("desk", "--bind", "0.0.0.0:0", "--config", corridor)
    assert code == 2
    assert "sealane desk token add" in err


@pytest.mark.usefixtures("home")
def test_an_address_that_is_taken_is_told_and_what_is_no_address_too(corridor: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = sealane("desk", "--bind", f"127.0.0.1:{taken.getsockname()[1]}", "--config", corridor)
    assert code == 2
    assert "is taken" in err
    code, _, err = sealane("desk", "--bind", "8010", "--config", corridor)
    assert code == 2
    assert "HOST:PORT" in err


def test_elsewhere_a_browser_gives_its_token_and_holds_a_session(kept: Kept, tmp_path: Path):
    made = token(kept, tmp_path, "eve", "analyst")
    with served("--ledger", kept.url, "--config", kept.config, bind="0.0.0.0:0", SEALANE_DATA=str(tmp_path)) as found:
        desk = Served(found.url.replace("0.0.0.0", "127.0.0.1"), found.process)
        host = found.url[7:]
        assert desk.ask("/calls.json", Host=host).problem == "no-token"
        page = desk.ask("/calls", Host=host, Accept="text/html")
        assert (page.status, page.headers["location"]) == (303, "/login")
        csrf = desk.ask("/login", Host=host).headers["set-cookie"].partition("=")[2].partition(";")[0]
        form = {"Host": host, "Cookie": f"csrftoken={csrf}", "Content_Type": "application/x-www-form-urlencoded"}
        wrong = desk.ask("/login", "POST", f"_csrf_token={csrf}&token=wrong".encode(), **form)
        assert wrong.status == 403
        right = desk.ask("/login", "POST", f"_csrf_token={csrf}&token={made}".encode(), **form)
        cookie = right.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        session = cookie.partition(";")[0]
        assert desk.ask("/calls.json", Host=host, Cookie=session).status == 200
        body = {"alert": ALERT, "reason": "seen"}
        sent = {"Host": host, "Cookie": f"{session}; csrftoken={csrf}", "X_CSRFToken": csrf}
        assert desk.ask("/acks?dry_run=true", "POST", body, **sent).json["events"][0]["object"]["by"] == "eve"
        assert desk.ask("/api/calls", Host=host, Cookie=session).problem == "no-token"
