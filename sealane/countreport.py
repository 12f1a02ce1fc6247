"""Count report: a published number of deliveries for some months. A fact a person adds (fact kind `report`).

Shown beside the tally, never turned into voyages; where two of them cannot both be, both are shown.
"""

from datetime import datetime

import msgspec

from sealane.published import Month


class CountReport(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="report", forbid_unknown_fields=True
):
    """From the first month to the last, both included. `high` None: at least `low`."""

    id: str
    measure: str  # what was counted: "deliveries", "visits", "containers", ...
    first_month: Month = msgspec.field(name="from")
    last_month: Month = msgspec.field(name="to")
    low: int
    high: int | None = None
    known_at: datetime
    source: str = ""
    by: str = ""
    link: str = ""
    note: str = ""
