"""How a line is read: every style of stamp, station and frame that receivers write, and every defect."""

import pytest

from sealane.account import Rejected
from sealane.fragment import KEPT_SENTENCES, LONGEST_REACH, Joiner, whole
from sealane.sentence import Sentence, read_line
from sealane.stamp import Pghp, Tags, checksum, holds_pghp, moment

BODY = b"AIVDM,1,1,,B,15N0>s?P00G?k7RKAC4h;ww00@C:,0"
PLAIN = b"!" + BODY + b"*1C"
S = 1_000_000


def nmea(body: bytes) -> bytes:
    return b"!%b*%02X" % (body, checksum(body))


def tagged(block: bytes, sentence: bytes = PLAIN) -> bytes:
    return b"\\%b*%02X\\%b" % (block, checksum(block), sentence)


def read(line: bytes) -> Sentence:
    (sentence,) = read_line(line, Tags())
    assert isinstance(sentence, Sentence)
    return sentence


def reason(line: bytes) -> str | None:
    (sentence,) = read_line(line, Tags())
    return sentence.reason if isinstance(sentence, Rejected) else sentence.defect


def test_a_plain_sentence_has_fields_and_no_stamp() -> None:
    sentence = read(PLAIN)
    assert (sentence.talker, sentence.formatter, sentence.parts, sentence.part) == (b"AI", "VDM", 1, 1)
    assert (sentence.sequence, sentence.channel, sentence.payload, sentence.fill) == (
        b"",
        b"B",
        b"15N0>s?P00G?k7RKAC4h;ww00@C:",
        0,
    )
    assert (sentence.at_us, sentence.stamped_by, sentence.station, sentence.group) == (None, None, None, None)
    assert sentence.raw == PLAIN
    assert sentence.defect is None


@pytest.mark.parametrize(
    ("line", "at_us", "by", "station"),
    [
        (tagged(b"c:1418172113"), 1418172113 * S, "tag_block", None),
        (tagged(b"c:1599239526500"), 1599239526_500_000, "tag_block", None),
        (tagged(b"c:1599239526500123"), 1599239526_500_123, "tag_block", None),
        (tagged(b"c:1599239526500123999"), 1599239526_500_123, "tag_block", None),
        (tagged(b"s:rORBCOMM104,q:u,c:1418172113,T:2014-12-10 00.41.53"), 1418172113 * S, "tag_block", "rORBCOMM104"),
        (tagged(b"s:b:2,c:1364272372"), 1364272372 * S, "tag_block", "b:2"),
        (tagged(b":,c:1364272372"), 1364272372 * S, "tag_block", None),
        (tagged(b"n:12,s:r1,c:x"), None, None, "r1"),
        (b"\\c:1418172113\\" + PLAIN, 1418172113 * S, "tag_block", None),
        (b"1550303566 " + PLAIN, 1550303566 * S, "prefix", None),
        (b"1550303566.25 " + PLAIN, 1550303566_250_000, "prefix", None),
        (b"1550303566167 " + PLAIN, 1550303566_167_000, "prefix", None),
        (b"1550303566167726840 " + PLAIN, 1550303566_167_726, "prefix", None),
        (b"received: " + PLAIN, None, None, None),
        (PLAIN + b",1357134218", 1357134218 * S, "trailer", None),
        (PLAIN + b",b003669794,1272412827", 1272412827 * S, "trailer", "b003669794"),
        (PLAIN + b",003669794,1272412827", 1272412827 * S, "trailer", "003669794"),
        (PLAIN + b",1daasd4218,,1357134222", 1357134222 * S, "trailer", None),
        (PLAIN + b",s29534", None, None, None),
        (
            PLAIN + b",d-109,S2105,t050056.00,T56.13718694,r003669946,1325394060,1325394001",
            1325394060 * S,
            "trailer",
            "r003669946",
        ),
    ],
)
def test_each_style_of_stamp_is_read(line: bytes, at_us: int | None, by: str | None, station: str | None) -> None:
    sentence = read(line)
    assert (sentence.at_us, sentence.stamped_by, sentence.station) == (at_us, by, station)
    assert sentence.defect is None
    assert sentence.raw == line


def test_of_two_epochs_in_a_trailer_the_first_agrees_with_the_receivers_own_second() -> None:
    at_us = read(PLAIN + b",S2105,t050056.00,r003669946,1325394060,1325394001").at_us
    assert at_us is not None
    assert f"{moment(at_us):%H%M}" in ("0500", "0501")


def test_a_tag_block_counts_before_a_prefix_and_a_prefix_before_a_trailer() -> None:
    trailer = b",r1,1272412827"
    assert read(b"1550303566 " + tagged(b"c:1418172113") + trailer).stamped_by == "tag_block"
    assert read(b"1550303566 " + PLAIN + trailer).stamped_by == "prefix"


def test_station_and_time_may_come_from_different_places() -> None:
    sentence = read(b"1550303566 " + tagged(b"s:north"))
    assert (sentence.station, sentence.stamped_by) == ("north", "prefix")


@pytest.mark.parametrize(("block", "of", "id_"), [(b"g:1-2-1604", 2, b"1604"), (b"g:1-2--001", 2, b"-001")])
def test_a_group_is_read_from_a_tag_block(block: bytes, of: int, id_: bytes) -> None:
    group = read(tagged(block)).group
    assert group is not None
    assert (group.index, group.of, group.id) == (1, of, id_)


def test_the_older_style_of_group_is_read_too() -> None:
    group = read(tagged(b"1G2:0125,c:1354719387")).group
    assert group is not None
    assert (group.index, group.of, group.id) == (1, 2, b"0125")


def test_several_sentences_on_a_line_have_their_own_tag_blocks() -> None:
    one, other = read_line(tagged(b"c:1698785948") + tagged(b"c:1698785947,s:x"), Tags())
    assert isinstance(one, Sentence)
    assert isinstance(other, Sentence)
    assert (one.at_us, one.station) == (1698785948 * S, None)
    assert (other.at_us, other.station) == (1698785947 * S, "x")


def test_a_trailer_belongs_to_the_sentence_before_it() -> None:
    one, other = read_line(PLAIN + b",r1,1272412827" + PLAIN, Tags())
    assert isinstance(one, Sentence)
    assert isinstance(other, Sentence)
    assert (one.at_us, other.at_us) == (1272412827 * S, None)


@pytest.mark.parametrize("talker", [b"AI", b"AB", b"BS", b"SA", b"AN", b"AX", b"--"])
def test_any_talker_is_heard(talker: bytes) -> None:
    assert read(nmea(talker + BODY[2:])).talker == talker


def test_own_ship_is_heard() -> None:
    assert read(nmea(BODY.replace(b"VDM", b"VDO"))).formatter == "VDO"


@pytest.mark.parametrize("channel", [b"", b"1", b"A", b"C"])
def test_a_channel_may_be_blank_or_a_number(channel: bytes) -> None:
    assert read(nmea(BODY.replace(b",B,", b",%b," % channel))).channel == channel


def test_a_single_part_may_have_a_sequence_id() -> None:
    assert read(nmea(BODY.replace(b",1,1,,", b",1,1,7,"))).sequence == b"7"


def test_a_field_more_before_the_checksum_is_passed_over() -> None:
    sentence = read(b"!AIVDM,1,1,1,,13aI8e?P00PGpU:NR6s00?vT2000,0,0*1C")
    assert (sentence.fill, sentence.defect) == (0, None)


@pytest.mark.parametrize("junk", [b"'", b"\\x0d\\x0a", b" ok"])
def test_junk_after_the_checksum_changes_nothing(junk: bytes) -> None:
    assert read(PLAIN + junk).defect is None


@pytest.mark.parametrize(
    "line", [b"$GPRMC,1,2*00", b"# " + PLAIN, b"foobar", b"\\c:1354719388*56\\", b"!AIABM,1*00", BODY]
)
def test_other_lines_and_comments_hold_no_sentence(line: bytes) -> None:
    assert read_line(line, Tags()) == []


@pytest.mark.parametrize(
    ("line", "defect"),
    [
        (b"!" + BODY + b"*1D", "bad_checksum"),
        (b"!" + BODY, "no_checksum"),
        (b"!" + BODY + b"*zz", "no_checksum"),
        (b"!AIVDM,1,1,,B,15N4cJ005Jrek0H@9nDW5608EP,013", "no_checksum"),
        (b"\\c:1662052384,s:FM112*00\\" + PLAIN, "bad_tag_checksum"),
        (nmea(b"AIVDM,1,1,,B"), "malformed"),
        (nmea(BODY.replace(b",1,1,", b",1,2,")), "malformed"),
        (nmea(BODY.replace(b",1,1,", b",0,1,")), "malformed"),
        (nmea(BODY[:-1] + b"6"), "malformed"),
    ],
)
def test_each_defect_of_a_frame_has_its_reason(line: bytes, defect: str) -> None:
    assert reason(line) == defect


# --- $PGHP -----------------------------------------------------------------------------------------------------------

PGHP = b"$PGHP,1,2013,3,18,9,19,9,499,219,,2190048,1,28*23"


def test_pghp_stamps_the_sentence_whose_checksum_it_names() -> None:
    pghp = Pghp()
    pghp.hear(PGHP, 1)
    assert pghp.claim(0x29, 2) is None
    stamp = pghp.claim(0x28, 2)
    assert stamp is not None
    assert stamp.at_us is not None
    assert (moment(stamp.at_us).isoformat(), stamp.station) == ("2013-03-18T09:19:09.499000+00:00", "2190048")
    assert pghp.claim(0x28, 3) is None


def test_two_pghp_before_one_sentence_each_wait_for_theirs() -> None:
    pghp = Pghp()
    other = b"PGHP,1,2013,3,18,9,19,10,624,219,,2190048,1,47"
    pghp.hear(b"$%b*%02X" % (other, checksum(other)), 1)
    pghp.hear(PGHP, 1)
    assert pghp.claim(0x28, 2) is not None
    assert pghp.claim(0x47, 3) is not None


def test_pghp_waits_for_a_few_sentences_only() -> None:
    pghp = Pghp()
    pghp.hear(PGHP, 1)
    assert pghp.claim(0x28, 100) is None


def test_pghp_with_a_wrong_checksum_is_passed_over() -> None:
    pghp = Pghp()
    pghp.hear(PGHP[:-1] + b"0", 1)
    assert len(pghp) == 0


# --- fragments -------------------------------------------------------------------------------------------------------

HEAD, TAIL = b"53B?8r021g8HuHtk:20dTpN1<D5L5U>22222220002R0L33Aa?4i@H888888", b"88888888888"
HEAD_B = b"5" + HEAD[1:].replace(b"8", b"9")


def fragment(part: int, payload: bytes, tag: bytes = b"", sequence: int = 1, parts: int = 2) -> Sentence:
    sentence = nmea(b"AIVDM,%d,%d,%d,A,%b,0" % (parts, part, sequence, payload))
    return read(tagged(tag, sentence) if tag else sentence)


def joined(*sentences: Sentence) -> list[bytes]:
    joiner = Joiner()
    slots = [joiner.join(number, sentence)[0] for number, sentence in enumerate(sentences)]
    return [whole(slot.sentences).payload for slot in dict.fromkeys(slots) if slot and slot.is_complete]


def test_two_fragments_make_a_message_in_either_order() -> None:
    one, two = fragment(1, HEAD), fragment(2, TAIL)
    assert joined(one, two) == joined(two, one) == [HEAD + TAIL]


def test_fragments_more_than_30_s_apart_never_join() -> None:
    assert joined(fragment(1, HEAD, b"c:1600000000"), fragment(2, TAIL, b"c:1600000031")) == []
    assert joined(fragment(1, HEAD, b"c:1600000000"), fragment(2, TAIL, b"c:1600000030")) == [HEAD + TAIL]


def test_the_time_of_other_messages_expires_nothing() -> None:
    late = fragment(1, HEAD_B, b"c:1700000000", sequence=2)
    assert joined(fragment(1, HEAD, b"c:1600000000"), late, fragment(2, TAIL, b"c:1600000001")) == [HEAD + TAIL]


def test_one_sequence_id_used_again_hours_later_is_another_message() -> None:
    first = fragment(1, HEAD, b"c:1600000000"), fragment(2, TAIL, b"c:1600000001")
    second = fragment(1, HEAD_B, b"c:1600009000"), fragment(2, TAIL, b"c:1600009001")
    assert sorted(joined(first[0], second[0], second[1], first[1])) == sorted([HEAD + TAIL, HEAD_B + TAIL])


def test_a_message_that_no_fragment_can_reach_any_more_is_forgotten() -> None:
    joiner = Joiner()
    old, new = (f"c:{at_s}".encode() for at_s in (1_600_000_000, 1_600_009_000))
    for number, sentence in enumerate((fragment(1, HEAD, old), fragment(2, TAIL, old))):
        joiner.join(number, sentence)
    kept = KEPT_SENTENCES + 1
    assert joiner.near(kept, fragment(1, HEAD, old))
    assert len(joiner.slots(kept, 9)) == 1
    joiner.join(LONGEST_REACH + 2, fragment(1, HEAD_B, new))
    joiner.join(LONGEST_REACH + 2, fragment(2, TAIL, new))
    assert [slot.newest for slot in joiner.slots(kept, 9)] == [LONGEST_REACH + 2]


def test_untimed_fragments_far_apart_do_not_join() -> None:
    others = [fragment(1, HEAD_B, b"", sequence=number % 8 + 2) for number in range(101)]
    assert joined(fragment(1, HEAD), *others, fragment(2, TAIL)) == []


def test_a_fragment_heard_again_changes_nothing() -> None:
    one, two = fragment(1, HEAD), fragment(2, TAIL)
    assert joined(one, one, two, two, one) == [HEAD + TAIL]


def test_a_late_repeat_does_not_swallow_a_later_messages_fragment() -> None:
    one, two = fragment(1, HEAD), fragment(2, TAIL)
    assert joined(one, two, two, fragment(1, HEAD_B), fragment(2, b"8888888888")) == [
        HEAD + TAIL,
        HEAD_B + b"8888888888",
    ]


def test_a_different_payload_for_one_part_begins_anew() -> None:
    joiner = Joiner()
    joiner.join(1, fragment(1, HEAD))
    slot, given_up = joiner.join(2, fragment(1, HEAD_B))
    assert slot is not None
    assert [lost.numbers for lost in given_up] == [(1,)]


def test_a_group_joins_fragments_whatever_their_sequence_and_lends_them_its_stamp() -> None:
    one, two = fragment(1, HEAD, b"g:1-2-7,s:66,c:1661782369"), fragment(2, TAIL, b"g:2-2-7", sequence=3)
    slot, _ = (joiner := Joiner()).join(1, two)
    slot, _ = joiner.join(2, one)
    assert slot is not None
    message = whole(slot.sentences)
    assert (message.payload, message.at_us, message.station) == (HEAD + TAIL, 1661782369 * S, "66")


def test_fragments_of_two_stations_do_not_join() -> None:
    assert joined(fragment(1, HEAD, b"s:a"), fragment(2, TAIL, b"s:b")) == []
    assert joined(fragment(1, HEAD, b"s:a"), fragment(2, TAIL)) == [HEAD + TAIL]


def test_a_message_is_dated_by_its_first_part_else_by_the_earliest() -> None:
    one, two, three = (
        fragment(1, HEAD, parts=3),
        fragment(2, TAIL, b"c:1600000009", parts=3),
        fragment(3, TAIL, b"c:1600000004", parts=3),
    )
    assert whole((one, two, three)).at_us == 1600000004 * S
    assert whole((fragment(1, HEAD, b"c:1600000007", parts=3), two, three)).at_us == 1600000007 * S


@pytest.mark.parametrize(
    ("block", "may_be"),
    [
        (b"$PGHP,1\n", True),
        (b"$GPGGA,1\n$\n!AIVDM\n$PGHP,\n", True),
        (b"$PGH$GP$", False),
        (b"PGHP,", False),
        (b"", False),
    ],
)
def test_a_block_is_looked_through_for_what_a_receiver_says_of_time(block: bytes, may_be: bool):
    assert holds_pghp(block) is may_be
