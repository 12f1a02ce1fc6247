"""Scenarios: what a port call is, told as ships heard every ten minutes round a port of one circle.

Each is a recording in fixtures/ and a row of what must be found in it; `python -m tests.core.scenarios` writes the
recordings again.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.core.story import PORT, Port, Spot, nmea, sail, spot

FIXTURES = Path(__file__).parent / "fixtures"
JITTER_KM = 0.35
PHASE_MIN = 6.0  # of the recordings: fixes at 6, 16, 26 minutes past the hour

Tell = Callable[[Port, bool, float], tuple[Spot, ...]]  # port, with speed, phase of the fixes in minutes


class Scenario(NamedTuple):
    """What is heard, and how many rows of each status come of it."""

    name: str
    tell: Tell
    calls: int
    unconfirmed: int = 0

    @property
    def recording(self) -> Path:
        return FIXTURES / f"{self.name}.nmea"


def way(*marks: tuple[float, float, float]) -> Tell:
    return lambda port, speed, phase_min: sail(*marks, port=port, speed=speed, phase_min=phase_min)


def both(*tales: Tell) -> Tell:
    return lambda port, speed, phase_min: tuple(each for tale in tales for each in tale(port, speed, phase_min))


def stray(*hours: float, north_km: float = 0.0) -> Tell:
    """Single fixes in port, at no speed."""
    return lambda port, speed, _: tuple(spot(hour, north_km, 0.0, 0.0 if speed else None, port) for hour in hours)


def beyond(km: float, *marks: tuple[float, float]) -> Tell:
    """A way along one meridian, by hours and km north; None is so many km beyond the zone."""
    return lambda port, speed, phase_min: sail(
        *((hours, port.radius_km + km if north < 0 else north, 0.0) for hours, north in marks),
        port=port,
        speed=speed,
        phase_min=phase_min,
    )


def on_the_line(port: Port, speed: bool, phase_min: float) -> tuple[Spot, ...]:
    """At anchor on the zone's line, a day and a half."""
    random = Random(7)
    hours = (3 + phase_min / 60 + step / 6 for step in range(217))
    swing = [(hour, random.uniform(-JITTER_KM, JITTER_KM), random.uniform(-JITTER_KM, JITTER_KM)) for hour in hours]
    lain = tuple(spot(hour, port.radius_km + n, e, 0.0 if speed else None, port) for hour, n, e in swing)
    come = sail((0, 60, 0), (2.8, port.radius_km, 0), port=port, speed=speed, phase_min=phase_min)
    gone = sail((40, port.radius_km + 4, 0), (43, 60, 0), port=port, speed=speed, phase_min=phase_min)
    return come + lain + gone


BEYOND = -1.0  # in place of km north: so far beyond the zone
ARRIVES = ((0, 60), (3, 0))
SCENARIOS = (
    Scenario("clean_call", way((0, 60, 0), (3, 0, 0), (39, 0, 0), (42, 60, 0)), 1),
    Scenario("pass_off", way((0, -40, 2.5), (3.6, 40, 2.5)), 0),
    Scenario("on_the_line", on_the_line, 1),
    Scenario("one_teleported", both(way((0, 100, -50), (6, 100, 150)), stray(3.05)), 0),
    Scenario("three_teleported", both(way((0, 100, -50), (6, 100, 150)), stray(3.05, 3.22, 3.38)), 0),
    Scenario("shift", beyond(6, *ARRIVES, (15, 0), (15.7, BEYOND), (16.5, 0), (30, 0), (33, 60)), 1),
    Scenario("open_end", way((0, 60, 0), (3, 0, 0), (39, 0, 0)), 1),
    Scenario("silent_in_port", both(way((0, 60, 0), (3, 0, 0), (10, 0, 0)), way((82, 60, 0), (84, 90, 0))), 1),
    Scenario("one_fix", both(way((0, 90, 0), (1, 70, 0)), stray(16), way((31, 70, 0), (32, 90, 0))), 0, unconfirmed=1),
    Scenario("found_inside", way((0, 0, 0), (20, 0, 0), (23, 60, 0)), 1),
    Scenario("sails_after_midnight", beyond(0.6, *ARRIVES, (10, 0), (10.3, BEYOND), (24.5, BEYOND), (27, 60)), 1),
    Scenario(
        "silent_at_sea",
        both(way((0, 60, 0), (3, 0, 0), (10, 0, 0), (12, 40, 0)), beyond(1.5, (108, BEYOND), (108.4, 0), (120, 0))),
        2,
    ),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def written(scenario: Scenario) -> bytes:
    return b"".join(nmea(sorted(scenario.tell(PORT, True, PHASE_MIN))))


if __name__ == "__main__":
    FIXTURES.mkdir(exist_ok=True)
    for each in SCENARIOS:
        each.recording.write_bytes(written(each))
