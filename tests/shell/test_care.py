"""Care of a ledger: what was altered is found, what is rebuilt is the same, what is restored is whole."""

import asyncio
import json
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from typer.testing import CliRunner

from bench.cutting import POINTS, proxied
from streams.cli import app
from streams.demo import feed
from streams.demo.files import write_corridor
from streams.ledger import keys
from streams.ledger.server import data_folder, socket_path
from tests.shell.conftest import end, end_servers

LINES = 3_000  # of the demo: a first delivery or two
SETTLE_EVERY_LINES = 300
Server = Any  # a redis.Redis; its types leave every answer open


def sealane(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


class Desk(msgspec.Struct, frozen=True):
    """A recording, its corridor, and the digest of a replay in memory."""

    config: Path
    recording: Path
    digest: str

    def __call__(self, command: str, *words: object) -> tuple[int, str, str]:
        return sealane(*command.split(), *words, "--config", self.config)

    def state(self, *words: object) -> dict[str, object]:
        status, told, complaint = self("replay", "--state", *words)
        assert status == 0, complaint
        found: dict[str, object] = json.loads(told)
        return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("desk")
    config, recording = write_corridor(folder), folder / "demo.nmea"
    recording.write_bytes(b"".join(islice(feed(), LINES)))
    return Desk(config, recording, str(Desk(config, recording, "").state(recording)["digest"]))


@pytest.fixture(scope="module")
def backup_file(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a ledger that holds the recording: restored, it is a ledger in no time."""
    folder = tmp_path_factory.mktemp("b")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEALANE_DATA", str(folder / "data"))
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        assert desk("replay --ledger embedded", desk.recording)[0] == 0
        assert desk("backup", folder / "ledger.zst")[0] == 0
        end_servers(folder)
    return folder / "ledger.zst"


@pytest.fixture
def server(home: Path, desk: Desk, backup_file: Path) -> Iterator[Server]:
    """The server of a ledger that holds the recording, to be tampered with."""
    status, _, complaint = desk("restore", backup_file)
    assert status == 0, complaint
    (socket,) = home.glob("run/**/*.sock")
    with redis.Redis(unix_socket_path=str(socket)) as client:
        yield client


def findings(desk: Desk, *words: object) -> dict[str, str]:
    """What verify finds wrong."""
    status, told, complaint = desk("verify --json", *words)
    verdict = json.loads(told)
    wrong = {each["what"]: each["found"] for each in verdict["findings"] if not each["fine"]}
    assert (status, verdict["fine"]) == ((1, False) if wrong else (0, True)), complaint
    return wrong


# Replay into a ledger


@pytest.mark.usefixtures("home")
def test_a_replay_into_a_ledger_gives_the_digest_of_one_in_memory_and_again_changes_nothing(desk: Desk):
    assert desk.state("--ledger", "embedded", desk.recording)["digest"] == desk.digest
    before = desk("verify --json")
    assert desk.state("--ledger", "embedded", desk.recording)["digest"] == desk.digest
    assert desk("verify --json") == before
    assert desk("digest")[1].strip() == f"SYNTHETIC {desk.digest}"
    assert findings(desk) == {}


@pytest.mark.usefixtures("home")
def test_halves_in_the_wrong_order_give_the_same_digest(desk: Desk, tmp_path: Path):
    lines = desk.recording.read_bytes().splitlines(keepends=True)
    early, late = tmp_path / "early.nmea", tmp_path / "late.nmea"
    early.write_bytes(b"".join(lines[: LINES // 2]))
    late.write_bytes(b"".join(lines[LINES // 2 :]))
    desk.state("--ledger", "embedded", late)
    assert desk.state("--ledger", "embedded", early)["digest"] == desk.digest
    assert findings(desk) == {}


@pytest.mark.usefixtures("home")
def test_a_late_file_changes_only_what_it_must(desk: Desk, tmp_path: Path):
    lines = desk.recording.read_bytes().splitlines(keepends=True)
    soon, late = tmp_path / "soon.nmea", tmp_path / "late.nmea"
    soon.write_bytes(b"".join(lines[: LINES // 3] + lines[LINES * 2 // 3 :]))
    late.write_bytes(b"".join(lines[LINES // 3 : LINES * 2 // 3]))
    desk.state("--ledger", "embedded", soon)
    status, told, _ = desk("replay --ledger embedded --json", late)
    calls = [event["object"] for event in map(json.loads, told.splitlines()) if event["kind"].startswith("PortCall")]
    stamped = re.search(rb"c:(\d+)", late.read_bytes())
    assert stamped is not None
    late_from = datetime.fromtimestamp(int(stamped[1]), UTC)
    before = [call["id"] for call in calls if datetime.fromisoformat(call["last_heard_at"]) < late_from]
    assert (status, bool(calls), before) == (0, True, [])
    assert desk("digest")[1].strip() == f"SYNTHETIC {desk.digest}"
    assert findings(desk) == {}


@pytest.mark.usefixtures("home")
def test_recordings_of_real_ships_give_the_same_digest_in_a_ledger(recordings: Path, tmp_path: Path):
    shutil.copy(recordings / "portcalls_dev" / "seg_ports.geojson", tmp_path / "zones.geojson")
    config = tmp_path / "corridor.toml"
    config.write_text('[corridor]\nname = "real"\nzones = ["zones.geojson"]\n')
    real = Desk(config, config, "")
    files = [file for file in sorted(recordings.glob("*/*")) if file.suffix in (".nmea", ".aivdm")]
    wanted = real.state(*files)
    assert len(cast(list[object], wanted["calls"])) > 20
    for _ in range(2):
        assert real.state(*files, "--ledger", "embedded")["digest"] == wanted["digest"]
    assert findings(real) == {}


# Verify


@pytest.mark.usefixtures("server")
def test_an_untouched_ledger_is_fine(desk: Desk):
    assert findings(desk) == {}


def test_a_changed_byte_in_an_entry_is_found_with_its_sequence(server: Server, desk: Desk):
    entries = server.xrange(keys.LOG)
    server.delete(keys.LOG)
    for name, fields in entries:
        if name == b"7-0":
            fields[b"body"] = fields[b"body"].replace(b"2023", b"2024", 1)
        server.xadd(keys.LOG, fields, name)
    assert findings(desk)["chain"] == "entry 7 altered: its hash does not hold"


def test_a_missing_entry_is_found(server: Server, desk: Desk):
    server.xdel(keys.LOG, "5-0")
    assert "entry 5 missing" in findings(desk)["chain"]


def test_a_trimmed_chain_is_found(server: Server, desk: Desk):
    server.xtrim(keys.LOG, maxlen=10, approximate=False)
    assert "entry 1 missing" in findings(desk)["chain"]


def test_an_end_cut_off_is_found(server: Server, desk: Desk):
    last = server.xlen(keys.LOG)
    server.xdel(keys.LOG, f"{last}-0")
    assert f"entry {last} cut off" in findings(desk)["chain"]


def test_an_end_cut_off_with_its_head_is_found_by_the_head_noted_before(server: Server, desk: Desk):
    last = server.xlen(keys.LOG)
    server.xdel(keys.LOG, f"{last}-0")
    (_, before), *_ = server.xrevrange(keys.LOG, count=1)
    server.hset(keys.HEAD, mapping={"sequence": last - 1, "hash": before[b"hash"]})
    wrong = findings(desk)
    assert "chain" not in wrong
    assert f"entry {last} is missing" in wrong["noted"]


def test_a_fix_that_its_sentence_does_not_say_is_found(server: Server, desk: Desk):
    key = sorted(server.scan_iter(f"{keys.FIXES}*"))[0]
    slot, packed = sorted(server.hgetall(key).items())[0]
    stored = msgspec.msgpack.decode(packed)
    stored[0]["lat_deg"] += 0.001
    server.hset(key, slot, msgspec.msgpack.encode(stored))
    assert "its raw sentences say something else" in findings(desk)["sentences"]


def test_a_raw_sentence_with_a_bad_checksum_is_found(server: Server, desk: Desk):
    key = sorted(server.scan_iter(f"{keys.STATICS}*"))[0]
    slot, packed = sorted(server.hgetall(key).items())[0]
    stored = msgspec.msgpack.decode(packed)
    stored["raw"] = [re.sub(rb"\*..$", b"*00", raw) for raw in stored["raw"]]
    server.hset(key, slot, msgspec.msgpack.encode(stored))
    assert "bad_checksum" in findings(desk)["sentences"]


def test_a_report_that_cannot_be_read_is_found_with_its_key(server: Server, desk: Desk):
    key = sorted(server.scan_iter(f"{keys.FIXES}*"))[0].decode()
    server.hset(key, "1", "nonsense")
    assert f"{key} 1" in findings(desk)["readable"]


@pytest.mark.parametrize("packed", [None, b"nonsense"], ids=["taken out", "unreadable"])
def test_a_view_that_is_not_what_the_inputs_give_is_found_and_rebuilt(server: Server, desk: Desk, packed: bytes | None):
    call = sorted(server.hkeys(keys.view("calls")))[0]
    if packed is None:
        server.hdel(keys.view("calls"), call)
    else:
        server.hset(keys.view("calls"), call, packed)
    assert "views" in findings(desk)
    assert desk("rebuild")[0] == 0
    assert findings(desk) == {}
    assert desk("digest")[1].strip() == f"SYNTHETIC {desk.digest}"


# Rebuild


def test_rebuild_by_other_zones_gives_what_a_replay_by_them_gives_and_the_chain_goes_on(
    server: Server, desk: Desk, tmp_path: Path
):
    shutil.copytree(desk.config.parent, tmp_path / "other", ignore=shutil.ignore_patterns("*.nmea"))
    config = tmp_path / "other" / "corridor.toml"
    config.write_text(config.read_text() + "[rules]\ncall_min_stay_min = 2000\n")
    other = Desk(config, desk.recording, "")
    wanted = str(other.state(desk.recording)["digest"])
    assert wanted != desk.digest
    before = server.xlen(keys.LOG)
    status, _, complaint = other("replay --ledger embedded", desk.recording)
    assert (status, "run: sealane rebuild" in complaint) == (1, True)
    status, told, complaint = other("rebuild --json")
    assert (status, wanted in complaint) == (0, True)
    appended = told.splitlines()
    assert appended
    assert server.xlen(keys.LOG) == before + 1 + len(appended)
    _, ruling = server.xrange(keys.LOG, f"({before}-0", count=1)[0]
    assert json.loads(ruling[b"body"])["kind"] == "RulesChanged"
    assert json.loads(ruling[b"body"])["cause"] == "rebuild"
    (_, last), *_ = server.xrevrange(keys.LOG, count=1)
    assert json.loads(last[b"body"])["cause"] == "rebuild"
    assert findings(other) == {}
    assert other("digest")[1].strip() == f"SYNTHETIC {wanted}"


# Backup, restore, evidence


def test_a_ledger_restored_is_the_ledger_that_was_backed_up(server: Server, desk: Desk, tmp_path: Path):
    assert desk("backup", tmp_path / "one.zst")[0] == 0
    status, _, complaint = desk("restore", tmp_path / "one.zst")
    assert (status, "add --replace" in complaint) == (1, True)
    fence = server.hgetall(keys.FENCE)
    server.hset(keys.view("calls"), "x", "y")
    assert desk("restore --replace", tmp_path / "one.zst")[0] == 0
    assert findings(desk) == {}
    for source, held in server.hgetall(keys.FENCE).items():
        assert int(held.split(b":")[0]) > int(fence[source].split(b":")[0])


@pytest.mark.usefixtures("home")
def test_a_ledger_of_several_recordings_is_restored_over_itself(desk: Desk, tmp_path: Path):
    lines = desk.recording.read_bytes().splitlines(keepends=True)
    for number, part in enumerate((lines[: LINES // 2], lines[LINES // 2 :])):
        (tmp_path / f"{number}.nmea").write_bytes(b"".join(part))
        assert desk("replay --ledger embedded", tmp_path / f"{number}.nmea")[0] == 0
    before = desk("digest")
    assert desk("backup", tmp_path / "ledger.zst")[0] == 0
    status, _, complaint = desk("restore --replace", tmp_path / "ledger.zst")
    assert status == 0, complaint
    assert desk("digest") == before
    assert findings(desk) == {}
    assert desk("replay --ledger embedded", desk.recording)[0] == 0
    assert findings(desk) == {}


@pytest.mark.parametrize("damage", ["cut short", "altered", "no backup"])
@pytest.mark.usefixtures("home")
def test_a_bad_backup_is_refused_before_anything_is_written(desk: Desk, backup_file: Path, tmp_path: Path, damage: str):
    whole, bad = backup_file.read_bytes(), tmp_path / "bad.zst"
    middle = len(whole) // 2
    bad.write_bytes(
        {
            "cut short": whole[:middle],
            "altered": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
            "no backup": b"hello",
        }[damage]
    )
    status, told, complaint = desk("restore", bad)
    assert (status, told) == (1, "")
    assert str(bad) in complaint
    assert "holds no ledger yet" in desk("digest")[2]


def test_evidence_is_verified_without_a_server(server: Server, desk: Desk, tmp_path: Path):
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    assert desk("ledger export", one)[0] == desk("ledger export", two)[0] == 0
    assert one.read_bytes() == two.read_bytes()
    server.shutdown(nosave=True)
    assert findings(desk, one) == {}
    with zipfile.ZipFile(one) as held, zipfile.ZipFile(two, "w") as changed:
        for name in held.namelist():
            changed.writestr(name, held.read(name).replace(b"PortCallStarted", b"PortCallstarted", 1))
    wrong = findings(desk, two)
    assert "chain.txt" in wrong["files"]
    assert "altered" in wrong["chain"]


# Kills


@pytest.mark.parametrize("point", POINTS)
async def test_a_replay_killed_at_a_point_of_its_commit_and_run_again_gives_the_same_digest(
    home: Path, desk: Desk, url: str, point: str
):
    async with proxied(url.removeprefix("unix://"), home / "cut.sock") as proxy:
        run = await asyncio.create_subprocess_exec(
            *replaying(desk, f"unix://{home / 'cut.sock'}"), stdout=asyncio.subprocess.DEVNULL
        )
        proxy.cut(point, at=5, act=run.kill)
        assert await run.wait() == -signal.SIGKILL
    again = await asyncio.to_thread(desk.state, "--ledger", url, desk.recording)
    assert again["digest"] == desk.digest
    assert await asyncio.to_thread(findings, desk, "--ledger", url) == {}


@pytest.mark.usefixtures("home")
def test_a_server_killed_during_a_replay_is_started_again_and_nothing_is_lost(desk: Desk):
    with subprocess.Popen(replaying(desk, "embedded"), stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        end(pid_after_commits(3), signal.SIGKILL)
        assert run.stdout.read().decode().strip() == desk.digest
    assert findings(desk) == {}


def pid_after_commits(number: int) -> int:
    """The process id of the embedded server, once it has taken so many commits of a replay."""
    socket, at_once = socket_path(data_folder("demo")), Retry(NoBackoff(), 0)  # else a try takes seconds
    for _ in range(5_000):
        with (
            suppress(redis.RedisError, FileNotFoundError),
            redis.Redis(unix_socket_path=str(socket), retry=at_once) as client,
        ):
            fences: Any = client.hvals(keys.FENCE)
            if any(int(fence.split(b":")[2]) >= number for fence in fences):
                return int(client.info("server")["process_id"])
        time.sleep(0.005)
    raise AssertionError("no replay")


def replaying(desk: Desk, ledger: str) -> list[str]:
    """A replay that commits every few hundred lines."""
    words = (desk.config, desk.recording, ledger, SETTLE_EVERY_LINES)
    return [sys.executable, "-m", "bench.replaying", *map(str, words)]
