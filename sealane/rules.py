"""Rules: every threshold a stage uses, with its unit and source, and the corridor they are applied to.

Limits are DESIGN 3.3 to 3.9 under their field names; an operator may set any of them in the `[rules]` table of a
corridor's file. Nothing here changes while a corridor runs.
"""

import msgspec

from geofences.chart import Chart
from sealane.published import Ice, Offensive
from sealane.seaway import Seaways
from sealane.surge import SurgeRule
from sealane.watchlist import Watchlist


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds. The unit is the end of each name: km, kn, s, min, h, d."""

    # track (3.3)
    track_near_zone_km: float = 30.0  # nearer: one report a minute is kept; farther: first and last of each hour
    # segment (3.4)
    segment_max_speed_kn: float = 30.0
    segment_slack_km: float = 0.5
    segment_min_step_s: float = 60.0
    segment_short_min: float = 30.0  # shorter beside a confirmed one: closes early, makes no call
    segment_short_closes_after_min: float = 60.0
    segment_memory_min: float = 60.0  # a longer silence counts as this: age makes no place likelier
    segment_max_open: int = 8
    contested_within_h: float = 6.0
    # port call (3.5)
    call_margin_km: float = 1.0
    call_out_fixes: int = 2
    call_out_min: float = 30.0
    call_far_km: float = 10.0
    call_silence_h: float = 4.0
    call_shift_within_h: float = 2.0
    call_shift_max_km: float = 15.0
    call_min_stay_min: float = 30.0
    call_min_fixes: int = 2
    stop_begins_kn: float = 0.2  # Global Fishing Watch, anchorage_cfg.yaml
    stop_ends_kn: float = 0.5  # same
    stop_radius_km: float = 0.5  # without speed: so near for so long
    stop_radius_min: float = 60.0
    # silence (3.6)
    gap_at_sea_h: float = 6.0  # so long unheard, last heard at sea
    gap_in_port_h: float = 4.0  # last heard in port
    gap_heard_share: float = 0.9  # of the full hours inside: a source was heard, so the ship was silent
    gap_speed_kn: float = 15.0  # of a ship nobody hears
    gap_stop_h: float = 6.0  # that a hidden call takes
    # interference (3.6): many ships thrown onto one spot within an hour
    interference_min_ships: int = 3
    interference_spot_km: float = 2.0
    interference_within_min: float = 60.0
    interference_margin_h: float = 1.0  # before the first ship was thrown there, and after the last
    # identity (3.7)
    identity_silence_d: float = 180.0
    identity_size_tolerance_m: int = 5  # length or beam stated otherwise by more: changed dimensions
    # delivery (3.8)
    delivery_max_d: float = 10.0
    # decision (4)
    decision_within_h: float = 72.0  # of the time in its target's id: the nearest object of that kind, ship and port
    # alert (3.9)
    alert_clears_below: int = 2  # a rolling alert clears at so many below its threshold
    alert_renotify_h: float = 24.0  # a firing alert nobody acknowledged is told again; no standing object goes by it


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What one corridor is judged by."""

    corridor: str
    synthetic: bool  # made-up ships: every output says so
    limits: Limits
    chart: Chart
    seaways: Seaways
    watchlist: Watchlist | None  # None: every ship inside the area is followed, tallies stay empty
    surge: tuple[SurgeRule, ...]
    offensives: tuple[Offensive, ...] = ()  # those that surge rules name: shown beside an alert
    ice: tuple[Ice, ...] = ()  # reported at discharge ports: shown beside a lull
    followed_by: str  # SHA-256 of what stage 1 goes by: zones and its limits; a ledger is rebuilt when it changes
    fingerprint: str  # SHA-256 of the limits and the reference data, part of the state digest
