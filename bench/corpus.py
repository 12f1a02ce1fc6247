"""The corpus: a made-up feed of the whole world, as a file, the same for a seed on any machine.

    messages     kind, radio, time, place and words of each, drawn (bench/chance.py) and packed (bench/packed.py)
    lines        their sentences: fragments apart, some heard again by another station, each with its stamp
    harm         some lines cut, flipped, run together, or no AIS at all (bench/harm.py)

Some 50,000 radios of no country are spread over the seas for three days; a small share of what is heard is of eight on
the shipped corridor (bench/watched.py). Kept under build/bench/ and made once: its name says all that it depends on.
"""

import os
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from math import ceil
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from bench import watched
from bench.chance import Chance
from bench.lines import AGAIN_SHARE, Messages, blocks_of
from bench.packed import FREE, LAYOUTS, Bools, Numbers, Rows, packed, text
from streams.demo.payload import DEG_UNITS, SOG_UNITS

FOLDER = Path("build/bench")
SEED, SENTENCES, SHARE, HARMED_SHARE = 64, 2_000_000, 0.001, 0.005
SPAN_S = 3 * 86_400
MESSAGES_AT_ONCE = 1 << 16
PAYLOAD_CHARS = 71  # of message 5, the longest

FREE_KINDS = ("6", "7", "10", "12", "13", "14", "15", "16", "17", "20", "22", "23", "25", "26")
PER_MILLE = {  # of messages
    "1": 590, "2": 10, "3": 100, "18": 85, "19": 5, "24A": 15, "24B": 15, "5": 60, "4": 45, "21": 20, "9": 5, "27": 20,
    "8": 16, **dict.fromkeys(FREE_KINDS, 1),
}  # fmt: skip
KINDS = tuple(PER_MILLE)
STATIC_AND_VOYAGE = KINDS.index("5")
STATIC_SHARE = 0.15  # of what the corridor's radios say: message 5; the rest is positions

CLASS_A, CLASS_B, BASES, AIDS, AIRCRAFT = (
    (200_000_000, 36_000), (200_040_000, 12_000), (2_000_000, 1_000), (992_000_000, 900), (111_200_000, 92)
)  # fmt: skip
RADIOS = {  # first MMSI and how many, by kind; class A where none is named
    **dict.fromkeys(("18", "19", "24A", "24B"), CLASS_B),
    **dict.fromkeys(("4", "16", "17", "20", "22", "23"), BASES),
    "21": AIDS,
    "9": AIRCRAFT,
}
SEAS = (  # south, north, west, east, whole degrees; none near the corridor
    (36, 55, -48, -14), (10, 35, -60, -25), (-35, -5, -30, 5), (53, 59, 1, 6), (33, 36, 16, 26), (-30, 5, 55, 90),
    (8, 20, 60, 72), (5, 15, 82, 92), (8, 18, 111, 117), (24, 33, 122, 127), (12, 32, 132, 150), (35, 50, 150, 178),
    (0, 35, -170, -130), (-40, -10, -120, -85), (22, 28, -95, -86), (60, 66, -30, 0),
)  # fmt: skip
COARSE_UNITS = 1_000  # 1/10000 min in 1/10 min
FASTEST_UNITS_S = 2  # in three days no further than a degree


class Corpus(msgspec.Struct, frozen=True, kw_only=True):
    """All that a corpus depends on."""

    seed: int = SEED
    sentences: int = SENTENCES  # lines, but for those that lost their ends; `pghp` has others beside
    share: float = SHARE  # of messages: by radios on the corridor
    harmed: float = HARMED_SHARE  # of lines
    stamps: Literal["tag", "pghp", "none"] = "tag"
    later_s: int = 0  # stamps in tag blocks are moved by so much: a live run goes by the clock

    @property
    def messages(self) -> int:
        """About as many as are needed; lines are cut off at `sentences`."""
        each = (1 + PER_MILLE["5"] / 1_000) * (1 + AGAIN_SHARE)
        return ceil(self.sentences / each * 1.02) + 100

    def path(self) -> Path:
        """The file, made unless it is there."""
        assert not self.later_s, "what goes by the clock is not kept"
        name = f"world-{self.seed}-{self.sentences}-{self.share:g}-{self.harmed:g}-{self.stamps}-{_makers()}.nmea"
        path = FOLDER / name
        if not path.exists():
            FOLDER.mkdir(parents=True, exist_ok=True)
            begun = path.with_suffix(f".{os.getpid()}")
            with begun.open("wb") as out:
                out.writelines(self.blocks())
            begun.rename(path)
        return path

    def blocks(self) -> Iterator[bytes]:
        """The lines, many at a time."""
        chance, left = Chance(self.seed), self.sentences
        for first in range(0, self.messages, MESSAGES_AT_ONCE):
            numbers = np.arange(first, min(first + MESSAGES_AT_ONCE, self.messages), dtype=np.int64)
            block, count = blocks_of(self._messages(chance, numbers), chance, self.harmed, self.stamps, left)
            left -= count
            yield block
            if not left:
                return

    def _messages(self, chance: Chance, numbers: Numbers) -> Messages:
        at_s = watched.BEGINS_S + numbers * SPAN_S // self.messages
        is_ours = chance.hits(self.share, "ours", numbers)
        kinds = np.searchsorted(
            np.cumsum(list(PER_MILLE.values())), chance.below(1_000, "kind", numbers), side="right"
        ).astype(np.int64)
        says_name = chance.hits(STATIC_SHARE, "ours says", numbers)
        kinds[is_ours] = np.where(says_name[is_ours], STATIC_AND_VOYAGE, 0)
        first, many = _fleets()
        mmsi = first[kinds] + chance.below(many[kinds], "radio", numbers)
        mmsi[is_ours] = watched.FIRST_MMSI + chance.below(watched.RADIOS, "our radio", numbers[is_ours])
        said = _said(chance, numbers, mmsi, at_s, is_ours)
        payload = np.zeros((len(numbers), PAYLOAD_CHARS), np.uint8)
        fill = np.zeros(len(numbers), np.int64)
        for number, kind in enumerate(KINDS):
            rows = np.flatnonzero(kinds == number)
            theirs = {name: value[rows] for name, value in said.items()} | _besides(kind)
            if kind == "27":
                theirs |= {name: theirs[name] // COARSE_UNITS for name in ("lon", "lat")}
                theirs |= {"sog": theirs["sog"] // SOG_UNITS, "cog": theirs["cog"] // 10}
            characters, fill[rows] = packed(LAYOUTS.get(kind, FREE), theirs, len(rows))
            payload[rows, : characters.shape[1]] = characters
        return Messages(numbers, at_s + self.later_s, kinds == STATIC_AND_VOYAGE, payload, fill)


def _besides(kind: str) -> dict[str, Numbers]:
    """What is the same in all messages of a kind, or differs from what other kinds say by that name."""
    said = {"type": int(kind.rstrip("AB")), "part": int(kind.endswith("B")), "year": 2024, "month": 1, "aid_type": 14}
    return {name: np.asarray(value, np.int64) for name, value in said.items()}


@lru_cache
def _fleets() -> tuple[Numbers, Numbers]:
    fleets = [RADIOS.get(kind, CLASS_A) for kind in KINDS]
    return np.array([first for first, _ in fleets], np.int64), np.array([many for _, many in fleets], np.int64)


def _said(chance: Chance, numbers: Numbers, mmsi: Numbers, at_s: Numbers, is_ours: Bools) -> dict[str, Numbers | Rows]:
    """Every field that some kind has, for every message."""
    lon, lat = _places(chance, mmsi, at_s)
    sog = chance.below(180, "sog", numbers)
    rows = np.flatnonzero(is_ours)
    lon[rows], lat[rows], sog[rows] = watched.places(mmsi[rows], at_s[rows], chance.below(480, "swing", numbers[rows]))
    imo = watched.imo_of(watched.WORLD + mmsi % 40_000) * chance.hits(0.7, "has number", mmsi)
    imo[rows] = watched.imo_of(watched.OURS + mmsi[rows] - watched.FIRST_MMSI)
    said: dict[str, Numbers | Rows] = {f"free_{each}": chance.below(1 << 30, f"{each}", numbers) for each in range(5)}
    return said | {
        "mmsi": mmsi,
        "lon": lon,
        "lat": lat,
        "sog": sog,
        "cog": chance.below(3_601, "cog", numbers),
        "heading": np.where(chance.hits(0.2, "no heading", mmsi), 511, chance.below(360, "heading", numbers)),
        "second": at_s % 60,
        "nav_status": chance.below(16, "status", mmsi),
        "radio": chance.below(1 << 19, "radio state", numbers),
        "imo": imo,
        "name": _named(mmsi, "WORLD ", 20),
        "callsign": _named(mmsi, "", 7),
        "destination": _named(chance.below(500, "bound for", mmsi), "PORT ", 20),
        "ship_type": 30 + chance.below(60, "ship type", mmsi),
        "to_bow": 20 + chance.below(200, "bow", mmsi),
        "to_stern": 5 + chance.below(40, "stern", mmsi),
        "to_port": 2 + chance.below(20, "port", mmsi),
        "to_starboard": 2 + chance.below(20, "starboard", mmsi),
        "draught": 20 + chance.below(120, "draught", mmsi),
        "eta_month": 1 + chance.below(12, "month", mmsi),
        "eta_day": 1 + chance.below(28, "day", mmsi),
        "day": 1 + (at_s - watched.BEGINS_S) // 86_400,
        "hour": at_s // 3_600 % 24,
        "minute": at_s // 60 % 60,
    }


def _places(chance: Chance, mmsi: Numbers, at_s: Numbers) -> tuple[Numbers, Numbers]:
    """Each radio has a sea, a place in it, and drifts no further than a degree."""
    sea = np.array(SEAS, np.int64)[chance.below(len(SEAS), "sea", mmsi)] * DEG_UNITS
    gone_s = at_s - watched.BEGINS_S
    lat, lon = (
        sea[:, low]
        + chance.below(sea[:, low + 1] - sea[:, low], f"home {low}", mmsi)
        + gone_s * (chance.below(2 * FASTEST_UNITS_S + 1, f"pace {low}", mmsi) - FASTEST_UNITS_S)
        for low in (0, 2)
    )
    return lon, lat


def _named(numbers: Numbers, begins: str, width: int) -> Rows:
    """A name with a number in it, in six-bit characters."""
    digits = min(9, width - len(begins))
    name = np.tile(text(begins, width), (len(numbers), 1))
    places = 10 ** np.arange(digits - 1, -1, -1, dtype=np.int64)
    name[:, len(begins) : len(begins) + digits] = numbers[:, None] // places % 10 + ord("0")
    return name


@lru_cache
def _makers() -> str:
    """Of the code that makes it: another code makes another corpus."""
    names = ("corpus.py", "chance.py", "packed.py", "lines.py", "harm.py", "watched.py")
    return sha256(b"".join(Path(__file__).with_name(name).read_bytes() for name in names)).hexdigest()[:8]
