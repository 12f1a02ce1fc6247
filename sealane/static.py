"""A static report: what a radio says it is (ITU-R M.1371-5, messages 5 and 24).

Typed in by hand, so it can be false. Only an IMO number with a right check digit names a hull; a name never does.
"""

from datetime import datetime
from typing import NewType

import msgspec

from sealane.fix import Mmsi, StampedBy

Imo = NewType("Imo", int)  # seven digits for the life of the hull; the last is a check digit

IMO_LOWEST, IMO_HIGHEST = 1_000_000, 9_999_999


def imo_is_valid(number: int) -> bool:
    """Whether the check digit holds: the first six digits times 7..2, summed, end in the seventh (IMO A.1117(30))."""
    if not IMO_LOWEST <= number <= IMO_HIGHEST:
        return False
    digits = [int(digit) for digit in str(number)]
    return sum(digit * weight for digit, weight in zip(digits[:6], range(7, 1, -1), strict=True)) % 10 == digits[6]


class StaticReport(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One statement of identity, size and voyage. None is "not said" or "not available"."""

    mmsi: Mmsi
    at: datetime  # event time, UTC
    imo_stated: int | None  # as typed, check digit not verified; 0 = None
    name: str | None
    callsign: str | None
    ship_type: int | None  # raw code, 0 = None
    length_m: int | None  # bow + stern, None where both are 0
    beam_m: int | None  # port + starboard, None where both are 0
    draught_m: float | None  # 0 = None
    destination: str | None  # as typed
    eta_md_hm: str | None  # "MM-DDTHH:MM", no year; None where any part is not available
    payload: bytes
    source: str
    stamped_by: StampedBy
    raw: tuple[bytes, ...]
