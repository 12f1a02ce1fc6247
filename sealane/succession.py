"""Succession: which standing object an id stands for, once its own no longer stands. Resolved as a decision's target.

    call:200000012:rajin:20230903T1512Z      was told first, and retracted when an earlier fix came in
    call:200000012:rajin:20230903T1450Z      stands for it now

Ids are anchors that late data moves; the set of facts says what they mean. What has no ship and time in its id, such as
an alert, has no successor here.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

from sealane.judge import Standing
from sealane.target import Aim, aimed_at


def stands_for(gone: str, standing: Standing, within: timedelta) -> str | None:
    """The id of the standing object that an id means now; None if it means none."""
    kind, _, rest = gone.partition(":")
    if kind not in _AIMS:
        return None
    if kind == "gap":  # names no port
        gone = f"gap:{rest.replace(':', '::', 1)}"
    return aimed_at(gone, kind, _AIMS[kind](standing), within)


def _calls(standing: Standing) -> Iterator[Aim]:
    for each in standing.calls:
        call = each.call
        ends_at = call.last_heard_at
        yield Aim(id=call.id, ship=call.mmsi, ports=(call.port,), from_at=call.first_heard_at, to_at=ends_at)


def _gaps(standing: Standing) -> Iterator[Aim]:
    for each in standing.gaps:
        ends_at = each.to_at or standing.as_of or each.from_at
        yield Aim(id=each.id, ship=each.mmsi, ports=("",), from_at=each.from_at, to_at=ends_at)


def _presences(standing: Standing) -> Iterator[Aim]:
    for each in standing.presences:
        ends_at = each.last_known_at
        yield Aim(id=each.id, ship=each.imo, ports=(each.port,), from_at=each.first_known_at, to_at=ends_at)


def _voyages(standing: Standing) -> Iterator[Aim]:
    for each in standing.voyages:
        ends_at = each.first_known_at
        yield Aim(id=each.id, ship=each.imo, ports=(each.from_port,), from_at=each.last_known_at, to_at=ends_at)


def _deliveries(standing: Standing) -> Iterator[Aim]:
    for each in standing.deliveries:
        begins_at = min(each.loaded_at or each.arrival_earliest_at, each.arrival_earliest_at)
        ports = tuple(sorted({*each.load_ports, *each.discharge_ports}))
        yield Aim(id=each.id, ship=each.imo, ports=ports, from_at=begins_at, to_at=each.arrival_latest_at)


_AIMS: dict[str, Callable[[Standing], Iterator[Aim]]] = {
    "call": _calls,
    "gap": _gaps,
    "presence": _presences,
    "voyage": _voyages,
    "delivery": _deliveries,
}
