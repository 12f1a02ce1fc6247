# Of the mesh: what a second pass asks of the columns that are kept of a block (recall.py).


def marked(const uint8_t[::1] marks, const uint16_t[::1] radios):
    """The rows whose hash is marked. Raises ValueError unless there is a mark for each hash."""
    cdef Py_ssize_t row, count = radios.shape[0]
    cdef const uint8_t* is_marked  # of every hash there is: none is outside
    cdef const uint16_t* radio
    if marks.shape[0] != 1 << RADIO_BITS:
        raise ValueError(f"{marks.shape[0]} marks, expected {1 << RADIO_BITS}")
    found = []
    if count:
        is_marked, radio = &marks[0], &radios[0]
        for row in range(count):
            if is_marked[radio[row]]:
                found.append(row)
    return found


def near(const uint32_t[::1] codes, const int64_t[::1] at_s, uint32_t code, int64_t first_s, int64_t last_s):
    """The places of a code whose time is from one to another, or is none. Raises ValueError if columns differ."""
    cdef Py_ssize_t at
    if codes.shape[0] != at_s.shape[0]:
        raise ValueError(f"{codes.shape[0]} codes and {at_s.shape[0]} times")
    found = []
    for at in range(codes.shape[0]):
        if codes[at] == code and (at_s[at] == UNSTAMPED or first_s <= at_s[at] <= last_s):
            found.append(at)
    return found
