# Of the mesh: where lines end, and where a ! stands, of 64 bytes at once: a bit each in a word.

cdef extern from *:
    """
    static inline uint64_t bits_of_bytes_by_words(const uint8_t* bytes, uint8_t sought) {
        const uint64_t low = 0x7F7F7F7F7F7F7F7FULL, each = sought * 0x0101010101010101ULL;
        uint64_t found = 0;
        for (int place = 0; place < 8; place++) {
            uint64_t held;
            memcpy(&held, bytes + 8 * place, 8);
            held ^= each;  /* 0 where it stands */
            held = ~(((held & low) + low) | held | low);  /* its top bit set, and nothing else */
            found |= ((held >> 7) * 0x0102040810204080ULL >> 56) << 8 * place;
        }
        return found;
    }
    #ifdef __SSE2__
    #include <emmintrin.h>
    static inline uint64_t bits_of_bytes(const uint8_t* bytes, uint8_t sought) {
        const __m128i each = _mm_set1_epi8((char)sought);
        uint64_t found = 0;
        #pragma GCC unroll 4
        for (int place = 0; place < 4; place++) {
            __m128i held = _mm_loadu_si128((const __m128i*)bytes + place);
            found |= (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(held, each)) << 16 * place;
        }
        return found;
    }
    #else
    #define bits_of_bytes bits_of_bytes_by_words
    #endif
    """
    uint64_t bits_of_bytes(const uint8_t* bytes, uint8_t sought) nogil
    uint64_t bits_of_bytes_by_words(const uint8_t* bytes, uint8_t sought) nogil

cdef enum:
    AT_ONCE = 64  # bytes

cdef uint64_t HIGHEST = <uint64_t>1 << 63


cdef struct Marks:
    Py_ssize_t room  # for as many of each
    Py_ssize_t ends
    Py_ssize_t bangs
    Py_ssize_t* end  # where each line's end stands
    Py_ssize_t* bang  # where each ! stands


cdef inline Py_ssize_t put_down(Py_ssize_t* places, Py_ssize_t count, Py_ssize_t at, uint64_t bits) noexcept nogil:
    """How many places there are with those of the set bits.

    Of 64 bytes mostly one or none is set, nobody can guess which: so the first is put down in either case.
    """
    places[count] = at + __builtin_ctzll(bits | HIGHEST)
    count += bits != 0
    bits &= bits - 1
    while bits:
        places[count] = at + __builtin_ctzll(bits)
        count += 1
        bits &= bits - 1
    return count


cdef bint mark(Marks* marks, const Block* block) noexcept nogil:
    """All of a block, and two ! where it ends; False: they are more than there is room for."""
    cdef Py_ssize_t at = 0, most = marks.room - AT_ONCE - 2
    cdef uint8_t[AT_ONCE] rest
    marks.ends = marks.bangs = 0
    while at + AT_ONCE <= block.size:
        if marks.ends > most or marks.bangs > most:
            return False
        marks.ends = put_down(marks.end, marks.ends, at, bits_of_bytes(block.bytes + at, LINE_END))
        marks.bangs = put_down(marks.bang, marks.bangs, at, bits_of_bytes(block.bytes + at, BANG))
        at += AT_ONCE
    if marks.ends > most or marks.bangs > most:
        return False
    memset(rest, 0, AT_ONCE)
    memcpy(rest, block.bytes + at, block.size - at)
    marks.ends = put_down(marks.end, marks.ends, at, bits_of_bytes_by_words(rest, LINE_END))
    marks.bangs = put_down(marks.bang, marks.bangs, at, bits_of_bytes_by_words(rest, BANG))
    marks.bang[marks.bangs] = marks.bang[marks.bangs + 1] = block.size
    return True
