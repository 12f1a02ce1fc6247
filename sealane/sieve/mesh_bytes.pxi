# Of the mesh: bytes of a block, and hashes.

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy, memset

from sealane.sieve.tagged import K

cdef extern from *:
    """
    #if !defined(__GNUC__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    #error "sealane/sieve/mesh.pyx: needs gcc or clang, and bytes in little-endian order"
    #endif
    #define EACH 0x0101010101010101ULL
    #define TOPS 0x8080808080808080ULL
    """
    const uint64_t EACH, TOPS
    uint64_t __builtin_bswap64(uint64_t) nogil
    int __builtin_ctzll(uint64_t) nogil

cdef enum:
    TABLE_BITS = 14  # KNOWN_BITS of the sieve
    LINE_END = 0x0A
    RETURN = 0x0D
    BANG = 0x21
    STAR = 0x2A
    COMMA = 0x2C
    COLON = 0x3A
    BACKSLASH = 0x5C

cdef uint64_t K1 = K, K2 = 0xC2B2AE3D27D4EB4F, K3 = 0x165667B19E3779F9, K4 = 0xD6E8FEB86659FD93


cdef uint64_t of(bytes text):
    """As a word it is compared with."""
    return int.from_bytes(text, "little")


cdef struct Block:
    const uint8_t* bytes
    Py_ssize_t size
    Py_ssize_t words  # places where eight bytes begin


cdef Block block_of(const uint8_t[::1] bytes):
    cdef Block block = Block(NULL, bytes.shape[0], max(bytes.shape[0] - 7, 0))
    if block.size:
        block.bytes = &bytes[0]
    return block


cdef inline bint is_below(Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """From 0 on: what is less is, without a sign, more than any end."""
    return <size_t>at < <size_t>end


cdef inline uint8_t byte(const Block* block, Py_ssize_t at) noexcept nogil:
    """0 outside of the block."""
    return block.bytes[at] if is_below(at, block.size) else 0


cdef inline uint64_t word(const Block* block, Py_ssize_t at) noexcept nogil:
    """Eight bytes, the first the lowest; 0 where they are not all of the block."""
    cdef uint64_t held = 0
    if is_below(at, block.words):
        memcpy(&held, block.bytes + at, 8)
    return held


cdef inline uint64_t within(const Block* block, Py_ssize_t at) noexcept nogil:
    """The same of a line that is in the open: nobody looks whether they are all of the block."""
    cdef uint64_t held
    memcpy(&held, block.bytes + at, 8)
    return held


cdef inline const uint8_t* find(const Block* block, uint8_t sought, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """The first such byte from one place up to another, both within the block."""
    return <const uint8_t*>memchr(block.bytes + at, sought, end - at) if at < end else NULL


cdef inline uint64_t hashed(uint64_t mixed) noexcept nogil:
    """In the upper bits; never 0."""
    return (mixed ^ mixed >> 32) * K1 | 1


cdef inline uint64_t spread(uint64_t number) noexcept nogil:
    """Of a number, in the upper bits (numbers.py)."""
    cdef uint64_t mixed = number * K1
    return (mixed ^ mixed >> 32) * K2


cdef inline bint is_in(const uint64_t* table, uint64_t hash) noexcept nogil:
    """Whether a hash is in a table, by its upper bits."""
    return table[hash >> 64 - TABLE_BITS] == hash


cdef const uint64_t* table_of(const uint64_t[::1] slots) except NULL:
    if slots.shape[0] != 1 << TABLE_BITS:
        raise ValueError(f"a table of {slots.shape[0]} slots, expected {1 << TABLE_BITS}")
    return &slots[0]
