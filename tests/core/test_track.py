"""A track is a set of reports, whatever the order they came in."""

from collections.abc import Iterable
from datetime import datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sealane.fix import Fix
from sealane.track import Track
from tests.core.story import MMSI, PORT, fixes, rules_for, spot, statement

CHART = rules_for(PORT).chart


def track_of(heard: Iterable[Fix]) -> Track:
    track = Track(MMSI)
    for fix in heard:
        track.add_fix(fix, CHART.place(fix.lat_deg, fix.lon_deg))
    return track


def kept(heard: Iterable[Fix]) -> list[Fix]:
    track = track_of(heard)
    return [each.fix for day in sorted(track.days) for each in track.fixes_of(day)]


def sources(heard: Iterable[Fix]) -> dict[datetime, frozenset[str]]:
    track = track_of(heard)
    return {each.fix.at: each.sources for day in track.days for each in track.fixes_of(day)}


def test_near_a_zone_the_first_report_of_each_minute_is_kept():
    heard = fixes(spot(second / 3600, 5) for second in (0, 20, 59, 60, 125))
    assert kept(heard) == [heard[0], heard[3], heard[4]]


def test_elsewhere_the_first_and_the_last_of_each_hour_are_kept():
    heard = fixes(spot(minute / 60, 40) for minute in (0, 5, 30, 59, 60, 61, 90))
    assert kept(heard) == [heard[0], heard[3], heard[4], heard[6]]


def test_two_hulls_far_apart_do_not_thin_each_other_away():
    near, far = fixes([spot(0, 5)]), fixes([spot(0.001, 5, 400), spot(0.002, 5, 900)])
    assert kept(near + far) == [*near, *far]


def test_of_two_reports_at_one_time_the_smaller_payload_is_kept():
    heard = fixes([spot(0, 5, sog_kn=1.0), spot(0, 5, sog_kn=2.0)])
    assert kept(heard) == kept(heard[::-1]) == [min(heard, key=lambda fix: fix.payload)]


def test_every_station_that_heard_a_report_is_remembered():
    north, south = fixes([spot(0, 5)], source="north"), fixes([spot(0, 5)], source="south")
    assert sources(north + south) == {north[0].at: {"north", "south"}}


def test_static_reports_are_kept_first_and_last_of_each_day_and_content():
    heard = [statement(spot(hours, 0).at) for hours in (1, 2, 3, 25)]
    track = Track(MMSI)
    for report in (heard[1], heard[3], heard[2], heard[0]):
        track.add_static(report)
    assert track.statics_in_order() == [heard[0], heard[2], heard[3]]


spots = st.builds(
    spot, st.integers(0, 200).map(lambda seconds: seconds * 37 / 3600), st.sampled_from([0, 2, 25, 40, 60, 300])
)


@given(st.lists(spots, max_size=40), st.randoms(use_true_random=False), st.integers(1, 3))
def test_order_and_repeats_do_not_change_what_is_kept(heard, random: Random, times):
    told = list(fixes(heard)) * times
    random.shuffle(told)
    assert kept(told) == kept(fixes(heard))


@given(st.lists(spots, min_size=1, max_size=20), st.integers(0, 19))
def test_a_repeat_marks_nothing_to_be_folded_again(heard, which):
    track = track_of(fixes(heard))
    track.marked.clear()
    (repeat,) = fixes([heard[which % len(heard)]], source="south")
    track.add_fix(repeat, CHART.place(repeat.lat_deg, repeat.lon_deg))
    assert not track.marked
