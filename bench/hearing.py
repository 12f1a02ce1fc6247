"""Hearing: a file by the filter, by the listener, and by full decoding, for the bench of ingest.

Full decoding is the check on the others: every message decoded by plain Python, and left only then if nobody follows
it. Whoever named a watched number is found there from pyais's bits, not from ours.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyais

from bench.feeds import READ_AT
from sealane.filter import Watch, watch_for
from sealane.fix import Fix
from sealane.lines import Lines
from sealane.listener import Listener, Reports
from sealane.rules import Rules
from sealane.scout import Scout
from sealane.sentence import Sentence, read_line
from sealane.stamp import Tags
from sealane.static import StaticReport
from streams.replay.recording import Recording
from streams.replay.wholelines import lines_of

BLOCK_BYTES = 1 << 20
STATIC_AND_VOYAGE, STATIC_CHARACTER = 5, b",5"
TYPE_BITS, MMSI_BITS, IMO_BITS = (0, 6), (8, 30), (40, 30)


def read(path: Path) -> int:
    """Nothing but reading."""
    return sum(map(len, _blocks(path)))


def sift(path: Path, watch: Watch) -> int:
    """How many lines must be read; of the others the first stamp of each station and hour is."""
    listener, count = Listener(watch, feed="bench", read_at=READ_AT), 0
    for block in _whole_lines(path):
        if sifted := listener.sift(block):
            listener.told_by(block, sifted)
            count += len(sifted.heard)
    return count


def scout(path: Path, watch: Watch) -> None:
    """Learn whom to follow."""
    scouting, listener = Scout(watch), Listener(watch, feed="bench", read_at=READ_AT)
    for block in _whole_lines(path):
        scouting.hear_block(block, listener.sift(block))


def heard(path: Path, watch: Watch) -> Reports:
    """The reports of followed radios, a block at a time."""
    listener = Listener(watch, feed="bench", read_at=READ_AT)
    reports: Reports = []
    for block in _whole_lines(path):
        reports += listener.hear_block(block, listener.sift(block))
    listener.finish()
    return reports


def decoded(path: Path, rules: Rules) -> Reports:
    """The same by full decoding."""
    watch = watch_for(rules.watchlist, rules.chart)
    everybody = Watch(mmsi=None, in_area=watch.in_area)
    listener = Listener(everybody, feed="bench", read_at=READ_AT)
    followed = set(watch.mmsi or ()) | _bound(path, watch)
    met: set[int] = set()
    reports: Reports = []
    statics: list[StaticReport] = []
    for line in _lines(path):
        for report in listener.hear(line):
            if isinstance(report, Fix):
                is_met = watch.in_area(report.lat_deg, report.lon_deg)
                if is_met:
                    met.add(report.mmsi)
                if is_met or report.mmsi in followed:
                    reports.append(report)
            elif report.mmsi in followed or report.imo_stated in watch.imo:
                reports.append(report)
            else:
                statics.append(report)
    return reports + [report for report in statics if report.mmsi in met]


def counted(reports: Reports) -> Counter[tuple[object, ...]]:
    """How often each was found."""
    return Counter((type(each).__name__, each.mmsi, each.at, each.payload, each.source, each.raw) for each in reports)


def _bound(path: Path, watch: Watch) -> set[int]:
    """Radios that name a watched number in the first part of a message 5."""
    tags, bound = Tags(), set()
    for line in _lines(path):
        if STATIC_CHARACTER not in line:
            continue
        for sentence in read_line(line.strip(), tags):
            if isinstance(sentence, Sentence) and sentence.part == 1 and not sentence.defect:
                bits = pyais.bit_vector(sentence.payload, 0)
                if bits.get(*TYPE_BITS) == STATIC_AND_VOYAGE and bits.get(*IMO_BITS) in watch.imo:
                    bound.add(bits.get(*MMSI_BITS))
    return bound


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def _whole_lines(path: Path) -> Iterator[bytes]:
    """Blocks that end with a line's end."""
    with closing(Recording(str(path))) as recording:
        yield from lines_of(recording, lambda _: None, [])


def _lines(path: Path) -> Iterator[bytes]:
    lines = Lines()
    for block in _blocks(path):
        yield from lines.cut(block)
    yield from lines.rest()
