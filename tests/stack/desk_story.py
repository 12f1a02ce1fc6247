"""The story the browser is shown: eight months of the made-up fleet, some of it sailed with AIS off. All SYNTHETIC.

    Sep 2024    one trip silent all the way, nobody saw it                                  possible
    Oct 2024    silent from the load on, a picture of the discharge                         confirmed
    Nov 2024    silent until the discharge                                                  probable
    Feb 2025    one silent until the discharge, one all the way                             probable, possible
    Apr 2025    eight so far: six heard, one silent until the discharge, one all the way    6 to 8
    at the end  KITTIWAKE has not been heard for nine hours

Two made-up reports of what was counted stand beside it.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import takewhile
from pathlib import Path

from streams.demo import DEFAULT_SEED, Trip, trips
from streams.demo.fleet import WATCHED
from streams.demo.sailing import everybody
from streams.demo.transmit import Reception, lines, receptions

BEGINS_AT, ENDS_AT = datetime(2024, 8, 20, tzinfo=UTC), datetime(2025, 4, 16, 18, tzinfo=UTC)
SILENT = {
    47: "all",
    50: "discharge",
    53: "load",
    59: "load",
    61: "all",
    66: "all",
    69: "load",
}  # trips
PICTURED = {50: "discharge"}
SILENT_AT_LAST = ("KITTIWAKE", datetime(2025, 4, 16, 9, tzinfo=UTC))
MMSI_OF = {hull.imo: hull.mmsi for hull in WATCHED}


def write(folder: Path) -> tuple[Path, Path]:
    """The recording and the facts, as files."""
    recording, facts = folder / "story.nmea", folder / "facts.jsonl"
    with recording.open("wb") as file:
        file.writelines(line for _, line in lines(_heard(), 1))
    facts.write_text("".join(json.dumps(fact) + "\n" for fact in (*_sightings(), *_reports())))
    return recording, facts


def trip(number: int) -> Trip:
    """One planned trip, by its number."""
    return next(each for n, each in enumerate(trips(DEFAULT_SEED)) if n == number)


def _heard() -> Iterator[Reception]:
    """What the stations heard, without what was sent in a silence."""
    silences = {number: (MMSI_OF[trip(number).imo], *_silence(trip(number), how)) for number, how in SILENT.items()}
    name, since = SILENT_AT_LAST
    mmsi = next(hull.mmsi for hull in WATCHED if hull.name == name)
    silences[-1] = (mmsi, since.timestamp(), ENDS_AT.timestamp())
    heard = merge(*(receptions(stretches, DEFAULT_SEED) for stretches in everybody(DEFAULT_SEED)))
    for each in takewhile(lambda reception: reception.at_s < ENDS_AT.timestamp(), heard):
        if each.at_s >= BEGINS_AT.timestamp() and not any(
            each.mmsi == mmsi and begins <= each.at_s <= ends for mmsi, begins, ends in silences.values()
        ):
            yield each


def _silence(sailed: Trip, how: str) -> tuple[float, float]:
    """Off all the way; until it comes to discharge; or from when it has loaded."""
    begins_at = sailed.load.departed_at if how == "discharge" else sailed.sailed_at + timedelta(hours=1)
    ends_at = sailed.laid_up_at if how != "load" else sailed.discharge.arrived_at - timedelta(hours=1)
    return begins_at.timestamp(), ends_at.timestamp()


def _sightings() -> Iterator[dict[str, object]]:
    for number, end in PICTURED.items():
        yield sighting(number, end)


def sighting(number: int, end: str) -> dict[str, object]:
    """A made-up picture of one end of a trip, while the ship lay at the berth."""
    sailed = trip(number)
    call = sailed.load if end == "load" else sailed.discharge
    seen_at = call.moored_at + (call.cast_off_at - call.moored_at) / 2
    return {
        "kind": "sighting",
        "id": f"picture-{number}-{end}",
        "place": call.port,
        "from": _text(seen_at - timedelta(hours=1)),
        "to": _text(seen_at + timedelta(hours=1)),
        "ships": [{"imo": sailed.imo}],
        "method": "imagery",
        "source": "made-up picture",
        "by": "example desk",
        "link": "https://example.org/picture",
        "known_at": _text(seen_at + timedelta(days=3)),
    }


def _reports() -> Iterator[dict[str, object]]:
    for month, low, high, source in (
        ("2024-10", 3, 3, "made-up report"),
        ("2024-12", 2, 4, "made-up report"),
        ("2025-02", 4, 4, "made-up report"),
        ("2025-02", 3, None, "made-up rival"),
    ):
        yield {
            "kind": "report",
            "id": f"report-{month}-{source.rpartition(' ')[2]}",
            "measure": "deliveries",
            "from": month,
            "to": month,
            "low": low,
            "high": high,
            "source": source,
            "by": "example desk",
            "known_at": "2025-04-10T00:00:00Z",
        }


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
