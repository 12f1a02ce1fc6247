"""Lines of the usual form are passed over at a glance: whatever differs from it by a little is heard as it is read."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sealane import listener as listening
from sealane.filter import ARMOUR, Watch, learn, why
from sealane.listener import Listener
from sealane.sentence import Sentence, read_line
from sealane.sieve import sieve
from sealane.sieve.columns import cut
from sealane.sieve.heads import Heads
from sealane.sieve.telling import Telling
from sealane.sieve.usual import usual_of
from sealane.sieve.whom import Following
from sealane.stamp import Tags
from tests.core.test_sieve import AREA, FORMS, READ_AT, heard, in_blocks, one_by_one, summed, told, watch

HOUR_S = 3600
BEGINS_S = 1_700_000_000 // HOUR_S * HOUR_S


@pytest.fixture(autouse=True, params=FORMS)
def _every_block_is_sifted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sieve, "COMPILED", request.param == "compiled")
    monkeypatch.setattr(listening, "WORTH_SIFTING_BYTES", 1)
    monkeypatch.setattr(listening, "MOST_HEARD", 1.0)


def tag(text: str, *, sum_: str | None = None) -> str:
    return f"\\{text}*{sum_ or summed(text)}\\"


def tags_like(chance: Random, station: str, at_s: int) -> str:
    """Tag blocks that differ from the usual one by a little."""
    usual = f"s:{station},c:{at_s}"
    others = [
        tag(f"c:{at_s}"),
        tag(f"c:{at_s},s:{station}"),
        tag(f"c:{at_s},s:{station},c:{at_s + 2 * HOUR_S}"),
        tag(f"c:{at_s},c:{at_s - 2 * HOUR_S},s:{station}"),
        tag(f"x:{station},c:{at_s}"),
        tag(usual, sum_="00"),
        tag(usual, sum_=summed(usual).lower()),
        tag(usual.replace(",c", "c")),
        tag(f"s:,c:{at_s}"),
        tag(f"g:1-1-{at_s % 7},s:{station},c:{at_s}"),
        tag(f"s:{station},c:{at_s},g:2-2-{at_s % 7}"),
        tag(f"s:{station},c:{at_s},g:2-2-{at_s % 7},s:other"),
        tag(f"c:{at_s},g:2-2-{at_s % 7},s:other,c:{at_s + HOUR_S}"),
        tag(f"s:{station},2G2:{at_s % 7},c:{at_s}"),
        tag(f"s:{station},n:{at_s % 7},c:{at_s}"),
        tag(f"n:{at_s % 7},s:{station},c:{at_s},g:2-2-{at_s % 7}"),
        tag(f"n:{at_s % 7},n:c:{at_s - 3 * HOUR_S},c:{at_s},s:{station}"),
        tag(f"s:{station},c:{at_s},2G2:a-b"),
        tag(f"s:{station},c:{at_s},g:"),
        tag(f"1G2:{at_s % 7},c:{at_s}"),
        tag(f"s:{station},c:{at_s - at_s % 10}"[:-1] + ":"),
        tag(f"s:{station},c:{at_s // 10}:"),
        tag(f"s:{station}") + tag(f"c:{at_s}"),
        tag(f"s:{station}", sum_="00") + tag(f"c:{at_s}"),
        tag(usual)[1:],
        "x" + tag(usual)[1:],
        " " + tag(usual),
        tag(usual) + " ",
        tag(f"s:{station}\0,c:{at_s}"),
        tag(f"s:{'n' * chance.randrange(8, 24)},c:{at_s}"),
        tag(f"s:{station},c:{at_s}000"),
        tag(f"s:{station},c:0{at_s}"),
        tag(f"s:{station},c:0000000000"),
        "",
    ]
    return tag(usual) if chance.random() < 0.7 else chance.choice(others)


def bodies_like(chance: Random) -> list[str]:
    """From ! to the end: usual ones, and such as are so but for a little."""
    payload, fill = told(chance)
    if len(payload) > 56 or chance.random() < 0.1:
        parts = [payload[:56], payload[56:]]
        sequence = chance.randrange(10)
        return [
            f"!{body}*{summed(body)}"
            for body in (f"AIVDM,2,{part},{sequence},A,{text},0" for part, text in enumerate(parts, 1))
        ]
    at = chance.randrange(len(payload))
    body = f"AIVDM,1,1,,A,{payload},{fill}"
    usual = f"!{body}*{summed(body)}"
    others = [
        usual[:-3],
        usual[:-2],
        usual.replace(",0*", ",9*"),
        f"{usual},r-{chance.randrange(9)},{BEGINS_S + chance.randrange(9 * HOUR_S)}",
        f"!AIVDM,1,1,,A,{payload[:20]},{fill}*11,r-1,{BEGINS_S + chance.randrange(9 * HOUR_S)},0*00",
        f"!AIVDM,1,1,,A,{payload[:at]},{fill}*00",
        f"!AIVDM,1,1,,A,{payload[:at]},{payload[at:]},{fill}*00",
        f"!AIVDM,1,1,,A,{payload[:at]}{chance.choice(' X[*~_z')}{payload[at + 1 :]},{fill}*00",
        f"!AIVDM,1,1,,,{payload},{fill}*00",
        f"!AIVDM,1,1,,,,{payload},{fill}*00",
        f"!AIVDM,1,1,3,A,{payload},{fill}*00",
        f"!AIVDO,1,1,,1,{payload},{fill}*00",
        f"!AIVDX,1,1,,A,{payload},{fill}*00",
        f"!AIVDM,1,2,,A,{payload},{fill}*00",
        usual + usual,
        f"{usual}\\s:x*11\\{usual}",
        usual + "0" * 120,
    ]
    return [usual if chance.random() < 0.7 else chance.choice(others)]


def feed(chance: Random, messages: int) -> list[bytes]:
    """Lines of a few stations, over a few hours."""
    lines = []
    for number in range(messages):
        at_s = BEGINS_S + number * 5 * HOUR_S // messages + chance.choice([0, 0, -1, 1, 5])
        station = chance.choice(["north", "south", "a-station-of-16", "n"])
        ending = "\r" if chance.random() < 0.05 else ""
        lines += [f"{tags_like(chance, station, at_s)}{body}{ending}".encode() for body in bodies_like(chance)]
    return lines


@settings(max_examples=150, deadline=None)
@given(some.integers(0, 10**9), some.integers(1, 300), some.booleans())
def test_lines_that_are_usual_but_for_a_little_are_heard_as_they_are_read(seed: int, messages: int, learning: bool):
    lines = feed(Random(seed), messages)
    assert heard(in_blocks(lines, Random(seed)), learning=learning) == heard(one_by_one(lines), learning=learning)


@settings(max_examples=50, deadline=None)
@given(
    some.integers(0, 10**9), some.integers(0, 2), some.sampled_from(["s:x,", "", "s:x-y-z,", "s:xyzab,", "d:c,s:cc:,"])
)
def test_of_two_stamps_in_a_tag_block_the_last_is_gone_by_whoever_looks(seed: int, later_h: int, between: str):
    chance = Random(seed)
    lines = []
    for number in range(40):
        at_s = BEGINS_S + number
        text = f"c:{at_s},{between}c:{at_s + later_h * HOUR_S},d:y"
        lines += [f"{tag(text)}{body}".encode() for body in bodies_like(chance)]
        lines += [f"{tag(f's:x,c:{at_s + HOUR_S}')}{body}".encode() for body in bodies_like(chance)]
    assert heard(in_blocks(lines, Random(seed)), learning=False) == heard(one_by_one(lines), learning=False)


def test_the_first_line_of_a_block_tells_of_its_own_station():
    """Nothing stands before it by which it could be told from another."""
    listener = Listener(watch(), feed="feed", read_at=READ_AT)
    stations = ["south", "north", "x", "a-station-of-16", "a-station-of-1-7"]
    for station in stations:
        stamps = [tag(f"s:{name},c:{BEGINS_S}") for name in (station, *"nnnn")]
        block = b"".join(f"{stamp}!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\n".encode() for stamp in stamps)
        listener.hear_block(block, listener.sift(block))
    assert {source for source, _ in listener.hours} == {"n", *stations}


def test_stations_whose_names_differ_in_length_alone_are_told_apart_in_every_hour():
    """A hash into which length and hour go alike takes a name longer by two for one heard two hours before."""
    said = [(f"{'n' * size}", BEGINS_S + hour * HOUR_S) for hour in range(8) for size in range(1, 19)]
    body = "!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24"
    lines = [f"{tag(f's:{station},c:{at_s}')}{body}".encode() for station, at_s in said]
    assert heard(in_blocks(lines * 2, Random(1))) == heard(one_by_one(lines * 2))


@settings(max_examples=100, deadline=None)
@given(some.integers(0, 10**9))
def test_a_stamp_read_by_its_shape_says_what_the_plain_form_reads(seed: int):
    telling, tags = Telling(Tags()), Tags()
    lines = [(line, read_line(line.strip(), tags)) for line in feed(Random(seed), 60)]
    alone = [(line, sentences[0]) for line, sentences in lines if len(sentences) == 1]  # others are heard
    block = b"\n".join((b"before", *(line for line, _ in alone), b"after"))
    ends = np.cumsum([len(line) + 1 for line in (b"before", *(line for line, _ in alone))]) - 1
    starts, ends = ends[:-1] + 1, ends[1:]
    for (_, read), start, end in zip(alone, starts.tolist(), ends.tolist(), strict=True):
        said = telling.read(block, start, end)
        stamp = (read.station, read.at_us) if isinstance(read, Sentence) and read.at_us is not None else None
        assert (said and (said.station, said.at_us)) == stamp


@settings(max_examples=50, deadline=None)
@given(some.integers(0, 10**9), some.sampled_from([int(READ_AT.timestamp()), 946_684_800, 9_000_000_000]))
def test_an_hour_is_known_by_those_of_its_stamps_that_can_be(seed: int, about_s: int):
    """Of the hour in which it is read some can; of one before the year 2000, or yet to come, none."""
    chance = Random(seed)
    lines = []
    for _ in range(60):
        text = f"s:{chance.choice(['x', 'y'])},c:{about_s + chance.randrange(-2 * HOUR_S, 2 * HOUR_S)}"
        stamp = tag(text, sum_=chance.choice([None, None, "00"]))
        lines += [f"{stamp}{body}".encode() for body in bodies_like(chance)]
    assert heard(in_blocks(lines, Random(seed))) == heard(one_by_one(lines))


CHARACTERS = [*map(chr, ARMOUR), *map(chr, ARMOUR), *",*Z_x\\ \xff"]


@settings(max_examples=300, deadline=None)
@given(some.lists(some.lists(some.sampled_from(CHARACTERS), min_size=28, max_size=28), min_size=8, max_size=40))
def test_no_head_that_is_followed_escapes_a_glance(payloads: list[list[str]]):
    south, north, west, east = AREA
    wide = Watch(
        mmsi=frozenset(range(200_000_000, 200_001_000)),
        in_area=lambda lat, lon: south <= lat <= north and west - 40 <= lon <= east + 40,
        boxes=((south, north, west - 40, east + 40),),
    )
    texts = ["".join(payload).encode("latin-1") for payload in payloads]
    for text in texts[::2]:
        learn(text, wide)
    lines = [b"\\s:a,c:1700000000*00\\!AIVDM,1,1,,A,%b,0*00\n" % text for text in texts]
    padding = b"\\s:a,c:1700000000*00\\!AIVDM,1,1,,A,0000000000000000000000000000,0*00\n"
    block = padding * 4 + b"".join(lines) + padding * 4
    usual = usual_of(block, cut(block))
    found, _ = Heads(Following(wide)).glance(*usual.heads)
    rows = range(4, 4 + len(texts))
    missed = [
        text
        for row, text in zip(rows, texts, strict=True)
        if usual.sound[row] and why(text.split(b",")[0].split(b"*")[0], wide) and not found[row]
    ]
    assert not missed
