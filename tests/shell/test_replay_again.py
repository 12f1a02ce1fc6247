"""The second pass of a replay reads what the first did not keep, where it is asked for, whatever became of the file."""

import asyncio
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import pytest

from bench import watched
from bench.corpus import Corpus
from sealane.listener import Listener
from sealane.rules import Rules
from streams.clock import now
from streams.corridor.corridor import load_corridor
from streams.replay import gists as keeping
from streams.replay import recording as reading
from streams.replay.recording import Recording
from streams.replay.replay import Replay

BLOCK_BYTES = 1 << 16
LONGEST_LINE = 200  # bytes of this corpus


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", BLOCK_BYTES)


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    return load_corridor(watched.write_watching(tmp_path / "watching")).rules


@pytest.fixture
def world(tmp_path: Path) -> Path:
    file = tmp_path / "world.nmea"
    file.write_bytes(b"".join(Corpus(sentences=15_000, share=0.01).blocks()))
    return file


def replay_of(file: Path, rules: Rules, meanwhile: Callable[[], object] = lambda: None) -> Replay:
    """A whole replay; between its passes something happens."""
    with closing(Recording(str(file))) as recording:
        replay = Replay([recording], rules, now())
        go_on = replay._go_on

        async def go_on_later() -> None:
            meanwhile()
            await go_on()

        replay._go_on = go_on_later  # type: ignore[method-assign]
        asyncio.run(replay.run(lambda _: None, lambda _: None))
    return replay


def test_what_the_first_pass_kept_is_not_read_again(world: Path, rules: Rules, monkeypatch: pytest.MonkeyPatch):
    between, read = Recording.between, []

    def noted(self: Recording, begin: int, end: int) -> bytes:
        read.append(end - begin)
        return between(self, begin, end)

    monkeypatch.setattr(Recording, "between", noted)
    replay_of(world, rules, read.clear)
    assert 0 < sum(read) < world.stat().st_size / 4


def test_what_a_file_gained_meanwhile_is_heard(world: Path, rules: Rules):
    lines = world.read_bytes().splitlines(keepends=True)
    middle = len(lines) // 2
    world.write_bytes(b"".join(lines[:middle]))
    grown = replay_of(world, rules, lambda: world.write_bytes(b"".join(lines)))
    assert grown.listener.account.lines["total"] == replay_of(world, rules).listener.account.lines["total"]
    assert not grown.problems


def test_what_a_file_gains_while_it_is_heard_again_is_heard(world: Path, rules: Rules, monkeypatch: pytest.MonkeyPatch):
    lines, hear, sifted = world.read_bytes().splitlines(keepends=True), Listener.hear_again, []
    middle = len(lines) // 2
    world.write_bytes(b"".join(lines[:middle]))

    def hear_and_write(self: Listener, recalled: object) -> object:
        world.write_bytes(b"".join(lines))
        sifted.append(recalled)
        return hear(self, recalled)  # type: ignore[arg-type]

    monkeypatch.setattr(Listener, "hear_again", hear_and_write)
    grown = replay_of(world, rules)
    assert len(sifted) == 1
    assert grown.listener.account.lines["total"] == replay_of(world, rules).listener.account.lines["total"]


def test_of_a_file_that_was_cut_short_meanwhile_what_is_left_is_heard(world: Path, rules: Rules):
    left = world.read_bytes()[: 5 * BLOCK_BYTES // 2].rpartition(b"\n")
    cut = replay_of(world, rules, lambda: os.truncate(world, len(left[0]) + 1))
    account = replay_of(world, rules).listener.account
    assert cut.listener.account.lines["total"] == account.lines["total"]


def test_a_line_that_cannot_be_read_again_is_told_once_and_the_rest_is_heard(
    world: Path, rules: Rules, monkeypatch: pytest.MonkeyPatch
):
    between, whole = Recording.between, replay_of(world, rules)

    def failing(self: Recording, begin: int, end: int) -> bytes:
        if end - begin < LONGEST_LINE:
            raise OSError(5, "Input/output error")
        return between(self, begin, end)

    monkeypatch.setattr(Recording, "between", failing)
    replay = replay_of(world, rules)
    assert replay.problems == [
        f"{world}: cannot be read to its end (Input/output error); what was read up to there is counted"
    ]
    decoded = replay.listener.account.lines["decoded"]
    assert whole.listener.account.lines["decoded"] / 2 < decoded <= whole.listener.account.lines["decoded"]


@pytest.mark.parametrize("in_memory", [0, 100_000])
@pytest.mark.parametrize("has_room", [True, False])
def test_wherever_gists_are_kept_or_not_the_same_stands(
    world: Path, rules: Rules, monkeypatch: pytest.MonkeyPatch, in_memory: int, has_room: bool
):
    def no_room() -> BinaryIO:
        raise OSError(28, "No space left on device")

    whole = replay_of(world, rules)
    monkeypatch.setattr(keeping, "IN_MEMORY_BYTES", in_memory)
    if not has_room:
        monkeypatch.setattr(keeping, "_file", no_room)
    replay = replay_of(world, rules)
    assert replay.embedded.digest() == whole.embedded.digest()
    assert replay.listener.account.sentences == whole.listener.account.sentences
    assert [*replay.listener.hours] == [*whole.listener.hours]
