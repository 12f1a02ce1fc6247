"""Peer: runs in the peers' venv, which has no sealane. Reads what is asked, prints seconds and what was found.

Imported by name, because neither peer is among our dependencies.
"""

import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from statistics import median
from time import process_time

TURNS = 3
STOP_DIAMETER_M, STOP_FROM = 500, timedelta(minutes=30)

Row = tuple[int, float, float, float, float | None, float | None]
Ring = list[tuple[float, float]]


def moving_pandas(fixes: list[Row], rings: list[Ring]) -> Callable[[], int]:
    pandas, geopandas, moving = map(import_module, ("pandas", "geopandas", "movingpandas"))
    polygon = import_module("shapely.geometry").Polygon
    zones = geopandas.GeoDataFrame(geometry=[polygon(ring) for ring in rings], crs=4326)
    frame = pandas.DataFrame(fixes, columns=["mmsi", "t", "y", "x", "sog", "cog"])
    frame["t"] = pandas.to_datetime(frame["t"], unit="s")

    def run() -> int:
        tracks = moving.TrajectoryCollection(frame, "mmsi", t="t", x="x", y="y")
        stops = moving.TrajectoryStopDetector(tracks).get_stop_points(
            max_diameter=STOP_DIAMETER_M, min_duration=STOP_FROM
        )
        return len(geopandas.sjoin(stops, zones, predicate="within"))

    return run


def gpsdio_segment(fixes: list[Row], _: list[Ring]) -> Callable[[], int]:
    segmentizer, utc = import_module("gpsdio_segment.core").Segmentizer, import_module("pytz").UTC

    def run() -> int:
        return sum(1 for _ in segmentizer(iter([dict(message) for message in messages]), ssvid=fixes[0][0]))

    messages = [
        {
            "msgid": number,
            "type": "AIS.1",
            "ssvid": mmsi,
            "timestamp": datetime.fromtimestamp(at_s, utc),
            "lat": lat_deg,
            "lon": lon_deg,
            "speed": sog_kn,
            "course": cog_deg,
            "heading": None,
        }
        for number, (mmsi, at_s, lat_deg, lon_deg, sog_kn, cog_deg) in enumerate(fixes)
    ]
    return run


PEERS = {"MovingPandas": moving_pandas, "gpsdio-segment": gpsdio_segment}


def main() -> None:
    asked = json.load(sys.stdin)
    try:
        run = PEERS[asked["peer"]](asked["fixes"], asked["rings"])
    except ModuleNotFoundError:
        print("null")
        return
    turns_s, found = [], 0
    for _ in range(TURNS):
        begun = process_time()
        found = run()
        turns_s.append(process_time() - begun)
    print(json.dumps({"taken_s": median(turns_s), "found": found}))


if __name__ == "__main__":
    main()
