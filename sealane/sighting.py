"""Sighting: a ship seen at a place by other means than AIS: imagery, an eyewitness. A fact a person adds.

It says the ship was seen at some moment between two times: that bounds when it was seen, not its stay. With several
candidate ships it names none of them; the weights are shown, and no grade goes by them.
"""

from datetime import datetime

import msgspec

from sealane.static import Imo


class SeenShip(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ship it may have been."""

    imo: Imo
    weight: float | None = None  # the reporter's, 0..1


class Sighting(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="sighting", forbid_unknown_fields=True):
    """One report of a ship seen. Times are UTC."""

    id: str
    place: str  # key of a port or zone, or "lat,lon" in degrees
    from_at: datetime = msgspec.field(name="from")
    to_at: datetime = msgspec.field(name="to")
    ships: tuple[SeenShip, ...]
    known_at: datetime
    method: str = "imagery"
    source: str = ""
    by: str = ""
    link: str = ""
    note: str = ""
