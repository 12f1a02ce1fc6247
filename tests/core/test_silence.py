"""What people's acknowledgements and silences hold back, and for how long."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from sealane.alert import Alert
from sealane.decision import Action, Decision
from sealane.delivery import Delivery
from sealane.silence import Handling, muted
from tests.core.test_alert import MONTH, ROLLING, alerts, arrival, day, month_of

OCTOBER = "alert:month:2023-10"


def decided(
    action: Action, target: str, when: datetime, key: str = "d1", until: datetime | None = None, by: str = "Ada"
) -> Decision:
    return Decision(id=key, action=action, target=target, by=by, at=when, reason="known here", until=until)


def silence(target: str, when: datetime, until: datetime, key: str = "s1") -> Decision:
    return decided("silence", target, when, key, until)


def handling(
    arrivals: Iterable[Delivery], decisions: Sequence[Decision], as_of: datetime, alert: str = OCTOBER
) -> Handling:
    """What holds for one alert."""
    found = {each.alert: each for each in muted(alerts(MONTH, arrivals, as_of), decisions, as_of)}
    return found.get(alert, Handling(alert=alert))


FIRED = month_of("2023-10", 3)  # on the 9th


# Silences.


def test_a_silence_says_who_until_when_and_why():
    held = handling(FIRED, [silence(OCTOBER, day("2023-10-10"), day("2023-10-20"))], day("2023-10-11"))
    assert held.silenced is not None
    assert (held.silenced.by, held.silenced.until, held.silenced.reason) == ("Ada", day("2023-10-20"), "known here")


def test_a_silence_goes_by_the_time_of_the_behaviour_and_not_by_the_clock():
    made = [silence(OCTOBER, day("2023-10-10"), day("2023-10-12"))]
    for as_of in ("2023-10-11", "2023-10-13", "2024-06-01"):
        assert handling(FIRED, made, day(as_of)).silenced is not None, as_of


def test_a_silence_given_long_afterwards_holds_for_what_was_before_its_end():
    made = [silence(OCTOBER, day("2024-05-01"), day("2023-10-09"))]
    assert handling(FIRED, made, day("2024-06-01")).silenced is not None
    assert handling(month_of("2023-10", 4), made, day("2024-06-01")).silenced is None


def test_a_new_delivery_after_the_silence_ended_is_told():
    made = [silence(OCTOBER, day("2023-10-10"), day("2023-10-12"))]
    assert handling(FIRED, made, day("2023-10-30")).silenced is not None
    assert handling([*FIRED, arrival(day("2023-10-14"))], made, day("2023-10-30")).silenced is None


def test_a_new_delivery_before_the_silence_ends_is_not_told():
    made = [silence(OCTOBER, day("2023-10-10"), day("2023-10-20"))]
    assert handling([*FIRED, arrival(day("2023-10-14"))], made, day("2023-10-30")).silenced is not None


def test_a_silence_ends_with_its_last_moment():
    assert handling(FIRED, [silence(OCTOBER, day("2023-10-09", 1), day("2023-10-09"))], day("2023-10-11")).silenced
    short = [silence(OCTOBER, day("2023-10-09", 1), day("2023-10-09", 11))]
    assert handling(FIRED, short, day("2023-10-11")).silenced is None


def test_a_silence_of_a_rule_holds_for_all_its_alerts_and_for_no_other():
    arrivals = [*FIRED, *month_of("2023-11", 4)]
    stand = alerts((MONTH, ROLLING), arrivals, day("2023-11-28"))
    held = muted(stand, [silence("rule:month", day("2023-10-10"), day("2024-01-01"))], day("2023-11-28"))
    assert [each.alert for each in held] == [OCTOBER, "alert:month:2023-11"]
    assert "rolling" in {each.rule for each in stand}


def test_of_contradictory_silences_the_latest_holds():
    long = silence(OCTOBER, day("2023-10-10"), day("2023-12-01"), "long")
    short = silence("rule:month", day("2023-10-11"), day("2023-10-08"), "short")
    again = silence(OCTOBER, day("2023-10-11"), day("2023-11-01"), "tie")
    assert handling(FIRED, [long], day("2023-10-12")).silenced is not None
    assert handling(FIRED, [long, short], day("2023-10-12")).silenced is None
    held = handling(FIRED, [long, short, again], day("2023-10-12")).silenced
    assert held is not None
    assert held.decision == "tie"


def test_a_silence_that_was_undone_holds_nothing():
    made = [silence(OCTOBER, day("2023-10-10"), day("2023-12-01")), decided("undo", "s1", day("2023-10-11"), "u1")]
    assert handling(FIRED, made, day("2023-10-10", 13)).silenced is not None
    assert handling(FIRED, made, day("2023-10-12")).silenced is None


def test_a_silence_not_yet_known_holds_nothing():
    assert handling(FIRED, [silence(OCTOBER, day("2023-10-12"), day("2023-12-01"))], day("2023-10-11")).silenced is None


# Acknowledgements.


def test_an_acknowledgement_says_who_and_when_and_silences_nothing():
    held = handling(FIRED, [decided("acknowledge", OCTOBER, day("2023-10-10"))], day("2023-10-11"))
    assert held.acknowledged is not None
    assert (held.acknowledged.by, held.acknowledged.at) == ("Ada", day("2023-10-10"))
    assert held.silenced is None


def test_an_acknowledgement_is_of_what_had_happened_until_then():
    made = [decided("acknowledge", OCTOBER, day("2023-10-14"))]
    assert handling(month_of("2023-10", 4), made, day("2023-10-16")).acknowledged is not None
    assert handling(month_of("2023-10", 5), made, day("2023-10-18")).acknowledged is None  # escalated on the 17th


def test_the_latest_acknowledgement_is_shown():
    made = [decided("acknowledge", OCTOBER, day(f"2023-10-{number}"), f"d{number}") for number in (12, 10)]
    held = handling(FIRED, made, day("2023-10-16")).acknowledged
    assert held is not None
    assert held.decision == "d12"


# Both.


def test_handling_changes_no_alert_and_names_only_what_was_touched():
    stand = alerts(MONTH, [*FIRED, *month_of("2023-11", 3)], day("2023-11-28"))
    assert muted(stand, [], day("2023-11-28")) == ()
    assert [
        each.alert for each in muted(stand, [decided("acknowledge", OCTOBER, day("2023-11-01"))], day("2023-11-28"))
    ] == [OCTOBER]


stretch = st.integers(0, 40)
some = st.lists(
    st.tuples(st.sampled_from(["silence", "acknowledge", "undo"]), stretch, stretch, st.booleans()), max_size=6
)


@given(some, st.randoms(use_true_random=False))
def test_the_order_in_which_decisions_came_to_be_known_does_not_matter(rows, random):
    made = []
    for number, (action, at_d, until_d, of_rule) in enumerate(rows):
        target = "rule:month" if of_rule else OCTOBER
        when, until = (day(f"2023-{10 + days // 31}-{days % 31 + 1:02d}") for days in (min(at_d, 30), min(until_d, 30)))
        target = f"d{number - 1}" if action == "undo" else target
        made.append(decided(action, target, when, f"d{number}", until if action == "silence" else None))
    mixed = list(made)
    random.shuffle(mixed)
    stand: list[Alert] = alerts(MONTH, month_of("2023-10", 5), day("2023-12-01"))
    assert muted(stand, mixed, day("2023-12-01")) == muted(stand, made, day("2023-12-01"))
    assert muted(reversed(stand), made, day("2023-12-01")) == muted(stand, made, day("2023-12-01"))
