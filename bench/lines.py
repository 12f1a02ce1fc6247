"""Lines: the sentences of many messages, put together as one array of bytes, a row a line; a 0 is no byte.

    \\s:SYN-17,c:1704067200,g:1-2-4711*5A\\!AIVDM,2,1,3,A,<payload>,0*1F      tag
    $PGHP,1,2024,1,...*23 on a line before                                  pghp

A message of two fragments has others between them. One heard again comes later, by another station.
"""

from typing import Literal, NamedTuple

import numpy as np

from bench.chance import Chance
from bench.harm import Columns, does_harm, harm_before, harms_of
from bench.packed import Bools, Numbers, Rows
from bench.watched import BEGINS_S

AGAIN_SHARE = 0.05
STATIONS = 200
FIRST_PART_CHARS = 60
APART, LATER = 12, 400  # messages between fragments; until another station's copy comes
LATER_S = 3
GROUPS = 100_000
TALKERS = (b"AI", b"AI", b"AI", b"AI", b"AI", b"AI", b"AI", b"AB", b"BS", b"AN")  # by station
GROUPING = 4  # every so many stations one tags fragments with a group
NUMBERS_CHANNELS = 25  # and one calls its channels 1 and 2

HEX = np.frombuffer(b"".join(b"%02X" % number for number in range(256)), np.uint8).reshape(256, 2)


class Messages(NamedTuple):
    """What is said, and when."""

    numbers: Numbers
    at_s: Numbers
    is_long: Bools  # two fragments
    payload: Rows
    fill: Numbers


class Sent(NamedTuple):
    """One row a line: which message, which part of it, heard where and when."""

    message: Numbers  # its row in Messages
    part: Numbers
    copy: Numbers
    station: Numbers
    at_s: Numbers
    order: Numbers


def blocks_of(
    messages: Messages, chance: Chance, harmed: float, stamps: Literal["tag", "pghp", "none"], most: int
) -> tuple[bytes, int]:
    """Lines of messages, no more than `most`, and how many."""
    sent = _sent(messages, chance)
    unique = (messages.numbers[sent.message] * 2 + sent.copy) * 2 + sent.part - 1
    harms = harms_of(chance, harmed, unique)
    body, sums = _bodies(messages, sent, chance, harms)
    before = {"tag": _tags, "pghp": _pghp, "none": _nothing}[stamps](messages, sent, sums, harms)
    rows = np.hstack((np.zeros((len(body), 1), np.uint8), before, body))
    does_harm(rows, harms, Columns(before=before.shape[1], is_tag=stamps == "tag"), chance, unique)
    rows = rows[np.argsort(sent.order, kind="stable")[:most]]
    return rows[rows != 0].tobytes(), len(rows)


def _sent(messages: Messages, chance: Chance) -> Sent:
    """Part 1 of all, part 2 of the long ones, and both again of those heard again."""
    numbers = messages.numbers
    every = np.arange(len(numbers), dtype=np.int64)
    seconds = every[messages.is_long]
    again = chance.hits(AGAIN_SHARE, "again", numbers)
    runs = [(every, 1, 0), (seconds, 2, 0), (every[again], 1, 1), (seconds[again[seconds]], 2, 1)]
    message: Numbers = np.concatenate([rows for rows, _, _ in runs])
    part: Numbers = np.concatenate([np.full(len(rows), part, np.int64) for rows, part, _ in runs])
    copy: Numbers = np.concatenate([np.full(len(rows), copy, np.int64) for rows, _, copy in runs])
    drawn = numbers[message]
    station = chance.below(STATIONS, "station", drawn)
    other = (station + 1 + chance.below(STATIONS - 1, "other", drawn)) % STATIONS
    late_s = copy * chance.below(LATER_S, "late", drawn) + (part - 1) * (chance.below(10, "second", drawn) == 0)
    later = copy * (1 + chance.below(LATER, "later", drawn)) + (part - 1) * (1 + chance.below(APART, "apart", drawn))
    at_s = messages.at_s[message] + late_s
    return Sent(message, part, copy, np.where(copy == 1, other, station), at_s, message + later)


def _bodies(messages: Messages, sent: Sent, chance: Chance, harms: Numbers) -> tuple[Rows, Numbers]:
    """From `!` to the end of the line, and the checksum of each."""
    is_long = messages.is_long[sent.message]
    payload = messages.payload[sent.message]
    columns = np.arange(payload.shape[1])
    is_second, is_first = (is_long & (sent.part == each) for each in (2, 1))
    payload[is_second[:, None] & (columns < FIRST_PART_CHARS)] = 0
    payload[is_first[:, None] & (columns >= FIRST_PART_CHARS)] = 0
    sequence: Numbers = np.cumsum(messages.is_long)[sent.message] % 10 + ord("0")
    channel = chance.below(2, "channel", messages.numbers)[sent.message]
    channel = channel + np.where(sent.station % NUMBERS_CHANNELS == 3, ord("1"), ord("A"))
    fields = harm_before(harms, is_long, np.where(is_long, sequence, 0), channel)
    talkers = np.array([list(TALKERS[each % len(TALKERS)]) for each in range(STATIONS)], np.uint8)
    body = _beside(
        talkers[sent.station],
        b"VD",
        fields.formatter,
        b",",
        np.where(is_long, ord("2"), ord("1")),
        b",",
        sent.part + ord("0"),
        b",",
        fields.sequence,
        b",",
        fields.channel,
        b",",
        payload,
        b",",
        np.where(is_first, 0, messages.fill[sent.message]) + ord("0"),
    )
    sums = np.bitwise_xor.reduce(body, axis=1)
    return _beside(b"!", body, b"*", HEX[sums], b"\0\n"), sums.astype(np.int64)


def _tags(messages: Messages, sent: Sent, _: Numbers, harms: Numbers) -> Rows:
    groups = _beside(
        b",g:", sent.part + ord("0"), b"-2-", _digits(messages.numbers[sent.message] * 2 % GROUPS + sent.copy, 5)
    )
    groups[(sent.station % GROUPING > 0) | ~messages.is_long[sent.message]] = 0
    names = np.array([list(b"SYN-%d" % each + bytes(each < 100) + bytes(each < 10)) for each in range(STATIONS)])
    at_s = harm_before(harms, messages.is_long[sent.message], sent.at_s, sent.at_s).at_s
    tags = _beside(b"s:", names[sent.station], b",c:", _digits(at_s, 10), groups)
    return _beside(b"\\", tags, b"*", HEX[np.bitwise_xor.reduce(tags, axis=1)], b"\\")


def _pghp(messages: Messages, sent: Sent, sums: Numbers, _: Numbers) -> Rows:
    """A line before each first part: of a message in parts it names the checksums of all, XORed."""
    whole = np.zeros((len(messages.numbers), 2), np.int64)
    np.bitwise_xor.at(whole, (sent.message, sent.copy), sums)
    gone_s = sent.at_s - BEGINS_S
    clock = (1 + gone_s // 86_400, gone_s // 3_600 % 24, gone_s // 60 % 60, gone_s % 60)
    times = [part for each in clock for part in (_digits(each, 2), b",")]
    line = _beside(
        *(b"PGHP,1,2024,1,", *times, b"0,200,,"),
        *(_digits(2_000_000 + sent.station, 7), b",1,", HEX[whole[sent.message, sent.copy]]),
    )
    line = _beside(b"$", line, b"*", HEX[np.bitwise_xor.reduce(line, axis=1)], b"\n")
    line[sent.part > 1] = 0
    return line


def _nothing(_: Messages, sent: Sent, __: Numbers, ___: Numbers) -> Rows:
    return np.zeros((len(sent.part), 0), np.uint8)


def _beside(*parts: "bytes | Numbers | Rows") -> Rows:
    """Side by side: the same bytes in every row, one byte a row, or several."""
    rows = next(len(part) for part in parts if not isinstance(part, bytes))
    columns = [
        np.tile(np.frombuffer(part, np.uint8), (rows, 1)) if isinstance(part, bytes) else part.reshape(rows, -1)
        for part in parts
    ]
    return np.hstack([column.astype(np.uint8) for column in columns])


def _digits(numbers: Numbers, many: int) -> Rows:
    return (numbers[:, None] // 10 ** np.arange(many - 1, -1, -1, dtype=np.int64) % 10 + ord("0")).astype(np.uint8)
