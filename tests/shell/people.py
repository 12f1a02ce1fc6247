"""What people add to the demo, as a file of facts; and the demo with AIS off on two trips. SYNTHETIC.

trip      AIS     seen                       known
CURLEW    off     at Rajin and at Dunai      three weeks later
KITTIWAKE off     nowhere
one picture that may show either of two ships; counts two desks published; decisions, one of them on nothing
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import merge
from itertools import takewhile

from streams.demo.fleet import WATCHED
from streams.demo.sailing import everybody
from streams.demo.transmit import lines, receptions
from streams.demo.trips import DEFAULT_SEED, Call, Trip, plan

ENDS_AT = datetime.fromisoformat("2023-11-01T00:00:00Z")
TRIPS = plan()
SEEN = next(trip for trip in TRIPS if trip.name == "CURLEW")
UNSEEN = next(trip for trip in TRIPS if trip.name == "KITTIWAKE")
SILENT = (SEEN, UNSEEN)
MMSI_OF = {hull.imo: hull.mmsi for hull in WATCHED}
KNOWN_LATER = timedelta(days=21)
TALLY_BEFORE, TALLY_AFTER = "2023-10-10T00:00:00Z", "2023-10-25T00:00:00Z"  # before and after the pictures were known


def dark_autumn() -> list[bytes]:
    """The demo up to November, without what was sent on two trips."""
    silences: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for trip in SILENT:
        begins_at, ends_at = trip.sailed_at + timedelta(hours=1), trip.laid_up_at - timedelta(hours=1)
        silences[MMSI_OF[trip.imo]].append((begins_at.timestamp(), ends_at.timestamp()))
    heard = merge(*(receptions(stretches, DEFAULT_SEED) for stretches in everybody(DEFAULT_SEED)))
    until = takewhile(lambda reception: reception.at_s < ENDS_AT.timestamp(), heard)
    told = (each for each in until if not any(begin <= each.at_s <= end for begin, end in silences[each.mmsi]))
    return [line for _, line in lines(told, 1)]


def facts_file() -> bytes:
    """Sightings, published counts and decisions, a line each."""
    return b"".join(json.dumps(fact).encode() + b"\n" for fact in _facts())


def _facts() -> Iterator[dict[str, object]]:
    for call in (SEEN.load, SEEN.discharge):
        yield _picture(f"pic-{call.port}", SEEN, call) | {"ships": [{"imo": SEEN.imo}]}
    either = [{"imo": UNSEEN.imo, "weight": 0.7}, {"imo": SEEN.imo, "weight": 0.3}]
    yield _picture("pic-either", UNSEEN, UNSEEN.load) | {"ships": either, "note": "two ships of one size"}
    published: dict[str, object] = {"kind": "report", "measure": "deliveries", "from": "2023-10", "to": "2023-10"}
    yield published | {"id": "desk-a", "low": 9, "high": 9, "source": "desk A", "known_at": "2023-10-30T00:00:00Z"}
    made: dict[str, object] = {"kind": "decision", "by": "A. Analyst"}
    yield made | {"id": "said-so", "action": "annotate", "target": "pic-rajin", "at": TALLY_AFTER, "reason": "sharp"}
    on_it = f"delivery:demo:{UNSEEN.imo}:dunay:{UNSEEN.discharge.arrived_at:%Y%m%dT%H%MZ}"
    yield made | {"id": "turned-down", "action": "reject", "target": on_it, "at": TALLY_AFTER, "reason": "in dock"}
    lost = "delivery:demo:2000016:dunay:20230826T0000Z"
    yield made | {"id": "astray", "action": "reject", "target": lost, "at": TALLY_AFTER, "reason": "a slip"}


def _picture(key: str, trip: Trip, call: Call) -> dict[str, object]:
    taken_at = call.moored_at + timedelta(hours=2)
    told: dict[str, object] = {"kind": "sighting", "id": key, "place": call.port, "method": "imagery", "by": "desk A"}
    return told | {
        "from": taken_at.isoformat(),
        "to": (taken_at + timedelta(hours=3)).isoformat(),
        "source": f"SYNTHETIC picture of {trip.name}",
        "link": "https://example.org/picture",
        "known_at": (call.moored_at + KNOWN_LATER).isoformat(),
    }
