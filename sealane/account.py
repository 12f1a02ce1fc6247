"""The account: what became of every line. total = decoded + part + not_followed + foreign + each reject reason, always."""

from typing import Literal

import msgspec

Reason = Literal[
    "line_too_long",
    "malformed",
    "bad_tag_checksum",
    "no_checksum",
    "bad_checksum",
    "incomplete",
    "bad_payload",
    "unknown_type",
    "wrong_length",
    "bad_mmsi",
    "bad_position",
    "bad_time",
]
Outcome = Literal["decoded", "part", "not_followed", "foreign"] | Reason


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A rejected line, for a clear message."""

    file: str
    line: int  # from 1
    text: bytes  # the first 120 bytes


class Account:
    """`lines` and `sentences` hold "total" and every outcome seen; `samples` the first three lines of each reject reason."""

    lines: dict[str, int]
    sentences: dict[str, int]
    samples: dict[Reason, list[Sample]]
    untimed: int  # messages decoded that carry no stamp: no report
    stamped: int  # messages decoded that carry one
