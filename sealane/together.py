"""Together: the most deliveries that can hold at once. Each sighting of several ships shows one ship only.

    sighting s1: A or B at the load port     A's delivery needs s1 and s2, so does B's:
    sighting s2: A or B at the discharge     two are listed as possible, one can hold

Deliveries that need one sighting exclude each other; the rest hold together. The greatest set is found exactly, group
by group of deliveries linked by sightings.
"""

from collections.abc import Iterable, Mapping

from sealane.delivery import Delivery

EXACT_UP_TO = 40  # linked deliveries; beyond it the count is a bound from below, never more than can hold


def most_together(deliveries: Iterable[Delivery]) -> frozenset[str]:
    """Ids of a greatest set that can hold together; the surest first among equals, then by id. Rejected: never."""
    standing = [each for each in deliveries if each.grade != "rejected"]
    free = {each.id for each in standing if not each.needs}
    bound = sorted((each for each in standing if each.needs), key=lambda each: (_rank(each), each.id))
    rivals = {
        each.id: frozenset(
            other.id for other in bound if other.id != each.id and not set(each.needs).isdisjoint(other.needs)
        )
        for each in bound
    }
    chosen: set[str] = set()
    for group in _linked(rivals):
        chosen.update(_greatest(tuple(each.id for each in bound if each.id in group), rivals))
    return frozenset(free | chosen)


def _rank(delivery: Delivery) -> int:
    return ("confirmed", "probable", "possible").index(delivery.grade) if delivery.grade != "rejected" else 3


def _linked(rivals: Mapping[str, frozenset[str]]) -> list[set[str]]:
    """Groups that exclude each other, directly or through others."""
    groups: list[set[str]] = []
    seen: set[str] = set()
    for begin in rivals:
        if begin in seen:
            continue
        group, waiting = {begin}, [begin]
        while waiting:
            for other in rivals[waiting.pop()] - group:
                group.add(other)
                waiting.append(other)
        seen |= group
        groups.append(group)
    return groups


def _greatest(candidates: tuple[str, ...], rivals: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """A greatest set without rivals among some candidates; branch where a choice matters, else take what costs none."""
    chosen: list[str] = []
    left = list(candidates)
    while left:
        open_rivals = {each: len(rivals[each].intersection(left)) for each in left}
        easy = next((each for each in left if open_rivals[each] <= 1), None)
        if easy is None and len(left) <= EXACT_UP_TO:
            hardest = max(left, key=lambda each: (open_rivals[each], -left.index(each)))
            with_it = (hardest, *_greatest(tuple(e for e in left if e != hardest and e not in rivals[hardest]), rivals))
            without = _greatest(tuple(each for each in left if each != hardest), rivals)
            return (*chosen, *(with_it if len(with_it) >= len(without) else without))
        take = easy if easy is not None else min(left, key=lambda each: (open_rivals[each], left.index(each)))
        chosen.append(take)
        left = [each for each in left if each != take and each not in rivals[take]]
    return tuple(chosen)
