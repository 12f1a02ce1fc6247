# Of the mesh: the sentences of one line that is heard, each as sealane.sentence.read_line reads it.
#
#     \s:NORTH,c:1704067200,g:1-2-4711*hh\!AIVDM,parts,part,sequence,channel,payload,fill*hh
#
# Of this form, one after the other and nothing else on the line, checksums good; any other line that may hold one is
# left to the plain form. Fields of a tag block in any order, each once, others between them; a sentence may have none.

from sealane.sentence import Sentence
from sealane.stamp import CHECKSUMS, Group, station_of

cdef enum:
    FIELDS_OF_BODY = 7
    SECOND_US = 1_000_000
    COMMENT = 0x23
    OWN = 0x4F  # of VDO


cdef struct Tag:
    bint sound
    int64_t at_us  # less than none: no stamp
    Py_ssize_t station, station_end  # both 0: none
    int index, of  # in its group; 0: in none
    Py_ssize_t id, id_end  # of the group


cdef struct Frame:
    bint sound
    int parts
    int part
    int fill
    Py_ssize_t[FIELDS_OF_BODY] at  # where its fields begin
    Py_ssize_t star


cdef inline int digit_of(uint8_t character) noexcept nogil:
    return character - 0x30 if is_digit(character) else -1


cdef Tag tag_of(const Block* block, Py_ssize_t at, Py_ssize_t star) noexcept nogil:
    """A tag block from its first field to its star. Not sound: for the plain form."""
    cdef Tag tag = Tag(False, -1, 0, 0, 0, 0, 0, 0)
    cdef Py_ssize_t end
    cdef uint8_t key
    if byte(block, star) != STAR or byte(block, star + 3) != BACKSLASH or not is_summed(block, at, star):
        return tag
    if find(block, BACKSLASH, at, star) != NULL:
        return tag
    while at <= star:
        end = at
        while end < star and byte(block, end) != COMMA:
            end += 1
        key = byte(block, at)
        if end < at + 3 or byte(block, at + 1) != COLON:
            return tag
        if key == 0x63:  # c
            if tag.at_us >= 0 or end - at - 2 != SECONDS_DIGITS or seconds_of(block, at + 2, end) < 0:
                return tag
            tag.at_us = seconds_of(block, at + 2, end) * SECOND_US
        elif key == 0x73:  # s
            if tag.station:
                return tag
            tag.station, tag.station_end = at + 2, end
        elif key == 0x67:  # g
            tag.index, tag.id, tag.id_end = digit_of(byte(block, at + 2)), at + 6, end
            if tag.of or tag.index < 1 or tag.id >= end:
                return tag
            tag.of = digit_of(byte(block, at + 4))
            if tag.of < 1 or byte(block, at + 3) != 0x2D or byte(block, at + 5) != 0x2D:
                return tag
        at = end + 1
    tag.sound = True
    return tag


cdef Frame frame_of(const Block* block, Py_ssize_t bang) noexcept nogil:
    """A sentence from its ! to its checksum. Not sound: for the plain form."""
    cdef Frame frame
    cdef Py_ssize_t at = bang + 1
    cdef int field = 0
    cdef uint8_t held
    frame.sound, frame.at[0] = False, at
    if word(block, bang) & SHAPE_MASK != SHAPE or not (is_other(block, at) and is_other(block, at + 1)):
        return frame
    while at < block.size:
        held = block.bytes[at]
        if held == STAR:
            break
        if held == COMMA:
            field += 1
            if field == FIELDS_OF_BODY:
                return frame
            frame.at[field] = at + 1
        elif held == BANG or held == BACKSLASH:
            return frame
        at += 1
    if field != FIELDS_OF_BODY - 1 or frame.at[3] != bang + 11 or at != frame.at[6] + 1:
        return frame
    frame.star = at
    frame.parts, frame.part = digit_of(byte(block, bang + 7)), digit_of(byte(block, bang + 9))
    frame.fill = digit_of(byte(block, at - 1))
    frame.sound = 1 <= frame.part <= frame.parts and 0 <= frame.fill <= 5 and is_summed(block, bang + 1, at)
    return frame


cdef object sentence_of(bytes line, const Block* block, Py_ssize_t start, const Tag* tag, const Frame* frame):
    cdef Py_ssize_t end = frame.star + 3
    return Sentence(
        line[frame.at[0] : frame.at[0] + 2],
        "VDO" if byte(block, frame.at[0] + 4) == OWN else "VDM",
        frame.parts,
        frame.part,
        line[frame.at[3] : frame.at[4] - 1],
        line[frame.at[4] : frame.at[5] - 1],
        line[frame.at[5] : frame.at[6] - 1],
        frame.fill,
        None,
        CHECKSUMS[line[frame.star + 1 : end]],
        tag.at_us if tag.at_us >= 0 else None,
        "tag_block" if tag.at_us >= 0 else None,
        station_of(line[tag.station : tag.station_end]) if tag.station else None,
        Group(tag.index, tag.of, line[tag.id : tag.id_end]) if tag.of else None,
        line if start == 0 and end == block.size else line[start:end],
    )


def sentences(bytes line):
    """The sentences of a line, in their order; None: it is left to the plain form."""
    cdef Block block = Block(<const uint8_t*>PyBytes_AS_STRING(line), len(line), max(len(line) - 7, 0))
    cdef Py_ssize_t at = 0, start
    cdef const uint8_t* found = find(&block, BANG, 0, block.size)
    cdef Tag tag
    cdef Frame frame
    read = []
    if found == NULL or byte(&block, 0) == COMMENT:
        return read
    while at < block.size:
        start, tag = at, Tag(True, -1, 0, 0, 0, 0, 0, 0)
        if byte(&block, at) == BACKSLASH:
            found = find(&block, BANG, start, block.size)
            at = block.size if found == NULL else found - block.bytes
            tag = tag_of(&block, start + 1, at - CLOSING)
            if not tag.sound:
                return None
        frame = frame_of(&block, at)
        if not frame.sound:
            return None
        read.append(sentence_of(line, &block, start, &tag, &frame))
        at = frame.star + 3
    return read
