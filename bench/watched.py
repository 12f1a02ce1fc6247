"""The watched: made-up hulls on the shipped corridor for the corpus, and a corridor's files that list as many as asked.

Four hulls lie at Rajin, sail to Vostochny, lie there and sail back; four bystanders cross the area. Further hulls that
a corridor lists are heard nowhere: they make its watchlist long. Numbers as in streams/demo/fleet.py: IMO numbers of
ranges that were never issued, MMSIs of no country.
"""

from pathlib import Path

import numpy as np

from bench.packed import Numbers
from sealane.static import imo_is_valid
from streams.demo.files import write_corridor
from streams.demo.payload import DEG_UNITS, SOG_UNITS
from streams.demo.seaways import PLACES

BEGINS_S = 1_704_067_200  # 2024-01-01 UTC
HULLS, BYSTANDERS = 4, 4
RADIOS = HULLS + BYSTANDERS
FIRST_MMSI = 200_900_000
FIRST_UNHEARD_MMSI = 201_000_000 - 400_000  # of MID 200 too
OURS, WORLD, UNHEARD = 200_100, 210_000, 300_000  # an IMO number without its last digit

LIES_S, SAILS_S, EACH_LATER_S = 18 * 3_600, 16 * 3_600, 2 * 3_600
SAILS_KN = 11
BYSTANDER_FROM, BYSTANDER_TO = (130.8, 41.0), (133.2, 42.2)
BERTH_STEP = 120  # 1/10000 min between two hulls
SWING = 240


def imo_of(first_six: Numbers) -> Numbers:
    """With the check digit (IMO A.1117(30))."""
    digits = first_six[..., None] // 10 ** np.arange(5, -1, -1, dtype=np.int64) % 10
    sums: Numbers = (digits * np.arange(7, 1, -1, dtype=np.int64)).sum(axis=-1)
    return first_six * 10 + sums % 10


def places(mmsi: Numbers, at_s: Numbers, swing: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Longitude, latitude and speed as sent."""
    number = mmsi - FIRST_MMSI
    gone_s = at_s - BEGINS_S - number % HULLS * EACH_LATER_S
    out_s = np.clip(gone_s - LIES_S, 0, SAILS_S)
    back_s = np.clip(gone_s - 2 * LIES_S - SAILS_S, 0, SAILS_S)
    ends = [(PLACES[port].channel[0]) for port in ("rajin", "vostochny")]
    is_hull = number < HULLS
    found = []
    for axis in range(2):
        hull, other = (
            [round(end[axis] * DEG_UNITS) for end in each] for each in (ends, (BYSTANDER_FROM, BYSTANDER_TO))
        )
        begin, end = (np.where(is_hull, hull[each], other[each]) for each in range(2))
        way = (end - begin) * (out_s - back_s) // SAILS_S
        found.append(begin + way + number * BERTH_STEP + swing - SWING)
    is_sailing = ((out_s > 0) & (out_s < SAILS_S)) | ((back_s > 0) & (back_s < SAILS_S))
    return found[0], found[1], np.where(is_sailing, SAILS_KN * SOG_UNITS, 0)


def write_watching(folder: Path, hulls: int = HULLS, *, all_listed: bool = False) -> Path:
    """A corridor's files that list so many hulls; its file. `all_listed`: with every radio, bystanders' too."""
    config = write_corridor(folder)
    numbers = imo_of(np.arange(OURS, OURS + RADIOS, dtype=np.int64)).tolist()
    heard = RADIOS if all_listed else HULLS
    listed = [(imo, FIRST_MMSI + each if all_listed else None) for each, imo in enumerate(numbers[:heard])]
    unheard = imo_of(np.arange(UNHEARD, UNHEARD + max(0, hulls - heard), dtype=np.int64)).tolist()
    listed += [(imo, FIRST_UNHEARD_MMSI + each) for each, imo in enumerate(unheard)]
    assert all(imo_is_valid(imo) for imo, _ in listed)
    (folder / "watchlist.toml").write_text(_watchlist(listed), encoding="utf-8", newline="\n")
    config.write_text(config.read_text(encoding="utf-8").replace('name = "demo"', 'name = "world"'), encoding="utf-8")
    return config


def _watchlist(listed: list[tuple[int, int | None]]) -> str:
    source = '[sources]\nmade_up = "SYNTHETIC: made up; no such ship exists"\n'
    vessels = (
        f'[[vessels]]\nname = "WORLD {imo}"\nimo = {imo}\n{f"mmsi = [{mmsi}]" + chr(10) if mmsi else ""}'
        'source = ["made_up"]\n'
        for imo, mmsi in listed
    )
    return "\n".join(("# SYNTHETIC: no such ship exists.", source, *vessels))
