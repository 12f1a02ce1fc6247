"""Verify: hold a ledger against itself. Nothing is believed that can be worked out again.

readable     every stored report, fact and view can be read and is what its key says
chain        from entry 1: no entry altered, none missing, none cut off
noted        the chain still holds the head noted when it was left last
revisions    each object was revised as often as the chain tells
sentences    the raw sentences of every report have good checksums and say what the report says
rules        these rules are those the ledger was made by
radios       what workers keep of their folds is what the inputs give
views        are what the inputs amount to when they are folded again
"""

from collections import Counter

import msgspec

from sealane.digest import COVERED, state_digest
from sealane.evidence import fault_of
from sealane.judge import Standing
from sealane.rules import Rules
from streams.care.holding import Holding, folded
from streams.embedded import Embedded
from streams.ledger.chain import Entry, Head, broken
from streams.ledger.condition import Finding

SHOWN = 3  # faults of one kind named


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, and the digest and head to compare with those of others."""

    findings: tuple[Finding, ...]
    digest: str  # of the inputs folded again, as of the newest of them
    head: Head
    synthetic: bool

    @property
    def fine(self) -> bool:
        return all(each.fine for each in self.findings)


class _Subject(msgspec.Struct):
    """As much of an event as says how often its object was revised."""

    subject: str = ""
    revision: int = 0


def verified(holding: Holding, rules: Rules, noted: Head | None = None, *, has_views: bool = True) -> Verdict:
    """Everything that can be checked of a holding. `noted`: a head that was seen before."""
    again = folded(holding, rules)
    findings = [_readable(holding), _chain(holding), _sentences(holding), _rules(holding, rules)]
    if noted is not None:
        findings.append(_noted(holding, noted))
    if has_views:
        findings += [_revisions(holding), _radios(holding, again), _views(holding, rules)]
    return Verdict(findings=tuple(findings), digest=again.digest(), head=holding.head, synthetic=rules.synthetic)


def _finding(what: str, faults: list[str], found: str, remedy: str) -> Finding:
    """Fine without a fault; else the first few of them, and how many more."""
    if not faults:
        return Finding(what=what, fine=True, found=found)
    more = f" and {len(faults) - SHOWN:,} more" if len(faults) > SHOWN else ""
    return Finding(what=what, fine=False, found="; ".join(faults[:SHOWN]) + more, remedy=remedy)


def _readable(holding: Holding) -> Finding:
    reports = f"{len(holding.fixes):,} fixes, {len(holding.statics):,} static reports"
    found = f"{reports}, {len(holding.hours):,} hours, {len(holding.facts):,} facts"
    return _finding("readable", list(holding.unreadable), found, "restore a backup: sealane restore FILE --replace")


def _chain(holding: Holding) -> Finding:
    fault = broken(holding.entries, holding.head)
    faults = [f"entry {fault.sequence} {fault.reason}"] if fault else []
    found = f"{len(holding.entries):,} entries, head {holding.head.sequence}:{holding.head.hash}"
    return _finding("chain", faults, found, "restore a backup from before: sealane restore FILE --replace")


def _noted(holding: Holding, noted: Head) -> Finding:
    held = next((entry.hash for entry in holding.entries if entry.sequence == noted.sequence), None)
    fault = {True: "missing", False: "another"}[held is None]
    faults = [] if held == noted.hash else [f"entry {noted.sequence} is {fault}, expected hash {noted.hash}"]
    remedy = "the chain was cut off or replaced since; restore a backup: sealane restore FILE --replace"
    return _finding("noted", faults, f"entry {noted.sequence} is as it was", remedy)


def _revisions(holding: Holding) -> Finding:
    told = revisions_told(holding.entries)
    held = holding.revisions or {}
    faults = [
        f"{subject} was revised {told.get(subject, 0)} times in the chain, {held.get(subject, 0)} in the views"
        for subject in sorted(told.keys() | held.keys())
        if told.get(subject, 0) != held.get(subject, 0)
    ]
    return _finding("revisions", faults, f"of {len(held):,} objects, as in the chain", "run: sealane rebuild")


def revisions_told(entries: tuple[Entry, ...]) -> dict[str, int]:
    """How often each object was revised, by the chain."""
    told: dict[str, int] = {}
    for entry in entries:
        try:
            event = msgspec.json.decode(entry.body, type=_Subject)
        except msgspec.MsgspecError:  # altered: the chain says so
            continue
        if event.subject:
            told[event.subject] = event.revision
    return told


def _sentences(holding: Holding) -> Finding:
    faults, sentences = [], 0
    for report in holding.reports:
        sentences += len(report.raw)
        if fault := fault_of(report):
            faults.append(f"report of MMSI {report.mmsi} at {report.at:%Y-%m-%dT%H:%M:%SZ}: {fault}")
    found = f"{sentences:,} raw sentences have good checksums and say what is stored"
    return _finding("sentences", faults, found, "restore a backup: sealane restore FILE --replace")


def _rules(holding: Holding, rules: Rules) -> Finding:
    meta = holding.meta
    faults = [
        f"{what} by other {by}: {held[:12]}, expected {wanted[:12]}"
        for what, by, held, wanted in (
            ("followed", "zones or limits", meta.followed_by, rules.followed_by),
            ("judged", "rules", meta.judged_by, rules.fingerprint),
        )
        if held != wanted
    ]
    remedy = "name the file of its corridor (--config FILE), or run: sealane rebuild"
    return _finding("rules", faults, f"fingerprint {rules.fingerprint}", remedy)


def _radios(holding: Holding, again: Embedded) -> Finding:
    faults = [f"MMSI {each.mmsi}" for each in holding.radios if again.said_of(each.mmsi) != each]
    found = f"{len(holding.radios):,} kept by workers, as the inputs folded again give them"
    return _finding("radios", faults, found, "run: sealane rebuild")


def _views(holding: Holding, rules: Rules) -> Finding:
    standing = holding.standing
    remedy = "run: sealane rebuild"
    if standing is None:
        return _finding("views", ["cannot be read"], "", remedy)
    if holding.unjudged:
        found = f"the judge is {holding.unjudged:,} commits of inputs behind: nothing to compare yet"
        return Finding(what="views", fine=True, found=found, remedy="sealane worker judge; then verify again")
    again = folded(holding, rules, standing.as_of).standing
    stored, wanted = (state_digest(each, rules.fingerprint) for each in (standing, again))
    faults = [] if stored == wanted else [_difference(standing, again)]
    counts = Counter({kind: len(getattr(standing, kind)) for kind in COVERED})
    return _finding("views", faults, f"{counts.total():,} objects, as the inputs folded again give them", remedy)


def _difference(standing: Standing, again: Standing) -> str:
    kinds = [kind for kind in COVERED if getattr(standing, kind) != getattr(again, kind)]
    return f"not what the inputs folded again give: {', '.join(kinds) or 'as of another time'}"
