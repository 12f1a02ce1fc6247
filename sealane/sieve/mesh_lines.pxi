# Of the mesh: what a line is, from its ! on.
#
#     !AIVDM,parts,part,sequence,channel,payload,fill*hh

cdef enum:
    SHORTEST = 20  # from ! to the line's end
    LONGEST = 160
    BEFORE_PAYLOAD = 13  # `!AIVDM,1,1,,,`: without sequence and channel

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
    bint usual  # one part, no sequence, a channel
    uint8_t parts
    uint8_t part
    uint32_t code  # of a fragment's talker, sequence and channel
    Py_ssize_t payload  # where it begins


cdef inline bint ends_whole(const Block* block, const Line* line) noexcept nogil:
    """Whether it ends with a checksum, the first: nothing can trail."""
    if byte(block, line.last - 3) != STAR:
        return False
    return find(block, STAR, line.bang, line.last - 3) == NULL


cdef inline Body body_of(const Block* block, const Line* line) noexcept nogil:
    cdef Body body
    cdef uint64_t shape = word(block, line.bang), fields = word(block, line.bang + 8)
    if shape & USUAL_MASK != USUAL or fields & SINGLE_MASK != SINGLE or fields & NO_CHANNEL_MASK == NO_CHANNEL:
        return unusual_body(line, shape, fields)
    body.usual, body.parts, body.part, body.code = True, 1, 1, 0
    body.payload = line.bang + BEFORE_PAYLOAD + 1
    body.sound = body.payload + HEAD <= line.last and line.last - line.bang <= LONGEST
    return body


cdef Body unusual_body(const Line* line, uint64_t shape, uint64_t fields) noexcept nogil:
    cdef Body body
    cdef uint64_t rest
    cdef uint8_t sequence = fields >> 24, channel
    body.usual = False
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
