"""Where the chart puts a point. Made-up ports: circles and boxes on made-up coasts."""

import math
import random

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geofences.chart import OFF_CHART, Chart
from geofences.errors import BadReference
from geofences.squares import EARTH_RADIUS_KM, KM_PER_DEG
from geofences.survey import survey
from geofences.zone import Kind, PortCode, Ring, Role, Zone, area_of, zones_of, zones_of_all

WREN, TERN = PortCode("wren"), PortCode("tern")
BANDS_KM, NEAR_KM, AREA_MARGIN_KM = (1.0, 10.0, 15.0), 30.0, 50.0


def circle(lat_deg: float, lon_deg: float, radius_km: float, points: int = 48) -> Ring:
    east_km = KM_PER_DEG * math.cos(math.radians(lat_deg))
    turns = [2 * math.pi * (step % points) / points for step in range(points + 1)]
    return tuple(
        (lon_deg + radius_km * math.sin(turn) / east_km, lat_deg + radius_km * math.cos(turn) / KM_PER_DEG)
        for turn in turns
    )


def box(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def zone(ring: Ring, port: PortCode = WREN, kind: Kind = "berth", role: Role = "other") -> Zone:
    return Zone(key=f"{port}_{kind}", port=port, kind=kind, role=role, polygons=((ring,),))


def feature(ring: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def collection(*features: dict[str, object]) -> dict[str, object]:
    return {"type": "FeatureCollection", "features": list(features)}


def north_of(lat_deg: float, km: float) -> float:
    return lat_deg + km / KM_PER_DEG


def great_circle_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    a, b, turn = math.radians(lat), math.radians(other_lat), math.radians(other_lon - lon)
    haversine = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(turn / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(haversine))


HARBOUR = Chart((zone(circle(42.2, 130.3, 2.0)), zone(circle(42.15, 130.32, 6.0), kind="approach")))
STRAIT = Chart(  # two ports whose grounds overlap
    (
        zone(circle(60.0, 5.0, 3.0), TERN, "anchorage"),
        zone(circle(60.0, 5.06, 2.0), WREN, "berth"),
        zone(circle(60.1, 5.3, 1.0), TERN, "berth"),
    )
)
DATELINE = Chart((zone(circle(-17.0, 179.99, 4.0)), zone(circle(-17.05, -179.9, 2.0), TERN, "anchorage")))


def test_a_point_inside_a_berth_is_in_its_port() -> None:
    place = HARBOUR.place(42.2, 130.3)
    assert (place.port, place.kind, place.near, place.bands) == (WREN, "berth", True, {WREN: 0})


@pytest.mark.parametrize(
    ("km_from_centre", "band"), [(1.9, 0), (2.5, 1), (3.1, 2), (11.9, 2), (12.1, 3), (16.9, 3), (17.1, None)]
)
def test_bands_lie_around_the_calling_ground(km_from_centre: float, band: int | None) -> None:
    assert HARBOUR.place(north_of(42.2, km_from_centre), 130.3).bands.get(WREN) == band


def test_the_line_itself_is_inside() -> None:
    chart = Chart(zones_of(collection(feature(box(10.0, 50.0, 10.1, 50.1), port="wren")), "f"))
    assert chart.place(50.05, 10.1).port == WREN


def test_an_approach_gives_no_port_and_no_band_of_its_own() -> None:
    chart = Chart((zone(circle(42.2, 130.3, 2.0), kind="approach"), zone(circle(42.9, 130.3, 2.0), TERN, "context")))
    place = chart.place(42.2, 130.3)
    assert (place.port, place.kind, place.near, place.bands) == (None, "approach", True, {})


def test_near_reaches_thirty_kilometres_from_any_zone() -> None:
    chart = Chart((zone(circle(42.2, 130.3, 2.0), kind="context"),))
    assert chart.place(north_of(42.2, 31.9), 130.3).near
    assert chart.place(north_of(42.2, 32.1), 130.3) is OFF_CHART


def test_where_two_grounds_overlap_the_berth_goes_before_the_anchorage() -> None:
    place = STRAIT.place(60.0, 5.045)
    assert (place.port, place.kind, place.bands) == (WREN, "berth", {TERN: 0, WREN: 0})


def test_where_two_berths_overlap_the_first_code_goes_first() -> None:
    chart = Chart((zone(circle(42.0, 130.0, 2.0), WREN), zone(circle(42.0, 130.0, 2.0), TERN)))
    assert chart.place(42.0, 130.0).port == TERN


def test_a_hole_is_outside() -> None:
    hollow = feature(box(10, 50, 11, 51), port="wren")
    hollow["geometry"] = {"type": "Polygon", "coordinates": [box(10, 50, 11, 51), box(10.2, 50.2, 10.8, 50.8)]}
    chart = Chart(zones_of(hollow, "f"))
    assert chart.place(50.5, 10.5).port is None
    assert chart.place(50.1, 10.5).port == WREN


def test_a_port_knows_its_role() -> None:
    chart = Chart((zone(circle(42.2, 130.3, 2.0), role="load"),))
    assert (chart.role(WREN), chart.role(TERN), chart.ports) == ("load", "other", (WREN,))


def test_the_antimeridian_parts_nothing() -> None:
    ring = [[179.95, -17.05], [-179.95, -17.05], [-179.95, -16.95], [179.95, -16.95], [179.95, -17.05]]
    chart = Chart(zones_of(feature(ring, port="wren"), "f"))
    for lon_deg in (179.96, 180.0, -180.0, -179.96):
        assert chart.place(-17.0, lon_deg).port == WREN
    assert chart.place(-17.0, -179.945).bands == {WREN: 1}
    assert chart.place(-17.0, 0.0) is OFF_CHART


def test_an_area_may_span_the_globe() -> None:
    chart = Chart((), area_of(feature(box(-180, -80, 180, 80)), "f"))
    assert all(chart.in_area(lat, lon) for lat, lon in [(0, 0), (79.9, 179.9), (-79.9, -179.9), (10, -180)])
    assert not chart.in_area(81, 0)


@pytest.mark.parametrize("east_deg", [150, 170, 179, 179.9])
def test_an_area_nearly_round_the_globe_is_not_taken_for_a_strip_across_the_antimeridian(east_deg: float) -> None:
    chart = Chart((), area_of(feature(box(-east_deg, -85, east_deg, 85)), "f"))
    assert all(chart.in_area(lat, lon) for lat, lon in [(0, 0), (42, 131), (50, -4), (-30, 20)])
    assert not chart.in_area(0, 179.95)


def test_without_an_area_fifty_kilometres_around_the_zones_are_followed() -> None:
    chart = Chart((zone(circle(42.2, 130.3, 2.0), kind="context"),))
    assert chart.in_area(north_of(42.2, 51.9), 130.3)
    assert not chart.in_area(north_of(42.2, 52.1), 130.3)


def test_without_zones_and_area_nothing_is_followed() -> None:
    assert not Chart(()).in_area(42.2, 130.3)
    assert Chart(()).place(42.2, 130.3) is OFF_CHART


@given(lat=st.floats(-65, 65), bearing=st.floats(0, 2 * math.pi), way_km=st.floats(3, 50))
@settings(max_examples=100, deadline=None)
def test_distances_are_true_to_half_a_percent_within_fifty_kilometres(
    lat: float, bearing: float, way_km: float
) -> None:
    there = lat + way_km * math.cos(bearing) / KM_PER_DEG
    east = way_km * math.sin(bearing) / (KM_PER_DEG * math.cos(math.radians((lat + there) / 2)))
    true_km = great_circle_km(lat, 20.0, there, 20.0 + east)
    speck = zone(circle(lat, 20.0, 0.001))
    (distance_km,) = (border.distance_km(there, 20.0 + east) for border in Chart((speck,))._places._borders)
    assert distance_km == pytest.approx(true_km, rel=0.005)


def by_shapely(chart: Chart, lat: float, lon: float) -> tuple[set[str], dict[str, int], bool]:
    """The ports and kinds that hold a point, the bands and `near`, from polygons laid flat around each zone."""
    holding: set[str] = set()
    bands: dict[str, int] = {}
    near = False
    for one in chart.zones:
        ((ring,),) = one.polygons
        lons, lats = [lon for lon, _ in ring], [lat for _, lat in ring]
        mid_lat, mid_lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
        east_km = KM_PER_DEG * math.cos(math.radians(mid_lat))
        turn = round((mid_lon - lon) / 360) * 360
        shape = shapely.Polygon([((x - mid_lon) * east_km, (y - mid_lat) * KM_PER_DEG) for x, y in ring])
        away_km = shape.distance(shapely.Point((lon + turn - mid_lon) * east_km, (lat - mid_lat) * KM_PER_DEG))
        near = near or away_km <= NEAR_KM
        if away_km == 0:
            holding.add(one.kind)
        band = next((band for band, km in enumerate((0.0, *BANDS_KM)) if away_km <= km), None)
        if one.kind in ("berth", "anchorage") and band is not None:
            bands[str(one.port)] = min(band, bands.get(one.port, band))
    return holding, bands, near


@pytest.mark.parametrize(
    ("chart", "lat", "lon"),
    [(HARBOUR, 42.2, 130.3), (STRAIT, 60.0, 5.1), (DATELINE, -17.0, 179.99)],
    ids=["harbour", "strait", "dateline"],
)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_an_answer_from_memory_is_the_exact_answer(chart: Chart, lat: float, lon: float, seed: int) -> None:
    chance = random.Random(seed)
    for spread_deg in (0.02, 0.05, 0.2, 0.5, 2.0):
        for _ in range(20):
            at_lat = lat + chance.uniform(-spread_deg, spread_deg)
            at_lon = (lon + chance.uniform(-spread_deg, spread_deg) + 180) % 360 - 180
            place = chart.place(at_lat, at_lon)
            assert place == chart.place_exactly(at_lat, at_lon)
            assert chart.in_area(at_lat, at_lon) == chart.in_area_exactly(at_lat, at_lon)
            holding, bands, near = by_shapely(chart, at_lat, at_lon)
            assert (place.bands, place.near, place.kind in holding or not holding) == (bands, near, True)
            assert (place.port is not None) == (0 in bands.values())


@given(turn=st.floats(0, 2 * math.pi), off_m=st.floats(-30, 30), ring_km=st.sampled_from([2.0, 3.0, 12.0, 17.0, 32.0]))
@settings(max_examples=200, deadline=None)
def test_close_to_every_line_the_answer_stays_exact(turn: float, off_m: float, ring_km: float) -> None:
    way_km = ring_km + off_m / 1000
    lat = 42.2 + way_km * math.cos(turn) / KM_PER_DEG
    lon = 130.3 + way_km * math.sin(turn) / (KM_PER_DEG * math.cos(math.radians(42.2)))
    assert HARBOUR.place(lat, lon) == HARBOUR.place_exactly(lat, lon)


@pytest.mark.parametrize("step_deg", [0.04, 0.005, 0.000625])
def test_on_the_edges_of_its_squares_the_answer_stays_exact(step_deg: float) -> None:
    chance = random.Random(4)
    for _ in range(2_000):
        lat, lon = (
            round(at / step_deg) * step_deg + chance.choice([0, 1e-13, -1e-13])
            for at in (42.2 + chance.uniform(-0.4, 0.4), 130.3 + chance.uniform(-0.6, 0.6))
        )
        assert HARBOUR.place(lat, lon) == HARBOUR.place_exactly(lat, lon)


def test_ships_all_over_the_world_fill_no_memory() -> None:
    chart = Chart((zone(circle(42.2, 130.3, 2.0)),))
    chance = random.Random(1)
    for _ in range(20_000):
        assert chart.place(chance.uniform(-89, 35), chance.uniform(-180, 179)) is OFF_CHART
    assert not chart._places._small


def test_equal_places_are_one_object() -> None:
    assert HARBOUR.place(42.2, 130.3) is HARBOUR.place(42.2005, 130.3005)


# Reading zones: what is left out has its default, what is wrong is named.


def test_what_a_feature_leaves_out_has_its_default() -> None:
    (one,) = zones_of(feature(box(10, 50, 10.1, 50.1), name="Wren Roads", fid=7), "f")
    assert (one.key, one.port, one.kind, one.role, one.source) == (
        "Wren Roads_berth",
        "Wren Roads",
        "berth",
        "other",
        (),
    )


def test_keys_made_of_port_and_kind_are_unique() -> None:
    read = collection(*(feature(box(lon, 50, lon + 0.1, 50.1), port="wren") for lon in (10, 11, 12)))
    assert [one.key for one in zones_of(read, "f")] == ["wren_berth", "wren_berth_2", "wren_berth_3"]


def test_one_zone_that_states_the_role_states_it_for_its_port() -> None:
    read = collection(
        feature(box(10, 50, 10.1, 50.1), port="wren", role="load"),
        feature(box(11, 50, 11.1, 50.1), port="wren", kind="anchorage"),
    )
    assert {one.role for one in zones_of(read, "f")} == {"load"}


GOOD = box(10, 50, 10.1, 50.1)
BAD: dict[str, tuple[object, str]] = {
    "no JSON": (b"{", "GeoJSON"),
    "brackets without end": (b"[" * 100_000, "GeoJSON"),
    "another document": ({"type": "Topology"}, "FeatureCollection"),
    "an empty collection": (collection(), "no features"),
    "a point": ({"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}, "Point"),
    "no geometry": ({"type": "Feature", "properties": {"port": "wren"}, "geometry": None}, "none"),
    "an open ring": (feature(GOOD[:-1], port="wren"), "closed"),
    "three points": (feature([*GOOD[:2], GOOD[0]], port="wren"), "at least 4"),
    "a ring that crosses itself": (feature([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]], port="wren"), "Self-intersection"),
    "latitude first": (feature(box(42.2, 130.1, 42.3, 130.2), port="wren"), "longitude comes first"),
    "a longitude out of range": (feature(box(200, 50, 201, 51), port="wren"), "-180..180"),
    "text for a number": (feature([["a", 1], *GOOD], port="wren"), "[longitude, latitude]"),
    "no port": (feature(GOOD), '"port"'),
    "a colon in a port": (feature(GOOD, port="a:b"), "without a colon"),
    "an unknown kind": (feature(GOOD, port="wren", kind="bearth"), "did you mean 'berth'"),
    "an unknown role": (feature(GOOD, port="wren", role="unload"), "did you mean 'load'"),
    "a misspelt property": (feature(GOOD, port="wren", knd="berth"), "'kind'"),
    "roles that disagree": (
        collection(feature(GOOD, port="wren", role="load"), feature(GOOD, port="wren", role="other")),
        "another zone of this port",
    ),
    "a key twice": (collection(feature(GOOD, port="wren", key="a"), feature(GOOD, port="wren", key="a")), "'a'"),
    "a source that is no text": (feature(GOOD, port="wren", source=7), "source"),
}


@pytest.mark.parametrize(("geojson", "said"), BAD.values(), ids=BAD.keys())
def test_a_bad_zone_is_refused_by_file_and_reason(geojson: dict[str, object] | bytes, said: str) -> None:
    with pytest.raises(BadReference) as refused:
        zones_of(geojson, "zones.geojson")
    assert str(refused.value).startswith("zones.geojson: ")
    assert said in str(refused.value)


def test_the_feature_is_named() -> None:
    read = collection(feature(GOOD, port="wren"), feature(GOOD[:-1], key="tern_roads", port="tern"))
    with pytest.raises(BadReference, match=r"feature 2 \(tern_roads\)"):
        zones_of(read, "f")


def test_roles_and_keys_are_held_across_files() -> None:
    one, other = feature(GOOD, port="wren", role="load"), feature(GOOD, port="wren", role="other")
    with pytest.raises(BadReference, match=r"b\.geojson"):
        zones_of_all([("a.geojson", one), ("b.geojson", other)])


# A survey for people.


def test_a_survey_measures_a_circle() -> None:
    (one,) = survey((zone(circle(42.2, 130.3, 2.0, points=360)),), margin_km=1.0)
    assert one.area_km2 == pytest.approx(math.pi * 4, rel=0.001)
    assert (one.vertices, one.warnings) == (360, ())


def test_a_survey_warns_of_grounds_that_overlap_and_of_margins_that_meet() -> None:
    found = survey(STRAIT.zones, margin_km=1.0)
    assert "overlaps wren_berth" in found[0].warnings[0]
    beside = (zone(circle(42.0, 130.0, 1.0)), zone(circle(north_of(42.0, 3.5), 130.0, 1.0), TERN))
    assert "margins" in survey(beside, margin_km=1.0)[0].warnings[0]
    assert survey(beside, margin_km=0.5)[0].warnings == ()
