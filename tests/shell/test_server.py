"""The embedded server: one a folder, found or started by every command, ended with whoever started it."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from streams.ledger import keys
from streams.ledger.condition import condition
from streams.ledger.ledger import Ledger, LedgerError
from streams.ledger.server import CannotServe, cut_at_start, data_folder, serve, socket_path
from tests.shell.conftest import end, server_pid

pytestmark = pytest.mark.usefixtures("home")

SERVE = """
import sys
from pathlib import Path
from streams.ledger.server import serve
print(serve(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def started(folder: Path) -> subprocess.Popen[str]:
    """Another process that serves a folder, until its standard input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_a_second_process_finds_the_server_of_the_first():
    folder = data_folder("test")
    url = serve(folder)
    with started(folder) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == url
        pid = server_pid(url)
        other.kill()
    assert server_pid(url) == pid


def test_two_processes_at_once_start_one_server():
    folder = data_folder("test")
    with started(folder) as one, started(folder) as other:
        assert one.stdout is not None
        assert other.stdout is not None
        assert one.stdout.readline() == other.stdout.readline() != ""
        one.communicate("")
        other.communicate("")
    assert (folder / "server.log").read_text().count("eady to accept connections") == 1


@pytest.mark.parametrize("ends", [signal.SIGTERM, signal.SIGKILL])
def test_the_server_ends_with_the_process_that_started_it(ends: signal.Signals):
    with started(data_folder("test")) as parent:
        assert parent.stdout is not None
        pid = server_pid(parent.stdout.readline().strip())
        assert pid is not None
        parent.send_signal(ends)
        parent.wait()
    for _ in range(3_000):
        if not Path(f"/proc/{pid}").exists():
            break
        time.sleep(0.01)
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("ends", [signal.SIGTERM, signal.SIGKILL])
async def test_a_commit_starts_an_ended_server_again(ends: signal.Signals):
    folder = data_folder("test")
    url = serve(folder)
    ledger = Ledger(url, lambda: serve(folder))
    claim = await ledger.commit(await ledger.claim("feed"), 1, [], [b"1"])
    pid = server_pid(url)
    assert pid is not None
    end(pid, ends)
    await ledger.commit(claim, 2, [], [b"2"])
    assert [entry.body async for entry in ledger.entries()] == [b"1", b"2"]
    await ledger.close()


async def test_the_doctor_starts_a_server_again_that_was_ending_when_it_came():
    folder = data_folder("test")
    url = serve(folder)
    pid = server_pid(url)
    assert pid is not None
    end(pid)
    assert all(each.fine for each in await condition(url, lambda: serve(folder)))


def test_a_file_cut_short_is_told_and_what_was_whole_is_kept():
    folder = data_folder("test")
    with redis.Redis.from_url(serve(folder)) as server:
        server.hset(keys.FENCE, "feed", "1:1:1")
        server.hset(keys.FENCE, "feed", "1:2:2")
        pid = int(server.info("server")["process_id"])
    assert cut_at_start(folder) is None
    end(pid, signal.SIGKILL)
    written = next((folder / "appendonlydir").glob("*.incr.aof"))
    os.truncate(written, written.stat().st_size - 5)
    with redis.Redis.from_url(serve(folder)) as server:
        assert server.hget(keys.FENCE, "feed") == b"1:1:1"
    assert "truncat" in (cut_at_start(folder) or "").lower()


def test_a_file_with_a_damaged_middle_is_refused_with_what_the_server_says():
    folder = data_folder("test")
    with redis.Redis.from_url(serve(folder)) as server:
        for number in range(100):
            server.hset(keys.FENCE, str(number), "x" * 100)
        pid = int(server.info("server")["process_id"])
    end(pid)
    written = next((folder / "appendonlydir").glob("*.incr.aof"))
    held = bytearray(written.read_bytes())
    held[2_000:2_010] = b"**********"
    written.write_bytes(held)
    with pytest.raises(CannotServe, match=r"ended at once.*Bad file format"):
        serve(folder)


def test_a_socket_path_that_is_too_long_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / ("long" * 25)))
    with pytest.raises(CannotServe, match="expected at most 107; set XDG_RUNTIME_DIR to a shorter folder"):
        socket_path(home)


def test_a_folder_that_cannot_be_made_is_refused(home: Path):
    (home / "data").write_text("a file")
    with pytest.raises(CannotServe, match="set SEALANE_DATA"):
        serve(data_folder("test"))


async def test_a_server_that_can_write_no_more_ends_the_commit_in_words():
    """A full disk, as a limit on the size of its files: with fsync always the server ends itself."""
    folder = data_folder("test")
    url = serve(folder)
    ledger = Ledger(url, lambda: serve(folder))
    claim = await ledger.commit(await ledger.claim("feed"), 1, [], [b"1"])
    pid = server_pid(url)
    assert pid is not None
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4_096, 4_096))
    stuck = Ledger(url)  # as a Redis of the user's: nobody starts it again
    stuck.head = ledger.head
    with pytest.raises(LedgerError, match=r"cannot be reached|cannot write"):
        async with asyncio.timeout(60):
            await stuck.commit(claim, 2, [("HSET", keys.FENCE, "x", "y" * 10_000)], [b"2"])
    await ledger.commit(claim, 2, [], [b"2"])  # there is room again: nothing was lost, nothing doubled
    assert [entry.body async for entry in ledger.entries()] == [b"1", b"2"]
    await ledger.close()
    await stuck.close()
