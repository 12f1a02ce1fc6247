# Of the mesh: stamps in tag blocks.
#
#     \s:NORTH,c:1704067200*hh\   of this form, where the same was read before: at a glance, by a hash
#     any other tag block           field by field; whatever is unusual in it is left to the plain form

from sealane.sieve.tagged import GROUPED, NO_STAMP

cdef enum:
    BARE = 13  # bytes of `\c:dddddddddd`: a stamp alone
    BEFORE_END = 30  # bytes of a stamp's end that are looked at by words
    CLOSING = 4  # `*hh\`
    SECONDS_DIGITS = 10
    MS_DIGITS = 13
    HOUR_S = 3600
    HOUR_HUNDREDS_S = 36
    ID_BYTES = 8  # of a group; a longer one is left to the plain form
    MOST_TAGS = 120  # bytes

cdef uint32_t IN_GROUP = GROUPED
cdef int64_t UNSTAMPED = NO_STAMP
# Ten digits in two words. Less their zeros, those above nine have a high bit, or get one when six is added.
cdef uint64_t STAMP = of(b"\0\0c:0000"), STAMP_MASK = of(b"\0\0\xff\xff\xf0\xf0\xf0\xf0")
cdef uint64_t SIXES = of(b"\0\0\0\0\6\6\6\6")
cdef uint64_t END = of(b"000000"), END_MASK = of(b"\xf0\xf0\xf0\xf0\xf0\xf0"), END_SIXES = of(b"\6\6\6\6\6\6")
cdef uint64_t BESIDE_MASK = 0xFFFF


cdef struct Stamp:
    bint sound
    bint named  # by a station: no trailer can name another
    bint counted  # with the number of its line (n:), which says nothing here, beside it
    uint64_t key  # of station and hour; 0: no tag block
    uint64_t beside  # of what stands beside it, where that is of the usual form; else 0
    uint32_t group  # its code; 0: none
    int64_t at_s


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
    stamp.sound, stamp.named, stamp.counted = False, False, False
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
        elif key == 0x6E and second == COLON:  # n:157036
            stamp.counted = True
        else:
            stamp.named |= key == 0x73 and second == COLON and end > at + 2
            while at <= end:  # with the comma, or the star
                others = (others ^ byte(block, at)) * K2
                others ^= others >> 29
                at += 1
        at = end + 1
    stamp.sound = stamp.at_s != UNSTAMPED
    usual = usual_stamp(block, line, grouped)
    if usual.sound and not stamp.counted:
        stamp.key = usual.key
    else:
        stamp.key = hashed(others + <uint64_t>(stamp.at_s // HOUR_S) * K1)
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
    if stamp.sound and usual.sound and not stamp.group and not stamp.counted:
        stamp.key, stamp.beside = usual.key, usual.beside
    return stamp
