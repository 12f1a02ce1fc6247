"""Bundle: a ledger as evidence, in one zip file that can be read and checked anywhere, without a server.

    README.txt       what this is, and how to check it by hand
    manifest.json    corridor, head of the chain, state digest, and the SHA-256 of every other file
    chain.txt        each entry on a line: sequence, hash, body
    fixes.jsonl      each kept fix with its raw sentences, and all sources that heard it
    statics.jsonl    each kept static report with its raw sentences
    hours.jsonl      the hours each source was heard in
    facts.jsonl      what people added, as `sealane facts add` takes it
    views.json       what stands, for reading
    rules.json       limits, zones, area, watchlist and surge rules, in full
    reference/       the files they were read from

Equal ledgers give equal bundles, byte for byte.
"""

import hashlib
import os.path
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar, cast

import msgspec

from geofences.zone import Polygon, Zone
from sealane.fact import Fact
from sealane.fix import Fix
from sealane.published import Ice, Offensive
from sealane.rules import Limits, Rules
from sealane.static import StaticReport
from sealane.surge import SurgeRule
from sealane.watchlist import Watchlist
from streams.care.holding import Holding, folded
from streams.corridor.corridor import Corridor, rules_of
from streams.ledger.chain import Entry, Head
from streams.ledger.condition import Finding
from streams.ledger.inputs import StoredFix, StoredStatic
from streams.ledger.ledger import LedgerError, Meta
from streams.showing.state import KINDS, names_of, row_of, shown
from streams.showing.wording import SYNTHETIC

FORMAT = "sealane evidence 1"
MANIFEST = "manifest.json"
EPOCH = (1980, 1, 1, 0, 0, 0)  # of every file in the zip: equal contents, equal bytes
SECONDS_PER_HOUR = 3600

FACTS = "facts.jsonl"  # a bundle from before there were any has none

Report = TypeVar("Report", Fix, StoredStatic)

README = """\
{mark}Evidence of corridor {corridor!r}: port calls, deliveries, tallies and alerts, and the AIS sentences they rest on.
Inferred is not observed; a delivery is a pair of port calls, not proof of cargo. {sources}

To check it:    sealane verify THIS-FILE
By hand:        the hash of an entry of chain.txt is the SHA-256 of three lines: the hash of the entry before (empty for
                the first), its sequence, its body (without a line end). Each raw sentence ends in its own checksum: the
                bytes between ! and * XORed.
"""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle holds, and what it must amount to."""

    format: str
    synthetic: bool
    corridor: str
    head: Head
    as_of: datetime | None
    digest: str
    meta: Meta
    files: dict[str, str]  # name, SHA-256


class _RulesFile(msgspec.Struct, frozen=True, kw_only=True):
    """Rules as values."""

    corridor: str
    synthetic: bool
    limits: Limits
    zones: tuple[Zone, ...]
    area: tuple[Polygon, ...] | None
    watchlist: Watchlist | None
    surge: tuple[SurgeRule, ...]
    offensives: tuple[Offensive, ...] = ()
    ice: tuple[Ice, ...] = ()


class _HourRow(msgspec.Struct, frozen=True):
    source: str
    hour: datetime


class _FixRow(msgspec.Struct, frozen=True, omit_defaults=True):
    fix: dict[str, object]
    sources: tuple[str, ...]
    known_at: datetime | None = None


def export(holding: Holding, corridor: Corridor, file: Path) -> Manifest:
    """Write the evidence of a ledger to a file, which appears whole or not at all. Raises LedgerError."""
    rules = corridor.rules
    if (holding.meta.followed_by, holding.meta.judged_by) != (rules.followed_by, rules.fingerprint):
        raise LedgerError(
            "the ledger was made by other rules: name its corridor's file (--config), or: sealane rebuild"
        )
    again = folded(holding, rules)
    parts = dict(_parts(holding, corridor))
    manifest = Manifest(
        format=FORMAT,
        synthetic=rules.synthetic,
        corridor=rules.corridor,
        head=holding.head,
        as_of=again.standing.as_of,
        digest=again.digest(),
        meta=holding.meta,
        files={name: hashlib.sha256(content).hexdigest() for name, content in sorted(parts.items())},
    )
    parts[MANIFEST] = msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"
    part = file.with_name(f".{file.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as sink:
            for name, content in sorted(parts.items()):
                sink.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise LedgerError(f"{file}: cannot be written ({error.strerror}); free room, or name another file") from None
    return manifest


def opened_bundle(file: Path) -> tuple[Manifest, Holding, Rules, Finding]:
    """What a bundle holds, the rules in it, and whether its files are those it was made of. Raises LedgerError."""
    try:
        with zipfile.ZipFile(file) as source:
            parts = {name: source.read(name) for name in source.namelist()}
        manifest = msgspec.json.decode(parts[MANIFEST], type=Manifest)
        if manifest.format != FORMAT:
            raise LedgerError(f"{file}: is a {manifest.format!r}, expected {FORMAT!r}; use the sealane that wrote it")
        stated = msgspec.json.decode(parts["rules.json"], type=_RulesFile)
        rules = rules_of(**{name: getattr(stated, name) for name in _RulesFile.__struct_fields__})
        holding = _holding(manifest, parts)
    except OSError as error:
        raise LedgerError(f"{file}: cannot be read ({error.strerror}); check its name") from None
    except (zipfile.BadZipFile, KeyError, ValueError) as error:  # also what msgspec and zlib cannot read
        raise LedgerError(f"{file}: no evidence of a ledger, or damaged ({error}); fetch it again") from None
    found = {name: hashlib.sha256(content).hexdigest() for name, content in parts.items() if name != MANIFEST}
    changed = sorted(name for name in found.keys() | manifest.files if found.get(name) != manifest.files.get(name))
    return manifest, holding, rules, _files(len(found), changed)


def _files(number: int, changed: list[str]) -> Finding:
    if changed:
        found = f"not as in {MANIFEST}: {', '.join(changed)}"
        return Finding(what="files", fine=False, found=found, remedy="fetch the file again from whoever made it")
    return Finding(what="files", fine=True, found=f"{number} files with the hashes of {MANIFEST}")


def _parts(holding: Holding, corridor: Corridor) -> Iterator[tuple[str, bytes]]:
    rules = corridor.rules
    mark = f"{SYNTHETIC}: no such ship exists. " if rules.synthetic else ""
    sources = "reference/ names the sources of the reference data."
    yield "README.txt", README.format(mark=mark, corridor=rules.corridor, sources=sources).encode()
    yield "chain.txt", b"".join(b"%d %s %s\n" % (e.sequence, e.hash.encode(), e.body) for e in holding.entries)
    fixes = sorted(holding.fixes, key=lambda stored: (stored.fix.mmsi, stored.fix.at, stored.fix.payload))
    yield "fixes.jsonl", _lines(_FixRow(_row(stored.fix), stored.sources, stored.known_at) for stored in fixes)
    yield (
        "statics.jsonl",
        _lines(map(_static_row, sorted(holding.statics, key=lambda each: (each.mmsi, each.at, each.payload)))),
    )
    yield "hours.jsonl", _lines(_HourRow(source, _hour(hour)) for source, hour in sorted(holding.hours))
    facts = {fact.id: fact for fact in holding.facts}
    yield FACTS, _lines(facts[id_] for id_ in sorted(facts))
    yield "views.json", _views(holding, rules)
    stated = _RulesFile(
        corridor=rules.corridor,
        synthetic=rules.synthetic,
        limits=rules.limits,
        zones=rules.chart.zones,
        area=rules.chart.area,
        watchlist=rules.watchlist,
        surge=rules.surge,
        offensives=rules.offensives,
        ice=rules.ice,
    )
    yield "rules.json", msgspec.json.encode(stated)
    yield from _reference(corridor)


def _reference(corridor: Corridor) -> Iterator[tuple[str, bytes]]:
    """The files as they are; a file that changed since it was read is not the one the rules are of."""
    paths = [path for path, _ in corridor.files]
    root = os.path.commonpath([os.path.dirname(path) for path in paths]) if paths else ""
    for path, sha256 in corridor.files:
        content = Path(path).read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise LedgerError(f"{path}: changed while it was read; run this again")
        yield f"reference/{os.path.relpath(path, root)}", content


def _views(holding: Holding, rules: Rules) -> bytes:
    standing = holding.standing
    if standing is None:
        raise LedgerError("the ledger's views cannot be read; run: sealane rebuild")
    names = names_of(standing, rules)
    rows: dict[str, object] = {kind: [row_of(each, names) for each in getattr(standing, kind)] for kind in KINDS}
    told = {"corridor": rules.corridor, "synthetic": rules.synthetic, "as_of": shown(standing.as_of), **rows}
    return msgspec.json.format(msgspec.json.encode(told)) + b"\n"


def _holding(manifest: Manifest, parts: dict[str, bytes]) -> Holding:
    fixes = [msgspec.json.decode(line, type=_FixRow) for line in parts["fixes.jsonl"].splitlines()]
    statics = [msgspec.json.decode(line, type=dict[str, object]) for line in parts["statics.jsonl"].splitlines()]
    hours = [msgspec.json.decode(line, type=_HourRow) for line in parts["hours.jsonl"].splitlines()]
    return Holding(
        meta=manifest.meta,
        head=manifest.head,
        entries=tuple(_entry(line) for line in parts["chain.txt"].split(b"\n") if line),
        fixes=tuple(StoredFix(_report(row.fix, Fix), row.sources, row.known_at) for row in fixes),
        statics=tuple(_report(row, StoredStatic) for row in statics),
        hours=tuple((row.source, int(row.hour.timestamp()) // SECONDS_PER_HOUR) for row in hours),
        facts=tuple(msgspec.json.decode(line, type=Fact) for line in parts.get(FACTS, b"").splitlines()),
        standing=None,
        revisions=None,
    )


def _entry(line: bytes) -> Entry:
    sequence, hash_, body = line.split(b" ", 2)
    return Entry(sequence=int(sequence), hash=hash_.decode(), body=body)


def _lines(rows: Iterable[object]) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def _hour(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * SECONDS_PER_HOUR, UTC)


def _row(report: Fix | StaticReport) -> dict[str, object]:
    """A report with its bytes as text: one character a byte."""
    texts = {"payload": report.payload.decode("latin-1"), "raw": [raw.decode("latin-1") for raw in report.raw]}
    return {**msgspec.structs.asdict(report), **texts}


def _static_row(stored: StoredStatic) -> dict[str, object]:
    known: dict[str, object] = {} if stored.known_at is None else {"known_at": stored.known_at}
    return _row(stored.report) | known


def _report(row: dict[str, object], shape: type[Report]) -> Report:
    raw = [str(text).encode("latin-1") for text in cast(list[object], row["raw"])]
    return msgspec.convert({**row, "payload": str(row["payload"]).encode("latin-1"), "raw": raw}, shape)
