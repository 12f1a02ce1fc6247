"""What a whole payload must be to be decoded, and which defect has which reason."""

import pyais
import pytest
from hypothesis import given
from hypothesis import strategies as some

from sealane import message as messages
from sealane.account import Rejected
from sealane.filter import ARMOUR
from sealane.fragment import Whole
from sealane.message import LENGTHS_BITS, MOVING, Message, decode

POSITION = b"13HOI:0P0000VOHLCnHQKwvL05Ip"
STATIC = b"56:=31`000008QaF220QD60`T4pN3N2222222216>pN5@50e0ES2@C`6EC`1hCQp8888880"


def whole(payload: bytes, fill: int = 0) -> Whole:
    return Whole(payload, fill, 0, None, None, None, ())


def decoded(payload: bytes, fill: int = 0) -> Message:
    message = decode(whole(payload, fill))
    assert isinstance(message, Message)
    return message


def test_a_position_report_is_decoded_as_it_was_sent() -> None:
    message = decoded(POSITION)
    assert (message.type, message.mmsi, message.lat_deg, message.lon_deg) == (1, 227006760, 49.475577, 0.13138)
    assert (message.sog_kn, message.cog_deg, message.heading_deg, message.nav_status) == (0.0, 36.7, 511, 0)
    assert (message.imo, message.name) == (None, None)


@given(some.sampled_from(sorted(MOVING)), some.lists(some.sampled_from(sorted(ARMOUR)), min_size=27, max_size=27))
def test_a_position_read_from_fixed_bits_is_the_one_that_pyais_decodes(kind: int, characters: list[int]) -> None:
    payload = bytes([ARMOUR[kind], *characters])
    read = decode(whole(payload))
    if isinstance(read, Message):
        assert read == messages._decode(kind, read.mmsi, whole(payload))
    else:
        assert pyais.bit_vector(payload, 0).get(8, 30) not in range(1, 1_000_000_000)


@given(some.lists(some.sampled_from(sorted(ARMOUR)), min_size=70, max_size=70), some.integers(0, 5))
def test_a_statement_read_from_fixed_bits_is_the_one_that_pyais_decodes(characters: list[int], fill: int) -> None:
    payload = bytes([ARMOUR[5], *characters])
    read = decode(whole(payload, fill))
    if isinstance(read, Message):
        assert read == messages._decode(5, read.mmsi, whole(payload, fill))
    else:
        assert pyais.bit_vector(payload, fill).get(8, 30) not in range(1, 1_000_000_000)


@pytest.mark.parametrize(
    "said", [b"GREY HERON@@@@@@@@@@", b"@OLD NAME@          ", b"  A @ B  @@  @ [\\]^_?", b" " * 20]
)
def test_a_text_is_the_one_that_pyais_decodes(said: bytes) -> None:
    """What ends it, and what is left over behind that, is `report.py`'s to remove."""
    characters = "".join(f"{messages.TEXT.index(byte):06b}" for byte in said)
    bits = f"{5:06b}00{227006760:030b}".ljust(112, "0") + characters + "0" * 194
    payload = bytes(ARMOUR[int(bits[at : at + 6], 2)] for at in range(0, 426, 6))
    assert decoded(payload, 2) == messages._decode(5, decoded(payload, 2).mmsi, whole(payload, 2))


def test_a_static_report_is_decoded_with_its_raw_ship_type() -> None:
    """A code the decoder's list of types does not know is kept: bits 232-239, here set to 255."""
    assert decoded(STATIC[:38] + b"ww" + STATIC[40:], 2).ship_type == 255


@pytest.mark.parametrize("kind", sorted(LENGTHS_BITS))
def test_every_type_has_a_length_and_too_short_is_rejected(kind: int) -> None:
    first = b"0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVW"[kind : kind + 1]
    assert decode(whole(first + b"3HOI:")) == Rejected("wrong_length")


@pytest.mark.parametrize(
    ("payload", "fill", "reason"),
    [
        (b"", 0, "bad_payload"),
        (POSITION[:-1] + b"X", 0, "bad_payload"),
        (POSITION[:-1] + b" ", 0, "bad_payload"),
        (b"0" + POSITION[1:], 0, "unknown_type"),
        (b"L" + POSITION[1:], 0, "unknown_type"),
        (POSITION + b"00", 0, "wrong_length"),
        (POSITION, 5, "wrong_length"),
        (STATIC[:-2], 0, "wrong_length"),
        (b"1000000000G9MfvJL440001:08Ff", 0, "bad_mmsi"),
        (b"1wwwww" + POSITION[6:], 0, "bad_mmsi"),
        (b"H3HOI:<0000000000000000000000"[:28], 0, "bad_payload"),  # part 3 of message 24
    ],
)
def test_each_defect_of_a_payload_has_its_reason(payload: bytes, fill: int, reason: str) -> None:
    assert decode(whole(payload, fill)) == Rejected(reason)  # type: ignore[arg-type]


def test_a_type_that_reports_nothing_is_known_by_type_and_mmsi_alone() -> None:
    message = decoded(b"402M??AvAPP000h0MJR07Ug02H0I")
    assert (message.type, message.lat_deg, message.name) == (4, None, None)
