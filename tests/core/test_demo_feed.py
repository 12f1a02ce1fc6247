"""The demo feed: made-up ships, the published rhythm, and a truth that holds."""

import json
import re
import tomllib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import reduce
from hashlib import sha256
from importlib.resources import files
from itertools import islice, pairwise, takewhile
from operator import xor
from pathlib import Path
from typing import NamedTuple

import pyais
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import union_all
from shapely.geometry import Point, Polygon, shape

from sealane.static import imo_is_valid
from streams import demo
from streams.demo.files import write
from streams.demo.fleet import BYSTANDERS, WATCHED
from streams.demo.payload import POSITION, STATIC, pack
from streams.demo.seaways import SEA_MARKS, distance_nm, passage
from streams.demo.trips import LAY_UP_LEAST, Trip, plan

seeds = st.integers(min_value=0, max_value=10_000)
few_seeds = settings(max_examples=25, deadline=None)
DEFAULT_FEED_SHA256 = "211b4cdca03ca7860b6a91419dbf0421521c1a019068ad64ade18d26c92f547a"
ON_THE_WAY = timedelta(minutes=15)  # from a kilometre off to the gate

LINE = re.compile(rb"\\(?P<tags>[^*\\]+)\*(?P<tag_sum>..)\\!(?P<sentence>[^*]+)\*(?P<sum>..)\n")

ZONES = json.loads(files("geofences").joinpath("zones.geojson").read_bytes())["features"]


def ground_of(port: str, *kinds: str) -> Polygon:
    """A port's zones of these kinds as one area."""
    named = [zone for zone in ZONES if zone["properties"]["port"] == port and zone["properties"]["kind"] in kinds]
    return union_all([shape(zone["geometry"]) for zone in named])


GROUNDS = {port: ground_of(port, "berth", "anchorage") for port in ("rajin", "dunay", "vostochny")}


class Heard(NamedTuple):
    """One line, taken apart."""

    at_s: int
    station: str
    sentence: str
    tags: dict[str, str]


class Position(NamedTuple):
    """One decoded position report."""

    at_s: int
    lon_deg: float
    lat_deg: float
    sog_kn: float
    nav_status: int


@pytest.fixture(scope="module")
def history() -> list[bytes]:
    return list(demo.feed())


@pytest.fixture(scope="module")
def heard(history: list[bytes]) -> list[Heard]:
    return [take_apart(line) for line in history]


@pytest.fixture(scope="module")
def tracks(heard: list[Heard]) -> dict[int, list[Position]]:
    return decode(heard)


def take_apart(line: bytes) -> Heard:
    """A line of the feed; fails where either checksum does not hold."""
    match = LINE.fullmatch(line)
    assert match, line
    for text, stated in ((match["tags"], match["tag_sum"]), (match["sentence"], match["sum"])):
        assert reduce(xor, text) == int(stated, 16), line
    tags = dict(pair.split(":", 1) for pair in match["tags"].decode().split(","))
    return Heard(int(tags["c"]), tags["s"], match["sentence"].decode(), tags)


def decode(heard: list[Heard]) -> dict[int, list[Position]]:
    """The first station's position reports of each ship, unarmoured by the bit positions of ITU-R M.1371-5."""
    tracks: dict[int, list[Position]] = defaultdict(list)
    for line in heard:
        payload = line.sentence.split(",")[5]
        if line.station != "SYNTHETIC-1" or payload[0] not in "13" or line.sentence.startswith("AIVDM,2"):
            continue
        bits = int("".join(f"{(ord(c) - 48 - 8 * (ord(c) > 88)):06b}" for c in payload), 2)
        mmsi, status, sog = (bits >> shift & mask for shift, mask in ((130, 2**30 - 1), (126, 15), (108, 1023)))
        lon, lat = (bits >> shift & mask for shift, mask in ((79, 2**28 - 1), (52, 2**27 - 1)))
        tracks[mmsi].append(Position(line.at_s, lon / 600_000, lat / 600_000, sog / 10, status))
    return tracks


def implied_kn(a: Position, b: Position) -> float:
    return distance_nm((a.lon_deg, a.lat_deg), (b.lon_deg, b.lat_deg)) / (max(b.at_s - a.at_s, 60) / 3600)


def between(track: list[Position], begins_s: float, ends_s: float) -> list[Position]:
    """The reports from the one time up to the other."""
    times = [p.at_s for p in track]
    return track[bisect_left(times, begins_s) : bisect_left(times, ends_s)]


def off_km(p: Position, port: str) -> float:
    """How far outside a port's calling grounds, 0 inside; more than enough where the bounds tell it."""
    ground = GROUNDS[port]
    west, south, east, north = map(float, ground.bounds)
    lon_off_km = max(west - p.lon_deg, p.lon_deg - east, 0.0) * 82
    lat_off_km = max(south - p.lat_deg, p.lat_deg - north, 0.0) * 111
    if max(lon_off_km, lat_off_km) > 1:
        return max(lon_off_km, lat_off_km)
    return float(ground.distance(Point(p.lon_deg, p.lat_deg)) * 82)


def calls(trips: tuple[Trip, ...]) -> Iterator[tuple[Trip, demo.Call]]:
    return ((trip, call) for trip in trips for call in (trip.load, trip.discharge))


# --- the rhythm


@few_seeds
@given(seeds)
def test_every_seed_keeps_the_published_months(seed: int) -> None:
    """RUSI, "Brothers In Arms", 2025-05-06; Reuters, 2025-04-15; bounds of the months between follow from these."""
    count = demo.truth(seed)
    autumn, winter = (count["2023-11"], count["2023-12"]), (count["2024-02"], count["2024-03"])
    between = [n for month, n in count.items() if "2024-04" <= month <= "2025-01"]
    assert sum(count.values()) == 64
    assert count["2023-10"] == count["2024-01"] == 7
    assert autumn in ((5, 6), (6, 5))
    assert winter in ((4, 2), (5, 1))
    assert count["2025-02"] == 4
    assert 1 <= count["2023-09"] <= 4
    assert 1 <= count["2025-03"] <= 3
    assert max(between) <= 3
    assert count["2025-01"] <= 1
    assert 22 <= sum(between) <= 27
    assert 1.4 * sum(between[-6:]) / 6 <= 4
    assert [month for month, n in count.items() if n >= 7] == ["2023-10", "2024-01"]


@few_seeds
@given(seeds)
def test_every_seed_has_fifteen_arrivals_in_some_ninety_days_of_each_surge_and_at_no_other_time(seed: int) -> None:
    arrivals = [trip.discharge.arrived_at for trip in plan(seed)]
    crowded = {
        f"{last:%Y-%m}"
        for n, last in enumerate(arrivals)
        if sum(last - at < timedelta(days=90) for at in arrivals[: n + 1]) >= 15
    }
    assert crowded & {"2023-11", "2023-12"}
    assert "2024-01" in crowded
    assert crowded <= {"2023-11", "2023-12", "2024-01", "2024-02", "2024-03"}


@few_seeds
@given(seeds)
def test_no_arrival_lies_within_three_hours_of_a_months_end(seed: int) -> None:
    for _, call in calls(plan(seed)):
        assert (call.arrived_at - timedelta(hours=3)).month == (call.arrived_at + timedelta(hours=3)).month


@few_seeds
@given(seeds)
def test_dunai_is_used_in_2023_only_and_vostochny_from_october(seed: int) -> None:
    for trip in plan(seed):
        day = f"{trip.discharge.arrived_at:%Y-%m-%d}"
        assert trip.discharge.port in ("dunay", "vostochny")
        assert day < "2023-12-20" if trip.discharge.port == "dunay" else day >= "2023-10-01"


# --- the trips


@few_seeds
@given(seeds)
def test_a_ship_makes_one_trip_at_a_time_and_rests_between(seed: int) -> None:
    for hull in WATCHED:
        own = [trip for trip in islice(demo.trips(seed), 90) if trip.imo == hull.imo]
        assert len(own) > 5
        for trip, following in pairwise(own):
            assert following.sailed_at - trip.laid_up_at >= LAY_UP_LEAST
            assert following.came_from == trip.lays_up


@few_seeds
@given(seeds)
def test_a_delivery_is_a_stay_at_rajin_and_a_stay_at_the_discharge_port_within_three_days(seed: int) -> None:
    for trip, call in calls(plan(seed)):
        assert call.arrived_at < call.moored_at < call.cast_off_at < call.departed_at
        assert call.cast_off_at - call.moored_at >= timedelta(hours=14)
        assert trip.load.departed_at < trip.discharge.arrived_at <= trip.load.arrived_at + timedelta(days=3)


def test_the_way_from_rajin_is_about_as_long_as_the_shortest_water_path() -> None:
    """Shortest water path on the GSHHG shoreline: 103 nm to Dunai, 131 nm to Vostochny, within 3 %."""
    for port, measured_nm in (("dunay", 103), ("vostochny", 131)):
        points = passage("rajin", port, 0, 11.0).points
        assert sum(distance_nm(a, b) for a, b in pairwise(points)) == pytest.approx(measured_nm, rel=0.05)


def test_bystanders_never_come_near_rajin() -> None:
    assert not {("south_east", "rajin"), ("far_west", "rajin"), ("nakhodka", "rajin")} & SEA_MARKS.keys()


# --- the ships


def test_the_ships_are_made_up() -> None:
    for hull in WATCHED + BYSTANDERS:
        assert imo_is_valid(hull.imo)
        assert 2_000_000 <= hull.imo < 2_001_000
        assert hull.mmsi // 1_000_000 == 200
        assert hull.callsign.startswith("SYNTH")
    assert len({hull.mmsi for hull in WATCHED + BYSTANDERS}) == len({hull.imo for hull in WATCHED + BYSTANDERS}) == 7


# --- the bits


@given(
    mmsi=st.integers(200_000_000, 200_999_999),
    sog=st.integers(0, 1022),
    lon=st.integers(-180 * 600_000, 180 * 600_000),
    lat=st.integers(-90 * 600_000, 90 * 600_000),
    cog=st.integers(0, 3599),
    heading=st.integers(0, 359),
    nav_status=st.integers(0, 8),
)
def test_pyais_reads_the_position_that_was_packed(
    mmsi: int, sog: int, lon: int, lat: int, cog: int, heading: int, nav_status: int
) -> None:
    fields = {"type": 1, "mmsi": mmsi, "nav_status": nav_status, "turn": -128, "sog": sog, "accuracy": 1}
    payload, fill = pack(POSITION, fields | {"lon": lon, "lat": lat, "cog": cog, "heading": heading, "second": 42})
    read = pyais.decode(f"!AIVDM,1,1,,A,{payload},{fill}*00").asdict()
    assert (read["msg_type"], read["mmsi"], read["status"], read["turn"]) == (1, mmsi, nav_status, -128)
    assert read["lon"] == pytest.approx(lon / 600_000, abs=1e-6)
    assert read["lat"] == pytest.approx(lat / 600_000, abs=1e-6)
    assert read["speed"] == pytest.approx(sog / 10)
    assert read["course"] == pytest.approx(cog / 10)
    assert (read["heading"], read["second"], read["accuracy"], read["raim"]) == (heading, 42, True, False)


def test_pyais_reads_the_static_report_that_was_packed() -> None:
    values: dict[str, int | str] = {
        "type": 5, "mmsi": 200_000_011, "imo": 2_000_016, "callsign": "SYNTH11", "name": "KITTIWAKE", "ship_type": 70,
        "to_bow": 96, "to_stern": 19, "to_port": 10, "to_starboard": 11, "epfd": 1, "eta_month": 10, "eta_day": 31,
        "eta_hour": 23, "eta_minute": 59, "draught": 64, "destination": "VLADIVOSTOK ROADS",
    }  # fmt: skip
    payload, fill = pack(STATIC, values)
    read = pyais.decode(f"!AIVDM,1,1,,A,{payload},{fill}*00").asdict()
    named = ("mmsi", "imo", "callsign", "shipname", "ship_type", "to_bow", "to_stern", "to_port", "to_starboard")
    assert [read[name] for name in named] == list(values.values())[1:10]
    assert [read[name] for name in ("month", "day", "hour", "minute")] == [10, 31, 23, 59]
    assert (read["draught"], read["destination"]) == (6.4, "VLADIVOSTOK ROADS")


# --- the feed


def test_the_same_seed_gives_the_same_bytes(history: list[bytes]) -> None:
    assert list(demo.feed(demo.DEFAULT_SEED)) == history


def test_the_default_feed_is_the_same_on_every_machine(history: list[bytes]) -> None:
    """Whoever means to change the feed changes this too; nobody else should see it move."""
    assert sha256(b"".join(history)).hexdigest() == DEFAULT_FEED_SHA256


def test_another_seed_gives_another_feed(history: list[bytes]) -> None:
    assert list(islice(demo.feed(1), 2000)) != history[:2000]


def test_every_line_is_stamped_by_a_synthetic_station_and_in_order(heard: list[Heard]) -> None:
    assert {line.station for line in heard} == {"SYNTHETIC-1", "SYNTHETIC-2"}
    assert all(a.at_s <= b.at_s for a, b in pairwise(heard))


def test_the_feed_is_small(history: list[bytes]) -> None:
    assert 100_000 < len(history) <= 150_000


def test_a_second_station_hears_a_tenth_up_to_two_seconds_later(heard: list[Heard]) -> None:
    first: dict[str, int] = {}
    copies = 0
    for line in heard:
        payload = line.sentence.split(",")[5]
        if line.station == "SYNTHETIC-1":
            first[payload] = line.at_s
        else:
            copies += 1
            assert 0 <= line.at_s - first[payload] <= 2
    assert copies / len(heard) == pytest.approx(0.1, abs=0.02)


def test_the_fragments_of_a_message_share_a_group_of_their_own_and_a_sequence(heard: list[Heard]) -> None:
    fragments = [line for line in heard if "g" in line.tags]
    groups = [line.tags["g"].split("-") for line in fragments]
    assert [part for part, _, _ in groups] == ["1", "2"] * (len(fragments) // 2)
    assert len({group for _, _, group in groups}) == len(fragments) // 2
    for one, two in zip(fragments[::2], fragments[1::2], strict=True):
        assert (one.at_s, one.station) == (two.at_s, two.station)
        assert one.sentence.split(",")[3:5] == two.sentence.split(",")[3:5]


def test_pyais_reads_every_kind_of_message_in_the_feed(heard: list[Heard]) -> None:
    names: set[str] = set()
    for one, two in pairwise(heard[:3000]):
        if one.sentence.startswith("AIVDM,2,1"):
            read = pyais.decode(f"!{one.sentence}*00", f"!{two.sentence}*00").asdict()
            names.add(str(read["shipname"]))
            assert imo_is_valid(int(str(read["imo"])))
            assert 70 <= int(str(read["ship_type"])) <= 79
    assert {hull.name for hull in WATCHED} <= names


def test_no_ship_ever_jumps(tracks: dict[int, list[Position]]) -> None:
    assert tracks.keys() == {hull.mmsi for hull in WATCHED + BYSTANDERS}
    for track in tracks.values():
        assert max(implied_kn(a, b) for a, b in pairwise(track)) < 25


def test_a_watched_ship_is_never_silent_for_three_hours(tracks: dict[int, list[Position]]) -> None:
    for hull in WATCHED:
        assert max(b.at_s - a.at_s for a, b in pairwise(tracks[hull.mmsi])) < 3 * 3600


def test_a_watched_ship_says_who_she_is_every_six_hours(heard: list[Heard]) -> None:
    said: dict[str, list[int]] = defaultdict(list)
    for line in heard:
        if line.sentence.startswith("AIVDM,2,1"):
            said[line.sentence.split(",")[5][:7]].append(line.at_s)  # the MMSI ends in the seventh character
    watched = [times for times in said.values() if len(times) > 2000]
    assert len(watched) == len(WATCHED)
    assert all(b - a <= 6 * 3600 for times in watched for a, b in pairwise(times))


def test_every_planned_arrival_is_inside_its_port_and_heard_within_a_quarter_of_an_hour(
    tracks: dict[int, list[Position]],
) -> None:
    mmsi = {hull.imo: hull.mmsi for hull in WATCHED}
    for trip, call in calls(plan()):
        track, arrived_s = tracks[mmsi[trip.imo]], call.arrived_at.timestamp()
        stay = between(track, arrived_s, call.departed_at.timestamp())
        before = between(track, arrived_s - 3 * 3600, arrived_s - 180)  # the gate is within three minutes of the line
        assert stay[0].at_s - arrived_s <= 900
        assert all(off_km(p, call.port) == 0 for p in stay)
        assert off_km(before[0], call.port) > 12
        assert all(off_km(p, call.port) > 0 for p in before)


def test_no_watched_ship_comes_near_a_port_but_on_a_planned_call(tracks: dict[int, list[Position]]) -> None:
    for hull in WATCHED:
        planned = [call for trip, call in calls(plan()) if trip.imo == hull.imo]
        for p in tracks[hull.mmsi]:
            near = {port for port in GROUNDS if off_km(p, port) < 1}
            if near:
                at = datetime.fromtimestamp(p.at_s, UTC)
                assert any(
                    near == {call.port} and call.arrived_at - ON_THE_WAY < at < call.departed_at + ON_THE_WAY
                    for call in planned
                ), p


def test_a_moored_ship_lies_still(tracks: dict[int, list[Position]]) -> None:
    moored = [p for track in tracks.values() for p in track if p.nav_status == 5]
    assert moored
    assert {p.sog_kn for p in moored} == {0.0}


def test_the_lay_up_ground_off_vladivostok_is_inside_its_roads(tracks: dict[int, list[Position]]) -> None:
    anchored = [p for hull in WATCHED for p in tracks[hull.mmsi] if p.nav_status == 1]
    roads = ground_of("vladivostok", "context")
    assert all(roads.contains(Point(p.lon_deg, p.lat_deg)) for p in anchored[::100])


def test_bystanders_call_at_vostochny_and_never_at_rajin_or_dunai(tracks: dict[int, list[Position]]) -> None:
    met = {
        (hull.name, port)
        for hull in BYSTANDERS
        for p in tracks[hull.mmsi]
        for port, ground in GROUNDS.items()
        if ground.contains(Point(p.lon_deg, p.lat_deg))
    }
    assert met == {("AVOCET", "vostochny")}


def test_one_bystander_stays_outside_the_followed_area(tracks: dict[int, list[Position]]) -> None:
    whimbrel = next(hull for hull in BYSTANDERS if hull.name == "WHIMBREL")
    assert all(p.lat_deg < 40.5 for p in tracks[whimbrel.mmsi])


# --- live


def test_live_goes_on_where_the_history_ends(tracks: dict[int, list[Position]]) -> None:
    def soon(at_and_line: tuple[datetime, bytes]) -> bool:
        return at_and_line[0] < demo.LIVE_FROM + timedelta(days=30)

    month = list(takewhile(soon, demo.live()))
    following = decode([take_apart(line) for _, line in month])
    assert month[0][0] >= demo.LIVE_FROM
    assert all(a[0] <= b[0] for a, b in pairwise(month))
    for hull in WATCHED:
        whole = [tracks[hull.mmsi][-1], *following[hull.mmsi]]
        assert whole[1].at_s - whole[0].at_s < 3 * 3600
        assert max(implied_kn(a, b) for a, b in pairwise(whole)) < 25


@few_seeds
@given(seeds)
def test_live_begins_with_a_surge_and_goes_on_at_two_or_three_a_month(seed: int) -> None:
    months = [f"{trip.discharge.arrived_at:%Y-%m}" for trip in islice(demo.trips(seed), 64, 90)]
    assert months.count("2025-04") == 8
    assert all(months.count(f"2025-{month:02d}") in (2, 3) for month in range(5, 10))


# --- the folder


def test_a_files_first_line_says_that_the_ships_are_made_up() -> None:
    assert demo.banner(7) == b"# SYNTHETIC: made-up ships, seed 7\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("demo") / "new"
    write(made)
    return made


def test_the_folder_is_a_corridor_of_its_own_and_says_so_everywhere(folder: Path) -> None:
    config = tomllib.loads((folder / "corridor.toml").read_text(encoding="utf-8"))["corridor"]
    named = {*config["zones"], config["area"], config["watchlist"], config["surge"], "demo.nmea"}
    assert named <= {path.name for path in folder.iterdir()}
    assert config["synthetic"] is True
    for name in ("demo.nmea", "corridor.toml", "watchlist.toml", "README.txt"):
        with (folder / name).open(encoding="utf-8") as opened:
            assert "SYNTHETIC" in opened.readline()


def test_the_folder_tells_its_truth(folder: Path) -> None:
    told = json.loads((folder / "truth.json").read_bytes())
    assert told["synthetic"] is True
    assert told["months"] == demo.truth()
    assert len(told["trips"]) == 64


def test_the_watchlist_of_the_folder_names_the_made_up_hulls_and_no_radio(folder: Path) -> None:
    vessels = tomllib.loads((folder / "watchlist.toml").read_text(encoding="utf-8"))["vessels"]
    assert [(vessel["name"], vessel["imo"]) for vessel in vessels] == [(hull.name, hull.imo) for hull in WATCHED]
    assert all("mmsi" not in vessel for vessel in vessels)
