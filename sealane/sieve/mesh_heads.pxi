# Of the mesh: whom a payload's first twenty characters show (heads.py).
#
#     at a glance    its radio, by the characters that say it; and whether two of its longitude's may be near (pairs.py)
#     closely        those few that may be followed: their IMO number, and both their angles

from sealane.sieve.heads import LAT_BITS, LON_BITS, SHIFTS, STATICS
from sealane.sieve.pairs import OF_MET, REACH, SHOWN_AT_BYTE
from sealane.sieve.radios import LANES

cdef enum:
    KINDS = 64
    STATIC_AND_VOYAGE = 5
    LONG_RANGE = 27

cdef uint64_t THIRTY_BITS = (1 << 30) - 1, RADIO = LANES
cdef uint64_t UPPER = 0x40 * EACH, TOO_HIGH = 0xC0 * EACH
cdef int SHOWN_AT = 8 * SHOWN_AT_BYTE  # bits of a payload's second word
cdef uint8_t REACH_OF[256]  # by a payload's first character
for character in range(256):
    REACH_OF[character] = REACH[character]
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
    const uint8_t* bits
    int shift
    const uint64_t* hashes
    const uint32_t* begins
    uint32_t count


cdef struct Boxes:  # round the area: south, north, west, east, in the unit of the position
    const int64_t* limits
    Py_ssize_t count


cdef struct Whom:
    Set radios  # as lanes
    Set met
    Set imos
    const uint8_t* near  # by two characters
    uint8_t of_met  # OF_MET, if anybody was met
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


cdef inline bint holds(const Set* numbers, uint64_t hash) noexcept nogil:
    """Whether it holds the number that has a hash."""
    cdef uint64_t slot = hash >> numbers.shift
    cdef uint32_t each
    if not numbers.bits[slot >> 3] >> (slot & 7) & 1:
        return False
    for each in range(numbers.begins[slot >> 3], min(numbers.begins[(slot >> 3) + 1], numbers.count)):
        if numbers.hashes[each] == hash:
            return True
    return False


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
            held = bits_of(within(block, lat_at))
            if held.strange or box[0] <= signed(held.value >> lat_shift, lat_bits) <= box[1]:
                return True
    return False


cdef bint is_followed(const Block* block, Py_ssize_t at, const Whom* whom, uint64_t lanes) noexcept nogil:
    """Closely: whether a head, but for its radio, shows somebody followed, or cannot be told from here."""
    cdef uint64_t one = within(block, at), two = within(block, at + 8)
    cdef Bits held
    cdef int kind = lanes & 0xFF
    if IS_STATIC[kind] and holds(&whom.met, spread(lanes & RADIO)):
        return True
    if LAT_SHIFT[kind]:
        held = bits_of(two)
        return held.strange or may_be_in(
            &whom.fine, signed(held.value >> LON_SHIFT[kind], LON), block, at + 12, LAT_SHIFT[kind], LAT
        )
    held = bits_of(one >> 32 | two << 32)
    if kind == STATIC_AND_VOYAGE:
        return held.strange or holds(&whom.imos, spread(held.value >> 2 & THIRTY_BITS))
    if kind == LONG_RANGE:
        return held.strange or may_be_in(&whom.coarse, signed(held.value >> 10, 18), block, at + 8, 17, 17)
    return False


cdef inline bint may_be_followed(const Block* block, Py_ssize_t at, const Whom* whom, uint64_t* radio) noexcept nogil:
    """Whether a payload's head shows somebody followed, or cannot be told from here. `radio`: a hash of who it is."""
    cdef uint64_t one = within(block, at), two = within(block, at + 8)
    cdef uint64_t upper = one & one << 1 & UPPER  # those from 0x60 on
    cdef uint64_t lanes = one - 0x30 * EACH - (upper >> 3)  # six bits a byte
    cdef uint64_t strange = lanes & TOO_HIGH | (lanes + 0x58 * EACH ^ upper << 1) & TOPS  # 0x58 to 0x5F are none
    cdef uint64_t commas = two ^ COMMA * EACH
    cdef uint8_t reach = REACH_OF[<uint8_t>one], near = whom.near[<uint16_t>(two >> SHOWN_AT)]
    radio[0] = spread(lanes & RADIO)
    if strange or holds(&whom.radios, radio[0]):
        return True
    if not (reach & (near | whom.of_met) or reach and (commas - EACH) & ~commas & TOPS):
        return False
    return is_followed(block, at, whom, lanes)


cdef Whom whom_of(whom):
    cdef Whom held
    cdef const uint8_t[::1] near = whom.near
    if near.shape[0] != 1 << 16:
        raise ValueError(f"{near.shape[0]} pairs of characters, expected {1 << 16}")
    held.near, held.of_met = &near[0], OF_MET if len(whom.met) else 0
    held.radios, held.met, held.imos = set_of(whom.radios), set_of(whom.met), set_of(whom.imos)
    held.fine, held.coarse = boxes_of(whom.fine), boxes_of(whom.coarse)
    return held


cdef Set set_of(numbers):
    cdef const uint8_t[::1] bits = numbers.bits
    cdef const uint64_t[::1] hashes = numbers.hashes
    cdef const uint32_t[::1] begins = numbers.begins
    cdef int shift = numbers.shift
    if 8 * bits.shape[0] != 1 << 64 - shift or begins.shape[0] != bits.shape[0] + 1:
        raise ValueError(f"a table of {8 * bits.shape[0]} slots, expected {1 << 64 - shift}")
    cdef Set held = Set(&bits[0], shift, NULL, &begins[0], hashes.shape[0])
    if held.count:
        held.hashes = &hashes[0]
    return held


cdef Boxes boxes_of(const int64_t[:, ::1] limits):
    if limits.shape[1] != 4:
        raise ValueError(f"boxes of {limits.shape[1]} limits, expected south, north, west, east")
    cdef Boxes boxes = Boxes(NULL, limits.shape[0])
    if boxes.count:
        boxes.limits = &limits[0, 0]
    return boxes
