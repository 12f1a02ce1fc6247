# Of the mesh: whom a payload's first twenty characters show (heads.py).

from sealane.sieve.heads import LAT_BITS, LON_BITS, SHIFTS, STATICS

cdef enum:
    HEAD = 20  # characters
    KINDS = 64
    STATIC_AND_VOYAGE = 5
    LONG_RANGE = 27

cdef uint64_t THIRTY_BITS = (1 << 30) - 1
cdef uint8_t LON_SHIFT[KINDS]  # by type of message; both 0: it has no such position
cdef uint8_t LAT_SHIFT[KINDS]
cdef uint8_t IS_STATIC[KINDS]
for kind in range(KINDS):
    LON_SHIFT[kind], LAT_SHIFT[kind] = SHIFTS.get(kind, (0, 0))
    IS_STATIC[kind] = kind in STATICS
cdef int LON = LON_BITS, LAT = LAT_BITS


cdef struct Bits:
    uint64_t value
    bint strange


cdef struct Set:  # of numbers, as sealane.sieve.numbers lays it out
    const uint8_t* maybe  # a bit a slot
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
    cdef uint64_t slot = number * K1 >> numbers.shift
    if not numbers.maybe[slot >> 3] >> (slot & 7) & 1:
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


cdef Whom whom_of(whom):
    cdef Whom held
    held.radios, held.met, held.imos = set_of(whom.radios), set_of(whom.met), set_of(whom.imos)
    held.fine, held.coarse = boxes_of(whom.fine), boxes_of(whom.coarse)
    return held


cdef Set set_of(numbers):
    cdef const uint8_t[::1] maybe = numbers.bits
    cdef const uint64_t[::1] ascending = numbers.ascending
    cdef int shift = numbers.shift
    cdef Set held = Set(NULL, shift, NULL, ascending.shape[0])
    if 8 * maybe.shape[0] != 1 << 64 - shift:
        raise ValueError(f"a table of {8 * maybe.shape[0]} slots, expected {1 << 64 - shift}")
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
