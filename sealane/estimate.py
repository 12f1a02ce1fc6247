"""Estimate: what a tally would be in containers and rounds by one named model. Arithmetic of others' figures.

    deliveries [low, high]  x  containers a trip [222, 300], mean 247     = containers
    containers [low, high]  x  rounds a container, of one model           = rounds
    deliveries [low, high]  x  tonnes a trip / kg a round (model "mass")  = rounds

Nobody saw into a container: an estimate says what a count would amount to if a model held, never what was carried.
No model is preferred, and none is averaged with another. Bounds are rounded outwards.
"""

from collections.abc import Iterable
from math import ceil, floor
from typing import Protocol

import msgspec

from sealane.published import Conversion

KG_A_TONNE = 1000.0
DIGITS = 6  # what a product of floats is rounded to, before it is rounded outwards


class Counted(Protocol):
    """A month's count: a tally, or a published one."""

    @property
    def month(self) -> str: ...
    @property
    def low(self) -> int: ...
    @property
    def high(self) -> int | None: ...


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """Both ends included. `high` None: at least `low`."""

    low: int
    high: int | None


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """The same for what is no whole number."""

    low: float
    high: float | None


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A named way from one delivery to containers and rounds, with what it rests on."""

    key: str
    containers: tuple[float, float]  # a trip
    containers_mean: float
    rounds: tuple[float, float]  # a trip, over that range of containers
    rounds_at_mean: tuple[float, float]  # a trip, at the mean of containers
    basis: str
    source: tuple[str, ...]


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """One month, or months together, by one model. The figures at the mean are narrower, not likelier."""

    id: str
    month: str  # "2024-03", or "2023-09..2025-03"
    model: str
    deliveries: Bounds
    containers: Bounds
    containers_at_mean: Bounds
    rounds: Bounds
    rounds_at_mean: Bounds
    basis: str
    source: tuple[str, ...]


def estimates_of(
    tallies: Iterable[Counted], conversions: Iterable[Conversion], total: Bounds | None = None
) -> tuple[Estimate, ...]:
    """A row a month and model, then a row a model for all months together.

    `total` is known where more than the months is: a published sum. Without it the months' ends are added up, which
    holds the true sum, but is wide: a delivery over a month's end is in the high of both.
    """
    counted = sorted(tallies, key=lambda each: each.month)
    models = models_of(conversions)
    rows = [_row(each.month, model, Bounds(low=each.low, high=each.high)) for each in counted for model in models]
    if counted:
        months = f"{counted[0].month}..{counted[-1].month}"
        rows += [_row(months, model, total or sum_of(counted)) for model in models]
    return tuple(rows)


def models_of(conversions: Iterable[Conversion]) -> tuple[Model, ...]:
    """The named models that a corridor's conversions make, in their order; none without containers a trip."""
    listed = tuple(conversions)
    trip = next((each for each in listed if each.containers_per_trip and each.containers_per_trip_range), None)
    if trip is None:
        return ()
    keys = dict.fromkeys(each.model for each in listed if each.model)
    made = (_model(key, trip, [each for each in listed if each.model == key]) for key in keys)
    return tuple(model for model in made if model is not None)


def sum_of(counts: Iterable[Counted]) -> Bounds:
    """The ends of several months added up."""
    listed = tuple(counts)
    highs = [each.high for each in listed if each.high is not None]
    return Bounds(low=sum(each.low for each in listed), high=sum(highs) if len(highs) == len(listed) else None)


def _model(key: str, trip: Conversion, entries: list[Conversion]) -> Model | None:
    """From the lowest to the highest of a model's entries; None where they do not lead to rounds."""
    containers, mean = trip.containers_per_trip_range, trip.containers_per_trip
    assert containers is not None
    assert mean is not None
    a_container = [each.rounds_per_container for each in entries if each.rounds_per_container]
    kg_a_round = [each.kg_per_round for each in entries if each.kg_per_round]
    tonnes = [each.tonnes_per_trip for each in entries if each.tonnes_per_trip]
    if a_container:
        low, high = min(each[0] for each in a_container), max(each[1] for each in a_container)
        rounds, at_mean = (containers[0] * low, containers[1] * high), (mean * low, mean * high)
    elif kg_a_round and tonnes:
        rounds = (min(tonnes) * KG_A_TONNE / max(kg_a_round), max(tonnes) * KG_A_TONNE / min(kg_a_round))
        at_mean = rounds
    else:
        return None
    return Model(
        key=key,
        containers=containers,
        containers_mean=mean,
        rounds=rounds,
        rounds_at_mean=at_mean,
        basis="; ".join(f"{each.key}: {each.basis}" for each in (*entries, trip)),
        source=tuple(dict.fromkeys(source for each in (*entries, trip) for source in each.source)),
    )


def _row(month: str, model: Model, deliveries: Bounds) -> Estimate:
    return Estimate(
        id=f"estimate:{month}:{model.key}",
        month=month,
        model=model.key,
        deliveries=deliveries,
        containers=_times(deliveries, model.containers),
        containers_at_mean=_times(deliveries, (model.containers_mean, model.containers_mean)),
        rounds=_times(deliveries, model.rounds),
        rounds_at_mean=_times(deliveries, model.rounds_at_mean),
        basis=model.basis,
        source=model.source,
    )


def _times(count: Bounds, each: tuple[float, float]) -> Bounds:
    """So many times an interval, rounded outwards."""
    return Bounds(
        low=floor(round(count.low * each[0], DIGITS)),
        high=None if count.high is None else ceil(round(count.high * each[1], DIGITS)),
    )
