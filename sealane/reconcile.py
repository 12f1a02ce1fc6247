"""Reconcile: published counts beside the tallies, and beside each other. What does not fit is told, never resolved.

    gap             how far a claim lies from the tally: claim minus tally, 0 where they overlap
    contradiction   claims that cannot all hold: two of the same months, a sum and its months, two sums

The claims of a series are a system of differences: with P the deliveries up to each month's end, "so many from a to b"
is low <= P(b) - P(a) <= high. It has a solution, in whole numbers, exactly if no cycle of it is negative
(Bellman-Ford); the claims on such a cycle are those that cannot all hold.
"""

from collections.abc import Iterable
from itertools import combinations, groupby

import msgspec

from sealane.claim import DELIVERIES, Claimed, ClaimedTotal
from sealane.estimate import Bounds, Counted, sum_of
from sealane.tally import month_after, months_between


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    """A claim beside the tally of its months."""

    id: str  # the claim's
    series: str
    measure: str
    months: str  # "2024-02", or "2023-10..2023-12"
    claimed: Bounds
    tally: Bounds | None  # None: the ledger has not all of these months, or something else was counted
    gap: int | None  # claim minus tally; 0 where they overlap
    source: tuple[str, ...]


class Contradiction(msgspec.Struct, frozen=True, kw_only=True):
    """Claims that cannot all hold."""

    id: str
    months: tuple[str, ...]
    measure: str
    claims: tuple[str, ...]
    detail: str


class _Edge(msgspec.Struct, frozen=True):
    """P(end) <= P(begin) + most."""

    begin: int
    end: int
    most: int
    claim: Claimed | None  # None: no month has fewer than none


def reconciled(claims: Iterable[Claimed], tallies: Iterable[Counted]) -> tuple[Reconciled, ...]:
    """Every claim beside the tally of its months, in order of months and series."""
    by_month = {each.month: each for each in tallies}
    return tuple(_beside(claim, by_month) for claim in sorted(claims, key=_order))


def gap_of(claimed: Bounds, tally: Bounds) -> int:
    """How far two intervals are apart, claim minus tally; 0 where they overlap."""
    if tally.high is not None and claimed.low > tally.high:
        return claimed.low - tally.high
    if claimed.high is not None and claimed.high < tally.low:
        return claimed.high - tally.low
    return 0


def contradictions_of(claims: Iterable[Claimed]) -> tuple[Contradiction, ...]:
    """Claims on one measure that cannot all hold, by months: pairs of the same months, and sets within a series."""
    listed = sorted(claims, key=_order)
    found: list[tuple[Claimed, ...]] = [
        pair
        for pair in combinations(listed, 2)
        if (pair[0].measure, pair[0].months) == (pair[1].measure, pair[1].months) and gap_of(*map(_bounds, pair))
    ]
    each_series = sorted(listed, key=lambda each: (each.measure, each.series))
    for _, series in groupby(each_series, key=lambda each: (each.measure, each.series)):
        found += _cannot_hold(list(series))
    apart = {frozenset(claim.id for claim in each): sorted(each, key=_order) for each in found}
    return tuple(_contradiction(each) for each in sorted(apart.values(), key=lambda each: [*map(_order, each)]))


def contradictions_of_totals(totals: Iterable[ClaimedTotal]) -> tuple[Contradiction, ...]:
    """Totals of one measure that fall: no later one can be less than an earlier one."""
    listed = sorted(totals, key=lambda each: (each.day, each.id))
    return tuple(
        Contradiction(
            id=f"contradiction:{before.id}:{after.id}",
            months=tuple(dict.fromkeys((before.day[:7], after.day[:7]))),
            measure=before.measure,
            claims=(before.id, after.id),
            detail=f"{_told(before)} by {before.day}; {_told(after)} by {after.day}: a total does not fall",
        )
        for before, after in combinations(listed, 2)
        if before.measure == after.measure and after.high is not None and before.low > after.high
    )


def bounds_between(claims: Iterable[Claimed], first_month: str, last_month: str) -> Bounds | None:
    """The least and the most that one series leaves open for a run of months; None where its claims cannot all hold.

    Shortest ways through the system both ways: exact, in whole numbers.
    """
    listed = list(claims)
    months = list(_all_months(listed, first_month, last_month))
    edges = _edges(listed, months)
    if _negative_cycle(edges, len(months) + 1):
        return None
    begin, end = months.index(first_month), months.index(last_month) + 1
    most, least = _shortest(edges, begin, end, len(months)), _shortest(edges, end, begin, len(months))
    return Bounds(low=-(least or 0), high=most)


def _beside(claim: Claimed, by_month: dict[str, Counted]) -> Reconciled:
    months = list(months_between(claim.first_month, claim.last_month))
    claimed = _bounds(claim)
    is_counted = claim.measure == DELIVERIES and all(month in by_month for month in months)
    tally = sum_of(by_month[month] for month in months) if is_counted else None
    return Reconciled(
        id=claim.id,
        series=claim.series,
        measure=claim.measure,
        months=claim.months,
        claimed=claimed,
        tally=tally,
        gap=None if tally is None else gap_of(claimed, tally),
        source=claim.source,
    )


def _cannot_hold(claims: list[Claimed]) -> list[tuple[Claimed, ...]]:
    """One set of claims for each negative cycle. To look for the next, the longest claim of each is left out."""
    found = []
    left = claims
    while left:
        months = list(_all_months(left, left[0].first_month, left[0].last_month))
        cycle = _negative_cycle(_edges(left, months), len(months) + 1)
        if not cycle:
            break
        found.append(cycle)
        longest = max(cycle, key=lambda each: (len(list(months_between(each.first_month, each.last_month))), each.id))
        left = [each for each in left if each is not longest]
    return found


def _all_months(claims: list[Claimed], first_month: str, last_month: str) -> Iterable[str]:
    firsts, lasts = (each.first_month for each in claims), (each.last_month for each in claims)
    return months_between(min(first_month, *firsts), max(last_month, *lasts))


def _edges(claims: list[Claimed], months: list[str]) -> list[_Edge]:
    """Between the begins of months, and the end of the last one."""
    begins = {month: number for number, month in enumerate([*months, month_after(months[-1])])}
    edges = [_Edge(number + 1, number, 0, None) for number in range(len(months))]
    for claim in claims:
        begin, end = begins[claim.first_month], begins[month_after(claim.last_month)]
        edges.append(_Edge(end, begin, -claim.low, claim))
        if claim.high is not None:
            edges.append(_Edge(begin, end, claim.high, claim))
    return edges


def _negative_cycle(edges: list[_Edge], nodes: int) -> tuple[Claimed, ...]:
    """The claims on a negative cycle; none where there is none."""
    least, by = [0] * nodes, dict[int, _Edge]()
    last: int | None = None
    for _ in range(nodes):
        last = None
        for edge in edges:
            if least[edge.begin] + edge.most < least[edge.end]:
                least[edge.end], by[edge.end], last = least[edge.begin] + edge.most, edge, edge.end
        if last is None:
            return ()
    assert last is not None
    for _ in range(nodes):  # from wherever it was lowered last, back onto the cycle itself
        last = by[last].begin
    claims: dict[str, Claimed] = {}
    node = last
    while True:
        edge = by[node]
        if edge.claim is not None:
            claims[edge.claim.id] = edge.claim
        node = edge.begin
        if node == last:
            return tuple(claims.values())


def _shortest(edges: list[_Edge], begin: int, end: int, rounds: int) -> int | None:
    """The shortest way from one node to another; None where there is none."""
    least: dict[int, int] = {begin: 0}
    for _ in range(rounds):
        for edge in edges:
            if edge.begin in least:
                way = least[edge.begin] + edge.most
                least[edge.end] = min(least.get(edge.end, way), way)
    return least.get(end)


def _contradiction(claims: list[Claimed]) -> Contradiction:
    months = sorted({month for each in claims for month in months_between(each.first_month, each.last_month)})
    told = "; ".join(f"{each.series} {_told(each)} in {each.months}" for each in claims)
    return Contradiction(
        id="contradiction:" + "+".join(each.id.removeprefix("published:") for each in claims),
        months=tuple(months),
        measure=claims[0].measure,
        claims=tuple(each.id for each in claims),
        detail=f"{told}: cannot {'both' if len(claims) == 2 else 'all'} hold",
    )


def _told(claim: Claimed | ClaimedTotal) -> str:
    if claim.high is None:
        return f"at least {claim.low}"
    return f"{claim.low}" if claim.low == claim.high else f"{claim.low}-{claim.high}"


def _bounds(claim: Claimed) -> Bounds:
    return Bounds(low=claim.low, high=claim.high)


def _order(claim: Claimed) -> tuple[str, str, str, str]:
    return claim.first_month, claim.last_month, claim.series, claim.id
