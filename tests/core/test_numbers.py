"""A set of numbers, asked for a column at once: exactly those are in it, and numbers that are alike do not crowd."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from sealane.sieve.numbers import Numbers, spread
from sealane.sieve.radios import lanes_of

numbers = some.integers(0, 2**30 - 1)


@given(some.frozensets(numbers, max_size=200), some.lists(numbers, max_size=200))
def test_it_holds_what_was_put_in_and_nothing_else(held: frozenset[int], others: list[int]):
    asked = [*others, *held]
    found = Numbers(held).holds(np.array(asked, np.uint64))
    assert found.tolist() == [number in held for number in asked]


@given(some.frozensets(numbers, max_size=200))
def test_lanes_of_radios_are_told_apart_as_their_numbers_are(mmsis: frozenset[int]):
    column = np.fromiter(mmsis, np.uint64, len(mmsis))
    assert len(Numbers(lanes_of(column))) == len(mmsis)


def test_a_fleet_next_to_another_is_looked_up_in_vain_no_oftener_than_strangers():
    """Their numbers follow one another, and what shows them in a payload differs in few bits."""
    fleet, others = (
        lanes_of(np.arange(first, first + 40_000, dtype=np.uint64)) for first in (200_600_000, 200_000_000)
    )
    listed = Numbers(fleet)
    slots = np.unpackbits(listed.bits, bitorder="little")
    in_vain = slots[spread(others) >> np.uint64(listed.shift)].mean()
    assert in_vain < 1.25 * slots.mean()
    assert not listed.holds(others).any()
