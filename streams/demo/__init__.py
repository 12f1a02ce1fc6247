"""The demo feed: made-up ships on the real corridor, in NMEA, the same for the same seed on any machine.

    rhythm -> trips -> sailing -> transmit -> lines        fleet, seaways and payload are what they draw on

SYNTHETIC throughout: no such ship exists, no such voyage was made. The monthly rhythm is the published one, so the feed
has a known truth, which `truth` and `plan` tell. Nothing here reads the clock.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from heapq import merge
from itertools import dropwhile, takewhile

from streams.demo.rhythm import FIRST_MONTH, LIVE_MONTH, Month
from streams.demo.sailing import everybody
from streams.demo.transmit import lines, receptions
from streams.demo.trips import DEFAULT_SEED, LIVE_FROM, Call, Trip, plan, trips

__all__ = ["DEFAULT_SEED", "LIVE_FROM", "Call", "Trip", "banner", "feed", "live", "plan", "trips", "truth"]

LIVE_FROM_S = int(LIVE_FROM.timestamp())
FIRST_GROUP, FIRST_LIVE_GROUP = 1, 100_001  # the history has fewer messages of two fragments than lie between


def banner(seed: int = DEFAULT_SEED) -> bytes:
    """The comment line a file of the feed begins with."""
    return f"# SYNTHETIC: made-up ships, seed {seed}\n".encode("ascii")


def feed(seed: int = DEFAULT_SEED) -> Iterator[bytes]:
    """The history's lines in the order of event time, from 2023-08-25 to the end of March 2025."""
    heard = merge(*(receptions(stretches, seed) for stretches in everybody(seed)))
    history = takewhile(lambda reception: reception.at_s < LIVE_FROM_S, heard)
    return (line for _, line in lines(history, FIRST_GROUP))


def live(seed: int = DEFAULT_SEED) -> Iterator[tuple[datetime, bytes]]:
    """What follows the history: event time and line, in order, without end, from where the history left each ship."""
    heard = merge(*(receptions(stretches, seed, after=LIVE_FROM) for stretches in everybody(seed)))
    future = dropwhile(lambda reception: reception.at_s < LIVE_FROM_S, heard)
    return ((datetime.fromtimestamp(at_s, UTC), line) for at_s, line in lines(future, FIRST_LIVE_GROUP))


def truth(seed: int = DEFAULT_SEED) -> dict[str, int]:
    """Deliveries by UTC month of arrival at the discharge port, months without one included: "2023-09" to "2025-03"."""
    arrived = Counter(f"{trip.discharge.arrived_at:%Y-%m}" for trip in plan(seed))
    return {month: arrived[month] for month in _months(FIRST_MONTH, LIVE_MONTH)}


def _months(first: Month, end: Month) -> Iterator[str]:
    while first < end:
        yield str(first)
        first = first.after(1)
