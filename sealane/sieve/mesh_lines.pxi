# Of the mesh: what a line is, from its ! on.
#
#     !AIVDM,parts,part,sequence,channel,payload,fill*hh

cdef enum:
    SHORTEST = 20  # from ! to the line's end
    LONGEST = 160
    BEFORE_PAYLOAD = 13  # `!AIVDM,1,1,,,`: without sequence and channel
    USUAL_PAYLOAD = 14  # `!AIVDM,1,1,,A,`
    HEAD = 20  # characters
    IN_THE_OPEN = 40  # bytes from ! on are looked at, whatever they are

cdef uint64_t SHAPE = of(b"!\0\0VDM,\0"), SHAPE_MASK = of(b"\xff\0\0\xff\xff\xfd\xff\0")  # VDM and VDO: one bit
cdef uint64_t FIELDS = of(b",\0,"), FIELDS_MASK = of(b"\xff\0\xff")  # `,part,`
cdef uint64_t USUAL = of(b"!\0\0VDM,1"), USUAL_MASK = of(b"\xff\0\0\xff\xff\xfd\xff\xff")
cdef uint64_t SINGLE = of(b",1,,\0,"), SINGLE_MASK = of(b"\xff\xff\xff\xff\0\xff")
cdef uint64_t NO_CHANNEL = of(b"\0\0\0\0,"), NO_CHANNEL_MASK = of(b"\0\0\0\0\xff")


cdef struct Line:
    Py_ssize_t start
    Py_ssize_t bang
    Py_ssize_t end
    Py_ssize_t last  # where its end stands, or the CR before it


cdef struct Body:
    bint sound
    uint8_t parts
    uint8_t part
    uint32_t code  # of a fragment's talker, sequence and channel
    Py_ssize_t payload  # where it begins


cdef inline bint ends_whole(const Block* block, const Line* line) noexcept nogil:
    """Whether it ends with a checksum, the first: nothing can trail."""
    if byte(block, line.last - 3) != STAR:
        return False
    return find(block, STAR, line.bang, line.last - 3) == NULL


cdef inline bint is_usual(const Block* block, const Line* line) noexcept nogil:
    """Whether it is one part without a sequence, and has a channel: then its payload begins at USUAL_PAYLOAD."""
    cdef uint64_t shape = within(block, line.bang), fields = within(block, line.bang + 8)
    cdef Py_ssize_t spare = line.last - line.bang - USUAL_PAYLOAD - HEAD
    if (shape ^ USUAL) & USUAL_MASK | (fields ^ SINGLE) & SINGLE_MASK or fields & NO_CHANNEL_MASK == NO_CHANNEL:
        return False
    return is_below(spare, LONGEST - USUAL_PAYLOAD - HEAD + 1)


cdef Body body_of(const Block* block, const Line* line) noexcept nogil:
    """Of any form."""
    cdef Body body
    cdef uint64_t shape = within(block, line.bang), fields = within(block, line.bang + 8), rest
    cdef uint8_t sequence = fields >> 24, channel
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
