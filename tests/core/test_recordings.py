"""Real recordings: every line is accounted for; every value agrees with what others decoded, or the cause is listed.

docs/recordings.md says the same as DIFFERENCES in words.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealane.filter import Watch, why
from sealane.fragment import Joiner, Whole, whole
from sealane.lines import Lines
from sealane.listener import Listener
from sealane.message import Message, decode
from sealane.sentence import Sentence, read_line
from sealane.stamp import Tags

ROOT = Path(__file__).resolve().parents[2]
READ_AT = datetime(2026, 1, 1, tzinfo=UTC)
SUFFIXES = (".nmea", ".log", ".txt", ".aivdm", ".ais")
GPSD, LIBAIS = "ntpsec+gpsd", "schwehr+libais"

EXPECTED = [  # recording, what another decoder made of it
    (f"{GPSD}/sample.aivdm", f"{GPSD}/sample.aivdm.ju.chk"),
    (f"{GPSD}/sample.aivdm", f"{GPSD}/sample.aivdm.js.chk"),
    (f"{GPSD}/ait250.log", f"{GPSD}/ait250.log.chk"),
    (f"{GPSD}/ais-18-27.log", f"{GPSD}/ais-18-27.log.chk"),
    (f"{GPSD}/ais-nmea-type6-fid55.log", f"{GPSD}/ais-nmea-type6-fid55.log.chk"),
    (f"{LIBAIS}/typeexamples.nmea", f"{LIBAIS}/typeexamples.json"),
    (f"{LIBAIS}/tagblock.nmea", f"{LIBAIS}/tagblock.json"),
]
FIELDS = {
    "lon": "lon_deg",
    "lat": "lat_deg",
    "speed": "sog_kn",
    "course": "cog_deg",
    "heading": "heading_deg",
    "status": "nav_status",
    "imo": "imo",
    "callsign": "callsign",
    "shipname": "name",
    "shiptype": "ship_type",
    "to_bow": "bow_m",
    "to_stern": "stern_m",
    "to_port": "port_m",
    "to_starboard": "starboard_m",
    "draught": "draught_m",
    "destination": "destination",
}
PER_DEGREE = {27: 600}  # unscaled; others 600 000
WHOLE_UNITS = {(9, "speed"), (27, "speed"), (27, "course")}
TOLERANCE = {"lon": 6e-5, "lat": 6e-5}  # some expectations have four decimals, some single precision
SINGLE_PRECISION = 2e-5
REJECTED = "rejected"

DIFFERENCES: dict[tuple[int, int], str] = {  # (type, mmsi): REJECTED or the field; docs/recordings.md says why
    (1, 247092500): REJECTED,
    (17, 1065113482): REJECTED,
    (15, 1021648591): REJECTED,
    (26, 1025342127): REJECTED,
    (9, 400214919): "speed",
    (5, 367012670): "shipname",
    (5, 244750526): "callsign",
}


def files(recordings: Path) -> list[Path]:
    return [path for path in sorted(recordings.glob("*/*")) if path.suffix in SUFFIXES and "LICENSE" not in path.name]


def lines(path: Path) -> list[bytes]:
    cutter = Lines()
    return [*cutter.cut(path.read_bytes()), *cutter.rest()]


def wholes(path: Path) -> Iterator[tuple[Whole, bytes]]:
    """Whole messages with good checksums, and the payload of their first fragment."""
    joiner, tags = Joiner(), Tags()
    for number, line in enumerate(lines(path)):
        for sentence in read_line(line.strip(), tags):
            if not isinstance(sentence, Sentence) or sentence.defect:
                continue
            if sentence.parts == 1:
                yield whole((sentence,)), sentence.payload
                continue
            slot, _ = joiner.join(number, sentence)
            if slot and slot.is_complete:
                yield whole(slot.sentences), slot.sentences[0].payload


def messages(path: Path) -> list[Message]:
    return [message for one, _ in wholes(path) if isinstance(message := decode(one), Message)]


def everybody() -> Watch:
    return Watch(mmsi=None, in_area=lambda _lat_deg, _lon_deg: True)


def test_every_line_of_every_recording_is_accounted_for(recordings: Path) -> None:
    for path in files(recordings):
        listener = Listener(everybody(), feed="test", read_at=READ_AT)
        listener.begin(path.name)
        for line in lines(path):
            listener.hear(line)
        listener.finish()
        table = listener.account.lines
        assert table.pop("total") == sum(table.values()) == sum(bool(line.strip()) for line in lines(path)), path.name
        assert table["not_followed"] == 0
        assert table["decoded"] > 0 or path.name in NOTHING_DECODED, path.name


NOTHING_DECODED = {
    "bad-type5.nmea",  # lengths and talkers wrong
    "type1-bad-bitcount.nmea",  # lengths wrong
    "spire-test.nmea",  # tag blocks with wrong checksums
    "single-message-type-5.nmea",  # checksum wrong
}


@pytest.mark.parametrize(("recording", "expected"), EXPECTED)
def test_values_agree_with_other_decoders(recordings: Path, recording: str, expected: str) -> None:
    decoded = messages(recordings / recording)
    said = [
        json.loads(line)
        for line in (recordings / expected).read_text("utf-8", "replace").splitlines()
        if "{" in line[:1]
    ]
    for row in (row for row in said if row["class"] == "AIS"):
        key = row["type"], row["mmsi"]
        found = [disagreement(row, message) for message in decoded if (message.type, message.mmsi) == key]
        best = min(found, key=len, default={REJECTED})
        assert best <= {DIFFERENCES.get(key)}, (key, best)


def disagreement(row: dict[str, object], message: Message) -> set[str]:
    """The fields that both have and in which they differ. gpsd merges both parts of message 24: each is compared."""
    return {
        field
        for field, ours in FIELDS.items()
        if field in row
        and (value := getattr(message, ours)) is not None
        and not agrees(row, field, value, message.type)
    }


def agrees(row: dict[str, object], field: str, ours: float | str, kind: int) -> bool:
    theirs = row[field]
    if isinstance(ours, str):
        return ours.partition("@")[0].strip() == theirs
    number = float(str(theirs))
    if not row["scaled"]:
        if field in ("lon", "lat"):
            number /= PER_DEGREE.get(kind, 600_000)
        elif field in ("speed", "course", "draught") and (kind, field) not in WHOLE_UNITS:
            number /= 10
    return abs(number - ours) <= TOLERANCE.get(field, SINGLE_PRECISION)


AREAS: list[tuple[str, Callable[[float, float], bool]]] = [
    ("Baltic", lambda lat_deg, lon_deg: 53 < lat_deg < 60 and 9 < lon_deg < 20),
    ("San Francisco", lambda lat_deg, lon_deg: 37 < lat_deg < 38 and -123 < lon_deg < -122),
    ("North Sea", lambda lat_deg, lon_deg: 50 < lat_deg < 55 and 0 < lon_deg < 9),
]


@pytest.mark.parametrize(("name", "in_area"), AREAS)
def test_the_filter_equals_full_decoding_on_every_message(
    recordings: Path, name: str, in_area: Callable[[float, float], bool]
) -> None:
    followed = 0
    for path in files(recordings):
        decoded = [(decode(one), payload) for one, payload in wholes(path)]
        listed = frozenset(message.mmsi for message, _ in decoded[::7] if isinstance(message, Message))
        imo = frozenset(message.imo for message, _ in decoded[::5] if isinstance(message, Message) and message.imo)
        watch = Watch(mmsi=listed, imo=imo, in_area=in_area)
        for message, payload in decoded:
            if isinstance(message, Message):
                assert (why(payload, watch) is not None) == is_followed(message, watch), (name, path.name, message)
                followed += is_followed(message, watch)
    assert followed


def is_followed(message: Message, watch: Watch) -> bool:
    if message.mmsi in (watch.mmsi or ()) or (message.imo and message.imo in watch.imo):
        return True
    lat_deg, lon_deg = message.lat_deg, message.lon_deg
    if lat_deg is None or lon_deg is None or abs(lat_deg) > 90 or abs(lon_deg) > 180:
        return False
    return watch.in_area(lat_deg, lon_deg)


def test_every_difference_is_explained_in_the_documentation() -> None:
    text = (ROOT / "docs" / "recordings.md").read_text("utf-8")
    assert [key for key in DIFFERENCES if f"| {key[0]} | {key[1]} |" not in text] == []
