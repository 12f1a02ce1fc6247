"""What a gist gives back is what the sieve found; what is asked of its columns is the same in both forms."""

from datetime import UTC, datetime
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sealane.listener import Listener
from sealane.sieve import sieve as sieving
from sealane.sieve.gist import EVERY, gist_of, unpacked
from sealane.sieve.passage import NO_CODE, Passage
from sealane.sieve.radios import RADIO_BITS
from sealane.sieve.recall import Recall
from sealane.sieve.sifted import Loose, Seen
from sealane.sieve.tagged import NO_STAMP
from sealane.sieve.texts import Some
from streams.demo.payload import POSITION, pack
from tests.core.story import NOT_AVAILABLE
from tests.core.test_loose import sentence
from tests.core.test_mesh import needs_mesh
from tests.core.test_sieve import feed, watch

READ_AT = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = Some(b"", np.zeros(0, np.intp), np.zeros(0, np.intp))


@settings(max_examples=20, deadline=None)
@given(some.integers(0, 10**9))
def test_every_line_is_found_again_in_the_text(seed: int):
    lines = [line.replace(b"\n", b"") for line in feed(Random(seed), 2 * EVERY)]
    block = b"".join(line + b"\n" for line in lines)
    listener = Listener(watch(), feed="feed", read_at=READ_AT)
    sifted = listener._sieve.sift(block)
    gist = unpacked(gist_of(block, sifted, listener.told_by(block, sifted), listener.reader).packed)
    recalled = Recall(listener.watch).recalled(gist, block)
    assert [recalled.line(row) for row in range(recalled.rows)] == lines
    assert (recalled.block, recalled.rows) == (block, len(lines))
    assert {*recalled.seen.heard, *(row for row, _ in recalled.seen.settled)} == {*sifted.heard.tolist()}
    kept = recalled.kept(sifted.loose.rows)
    assert [kept.line(row) for row in sifted.loose.rows.tolist()] == [lines[row] for row in sifted.loose.rows.tolist()]


@needs_mesh
@given(some.lists(some.tuples(some.integers(0, 3), some.sampled_from([NO_STAMP, *range(0, 100, 9)]))), some.randoms())
def test_fragments_that_may_belong_together_are_the_same_in_both_forms(held: list[tuple[int, int]], chance: Random):
    codes, at_s = (np.array([each[place] for each in held], kind) for place, kind in enumerate((np.uint32, np.int64)))
    passage = Passage(NOTHING, Seen((), (), Loose(np.arange(len(held)), codes, at_s)), (0, "", 0))
    begin, end = sorted(chance.randint(0, len(held)) for _ in range(2))
    asked = chance.choice([NO_CODE, *range(4)]), chance.choice([NO_STAMP, 20, 50]), 31, begin, end
    found = []
    for is_compiled in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sieving, "COMPILED", is_compiled)
            found.append(passage._near(*asked))
    assert found[0] == found[1]
    assert all(begin <= at < end and codes[at] == asked[0] for at in found[0])


@needs_mesh
@given(some.lists(some.integers(0, (1 << RADIO_BITS) - 1)), some.sets(some.integers(0, (1 << RADIO_BITS) - 1)))
def test_rows_of_marked_radios_are_the_same_in_both_forms(rows: list[int], marked: set[int]):
    recall, radios = Recall(watch()), np.array([*rows, *marked], np.uint16)
    recall._marks[[*marked]] = 1
    found = []
    for is_compiled in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sieving, "COMPILED", is_compiled)
            found.append(recall._marked(radios))
    assert found[0] == found[1] == [row for row, radio in enumerate(radios.tolist()) if radio in marked]


@needs_mesh
def test_columns_of_another_length_are_refused():
    from sealane.sieve.mesh import marked, near

    with pytest.raises(ValueError, match="3 marks, expected 65536"):
        marked(np.zeros(3, np.uint8), np.zeros(1, np.uint16))
    with pytest.raises(ValueError, match="2 codes and 1 times"):
        near(np.zeros(2, np.uint32), np.zeros(1, np.int64), 0, 0, 1)


def test_lines_run_together_are_read_again_only_if_a_radio_they_show_is_learned_of():
    """One without a sentence never is; one with a part of a message always is, and one of hundreds of them."""
    payloads = [
        pack(POSITION, NOT_AVAILABLE | {"type": 1, "mmsi": 200000000 + each, "sog": 100, "lat": 0, "lon": 0})[0]
        for each in range(2, 6)
    ]
    one, two, three, four = (sentence(f"AIVDM,1,1,,A,{payload},0".encode()).strip() for payload in payloads)
    part = sentence(f"AIVDM,2,1,3,A,{payloads[0]},0".encode()).strip()
    lines = [one + two, three + four, b"$GPRMC,1*00", one + part, one * 300, *[one] * 20]
    block = b"".join(line + b"\n" for line in lines)
    listener = Listener(watch(), feed="feed", read_at=READ_AT)
    gist = gist_of(block, listener._sieve.sift(block), {}, listener.reader)
    heard = []
    for learned in (set[int](), {200000004}):
        listener.watch.bound.update(learned)
        heard.append([row for row in Recall(listener.watch).recalled(gist, block).seen.heard if row < 5])
    assert heard == [[3, 4], [1, 3, 4]]
