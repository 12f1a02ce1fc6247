"""Loose fragments: kept while a message may wait for them, and no longer."""

from datetime import UTC, datetime

import pytest

from sealane.filter import Watch
from sealane.fragment import KEPT_SENTENCES, UNTIMED_REACH
from sealane.listener import Listener
from sealane.sieve.loose import FEW, FORGETS_EVERY, Code, LooseFragments
from sealane.sieve.passage import MOST_PARTS, Kin, Passage
from sealane.sieve.texts import Some
from sealane.stamp import checksum
from streams.demo.payload import STATIC, pack

CODE: Code = b"AI,1,A"
EVERY = 10  # one sentence in so many is a fragment
SENTENCES = 4 * KEPT_SENTENCES


def kin(number: int) -> Kin:
    return Kin(number, b"!AIVDM,2,2,1,A,88888888880,2*25", "file", number)


def kept_lines(loose: LooseFragments) -> int:
    """How many it holds, of those heard by themselves."""
    return sum(len(each) for each in loose._kept if isinstance(each, list))


def test_what_is_heard_line_by_line_is_forgotten_once_it_is_out_of_reach():
    loose = LooseFragments()
    most = 0
    for number in range(1, SENTENCES, EVERY):
        loose.add(CODE, None, kin(number))
        most = max(most, kept_lines(loose))
    assert most <= KEPT_SENTENCES / EVERY + FORGETS_EVERY + 1


@pytest.mark.parametrize(
    ("at_us", "reach"), [(1_700_000_000_000_000, KEPT_SENTENCES), (None, MOST_PARTS * UNTIMED_REACH)]
)
def test_what_is_within_reach_is_found_and_nothing_else(at_us: int | None, reach: int):
    loose = LooseFragments()
    for number in range(1, SENTENCES, EVERY):
        loose.add(CODE, at_us, kin(number))
    found = loose.take(CODE, at_us, SENTENCES)
    assert [each.number for each in found] == [
        number for number in range(1, SENTENCES, EVERY) if number >= SENTENCES - reach
    ]


def sentence(body: bytes) -> bytes:
    return b"!%b*%02X\n" % (body, checksum(body))


@pytest.mark.parametrize("fragments", [FEW, 3 * FEW])
def test_of_a_block_no_more_is_kept_than_its_loose_fragments_and_they_are_found(fragments: int):
    watch = Watch(mmsi=frozenset({200000001}), in_area=lambda *_: False, boxes=())
    listener = Listener(watch, feed="feed", read_at=datetime(2026, 1, 1, tzinfo=UTC))
    whole = sentence(b"AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0")
    loose = sentence(b"AIVDM,2,2,7,A,88888888880,2")
    block = (loose + whole * 5) * fragments
    sifted = listener.sift(block)
    assert sifted is not None
    listener.hear_block(block, sifted)
    (kept,) = listener._assembly.loose._kept
    assert isinstance(kept, list) == (fragments <= FEW)
    assert isinstance(kept, list) or (isinstance(kept._texts, Some) and len(kept._texts.text) < len(block) / 5)
    code = sifted.loose.codes.tolist()[0]
    found = listener._assembly.loose.take(code, None, listener.heard + 1)
    assert [each.line for each in found] == [loose.rstrip()] * fragments
    assert [each.number for each in found] == [1 + 6 * place for place in range(fragments)]


@pytest.mark.parametrize("is_complete", [False, True])
def test_a_part_without_a_stamp_is_near_enough_to_the_part_before_it(is_complete: bool):
    """Whether the first two parts are all there is or not, and though both have stamps."""
    payload, fill = pack(STATIC, {"type": 5, "mmsi": 200000001, "imo": 0, "to_bow": 9})
    whole = [(1, payload[:30], 0), (2, payload[30:56], 0), (3, payload[56:], fill)]
    if is_complete:
        whole = [(1, payload[:30], 0), (2, payload[30:], fill), (2, payload[30:], fill)]  # heard again
    bodies = [f"AIVDM,{whole[2][0]},{part},7,A,{cut},{bits}" for part, cut, bits in whole]
    first, second, last = (sentence(body.encode()) for body in bodies)
    tag = b"\\s:north,c:1700000000*%02X\\" % checksum(b"s:north,c:1700000000")
    others = tag + sentence(b"AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0")
    near = UNTIMED_REACH * 2 // 3
    block = others * 9 + tag + first + others * near + tag + second + others * near + last + others * 40
    watch = Watch(mmsi=frozenset({200000001}), in_area=lambda *_: False, boxes=())
    sifting, plain = (Listener(watch, feed="feed", read_at=datetime(2026, 1, 1, tzinfo=UTC)) for _ in range(2))
    sifted = sifting.sift(block)
    assert sifted is not None
    reports = sifting.hear_block(block, sifted)
    assert len(reports) == 1
    assert reports == plain.hear_block(block, None)
    assert sifting.account.lines == plain.account.lines


def test_without_stamps_an_open_message_waits_for_few_of_the_fragments_of_others():
    watch = Watch(mmsi=frozenset({200000001}), in_area=lambda *_: False, boxes=())
    listener = Listener(watch, feed="feed", read_at=datetime(2026, 1, 1, tzinfo=UTC))
    others = sentence(b"AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0") * 149 + sentence(b"AIVDM,2,2,7,A,88888888880,2")
    payload = pack(STATIC, {"type": 5, "mmsi": 200000001, "imo": 0, "to_bow": 9})[0]
    ours = sentence(f"AIVDM,2,1,7,A,{payload[:60]},0".encode())
    block = others * 5 + ours + others * 40
    sifted = listener.sift(block)
    assert sifted is not None
    listener.hear_block(block, sifted)
    passage = next(each for each in listener._assembly.loose._kept if isinstance(each, Passage))
    assert len(sifted.loose.rows) > 40
    assert max(passage._taken) < 5 * 150  # of those after it none is near enough
