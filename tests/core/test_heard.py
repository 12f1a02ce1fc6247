"""The hours each source was heard in, and facts people add: sets, whatever the order and however often told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealane.binding import Binding
from sealane.decision import Decision
from sealane.fact import Fact
from sealane.fix import Mmsi
from sealane.heard import HOUR_US, Hours
from sealane.sighting import SeenShip, Sighting
from sealane.stamp import unix_us
from streams.embedded import Clash, Embedded
from tests.core.story import IMO, LOAD, OTHER_MMSI, START, at, fixes, rules_for, visit

HOUR = unix_us(START) // HOUR_US

SEEN = Sighting(
    id="s1", place=LOAD.code, from_at=at(2), to_at=at(5), ships=(SeenShip(imo=IMO),), known_at=at(60), by="an analyst"
)
BOUND = Binding(id="b1", mmsi=OTHER_MMSI, imo=IMO, known_at=at(10))
DENIED = Decision(id="d1", action="reject", target="s1", by="an analyst", at=at(70), reason="another ship")
FACTS: tuple[Fact, ...] = (SEEN, BOUND, DENIED)


def told(hours: Hours) -> dict[str, list[int]]:
    return {source: list(each) for source, each in hours.by_source.items()}


@given(st.permutations([("north", 0), ("south", 0), ("north", 3), ("north", 0)]))
def test_the_hours_of_a_source_are_a_set_in_any_order(heard):
    hours = Hours()
    for source, hour in heard:
        hours.add(source, (HOUR + hour) * HOUR_US + 1)
    assert told(hours) == {"north": [HOUR, HOUR + 3], "south": [HOUR]}
    assert len(hours) == 3
    assert hours.latest == at(3)
    assert list(hours) == [("north", at(0)), ("north", at(3)), ("south", at(0))]


def test_an_hour_that_a_ledger_holds_is_no_change():
    hours = Hours()
    hours.restore("north", HOUR)
    hours.add("north", HOUR * HOUR_US + 5)
    assert not hours.changed
    assert told(hours) == {"north": [HOUR]}


def test_what_nobody_stores_is_not_remembered_as_a_change():
    """Years of two hundred stations are millions of hours."""
    embedded = Embedded(rules_for(), Hours())
    embedded.hours.add("north", HOUR * HOUR_US)
    embedded.settle()
    assert not embedded.hours.changed
    assert told(embedded.hours) == {"north": [HOUR]}


def settled(*batches: tuple[Fact, ...], until: datetime | None = None) -> Embedded:
    embedded = Embedded(rules_for(LOAD), Hours(), until)
    embedded.take(fixes(visit(0, LOAD)))
    for batch in batches:
        embedded.take_facts(batch)
        embedded.settle()
    embedded.settle()
    return embedded


@given(st.permutations([*FACTS, *FACTS]))
def test_facts_in_any_order_repeated_and_settled_in_between_stand_alike(told):
    one_by_one = settled(*((fact,) for fact in told))
    assert one_by_one.digest() == settled(FACTS).digest()
    assert one_by_one.facts == {fact.id: fact for fact in FACTS}


def test_what_a_person_knew_later_than_all_that_was_heard_moves_now():
    assert settled().standing.as_of == fixes(visit(0, LOAD))[-1].at
    assert settled((SEEN,)).standing.as_of == SEEN.known_at
    assert settled(FACTS).standing.as_of == DENIED.at


def test_a_fact_that_says_something_else_under_an_id_that_is_there_is_refused_and_none_beside_it_taken():
    embedded = settled((SEEN,))
    other = Sighting(id="s1", place="reef", from_at=at(2), to_at=at(5), ships=SEEN.ships, known_at=at(60))
    with pytest.raises(Clash, match="'s1'"):
        embedded.take_facts((BOUND, other))
    assert set(embedded.facts) == {"s1"}


def test_two_facts_of_one_id_told_at_once_are_refused():
    other = Binding(id="s1", mmsi=Mmsi(200000003), imo=IMO, known_at=at(10))
    with pytest.raises(Clash):
        settled((SEEN, other))


def test_held_to_a_time_it_stands_exactly_as_of_it_and_knows_nothing_later():
    embedded = settled(FACTS, until=at(65))
    assert embedded.standing.as_of == at(65)
    assert set(embedded.facts) == {"s1", "b1"}
    assert embedded.digest() == settled((SEEN, BOUND), until=at(65)).digest()


def test_held_to_a_time_it_stands_as_of_it_even_if_nothing_was_heard():
    embedded = Embedded(rules_for(LOAD), Hours(), datetime(2024, 1, 1, tzinfo=UTC))
    embedded.settle()
    assert embedded.standing.as_of == datetime(2024, 1, 1, tzinfo=UTC)


def test_an_hour_heard_earlier_is_judged_though_now_does_not_move():
    embedded = settled()
    before = embedded.standing
    embedded.hours.add("south", unix_us(START - timedelta(hours=9)))
    embedded.settle()
    assert embedded.standing is not before
