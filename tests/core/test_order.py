"""Reports come late, twice and out of order. The same set of reports leaves the same state digest behind."""

import asyncio
from collections.abc import Iterable
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from sealane.filter import watch_for
from sealane.fix import Fix
from sealane.heard import Hours
from sealane.listener import Listener
from sealane.rules import Rules
from sealane.scout import Scout
from sealane.static import Imo, StaticReport
from sealane.watchlist import Vessel, Watchlist
from streams import demo
from streams.corridor.corridor import load_corridor
from streams.demo.fleet import WATCHED
from streams.embedded import Embedded
from streams.replay.merge import Merged
from streams.replay.recording import Recording
from streams.replay.replay import Replay
from tests.core.scenarios import SCENARIOS
from tests.core.story import (
    DISCHARGE,
    IMO,
    LOAD,
    MMSI,
    OTHER_IMO,
    OTHER_MMSI,
    at,
    fixes,
    line,
    nmea,
    rules_for,
    sail,
    settled,
    spot,
    states,
    static_payload,
    visit,
)

READ_AT = datetime(2026, 1, 1, tzinfo=UTC)
RULES = rules_for(LOAD, DISCHARGE)

TRIP = (*visit(0, LOAD, stay_h=5), *visit(30, DISCHARGE, stay_h=5), *visit(60, LOAD, stay_h=5))
REPORTS: tuple[Fix | StaticReport, ...] = (
    *fixes(TRIP),
    *fixes(TRIP[5:40], source="south"),  # heard twice
    *fixes(sail((2, 500, 0), (40, 500, 400), every_min=45)),  # another hull on the same MMSI
    *fixes(visit(31, DISCHARGE, stay_h=4), mmsi=OTHER_MMSI),
    *fixes([spot(3, 900, 900), spot(33, -800, 0), spot(33.01, 3000, 0)]),  # stray
    *(states(at(hours)) for hours in (4, 20, 41)),
    states(at(43), imo=OTHER_IMO),
    states(at(32), mmsi=OTHER_MMSI, imo=IMO),
    states(at(32.5), mmsi=OTHER_MMSI, length_m=140),
)
STANDING = settled(REPORTS, RULES)
DIGEST = STANDING.digest()


def carried(told: Iterable[Fix | StaticReport], settle_after: set[int]) -> str:
    embedded = Embedded(RULES, Hours())
    for index, report in enumerate(told):
        embedded.take([report])
        if index in settle_after:
            embedded.settle()
    embedded.settle()
    return embedded.digest()


@settings(max_examples=40)
@given(st.randoms(use_true_random=False), st.integers(1, 3), st.sets(st.integers(0, 3 * len(REPORTS)), max_size=12))
def test_any_order_any_repeats_settled_at_any_time(random: Random, times, settle_after):
    told = list(REPORTS) * times
    random.shuffle(told)
    assert carried(told, settle_after) == DIGEST


@settings(max_examples=20)
@given(st.integers(0, len(REPORTS)), st.integers(0, len(REPORTS)))
def test_what_comes_late_ends_in_the_same_state_as_what_came_in_time(begin, end):
    late = REPORTS[begin:end]
    told = [*REPORTS[:begin], *REPORTS[max(begin, end) :], *late]
    assert carried(told, {len(told) - len(late) - 1}) == DIGEST


def test_a_report_before_all_others_is_folded_in():
    first, *others = fixes(TRIP)
    embedded = settled(others, RULES)
    embedded.take([first])
    embedded.settle()
    assert embedded.digest() == settled(fixes(TRIP), RULES).digest()


def test_now_may_step_back_to_an_earlier_report_of_the_same_minute():
    later, earlier = fixes([spot(5 + 50 / 3600, 0)]), fixes([spot(5 + 10 / 3600, 0)])
    embedded = settled([*fixes(TRIP[:10]), *later], RULES)
    embedded.take(earlier)
    embedded.settle()
    assert embedded.digest() == settled([*fixes(TRIP[:10]), *earlier, *later], RULES).digest()


def test_a_path_that_made_room_while_it_was_leaving_has_left_whatever_the_time_is():
    leaving = fixes([*visit(0, LOAD)[:30], spot(5, 6, port=LOAD)])
    others = fixes(
        spot(5.01 + step / 200, 500.0 * number, 900) for number in range(1, 9) for step in (number, number + 9)
    )
    later = fixes([spot(6, 0, port=DISCHARGE)], mmsi=OTHER_MMSI)
    embedded = settled([*leaving, *others], RULES)
    embedded.take(later)
    embedded.settle()
    assert embedded.digest() == settled([*leaving, *others, *later], RULES).digest()


# Lines.

LINES = [
    *nmea(TRIP[::2]),
    *nmea(visit(31, DISCHARGE, stay_h=4)[::2], OTHER_MMSI),
    line(at(4), *static_payload(IMO, MMSI)),
    line(at(41), *static_payload(IMO, MMSI)),
    line(at(32), *static_payload(OTHER_IMO, OTHER_MMSI, "RED KNOT")),
    line(at(33), *static_payload(2000017, OTHER_MMSI, "RED KNOT")),  # check digit wrong
]


def replayed(rules: Rules, folder: Path, *files: bytes, settle_every: int = 20_000, merge: bool = False) -> Replay:
    with ExitStack() as opened:
        recordings = []
        for number, content in enumerate(files):
            path = folder / f"{number}.nmea"
            path.write_bytes(content)
            recordings.append(opened.enter_context(closing(Recording(str(path)))))
        run = Replay([Merged(recordings, READ_AT)] if merge else recordings, rules, READ_AT)
        asyncio.run(run.run(lambda _: None, lambda _: None, settle_every=settle_every))
    return run


def digest(rules: Rules, folder: Path, *files: bytes, settle_every: int = 20_000, merge: bool = False) -> str:
    return replayed(rules, folder, *files, settle_every=settle_every, merge=merge).embedded.digest()


@cache
def expected() -> str:
    watch = watch_for(RULES.watchlist, RULES.chart)
    scout, listener = Scout(watch), Listener(watch, feed="replay", read_at=READ_AT)
    lines = [each for message in LINES for each in message.splitlines()]
    for each in lines:
        scout.hear(each)
    reports = [report for each in lines for report in listener.hear(each)]
    embedded = Embedded(RULES, listener.hours)
    embedded.take(reports)
    embedded.settle()
    return embedded.digest()


@settings(max_examples=25)
@given(
    st.randoms(use_true_random=False), st.integers(1, 5), st.lists(st.integers(0, 5 * len(LINES)), max_size=3),
    st.integers(5, 400),
)  # fmt: skip
def test_messages_in_any_order_up_to_five_times_in_several_files(tmp_path_factory, random, times, cuts, settle_every):
    told = LINES * times
    random.shuffle(told)
    bounds = [0, *sorted(cuts), len(told)]
    files = [b"".join(told[begin:end]) for begin, end in pairwise(bounds)]
    assert digest(RULES, tmp_path_factory.mktemp("cut"), *files, settle_every=settle_every) == expected()


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(2, 5), st.integers(5, 400), st.booleans())
def test_messages_dealt_out_to_several_files_that_are_merged(tmp_path_factory, random, hands, settle_every, in_order):
    told = LINES if in_order else random.sample(LINES, len(LINES))
    files = [b"".join(each) for each in _dealt(told, hands, random)]
    folder = tmp_path_factory.mktemp("merged")
    assert digest(RULES, folder, *files, settle_every=settle_every, merge=True) == expected()


def _dealt(told: list[bytes], hands: int, random: Random) -> list[list[bytes]]:
    dealt: list[list[bytes]] = [[] for _ in range(hands)]
    for message in told:
        random.choice(dealt).append(message)
    return dealt


@settings(max_examples=10)
@given(st.integers(1, 5))
def test_every_line_repeated_on_the_spot(tmp_path_factory, times):
    told = b"".join(message * times for message in LINES)
    assert digest(RULES, tmp_path_factory.mktemp("repeated"), told) == expected()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_each_scenario_shuffled_repeated_and_in_two_files(scenario, tmp_path):
    rules = load_corridor(scenario.recording.with_name("circle.toml")).rules
    told = scenario.recording.read_bytes().splitlines(keepends=True)
    in_order = digest(rules, tmp_path, b"".join(told))
    shuffled = told * 2
    Random(3).shuffle(shuffled)
    assert digest(rules, tmp_path, b"".join(shuffled[:99]), b"".join(shuffled[99:]), settle_every=37) == in_order


# The demo feed.


@pytest.fixture(scope="module")
def demo_rules() -> Rules:
    vessels = tuple(Vessel(imo=Imo(hull.imo), name=hull.name) for hull in WATCHED)
    return structs.replace(load_corridor().rules, watchlist=Watchlist(vessels=vessels))


@pytest.fixture(scope="module")
def winter() -> list[bytes]:
    """The messages of the feed's first four months, thinned: every second position, every static report."""
    messages: list[bytes] = []
    for number, heard in enumerate(demo.feed()):
        stamp = int(heard.partition(b"c:")[2][:10])
        if stamp >= datetime(2024, 1, 1, tzinfo=UTC).timestamp():
            break
        if b"g:2-2" in heard.partition(b"!")[0]:
            messages[-1] += heard
        elif b"g:1-2" in heard or number % 2:
            messages.append(heard)
    return messages


@pytest.fixture(scope="module")
def winter_digest(winter, demo_rules, tmp_path_factory):
    run = replayed(demo_rules, tmp_path_factory.mktemp("winter"), b"".join(winter))
    assert len(run.embedded.standing.deliveries) > 10
    return run.embedded.digest()


def test_the_demo_feed_in_any_order(winter, winter_digest, demo_rules, tmp_path):
    told = list(winter)
    Random(1).shuffle(told)
    assert digest(demo_rules, tmp_path, b"".join(told)) == winter_digest


def test_the_demo_feed_up_to_three_days_late_and_up_to_three_times(winter, winter_digest, demo_rules, tmp_path):
    random = Random(2)
    delayed = [
        (int(message.partition(b"c:")[2][:10]) + random.uniform(0, 72 * 3600), message)
        for message in winter
        for _ in range(random.choice((1, 1, 2, 3)))
    ]
    told = [message for _, message in sorted(delayed)]
    half = len(told) // 2
    assert digest(demo_rules, tmp_path, b"".join(told[:half]), b"".join(told[half:])) == winter_digest


def test_the_demo_feed_in_two_files_the_later_one_first(winter, winter_digest, demo_rules, tmp_path):
    half = len(winter) // 2
    assert digest(demo_rules, tmp_path, b"".join(winter[half:]), b"".join(winter[:half])) == winter_digest


@pytest.mark.slow
def test_the_whole_demo_feed_a_day_late(demo_rules, tmp_path):
    told = list(demo.feed())
    whole = digest(demo_rules, tmp_path, b"".join(told))
    blocks = [told[begin : begin + 5_000] for begin in range(0, len(told), 5_000)]
    Random(4).shuffle(blocks)
    assert digest(demo_rules, tmp_path, *(b"".join(block) for block in blocks)) == whole
