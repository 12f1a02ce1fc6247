"""The commands as a user meets them: each answers in words and in JSON, on the right stream, with the right code."""

import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from sealane import __version__
from streams.cli import TOLD
from tests.shell.commands import TIME_LIMIT_S, environment, process, sealane

COMMANDS = [(), ("replay",), ("demo",), ("doctor",), ("zones",), ("zones", "check"), ("config",), ("config", "show")]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...]):
    status, told, complaint = sealane(*words, "--help")
    assert (status, complaint) == (0, "")
    assert "Usage: sealane" in told or "Usage: root" in told


def test_the_version_is_one_line():
    status, told, complaint = process("--version")
    assert (status, complaint) == (0, "")
    assert re.fullmatch(rf"sealane {re.escape(__version__)} \(sieve: (compiled|NumPy)\)\n", told)


@pytest.mark.parametrize(
    "words", [(), ("zones",), ("config",), ("replay",), ("repaly",), ("zones", "chek"), ("--vers",)]
)
def test_half_a_command_is_wrong_usage(words: tuple[str, ...]):
    assert sealane(*words)[0] == 2


def loaded_by(*words: str) -> set[str]:
    """The modules that a command loads."""
    command = [sys.executable, "-X", "importtime", "-m", "streams.cli", *words]
    told = subprocess.run(command, env=environment(), capture_output=True, check=True, timeout=TIME_LIMIT_S).stderr
    return {line.rpartition(b"|")[2].strip().decode() for line in told.splitlines()}


CLIENTS = {"redis", "aiokafka", "faust", "websockets", "aiohttp", "litestar", "apprise"}
DECODER = "pyais"


def test_a_replay_in_memory_loads_no_client_of_a_server_nobody_named_and_no_decoder_of_what_nobody_sent(tmp_path: Path):
    """They took a third of its start and of a small machine's memory (DESIGN 7: 100 MB at any file size)."""
    (tmp_path / "empty.nmea").write_bytes(b"")
    loaded = loaded_by("replay", "--state", str(tmp_path / "empty.nmea"))
    assert "sealane.listener" in loaded
    assert not loaded & {*CLIENTS, DECODER}


def test_the_help_of_a_live_run_loads_none_either():
    assert not loaded_by("run", "--help") & CLIENTS


def test_a_command_starts_with_one_thread():
    """NumPy's algebra, which nobody asks here, would start one a core; they spin, and took a tenth of a replay."""
    count = "from streams.cli.replay import replay; import os; print(len(os.listdir('/proc/self/task')))"
    command = [sys.executable, "-c", count]
    told = subprocess.run(command, env=environment(), capture_output=True, check=True, timeout=TIME_LIMIT_S).stdout
    assert told == b"1\n"


def test_the_end_of_a_command_looks_through_nothing_for_what_nobody_needs():
    """Python ends with two collections of all that was loaded, a tenth of a second: all of it is frozen by then."""
    last = "import atexit, gc; atexit.register(lambda: print(gc.get_freeze_count() > 0))"  # ran first, called last
    command = [sys.executable, "-c", f"{last}; from streams.cli import main; main()", "--version"]
    told = subprocess.run(command, env=environment(), capture_output=True, check=True, timeout=TIME_LIMIT_S).stdout
    assert told.splitlines()[-1] == b"True"


def test_what_ends_a_command_in_words_is_found_where_it_is_looked_for():
    assert all(issubclass(getattr(import_module(module), name), Exception) for module, name in TOLD.items())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete_the_commands(shell: str):
    status, script, _ = process(_SEALANE_COMPLETE=f"source_{shell}")
    assert (status, "sealane" in script) == (0, True)
    assert all(option in sealane("--help")[1] for option in ("--install-completion", "--show-completion"))


def test_the_doctor_finds_this_installation_in_order():
    status, told, complaint = process("doctor")
    assert (status, complaint) == (0, "")
    assert "NO" not in told.split()
    assert json.loads(sealane("doctor", "--json")[1])["fine"] is True


def test_the_doctor_names_a_corridor_that_cannot_be_used(tmp_path: Path):
    (tmp_path / "mine.toml").write_text("[rules]\nstop_begin_kn = 1")
    status, told, _ = sealane("doctor", "--config", tmp_path / "mine.toml", "--json")
    findings = {finding["what"]: finding for finding in json.loads(told)["findings"]}
    assert status == 1
    assert findings["corridor"]["fine"] is False
    assert "stop_begins_kn" in findings["corridor"]["remedy"]


@pytest.mark.parametrize("words", [("zones", "check"), ("config", "show"), ("doctor",)], ids=" ".join)
def test_answers_are_plain_text_in_a_pipe_and_one_json_object_when_asked(words: tuple[str, ...]):
    _, told, complaint = sealane(*words)
    assert "\x1b" not in told + complaint
    _, told, complaint = sealane(*words, "--json")
    assert isinstance(json.loads(told), dict)
    assert complaint == ""


@pytest.mark.parametrize(
    "words",
    [
        ("replay", "nowhere"),
        ("replay", "--stat"),
        ("replay", "-", "--config", "nowhere"),
        ("zones", "check", "nowhere"),
    ],
)
def test_as_json_every_line_of_the_log_is_an_object(words: tuple[str, ...]):
    for told in (sealane("--log-format", "json", *words), sealane(*words, SEALANE_LOG_FORMAT="json")):
        entries = [json.loads(line) for line in told[2].splitlines()]
        assert entries
        assert all({"event", "level", "timestamp"} <= set(entry) for entry in entries)
