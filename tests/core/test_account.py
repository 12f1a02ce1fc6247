"""Hearing lines: every one is accounted for, and neither cuts nor order nor repeats change what is reported."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pyais
from hypothesis import given
from hypothesis import strategies as st

from sealane.filter import Watch
from sealane.lines import MAX_LINE_BYTES, Lines
from sealane.listener import Listener, Reports
from sealane.scout import Scout
from sealane.stamp import checksum

READ_AT = datetime(2024, 6, 1, tzinfo=UTC)
AT_S = 1_709_294_400  # 2024-03-01 12:00 UTC
SHIP, STRANGER, IMO = 200000001, 200000002, 9000003  # made up
INSIDE, OUTSIDE = {"lat": 42.0, "lon": 131.0}, {"lat": 35.0, "lon": 131.0}


Field = str | int | float | bytes


def everybody() -> Watch:
    return Watch(mmsi=None, in_area=lambda _lat_deg, _lon_deg: True)


def corridor() -> Watch:
    return Watch(imo=frozenset({IMO}), in_area=lambda lat_deg, _lon_deg: 40.5 <= lat_deg <= 43.5)


def message(at_s: float | None = AT_S, sequence: int = 0, **fields: Field) -> list[bytes]:
    """The lines of one message, each with a tag block."""
    sentences = pyais.encode_dict({"mmsi": SHIP, **fields}, seq_id=sequence)
    if at_s is None:
        return [sentence.encode() for sentence in sentences]
    block = b"s:north,c:%d" % at_s
    return [b"\\%b*%02X\\%b" % (block, checksum(block), sentence.encode()) for sentence in sentences]


def position(at_s: float | None = AT_S, **fields: Field) -> bytes:
    return message(at_s, 0, **({"type": 1, **INSIDE} | fields))[0]


def listened(lines: list[bytes], watch: Watch | None = None) -> tuple[Reports, Listener]:
    listener = Listener(watch or everybody(), feed="feed", read_at=READ_AT)
    listener.begin("made.nmea")
    reports = [report for line in lines for report in listener.hear(line)]
    assert_adds_up(listener)
    listener.finish()
    assert_adds_up(listener)
    return reports, listener


def assert_adds_up(listener: Listener) -> None:
    for table in (listener.account.lines, listener.account.sentences):
        total = table.pop("total")
        assert total == sum(table.values())
        assert min(table.values()) >= 0


def counts(lines: list[bytes], watch: Watch | None = None) -> dict[str, int]:
    table = listened(lines, watch)[1].account.lines
    return {outcome: count for outcome, count in table.items() if count}


STATIC = message(type=5, shipname="GREY HERON", imo=IMO)


def test_each_line_has_one_fate() -> None:
    lines = [position(), *STATIC, b"$GPRMC,1*00", b"# note", b"", b" \r", position()[:-1] + b"!"]
    assert counts(lines) == {"total": 6, "decoded": 2, "part": 1, "foreign": 2, "no_checksum": 1}


def test_a_fragment_is_part_until_its_message_never_completes() -> None:
    listener = Listener(everybody(), feed="feed", read_at=READ_AT)
    listener.hear(STATIC[0])
    assert listener.account.lines["part"] == 1
    listener.finish()
    assert (listener.account.lines["part"], listener.account.lines["incomplete"]) == (0, 1)


def test_the_fragments_of_a_message_that_is_nobodys_are_not_followed() -> None:
    nobody = Watch(in_area=lambda _lat_deg, _lon_deg: False)
    assert counts(STATIC, nobody) == {"total": 2, "not_followed": 2}
    assert counts(STATIC[::-1], nobody) == {"total": 2, "not_followed": 2}
    assert counts(STATIC[:1], nobody) == {"total": 1, "not_followed": 1}
    assert counts(STATIC[1:], nobody) == {"total": 1, "not_followed": 1}


def test_a_repeated_fragment_is_part() -> None:
    assert counts([*STATIC, *STATIC]) == {"total": 4, "decoded": 1, "part": 3}


def test_a_line_with_several_sentences_counts_once_and_rejects_come_first() -> None:
    assert counts([position() + position()]) == {"total": 1, "decoded": 1}
    assert counts([STATIC[0] + STATIC[1]]) == {"total": 1, "decoded": 1}
    assert counts([position() + position()[:-2] + b"ZZ"]) == {"total": 1, "no_checksum": 1}
    assert listened([position() + position()])[1].account.sentences["decoded"] == 2


def test_a_line_too_long_is_rejected_whole() -> None:
    assert counts([b"x" * (MAX_LINE_BYTES + 1), position()]) == {"total": 2, "decoded": 1, "line_too_long": 1}


def test_a_reject_is_sampled_with_its_place() -> None:
    account = listened([position(), b"!AIVDM,1,1*00" + b"x" * 500] + [b"!AIVDM,1,1*00"] * 9)[1].account
    first, second, third = account.samples["malformed"]
    assert (first.file, first.line, len(first.text)) == ("made.nmea", 2, 120)
    assert (second.line, third.line) == (3, 4)


def test_a_stamp_before_2000_or_after_reading_is_rejected() -> None:
    late_s = int((READ_AT + timedelta(minutes=11)).timestamp())
    soon_s = int((READ_AT + timedelta(minutes=9)).timestamp())
    assert counts([position(0), position(late_s), position(946684799)]) == {"total": 3, "bad_time": 3}
    assert counts([position(soon_s), position(946684800)]) == {"total": 2, "decoded": 2}


def test_a_message_without_a_stamp_is_decoded_and_reports_nothing() -> None:
    reports, listener = listened([position(None)])
    assert reports == []
    assert (listener.account.lines["decoded"], listener.account.untimed, listener.account.stamped) == (1, 1, 0)


def test_a_live_message_without_a_stamp_is_dated_by_its_arrival() -> None:
    (report,) = Listener(everybody(), feed="feed", read_at=READ_AT).hear(position(None), arrived_at=READ_AT)
    assert (report.at, report.stamped_by, report.source) == (READ_AT, "arrival", "feed")


def test_pghp_dates_the_message_whose_checksums_it_names() -> None:
    lines = message(None, type=5, shipname="GREY HERON")
    sum_ = int(lines[0][-2:], 16) ^ int(lines[1][-2:], 16)
    body = b"PGHP,1,2024,3,1,12,0,0,250,219,,2190048,1,%02X" % sum_
    (report,) = listened([b"$%b*%02X" % (body, checksum(body)), *lines])[0]
    assert (report.at, report.stamped_by) == (datetime(2024, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC), "pghp")
    assert report.source == "2190048"


def test_a_new_file_begins_with_line_1_and_no_pghp() -> None:
    listener = Listener(everybody(), feed="feed", read_at=READ_AT)
    listener.begin("one")
    listener.hear(STATIC[0])
    listener.begin("two")
    listener.hear(b"!AIVDM,1*00")
    assert (listener.account.samples["malformed"][0].file, listener.account.samples["malformed"][0].line) == ("two", 1)
    assert len(listener.hear(STATIC[1])) == 1  # open fragments live on


def test_the_hours_a_source_was_heard_in_are_a_set_collected_before_the_filter() -> None:
    nobody = Watch(in_area=lambda _lat_deg, _lon_deg: False)
    hours = listened([position(), position(AT_S + 60), position(AT_S + 3600), position(0)], nobody)[1].hours
    noon = datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert list(hours) == [("north", noon), ("north", noon + timedelta(hours=1))]


def test_what_a_scout_learned_makes_the_result_independent_of_order() -> None:
    early, late = position(mmsi=SHIP, **OUTSIDE), message(AT_S + 60, type=5, imo=IMO)
    lines = [early, *late]
    watch = corridor()
    for line in lines:
        Scout(watch).hear(line)
    assert watch.bound == {SHIP}
    assert len(listened(lines, watch)[0]) == len(listened([*late, early], watch)[0]) == 2


def test_a_scout_learns_nothing_from_a_wrong_checksum() -> None:
    watch = corridor()
    Scout(watch).hear(position()[:-2] + b"00")
    assert watch.met == set()


def test_a_live_listener_learns_as_it_goes() -> None:
    listener = Listener(corridor(), feed="feed", read_at=READ_AT, learning=True)
    outside = position(**OUTSIDE)
    heard = [len(listener.hear(line)) for line in [outside, *STATIC, outside]]
    assert heard == [0, 0, 1, 1]


# --- cuts, order, repeats --------------------------------------------------------------------------------------------

POSITIONS = [[position(AT_S + 7 * number, mmsi=SHIP + number % 3, speed=number)] for number in range(12)]
STATICS = [
    message(AT_S + 40 * number, number, type=5, shipname=f"SHIP {number}", imo=IMO + number) for number in range(8)
]
MESSAGES = POSITIONS + STATICS
FEED = b"\r\n".join(line for lines in MESSAGES for line in lines) + b"\n\n" + b"y" * 70_000 + b"\n$GPRMC\n" + position()
REPORTS = {repr(report) for report in listened([line for lines in MESSAGES for line in lines])[0]}


@given(cuts=st.lists(st.integers(0, len(FEED)), max_size=30))
def test_cuts_of_the_stream_change_nothing(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(FEED)]
    cutter = Lines()
    lines = [line for first, end in pairwise(edges) for line in cutter.cut(FEED[first:end])]
    lines += cutter.rest()
    whole = Lines()
    assert lines == [*whole.cut(FEED), *whole.rest()]
    assert max(map(len, lines)) == MAX_LINE_BYTES + 1


NOISE = st.sampled_from(
    [b"!AIVDM,", b"!BSVDO,", b"$PGHP,", b"\\", b"*", b",", b"1", b"9" * 5000, b"g:1-", b"c:", b"s:", b"\xff", b"#"]
)
PAYLOADS = st.binary(max_size=80).map(lambda noise: bytes(48 + byte % 72 for byte in noise))


@given(lines=st.lists(st.lists(NOISE | st.binary(max_size=9), max_size=20).map(b"".join), max_size=9))
def test_no_noise_stops_the_listener(lines: list[bytes]) -> None:
    listened(lines)


@given(payload=PAYLOADS, kind=st.sampled_from(b"123459BCHIK"), fill=st.integers(0, 5))
def test_no_payload_stops_the_listener(payload: bytes, kind: int, fill: int) -> None:
    for length in (28, 53, 71, len(payload) + 1):
        sent = bytes([kind]) + payload.ljust(length, b"0")[: length - 1]
        body = b"AIVDM,1,1,,A,%b,%d" % (sent, fill)
        listened([b"1709294400 !%b*%02X" % (body, checksum(body))])


@given(order=st.permutations(MESSAGES), times=st.lists(st.integers(1, 5), min_size=20, max_size=20))
def test_the_order_of_messages_and_repeated_lines_change_nothing(order: list[list[bytes]], times: list[int]) -> None:
    lines = [line for lines, often in zip(order, times, strict=True) for line in lines for _ in range(often)]
    assert {repr(report) for report in listened(lines)[0]} == REPORTS


@given(st.lists(st.sampled_from([line for lines in MESSAGES for line in lines] + [b"", b"foo", b"!AIVDM,*00"])))
def test_the_account_adds_up_whatever_comes(lines: list[bytes]) -> None:
    _, listener = listened(lines)
    assert listener.account.lines["total"] == sum(map(bool, lines))
