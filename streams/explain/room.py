"""Room: what a gap leaves room for, in words. It says what could lie in a silence, never that something did."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sealane.gap import SECONDS_PER_HOUR, Gap

PortName = Callable[[str], str]

NOT_A_SHIPS = "its receivers were silent too, so nothing follows"
TORN = "two paths under one MMSI, so nothing follows"
PORTS_TOLD = 3


def hours_of(gap: Gap, as_of: datetime) -> float:
    """How long it has lasted."""
    return (gap.closes_at(as_of) - gap.from_at).total_seconds() / SECONDS_PER_HOUR


def room_words(gap: Gap, port_name: PortName) -> str:
    """The ports a call could lie at, the most time to spare first, and how many deliveries would fit in."""
    if gap.kind == "coverage":
        return NOT_A_SHIPS
    if gap.torn:
        return TORN
    single = sorted((each for each in gap.hides if len(each.ports) == 1), key=lambda each: (-each.slack_h, each.ports))
    if not single:
        return f"too short to have called at {_either(gap.too_short_for, port_name)}"
    first, *others = (f"{port_name(each.ports[0])} with {each.slack_h:.0f} h" for each in single[:PORTS_TOLD])
    ports = ", ".join((f"{first} to spare", *others))
    more = f" and {len(single) - PORTS_TOLD} more" if len(single) > PORTS_TOLD else ""
    counted = "1 delivery" if gap.room_for == 1 else f"{gap.room_for} deliveries"
    return f"room for {ports}{more}" + (f"; for {counted}" if gap.room_for else "")


def unheard_words(gap: Gap, ship: str, as_of: datetime, port_name: PortName) -> str:
    """An open gap as it is now, short: the ports it has room for, and the hours the tightest of them leaves."""
    single = sorted((each for each in gap.hides if len(each.ports) == 1), key=lambda each: (-each.slack_h, each.ports))
    if not gap.can_hide or not single:
        room = room_words(gap, port_name)
    elif len(single) == 1:
        room = f"room for {port_name(single[0].ports[0])} with {single[0].slack_h:.0f} h to spare"
    else:
        *others, last = (port_name(each.ports[0]) for each in single)
        room = f"room for {', '.join(others)} or {last}, {single[-1].slack_h:.0f} h or more to spare"
    return f"{ship} unheard for {hours_of(gap, as_of):.0f} h, {room}"


def _either(chains: Sequence[Sequence[str]], port_name: PortName) -> str:
    ports = dict.fromkeys(port_name(chain[0]) for chain in chains if len(chain) == 1)
    return " or ".join(ports) or "any port"
