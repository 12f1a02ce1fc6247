"""The state digest: equal for equal states, and changed by whatever is judged."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sealane.digest import COVERED, state_digest
from sealane.fix import Fix
from sealane.judge import Standing
from sealane.static import StaticReport
from sealane.surge import SurgeRule
from tests.core.story import DISCHARGE, LOAD, at, fixes, rules_for, settled, spot, standing, states, visit

RULES = rules_for(LOAD, DISCHARGE, surge=[SurgeRule(key="one", severity="surge", at_least=1)])
REPORTS: tuple[Fix | StaticReport, ...] = (*fixes([*visit(0, LOAD), *visit(40, DISCHARGE)]), states(at(2)))
STANDS = standing(REPORTS, RULES)
DIGEST = state_digest(STANDS, "rules")


def test_the_digest_is_64_hex_digits():
    assert len(DIGEST) == 64
    assert int(DIGEST, 16)


def test_every_field_named_exists_and_every_row_has_an_id():
    for kind, covered in COVERED.items():
        assert covered[0] == "id"
        assert hasattr(STANDS, kind)


def test_an_empty_corridor_has_a_digest_too():
    assert state_digest(Standing(as_of=None), "rules") != DIGEST


def test_it_depends_on_the_rules_and_on_now():
    later = structs.replace(STANDS, as_of=at(1000))
    assert len({DIGEST, state_digest(STANDS, "other rules"), state_digest(later, "rules")}) == 3


@given(st.sampled_from(sorted(kind for kind in COVERED if getattr(STANDS, kind))))
def test_it_depends_on_every_kind_of_standing_object(kind):
    assert state_digest(structs.replace(STANDS, **{kind: ()}), "rules") != DIGEST


def test_it_does_not_depend_on_the_order_of_objects():
    turned = structs.replace(STANDS, calls=STANDS.calls[::-1], presences=STANDS.presences[::-1])
    assert state_digest(turned, "rules") == DIGEST


def test_names_and_stations_are_outside():
    renamed = [*fixes([*visit(0, LOAD), *visit(40, DISCHARGE)], source="south"), states(at(2), name="GREY HERON II")]
    assert settled(renamed, RULES).digest() == settled(REPORTS, RULES).digest()


def test_one_fix_more_that_changes_a_call_changes_the_digest():
    earlier = fixes([spot(39.5, 30, port=DISCHARGE), spot(41.4, 0, port=DISCHARGE)])
    assert settled([*REPORTS, *earlier], RULES).digest() != settled(REPORTS, RULES).digest()
