"""The sieve's two forms, compiled and by NumPy, find the same; and no bytes whatever lead the compiled one astray."""

import os
import re
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from sealane import listener as listening
from sealane.filter import Watch, why
from sealane.sentence import glance, read_line
from sealane.sieve import sieve as sieving
from sealane.sieve.sieve import KNOWN_BITS, Sieve
from sealane.sieve.sifted import Sifted
from sealane.sieve.tagged import NO_STAMP
from sealane.sieve.telling import USUAL, Telling
from sealane.sieve.whom import Following
from sealane.stamp import SECOND_US, Tags
from streams.demo.payload import POSITION, pack
from tests.core.story import NOT_AVAILABLE
from tests.core.test_sieve import AREA, WATCHED_IMO, feed, heard, in_blocks, one_by_one, summed, told, watch
from tests.core.test_usual import feed as usual_feed

needs_mesh = pytest.mark.skipif(
    not sieving.COMPILED and "CI" not in os.environ, reason="nothing could be compiled here: a C compiler is missing"
)
OFF = 0.001  # degrees
LINE_END = ord("\n")


def sieve(watch: Watch, *, is_compiled: bool) -> Sieve:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sieving, "COMPILED", is_compiled)
        return Sieve(watch)


def whole_feed(chance: Random, messages: int) -> list[bytes]:
    """Undamaged, by a few stations, over a few hours; some in groups, some without a stamp."""
    lines = []
    for number in range(messages):
        payload, fill = told(chance)
        parts = [payload[at : at + 56] for at in range(0, len(payload), 56)]
        station = chance.choice(["north", "south", "a-station-of-16", ""])
        fields = f"s:{station}," * bool(station) + f"c:{1_700_000_000 + number * 60}"
        fields = chance.choice([fields, fields, fields + "000", f"c:{1_700_000_000 + number * 60},s:last"])
        for index, part in enumerate(parts, start=1):
            grouped = fields + f",g:{index}-{len(parts)}-{number}" * (len(parts) > 1 and chance.random() < 0.5)
            tag = chance.choice([f"\\{grouped}*{summed(grouped)}\\"] * 5 + [""])
            sequence = number % 10 if len(parts) > 1 else ""
            body = f"AIVDM,{len(parts)},{index},{sequence},A,{part},{fill if index == len(parts) else 0}"
            lines.append(f"{tag}!{body}*{summed(body)}\n".encode())
    return lines


@needs_mesh
@settings(max_examples=60, deadline=None)
@given(some.integers(0, 10**9), some.integers(20, 200))
def test_both_forms_find_the_same_and_the_compiled_one_hears_no_more(seed: int, messages: int):
    whole = b"".join(whole_feed(Random(seed), messages))
    block = whole * 2  # the second time its stamps are known
    found = []
    for is_compiled in (True, False):
        form = sieve(watch(), is_compiled=is_compiled)
        first = form.sift(whole)
        form.know([key for key, _, _ in first.telling], [beside for _, _, beside in first.telling])
        found.append(form.sift(block))
    compiled, plain = found
    assert compiled.ends.tolist() == plain.ends.tolist()
    assert compiled.starts.tolist() == plain.starts.tolist()
    assert set(compiled.heard.tolist()) <= set(plain.heard.tolist())  # which hears what stands at a block's edge, too
    assert _loose(compiled) >= _loose(plain)
    assert compiled.has_unstamped == plain.has_unstamped


def _loose(sifted: Sifted) -> set[tuple[int, int, int]]:
    """Of loose fragments row, code and time."""
    return set(zip(*(column.tolist() for column in sifted.loose), strict=True))


@needs_mesh
def test_of_an_undamaged_feed_those_alone_are_heard_that_are_followed_or_a_thousandth_of_a_degree_off():
    south, north, west, east = AREA
    wide = replace(watch(), in_area=lambda lat, lon: south - OFF < lat < north + OFF and west - OFF < lon < east + OFF)
    lines = whole_feed(Random(3), 2_000)
    heads = [(row, head[1]) for row, head in enumerate(map(glance, lines)) if head and head[0] == b"1"]
    followed, near = ({row for row, head in heads if why(head, by)} for by in (watch(), wide))
    assert followed <= set(sieve(watch(), is_compiled=True).sift(b"".join(lines)).heard.tolist()) <= near


MARKS = [b"!", b"\\", b"*", b",", b"\r", b"\n", b"\0", b"\xff", b"c:1700000000", b"s:x,", b"0" * 90]
TAGS = [b"\\s:x,c:1700000000*2F\\", b"\\s:x,c:1700000000,g:1-2-7*2F\\", b"\\1G2:7,c:1700000000*2F\\"]
BODIES = [b"!AIVDM,1,1,,A,", b"!AIVDM,2,2,3,B,", b"13u?etPv2;0n:dDPwUM1U1Cb069D,0*24", b"!BSVDO,2,1,,,13u?e"]


@needs_mesh
@settings(max_examples=200, deadline=None)
@given(some.lists(some.one_of(some.sampled_from([*MARKS, *TAGS, *BODIES]), some.binary(max_size=12)), max_size=80))
def test_whatever_bytes_come_a_block_is_heard_as_its_lines_are(pieces: list[bytes]):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listening, "WORTH_SIFTING_BYTES", 1)
        patch.setattr(listening, "MOST_HEARD", 1.0)
        patch.setattr(sieving, "COMPILED", True)
        lines = [*b"".join(pieces).split(b"\n"), b"0" * 300]
        assert heard(in_blocks(lines, Random(1))) == heard(one_by_one(lines))


USUAL_FIELDS = ["s:x", "c:1700000000", "g:1-2-7", "n:5", "x:y"]
FIELDS = [
    *("s:", "s", "sx", "s:x!AIVDM,1", "s:a*b", "c:170000000", "c:17000000000", "c:170000000x", "cc:1", "g:2-2-a-b"),
    *("g:1-2-", "g:0-1-7", "g:12-2-7", "1G2:7", "", "\\"),
]
TALKERS, FORMATTERS, COUNTS = ["B!", "A,", "A*", "\\!", "--"], ["VDO", "VDX"], ["2", "9", "0", "", "10", "a"]
TEXTS, FILLS = ["", "3", "AB", "13u!AIVDM,1,1", "a\\b", "a*b", " "], ["5", "6", "", "00"]
TAILS = ["", "\r", " ", ",r-1,1700000000", "!", "\\", "0", "*00"]


@some.composite
def sentences_like(draw: some.DrawFn) -> str:
    """A tag block and a sentence of the usual form, or off it in a place or two."""

    def one(usual: str, others: list[str]) -> str:
        return draw(some.sampled_from([*[usual] * 4 * len(others), *others]))

    usual = draw(some.lists(some.sampled_from(USUAL_FIELDS), max_size=4, unique=draw(some.booleans())))
    tag = ",".join(one(field, FIELDS) for field in usual)
    counts = f"{one('1', COUNTS)},{one('1', COUNTS)},{one('', TEXTS)},{one('A', TEXTS)}"
    body = f"{one('AI', TALKERS)}{one('VDM', FORMATTERS)},{counts},{one('13u?etP', TEXTS)},{one('0', FILLS)}"
    tag_sum, body_sum = (one(summed(text), [summed(text).lower(), "0", "0a", "zz"]) for text in (tag, body))
    return f"\\{tag}*{tag_sum}\\" * bool(tag) + f"!{body}*{body_sum}"


@needs_mesh
@settings(max_examples=300, deadline=None)
@given(some.integers(0, 10**9), some.lists(sentences_like(), max_size=3), some.sampled_from(TAILS))
def test_a_line_is_read_by_the_compiled_form_as_by_the_plain_one_or_left_to_it(seed: int, like: list[str], tail: str):
    from sealane.sieve.mesh import sentences

    chance, tags = Random(seed), Tags()
    fed = [line.strip() for line in (*usual_feed(chance, 20), *feed(chance, 20), *whole_feed(chance, 5))]
    run_together = [one + other for one, other in pairwise(fed)]
    others = [b"", b"#" + fed[0], b"<html>", b"$GPRMC,1*00", fed[0].replace(b"!", b"")]
    for line in (("".join(like) + tail).encode(), *fed, *run_together, *others):
        assert sentences(line) in (None, read_line(line, tags)), line


@needs_mesh
def test_lines_of_the_usual_form_are_read_compiled():
    from sealane.sieve.mesh import sentences

    lines = [line.strip() for line in whole_feed(Random(1), 200) if not re.search(rb"c:\d{13}", line)]
    assert all(sentences(line) == read_line(line, Tags()) for line in lines)
    assert sentences(lines[0] + lines[1]) == read_line(lines[0] + lines[1], Tags())


@needs_mesh
def test_lines_too_short_for_columns_are_sifted_by_numpy():
    block = b"\n" * 5_000
    assert sieve(watch(), is_compiled=True).sift(block).ends.tolist() == list(range(5_000))


@needs_mesh
def test_a_table_of_another_form_is_refused():
    from sealane.sieve.mesh import sift

    whom, table = Following(watch()).now(), np.zeros(1 << KNOWN_BITS, np.uint64)
    with pytest.raises(ValueError, match="8192 slots, expected 16384"):
        sift(b"!\n", whom, table[::2].copy(), table)
    whom.radios.bits = whom.radios.bits[:-1]
    with pytest.raises(ValueError, match="16376 slots, expected 16384"):
        sift(b"!\n", whom, table, table)


@needs_mesh
def test_a_radio_is_found_among_a_hundred_thousand():
    """Where the table of hashes says maybe of many, the numbers themselves decide."""
    listed = frozenset(range(200_000_000, 200_300_000, 3))
    many = Watch(mmsi=listed, imo=frozenset({WATCHED_IMO}), in_area=lambda _lat, _lon: False, boxes=())
    lines = []
    for mmsi in range(200_000_000, 200_000_600):
        payload, fill = pack(POSITION, NOT_AVAILABLE | {"type": 1, "mmsi": mmsi, "sog": 100, "lat": 0, "lon": 0})
        body = f"AIVDM,1,1,,A,{payload},{fill}"
        lines.append(f"!{body}*{summed(body)}\n".encode())
    rows = [row for row in range(600) if 200_000_000 + row in listed]
    assert sieve(many, is_compiled=True).sift(b"".join(lines)).heard.tolist() == rows


@needs_mesh
@given(some.binary(max_size=200), some.lists(some.tuples(some.integers(0, 200), some.integers(0, 200)), max_size=20))
def test_pieces_are_joined_as_they_are_and_none_from_outside(block: bytes, pieces: list[tuple[int, int]]):
    from sealane.sieve.mesh import joined

    inside = [(begin, end) for begin, end in pieces if begin <= end <= len(block)]
    starts, ends = np.array(inside, np.intp).reshape(-1, 2).T.copy()
    assert joined(block, starts, ends) == b"".join(block[begin:end] for begin, end in inside)
    with pytest.raises(ValueError, match="of a block of"):
        joined(block, np.append(starts, 0), np.append(ends, len(block) + 1))


@needs_mesh
@pytest.mark.parametrize("form", ["s:x,n:{n},c:{c}", "n:{n},s:x,c:{c}", "g:1-2-{n},n:{n},s:x,c:{c}", "s:x,c:{c},n:{n}"])
def test_lines_that_are_counted_tell_an_hour_once(form: str):
    lines = []
    for number in range(40):
        fields = form.format(n=number, c=1_700_000_000 + number)
        body = "AIVDM,2,1,3,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0"
        lines.append(f"\\{fields}*{summed(fields)}\\!{body}*{summed(body)}\n".encode())
    sifted = sieve(watch(), is_compiled=True).sift(b"".join(lines))
    assert (len(sifted.heard), len(sifted.telling)) == (0, 1)


@needs_mesh
@settings(max_examples=60, deadline=None)
@given(some.integers(0, 10**9))
def test_a_time_told_compiled_is_the_one_that_is_read_and_of_the_usual_form_each_is(seed: int):
    from sealane.sieve.mesh import tell

    telling = Telling(Tags())
    block = b"\n".join([b"before", *feed(Random(seed), 60), b"after"])
    ends = np.array([at for at, byte in enumerate(block) if byte == LINE_END], np.intp)
    starts, ends = ends[:-1] + 1, ends[1:]
    for start, end, at_s in zip(starts.tolist(), ends.tolist(), tell(block, starts, ends).tolist(), strict=True):
        usual = USUAL.fullmatch(block, start, end) and telling.read(block, start, end)
        assert at_s == (usual.at_us // SECOND_US if usual else NO_STAMP)
