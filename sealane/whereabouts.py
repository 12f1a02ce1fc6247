"""Whereabouts: when and where a hull was heard, over all the radios bound to it.

    radio A   ======= =====                          voices, cut where they were unheard
    radio B                    ===== ====            a new MMSI: a change, no silence of the hull
    hull      ======= =====    ===== ====            stretches; what lies between is a silence of the hull

A silence of one MMSI is none of the hull while another MMSI bound to it is heard.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from geofences.zone import PortCode
from sealane.fix import Fix, Mmsi
from sealane.follow import RadioFacts
from sealane.identities import Identities
from sealane.seaway import Seaways, Spot, spot_of
from sealane.static import Imo
from sealane.unheard import Unheard


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """One segment heard without a silence, and the silence after it."""

    mmsi: Mmsi
    segment: int
    first: Fix
    first_port: PortCode | None
    last: Fix
    after: Unheard

    @property
    def begins(self) -> Spot:
        return spot_of(self.first, self.first_port)

    @property
    def ends(self) -> Spot:
        return spot_of(self.last, self.after.last_port)


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Between two stretches of a hull; before its first, after its last one of the ends is None."""

    before: Stretch | None
    after: Stretch | None


class Whereabouts(msgspec.Struct, frozen=True, kw_only=True):
    """Of each hull its stretches in order of time, those within another left out."""

    stretches: dict[Imo, tuple[Stretch, ...]]

    def silences(self, imo: Imo) -> tuple[Silence, ...]:
        """Every time the hull was not heard, however short, the one before it was first heard among them."""
        heard = self.stretches.get(imo, ())
        if not heard:
            return (Silence(before=None, after=None),)
        between = [Silence(before=one, after=other) for one, other in pairwise(heard) if one.last.at < other.first.at]
        return (Silence(before=None, after=heard[0]), *between, Silence(before=heard[-1], after=None))

    def could_be_at(
        self, imo: Imo, spot: Spot, from_at: datetime, to_at: datetime, seaways: Seaways, speed_kn: float
    ) -> bool:
        """Whether the hull could have been at a place at some moment between two times, by where it was heard."""
        for silence in self.silences(imo):
            earliest, latest = from_at, to_at
            if silence.before is not None:
                sailed = timedelta(hours=seaways.hours(silence.before.ends, spot, speed_kn))
                earliest = max(earliest, silence.before.last.at + sailed)
            if silence.after is not None:
                sailed = timedelta(hours=seaways.hours(spot, silence.after.begins, speed_kn))
                latest = min(latest, silence.after.first.at - sailed)
            if earliest <= latest:
                return True
        return False

    def heard_s(self, imo: Imo, from_at: datetime, to_at: datetime) -> float:
        """Seconds between two times in which the hull was heard."""
        spans = ((each.first.at, each.last.at) for each in self.stretches.get(imo, ()))
        return sum(max(0.0, (min(to_at, last) - max(from_at, first)).total_seconds()) for first, last in spans)


def whereabouts_of(
    radios: Iterable[RadioFacts],
    identities: Identities,
    hulls: Container[Imo],
    thrown: Callable[[RadioFacts], Container[int]] = lambda _: (),
) -> Whereabouts:
    """The stretches of some hulls, over all radios bound to them; segments that interference threw are nobody's."""
    by_hull: dict[Imo, list[Stretch]] = defaultdict(list)
    for radio in radios:
        for stretch in _stretches(radio, thrown(radio)) if radio.mmsi in identities.bound else ():
            imo = identities.hull_over(radio.mmsi, stretch.first.at, stretch.last.at)
            if imo is not None and imo in hulls:
                by_hull[imo].append(stretch)
    return Whereabouts(stretches={imo: _outermost(found) for imo, found in by_hull.items()})


def _stretches(radio: RadioFacts, thrown: Container[int]) -> list[Stretch]:
    """Every voice of a radio, cut where it was unheard."""
    unheard: Mapping[int, list[Unheard]] = defaultdict(list)
    for each in radio.unheard:
        unheard[each.segment].append(each)
    cut: list[Stretch] = []
    for voice in (each for each in radio.voices if each.segment not in thrown):
        first, port = voice.first, voice.first_port
        for silence in sorted(unheard[voice.segment], key=lambda each: each.last.at):
            cut.append(
                Stretch(
                    mmsi=radio.mmsi,
                    segment=voice.segment,
                    first=first,
                    first_port=port,
                    last=silence.last,
                    after=silence,
                )
            )
            if silence.next is not None:
                first, port = silence.next, silence.next_port
    return cut


def _outermost(found: list[Stretch]) -> tuple[Stretch, ...]:
    """In order of time, without those that end before an earlier one does."""
    kept: list[Stretch] = []
    for stretch in sorted(found, key=lambda each: (each.first.at, each.last.at, each.mmsi, each.segment)):
        if not kept or stretch.last.at > kept[-1].last.at:
            kept.append(stretch)
    return tuple(kept)
