"""A large file is learned in parts, at once, and stands as one that was learned in one go."""

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from bench import watched
from bench.corpus import Corpus
from sealane.filter import Watch
from sealane.lines import MAX_LINE_BYTES, Lines
from sealane.rules import Rules
from streams.clock import now
from streams.corridor.corridor import load_corridor
from streams.replay import firstpass
from streams.replay import parts as parting
from streams.replay import recording as reading
from streams.replay.firstpass import FirstPass
from streams.replay.parts import parts
from streams.replay.recording import Recording
from streams.replay.replay import Replay
from streams.replay.wholelines import whole_lines

BLOCK_BYTES, PART_BYTES = 1 << 16, 1 << 18
ENDLESS = b"x" * (3 * BLOCK_BYTES)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", BLOCK_BYTES)
    for module in (parting, firstpass):
        monkeypatch.setattr(module, "BLOCK_BYTES", BLOCK_BYTES)
    monkeypatch.setattr(parting, "PART_BYTES", PART_BYTES)
    monkeypatch.setattr(Recording.blocks, "__defaults__", (BLOCK_BYTES,))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(3)))


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    return load_corridor(watched.write_watching(tmp_path_factory.mktemp("watching"))).rules


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Some megabyte of the whole world, with a line that is longer than a part's first block."""
    lines = b"".join(Corpus(sentences=15_000, share=0.02).blocks()).splitlines(keepends=True)
    middle = len(lines) // 2
    file = tmp_path / "world.nmea"
    file.write_bytes(b"".join([*lines[:middle], ENDLESS, b"\n", *lines[middle:]]).rstrip(b"\n"))
    return file


def replayed(file: Path, rules: Rules) -> tuple[object, ...]:
    """All that a replay leaves."""
    with closing(Recording(str(file))) as recording:
        replay = Replay([recording], rules, now())
        asyncio.run(replay.run(lambda _: None, lambda _: None))
    account = replay.listener.account
    return (
        replay.embedded.digest(),
        account.lines,
        account.sentences,
        account.samples,
        list(replay.listener.hours),
        replay.problems,
    )


def test_a_file_learned_in_parts_stands_as_one_learned_in_one_go(
    world: Path, rules: Rules, monkeypatch: pytest.MonkeyPatch
):
    with closing(Recording(str(world))) as recording:
        assert len(parts(recording)) == 3
    in_parts = replayed(world, rules)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert replayed(world, rules) == in_parts


def test_a_part_whose_child_is_killed_is_learned_all_the_same(
    world: Path, rules: Rules, monkeypatch: pytest.MonkeyPatch
):
    whole, parent, hear = replayed(world, rules), os.getpid(), FirstPass._hear

    def hear_a_little(*given: object) -> None:
        hear(*given)  # type: ignore[arg-type]
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(FirstPass, "_hear", hear_a_little)
    assert replayed(world, rules) == whole


def test_a_part_that_cannot_be_read_to_its_end_is_the_last(world: Path, rules: Rules, monkeypatch: pytest.MonkeyPatch):
    between = Recording.between
    middle = world.stat().st_size // BLOCK_BYTES // 2 * BLOCK_BYTES

    def failing(self: Recording, begin: int, end: int) -> bytes:
        if end > middle:
            raise OSError(5, "Input/output error")
        return between(self, begin, end)

    monkeypatch.setattr(Recording, "between", failing)
    in_parts = replayed(world, rules)
    assert in_parts[-1]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert replayed(world, rules) == in_parts


def test_progress_goes_through_all_parts_and_never_back(world: Path):
    told: list[int] = []
    watch = Watch(mmsi=frozenset(), in_area=lambda _lat_deg, _lon_deg: False, boxes=())
    with closing(Recording(str(world))) as recording, closing(FirstPass(watch, now())) as first:
        asyncio.run(first.learn([recording], told.append, asyncio.Event()))
    assert told == sorted(told)
    assert told[-1] == world.stat().st_size


lines = some.lists(some.one_of(some.binary(max_size=40), some.just(b"x" * 300)), max_size=40)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines, some.booleans(), some.lists(some.integers(1, 60), max_size=5, unique=True))
def test_blocks_are_cut_as_one_reader_cuts_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, texts: list[bytes], has_end: bool, borders: Sequence[int]
):
    file = tmp_path / "lines"
    file.write_bytes(b"\n".join(texts) + (b"\n" if has_end else b""))
    monkeypatch.setattr(reading, "BLOCK_BYTES", 64)
    for module in ("sealane.lines", "streams.replay.wholelines"):
        monkeypatch.setattr(f"{module}.MAX_LINE_BYTES", 63)  # shorter than a block, as ever
    with closing(Recording(str(file))) as recording:
        one = Lines()
        whole = [cut for block in recording.blocks(64) if (cut := one.whole(block))]
        whole += [rest + b"\n" for rest in one.rest()]
        ends = [0, *(border for border in sorted(borders) if border * 64 < recording.size_bytes), 1_000]
        split = [
            cut
            for first, end in pairwise(ends)
            for cut in whole_lines(recording, range(first, end), is_last=end == ends[-1])
        ]
    assert [*map(len, split)] == [*map(len, whole)]
    assert [cut for cut in b"".join(split).split(b"\n") if len(cut) <= 63] == [
        cut for cut in b"".join(whole).split(b"\n") if len(cut) <= 63
    ]


def test_a_file_that_is_cut_short_while_it_is_read_gives_whole_lines(world: Path):
    with closing(Recording(str(world))) as recording:
        given = whole_lines(recording, range(0), is_last=True)
        first = next(given)
        os.truncate(world, 3 * BLOCK_BYTES // 2)
        rest = b"".join(given)
    assert rest.endswith(b"\n")
    assert world.read_bytes().startswith((first + rest)[:-1])


def test_a_block_is_longer_than_any_line_that_is_read():
    assert MAX_LINE_BYTES < reading.ZSTD_BLOCK_BYTES * 32 == 1 << 20
