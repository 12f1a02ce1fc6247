"""Binding: somebody's word that a hull used an MMSI from one time to another. A fact a person adds."""

from datetime import datetime

import msgspec

from sealane.fix import Mmsi
from sealane.static import Imo


class Binding(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="binding", forbid_unknown_fields=True):
    """None is open: since ever, until further notice."""

    id: str
    mmsi: Mmsi
    imo: Imo
    from_at: datetime | None = msgspec.field(name="from", default=None)
    to_at: datetime | None = msgspec.field(name="to", default=None)
    known_at: datetime
    by: str = ""
    reason: str = ""
    link: str = ""
    note: str = ""
