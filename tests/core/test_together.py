"""How many deliveries can hold at once, found exactly."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as some

from sealane.delivery import Delivery
from sealane.static import Imo
from sealane.together import most_together
from tests.core.story import at


def needing(key: str, *sightings: str) -> Delivery:
    return Delivery(
        id=key,
        imo=Imo(2000016),
        grade="possible",
        load_port=None,
        loaded_at=None,
        discharge_port=None,
        arrived_at=None,
        arrival_earliest_at=at(0),
        arrival_latest_at=at(1),
        load_presence=None,
        discharge_presence=None,
        needs=sightings,
    )


def test_what_needs_no_shared_sighting_always_holds():
    assert most_together([needing("a"), needing("b")]) == {"a", "b"}


def test_a_chain_of_rivals_holds_every_other_one():
    chain = [needing("a", "1"), needing("b", "1", "2"), needing("c", "2", "3"), needing("d", "3")]
    assert len(most_together(chain)) == 2


@given(some.lists(some.lists(some.sampled_from("12345"), max_size=2, unique=True), max_size=9))
def test_no_other_set_without_rivals_is_greater(needs):
    told = [needing(f"d{index}", *each) for index, each in enumerate(needs)]
    held = most_together(told)
    assert is_free([each for each in told if each.id in held])
    best = max(size for size in range(len(told) + 1) for chosen in combinations(told, size) if is_free(list(chosen)))
    assert len(held) == best


@given(some.permutations([needing("a", "1"), needing("b", "1", "2"), needing("c", "2"), needing("d", "3", "1")]))
def test_the_order_does_not_matter(told):
    assert most_together(told) == most_together(sorted(told, key=lambda each: each.id))


def is_free(chosen: list[Delivery]) -> bool:
    return all(set(one.needs).isdisjoint(other.needs) for one, other in combinations(chosen, 2))
