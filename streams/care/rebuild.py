"""Rebuild: fold a ledger's inputs under the rules of today, and append what is different. The chain is never replaced.

One commit brings views, revisions and meta to the new rules, appends the differences with the cause `rebuild`, and
takes every source over, so that a writer of the old rules is refused from then on. Other rules are told first, as
a writer tells them. Reports that were read anew, under keys that nobody reads, take the place of the others in that
commit as well: until then all stands as it stood, and a rebuild that was killed never began.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from sealane.digest import state_digest
from sealane.event import Event, changes
from sealane.judge import Standing
from sealane.rules import Rules
from streams.care.holding import Holding, folded, held_by
from streams.care.verify import revisions_told
from streams.ledger import keys
from streams.ledger.chain import broken
from streams.ledger.changed_rules import rules_changed, subject_of
from streams.ledger.inputs import StoredFix, StoredStatic
from streams.ledger.keeper import check, meta_for
from streams.ledger.ledger import Ledger, LedgerError, Stale, Write, claim_of, meta_fields
from streams.ledger.views import KIND, changed_revisions, changed_views
from streams.showing.state import event_of, names_of

SOURCE = CAUSE = "rebuild"
TRIES = 5


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    events: tuple[Event, ...]
    standing: Standing
    digest: str


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """Reports that take the place of those a ledger holds: what they are, and the writes that put them there."""

    fixes: tuple[StoredFix, ...]
    statics: tuple[StoredStatic, ...]
    writes: list[Write]
    offsets: dict[str, int]  # where the sources go on from that they were read of


NO_OTHERS = Generation(fixes=(), statics=(), writes=[], offsets={})


async def rebuild(
    ledger: Ledger, rules: Rules, anew: Callable[[Holding], Awaitable[Generation]] | None = None
) -> Rebuilt:
    """Bring a ledger to these rules; `anew`: with other reports than it holds. Raises LedgerError."""
    for _ in range(TRIES):
        claim = await ledger.claim(SOURCE)
        holding = await held_by(ledger)
        more = NO_OTHERS if anew is None else await anew(holding)
        if anew is not None:
            holding = _with(holding, more)
        await _check(ledger, holding, rules)
        before = holding.standing or folded(holding, rules).standing
        after = folded(holding, rules, before.as_of).standing
        revisions = revisions_told(holding.entries)
        events = changes(before, after, revisions, synthetic=rules.synthetic)
        names = names_of(after, rules)
        bodies = [msgspec.json.encode({**event_of(event, names), "cause": CAUSE}, order="sorted") for event in events]
        writes = [*more.writes, *_views(after), *_revisions(holding, events), *await _taken_over(ledger, more.offsets)]
        if holding.meta.judged_by != rules.fingerprint:
            subject = subject_of(rules)
            revision = revisions.get(subject, 0) + 1
            bodies = [rules_changed(rules, holding.meta.judged_by, revision, after.as_of, cause=CAUSE), *bodies]
            writes.append(("HSET", keys.REVISIONS, subject, revision))
        meta: Write = ("HSET", keys.META, *meta_fields(meta_for(rules)))
        try:
            await ledger.commit(claim, claim.offset, [*writes, meta, ("DEL", keys.RADIOS)], bodies)
        except Stale:
            continue
        return Rebuilt(events=events, standing=after, digest=state_digest(after, rules.fingerprint))
    raise LedgerError(f"{ledger.url}: others wrote to it {TRIES} times meanwhile; end them and run this again")


def _with(holding: Holding, more: Generation) -> Holding:
    """A holding with other reports: what of its own could not be read is of no account."""
    unreadable = tuple(each for each in holding.unreadable if not each.startswith((keys.FIXES, keys.STATICS)))
    return replace(holding, fixes=more.fixes, statics=more.statics, unreadable=unreadable)


async def _check(ledger: Ledger, holding: Holding, rules: Rules) -> None:
    """Refuse what a rebuild cannot mend."""
    await check(ledger, replace(holding.meta, followed_by=rules.followed_by), rules)
    fault = broken(holding.entries, holding.head)
    if fault:
        raise LedgerError(f"{ledger.url}: entry {fault.sequence} is {fault.reason}; restore a backup from before")
    lost = [each for each in holding.unreadable if each.startswith((keys.FIXES, keys.STATICS, keys.FACTS))]
    if lost:
        raise LedgerError(f"{ledger.url}: inputs cannot be read, {lost[0]}; restore a backup from before")
    if holding.standing is None and holding.meta.judged_by != rules.fingerprint:
        raise LedgerError(
            f"{ledger.url}: its views cannot be read, and these are other rules; rebuild by its own rules first"
        )


def _views(standing: Standing) -> Iterator[Write]:
    """All views, written anew."""
    for kind in KIND:
        yield "DEL", keys.view(kind)
    yield from changed_views(Standing(as_of=None), standing)


def _revisions(holding: Holding, events: tuple[Event, ...]) -> Iterator[Write]:
    """As the chain tells them, and then the new ones."""
    held, chained = holding.revisions or {}, revisions_told(holding.entries)
    for subject in sorted(held.keys() - chained.keys()):
        yield "HDEL", keys.REVISIONS, subject
    for subject, times in sorted(chained.items()):
        if held.get(subject) != times:
            yield "HSET", keys.REVISIONS, subject, times
    yield from changed_revisions(events)


async def _taken_over(ledger: Ledger, offsets: Mapping[str, int]) -> list[Write]:
    """Every other source gets a new epoch: whoever writes it by the old rules is refused from now on."""
    fences = {name.decode(): fence.decode() for name, fence in (await ledger.hash(keys.FENCE)).items()}
    claims = [claim_of(source, fences.get(source, "")) for source in sorted(fences.keys() | offsets)]
    writes: list[Write] = []
    for claim in claims:
        if claim.source != SOURCE:
            taken = replace(claim, epoch=claim.epoch + 1)
            if claim.source in offsets:
                taken = replace(taken, offset=offsets[claim.source], commits=claim.commits + 1)
            writes.append(("HSET", keys.FENCE, claim.source, taken.fence))
    return writes
