"""The fast form of the filter is the plain form, sooner: same reports, same account, same hours, whatever the block."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import reduce
from itertools import pairwise
from operator import xor
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sealane import listener as listening
from sealane.filter import Watch, learn
from sealane.lines import MAX_LINE_BYTES, Lines
from sealane.listener import Listener, Reports
from sealane.scout import Scout
from sealane.sentence import Sentence, read_line
from sealane.sieve import sieve
from sealane.sieve.gist import gist_of, unpacked
from sealane.sieve.recall import Recall
from sealane.stamp import Tags
from streams.demo.payload import POSITION, STATIC, pack
from tests.core.story import NOT_AVAILABLE

READ_AT = datetime(2026, 1, 1, tzinfo=UTC)
WATCHED_IMO, WATCHED_MMSI = 2000016, 200000001
AREA = (40.5, 43.5, 129.0, 134.0)
FORMS = ["NumPy", *["compiled"] * sieve.COMPILED]
SHARED = Path(__file__).resolve().parents[3] / "shared" / "ais"


@pytest.fixture(autouse=True, params=FORMS)
def _every_block_is_sifted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sieve, "COMPILED", request.param == "compiled")
    monkeypatch.setattr(listening, "WORTH_SIFTING_BYTES", 1)
    monkeypatch.setattr(listening, "MOST_HEARD", 1.0)


def watch() -> Watch:
    south, north, west, east = AREA
    return Watch(
        mmsi=frozenset({WATCHED_MMSI}),
        imo=frozenset({WATCHED_IMO}),
        in_area=lambda lat, lon: south <= lat <= north and west <= lon <= east,
        boxes=(AREA,),
    )


def told(chance: Random) -> tuple[str, int]:
    """A payload with its fill bits: a position anywhere, often near the area's borders, or what a ship says it is."""
    mmsi = chance.choice([WATCHED_MMSI, 200000002, 200000003, 200000004, 999999999])
    if chance.random() < 0.35:
        imo = chance.choice([WATCHED_IMO, 2000028, 0, 1234567])
        return pack(STATIC, {"type": 5, "mmsi": mmsi, "imo": imo, "name": f"S{chance.randrange(99)}", "to_bow": 9})
    lat = chance.choice([chance.uniform(-90, 90), AREA[0], AREA[1], chance.uniform(AREA[0], AREA[1])])
    lon = chance.choice([chance.uniform(-180, 180), AREA[2], AREA[3], chance.uniform(AREA[2], AREA[3])])
    place = {
        "lat": round(lat * 600_000) + chance.randrange(-2, 3),
        "lon": round(lon * 600_000) + chance.randrange(-2, 3),
    }
    return pack(POSITION, NOT_AVAILABLE | {"type": chance.choice([1, 2, 3]), "mmsi": mmsi, "sog": 100} | place)


def summed(body: str) -> str:
    return f"{reduce(xor, body.encode(), 0):02X}"


def tagged(chance: Random, style: str, at_s: int, station: str, part: int, parts: int, group: int) -> str:
    fields = {
        "last": f"s:{station},c:{at_s}",
        "first": f"c:{at_s},s:{station}",
        "group": f"g:{part}-{parts}-{group},s:{station},c:{at_s}",
        "grouped": f"{part}G{parts}:{group},c:{at_s}",
        "ms": f"s:{station},c:{at_s}000",
        "no station": f"c:{at_s}",
        "no stamp": f"s:{station}",
        "long": f"s:{station},x:{'y' * 40},c:{at_s}",
    }.get(style)
    if fields is None:
        return f"{at_s} " if style == "prefix" else ""
    wrong = chance.random() < 0.03
    return f"\\{fields}*{'00' if wrong else summed(fields)}\\"


def feed(chance: Random, messages: int) -> list[bytes]:
    """Lines of a feed, in order of time or nearly, some damaged, some not AIS at all."""
    style = chance.choice(["last", "first", "group", "grouped", "none", "half", "mixed", "mixed"])
    styles = ["last", "first", "group", "grouped", "ms", "no station", "no stamp", "long", "prefix", "trailer", "none"]
    lines: list[tuple[float, bytes]] = []
    for number in range(messages):
        payload, fill = told(chance)
        parts = [payload[at : at + 56] for at in range(0, len(payload), 56)]
        mine = chance.choice(styles) if style == "mixed" else style
        at_s = 1_700_000_000 + number * chance.choice([1, 40]) // 4
        sequence = str(chance.randrange(3)) if len(parts) > 1 or chance.random() < 0.1 else ""
        channel, talker = chance.choice(["A", "B", "", "1"]), chance.choice(["AI", "AI", "BS", "--"])
        station = chance.choice(["north", "south", "a-station-of-long-name"])
        for index, part in enumerate(parts, start=1):
            if len(parts) > 1 and chance.random() < 0.12:
                continue  # lost
            body = f"{talker}VDM,{len(parts)},{index},{sequence},{channel},{part},{fill if index == len(parts) else 0}"
            mine = chance.choice(["last", "none"]) if style == "half" else mine
            line = f"{tagged(chance, mine, at_s, station, index, len(parts), number)}!{body}*{summed(body)}"
            line += f",r{station},{at_s}" if mine == "trailer" else ""
            late = chance.choice([0, 0, 0, 0.5, 3, 40])
            times = 1 + (chance.random() < 0.1)
            lines += [(number + late * chance.random(), damaged(chance, line.encode())) for _ in range(times)]
    lines += [(chance.uniform(0, messages), chance.choice(NOISE)) for _ in range(messages // 10)]
    received: list[bytes] = []
    for _, text in sorted(lines):
        if received and chance.random() < 0.05:
            received[-1] += text  # run together
        else:
            received.append(text)
    return received


NOISE = [
    b"",
    b" \t",
    b"# comment !AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24",
    b"$GPRMC,1*00",
    b"<html>",
    b"!",
    b"!AIVDM,1,1,,A,13u",
    b"x" * 70_000,
    b"$PGHP,1,2013,3,18,9,19,9,499,219,,2190048,1,28*23",
    b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24",
]


def damaged(chance: Random, line: bytes) -> bytes:
    if chance.random() < 0.06:
        at = chance.randrange(len(line))
        line = line[:at] + bytes([chance.randrange(256)]) * chance.randrange(3) + line[at + 1 :]
    return line + chance.choice([b"", b"\r", b" "]) if chance.random() < 0.3 else line


Heard = tuple[Reports, dict[str, int], dict[str, int], list[tuple[str, datetime]], int]


def heard(hear: Callable[[Listener], Reports], *, learning: bool = False) -> Heard:
    listener = Listener(watch(), feed="feed", read_at=READ_AT, learning=learning)
    return outcome(listener, hear(listener))


def outcome(listener: Listener, reports: Reports) -> Heard:
    listener.finish()
    hours = sorted(listener.hours)
    return reports, listener.account.lines, listener.account.sentences, hours, listener.heard


def one_by_one(lines: list[bytes]) -> Callable[[Listener], Reports]:
    return lambda listener: [report for line in lines for report in listener.hear(line)]


def in_blocks(lines: list[bytes], chance: Random) -> Callable[[Listener], Reports]:
    """Cut anywhere, and put together into whole lines again."""

    def hear(listener: Listener) -> Reports:
        text, cutter, reports = b"".join(line + b"\n" for line in lines), Lines(), []
        while text:
            size = chance.choice([1, 50, 3_000, 20_000, len(text)])
            if whole := cutter.whole(text[:size]):
                reports += listener.hear_block(whole, listener.sift(whole))
            text = text[size:]
        return reports

    return hear


@settings(max_examples=150, deadline=None)
@given(some.integers(0, 10**9), some.integers(1, 120), some.booleans())
def test_a_block_is_heard_as_its_lines_are(seed: int, messages: int, learning: bool):
    lines = [line.replace(b"\n", b"") for line in feed(Random(seed), messages)]
    plain = heard(one_by_one(lines), learning=learning)
    fast = heard(in_blocks(lines, Random(seed)), learning=learning)
    assert fast == plain


def by_gists(lines: list[bytes], chance: Random) -> Heard:
    """Two passes, the second by what the first kept of each block."""
    text, blocks = b"".join(line + b"\n" for line in lines), []
    while text:
        end = text.find(b"\n", min(chance.choice([300, 3_000, 20_000]), len(text) - 1)) + 1
        blocks.append(text[:end])
        text = text[end:]
    scout = Scout(watch())
    first = Listener(scout.watch, feed="feed", read_at=READ_AT)
    gists = []
    for block in blocks:
        sifted = first.sift(block)
        scout.hear_block(block, sifted)
        told = {} if sifted is None else first.told_by(block, sifted)
        gists.append(None if sifted is None else gist_of(block, sifted, told, first.reader).packed)
    recall, listener = Recall(scout.watch), Listener(scout.watch, feed="feed", read_at=READ_AT)
    reports: Reports = []
    for block, packed in zip(blocks, gists, strict=True):
        if packed is None:
            reports += listener.hear_block(block, listener.sift(block))
            continue
        reports += listener.hear_again(recall.recalled(unpacked(packed), block))
    return outcome(listener, reports)


@settings(max_examples=150, deadline=None)
@given(some.integers(0, 10**9), some.integers(1, 120))
def test_a_second_pass_by_gists_hears_what_one_line_by_line_hears(seed: int, messages: int):
    lines = [line.replace(b"\n", b"") for line in feed(Random(seed), messages)]
    scout = Scout(watch())
    for line in lines:
        scout.hear(line)
    listener = Listener(scout.watch, feed="feed", read_at=READ_AT)
    plain = outcome(listener, [report for line in lines for report in listener.hear(line)])
    assert by_gists(lines, Random(seed)) == plain


@settings(max_examples=100, deadline=None)
@given(some.integers(0, 10**9))
def test_a_line_teaches_what_each_of_its_sentences_read_in_full_teaches(seed: int):
    """Some are run together, and some of those damaged."""
    chance, tags = Random(seed), Tags()
    lines = feed(chance, 60)
    lines += [damaged(chance, one + other) for one, other in pairwise(lines) if chance.random() < 0.5]
    scout, learned = Scout(watch()), watch()
    for line in lines:
        scout.hear(line)
        for sentence in read_line(line.strip(), tags) if len(line) <= MAX_LINE_BYTES else ():
            if isinstance(sentence, Sentence) and sentence.part == 1 and not sentence.defect:
                learn(sentence.payload, learned)
    assert (scout.watch.bound, scout.watch.met) == (learned.bound, learned.met)


@settings(max_examples=60, deadline=None)
@given(some.integers(0, 10**9))
def test_a_block_teaches_what_its_lines_teach(seed: int):
    lines = [line.replace(b"\n", b"") for line in feed(Random(seed), 80)]
    plain, fast = Scout(watch()), Scout(watch())
    for line in lines:
        plain.hear(line)
    block = b"".join(line + b"\n" for line in lines)
    fast.hear_block(block, Listener(fast.watch, feed="feed", read_at=READ_AT).sift(block))
    assert (fast.watch.bound, fast.watch.met) == (plain.watch.bound, plain.watch.met)


@pytest.mark.parametrize(
    "recording",
    sorted(file for file in SHARED.rglob("*") if file.suffix in {".nmea", ".txt", ".ais", ".log"}),
    ids=lambda file: file.name,
)
def test_real_recordings_are_heard_alike(recording: Path):
    lines = recording.read_bytes().split(b"\n")
    assert heard(in_blocks(lines, Random(1))) == heard(one_by_one([*lines]))


def test_lines_of_nobody_followed_are_passed_over_unread(monkeypatch: pytest.MonkeyPatch):
    """Else the tests above would compare the plain form with itself."""
    chance = Random(5)
    bodies = [f"AIVDM,1,1,,A,{payload},{fill}" for payload, fill in (told(chance) for _ in range(300)) if fill == 0]
    tag = "s:north,c:1700000000"
    lines = [f"\\{tag}*{summed(tag)}\\!{body}*{summed(body)}\r\n".encode() for body in bodies]
    nobody = Watch(in_area=lambda _lat, _lon: False, boxes=())
    listener = Listener(nobody, feed="feed", read_at=READ_AT)
    hear, read = listener.hear, []

    def noted(line: bytes, arrived_at: datetime | None = None) -> Reports:
        read.append(line)
        return hear(line, arrived_at)

    monkeypatch.setattr(listener, "hear", noted)
    assert listener.hear_block(b"".join(lines), listener.sift(b"".join(lines))) == []
    assert listener.account.lines == {
        "total": len(bodies),
        "decoded": 0,
        "part": 0,
        "not_followed": len(bodies),
        "foreign": 0,
    }
    assert [source for source, _ in listener.hours] == ["north"]
    assert len(read) <= 1  # the last, after which there is nothing to look ahead into


def test_a_block_in_which_many_radios_are_learned_of_is_heard_to_its_end():
    bodies = []
    for number in range(1_500):
        payload, fill = pack(
            STATIC, {"type": 5, "mmsi": 200001000 + number, "imo": WATCHED_IMO, "name": "X", "to_bow": 9}
        )
        parts = (payload[:56], 0), (payload[56:], fill)
        bodies += [f"AIVDM,2,{part},{number % 10},A,{text},{rest}" for part, (text, rest) in enumerate(parts, start=1)]
    lines = [f"!{body}*{summed(body)}".encode() for body in bodies]
    assert heard(in_blocks(lines, Random(1)), learning=True) == heard(one_by_one(lines), learning=True)
