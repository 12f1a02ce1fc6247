"""Which messages go out about an alert, why, and which do not."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sealane.alert import Alert
from sealane.decision import Decision
from sealane.delivery import Delivery
from sealane.notification import Notification, notifications
from sealane.silence import muted
from sealane.surge import SurgeRule
from tests.core.test_alert import MONTH, ROLLING, SINCE, alerts, arrival, day, month_of
from tests.core.test_silence import OCTOBER, decided, silence

A_DAY = timedelta(days=1)
NEVER = timedelta(days=10_000)


class Desk:
    """A reader who is told what follows from each change, as a ledger's keeper does it."""

    def __init__(self, rules: Sequence[SurgeRule] = (MONTH,), renotify_after: timedelta = NEVER) -> None:
        self.rules, self.renotify_after = rules, renotify_after
        self.stood: Sequence[Alert] = ()
        self.sent: dict[str, Notification] = {}

    def told(
        self, arrivals: Sequence[Delivery], as_of: datetime, decisions: Sequence[Decision] = ()
    ) -> list[Notification]:
        stands = alerts(self.rules, arrivals, as_of)
        held = muted(stands, decisions, as_of)
        messages = notifications(self.stood, stands, held, self.sent.values(), as_of, self.renotify_after)
        self.stood = stands
        self.sent |= {each.alert: each for each in messages}
        return list(messages)

    def reasons(self, arrivals: Sequence[Delivery], as_of: datetime, decisions: Sequence[Decision] = ()) -> list[str]:
        return [each.reason for each in self.told(arrivals, as_of, decisions)]


FIRED = month_of("2023-10", 3)  # on the 9th


# A life without people.


def test_an_alert_is_told_once_when_it_fires():
    desk = Desk()
    assert desk.reasons(FIRED[:2], day("2023-10-08")) == []
    (message,) = desk.told(FIRED, day("2023-10-10"))
    assert (message.alert, message.reason, message.at) == (OCTOBER, "first", day("2023-10-10"))
    assert message.sentence == "surge: 3rd delivery of October 2023; threshold 3; baseline 1 a month"
    assert desk.reasons(FIRED, day("2023-10-11")) == []


def test_escalation_notifies_again():
    desk, five = Desk(), month_of("2023-10", 5)
    desk.told(FIRED, day("2023-10-10"))
    assert desk.reasons(five[:4], day("2023-10-14")) == []  # one more is no step
    (message,) = desk.told(five, day("2023-10-18"))
    assert message.reason == "escalated"
    assert message.sentence.startswith("surge: escalated: 5th delivery of October 2023")
    assert desk.reasons(five, day("2023-10-19")) == []


def test_an_alert_that_has_escalated_when_it_is_found_is_told_once():
    assert Desk().reasons(month_of("2023-10", 5), day("2023-10-18")) == ["first"]


def test_the_end_of_an_alert_is_told_once():
    desk = Desk()
    desk.told(FIRED, day("2023-10-10"))
    assert desk.reasons(FIRED, day("2023-11-01")) == ["resolved"]
    assert desk.reasons(FIRED, day("2023-11-02")) == []


def test_an_alert_found_when_it_was_over_is_told_once_and_says_so():
    desk = Desk()
    desk.told([], day("2024-01-01"))
    (message,) = desk.told(FIRED, day("2024-01-02"))
    assert (message.reason, message.state) == ("first", "resolved")
    assert "over when it was found" in message.sentence
    assert desk.reasons(FIRED, day("2024-01-03")) == []


def test_a_correction_below_the_threshold_is_told_at_once_although_hysteresis_would_hold():
    desk = Desk([ROLLING])
    arrivals = [arrival(day(f"2023-10-{number:02d}")) for number in (1, 5, 9, 13)]
    assert desk.reasons(arrivals, day("2023-10-13")) == ["first"]
    assert desk.reasons(arrivals, day("2023-11-02")) == []  # one below, held
    (message,) = desk.told(arrivals[:3], day("2023-11-02"))
    assert message.reason == "retracted"
    assert "last told: 4 deliveries in the 30 days to 13 Oct 2023" in message.sentence
    assert desk.reasons(arrivals[:3], day("2023-11-03")) == []


def test_an_alert_that_stands_again_after_it_was_retracted_is_told_again():
    desk = Desk()
    said = [desk.reasons(stand, day("2023-10-12", hour)) for hour, stand in ((1, FIRED), (2, FIRED[:2]), (3, FIRED))]
    assert said == [["first"], ["retracted"], ["first"]]


def test_an_alert_that_nobody_was_told_of_is_not_retracted():
    desk = Desk()
    made = [silence("rule:month", day("2023-10-01"), day("2024-01-01"))]
    assert desk.reasons(FIRED, day("2023-10-10"), made) == []
    assert desk.reasons(FIRED[:2], day("2023-10-11"), made) == []


def test_a_ledger_of_the_past_tells_what_fires_now_and_not_what_is_over():
    desk = Desk()
    arrivals = [*FIRED, *month_of("2023-11", 3)]
    desk.stood = alerts([MONTH], arrivals, day("2023-11-12"))
    assert [each.alert for each in desk.told(arrivals, day("2023-11-12"))] == ["alert:month:2023-11"]


# Reminders.


def test_a_firing_alert_is_told_again_when_the_interval_has_passed():
    desk = Desk(renotify_after=A_DAY)
    assert desk.reasons(FIRED, day("2023-10-10")) == ["first"]
    assert desk.reasons(FIRED, day("2023-10-11", 11)) == []
    assert desk.reasons(FIRED, day("2023-10-11", 12)) == ["reminder"]
    assert desk.reasons(FIRED, day("2023-10-12", 11)) == []
    assert desk.reasons(FIRED, day("2023-10-14", 12)) == ["reminder"]  # one, however long nobody asked


def test_an_acknowledged_alert_is_not_reminded_of_until_it_escalates():
    desk, seen = Desk(renotify_after=A_DAY), [decided("acknowledge", OCTOBER, day("2023-10-10", 15))]
    five = month_of("2023-10", 5)
    desk.told(FIRED, day("2023-10-10"))
    assert desk.reasons(FIRED, day("2023-10-15"), seen) == []
    assert desk.reasons(five, day("2023-10-17"), seen) == ["escalated"]
    assert desk.reasons(five, day("2023-10-18"), seen) == ["reminder"]


def test_an_interval_of_nothing_means_no_reminders():
    desk = Desk(renotify_after=timedelta())
    desk.told(FIRED, day("2023-10-10"))
    assert desk.reasons(FIRED, day("2023-10-10")) == desk.reasons(FIRED, day("2023-10-30")) == []


def test_what_is_over_is_not_reminded_of():
    desk = Desk(renotify_after=A_DAY)
    desk.told(FIRED, day("2023-10-10"))
    desk.told(FIRED, day("2023-11-01"))
    assert desk.reasons(FIRED, day("2023-11-09")) == []


# Silences.


def test_a_silenced_alert_is_not_told_nor_reminded_of_nor_is_its_end():
    desk = Desk(renotify_after=A_DAY)
    made = [silence(OCTOBER, day("2023-10-01"), day("2023-10-20"))]
    for as_of in ("2023-10-10", "2023-10-12", "2023-10-22", "2023-11-01", "2024-02-01"):
        assert desk.reasons(FIRED, day(as_of), made) == [], as_of


def test_when_a_silence_ends_the_old_behaviour_is_not_raised_and_a_new_delivery_is():
    desk = Desk(renotify_after=A_DAY)
    made = [silence(OCTOBER, day("2023-10-10", 13), day("2023-10-12"))]
    assert desk.reasons(FIRED, day("2023-10-10")) == ["first"]
    assert desk.reasons(FIRED, day("2023-10-13"), made) == []
    assert desk.reasons(FIRED, day("2023-10-20"), made) == []
    five = month_of("2023-10", 5)  # the fifth on the 17th
    assert desk.reasons(five, day("2023-10-20"), made) == ["escalated"]


def test_a_delivery_after_the_silence_of_an_alert_never_told_is_the_first_of_it():
    desk = Desk()
    made = [silence(OCTOBER, day("2023-10-01"), day("2023-10-12"))]
    assert desk.reasons(FIRED, day("2023-10-11"), made) == []
    assert desk.reasons([*FIRED, arrival(day("2023-10-14"))], day("2023-10-14"), made) == ["first"]


def test_a_retraction_is_told_although_the_alert_was_silenced_meanwhile():
    desk, made = Desk(), [silence(OCTOBER, day("2023-10-10", 13), day("2023-12-01"))]
    desk.told(FIRED, day("2023-10-10"))
    assert desk.reasons(FIRED, day("2023-10-11"), made) == []
    assert desk.reasons(FIRED[:2], day("2023-10-12"), made) == ["retracted"]


def test_of_contradictory_silences_the_latest_decides_what_is_told():
    long = silence(OCTOBER, day("2023-10-09"), day("2023-12-01"), "long")
    taken_back = silence(OCTOBER, day("2023-10-11"), day("2023-10-01"), "short")
    desk = Desk()
    assert desk.reasons(FIRED, day("2023-10-10"), [long]) == []
    assert desk.reasons(FIRED, day("2023-10-11"), [taken_back, long]) == ["first"]


# Properties.

step = st.tuples(st.integers(0, 8), st.integers(1, 72), st.booleans())


@given(st.lists(step, max_size=8), st.randoms(use_true_random=False))
def test_the_same_inputs_give_the_same_notifications_each_with_its_reason(steps, random):
    desk, as_of = Desk([MONTH, ROLLING], A_DAY), SINCE + timedelta(days=30)
    october = month_of("2023-10", 7)
    made: list[Decision] = []
    for number, (count, hours, is_silenced) in enumerate(steps):
        as_of += timedelta(hours=hours)
        if is_silenced:
            made.append(silence("rule:month", as_of, as_of, f"s{number}"))
        stood, stands = list(desk.stood), alerts(desk.rules, october[:count], as_of)
        held, sent = list(muted(stands, made, as_of)), list(desk.sent.values())
        told = desk.told(october[:count], as_of, made)
        for part in (stood, stands, held, sent):
            random.shuffle(part)
        assert list(notifications(stood, stands, held, sent, as_of, A_DAY)) == told
        assert all(each.reason in each.id for each in told)
        assert len({each.alert for each in told}) == len(told)
        silenced = {each.alert for each in held if each.silenced}
        assert {each.reason for each in told if each.alert in silenced} <= {"retracted"}
        assert desk.told(october[:count], as_of, made) == []  # told once is told
