"""The made-up feed of the whole world that ingest is measured with: in it is what AIS holds, and no real ship."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyais
import pytest

from bench import watched
from bench.corpus import SPAN_S, Corpus
from bench.harm import HARMS
from bench.packed import FREE, LAYOUTS, packed
from sealane.account import Account
from sealane.filter import Watch, watch_for
from sealane.fix import Fix
from sealane.lines import Lines
from sealane.listener import Listener, Reports
from sealane.scout import Scout
from sealane.sentence import Sentence, read_line
from sealane.stamp import Tags
from sealane.static import imo_is_valid
from streams.corridor.corridor import load_corridor

SENTENCES = 5_000
SHA256 = "78f8576de70c867076700dc5e84e726d64099899b735ec085b0528d66f80e991"
READ_AT = datetime(2026, 1, 1, tzinfo=UTC)
EVERYBODY = Watch(mmsi=None, in_area=lambda _lat_deg, _lon_deg: False)


def written(corpus: Corpus) -> bytes:
    return b"".join(corpus.blocks())


def heard(corpus: Corpus, watch: Watch = EVERYBODY) -> tuple[Reports, Account]:
    """What a replay would take of it, and what became of its lines."""
    lines = [line for block in corpus.blocks() for line in Lines().cut(block)]
    scout, listener = Scout(watch), Listener(watch, feed="corpus", read_at=READ_AT)
    for line in lines:
        scout.hear(line)
    reports = [report for line in lines for report in listener.hear(line)]
    listener.finish()
    return reports, listener.account


def test_a_corpus_is_the_same_on_any_machine():
    assert sha256(written(Corpus(sentences=SENTENCES))).hexdigest() == SHA256


def test_another_seed_is_another_corpus():
    assert written(Corpus(sentences=SENTENCES, seed=1)) != written(Corpus(sentences=SENTENCES))


def test_a_corpus_has_as_many_lines_as_were_asked_for():
    assert written(Corpus(sentences=SENTENCES, harmed=0)).count(b"\n") == SENTENCES


def test_a_corpus_without_harm_is_heard_without_a_reject():
    _, account = heard(Corpus(sentences=SENTENCES, harmed=0, share=0.01))
    rejects = set(account.lines) - {"total", "decoded", "part", "not_followed", "foreign"}
    assert rejects <= {"incomplete"}  # the file's end comes between two fragments
    assert account.lines["foreign"] == account.lines["not_followed"] == 0


def test_some_of_everything_befalls_the_lines():
    _, account = heard(Corpus(sentences=100_000, harmed=0.2))
    assert {"malformed", "bad_tag_checksum", "no_checksum", "bad_checksum", "incomplete", "bad_time"} <= set(
        account.lines
    )
    assert account.lines["foreign"]
    assert account.untimed
    text = written(Corpus(sentences=100_000, harmed=0.2))
    for found in (b"<html>", b"\r\n", b"#\\", b"VDO,", b",1,1,5,", b",1,1,,,", b"*4a\n"):
        assert found in text, found
    assert len(HARMS) == len(set(HARMS))


def test_messages_are_mixed_as_at_sea():
    tags, kinds = Tags(), Counter[int]()
    for line in written(Corpus(sentences=50_000, harmed=0)).splitlines():
        (sentence,) = read_line(line, tags)
        assert isinstance(sentence, Sentence)
        assert not sentence.defect
        if sentence.part == 1:
            kinds[pyais.bit_vector(sentence.payload, 0).get(0, 6)] += 1
    shares = {kind: count / kinds.total() for kind, count in kinds.items()}
    assert shares[1] + shares[2] + shares[3] == pytest.approx(0.70, abs=0.02)
    assert shares[18] + shares[19] + shares[24] == pytest.approx(0.12, abs=0.01)
    assert shares[5] == pytest.approx(0.06, abs=0.01)
    assert {4, 6, 8, 9, 21, 27} <= set(kinds)


def test_fragments_have_others_between_them_and_come_together():
    reports, account = heard(Corpus(sentences=SENTENCES, harmed=0))
    assert account.lines["part"] > 100
    assert sum(not isinstance(report, Fix) and len(report.raw) == 2 for report in reports) > 100
    lines = written(Corpus(sentences=SENTENCES, harmed=0)).splitlines()
    firsts = [number for number, line in enumerate(lines[:-1]) if b"VDM,2,1," in line]
    assert any(b"VDM,2,2," not in lines[number + 1] for number in firsts)


def test_reports_are_of_nearly_three_days_and_of_many_stations():
    reports, _ = heard(Corpus(sentences=SENTENCES, harmed=0))
    ats = sorted(report.at for report in reports)
    assert ats[-1] - ats[0] == pytest.approx(timedelta(seconds=SPAN_S), abs=timedelta(hours=5))
    assert len({report.source for report in reports}) == 200


def test_a_pghp_corpus_says_the_same_as_one_with_tag_blocks():
    by_tag, by_pghp = (heard(Corpus(sentences=SENTENCES, harmed=0, stamps=stamps))[0] for stamps in ("tag", "pghp"))
    assert {report.stamped_by for report in by_pghp} == {"pghp"}
    told = [{(report.mmsi, report.at, report.payload) for report in reports} for reports in (by_tag, by_pghp)]
    assert len(told[0] - told[1]) < len(told[0]) / 100  # two with one checksum may take each other's stamp


def test_a_corpus_without_stamps_is_untimed():
    reports, account = heard(Corpus(sentences=SENTENCES, harmed=0, stamps="none"))
    assert not reports
    assert account.untimed > 4_000


def test_only_the_made_up_radios_of_the_corridor_are_followed(tmp_path: Path):
    rules = load_corridor(watched.write_watching(tmp_path)).rules
    watch = watch_for(rules.watchlist, rules.chart)
    reports, _ = heard(Corpus(sentences=50_000, share=0.01), watch)
    ours = range(watched.FIRST_MMSI, watched.FIRST_MMSI + watched.RADIOS)
    assert {report.mmsi for report in reports} == set(ours)
    assert watch.bound == set(ours[: watched.HULLS])
    assert len(reports) == pytest.approx(500, abs=100)


def test_a_corridor_lists_as_many_hulls_as_are_asked_for(tmp_path: Path):
    watchlist = load_corridor(watched.write_watching(tmp_path, 400, all_listed=True)).rules.watchlist
    assert watchlist is not None
    assert len(watchlist.vessels) == 400
    assert all(imo_is_valid(vessel.imo) for vessel in watchlist.vessels)


@pytest.mark.parametrize("kind", [*LAYOUTS, "8"])
def test_a_packed_payload_reads_as_it_was_said(kind: str):
    lon, lat = np.array([-0x10000, 0x1FFFF]), np.array([0x8000, -0x8000])
    mmsi = np.array([watched.FIRST_MMSI, 2_000_001])
    said = {
        "type": np.array(int(kind.rstrip("AB"))),
        "mmsi": mmsi,
        "lon": lon,
        "lat": lat,
        "part": np.array("B" in kind),
    }
    payloads, fill = packed(LAYOUTS.get(kind, FREE), said, 2)
    unit = 600 if kind == "27" else 600_000
    for row, payload in enumerate(payloads):
        read = pyais.messages.MSG_CLASS[int(kind.rstrip("AB"))].from_vector(pyais.bit_vector(payload.tobytes(), fill))
        found = read.asdict()
        assert found["msg_type"] == int(kind.rstrip("AB"))
        assert found["mmsi"] == mmsi[row]
        if "lon" in dict(LAYOUTS.get(kind, FREE)):
            assert found["lon"] == pytest.approx(lon[row] / unit, abs=1e-5)
            assert found["lat"] == pytest.approx(lat[row] / unit, abs=1e-5)
