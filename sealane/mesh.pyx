# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True, initializedcheck=False
"""Mesh: the sieve's first look, compiled."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

import numpy as np

cdef extern from *:
    """
    #define first_bit(word) ((unsigned)__builtin_ctzll(word))
    """
    unsigned first_bit(uint64_t word) nogil

cdef uint64_t EACH = 0x0101010101010101
cdef uint64_t TOPS = 0x8080808080808080

cdef uint64_t K1 = 0x9E3779B97F4A7C15, K2 = 0xC2B2AE3D27D4EB4F, K3 = 0x165667B19E3779F9, K4 = 0xD6E8FEB86659FD93


cdef inline uint64_t word_at(const uint8_t* at) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, at, 8)
    return word


cdef inline uint64_t of_text(bytes text):
    return int.from_bytes(text, "little")


cdef struct Bits:
    uint64_t value
    bint strange


cdef inline Bits bits_of(uint64_t characters) noexcept nogil:
    """Eight characters of armour as 48 bits."""
    cdef Bits bits
    cdef uint64_t upper = characters + (0x80 - 0x58) * EACH
    cdef uint64_t strange = (
        characters | characters + (0x80 - 0x78) * EACH | ~(characters + (0x80 - 0x30) * EACH) | upper & ~(characters << 2)
    )
    cdef uint64_t lanes = __builtin_bswap64(characters - 0x30 * EACH - ((upper & TOPS) >> 4))
    cdef uint64_t pairs = (lanes & <uint64_t>0x3F003F003F003F00) >> 2 | lanes & <uint64_t>0x003F003F003F003F
    cdef uint64_t fours = (pairs & <uint64_t>0x0FFF00000FFF0000) >> 4 | pairs & <uint64_t>0x00000FFF00000FFF
    bits.value = (fours >> 32) << 24 | fours & 0xFFFFFF
    bits.strange = strange & TOPS != 0
    return bits


cdef extern from *:
    uint64_t __builtin_bswap64(uint64_t word) nogil


cdef inline uint64_t decimal(uint64_t digits) noexcept nogil:
    cdef uint64_t lanes = (digits & <uint64_t>0x0F0F0F0F0F0F0F0F) * 2561 >> 8
    lanes = (lanes & <uint64_t>0x00FF00FF00FF00FF) * 6553601 >> 16
    return (lanes & <uint64_t>0x0000FFFF0000FFFF) * <uint64_t>42949672960001 >> 32


cdef uint64_t SHAPE = of_text(b"\0\0!\0\0VDM"), SHAPE_MASK = of_text(b"\0\0\xff\0\0\xff\xff\xfd")
cdef uint64_t FIELDS = of_text(b",1,1,,\0,"), FIELDS_MASK = of_text(b"\xff\xff\xff\xff\xff\xff\0\xff")
cdef uint64_t NO_CHANNEL = of_text(b",1,1,,,,")
cdef uint64_t STAMP = of_text(b"\0\0c:0000"), STAMP_END = of_text(b"000000*\0")
cdef uint64_t STAMP_MASK = of_text(b"\0\0\xff\xff\xf0\xf0\xf0\xf0"), STAMP_END_MASK = of_text(b"\xf0\xf0\xf0\xf0\xf0\xf0\xff\0")
cdef uint64_t SIXES = of_text(b"\0\0\0\0\6\6\6\6"), SIXES_END = of_text(b"\6\6\6\6\6\6\0\0")


def look(const uint8_t[::1] block, const uint8_t[::1] near, const uint8_t[::1] reach, const uint8_t[::1] radios, int radios_shift, const uint64_t[::1] known, const uint64_t[::1] known_besides, int known_shift):
    cdef Py_ssize_t size = block.shape[0], room = size // 24 + 16
    starts_, ends_ = np.empty(room, np.intp), np.empty(room, np.intp)
    keys_, besides_, radios_ = np.empty(room, np.uint64), np.empty(room, np.uint64), np.empty(room, np.uint16)
    rest_, telling_ = np.empty(room, np.intp), np.empty(room, np.intp)
    bangs_, lasts_, sounds_ = np.empty(room, np.intp), np.empty(room, np.intp), np.empty(room, np.bool_)
    cdef Py_ssize_t[::1] starts = starts_, ends = ends_, rest = rest_, telling = telling_, bangs = bangs_, lasts = lasts_
    cdef uint64_t[::1] keys = keys_, besides = besides_
    cdef uint16_t[::1] hashes = radios_
    cdef uint8_t[::1] sounds = sounds_.view(np.uint8)
    cdef Py_ssize_t lines = 0, rests = 0, tells = 0
    cdef Py_ssize_t at = 0, mark, start = 0, first = 0, last, lead_size
    cdef int marks = 0
    cdef uint8_t kind, first_kind = 0, last_kind = 0
    cdef Py_ssize_t last_mark = 0
    cdef uint64_t hit, w, shape, fields, stamp, end, far, nearw, digits, more, lead, mixed, beside, key, hours, one, two, mmsi
    cdef bint sound, is_stamped, passed, is_known, found
    cdef Bits b
    cdef uint8_t r
    cdef const uint8_t* base = &block[0]
    with nogil:
        while at < size:
            if at + 8 <= size:
                w = word_at(base + at)
                hit = (w - 0x22 * EACH) & ~w & TOPS
            else:
                hit = 0
                for mark in range(at, size):
                    if base[mark] < 0x22:
                        hit |= <uint64_t>0x80 << 8 * (mark - at)
            while hit:
                mark = at + (first_bit(hit) >> 3)
                hit &= hit - 1
                kind = base[mark]
                if kind >= 0x22:
                    continue
                if kind != 10:
                    if marks == 0:
                        first, first_kind = mark, kind
                    marks += 1
                    last_mark, last_kind = mark, kind
                    continue
                # a line from start to mark
                last = mark
                sound = first_kind == 0x21 and marks == 1
                if marks == 2 and first_kind == 0x21 and last_kind == 13 and last_mark == mark - 1:
                    sound = True
                    last = mark - 1
                if lines == room:
                    with gil:
                        return None
                starts[lines] = start
                ends[lines] = mark
                key = beside = 0
                passed = False
                mmsi = 0
                if sound and first >= 34 and first + 30 <= size:
                    far = word_at(base + first - 34)
                    nearw = word_at(base + first - 26)
                    stamp = word_at(base + first - 18)
                    end = word_at(base + first - 10)
                    shape = word_at(base + first - 2)
                    fields = word_at(base + first + 6)
                    lead_size = first - start
                    digits, more = stamp ^ STAMP, end ^ STAMP_END
                    lead = 34 - lead_size
                    is_stamped = (
                        ((digits | digits + SIXES) & STAMP_MASK | (more | more + SIXES_END) & STAMP_END_MASK) == 0
                        and (shape >> 8) & 0xFF == 0x5C
                        and lead <= 17
                    )
                    if is_stamped:
                        hours = decimal(digits >> 32 | more << 32) // 36
                        lead = lead << 3
                        mixed = (stamp & 0xFFFF) * K2
                        if lead < 128:
                            if lead > 64:
                                mixed += (nearw >> (lead - 64) << (lead - 64)) * K3
                            else:
                                mixed += nearw * K3
                        if lead < 64:
                            mixed += (far >> lead << lead) * K4
                        beside = (mixed ^ mixed >> 32) * K1 | 1
                        mixed = beside + hours * K1
                        key = (mixed ^ mixed >> 32) * K1 | 1
                    if (
                        shape & SHAPE_MASK == SHAPE
                        and fields & FIELDS_MASK == FIELDS
                        and fields != NO_CHANNEL
                        and <uint64_t>(last - first - 34) <= 160 - 34
                        and (is_stamped or lead_size == 0)
                        and (lead_size > 17 or base[last - 3] == 0x2A)
                    ):
                        one, two = word_at(base + first + 14), word_at(base + first + 22)
                        b = bits_of(one)
                        mmsi = b.value >> 10 & ((1 << 30) - 1)
                        r = reach[one & 0xFF]
                        found = b.strange or radios[mmsi * K1 >> radios_shift] != 0 or (near[two >> 16 & 0xFFFF] & r) != 0
                        passed = not found and (beside == 0 or known_besides[beside >> known_shift] == beside)
                    if key and known[key >> known_shift] != key:
                        telling[tells] = lines
                        tells += 1
                if not passed:
                    rest[rests] = lines
                    bangs[rests] = first
                    lasts[rests] = last
                    sounds[rests] = sound
                    rests += 1
                keys[lines] = key
                besides[lines] = beside
                hashes[lines] = mmsi * K1 >> 48
                lines += 1
                start = mark + 1
                marks = 0
                first_kind = 0
            at += 8
    return starts_[:lines], ends_[:lines], keys_[:lines], besides_[:lines], radios_[:lines], rest_[:rests], telling_[:tells], bangs_[:rests], lasts_[:rests], sounds_[:rests]
