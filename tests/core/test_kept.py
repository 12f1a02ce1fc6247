"""What a live listener keeps of what nobody asked for: a few megabytes, however much of it there is."""

import gc
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Literal

import numpy as np
import pytest
from pyais.encode import encode_dict

from bench.corpus import Corpus
from sealane.filter import Watch
from sealane.fragment import KEPT_SENTENCES, LONGEST_REACH
from sealane.lines import Lines
from sealane.listener import Listener
from sealane.stamp import CHECKSUMS, checksum

BLOCK_BYTES = 1 << 16
MOST_BYTES = 7_000_000  # a feed
SENTENCES = 2 * KEPT_SENTENCES  # after which all that forgets has forgotten, and learned as much again
SHARED = (type, ModuleType, FunctionType, BuiltinFunctionType)
WATCHED, AT_S = 200_000_001, 1_767_225_600
FAR = b"!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C"
OPENS = b"\\s:"

Stamps = Literal["tag", "counted", "none", "pghp"]


def corpus(stamps: Stamps) -> Iterator[bytes]:
    """Blocks of whole lines of nobody followed, some of them harmed."""
    wanted = Corpus(share=0.0, sentences=SENTENCES, stamps="tag" if stamps == "counted" else stamps)
    lines = Lines()
    for large in wanted.blocks():
        written = counted(large) if stamps == "counted" else large
        for at in range(0, len(written), BLOCK_BYTES):
            yield lines.whole(written[at : at + BLOCK_BYTES])


def counted(block: bytes) -> bytes:
    """With a number of its own in each tag block, as some stations have it: no two are alike."""
    lines = block.splitlines(keepends=True)
    for number, line in enumerate(lines):
        tags, star, rest = line.partition(b"*")
        stated = CHECKSUMS.get(rest[:2])
        if line.startswith(OPENS) and star and stated is not None:
            count = b"n:%d," % number
            lines[number] = b"\\%b%b*%02X%b" % (count, tags[1:], stated ^ checksum(count), rest[2:])
    return b"".join(lines)


def kept_bytes(listener: Listener) -> int:
    """Of all that it holds, but for what everybody shares."""
    seen: set[int] = set()
    left: list[object] = [listener]
    size = 0
    while left:
        one = left.pop()
        if id(one) not in seen and not isinstance(one, SHARED):
            seen.add(id(one))
            size += sys.getsizeof(one)
            left += [one.base] if isinstance(one, np.ndarray) else gc.get_referents(one)  # part of a larger one
    return size


@pytest.mark.parametrize("stamps", ["tag", "counted", "none", "pghp"])
def test_what_is_kept_of_nobody_followed_is_bounded_however_they_are_stamped(stamps: Stamps):
    watch = Watch(mmsi=frozenset(), in_area=lambda *_: False, boxes=())
    listener = Listener(watch, feed="feed", read_at=datetime(2026, 1, 1, tzinfo=UTC), learning=True)
    most = 0
    for turn, block in enumerate(corpus(stamps)):
        assert listener.hear_block(block, listener.sift(block)) == []
        if turn % 16 == 0:
            most = max(most, kept_bytes(listener))
    assert listener.heard >= SENTENCES * 0.99
    assert most < MOST_BYTES


def test_a_followed_message_without_its_other_part_is_given_up_once_no_sentence_can_be_of_it():
    watch = Watch(mmsi=frozenset({WATCHED}), in_area=lambda *_: False, boxes=())
    listener = Listener(watch, feed="feed", read_at=datetime(2026, 1, 1, tzinfo=UTC), learning=True)
    for number in range(3):
        first, _ = encode_dict(
            {"type": 5, "mmsi": WATCHED, "shipname": f"SHIP {number}"}, seq_id=number, talker_id="AI"
        )
        tags = f"s:SYN-1,c:{AT_S}"
        listener.hear(f"\\{tags}*{checksum(tags.encode()):02X}\\{first}".encode())
        block = (FAR + b"\n") * (LONGEST_REACH + 1)
        listener.hear_block(block, listener.sift(block))
        assert listener.account.lines.get("incomplete", 0) == number
        assert listener.account.lines["part"] == 1
