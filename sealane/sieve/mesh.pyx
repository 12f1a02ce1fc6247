# cython: language_level=3, wraparound=False, cdivision=True
"""Mesh: the sieve's compiled form: one look at each line of a block, eight bytes at a time.

    bytes      of a block: all that is read of it is read there, and is 0 outside
    lines      what a line is, from its ! on
    stamps     who heard it and when, told apart by a hash; and when, for those few that tell an hour (telling)
    heads      whom it shows

The same as by columns (screen.py), which is taken where nothing could be compiled: both send no less to be heard than
the plain form needs. Whoever looks may do so in any thread, and holds none up.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize

import numpy as np

from sealane.sieve.sifted import RADIO_BITS

include "mesh_bytes.pxi"
include "mesh_heads.pxi"
include "mesh_lines.pxi"
include "mesh_stamps.pxi"
include "mesh_telling.pxi"

cdef enum:
    ASKED = 512
    LEAST_LINE = 20  # bytes on the average: of shorter ones nothing is made here

cdef int RADIO_SHIFT = 64 - RADIO_BITS


cdef struct Verdict:
    bint is_heard
    bint is_loose
    uint64_t key
    uint64_t beside
    uint32_t code
    int64_t at_s
    uint64_t mmsi


cdef struct Columns:
    Py_ssize_t room
    Py_ssize_t rows
    Py_ssize_t heards
    Py_ssize_t looses
    Py_ssize_t unknowns
    Py_ssize_t* starts
    Py_ssize_t* ends
    Py_ssize_t* heard
    Py_ssize_t* loose
    Py_ssize_t* unknown
    uint32_t* codes
    int64_t* at_s
    uint16_t* radios
    uint64_t* keys
    uint64_t* besides
    uint64_t[ASKED] asked  # keys that are among the unknown ones, by their lower bits


cdef inline Verdict verdict_on(
    const Block* block, const Line* line, const Whom* whom, const Table* besides
) noexcept nogil:
    """On a line with one !."""
    cdef Verdict verdict
    cdef Body body = body_of(block, line)
    cdef Stamp stamp
    verdict.mmsi = verdict.key = verdict.beside = 0
    if line.bang == line.start:
        stamp.named, stamp.key, stamp.beside, stamp.group, stamp.at_s = False, 0, 0, 0, UNSTAMPED
        stamp.sound = True
    else:
        stamp = stamp_of(block, line, besides, body.parts > 1)
    verdict.is_heard = (
        not (body.sound and stamp.sound)
        or (not (body.usual and stamp.named) and not ends_whole(block, line))
        or (body.part == 1 and may_be_followed(block, body.payload, whom, &verdict.mmsi))
    )
    verdict.is_loose = body.parts > 1
    verdict.code, verdict.at_s = stamp.group or body.code, stamp.at_s
    if not verdict.is_heard:
        verdict.key, verdict.beside = stamp.key, stamp.beside
    return verdict


cdef inline bint put(Columns* columns, const Line* line, const Verdict* verdict, const Table* known) noexcept nogil:
    """Whether there was room for one more line."""
    cdef Py_ssize_t row = columns.rows, slot = verdict.key >> 1 & ASKED - 1  # the lowest bit is always set
    if row == columns.room:
        return False
    columns.rows += 1
    columns.starts[row], columns.ends[row] = line.start, line.end
    columns.keys[row], columns.besides[row] = verdict.key, verdict.beside
    columns.radios[row] = verdict.mmsi * K1 >> RADIO_SHIFT
    if verdict.is_heard:
        columns.heard[columns.heards] = row
        columns.heards += 1
        return True
    if verdict.key and not is_in(known, verdict.key) and columns.asked[slot] != verdict.key:
        columns.asked[slot] = verdict.key
        columns.unknown[columns.unknowns] = row
        columns.unknowns += 1
    if verdict.is_loose:
        columns.loose[columns.looses], columns.codes[columns.looses] = row, verdict.code
        columns.at_s[columns.looses] = verdict.at_s
        columns.looses += 1
    return True


cdef bint fill(
    Columns* columns, const Block* block, const Whom* whom, const Table* known, const Table* besides
) noexcept nogil:
    """The columns of a block; False: its lines are more than there is room for."""
    cdef const uint8_t* end
    cdef const uint8_t* bang
    cdef Line line
    cdef Verdict verdict, unread
    unread.is_heard, unread.is_loose, unread.key, unread.beside, unread.mmsi = True, False, 0, 0, 0
    line.start = 0
    while line.start < block.size:
        end = find(block, LINE_END, line.start, block.size)
        if end == NULL:
            break
        line.end = end - block.bytes
        line.last = line.end - (byte(block, line.end - 1) == RETURN)
        bang = find(block, BANG, line.start, line.end)
        line.bang = line.end if bang == NULL else bang - block.bytes
        if bang == NULL or find(block, BANG, line.bang + 1, line.end) != NULL:
            verdict = unread
        else:
            verdict = verdict_on(block, &line, whom, besides)
        if not put(columns, &line, &verdict, known):
            return False
        line.start = line.end + 1
    return True


def sift(const uint8_t[::1] block, whom, const uint64_t[::1] known, const uint64_t[::1] besides):
    """Columns of a block that ends with a line's end; None: its lines are too short to make columns of.

    `whom` is a Whom (whom.py); `known` and `besides` are tables of stamps by the upper bits of their hash. The columns
    are those of Found (sifted.py), in its order, `loose` as three: starts, ends, heard, loose, their codes and times,
    radios, keys, besides, unknown. Raises ValueError where a table has another form.
    """
    cdef Py_ssize_t room = block.shape[0] // LEAST_LINE + 1
    starts, ends, heard, loose, unknown = (np.empty(room, np.intp) for _ in range(5))
    codes, at_s, radios = np.empty(room, np.uint32), np.empty(room, np.int64), np.empty(room, np.uint16)
    keys, besides_ = np.empty(room, np.uint64), np.empty(room, np.uint64)
    cdef Py_ssize_t[::1] starts_ = starts, ends_ = ends, heard_ = heard, loose_ = loose, unknown_ = unknown
    cdef uint32_t[::1] codes_ = codes
    cdef int64_t[::1] at_s_ = at_s
    cdef uint16_t[::1] radios_ = radios
    cdef uint64_t[::1] keys_ = keys, beside_ = besides_
    cdef Columns columns
    columns.room, columns.rows = room, 0
    columns.heards = columns.looses = columns.unknowns = 0
    columns.starts, columns.ends, columns.radios = &starts_[0], &ends_[0], &radios_[0]
    columns.heard, columns.loose, columns.unknown = &heard_[0], &loose_[0], &unknown_[0]
    columns.codes, columns.at_s, columns.keys, columns.besides = &codes_[0], &at_s_[0], &keys_[0], &beside_[0]
    memset(columns.asked, 0, sizeof(columns.asked))
    cdef Block held = block_of(block)
    cdef Whom followed = whom_of(whom)
    cdef Table of_keys = table_of(known), of_besides = table_of(besides)
    cdef bint is_whole
    with nogil:
        is_whole = fill(&columns, &held, &followed, &of_keys, &of_besides)
    if not is_whole:
        return None
    cut, loose_cut = slice(columns.rows), slice(columns.looses)
    return (
        starts[cut], ends[cut], heard[: columns.heards], loose[loose_cut], codes[loose_cut], at_s[loose_cut],
        radios[cut], keys[cut], besides_[cut], unknown[: columns.unknowns],
    )


def joined(const uint8_t[::1] block, const Py_ssize_t[::1] starts, const Py_ssize_t[::1] ends):
    """Pieces of a block, one after the other. Raises ValueError where one is none of it."""
    cdef Py_ssize_t each, size = 0, count = starts.shape[0]
    cdef char* to
    for each in range(count):
        if not 0 <= starts[each] <= ends[each] <= block.shape[0]:
            raise ValueError(f"a piece from {starts[each]} to {ends[each]} of a block of {block.shape[0]} bytes")
        size += ends[each] - starts[each]
    pieces = PyBytes_FromStringAndSize(NULL, size)
    to = PyBytes_AS_STRING(pieces)
    for each in range(count):
        if starts[each] < ends[each]:
            memcpy(to, &block[starts[each]], ends[each] - starts[each])
            to += ends[each] - starts[each]
    return pieces
