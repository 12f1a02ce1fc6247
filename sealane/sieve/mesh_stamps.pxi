# Of the mesh: stamps in tag blocks.
#
#     \s:NORTH,c:1704067200*hh\   of this form, where the same was read before: at a glance, by a hash
#     any other tag block           field by field; whatever is unusual in it is left to the plain form

from sealane.sieve.tagged import GROUPED, NO_STAMP

cdef enum:
    BARE = 3  # bytes beside a stamp alone: `\c:`
    MOST_BESIDE = 24
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
cdef uint64_t STAMP = of(b"c:000000"), STAMP_MASK = of(b"\xff\xff\xf0\xf0\xf0\xf0\xf0\xf0")
cdef uint64_t SIXES = of(b"\0\0\6\6\6\6\6\6")
cdef uint64_t END = of(b"0000*\0\0\\"), END_SIXES = of(b"\6\6\6\6")
cdef uint64_t CLOSED = of(b"\xf0\xf0\xf0\xf0\xff\0\0\xff"), FOUR_DIGITS = of(b"\xf0\xf0\xf0\xf0")


cdef struct Stamp:
    bint sound
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


cdef inline Stamp no_stamp() noexcept nogil:
    return Stamp(sound=False, counted=False, key=0, beside=0, group=0, at_s=UNSTAMPED)


cdef struct Apart:  # by what stamps are told apart
    uint64_t beside  # a hash of what stands beside
    uint64_t key  # and of the hour
    uint64_t digits  # of its time but for the last two: mostly those of the stamp before
    uint64_t hundreds_s  # what they say
    uint64_t hour  # mixed


cdef inline bint are_told_apart(
    const Block* block, const Line* line, Py_ssize_t end, uint64_t closing, Apart* apart
) noexcept nogil:
    """Whether `c:` and ten digits end there, closed in a way."""
    cdef Py_ssize_t size = end - SECONDS_DIGITS - line.start  # of what stands beside
    cdef uint64_t first, last, mixed, digits
    if not BARE <= size <= MOST_BESIDE:
        return False
    first, last = within(block, end - 12) ^ STAMP, within(block, end - 4) ^ END
    if (first | first + SIXES) & STAMP_MASK | (last | last + END_SIXES) & closing:
        return False
    mixed = within(block, line.start) * K2
    if size < 8:
        mixed <<= 8 * (8 - size)
    else:
        mixed += within(block, end - 18) * K3 + <uint64_t>size * K1
        if size > 16:
            mixed += within(block, line.start + 8) * K4
    digits = first >> 16 | last << 48
    if digits != apart.digits:
        apart.digits, apart.hundreds_s = digits, decimal(digits)
        apart.hour = apart.hundreds_s // HOUR_HUNDREDS_S * K2  # by another number than hashes are made with
    apart.beside = hashed(mixed)
    apart.key = hashed(apart.beside + apart.hour)
    return True


cdef inline bint is_named(const Line* line) noexcept nogil:
    """Whether anything stands beside a stamp of the usual form: then no trailer can name a station."""
    return line.bang - CLOSING - SECONDS_DIGITS - line.start > BARE


cdef inline bint is_digit(uint8_t character) noexcept nogil:
    return 0x30 <= character <= 0x39


cdef inline int64_t seconds_of(const Block* block, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """Ten digits, or thirteen, of the block; less than none: another number of them, or something else."""
    cdef int64_t number = 0
    cdef Py_ssize_t digits = end - at
    if digits != SECONDS_DIGITS and digits != MS_DIGITS:
        return UNSTAMPED
    while at < end:
        if not is_digit(block.bytes[at]):
            return UNSTAMPED
        number = 10 * number + block.bytes[at] - 0x30
        at += 1
    return number if digits == SECONDS_DIGITS else number // 1000


cdef inline uint32_t group_of(const Block* block, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """The code of a group's id; 0: too long for one."""
    cdef uint64_t id = 0
    if not 1 <= end - at <= ID_BYTES:
        return 0
    while at < end:
        id = id >> 8 | <uint64_t>block.bytes[at] << 56
        at += 1
    return IN_GROUP | id * K1 >> 33


cdef inline bint is_closed(const Block* block, const Line* line) noexcept nogil:
    return block.bytes[line.bang - CLOSING] == STAR and block.bytes[line.bang - 1] == BACKSLASH


cdef Stamp read_stamp(const Block* block, const Line* line, Apart* apart) noexcept nogil:
    """Field by field: one tag block, with one stamp in seconds or milliseconds, and one group at most."""
    cdef Stamp stamp = no_stamp()
    cdef Py_ssize_t at = line.start + 1, end, star = line.bang - CLOSING, grouped = 0  # where a group at the end begins
    cdef uint64_t others = 0
    cdef uint8_t key, second, third
    if not at <= star <= at + MOST_TAGS or block.bytes[line.start] != BACKSLASH or not is_closed(block, line):
        return stamp
    while at <= star:
        end = at
        while end < star and block.bytes[end] != COMMA:
            if block.bytes[end] == BACKSLASH:
                return stamp
            end += 1
        key, second, third = block.bytes[at], block.bytes[at + 1], block.bytes[at + 2]
        if key == 0x63 and second == COLON:  # c:
            if stamp.at_s != UNSTAMPED:
                return stamp
            stamp.at_s = seconds_of(block, at + 2, end)
            if stamp.at_s == UNSTAMPED:
                return stamp
        elif key == 0x67 and second == COLON:  # g:1-2-4711
            if stamp.group or block.bytes[at + 3] != 0x2D or block.bytes[at + 5] != 0x2D:
                return stamp
            if not (0x31 <= third <= 0x39 and 0x31 <= block.bytes[at + 4] <= 0x39):
                return stamp
            stamp.group, grouped = group_of(block, at + 6, end), at - 1 if end == star else 0
            if not stamp.group:
                return stamp
        elif second == 0x47 and block.bytes[at + 3] == COLON:  # 1G2:4711
            if stamp.group or not (0x31 <= key <= 0x39 and 0x31 <= third <= 0x39):
                return stamp
            stamp.group, grouped = group_of(block, at + 4, end), at - 1 if end == star else 0
            if not stamp.group:
                return stamp
        elif key == 0x6E and second == COLON:  # n:157036
            stamp.counted = True
        else:
            while at <= end:  # with the comma, or the star
                others = (others ^ block.bytes[at]) * K2
                others ^= others >> 29
                at += 1
        at = end + 1
    stamp.sound = stamp.at_s != UNSTAMPED
    if not stamp.counted and are_told_apart(block, line, grouped, FOUR_DIGITS, apart):
        stamp.key, stamp.beside = apart.key, apart.beside
    else:
        stamp.key = hashed(others + <uint64_t>(stamp.at_s // HOUR_S) * K1)
    return stamp


cdef inline bint is_like_one_read(
    const Block* block, const Line* line, const uint64_t* besides, Apart* apart
) noexcept nogil:
    """Whether the same stood beside a stamp that was read before."""
    return are_told_apart(block, line, line.bang - CLOSING, CLOSED, apart) and is_in(besides, apart.beside)


cdef Stamp stamp_of(const Block* block, const Line* line, const uint64_t* besides, Apart* apart) noexcept nogil:
    """By what stands beside it, if that was read before; else field by field."""
    cdef Stamp stamp
    cdef Py_ssize_t end = line.bang - CLOSING
    cdef bint is_usual = are_told_apart(block, line, end, CLOSED, apart)
    cdef uint64_t beside = apart.beside, key = apart.key
    if is_usual and is_in(besides, beside):
        stamp = Stamp(sound=True, counted=False, key=key, beside=beside, group=0, at_s=0)
        stamp.at_s = 100 * apart.hundreds_s + 10 * (block.bytes[end - 2] & 15) + (block.bytes[end - 1] & 15)
        return stamp
    stamp = read_stamp(block, line, apart)
    if stamp.sound and is_usual and not stamp.group and not stamp.counted:
        stamp.key, stamp.beside = key, beside
    return stamp
