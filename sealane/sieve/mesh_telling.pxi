# Of the mesh: what the stamp of a line tells of its time (telling.py).

cdef uint64_t GROUP = of(b",g:"), GROUP_MASK = of(b"\xff\xff\xff")


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
    """When lines of a block were heard that are as sealane.sieve.telling.USUAL: Unix time in seconds.

    Less than 0 where a line is of another form, or something is wrong with it.
    """
    cdef Py_ssize_t row, count = starts.shape[0], star, digits
    at_s = np.full(count, NO_STAMP, np.int64)
    cdef int64_t[::1] at_s_ = at_s
    cdef Block held = block_of(block)
    cdef const uint8_t* found
    cdef bint is_part
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
        digits = digits_of(&held, starts[row] + 1, star)
        is_part = byte(&held, star + CLOSING + 9) <= byte(&held, star + CLOSING + 7)  # of no more than there are
        if digits and is_part and is_summed(&held, starts[row] + 1, star):
            at_s_[row] = seconds_of(&held, digits, digits + SECONDS_DIGITS)
    return at_s
