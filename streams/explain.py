"""Explain: from anything in a ledger back to the sentences it rests on, and how it came to be known.

    alert, tally --> delivery --> presence --> call --> fixes, each with its sentences as received
      |                voyage -----'             |
      '-- rule         candidate ----------------+--> identity: which message 5 bound the radio to the hull

It says only what the ledger holds, and what that does not tell.
"""

from collections.abc import Iterable, Iterator

import msgspec

from sealane.fix import Mmsi
from sealane.grounds import StandingObject, id_of, rests_on
from sealane.identity import Identity, IdentityConflict
from sealane.judge import Attributed
from sealane.presence import Presence
from sealane.published import PublishedCount
from sealane.ruling import Ruling
from sealane.static import StaticReport
from streams import unknowns
from streams.explanation import Binding, Change, Explanation, Node, RuleSaid
from streams.inputs import stored_statics
from streams.ledger import Ledger
from streams.reading import Reading, Row
from streams.state import row_of, shown
from streams.telling import Told, told, words_of_told
from streams.views import KIND, stored_revisions
from streams.wanted import id_meant
from streams.wording import moment, words_for


async def explain(ledger: Ledger, reading: Reading, word: str) -> Explanation:
    """What a ledger tells of the object a word names. Raises BadReference where there is none, or more than one."""
    objects = _objects(reading)
    subject = id_meant(word, objects.keys() | (await stored_revisions(ledger)).keys())
    events, replaced_by = await _history(ledger, subject)
    about = _node(subject, objects, reading) if subject in objects else _gone(subject, events, objects, reading)
    resting = [objects[each.id] for each in _all(about) if each.id in objects]
    identities = _identities(resting, reading)
    return Explanation(
        synthetic=reading.synthetic,
        corridor=reading.corridor.rules.corridor,
        as_of=reading.standing.as_of,
        about=about,
        replaced_by=replaced_by,
        rule=_rule(about.object, reading),
        published=_published(about.object, reading),
        identities=tuple([await _binding(ledger, each, reading) for each in identities]),
        history=tuple(_changes(events, reading)),
        not_known=tuple(unknowns.of(resting, identities)),
    )


def _objects(reading: Reading) -> dict[str, StandingObject | Presence]:
    return {id_of(each): each for kind in KIND for each in getattr(reading.standing, kind)}


def _node(subject: str, objects: dict[str, StandingObject | Presence], reading: Reading) -> Node:
    each = objects.get(subject)
    if each is None:
        return Node(id=subject, words="no longer stands", stands=False, object={})
    return Node(
        id=subject,
        words=_words(each, reading),
        stands=True,
        object=row_of(each, reading.names),
        rests_on=tuple(_node(one, objects, reading) for one in _rests_on(each)),
    )


def _gone(subject: str, events: list[Told], objects: dict[str, StandingObject | Presence], reading: Reading) -> Node:
    """An object that no longer stands, as the chain told it last."""
    last = events[-1]
    return Node(
        id=subject,
        words=words_of_told(last, reading.names, reading.corridor.port_name),
        stands=False,
        object=last.object,
        rests_on=tuple(_node(one, objects, reading) for one in last.rests_on if not one.startswith("fix:")),
    )


def _rests_on(each: StandingObject | Presence) -> tuple[str, ...]:
    """The objects it rests on. A decision rests on what it is about, which rests on the decision: told there."""
    if isinstance(each, Ruling):
        return ()
    found = each.rests_on if isinstance(each, Presence) else rests_on(each)
    return tuple(one for one in found if not one.startswith("fix:"))


def _words(each: StandingObject | Presence, reading: Reading) -> str:
    names, port_name = reading.names, reading.corridor.port_name
    if isinstance(each, Presence):
        ship = names.get(each.imo, f"IMO {each.imo}")
        known = f"{moment(each.first_known_at)} to {moment(each.last_known_at)}"
        return f"{ship} at {port_name(each.port)}, known there {known} ({each.strength})"
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


async def _binding(ledger: Ledger, identity: Identity, reading: Reading) -> Binding:
    """A binding with the first and the last message kept that states its IMO number."""
    stating = [
        report
        async for report in stored_statics(ledger, Mmsi(identity.mmsi))
        if report.imo_stated == identity.imo and identity.from_at <= report.at <= identity.to_at
    ]
    stating.sort(key=lambda report: (report.at, report.payload))
    ends = [*stating[:1], *stating[1:][-1:]]
    return Binding(
        id=identity.id,
        words=_words(identity, reading),
        object=row_of(identity, reading.names),
        statements=tuple(_statement(report) for report in ends),
    )


def _statement(report: StaticReport) -> Row:
    fields = ("at", "imo_stated", "name", "callsign", "length_m", "beam_m", "source", "stamped_by")
    raw = [sentence.decode("ascii", "backslashreplace") for sentence in report.raw]
    return {**{field: shown(getattr(report, field)) for field in fields}, "raw": raw}


async def _history(ledger: Ledger, subject: str) -> tuple[list[Told], str | None]:
    """The events of an object, and the object that took its place."""
    quoted = msgspec.json.encode(subject)
    events: list[Told] = []
    replaced_by = None
    async for entry in ledger.entries():
        if quoted not in entry.body:  # most of them: not worth a decode
            continue
        event = told(entry)
        if event.subject == subject:
            events.append(event)
        elif event.supersedes == subject:
            replaced_by = event.subject
    return events, replaced_by


def _changes(events: list[Told], reading: Reading) -> Iterator[Change]:
    before: Row | None = None
    for event in events:
        yield Change(
            sequence=event.sequence,
            hash=event.hash,
            id=event.id,
            kind=event.kind,
            at=event.at,
            known_at=event.known_at,
            words=words_of_told(event, reading.names, reading.corridor.port_name),
            changed=_differences(before, event.object),
        )
        before = event.object


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
