"""`sealane replay`: what it prints, and the contract of --state."""

import json
import os
import pty
import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.shell.commands import SEALANE, TIME_LIMIT_S, environment, process, sealane

State = dict[str, Any]
FAR_BYTES = 200_000_000  # more than a start reads, less than the endless file holds
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
CONTRACT = {
    "calls": {
        "id", "mmsi", "imo", "port", "arrived_at", "arrived_earliest_at", "arrival_open", "first_heard_at",
        "departed_earliest_at", "departed_at", "stopped_h", "status", "confidence", "contested", "observed",
    },
    "candidates": {"mmsi", "imo", "name", "load_port", "discharge_port"},
    "deliveries": {"id", "imo", "name", "load_port", "loaded_at", "discharge_port", "arrived_at", "grade"},
    "tallies": {"month", "low", "high", "confirmed", "probable", "possible"},
    "alerts": {"id", "rule", "window", "state", "count", "threshold"},
    "identities": {"id"},
    "conflicts": {"id"},
}  # fmt: skip


@pytest.fixture(scope="module")
def told(two_weeks: Path, corridor: Path) -> tuple[State, str]:
    """The state of two weeks, and what was said beside it."""
    status, out, said = process("replay", two_weeks, "--state", "--config", corridor)
    assert (status, out.count("\n")) == (0, 1)
    return json.loads(out), said


# plain


def test_plain_a_line_per_event_and_then_the_account_that_adds_up(two_weeks: Path, corridor: Path):
    status, out, said = process("replay", two_weeks, "--config", corridor)
    events, _, account = out.partition("SYNTHETIC lines: ")
    counts = {what: int(count.replace(",", "")) for count, what in re.findall(r"^ +([\d,]+)  (.*)$", account, re.M)}
    assert (status, said) == (0, "")
    assert all(re.match(r"SYNTHETIC 20\d\d-\d\d-\d\d \d\d:\d\dZ  [A-Z]\w+ +\S", line) for line in events.splitlines())
    assert account.startswith("3,001 in all\n")
    assert sum(counts.values()) == 3_001


def test_a_real_corridor_is_not_marked_synthetic(recording: Path):
    assert "SYNTHETIC:" not in process("replay", recording)[1]


def test_events_come_as_json_one_a_line(two_weeks: Path, corridor: Path):
    status, out, said = process("replay", two_weeks, "--json", "--config", corridor)
    events = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [event["kind"] for event in events].count("PortCallStarted") == 3
    assert said.startswith("sealane: account total=3001")


def test_ids_of_events_are_their_own(two_weeks: Path, corridor: Path):
    events = [json.loads(line) for line in sealane("replay", two_weeks, "--json", "--config", corridor)[1].splitlines()]
    assert len({event["id"] for event in events}) == len(events)


# --state


def test_the_state_has_every_field_of_the_contract(told: tuple[State, str]):
    state, said = told
    assert said == ""
    assert {"lines", "as_of", "digest", *CONTRACT} <= set(state)
    assert re.fullmatch(r"[0-9a-f]{64}", state["digest"])
    for part, fields in CONTRACT.items():
        assert all(fields <= set(row) for row in state[part])
    assert len(state["calls"]) == 3


def test_the_lines_of_the_state_add_up(told: tuple[State, str]):
    lines = dict(told[0]["lines"])
    assert {"total", "decoded", "part", "not_followed", "foreign"} <= set(lines)
    assert lines.pop("total") == sum(lines.values()) == 3_001


def test_every_time_of_the_state_is_utc_and_ends_in_z(told: tuple[State, str]):
    def times(value: object, key: str = "") -> list[str]:
        if isinstance(value, dict):
            return [time for name, each in value.items() for time in times(each, name)]
        if isinstance(value, list):
            return [time for each in value for time in times(each, key)]
        return [str(value)] if (key.endswith("_at") or key in ("at", "as_of")) and value is not None else []

    assert len(times(told[0])) > 10
    assert [time for time in times(told[0]) if not TIME.fullmatch(time)] == []


def test_state_wins_over_json(two_weeks: Path, corridor: Path, told: tuple[State, str]):
    assert json.loads(sealane("replay", two_weeks, "--state", "--json", "--config", corridor)[1]) == told[0]


def test_the_state_of_nothing_has_every_part(tmp_path: Path):
    (tmp_path / "void").touch()
    state = json.loads(sealane("replay", tmp_path / "void", "--state")[1])
    assert {"lines", "as_of", "digest", *CONTRACT} <= set(state)
    assert state["as_of"] is None


def test_files_in_any_order_and_any_number_are_one_feed(tmp_path: Path, two_weeks: Path, corridor: Path):
    lines = two_weeks.read_bytes().splitlines(keepends=True)
    (tmp_path / "a").write_bytes(b"".join(lines[:999]))
    (tmp_path / "b").write_bytes(b"".join(lines[999:]))
    files = tmp_path / "b", tmp_path / "a"
    state = json.loads(sealane("replay", *files, "--state", "--config", corridor)[1])
    assert state["digest"] == json.loads(sealane("replay", two_weeks, "--state", "--config", corridor)[1])["digest"]


# streams and signals


def test_a_pipe_can_be_named_as_a_file(recording: Path, corridor: Path, tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cp", recording, pipe]):
        status, out, _ = process("replay", pipe, "--state", "--config", corridor)
    assert (status, json.loads(out)["lines"]["total"]) == (0, 412)


def test_a_reader_that_has_seen_enough_is_no_failure(two_weeks: Path, corridor: Path):
    command: list[str | Path] = [SEALANE, "replay", two_weeks, "--json", "--config", corridor]
    run = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stdout is not None
    run.stdout.close()
    _, said = run.communicate(timeout=TIME_LIMIT_S)
    assert (run.returncode, said) == (0, b"")


@pytest.mark.parametrize(("asked", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_replay_that_is_stopped_says_so_in_its_exit_code_and_prints_no_traceback(
    tmp_path: Path, two_weeks: Path, asked: signal.Signals, status: int
):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    run = subprocess.Popen([SEALANE, "replay", pipe], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with pipe.open("wb", buffering=0) as writer:  # opens when the replay does; it then waits for more
        writer.write(two_weeks.read_bytes())
        run.send_signal(asked)  # once: a second could come when Python has given its own ways up
        while run.poll() is None:
            with suppress(BrokenPipeError):  # one that comes just before a read is seen after it
                writer.write(b"\n" * (1 << 16))  # a whole block
            with suppress(subprocess.TimeoutExpired):
                run.wait(0.1)
        out, said = run.communicate(timeout=TIME_LIMIT_S)
    assert (run.returncode, out, said) == (status, b"", b"")


def test_a_replay_of_a_file_without_an_end_is_stopped_by_one_interrupt(tmp_path: Path, two_weeks: Path):
    endless = tmp_path / "endless.nmea"
    endless.write_bytes(two_weeks.read_bytes())
    os.truncate(endless, 1 << 40)  # zeros, which take no room
    run = subprocess.Popen(
        [SEALANE, "replay", endless], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while bytes_read(run.pid) < FAR_BYTES:
        assert run.poll() is None
    run.send_signal(signal.SIGINT)
    out, said = run.communicate(timeout=TIME_LIMIT_S)
    assert (run.returncode, out, said) == (130, b"", b"")


def bytes_read(pid: int) -> int:
    """How much a process has read, from wherever."""
    words = Path(f"/proc/{pid}/io").read_text().split()
    return int(words[words.index("rchar:") + 1])


def test_a_progress_bar_on_the_terminal_takes_no_line_of_a_redirected_output(
    recording: Path, corridor: Path, tmp_path: Path
):
    ours, theirs = pty.openpty()
    with (tmp_path / "out").open("wb") as out:
        run = subprocess.run(
            [SEALANE, "replay", recording, "--config", corridor],
            env=environment(TERM="xterm"),
            stdout=out,
            stderr=theirs,
            timeout=TIME_LIMIT_S,
            check=True,
        )
    os.close(theirs)
    bar = os.read(ours, 1 << 16)
    os.close(ours)
    assert run.returncode == 0
    assert b"replay" in bar
    assert (tmp_path / "out").read_text() == process("replay", recording, "--config", corridor)[1]
