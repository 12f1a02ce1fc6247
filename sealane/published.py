"""Published: what others counted and said, each with its sources. Shown beside the ledger, never turned into voyages.

None is "not published". Intervals are [low, high], both included. `source` holds keys of the corridor's sources.
"""

from datetime import date
from typing import Annotated

import msgspec

from geofences.zone import PortCode
from sealane.fix import Mmsi
from sealane.static import Imo
from sealane.watchlist import Decoy, KnownMmsi, Vessel

Month = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]  # UTC, "2023-10"


class PublishedCount(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries of one month by one series of reports."""

    month: Month
    series: str
    count: int | None = None  # where a number was printed
    low: int
    high: int | None = None  # None: at least `low`
    quality: str
    note: str = ""
    source: tuple[str, ...]


class PublishedSum(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries of several months of one series together, first and last included."""

    series: str = ""
    first_month: Month
    last_month: Month
    low: int
    high: int
    source: tuple[str, ...]


class PublishedTotal(msgspec.Struct, frozen=True, kw_only=True):
    """A cumulative figure up to a day. `measure` ends in _min where it was "at least"."""

    day: date
    measure: str
    value: int
    source: tuple[str, ...]


class PublishedBacktest(msgspec.Struct, frozen=True, kw_only=True):
    """Where a surge rule fired in a study that drew monthly series inside the published bounds."""

    rule: str
    always: tuple[Month, ...] = ()
    sometimes: tuple[Month, ...] = ()
    shares: dict[Month, float] = {}  # of the draws, where it was printed
    draws: int
    source: tuple[str, ...]


class Distance(msgspec.Struct, frozen=True, kw_only=True):
    """The way by water between two ports."""

    ports: tuple[PortCode, PortCode]
    distance_nm: float
    hours_at_10_kn: float | None = None
    hours_at_13_kn: float | None = None
    method: str = ""
    source: tuple[str, ...]


class ChainDelay(msgspec.Struct, frozen=True, kw_only=True):
    """Days cargo was reported to take from one place to another."""

    leg: tuple[str, str]
    low_d: float
    high_d: float
    note: str = ""
    source: tuple[str, ...]


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """One corridor's published figures."""

    counts: tuple[PublishedCount, ...] = ()
    sums: tuple[PublishedSum, ...] = ()
    totals: tuple[PublishedTotal, ...] = ()
    backtests: tuple[PublishedBacktest, ...] = ()
    units: dict[str, str] = {}  # what each word of the reports counts
    distances: tuple[Distance, ...] = ()
    chain_delays: tuple[ChainDelay, ...] = ()


class Offensive(msgspec.Struct, frozen=True, kw_only=True):
    """An offensive that published work set beside the tempo of deliveries."""

    key: str
    name: str = ""  # as a sentence calls it: "the <name> offensive"
    first_day: date
    last_day: date | None = None
    first_day_quality: str = ""
    surge_months: tuple[Month, Month] | None = None
    surge_count: int | None = None
    lead_from_surge_start_d: int | None = None
    lead_from_surge_end_d: int | None = None
    note: str = ""
    source: tuple[str, ...]


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """A named model from deliveries to containers, rounds or mass."""

    key: str
    model: str = ""  # of the estimates; "": shown, not used
    rounds_per_container: tuple[float, float] | None = None
    kg_per_round: float | None = None
    tonnes_per_trip: float | None = None
    containers_per_trip: float | None = None  # the mean
    containers_per_trip_range: tuple[float, float] | None = None
    range: str = ""
    mix: str = ""
    basis: str = ""
    source: tuple[str, ...]


class Expenditure(msgspec.Struct, frozen=True, kw_only=True):
    """Rounds fired a day as published. Context, never an input to a rule."""

    period: str
    series: str = ""  # whose figures; those of one series can be laid end to end
    first_day: date | None = None
    last_day: date | None = None
    days_quality: str = ""  # how days came about that were not printed
    russia_per_day: tuple[int, int] | None = None
    ukraine_per_day: tuple[int, int] | None = None
    ratio: str = ""
    source: tuple[str, ...]


class PortEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A place of the corridor: the name a desk shows, and what was reported of it."""

    key: PortCode
    name: str
    local_name: str = ""  # in the script of the place, for maps
    aliases: tuple[str, ...] = ()
    kind: str = "port"
    country: str = ""
    locode: str | None = None  # UN/LOCODE
    locode_note: str = ""
    wpi: int | None = None  # NGA World Port Index
    lat_deg: float | None = None
    lon_deg: float | None = None
    position_note: str = ""
    max_vessel_length_m: float | None = None
    cargo_pier_depth_m: float | None = None
    role: str = ""
    pier_practice: str = ""
    ice: str = ""
    not_to_confuse: str = ""
    source: tuple[str, ...] = ()


class Ice(msgspec.Struct, frozen=True, kw_only=True):
    """Ice reported at a port. Context beside a lull; nothing is inferred from it."""

    port: PortCode
    months: tuple[Month, ...]  # those it was reported for, and no other
    words: str
    source: tuple[str, ...]


class AisUse(msgspec.Struct, frozen=True, kw_only=True):
    """What was reported of AIS on the corridor."""

    corridor_dark: bool
    since: str = ""
    exceptions: tuple[str, ...] = ()
    note: str = ""
    source: tuple[str, ...] = ()


class Interference(msgspec.Struct, frozen=True, kw_only=True):
    """Reported interference with satellite navigation."""

    area: str
    first_day: date
    last_day: date | None = None
    ongoing: bool = False
    source: tuple[str, ...] = ()


class Sanction(msgspec.Struct, frozen=True, kw_only=True):
    """A listing of a ship."""

    by: str
    day: date
    note: str = ""
    source: tuple[str, ...] = ()


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """What was published of a ship's doings. Never a filter (DESIGN 3.7)."""

    first_day: date
    last_day: date | None = None
    ongoing: bool = False
    status: str = ""
    trips: int | None = None
    trips_min: int | None = None
    containers: int | None = None
    note: str = ""
    source: tuple[str, ...] = ()


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """The days a ship is watched, both included; None is open."""

    first_day: date | None = msgspec.field(name="from", default=None)
    last_day: date | None = msgspec.field(name="to", default=None)


class ListedHull(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry of a watchlist, vessel or decoy: what the rules use, and what was published of the hull beside it."""

    name: str
    imo: Imo
    aliases: tuple[str, ...] = ()
    mmsi: tuple[int | KnownMmsi, ...] = ()
    watch: Watch = Watch()
    note: str = ""
    source: tuple[str, ...] = ()
    role: str = ""
    call_sign: str = ""
    flag: str = ""
    home_port: str = ""
    type: str = ""
    year_built: int | None = None
    gross_tonnage: int | None = None
    length_m: float | None = None
    length_note: str = ""
    beam_m: float | None = None
    dwt: int | None = None
    teu: int | None = None
    former_names: tuple[str, ...] = ()
    owner_operator: str = ""
    lookalikes: tuple[Imo, ...] = ()  # hulls easily taken for her, in imagery or by name
    sanctions: tuple[Sanction, ...] = ()
    activity: tuple[Activity, ...] = ()

    def vessel(self) -> Vessel:
        known = tuple(one if isinstance(one, KnownMmsi) else KnownMmsi(mmsi=Mmsi(one)) for one in self.mmsi)
        return Vessel(
            imo=self.imo,
            name=self.name,
            aliases=self.aliases,
            mmsi=known,
            watch_from=self.watch.first_day,
            watch_to=self.watch.last_day,
            source=self.source,
        )

    def decoy(self) -> Decoy:
        return Decoy(imo=self.imo, name=self.name, aliases=self.aliases, note=self.note, source=self.source)
