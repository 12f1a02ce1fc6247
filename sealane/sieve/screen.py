"""Screen: the sieve's form by NumPy: a whole block at once, in a score of steps.

usual    lines of the one usual form are told at a glance (usual.py, heads.py)
rest     is looked at more closely: shape (columns.py), tag block (tagged.py), head (heads.py)
"""

import numpy as np

from sealane.sieve.columns import COMMA, ONE_BYTE, Flags, Plain, Rows, Words, cut, plain
from sealane.sieve.heads import Heads
from sealane.sieve.radios import radio_hashes
from sealane.sieve.sifted import Found, Loose
from sealane.sieve.tagged import Codes, Groups, Stamps, stamps_of
from sealane.sieve.usual import usual_of


def sift(block: bytes, heads: Heads, known: Words, besides: Words) -> Found:
    """Sift whole lines, each with its end. `known`, `besides`: tables of stamps, by the upper bits of their hash."""
    lines = cut(block)
    usual = usual_of(block, lines)
    is_found, radios = heads.glance(*usual.heads)
    is_unstamped = usual.keys == 0
    is_known = _are_in(besides, usual.besides) & ~is_unstamped
    is_nobodys = usual.sound & ~is_found
    rest = np.flatnonzero(~(is_nobodys & (is_known | is_unstamped)))  # most of these are passed over too
    columns = plain(block, lines.of(rest))
    stamps, groups = stamps_of(block, columns, usual.stamps(rest, is_known[rest]))
    is_heard = ~(columns.sound & stamps.sound)
    rows = np.flatnonzero((columns.part == 1) & ~is_nobodys[rest])
    is_followed, radios[rest[rows]] = heads.look(*(words[rows] for words in columns.heads))
    is_heard[rows] |= is_followed
    keys = np.where(is_unstamped[rest], stamps.keys, usual.keys[rest])
    keys[groups.rows] = stamps.keys[groups.rows]
    keys[is_heard] = 0
    usual.keys[rest] = keys
    loose = _loose(columns, stamps, groups, is_heard)
    unknown = _one_of_each(usual.keys, np.flatnonzero(~_are_in(known, usual.keys) & (usual.keys != 0)))
    return Found(
        starts=lines.starts,
        ends=lines.ends,
        heard=rest[is_heard],
        loose=loose._replace(rows=rest[loose.rows]),
        radios=radio_hashes(radios),
        keys=usual.keys,
        unknown=unknown,
        besides=usual.besides[unknown],
        has_unstamped=int(np.count_nonzero(usual.keys)) + int(np.count_nonzero(is_heard)) < len(lines.ends),
    )


def _are_in(table: Words, hashes: Words) -> Flags:
    """Which hashes stand in a table."""
    found: Flags = table[hashes >> np.uint64(65 - len(table).bit_length())] == hashes
    return found


def _one_of_each(keys: Words, rows: Rows) -> Rows:
    """Of some rows one for each key they have."""
    _, at = np.unique(keys[rows], return_index=True)
    return rows[at]


def _loose(lines: Plain, stamps: Stamps, groups: Groups, is_heard: Flags) -> Loose:
    """The fragments that are not heard, with the talker, sequence and channel, or the group, of each (`code_of`)."""
    rows: Rows = np.flatnonzero((lines.parts > 1) & ~is_heard)
    shapes, fields, channel = lines.shapes[rows], lines.fields[rows], lines.rest[rows] & ONE_BYTE
    sequence = fields >> np.uint64(24) & ONE_BYTE
    sequence[sequence == COMMA] = 0
    channel[channel == COMMA] = 0
    talker = (shapes >> np.uint64(8) & ONE_BYTE) << np.uint64(24) | (shapes >> np.uint64(16) & ONE_BYTE) << np.uint64(
        16
    )
    codes: Codes = (talker | sequence << np.uint64(8) | channel).astype(np.uint32)
    if len(groups.rows):
        at = rows.searchsorted(groups.rows)
        at[at == len(rows)] = 0
        is_loose = rows[at] == groups.rows if len(rows) else np.zeros(len(at), np.bool_)
        codes[at[is_loose]] = groups.codes[is_loose]
    return Loose(rows, codes, stamps.at_s[rows])
