"""The console: everything in its place on terminals of any size, nothing overlapping, lines cut at the edge."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console, ConsoleDimensions

from sealane.judge import Standing
from streams.clock import now
from streams.corridor.corridor import Corridor, load_corridor
from streams.replay.recording import Recording
from streams.replay.replay import Replay
from streams.showing.console import View

SIZES = [(80, 24), (100, 30), (120, 40), (200, 50)]


@pytest.fixture(scope="module")
def shown(corridor: Path, two_weeks: Path) -> tuple[View, Standing]:
    """A view that was told the events of two weeks."""
    loaded: Corridor = load_corridor(corridor)
    view = View(loaded)
    view.status = "history"
    with closing(Recording(str(two_weeks))) as recording:
        replay = Replay([recording], loaded.rules, now())
        asyncio.run(replay.run(view.tell, lambda _: None))
    return view, replay.embedded.standing


def screen(view: View, standing: Standing, columns: int, rows: int) -> list[str]:
    console = Console(width=columns, height=rows, force_terminal=True, color_system=None)
    with console.capture() as captured:
        console.print(view.draw(standing, 1_234, ConsoleDimensions(columns, rows)))
    return captured.get().rstrip("\n").split("\n")


@pytest.mark.parametrize("size", SIZES)
def test_the_screen_is_filled_and_nothing_leaves_it(shown: tuple[View, Standing], size: tuple[int, int]):
    lines = screen(*shown, *size)
    assert len(lines) == size[1]
    assert {len(line) for line in lines} == {size[0]}


@pytest.mark.parametrize("size", SIZES)
def test_each_part_is_seen_on_every_size(shown: tuple[View, Standing], size: tuple[int, int]):
    lines = screen(*shown, *size)
    assert "SYNTHETIC: made-up ships on the real corridor   as of 2023-09-" in lines[0]
    for part in ("last events", "deliveries by month", "alerts: none firing"):
        assert sum(part in line for line in lines) == 1
    assert lines[-1].startswith(" 1,234 lines heard   history")


@pytest.mark.parametrize("size", SIZES)
def test_an_event_tells_when_what_and_who_before_it_is_cut(shown: tuple[View, Standing], size: tuple[int, int]):
    lines = screen(*shown, *size)
    assert any("09-08 19:15" in line and "PortCallStarted  AVOCET entered Vostochny" in line for line in lines)


def test_the_year_is_told_where_there_is_room(shown: tuple[View, Standing]):
    assert any("2023-09-08 19:15Z PortCallStarted  AVOCET" in line for line in screen(*shown, 200, 50))


def test_the_newest_event_is_the_last(shown: tuple[View, Standing]):
    lines = [line for line in screen(*shown, 80, 24) if "TallyRevised" in line or "PortCall" in line]
    assert "TallyRevised" in lines[-1]


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (80, 10)])
def test_a_tiny_terminal_is_no_mistake(shown: tuple[View, Standing], size: tuple[int, int]):
    assert len(screen(*shown, *size)) <= max(size[1], 1)


def test_nothing_heard_is_a_view_too(corridor: Path):
    lines = screen(View(load_corridor(corridor)), Standing(as_of=None), 80, 24)
    assert "no time heard yet" in lines[0]
