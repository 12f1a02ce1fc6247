# cython: language_level=3, wraparound=False, cdivision=True
"""Mesh: the sieve's compiled form: one look at each line of a block.

    bytes      of a block
    marks      where its lines end, and where a ! stands: 64 bytes at once
    lines      what a line is, from its ! on
    stamps     who heard it and when, told apart by a hash; and when, for those few that tell an hour (telling)
    heads      whom it shows

Beside it what else is asked of many bytes or rows at once: which lines of a gist may be of radios learned of since
(recall), and what the lines say that are heard (sentences).

A line stands in the open if so many bytes of the block follow its ! that whatever is looked at is there, and nobody
has to ask. The few that do not, at a block's end, are heard. The same as by columns (screen.py), which is taken where
nothing could be compiled: both send no less to be heard than the plain form needs. Whoever looks may do so in any
thread, and holds none up.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize

import numpy as np

from sealane.sieve.radios import RADIO_BITS

include "mesh_bytes.pxi"
include "mesh_marks.pxi"
include "mesh_lines.pxi"
include "mesh_heads.pxi"
include "mesh_stamps.pxi"
include "mesh_telling.pxi"
include "mesh_recall.pxi"
include "mesh_sentences.pxi"

cdef enum:
    ASKED = 4096
    LEAST_LINE = 20  # bytes on the average: of shorter ones nothing is made here

cdef int RADIO_SHIFT = 64 - RADIO_BITS


cdef struct Columns:
    Py_ssize_t heards
    Py_ssize_t looses
    Py_ssize_t unknowns
    bint has_unstamped
    Py_ssize_t* starts
    Py_ssize_t* heard
    Py_ssize_t* loose
    Py_ssize_t* unknown
    uint32_t* codes
    int64_t* at_s
    uint16_t* radios
    uint64_t* keys
    uint64_t* besides
    uint64_t[ASKED] asked  # keys that are among the unknown ones, by their lower bits


cdef inline bint is_passed_over(
    const Block* block, const Line* line, const Whom* whom, const uint64_t* besides, Apart* apart, uint64_t* radio
) noexcept nogil:
    """At a glance: whether it is of the usual form, and nobody's."""
    if not is_usual(block, line):
        return False
    if line.bang == line.start:
        apart.key = 0
    elif not is_like_one_read(block, line, besides, apart):
        return False
    if (apart.key == 0 or not is_named(line)) and not ends_whole(block, line):
        return False
    return not may_be_followed(block, line.bang + USUAL_PAYLOAD, whom, radio)


cdef bint is_heard(
    const Block* block, const Line* line, const Body* body, const Stamp* stamp, const Whom* whom, uint64_t* radio
) noexcept nogil:
    """Closely: whether it must be read."""
    if not (body.sound and stamp.sound and ends_whole(block, line)):
        return True
    return body.part == 1 and may_be_followed(block, body.payload, whom, radio)


cdef inline bint is_first(Columns* columns, uint64_t key) noexcept nogil:
    """Whether a key has not been asked for yet; of many that share two slots some are, more than once."""
    cdef uint64_t* slots = columns.asked + (key >> 1 & ASKED - 2)  # the lowest bit is always set
    if slots[0] == key or slots[1] == key:
        return False
    slots[slots[0] != 0] = key
    return True


cdef inline void pass_over(
    Columns* columns, Py_ssize_t row, uint64_t key, uint64_t beside, const uint64_t* known
) noexcept nogil:
    columns.keys[row] = key
    if key == 0:
        columns.has_unstamped = True
    elif not is_in(known, key) and is_first(columns, key):
        columns.unknown[columns.unknowns], columns.besides[columns.unknowns] = row, beside
        columns.unknowns += 1


cdef uint64_t look(
    Columns* columns, Py_ssize_t row, const Block* block, const Line* line,
    const Whom* whom, const uint64_t* known, const uint64_t* besides, Apart* apart,
) noexcept nogil:
    """Closely, at a line with one !, in the open: a hash of its radio."""
    cdef Body body = body_of(block, line)
    cdef Stamp stamp = no_stamp()
    cdef uint64_t radio = 0
    if line.bang == line.start:
        stamp.sound = True
    else:
        stamp = stamp_of(block, line, besides, apart)
    if is_heard(block, line, &body, &stamp, whom, &radio):
        hear(columns, row)
        return radio
    pass_over(columns, row, stamp.key, stamp.beside, known)
    if body.parts > 1:
        columns.loose[columns.looses], columns.codes[columns.looses] = row, stamp.group or body.code
        columns.at_s[columns.looses] = stamp.at_s
        columns.looses += 1
    return radio


cdef inline void hear(Columns* columns, Py_ssize_t row) noexcept nogil:
    columns.keys[row] = 0
    columns.heard[columns.heards] = row
    columns.heards += 1


cdef void fill(
    Columns* columns, const Marks* marks, const Block* block,
    const Whom* whom, const uint64_t* known, const uint64_t* besides,
) noexcept nogil:
    """The columns of a block."""
    cdef const Py_ssize_t* bang = marks.bang  # of those from the line on, the first
    cdef Py_ssize_t row
    cdef uint64_t radio
    cdef Line line
    cdef Apart apart = Apart(0, 0, 0, 0, 0)
    line.start = 0
    for row in range(marks.ends):
        line.bang, line.end = bang[0], marks.end[row]
        radio = 0
        if not line.bang < line.end <= bang[1] or line.bang + IN_THE_OPEN > block.size:
            hear(columns, row)
        else:
            line.last = line.end - (block.bytes[line.end - 1] == RETURN)
            if is_passed_over(block, &line, whom, besides, &apart, &radio):
                pass_over(columns, row, apart.key, apart.beside, known)
            else:
                radio = look(columns, row, block, &line, whom, known, besides, &apart)
        columns.starts[row], columns.radios[row] = line.start, radio >> RADIO_SHIFT
        while bang[0] < line.end:
            bang += 1
        line.start = line.end + 1


def sift(const uint8_t[::1] block, whom, const uint64_t[::1] known, const uint64_t[::1] besides):
    """Columns of a block that ends with a line's end; None: its lines are too short to make columns of.

    `whom` is a Whom (whom.py); `known` and `besides` are tables of stamps by the upper bits of their hash. The columns
    are those of Found (sifted.py), in its order, `loose` as three: starts, ends, heard, loose, their codes and times,
    radios, keys, unknown, besides; and has_unstamped. Raises ValueError where a table has another form.
    """
    cdef Py_ssize_t room = block.shape[0] // LEAST_LINE + AT_ONCE + 2
    starts, ends, bangs, heard, loose, unknown = (np.empty(room, np.intp) for _ in range(6))
    codes, at_s, radios = np.empty(room, np.uint32), np.empty(room, np.int64), np.empty(room, np.uint16)
    keys, besides_ = np.empty(room, np.uint64), np.empty(room, np.uint64)
    cdef Py_ssize_t[::1] starts_ = starts, ends_ = ends, bangs_ = bangs
    cdef Py_ssize_t[::1] heard_ = heard, loose_ = loose, unknown_ = unknown
    cdef uint32_t[::1] codes_ = codes
    cdef int64_t[::1] at_s_ = at_s
    cdef uint16_t[::1] radios_ = radios
    cdef uint64_t[::1] keys_ = keys, beside_ = besides_
    cdef Marks marks = Marks(room, 0, 0, &ends_[0], &bangs_[0])
    cdef Columns columns
    columns.heards = columns.looses = columns.unknowns = 0
    columns.has_unstamped = False
    columns.starts, columns.radios, columns.heard = &starts_[0], &radios_[0], &heard_[0]
    columns.loose, columns.unknown = &loose_[0], &unknown_[0]
    columns.codes, columns.at_s, columns.keys, columns.besides = &codes_[0], &at_s_[0], &keys_[0], &beside_[0]
    memset(columns.asked, 0, sizeof(columns.asked))
    cdef Block held = block_of(block)
    cdef Whom followed = whom_of(whom)
    cdef const uint64_t* of_keys = table_of(known)
    cdef const uint64_t* of_besides = table_of(besides)
    cdef bint is_whole
    with nogil:
        is_whole = mark(&marks, &held)
        if is_whole:
            fill(&columns, &marks, &held, &followed, of_keys, of_besides)
    if not is_whole:
        return None
    cut, loose_cut, unknown_cut = slice(marks.ends), slice(columns.looses), slice(columns.unknowns)
    return (
        starts[cut], ends[cut], heard[: columns.heards], loose[loose_cut], codes[loose_cut], at_s[loose_cut],
        radios[cut], keys[cut], unknown[unknown_cut], besides_[unknown_cut], columns.has_unstamped,
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
