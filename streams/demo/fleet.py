"""The made-up fleet: four ships on the demo's watchlist and three that only pass by.

No such ship exists. Names are of shore birds, IMO numbers lie in the 2000000 range, which was never issued (their
check digits are right), and no country holds MID 200, the first three digits of each MMSI.
"""

import msgspec

MID_200 = 200_000_000
BRIDGE_AFT = 6  # the antenna stands a sixth of the length from the stern
BALLAST_SHARE = 0.6  # of the laden draught


class Hull(msgspec.Struct, frozen=True, kw_only=True):
    """One ship as message 5 tells it."""

    berth: int  # which of a place's berths is hers, so that no two ships lie on one spot
    mmsi: int
    imo: int
    name: str
    callsign: str
    ship_type: int  # 70..79: cargo
    to_bow_m: int
    to_stern_m: int
    to_port_m: int
    to_starboard_m: int
    ballast_draught_m: float
    laden_draught_m: float


def _hull(berth: int, number: int, imo: int, name: str, length_m: int, beam_m: int, laden_draught_m: float) -> Hull:
    """A ship with her bridge aft."""
    to_stern_m, to_port_m = length_m // BRIDGE_AFT, beam_m // 2
    return Hull(
        berth=berth,
        mmsi=MID_200 + number,
        imo=imo,
        name=name,
        callsign=f"SYNTH{number % 100:02d}",
        ship_type=70 + berth,
        to_bow_m=length_m - to_stern_m,
        to_stern_m=to_stern_m,
        to_port_m=to_port_m,
        to_starboard_m=beam_m - to_port_m,
        ballast_draught_m=round(BALLAST_SHARE * laden_draught_m, 1),
        laden_draught_m=laden_draught_m,
    )


WATCHED = (
    _hull(0, 11, 2_000_016, "KITTIWAKE", 115, 20, 6.4),
    _hull(1, 12, 2_000_028, "SANDPIPER", 122, 18, 7.1),
    _hull(2, 13, 2_000_030, "CURLEW", 131, 21, 7.9),
    _hull(3, 14, 2_000_042, "DUNLIN", 98, 16, 5.8),
)

BYSTANDERS = (
    _hull(4, 21, 2_000_054, "AVOCET", 169, 27, 10.1),
    _hull(5, 22, 2_000_066, "REDSHANK", 143, 22, 8.4),
    _hull(6, 23, 2_000_078, "WHIMBREL", 187, 29, 11.2),
)
