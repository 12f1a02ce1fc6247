"""Reports, pictures, published counts and decisions come in any order, twice, and late: one set, one digest."""

from collections.abc import Sequence
from datetime import datetime
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as some

from sealane.binding import Binding
from sealane.countreport import CountReport
from sealane.fact import Fact
from sealane.fix import Fix, Mmsi
from sealane.heard import Hours
from sealane.stamp import unix_us
from sealane.static import StaticReport
from sealane.watchlist import Vessel
from streams.embedded import Embedded
from tests.core.story import (
    DISCHARGE,
    IMO,
    LOAD,
    OTHER_IMO,
    OTHER_MMSI,
    VESSEL,
    Report,
    at,
    decides,
    fixes,
    rules_for,
    sail,
    seen,
    states,
    visit,
)

RULES = rules_for(LOAD, DISCHARGE, watched=(VESSEL, Vessel(imo=OTHER_IMO, name="WHITE STORK")))
LAST_H = 400
REPORTS: tuple[Report, ...] = (
    *fixes(visit(0, LOAD, stay_h=5)),
    *fixes(sail((120, 45, 0), (126, 45, 0), port=DISCHARGE)),
    *fixes(visit(200, DISCHARGE, stay_h=4)),
    *fixes(sail((5, 45, 0), (11, 45, 0), port=DISCHARGE), OTHER_MMSI),
    *fixes(visit(300, LOAD, stay_h=6), OTHER_MMSI),
    states(at(3)),
    states(at(121), draught_m=7.5),
    states(at(301), imo=OTHER_IMO, mmsi=OTHER_MMSI, name="WHITE STORK"),
)
FACTS: tuple[Fact, ...] = (
    seen("s1", "nest", 60, 70, IMO, OTHER_IMO, known_h=90),
    seen("s2", "nest", 66, 75, OTHER_IMO, known_h=380),
    seen("s3", "reef", 90, 99, IMO, OTHER_IMO),
    seen("s4", "nest", 250, 260, IMO, known_h=260),
    seen("s5", "reef", 20, 21, IMO, known_h=22),
    CountReport(
        id="r1", measure="deliveries", first_month="2024-05", last_month="2024-05", low=1, high=2, known_at=at(99)
    ),
    CountReport(id="r2", measure="deliveries", first_month="2024-05", last_month="2024-05", low=4, known_at=at(350)),
    decides("d1", "re-attribute", "s3", 300, imo=IMO),
    decides("d2", "undo", "d1", 310),
    decides("d3", "confirm", f"delivery:story:{IMO}:reef:20240514T0900Z", 320),
    decides("d4", "reject", f"delivery:story:{IMO}:reef:20240514T0900Z", 330),
    decides("d5", "reject", f"call:{OTHER_MMSI}:nest:20240518T1330Z", 340),
    Binding(id="b1", mmsi=Mmsi(OTHER_MMSI), imo=OTHER_IMO, from_at=at(0), to_at=at(200), known_at=at(210)),
)
HOURS = range(LAST_H)
Told = Report | Fact | int


def is_known(each: Told, by: datetime) -> bool:
    if isinstance(each, int):
        return at(each) <= by
    return (each.at if isinstance(each, Fix | StaticReport) else each.known_at) <= by


def carried(told: Sequence[Told], settle_after: set[int] | None = None, until: datetime | None = None) -> Embedded:
    """Everything taken in as it comes, settled now and then."""
    hours = Hours()
    embedded = Embedded(RULES, hours, until)
    for index, each in enumerate(told):
        if isinstance(each, int):
            hours.add("north", unix_us(at(each)))
        elif isinstance(each, Fix | StaticReport):
            embedded.take([each])
        else:
            embedded.take_facts([each])
        if settle_after and index in settle_after:
            embedded.settle()
    embedded.settle()
    return embedded


ALL: tuple[Told, ...] = (*REPORTS, *FACTS, *HOURS)
WHOLE = carried(ALL)


def test_the_story_has_something_of_everything():
    stands = WHOLE.standing
    assert {each.kind for each in stands.gaps} >= {"ship"}
    assert {each.basis for each in stands.presences} >= {"observed", "sighted", "inferred"}
    assert {each.force for each in stands.decisions} >= {"in_force", "undone", "overruled"}
    assert len(stands.deliveries) > 2
    assert stands.reports


@settings(max_examples=25, deadline=None)
@given(some.randoms(use_true_random=False), some.lists(some.integers(0, len(ALL)), max_size=6))
def test_any_order_any_repeats_and_any_cuts_give_one_digest(chance: Random, cuts: list[int]):
    told = [*ALL, *chance.sample(ALL, 40)]
    chance.shuffle(told)
    assert carried(told, set(cuts)).digest() == WHOLE.digest()


@settings(max_examples=25, deadline=None)
@given(some.integers(0, LAST_H), some.randoms(use_true_random=False))
def test_as_of_any_time_equals_a_run_that_stopped_there(hour: int, chance: Random):
    until = at(hour)
    known = [each for each in ALL if is_known(each, until)]
    chance.shuffle(known)
    heard_by_then = [*known, *(each for each in FACTS if not is_known(each, until))]
    assert carried(heard_by_then, until=until).digest() == carried(known, until=until).digest()
    assert carried(known, until=until).standing.as_of == until


def test_what_was_known_then_differs_from_what_is_known_now():
    then = carried([each for each in ALL if is_known(each, at(100))], until=at(100))
    assert then.digest() != WHOLE.digest()
    assert {each.id for each in then.standing.sightings} == {"s1", "s3", "s5"}
