"""A sentence: one !..VDM or !..VDO as received, cut out of a line of any style. Never decodes a payload.

    [text] [epoch] [\\tag block\\] !AIVDM,parts,part,sequence,channel,payload,fill[,extra]*hh [,station,epoch] [junk]

Any number of these on a line; any talker, `--` too; the channel may be blank or a number; a single part may have a
sequence id. What comes out is a Sentence, or a Rejected where the frame itself cannot be trusted.
"""

from itertools import pairwise
from typing import Literal

import msgspec

from sealane.account import Reason, Rejected
from sealane.fix import StampedBy
from sealane.stamp import CHECKSUMS, UNSTAMPED, Group, Stamp, Tags, checksum, read_prefix, read_trailer

FORMATTERS: dict[bytes, Literal["VDM", "VDO"]] = {b"VDM,": "VDM", b"VDO,": "VDO"}
COUNTS = {b"%d" % number: number for number in range(1, 10)}  # one digit: NMEA 0183
FILLS = {b"%d" % number: number for number in range(6)}
FIELDS = 7  # up to the fill bits; one receiver writes an eighth
PART, PAYLOAD = 2, 5  # their fields
FIRST = b"1"
COMMENT = b"#"


class Sentence(msgspec.Struct, frozen=True, gc=False):
    talker: bytes
    formatter: Literal["VDM", "VDO"]
    parts: int
    part: int  # from 1
    sequence: bytes
    channel: bytes
    payload: bytes
    fill: int  # bits to ignore at the end
    defect: Reason | None  # what is wrong with the checksum
    stated_checksum: int | None
    at_us: int | None  # Unix time in microseconds
    stamped_by: StampedBy | None
    station: str | None
    group: Group | None
    raw: bytes  # with all that belongs to it on the line


def read_line(line: bytes, tags: Tags) -> list[Sentence | Rejected]:
    """The sentences of a line, in their order; none if the line is no AIS, or a comment."""
    starts = _starts(line)
    if not starts or line.startswith(COMMENT):
        return []
    if len(starts) == 1:
        return [_read(line, 0, starts[0], len(line), tags)]
    cuts = [0, *(_cut(line, before, start) for before, start in pairwise(starts)), len(line)]
    return [_read(line, first, start, end, tags) for first, start, end in zip(cuts, starts, cuts[1:], strict=False)]


def holds_sentence(line: bytes) -> bool:
    """Whether reading a line finds any, be it damaged."""
    at = line.find(b"!")
    while at >= 0 and line[at + 3 : at + 7] not in FORMATTERS:
        at = line.find(b"!", at + 1)
    return at >= 0 and not line.startswith(COMMENT)


def glance(line: bytes) -> tuple[bytes, bytes] | None:
    """Part and payload of a line's only sentence; None: the line must be read. Nothing is checked."""
    start = line.find(b"!")
    if line[start + 3 : start + 7] not in FORMATTERS or line.find(b"!", start + 1) >= 0:
        return None
    fields = line[start:].split(b",", FIELDS - 1)
    return (fields[PART], fields[PAYLOAD]) if len(fields) > PAYLOAD else None


def payloads(line: bytes) -> list[bytes]:
    """What may be the payloads of a line's sentences, and be more of them than it has. Nothing is checked."""
    found = [text.split(b",", FIELDS - 1) for text in line.split(b"!")[1:] if text[2:6] in FORMATTERS]
    return [fields[PAYLOAD] for fields in found if len(fields) > PAYLOAD]


def _starts(line: bytes) -> list[int]:
    """Where a `!..VDM,` or `!..VDO,` stands. No payload can hold a `!`."""
    starts = []
    at = line.find(b"!")
    while at >= 0:
        if line[at + 3 : at + 7] in FORMATTERS:
            starts.append(at)
        at = line.find(b"!", at + 1)
    return starts


def _cut(line: bytes, before: int, start: int) -> int:
    """Where what belongs to the sentence at `start` begins: at its tag block, else right at it after a trailer."""
    tag = line.find(b"\\", before, start)
    if tag >= 0:
        return tag
    star = line.find(b"*", before, start)
    return start if star < 0 or line[star + 3 : star + 4] == b"," else star + 3


def _read(line: bytes, first: int, start: int, end: int, tags: Tags) -> Sentence | Rejected:
    star = line.find(b"*", start, end)
    body = line[start + 1 : star if star >= 0 else end]
    fields = body.split(b",")
    if len(fields) < FIELDS:
        return Rejected("malformed")
    parts, part, fill = COUNTS.get(fields[1]), COUNTS.get(fields[2]), FILLS.get(fields[6])
    if star < 0 and fill is None:
        return Rejected("no_checksum")
    if parts is None or part is None or fill is None or part > parts:
        return Rejected("malformed")
    stamp = _stamp(line[first:start], line[star + 3 : end] if star >= 0 else b"", tags)
    if stamp is None:
        return Rejected("bad_tag_checksum")
    stated = CHECKSUMS.get(line[star + 1 : star + 3].rstrip()) if star >= 0 else None
    return Sentence(
        fields[0][:2],
        FORMATTERS[line[start + 3 : start + 7]],
        parts,
        part,
        fields[3],
        fields[4],
        fields[5],
        fill,
        _defect(body, stated),
        stated,
        stamp.at_us,
        stamp.by,
        stamp.station,
        stamp.group,
        line if end - first == len(line) else line[first:end],
    )


def _defect(body: bytes, stated: int | None) -> Reason | None:
    """Of what stands between ! and *, and the checksum after it."""
    if stated is None:
        return "no_checksum"
    return None if checksum(body) == stated else "bad_checksum"


def _stamp(before: bytes, after: bytes, tags: Tags) -> Stamp | None:
    """Tag block before prefix before trailer; time and station need not come from the same. None: a bad tag block."""
    if after[:1] != b",":  # most lines: no stamp, or one tag block
        if not before:
            return UNSTAMPED
        if before[:1] == b"\\" and before.find(b"\\", 1) == len(before) - 1:
            return tags.read(before[1:-1])
    text, *blocks = before.split(b"\\")
    found = []
    if blocks:
        text += blocks.pop()  # what is between the last backslash and the sentence
        for block in filter(None, blocks):
            stamp = tags.read(block)
            if stamp is None:
                return None
            found.append(stamp)
    if text:
        found.append(read_prefix(text))
    if after[:1] == b",":
        found.append(read_trailer(after))
    return found[0] if len(found) == 1 else _merged(found)


def _merged(stamps: list[Stamp]) -> Stamp:
    timed = next((stamp for stamp in stamps if stamp.at_us is not None), UNSTAMPED)
    station = next((stamp.station for stamp in stamps if stamp.station), None)
    group = next((stamp.group for stamp in stamps if stamp.group), None)
    return Stamp(timed.at_us, timed.by, station, group)
