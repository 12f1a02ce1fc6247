"""A stamp: when a receiver heard a sentence, and which receiver. It is written in one of four ways:

    tag_block   \\s:rORBCOMM104,c:1418172113*55\\!AIVDM,...      NMEA 0183 4.10; c: is Unix time in s, ms, us or ns
    pghp        $PGHP,1,2013,3,18,9,19,9,499,219,,2190048,1,28*23  on a line before; 28 is the message's checksum
    prefix      1550303566167726840 !AIVDM,...
    trailer     !AIVDM,...*28,d-109,S2105,t050056.00,r003669946,1325394060,1325394001

Where several are given the first of this list counts. The last field of $PGHP is the checksum of the sentence it
stamps or, of a message in fragments, all their checksums XORed. A trailer is stamped by its first epoch (a second one
is some 59 s off; compare t050056) and the field before it is the station.
"""

from collections import deque
from datetime import UTC, datetime, timedelta
from functools import lru_cache, reduce
from itertools import pairwise
from operator import xor

import msgspec

from sealane.fix import StampedBy

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_US = 1_000_000
UNITS = ((11, SECOND_US, 1), (14, 1_000, 1), (17, 1, 1), (20, 1, 1_000))  # fewer than so many digits + 1: times, over
EPOCH_MIN_DIGITS = 10  # outside a tag block: a number of nine digits is an MMSI
TAGS_KEPT = 4_096  # many sentences share one tag block
PGHP, DOLLAR = b"$PGHP,", b"$"
PGHP_KEPT = 8  # stamps waiting for their message
PGHP_REACH = 16  # sentences after which a stamp waits no more
PGHP_STATION = 11  # its fields, PGHP itself being 0
PGHP_FIELDS = 14

STATIONS_KEPT = 4_096

FOLDS_BITS = (512, 256, 128, 64, 32, 16, 8)
FOLDED_BYTES, LOWEST_BYTE = 128, 0xFF

GROUP_COUNTS = {b"%d" % number: number for number in range(1, 100)}
CHECKSUMS = {text % number: number for number in range(256) for text in (b"%02X", b"%02x", b"%X", b"%x")}


class Group(msgspec.Struct, frozen=True, gc=False):
    """Sentence `index` of `of` that belong together (g:1-2-1604, or 1G2:1604)."""

    index: int
    of: int
    id: bytes


class Stamp(msgspec.Struct, frozen=True, gc=False):
    at_us: int | None = None  # Unix time in microseconds
    by: StampedBy | None = None
    station: str | None = None
    group: Group | None = None


UNSTAMPED = Stamp()


def moment(at_us: int) -> datetime:
    return EPOCH + timedelta(0, at_us // SECOND_US, at_us % SECOND_US)


def unix_us(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def checksum(body: bytes) -> int:
    """NMEA 0183: all bytes between the delimiters, XORed. One half onto the other, and so on: twice as quick."""
    if len(body) > FOLDED_BYTES:
        return reduce(xor, body, 0)
    folded = int.from_bytes(body, "little")
    for bits in FOLDS_BITS:
        folded ^= folded >> bits
    return folded & LOWEST_BYTE


@lru_cache(maxsize=STATIONS_KEPT)
def station_of(text: bytes) -> str:
    """A station's name; one object for all that it heard."""
    return text.decode("ascii", "replace")


def epoch_us(text: bytes) -> int | None:
    """Unix time in s, ms, us or ns, told apart by the number of digits; seconds may have a fraction."""
    if len(text) <= UNITS[0][0] and text.isdigit():  # most stamps: whole seconds
        return int(text) * SECOND_US
    whole, _, fraction = text.partition(b".")
    if not whole.isdigit() or not (fraction.isdigit() or not fraction):
        return None
    for digits, times, over in UNITS:
        if len(whole) <= digits:
            return int(whole) * times // over + (int(fraction[:6].ljust(6, b"0")) if times == SECOND_US else 0)
    return None


class Tags:
    """Reads tag blocks, and remembers what it read."""

    def __init__(self) -> None:
        self._read: dict[bytes, Stamp | None] = {}

    def read(self, text: bytes) -> Stamp | None:
        """One block without its backslashes. None: its checksum is wrong, nothing in it can be trusted."""
        if text not in self._read:
            if len(self._read) >= TAGS_KEPT:
                self._read.clear()
            self._read[text] = read_tag_block(text)
        return self._read[text]


def read_tag_block(text: bytes) -> Stamp | None:
    body, star, stated = text.rpartition(b"*")
    if not star:
        body = text
    elif CHECKSUMS.get(stated.strip()) != checksum(body):
        return None
    at_us, station, group = None, None, None
    for field in body.split(b","):
        key, _, value = field.partition(b":")
        if key == b"c":
            at_us = epoch_us(value)
        elif key == b"s" and value:
            station = station_of(value)
        elif key == b"g":
            group = _group(value.split(b"-", 2))
        elif len(key) == 3 and key[1:2] == b"G":
            group = _group([key[:1], key[2:], value])
    return Stamp(at_us, None if at_us is None else "tag_block", station, group)


def _group(parts: list[bytes]) -> Group | None:
    if len(parts) != 3 or parts[0] not in GROUP_COUNTS or parts[1] not in GROUP_COUNTS or not parts[2]:
        return None
    return Group(GROUP_COUNTS[parts[0]], GROUP_COUNTS[parts[1]], parts[2])


def read_prefix(text: bytes) -> Stamp:
    """The epoch right before a sentence, if one stands there."""
    word = text.split()[-1:] or [b""]
    at_us = epoch_us(word[0]) if len(word[0]) >= EPOCH_MIN_DIGITS else None
    return UNSTAMPED if at_us is None else Stamp(at_us, "prefix")


def read_trailer(text: bytes) -> Stamp:
    """The first epoch after a sentence, and the station in the field before it."""
    fields = text.split(b",")
    for before, field in pairwise(fields):
        at_us = epoch_us(field.strip()) if len(field) >= EPOCH_MIN_DIGITS else None
        if at_us is not None:
            return Stamp(at_us, "trailer", station_of(before.strip()) or None)
    return UNSTAMPED


def holds_pghp(block: bytes) -> bool:
    """Whether a $PGHP line may be in a block: by its $, which few lines have, forty times as quickly as by its text."""
    at = block.find(DOLLAR)
    while at >= 0 and not block.startswith(PGHP, at):
        at = block.find(DOLLAR, at + 1)
    return at >= 0


class Pghp:
    """$PGHP stamps that wait for the message they belong to: a few, and for a few sentences."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, int, Stamp]] = deque(maxlen=PGHP_KEPT)

    def __len__(self) -> int:
        return len(self._waiting)

    def clear(self) -> None:
        self._waiting.clear()

    def waits_since(self, sentence_number: int) -> int | None:
        """Before how many sentences the oldest stamp came that still waits."""
        waiting = (number for _, number, _ in self._waiting if sentence_number - number <= PGHP_REACH)
        return next(waiting, None)

    def hear(self, line: bytes, sentence_number: int) -> None:
        """Keep the stamp of a $PGHP line; a line with a wrong checksum or an impossible time is passed over."""
        body, _, stated = line.partition(b"$")[2].rpartition(b"*")
        fields = body.split(b",")
        of = CHECKSUMS.get(fields[-1])
        if len(fields) != PGHP_FIELDS or of is None or CHECKSUMS.get(stated.strip()) != checksum(body):
            return
        try:
            year, month, day, hour, minute, second, milli = (int(field) for field in fields[2:9])
            at = datetime(year, month, day, hour, minute, second, milli * 1_000, tzinfo=UTC)
        except (ValueError, OverflowError):
            return
        stamp = Stamp(unix_us(at), "pghp", station_of(fields[PGHP_STATION]) or None)
        self._waiting.append((of, sentence_number, stamp))

    def claim(self, of: int, sentence_number: int) -> Stamp | None:
        """The newest stamp made for this checksum, which then waits no more."""
        while self._waiting and sentence_number - self._waiting[0][1] > PGHP_REACH:
            self._waiting.popleft()
        found = next((waiting for waiting in reversed(self._waiting) if waiting[0] == of), None)
        if found is None:
            return None
        self._waiting.remove(found)
        return found[2]
