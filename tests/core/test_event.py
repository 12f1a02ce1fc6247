"""What a reader is told when the standing objects change, and what not."""

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sealane.event import Event
from sealane.fix import Fix
from sealane.heard import Hours
from sealane.static import StaticReport
from sealane.surge import SurgeRule
from streams.embedded import Embedded
from tests.core.story import (
    DISCHARGE,
    IMO,
    LOAD,
    OTHER_IMO,
    PORT,
    at,
    fixes,
    moor,
    rules_for,
    sail,
    spot,
    states,
    the,
    visit,
)

TRIP = (*visit(0, LOAD), *visit(40, DISCHARGE))
ONE_A_MONTH = SurgeRule(key="one", severity="surge", at_least=1)


def told(embedded: Embedded, reports: Iterable[Fix | StaticReport]) -> list[Event]:
    embedded.take(reports)
    return list(embedded.settle())


def kinds(events: Iterable[Event]) -> list[str]:
    return [event.kind for event in events]


def fresh() -> Embedded:
    return Embedded(rules_for(LOAD, DISCHARGE, PORT, surge=[ONE_A_MONTH]), Hours())


def test_a_trip_is_told_in_the_order_of_its_time():
    events = told(fresh(), [*fixes(TRIP), states(at(2))])
    assert kinds(events) == [
        "IdentityBound",
        "PortCallStarted",
        "PortCallEnded",
        "PortCallStarted",
        "VoyageRecorded",
        "DeliveryRecorded",
        "AlertFired",
        "PortCallEnded",
        "TallyRevised",
    ]
    assert all(event.synthetic for event in events)
    assert [event.at for event in events] == sorted(event.at for event in events)


def test_an_open_call_heard_once_more_is_no_event():
    embedded = fresh()
    told(embedded, fixes(visit(0, LOAD)[:30]))
    assert told(embedded, fixes(moor(6, 9, LOAD))) == []


def test_the_same_report_again_is_no_event():
    embedded = fresh()
    told(embedded, [*fixes(TRIP), states(at(2))])
    assert told(embedded, [*fixes(TRIP), states(at(2))]) == []


def test_a_call_is_revised_when_it_becomes_one_and_ended_once():
    embedded, way = fresh(), visit(0, LOAD)
    events = [event for part in (way[:11], way[11:20], way[20:72], way[72:]) for event in told(embedded, fixes(part))]
    assert kinds(events) == ["PortCallStarted", "PortCallRevised", "PortCallEnded"]
    assert [event.revision for event in events] == list(range(1, len(events) + 1))
    assert {event.subject for event in events} == {events[0].subject}
    assert [event.id for event in events] == [f"{event.subject}#{event.revision}" for event in events]


def test_late_data_that_moves_an_arrival_retracts_the_old_call_and_names_it():
    embedded = fresh()
    (old,) = told(embedded, fixes(moor(2, 8, LOAD)))
    retracted, started = told(embedded, fixes([spot(1, 0, port=LOAD)]))[::-1]
    assert {retracted.kind, started.kind} == {"PortCallRetracted", "PortCallStarted"}
    new = started if started.kind == "PortCallStarted" else retracted
    assert new.supersedes == old.subject


def test_a_call_supersedes_the_nearest_one_that_went():
    embedded = fresh()
    told(embedded, fixes([*moor(2, 8, LOAD), *sail((11, 60, 0), (40, 60, 0), port=LOAD), *visit(42, LOAD)[12:]]))
    events = told(embedded, fixes([spot(1, 0, port=LOAD), *visit(42, LOAD)[8:12]]))
    started = [(event.subject[-14:], (event.supersedes or "")[-14:]) for event in events if "Started" in event.kind]
    assert started == [("20240506T0100Z", "20240506T0200Z"), ("20240507T1930Z", "20240507T2000Z")]


def test_a_delivery_that_turns_out_not_to_be_one_is_retracted_with_its_alert_and_its_tally():
    embedded = fresh()
    told(embedded, [*fixes(TRIP), states(at(2)), states(at(42))])
    events = told(embedded, [states(at(30), imo=OTHER_IMO)])
    assert {"DeliveryRetracted", "AlertRetracted", "IdentityConflictFound"} <= set(kinds(events))
    tally = the([event for event in events if event.kind == "TallyRevised"])
    assert tally.revision == 2


def test_a_month_without_arrivals_is_no_news():
    embedded = fresh()
    events = told(embedded, [*fixes([*visit(0, LOAD), *visit(900, LOAD)]), states(at(2))])
    assert not [event for event in events if event.kind.startswith("Tally")]
    assert not [event for event in told(embedded, [states(at(3), imo=OTHER_IMO)]) if event.kind.startswith("Tally")]


def test_an_event_names_the_fixes_it_rests_on():
    started = told(fresh(), fixes(visit(0, LOAD)))[0]
    assert started.rests_on[1] == "fix:200000001:20240506T013000Z"


parts = st.lists(st.integers(0, len(TRIP)), max_size=4)


@given(parts, st.randoms(use_true_random=False))
def test_however_a_run_came_to_know_its_events_add_up_to_what_stands(cuts, random):
    reports: list[Fix | StaticReport] = [*fixes(TRIP), states(at(2))]
    random.shuffle(reports)
    embedded = fresh()
    known: dict[str, Event] = {}
    bounds = [0, *sorted(cuts), len(reports)]
    for begin, end in pairwise(bounds):
        for event in told(embedded, reports[begin:end]):
            known[event.subject] = event
            assert event.revision == int(event.id.rpartition("#")[2])
    standing = {subject for subject, event in known.items() if not event.kind.endswith("Retracted")}
    stands = embedded.standing
    expected = {row.call.id for row in stands.calls} | {row.id for row in stands.identities}
    expected |= {row.id for row in stands.conflicts} | {row.id for row in stands.voyages}
    expected |= {row.id for row in stands.deliveries} | {row.id for row in stands.alerts}
    assert {subject for subject in standing if not subject.startswith("tally")} == expected
    assert IMO in {row.imo for row in stands.identities}
