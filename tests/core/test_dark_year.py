"""A year of ships that sail with AIS off: what is counted holds the truth between its bounds, in every month."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import takewhile
from pathlib import Path
from random import Random

import pytest

from sealane.filter import watch_for
from sealane.judge import Standing
from sealane.listener import Listener
from sealane.rules import Rules
from sealane.scout import Scout
from sealane.sighting import SeenShip, Sighting
from sealane.static import Imo
from streams.corridor.corridor import load_corridor
from streams.demo import truth
from streams.demo.files import write
from streams.demo.fleet import WATCHED
from streams.demo.sailing import everybody
from streams.demo.transmit import Reception, lines, receptions
from streams.demo.trips import Call, Trip, plan
from streams.embedded import Embedded

ENDS_AT = datetime(2024, 9, 1, tzinfo=UTC)
SILENT_SHARE, SEEN_SHARE = 0.8, 0.5
MMSI_OF = {hull.imo: hull.mmsi for hull in WATCHED}
Silences = dict[int, list[tuple[float, float]]]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    folder: Path = tmp_path_factory.mktemp("demo")
    write(folder, 64)
    return load_corridor(folder / "corridor.toml").rules


@pytest.mark.parametrize("seed", [64, 1950])
def test_low_and_high_hold_the_truth_in_every_month(seed: int, rules: Rules):
    stands = standing(seed, rules)
    bounds = {tally.month: (tally.low, tally.high) for tally in stands.tallies}
    sailed = {month: count for month, count in truth(seed).items() if month < f"{ENDS_AT:%Y-%m}"}
    missed = {month: bounds[month] for month, count in sailed.items() if not held(count, bounds[month])}
    assert missed == {}
    assert 0 < sum(low for low, _ in bounds.values()) < sum(sailed.values())


def test_without_a_picture_a_silent_trip_is_possible_or_probable_and_never_confirmed(rules: Rules):
    stands = standing(64, rules, silent_share=1.0, seen_share=0.0)
    assert {each.grade for each in stands.deliveries} <= {"possible", "probable"}
    assert sum(tally.low for tally in stands.tallies) == 0
    counts = truth(64)
    assert all(counts[tally.month] <= tally.high for tally in stands.tallies if tally.month in counts)


def held(count: int, bounds: tuple[int, int]) -> bool:
    return bounds[0] <= count <= bounds[1]


def standing(seed: int, rules: Rules, silent_share: float = SILENT_SHARE, seen_share: float = SEEN_SHARE) -> Standing:
    """The demo feed with AIS off in a share of the trips, and pictures of a share of those."""
    chance = Random(f"{seed}/dark")
    silences: Silences = defaultdict(list)
    pictures: list[Sighting] = []
    for number, trip in enumerate(plan(seed)):
        if chance.random() < silent_share:
            begins_at, ends_at = silence_of(trip, chance)
            silences[MMSI_OF[trip.imo]].append((begins_at.timestamp(), ends_at.timestamp()))
            if chance.random() < seen_share:
                calls = [call for call in (trip.load, trip.discharge) if chance.random() < 0.6]
                pictures += [picture(f"s{number}-{call.port}", trip.imo, call, chance) for call in calls]
    watch = watch_for(rules.watchlist, rules.chart)
    heard = [line for _, line in lines(heard_but(silences, seed), 1)]
    scout, listener = Scout(watch), Listener(watch, feed="replay", read_at=datetime(2026, 1, 1, tzinfo=UTC))
    embedded = Embedded(rules, listener.hours)
    for line in heard:
        scout.hear(line)
    for line in heard:
        embedded.take(listener.hear(line.rstrip(b"\n")))
    embedded.take_facts(each for each in pictures if each.to_at < ENDS_AT)
    embedded.settle()
    return embedded.standing


def silence_of(trip: Trip, chance: Random) -> tuple[datetime, datetime]:
    """Off all the way; until shortly before it comes to discharge; or from when it has loaded."""
    begins_at = trip.sailed_at + timedelta(hours=chance.uniform(0.2, 2))
    ends_at = trip.laid_up_at - timedelta(hours=chance.uniform(0, 1))
    manner = chance.choice(["all", "load", "discharge"])
    if manner == "load":
        ends_at = trip.discharge.arrived_at - timedelta(hours=chance.uniform(0.5, 2))
    if manner == "discharge":
        begins_at = trip.load.departed_at + timedelta(minutes=30)
    return begins_at, ends_at


def picture(key: str, imo: int, call: Call, chance: Random) -> Sighting:
    """Taken while it was moored; the desk knows the time within some hours, and says so days later."""
    taken_at = call.moored_at + (call.cast_off_at - call.moored_at) * chance.random()
    to_at = taken_at + timedelta(hours=chance.uniform(0, 8))
    return Sighting(
        id=key,
        place=call.port,
        from_at=taken_at - timedelta(hours=chance.uniform(0, 8)),
        to_at=to_at,
        ships=(SeenShip(imo=Imo(imo)),),
        known_at=to_at + timedelta(days=chance.uniform(0, 30)),
    )


def heard_but(silences: Silences, seed: int) -> Iterator[Reception]:
    """What the stations heard up to the end, without what was sent in a silence."""
    heard = merge(*(receptions(stretches, seed) for stretches in everybody(seed)))
    for each in takewhile(lambda reception: reception.at_s < ENDS_AT.timestamp(), heard):
        if not any(begins <= each.at_s <= ends for begins, ends in silences[each.mmsi]):
            yield each
