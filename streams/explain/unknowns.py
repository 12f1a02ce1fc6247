"""Unknowns: what an explanation cannot tell, in words. Each line is there because something it rests on asks for it."""

from collections.abc import Callable, Iterator, Sequence

from sealane.alert import Alert
from sealane.candidate import Candidate
from sealane.delivery import Delivery
from sealane.event import StandingObject
from sealane.gap import Gap
from sealane.identity import Identity
from sealane.judge import Attributed
from sealane.presence import Presence
from sealane.ruling import Ruling
from sealane.seen import Sighted
from sealane.tally import Tally

Resting = StandingObject | Presence
Asks = Callable[[Resting], bool]

# Whether an object calls for a line, and the line.
SAYINGS: tuple[tuple[Asks, str], ...] = (
    (lambda each: isinstance(each, Alert), "An alert says a count and a limit that somebody set. It does not say why."),
    (
        lambda each: isinstance(each, Alert | Tally),
        "A count is of what was heard, seen or told. A ship that nobody heard or saw is in it only as far as its "
        "silence leaves room; later evidence can revise it.",
    ),
    (
        lambda each: isinstance(each, Delivery),
        "A delivery is a load end and a discharge end of one ship. It is no proof of cargo.",
    ),
    (
        lambda each: isinstance(each, Gap) and each.can_hide,
        "A silence shows nothing but room. Being heard by a receiver is not coverage at the place.",
    ),
    (
        lambda each: isinstance(each, Gap) and each.kind == "coverage",
        "The receivers that heard the ship before were silent too: a coverage gap says nothing of the ship.",
    ),
    (
        lambda each: isinstance(each, Gap) and each.to_at is None,
        "A silence is still open: where the ship is now is not known.",
    ),
    (
        lambda each: isinstance(each, Sighted),
        "A sighting is as somebody told it: it bounds when a ship was seen, not its stay. What it shows was not "
        "checked here.",
    ),
    (
        lambda each: isinstance(each, Sighted) and len(each.ships) > 1,
        "A sighting may show any of several ships. Weights are the reporter's; no grade goes by them.",
    ),
    (
        lambda each: isinstance(each, Ruling) and each.means is None,
        "No object of that kind, ship and port is near what a decision names: it has no effect.",
    ),
    (
        lambda each: isinstance(each, Attributed) and not each.call.observed,
        "An end of a call was concluded across a silence: it lies somewhere between the two fixes shown.",
    ),
    (
        lambda each: isinstance(each, Attributed) and each.call.arrival_open,
        "A ship was already inside when it was first heard: when it arrived is not known.",
    ),
    (
        lambda each: isinstance(each, Attributed) and each.call.departed_at is None,
        "A call has no end yet: the ship was last heard inside, and whether it is still there is not known.",
    ),
    (
        lambda each: isinstance(each, Attributed) and each.call.contested,
        "Another hull used the MMSI at the time: which of the two called is not known.",
    ),
    (
        lambda each: isinstance(each, Attributed) and each.imo is None,
        "No message binds the MMSI of a call to one hull at that time: which ship called is not known.",
    ),
    (
        lambda each: isinstance(each, Candidate) and each.imo is None,
        "The ship stated no valid IMO number: only its MMSI, and a name typed by hand, are known.",
    ),
    (
        lambda each: isinstance(each, Attributed),
        "A fix says where a radio claimed to be. Satellite navigation can be disturbed and positions can be false.",
    ),
    (
        lambda each: isinstance(each, Attributed),
        "Between two fixes nothing was heard. Whether a receiver covered the place at the time is not known here.",
    ),
)


def of(resting: Sequence[Resting], identities: Sequence[Identity]) -> Iterator[str]:
    """What is not known of the objects an explanation rests on, and of the bindings that name their hulls."""
    yield from (saying for asks, saying in SAYINGS if any(map(asks, resting)))
    if any(each.by == "message_5" for each in identities):
        yield "IMO number, name and call sign are typed by hand on board: a right check digit does not make them true."
    if any(each.by == "operator" for each in identities):
        yield "A binding by the operator rests on the watchlist's word for the days given, not on a message."
