# cython: language_level=3, wraparound=False, cdivision=True
"""Mesh: the sieve's compiled form: one look at each line of a block, eight bytes at a time.

    marks     whatever is no printable character, and the !: of a plain line that is its ! and its end
    body      !AIVDM,parts,part,sequence,channel,payload,fill*hh
    stamp     \\s:NORTH,c:1704067200*hh\\   of this form, where the same was read before: at a glance, by a hash
              any other tag block           field by field; whatever is unusual in it is left to the plain form
    head      whom the payload's first twenty characters show (heads.py)

What the stamp of a line tells of its time is read here too, for those few that tell an hour (telling.py).

The same as by columns (screen.py), which is taken where nothing could be compiled: both send no less to be heard than
the plain form needs. All that is read of a block is read by `byte` and `word`, which are 0 outside of it; whoever
looks may do so in any thread, and holds none up.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy, memset

import numpy as np

from sealane.heads import LAT_BITS, LON_BITS, SHIFTS, STATICS
from sealane.sifted import RADIO_BITS
from sealane.tagged import GROUPED, NO_STAMP

cdef extern from *:
    """
    #if !defined(__GNUC__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    #error "sealane/mesh.pyx: needs gcc or clang, and bytes in little-endian order"
    #endif
    """
    int __builtin_ctzll(uint64_t) nogil
    uint64_t __builtin_bswap64(uint64_t) nogil

cdef enum:
    LINE_END = 0x0A
    RETURN = 0x0D
    BANG = 0x21
    STAR = 0x2A
    COMMA = 0x2C
    COLON = 0x3A
    BACKSLASH = 0x5C
    SHORTEST = 20  # from ! to the line's end
    LONGEST = 160
    HEAD = 20  # characters
    BEFORE_PAYLOAD = 13  # `!AIVDM,1,1,,,`: without sequence and channel
    BARE = 13  # bytes of `\c:dddddddddd`: a stamp alone
    BEFORE_END = 30  # bytes of a stamp's end that are looked at by words
    CLOSING = 4  # `*hh\`
    SECONDS_DIGITS = 10
    HOUR_S = 3600
    HOUR_HUNDREDS_S = 36
    MS_DIGITS = 13
    ID_BYTES = 8  # of a group; a longer one is left to the plain form
    MOST_TAGS = 120  # bytes
    ASKED = 512
    LEAST_LINE = 20  # bytes on the average: of shorter ones nothing is made here

cdef uint64_t EACH = 0x0101010101010101
cdef uint64_t TOPS = 0x8080808080808080
cdef uint64_t K1 = 0x9E3779B97F4A7C15, K2 = 0xC2B2AE3D27D4EB4F, K3 = 0x165667B19E3779F9, K4 = 0xD6E8FEB86659FD93
cdef uint64_t THIRTY_BITS = (1 << 30) - 1


cdef uint64_t of(bytes text):
    return int.from_bytes(text, "little")


cdef uint64_t SHAPE = of(b"!\0\0VDM,\0"), SHAPE_MASK = of(b"\xff\0\0\xff\xff\xfd\xff\0")  # VDM and VDO: one bit
cdef uint64_t FIELDS = of(b",\0,"), FIELDS_MASK = of(b"\xff\0\xff")  # `,part,`
cdef uint64_t USUAL = of(b"!\0\0VDM,1"), USUAL_MASK = of(b"\xff\0\0\xff\xff\xfd\xff\xff")
cdef uint64_t SINGLE = of(b",1,,\0,"), SINGLE_MASK = of(b"\xff\xff\xff\xff\0\xff")
cdef uint64_t NO_CHANNEL = of(b"\0\0\0\0,"), NO_CHANNEL_MASK = of(b"\0\0\0\0\xff")
# Ten digits in two words. Less their zeros, those above nine have a high bit, or get one when six is added.
cdef uint64_t STAMP = of(b"\0\0c:0000"), STAMP_MASK = of(b"\0\0\xff\xff\xf0\xf0\xf0\xf0")
cdef uint64_t SIXES = of(b"\0\0\0\0\6\6\6\6")
cdef uint64_t END = of(b"000000"), END_MASK = of(b"\xf0\xf0\xf0\xf0\xf0\xf0"), END_SIXES = of(b"\6\6\6\6\6\6")
cdef uint64_t BESIDE_MASK = 0xFFFF
cdef uint64_t GROUP = of(b",g:"), GROUP_MASK = of(b"\xff\xff\xff")

cdef enum:
    KINDS = 64
    STATIC_AND_VOYAGE = 5
    LONG_RANGE = 27

cdef uint8_t LON_SHIFT[KINDS]  # by type of message; both 0: it has no such position
cdef uint8_t LAT_SHIFT[KINDS]
cdef uint8_t IS_STATIC[KINDS]
for kind in range(KINDS):
    LON_SHIFT[kind], LAT_SHIFT[kind] = SHIFTS.get(kind, (0, 0))
    IS_STATIC[kind] = kind in STATICS
cdef int LON = LON_BITS, LAT = LAT_BITS, RADIO_SHIFT = 64 - RADIO_BITS
cdef uint32_t IN_GROUP = GROUPED
cdef int64_t UNSTAMPED = NO_STAMP


cdef struct Block:
    const uint8_t* bytes
    Py_ssize_t size


cdef struct Line:
    Py_ssize_t start
    Py_ssize_t bang
    Py_ssize_t end
    Py_ssize_t last  # where its end stands, or the CR before it


cdef struct Body:
    bint sound
    bint usual  # one part, no sequence, a channel
    uint8_t parts
    uint8_t part
    uint32_t code  # of a fragment's talker, sequence and channel
    Py_ssize_t payload  # where it begins


cdef struct Stamp:
    bint sound
    bint named  # by a station: no trailer can name another
    uint64_t key  # of station and hour; 0: no tag block
    uint64_t beside  # of what stands beside it, where that is of the usual form; else 0
    uint32_t group  # its code; 0: none
    int64_t at_s


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


cdef struct Table:  # of hashes, by their upper bits
    const uint64_t* slots
    int shift


cdef struct Bits:
    uint64_t value
    bint strange


cdef struct Set:  # of numbers, as sealane.numbers lays it out
    const uint8_t* maybe
    int shift
    const uint64_t* numbers
    Py_ssize_t count


cdef struct Boxes:  # round the area: south, north, west, east, in the unit of the position
    const int64_t* limits
    Py_ssize_t count


cdef struct Whom:
    Set radios
    Set met
    Set imos
    Boxes fine
    Boxes coarse


cdef inline uint8_t byte(const Block* block, Py_ssize_t at) noexcept nogil:
    return block.bytes[at] if 0 <= at < block.size else 0


cdef inline uint64_t word(const Block* block, Py_ssize_t at) noexcept nogil:
    cdef uint64_t held = 0
    if 0 <= at and at + 8 <= block.size:
        memcpy(&held, block.bytes + at, 8)
    return held


cdef inline const uint8_t* find(const Block* block, uint8_t sought, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """The first such byte from one place up to another, both within the block."""
    return <const uint8_t*>memchr(block.bytes + at, sought, end - at) if at < end else NULL


cdef inline uint64_t hashed(uint64_t mixed) noexcept nogil:
    """In the upper bits; never 0."""
    return (mixed ^ mixed >> 32) * K1 | 1


cdef inline bint is_in(const Table* table, uint64_t hash) noexcept nogil:
    return table.slots[hash >> table.shift] == hash


# Whom a head shows


cdef inline Bits bits_of(uint64_t characters) noexcept nogil:
    """Eight characters of armour as 48 bits; strange where one of them is none, as a comma."""
    cdef uint64_t upper = characters + (0x80 - 0x58) * EACH
    cdef uint64_t strange = characters | characters + (0x80 - 0x78) * EACH | ~(characters + (0x80 - 0x30) * EACH)
    cdef uint64_t lanes = __builtin_bswap64(characters - 0x30 * EACH - ((upper & TOPS) >> 4))
    cdef uint64_t pairs = (lanes & <uint64_t>0x3F003F003F003F00) >> 2 | lanes & <uint64_t>0x003F003F003F003F
    cdef uint64_t fours = (pairs & <uint64_t>0x0FFF00000FFF0000) >> 4 | pairs & <uint64_t>0x00000FFF00000FFF
    cdef Bits bits
    bits.value = (fours >> 32) << 24 | fours & 0xFFFFFF
    bits.strange = (strange | upper & ~(characters << 2)) & TOPS != 0
    return bits


cdef inline bint holds(const Set* numbers, uint64_t number) noexcept nogil:
    cdef Py_ssize_t low = 0, high = numbers.count, middle
    if not numbers.maybe[number * K1 >> numbers.shift]:
        return False
    while low < high:
        middle = (low + high) // 2
        if numbers.numbers[middle] < number:
            low = middle + 1
        else:
            high = middle
    return low < numbers.count and numbers.numbers[low] == number


cdef inline int64_t signed(uint64_t raw, int bits) noexcept nogil:
    """The lowest bits as a signed number."""
    return <int64_t>(raw << 64 - bits) >> 64 - bits


cdef inline bint may_be_in(
    const Boxes* boxes, int64_t lon, const Block* block, Py_ssize_t lat_at, int lat_shift, int lat_bits
) noexcept nogil:
    """Whether a position is in one of some boxes. Its latitude is looked at where its longitude is: nearly never."""
    cdef Py_ssize_t each
    cdef const int64_t* box
    cdef Bits held
    for each in range(boxes.count):
        box = boxes.limits + 4 * each
        if box[2] <= lon <= box[3]:
            held = bits_of(word(block, lat_at))
            if held.strange or box[0] <= signed(held.value >> lat_shift, lat_bits) <= box[1]:
                return True
    return False


cdef inline bint may_be_followed(const Block* block, Py_ssize_t at, const Whom* whom, uint64_t* mmsi) noexcept nogil:
    """Whether a payload's head shows somebody followed, or cannot be told from here."""
    cdef uint64_t one = word(block, at), two = word(block, at + 8)
    cdef Bits first = bits_of(one), second
    cdef int kind = first.value >> 42
    mmsi[0] = first.value >> 10 & THIRTY_BITS
    if first.strange or holds(&whom.radios, mmsi[0]):
        return True
    if IS_STATIC[kind] and holds(&whom.met, mmsi[0]):
        return True
    if LAT_SHIFT[kind]:
        second = bits_of(two)
        return second.strange or may_be_in(
            &whom.fine, signed(second.value >> LON_SHIFT[kind], LON), block, at + 12, LAT_SHIFT[kind], LAT
        )
    if kind == STATIC_AND_VOYAGE:
        second = bits_of(one >> 32 | two << 32)
        return second.strange or holds(&whom.imos, second.value >> 2 & THIRTY_BITS)
    if kind == LONG_RANGE:
        second = bits_of(one >> 32 | two << 32)
        return second.strange or may_be_in(&whom.coarse, signed(second.value >> 10, 18), block, at + 8, 17, 17)
    return False


# What a line is


cdef inline bint ends_whole(const Block* block, const Line* line) noexcept nogil:
    """Whether it ends with a checksum, the first: nothing can trail."""
    if byte(block, line.last - 3) != STAR:
        return False
    return find(block, STAR, line.bang, line.last - 3) == NULL


cdef inline Body body_of(const Block* block, const Line* line) noexcept nogil:
    cdef Body body
    cdef uint64_t shape = word(block, line.bang), fields = word(block, line.bang + 8)
    if shape & USUAL_MASK != USUAL or fields & SINGLE_MASK != SINGLE or fields & NO_CHANNEL_MASK == NO_CHANNEL:
        return unusual_body(line, shape, fields)
    body.usual, body.parts, body.part, body.code = True, 1, 1, 0
    body.payload = line.bang + BEFORE_PAYLOAD + 1
    body.sound = body.payload + HEAD <= line.last and line.last - line.bang <= LONGEST
    return body


cdef Body unusual_body(const Line* line, uint64_t shape, uint64_t fields) noexcept nogil:
    cdef Body body
    cdef uint64_t rest
    cdef uint8_t sequence = fields >> 24, channel
    body.usual = False
    body.sound = shape & SHAPE_MASK == SHAPE and fields & FIELDS_MASK == FIELDS
    body.sound &= SHORTEST <= line.last - line.bang <= LONGEST
    body.parts, body.part = (shape >> 56) - 0x30, <uint8_t>(fields >> 8) - 0x30
    body.sound &= 1 <= body.parts <= 9 and 1 <= body.part <= body.parts
    body.payload = line.bang + BEFORE_PAYLOAD
    if sequence == COMMA:
        sequence, rest = 0, fields >> 32
    else:
        rest = fields >> 40
        body.sound &= fields >> 32 & 0xFF == COMMA
        body.payload += 1
    channel = rest
    if channel == COMMA:
        channel = 0
    else:
        body.sound &= rest >> 8 & 0xFF == COMMA
        body.payload += 1
    body.sound &= body.part > 1 or body.payload + HEAD <= line.last
    body.code = <uint32_t>(shape >> 8 & 0xFF) << 24 | <uint32_t>(shape >> 16 & 0xFF) << 16 | sequence << 8 | channel
    return body


cdef inline uint64_t decimal(uint64_t digits) noexcept nogil:
    """Eight decimal digits as a number, all at once in the lanes of a word."""
    cdef uint64_t lanes = (digits & <uint64_t>0x0F0F0F0F0F0F0F0F) * 2561 >> 8
    lanes = (lanes & <uint64_t>0x00FF00FF00FF00FF) * 6553601 >> 16
    return (lanes & <uint64_t>0x0000FFFF0000FFFF) * <uint64_t>42949672960001 >> 32


cdef inline Stamp usual_stamp(const Block* block, const Line* line, Py_ssize_t end) noexcept nogil:
    """At a glance: of ten digits up to an end. What stands before it is only told apart, not read."""
    cdef Stamp stamp
    cdef Py_ssize_t lead = BEFORE_END - (end - line.start)
    cdef uint64_t first = word(block, end - 14), last = word(block, end - 6), mixed
    cdef uint64_t digits = first ^ STAMP, more = last ^ END
    cdef uint64_t strays = (digits | digits + SIXES) & STAMP_MASK | (more | more + END_SIXES) & END_MASK
    stamp.sound = strays == 0 and 0 <= lead <= BEFORE_END - BARE and end >= BEFORE_END  # all of it is in the block
    stamp.key, stamp.beside, stamp.group, stamp.at_s, stamp.named = 0, 0, 0, UNSTAMPED, False
    if not stamp.sound:
        return stamp
    mixed = (first & BESIDE_MASK) >> 8 * max(lead - 16, 0) << 8 * max(lead - 16, 0)
    mixed *= K2
    if lead < 16:
        mixed += (word(block, end - 22) >> 8 * max(lead - 8, 0) << 8 * max(lead - 8, 0)) * K3
    if lead < 8:
        mixed += (word(block, end - 30) >> 8 * lead << 8 * lead) * K4
    stamp.beside = hashed(mixed)
    stamp.key = hashed(stamp.beside + decimal(digits >> 32 | more << 32) // HOUR_HUNDREDS_S * K1)
    return stamp


cdef inline bint is_digit(uint8_t character) noexcept nogil:
    return 0x30 <= character <= 0x39


cdef inline int64_t seconds_of(const Block* block, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """Ten digits, or thirteen; less than none: another number of them, or something else."""
    cdef int64_t number = 0
    cdef Py_ssize_t digits = end - at
    if digits != SECONDS_DIGITS and digits != MS_DIGITS:
        return UNSTAMPED
    while at < end:
        if not is_digit(byte(block, at)):
            return UNSTAMPED
        number = 10 * number + byte(block, at) - 0x30
        at += 1
    return number if digits == SECONDS_DIGITS else number // 1000


cdef inline uint32_t group_of(const Block* block, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """The code of a group's id; 0: too long for one."""
    cdef uint64_t id = 0
    if not 1 <= end - at <= ID_BYTES:
        return 0
    while at < end:
        id = id >> 8 | <uint64_t>byte(block, at) << 56
        at += 1
    return IN_GROUP | id * K1 >> 33


cdef inline bint is_closed(const Block* block, const Line* line) noexcept nogil:
    return byte(block, line.bang - CLOSING) == STAR and byte(block, line.bang - 1) == BACKSLASH


cdef Stamp read_stamp(const Block* block, const Line* line) noexcept nogil:
    """Field by field: one tag block, with one stamp in seconds or milliseconds, and one group at most."""
    cdef Stamp stamp, usual
    cdef Py_ssize_t at = line.start + 1, end, star = line.bang - CLOSING, grouped = 0  # where a group at the end begins
    cdef uint64_t others = 0
    cdef uint8_t key, second, third
    stamp.sound, stamp.named = False, False
    stamp.key, stamp.beside, stamp.group, stamp.at_s = 0, 0, 0, UNSTAMPED
    if byte(block, line.start) != BACKSLASH or not is_closed(block, line) or star - at > MOST_TAGS:
        return stamp
    while at <= star:
        end = at
        while end < star and byte(block, end) != COMMA:
            if byte(block, end) == BACKSLASH:
                return stamp
            end += 1
        key, second, third = byte(block, at), byte(block, at + 1), byte(block, at + 2)
        if key == 0x63 and second == COLON:  # c:
            if stamp.at_s != UNSTAMPED:
                return stamp
            stamp.at_s = seconds_of(block, at + 2, end)
            if stamp.at_s == UNSTAMPED:
                return stamp
        elif key == 0x67 and second == COLON:  # g:1-2-4711
            if stamp.group or byte(block, at + 3) != 0x2D or byte(block, at + 5) != 0x2D:
                return stamp
            if not (0x31 <= third <= 0x39 and 0x31 <= byte(block, at + 4) <= 0x39):
                return stamp
            stamp.group, grouped = group_of(block, at + 6, end), at - 1 if end == star else 0
            if not stamp.group:
                return stamp
        elif second == 0x47 and byte(block, at + 3) == COLON:  # 1G2:4711
            if stamp.group or not (0x31 <= key <= 0x39 and 0x31 <= third <= 0x39):
                return stamp
            stamp.group, grouped = group_of(block, at + 4, end), at - 1 if end == star else 0
            if not stamp.group:
                return stamp
        else:
            stamp.named |= key == 0x73 and second == COLON and end > at + 2
            while at <= end:  # with the comma, or the star
                others = (others ^ byte(block, at)) * K2
                others ^= others >> 29
                at += 1
        at = end + 1
    stamp.sound = stamp.at_s != UNSTAMPED
    usual = usual_stamp(block, line, grouped)
    stamp.key = usual.key if usual.sound else hashed(others + <uint64_t>(stamp.at_s // HOUR_S) * K1)
    return stamp


cdef inline Stamp stamp_of(
    const Block* block, const Line* line, const Table* besides, bint is_timed
) noexcept nogil:
    """By a glance, if the same stood beside a stamp that was read before; else field by field.

    Where it is not timed, only the hour of it counts.
    """
    cdef Py_ssize_t end = line.bang - CLOSING
    cdef Stamp usual = usual_stamp(block, line, end), stamp
    usual.sound &= is_closed(block, line)
    if usual.sound and is_in(besides, usual.beside):
        usual.named = end - line.start > BARE
        if is_timed:
            usual.at_s = seconds_of(block, end - SECONDS_DIGITS, end)
        return usual
    stamp = read_stamp(block, line)
    if stamp.sound and usual.sound and not stamp.group:
        stamp.key, stamp.beside = usual.key, usual.beside
    return stamp


cdef inline Verdict verdict_on(
    const Block* block, const Line* line, const Whom* whom, const Table* besides
) noexcept nogil:
    """On a line with one ! and no other mark."""
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


# What a block holds


cdef inline bint put(Columns* columns, const Line* line, const Verdict* verdict, const Table* known) noexcept nogil:
    """Whether there was room for one more line."""
    cdef Py_ssize_t row = columns.rows
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
    if verdict.key and not is_in(known, verdict.key) and columns.asked[verdict.key >> 1 & ASKED - 1] != verdict.key:
        columns.asked[verdict.key >> 1 & ASKED - 1] = verdict.key  # whose lowest bit is set
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

    `whom` is a sealane.whom.Whom; `known` and `besides` are tables of stamps by the upper bits of their hash. The
    columns are those of a sealane.sifted.Found, in its order, `loose` as three: starts, ends, heard, loose, their codes
    and times, radios, keys, besides, unknown. Raises ValueError where a table has another form.
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
    cdef Block held = Block(NULL, block.shape[0])
    cdef Whom followed = whom_of(whom)
    cdef Table of_keys = table_of(known), of_besides = table_of(besides)
    cdef bint is_whole
    if held.size:
        held.bytes = &block[0]
    with nogil:
        is_whole = fill(&columns, &held, &followed, &of_keys, &of_besides)
    if not is_whole:
        return None
    cut, loose_cut = slice(columns.rows), slice(columns.looses)
    return (
        starts[cut], ends[cut], heard[: columns.heards], loose[loose_cut], codes[loose_cut], at_s[loose_cut],
        radios[cut], keys[cut], besides_[cut], unknown[: columns.unknowns],
    )


# What the stamp of a line tells


cdef inline bint is_other(const Block* block, Py_ssize_t at) noexcept nogil:
    """Whether a character is none by which a sentence is cut."""
    return byte(block, at) not in (COMMA, STAR, BANG, BACKSLASH)


cdef inline bint is_sentence(const Block* block, Py_ssize_t bang, Py_ssize_t end) noexcept nogil:
    """Whether one is there of just seven fields, and nothing trails."""
    cdef const uint8_t* found = find(block, STAR, bang, end)
    cdef Py_ssize_t star, at
    cdef int commas = 0
    if found == NULL or word(block, bang) & SHAPE_MASK != SHAPE or word(block, bang + 8) & FIELDS_MASK != FIELDS:
        return False
    star = found - block.bytes
    for at in range(bang + 1, end):
        if byte(block, at) == BANG or (byte(block, at) == COMMA and at > star):
            return False
        commas += byte(block, at) == COMMA
    return (
        commas == 6
        and is_other(block, bang + 1)
        and is_other(block, bang + 2)
        and 0x31 <= byte(block, bang + 7) <= 0x39
        and 0x31 <= byte(block, bang + 9) <= 0x39
        and byte(block, star - 2) == COMMA
        and 0x30 <= byte(block, star - 1) <= 0x35
    )


cdef inline Py_ssize_t digits_of(const Block* block, Py_ssize_t at, Py_ssize_t star) noexcept nogil:
    """Where the ten digits begin of a stamp that is the last field up to a star, but for a group; 0: no such stamp."""
    cdef const uint8_t* comma
    while byte(block, at) != 0x63:  # c
        comma = find(block, COMMA, at + 1, star)
        if comma == NULL or byte(block, at) == COMMA:
            return 0
        at = comma - block.bytes + 1
    at += 2
    if byte(block, at - 1) != COLON or at + SECONDS_DIGITS > star or seconds_of(block, at, at + SECONDS_DIGITS) < 0:
        return 0
    if at + SECONDS_DIGITS == star:
        return at
    comma = find(block, COMMA, at + SECONDS_DIGITS + 1, star)
    if comma == NULL and word(block, at + SECONDS_DIGITS) & GROUP_MASK == GROUP:
        return at
    return 0


cdef inline int hex_of(uint8_t character, bint is_lower) noexcept nogil:
    if is_digit(character):
        return character - 0x30
    character -= 0x61 if is_lower else 0x41
    return character + 10 if character < 6 else -1


cdef inline bint is_summed(const Block* block, Py_ssize_t at, Py_ssize_t star) noexcept nogil:
    """Whether the checksum after a star is that of what stands before it; its letters are all large, or all small."""
    cdef uint8_t sum = 0, one = byte(block, star + 1), two = byte(block, star + 2)
    cdef bint is_lower = one > 0x60 or two > 0x60
    cdef int high = hex_of(one, is_lower), low = hex_of(two, is_lower)
    while at < star:
        sum ^= byte(block, at)
        at += 1
    return high >= 0 and low >= 0 and sum == high << 4 | low


def tell(const uint8_t[::1] block, const Py_ssize_t[::1] starts, const Py_ssize_t[::1] ends):
    """What lines of a block say of their time if they are as sealane.telling.USUAL.

    Where the digits of the stamp begin, 0 where a line is of another form; and Unix time in seconds, less than 0 where
    something is wrong with it.
    """
    cdef Py_ssize_t row, count = starts.shape[0], star
    digits, at_s = np.zeros(count, np.intp), np.full(count, NO_STAMP, np.int64)
    cdef Py_ssize_t[::1] digits_ = digits
    cdef int64_t[::1] at_s_ = at_s
    cdef Block held = Block(NULL, block.shape[0])
    cdef const uint8_t* found
    cdef bint is_part
    if held.size:
        held.bytes = &block[0]
    for row in range(count):
        if not 0 <= starts[row] < ends[row] <= held.size or byte(&held, starts[row]) != BACKSLASH:
            continue
        found = find(&held, STAR, starts[row], ends[row])
        if found == NULL or find(&held, BACKSLASH, starts[row] + 1, found - held.bytes) != NULL:
            continue
        star = found - held.bytes
        if star + CLOSING >= ends[row] or byte(&held, star + 3) != BACKSLASH:
            continue
        if not is_sentence(&held, star + CLOSING, ends[row]):
            continue
        digits_[row] = digits_of(&held, starts[row] + 1, star)
        is_part = byte(&held, star + CLOSING + 9) <= byte(&held, star + CLOSING + 7)  # of no more than there are
        if digits_[row] and is_part and is_summed(&held, starts[row] + 1, star):
            at_s_[row] = seconds_of(&held, digits_[row], digits_[row] + SECONDS_DIGITS)
    return digits, at_s


# Tables as they are laid out by others


cdef Whom whom_of(whom):
    cdef Whom held
    held.radios, held.met, held.imos = set_of(whom.radios), set_of(whom.met), set_of(whom.imos)
    held.fine, held.coarse = boxes_of(whom.fine), boxes_of(whom.coarse)
    return held


cdef Table table_of(const uint64_t[::1] slots):
    cdef Py_ssize_t count = slots.shape[0]
    if count < 2 or count & count - 1:
        raise ValueError(f"a table of {count} slots, expected a power of two")
    return Table(&slots[0], 65 - int(count).bit_length())


cdef Set set_of(numbers):
    cdef const uint8_t[::1] maybe = numbers.maybe
    cdef const uint64_t[::1] ascending = numbers.ascending
    cdef int shift = numbers.shift
    cdef Set held = Set(NULL, shift, NULL, ascending.shape[0])
    if maybe.shape[0] != 1 << 64 - shift:
        raise ValueError(f"a table of {maybe.shape[0]} slots, expected {1 << 64 - shift}")
    held.maybe = &maybe[0]
    if held.count:
        held.numbers = &ascending[0]
    return held


cdef Boxes boxes_of(const int64_t[:, ::1] limits):
    if limits.shape[1] != 4:
        raise ValueError(f"boxes of {limits.shape[1]} limits, expected south, north, west, east")
    cdef Boxes boxes = Boxes(NULL, limits.shape[0])
    if boxes.count:
        boxes.limits = &limits[0, 0]
    return boxes
