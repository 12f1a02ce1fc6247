"""What a reader is told when the standing objects change, and what not."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sealane.countreport import CountReport
from sealane.decision import Decision
from sealane.event import Event, changes, notified
from sealane.fix import Fix
from sealane.heard import Hours
from sealane.judge import Standing
from sealane.notification import notifications
from sealane.sighting import SeenShip, Sighting
from sealane.static import StaticReport
from sealane.surge import SurgeRule
from sealane.tally import tallies_of
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
from tests.core.test_alert import MONTH, ROLLING, SINCE, alerts, day, month_of

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
        "GapFound",
        "GapClosed",
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


# What changed it.


def rejects(target: str, hours: float, key: str = "d1") -> Decision:
    return Decision(id=key, action="reject", target=target, by="Ada", at=at(hours), reason="seen elsewhere")


def by_kind(events: Iterable[Event]) -> dict[str, Event]:
    """Events by kind, where each kind came once."""
    found = list(events)
    assert len({event.kind for event in found}) == len(found)
    return {event.kind: event for event in found}


def test_a_delivery_and_its_alert_name_what_came():
    embedded, way = fresh(), visit(40, DISCHARGE)
    told(embedded, [*fixes(visit(0, LOAD)), states(at(2))])
    events = by_kind(told(embedded, fixes(way)))
    delivery = events["DeliveryRecorded"]
    assert delivery.because == tuple(each for each in delivery.rests_on if "reef" in each)  # the other end was known
    assert events["AlertFired"].because == events["TallyRevised"].because == (delivery.subject,)


def test_a_rejected_delivery_names_the_decision_and_all_that_falls_with_it_names_the_delivery():
    embedded = fresh()
    told(embedded, [*fixes(TRIP), states(at(2))])
    delivery = the(embedded.standing.deliveries).id
    embedded.take_facts([rejects(delivery, 100)])
    events = by_kind(embedded.settle())
    assert events["DeliveryRevised"].because == ("decision:d1",)
    assert events["AlertRetracted"].because == events["TallyRevised"].because == (delivery,)
    assert events["DecisionRecorded"].rests_on == (delivery,)


def test_a_call_that_changed_names_the_fixes_that_came():
    embedded, way = fresh(), visit(0, LOAD)
    told(embedded, fixes(way[:40]))
    rested_on = set(the(embedded.standing.calls).call.evidence)
    events = told(embedded, fixes(way[40:]))
    ended = the([event for event in events if event.kind == "PortCallEnded"])
    went = {f"fix:200000001:{each.fix.at:%Y%m%dT%H%M%SZ}" for each in rested_on} - set(ended.rests_on)
    assert set(ended.because) - set(ended.rests_on) == went
    assert "fix:200000001:20240506T115000Z" in ended.because  # the first outside


# Silences of ships, and what people add.


def heard_on(embedded: Embedded, last_h: int) -> None:
    """The station goes on hearing others."""
    for hour in range(last_h):
        embedded.hours.restore("north", int(at(hour).timestamp()) // 3600)


def test_a_gap_is_told_when_it_is_long_enough_and_closed_not_while_it_grows():
    embedded = fresh()
    told(embedded, [*fixes(visit(0, LOAD)), states(at(2))])  # last heard at sea at hour 13
    lengths = [kinds(embedded.settle(at(hours))) for hours in (18.5, 19.5, 25, 31)]
    assert [["GapFound"] if "GapFound" in each else each for each in lengths] == [[], ["GapFound"], [], []]
    closed = [event for event in told(embedded, fixes(visit(40, DISCHARGE))) if event.kind.startswith("Gap")]
    assert kinds(closed) == ["GapClosed"]
    assert closed[0].at == at(40)
    assert closed[0].because == ("fix:200000001:20240507T160000Z",)


def test_a_gap_is_revised_when_its_kind_changes():
    embedded = fresh()
    told(embedded, [*fixes(visit(0, LOAD)), states(at(2))])
    embedded.settle(at(30))
    assert the(embedded.standing.gaps).kind == "coverage"
    heard_on(embedded, 30)
    revised = the([event for event in embedded.settle(at(31)) if event.kind.startswith("Gap")])
    assert (revised.kind, the(embedded.standing.gaps).kind) == ("GapRevised", "ship")


def test_a_gap_too_short_once_it_is_closed_is_retracted():
    embedded = fresh()
    told(embedded, [*fixes(visit(0, LOAD)), states(at(2))])
    embedded.settle(at(20))
    assert "GapRetracted" in kinds(told(embedded, fixes([spot(15, 60, port=LOAD)])))


SIGHTED = Sighting(
    id="s1",
    place="reef",
    from_at=at(200),
    to_at=at(210),
    ships=(SeenShip(imo=IMO),),
    known_at=at(220),
    source="made up",
)
COUNTED = CountReport(id="r1", measure="deliveries", first_month="2024-05", last_month="2024-05", low=2, known_at=at(3))


def test_what_people_add_is_told_once_and_as_reported():
    embedded = fresh()
    embedded.take_facts([SIGHTED, COUNTED])
    events = by_kind(embedded.settle(at(300)))
    assert set(events) >= {"SightingRecorded", "CountReported"}
    assert not events["SightingRecorded"].observed
    assert (events["SightingRecorded"].at, events["CountReported"].at) == (at(210), at(3))
    embedded.take_facts([SIGHTED, COUNTED])
    assert embedded.settle(at(301)) == ()


def test_a_decision_is_revised_when_its_target_resolves_otherwise():
    embedded = fresh()
    embedded.take_facts([rejects("call:200000001:nest:20240506T0130Z", 30)])
    recorded = the(embedded.settle(at(31)))
    assert (recorded.kind, recorded.rests_on) == ("DecisionRecorded", ())
    events = told(embedded, [*fixes(visit(0, LOAD)), states(at(2))])
    revised = the([event for event in events if event.kind.startswith("Decision")])
    assert (revised.kind, revised.rests_on) == ("DecisionRevised", ("call:200000001:nest:20240506T0130Z",))


# Alerts.


def stands(count: int, as_of: str, rules: Sequence[SurgeRule] = (MONTH,)) -> Standing:
    """A standing of nothing but October's deliveries and what is counted of them."""
    arrivals = tuple(month_of("2023-10", count))
    return Standing(
        as_of=day(as_of),
        deliveries=arrivals,
        tallies=tallies_of(arrivals, SINCE, day(as_of)),
        alerts=tuple(alerts(rules, arrivals, day(as_of))),
    )


def alert_events(before: Standing, after: Standing) -> list[Event]:
    return [event for event in changes(before, after, {}, synthetic=True) if event.kind.startswith("Alert")]


def test_an_alert_that_grows_by_a_step_escalates_and_by_less_is_revised():
    (revised,) = alert_events(stands(3, "2023-10-20"), stands(4, "2023-10-20"))
    (escalated,) = alert_events(stands(3, "2023-10-20"), stands(5, "2023-10-20"))
    assert (revised.kind, escalated.kind) == ("AlertRevised", "AlertEscalated")
    assert escalated.at == day("2023-10-17")
    assert escalated.because == tuple(each.id for each in month_of("2023-10", 5)[3:])


def test_an_alert_found_late_tells_its_whole_life():
    events = alert_events(stands(2, "2023-12-01"), stands(5, "2023-12-01"))
    assert kinds(events) == ["AlertFired", "AlertEscalated", "AlertResolved"]
    assert [event.at for event in events] == [day("2023-10-09"), day("2023-10-17"), day("2023-11-01", 0)]


def test_an_alert_that_ends_by_the_calendar_names_nothing_that_changed_it():
    (resolved,) = alert_events(stands(3, "2023-10-20"), stands(3, "2023-11-02"))
    assert (resolved.kind, resolved.because) == ("AlertResolved", ())


def test_a_correction_that_lowers_an_alert_is_a_revision_and_one_that_ends_it_a_retraction():
    (revised,) = alert_events(stands(5, "2023-10-20"), stands(3, "2023-10-20"))
    (retracted,) = alert_events(stands(3, "2023-10-20"), stands(2, "2023-10-20"))
    assert (revised.kind, retracted.kind) == ("AlertRevised", "AlertRetracted")
    assert retracted.because == (month_of("2023-10", 3)[2].id,)


def test_an_episode_whose_first_day_moved_names_the_one_it_takes_the_place_of():
    first, second = stands(4, "2023-10-20", (ROLLING,)), stands(5, "2023-10-20", (ROLLING,))
    arrivals = second.deliveries[:1] + second.deliveries[2:]  # the 5th was none; the 17th makes four
    moved = msgspec.structs.replace(
        second, deliveries=arrivals, alerts=tuple(alerts(ROLLING, arrivals, day("2023-10-20")))
    )
    fired, retracted = sorted(alert_events(first, moved), key=lambda event: event.kind)
    assert (fired.subject, fired.supersedes) == ("alert:rolling:2023-10-17/P30D", retracted.subject)


def test_an_alert_of_another_month_takes_nobodys_place():
    november = tuple(month_of("2023-11", 3))
    after = Standing(
        as_of=day("2023-12-01"), deliveries=november, alerts=tuple(alerts(MONTH, november, day("2023-12-01")))
    )
    fired = next(each for each in alert_events(stands(3, "2023-12-01"), after) if each.kind == "AlertFired")
    assert fired.supersedes is None


def test_a_notification_is_told_of_its_alert():
    after = stands(3, "2023-10-20")
    messages = notifications((), after.alerts, (), (), day("2023-10-20"), timedelta(days=1))
    revisions: dict[str, int] = {}
    (event,) = notified(messages, revisions, synthetic=True)
    assert (event.kind, event.rests_on, event.revision) == ("AlertNotified", ("alert:month:2023-10",), 1)
    assert event.object == messages[0]
    assert the(notified(messages, revisions, synthetic=True)).id.endswith("#2")


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
    expected |= {row.id for row in stands.gaps} | {row.id for row in stands.interferences}
    assert {subject for subject in standing if not subject.startswith("tally")} == expected
    assert IMO in {row.imo for row in stands.identities}
