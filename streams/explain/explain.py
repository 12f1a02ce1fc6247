"""Explain: from anything in a ledger back to the sentences it rests on, and how it came to be known.

    alert, tally --> delivery --> presence --> call --> fixes, each with its sentences as received
      |                voyage -----'             |
      '-- rule         candidate ----------------+--> identity: which message 5 bound the radio to the hull

It says only what the ledger holds, and what that does not tell.
"""

from collections.abc import Iterable, Iterator, Mapping

from sealane.binding import Binding
from sealane.conflict import IdentityConflict
from sealane.grounds import StandingObject, id_of, rests_on
from sealane.identity import Identity
from sealane.judge import Attributed
from sealane.presence import Presence
from sealane.published import PublishedCount
from sealane.ruling import Ruling
from streams.explain import unknowns
from streams.explain.explanation import Bound, Change, Explanation, Named, Node, RuleSaid
from streams.explain.finding import history, meant, subjects
from streams.explain.heard import heard_of, statement_as, statements_of
from streams.ledger.inputs import stored_facts
from streams.ledger.ledger import Ledger
from streams.ledger.views import KIND
from streams.reading import Reading, Row
from streams.showing.state import row_of, shown
from streams.showing.telling import Told, words_of_told
from streams.showing.wording import presence_words, words_for

Objects = Mapping[str, StandingObject | Presence]


async def explain(ledger: Ledger, reading: Reading, word: str) -> Explanation:
    """What a ledger tells of the object a word names; of what stands for it now, where it no longer stands itself.

    Raises BadReference where there is none, or more than one.
    """
    objects = _objects(reading)
    known, replaced_by = await subjects(ledger, reading)
    asked, subject = meant(word, known, replaced_by, objects, reading)
    events = await history(ledger, {asked, subject}, reading)
    gone = _gone(asked, events, objects, reading) if asked not in objects and asked in known else None
    about = gone if gone is not None and subject == asked else _node(subject, objects, reading)
    resting = [objects[key] for key in dict.fromkeys(each.id for each in _all(about)) if key in objects]
    identities = _identities(resting, reading)
    bindings = [fact for fact in await stored_facts(ledger) if isinstance(fact, Binding)]
    return Explanation(
        synthetic=reading.synthetic,
        corridor=reading.corridor.rules.corridor,
        head=f"{reading.head.sequence}:{reading.head.hash}",
        as_of=reading.standing.as_of,
        known_by=reading.known_by,
        asked=asked,
        gone=None if about is gone else gone,
        about=about,
        rule=_rule(about.object, reading),
        published=_published(about.object, reading),
        heard=await heard_of(ledger, resting, reading),
        identities=tuple([await _bound(ledger, each, bindings, reading) for each in identities]),
        used_by=tuple(
            Named(id=key, words=_words(each, reading)) for key, each in objects.items() if subject in _rests_on(each)
        ),
        history=tuple(_changes(events, reading)),
        not_known=tuple(unknowns.of(resting, identities)),
        ports={entry.key: entry.name for entry in reading.corridor.ports},
    )


def _objects(reading: Reading) -> Objects:
    return {id_of(each): each for kind in KIND for each in getattr(reading.standing, kind)}


def _node(subject: str, objects: Objects, reading: Reading, above: frozenset[str] = frozenset()) -> Node:
    """An object and what it rests on. A decision rests on what it means, which rests on it: not told twice."""
    each = objects.get(subject)
    if each is None:
        return Node(id=subject, words="no longer stands", stands=False, object={})
    below = () if above and isinstance(each, Ruling) else _rests_on(each)
    above |= {subject}
    return Node(
        id=subject,
        words=_words(each, reading),
        stands=True,
        object=row_of(each, reading.names),
        rests_on=tuple(_node(one, objects, reading, above) for one in below if one not in above),
    )


def _gone(subject: str, events: list[Told], objects: Objects, reading: Reading) -> Node:
    """An object that no longer stands, as the chain told it last."""
    last = [event for event in events if event.subject == subject][-1]
    return Node(
        id=subject,
        words=words_of_told(last, reading.names, reading.corridor.port_name),
        stands=False,
        object=last.object,
        rests_on=tuple(_node(one, objects, reading) for one in last.rests_on if not one.startswith("fix:")),
    )


def _rests_on(each: StandingObject | Presence) -> tuple[str, ...]:
    """The objects it rests on."""
    found = each.rests_on if isinstance(each, Presence) else rests_on(each)
    return tuple(one for one in found if not one.startswith("fix:"))


def _words(each: StandingObject | Presence, reading: Reading) -> str:
    names, port_name = reading.names, reading.corridor.port_name
    if isinstance(each, Presence):
        return presence_words(each, names, port_name)
    return words_for(each, names, port_name)


def _all(node: Node) -> Iterator[Node]:
    yield node
    for one in node.rests_on:
        yield from _all(one)


def _identities(resting: Iterable[StandingObject | Presence], reading: Reading) -> list[Identity]:
    """The bindings that say whose calls these are; of an identity or a conflict, those of its radios and hulls."""
    found: dict[str, Identity] = {}
    for each in resting:
        for identity in reading.standing.identities:
            match each:
                case Attributed(call=call, imo=imo):
                    holds = (
                        identity.mmsi == call.mmsi and identity.imo == imo and identity.from_at <= call.first_heard_at
                    )
                    holds = holds and call.last_heard_at <= identity.to_at
                case IdentityConflict():
                    holds = identity.mmsi in each.mmsis or identity.imo in each.imos
                case _:
                    holds = each is identity
            if holds:
                found[identity.id] = identity
    return sorted(found.values(), key=lambda identity: identity.id)


async def _bound(ledger: Ledger, identity: Identity, bindings: list[Binding], reading: Reading) -> Bound:
    """A binding with the first and the last message kept that states its IMO number, or what an analyst said."""
    stating = [
        report
        for report in await statements_of(ledger, identity.mmsi, reading)
        if report.imo_stated == identity.imo and identity.from_at <= report.at <= identity.to_at
    ]
    said = [each for each in bindings if f":{each.id}:" in identity.id]
    return Bound(
        id=identity.id,
        words=_words(identity, reading),
        object=row_of(identity, reading.names),
        statements=tuple(statement_as(report) for report in (*stating[:1], *stating[1:][-1:])),
        told=tuple(_said(each) for each in said) if identity.by == "analyst" else (),
    )


def _said(each: Binding) -> Row:
    return {field: shown(getattr(each, field)) for field in ("id", "by", "reason", "known_at")}


def _changes(events: list[Told], reading: Reading) -> Iterator[Change]:
    before: dict[str, Row] = {}
    for event in events:
        yield Change(
            sequence=event.sequence,
            hash=event.hash,
            id=event.id,
            kind=event.kind,
            at=event.at,
            known_at=event.known_at,
            words=words_of_told(event, reading.names, reading.corridor.port_name),
            because=event.because,
            changed=_differences(before.get(event.subject), event.object),
        )
        before[event.subject] = event.object


def _differences(before: Row | None, after: Row) -> dict[str, tuple[object, object]]:
    if before is None:
        return {}
    return {field: (before.get(field), value) for field, value in after.items() if before.get(field) != value}


def _rule(row: Row, reading: Reading) -> RuleSaid | None:
    """The rule of an alert, where the corridor's files still have it."""
    corridor = reading.corridor
    rule = next((each for each in corridor.rules.surge if each.key == row.get("rule")), None)
    if rule is None:
        return None
    return RuleSaid(
        rule=rule,
        sources={key: corridor.sources.get(key, "") for key in rule.source},
        offensives=tuple(each for each in corridor.offensives if each.key in rule.offensives),
    )


def _published(row: Row, reading: Reading) -> tuple[PublishedCount, ...]:
    month = row.get("month") or row.get("window")
    return tuple(each for each in reading.corridor.published.counts if each.month == month)
