"""Article: an explanation for a person to read, as plain text or as Markdown."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from sealane.annotation import Tied
from streams.explain.explanation import Bound, Change, Explanation, Node, RuleSaid
from streams.explain.line import Line
from streams.explain.saidof import said_of
from streams.reading import Row
from streams.showing.table import printable, shown
from streams.showing.wording import SYNTHETIC, moment

INDENT = "  "
SHOWS = {  # what a fix of a call shows
    "before_entry": "last heard outside",
    "entered": "first heard inside",
    "last_inside": "last heard inside",
    "left": "first heard outside",
    "last_before": "last heard before it",
    "first_after": "first heard after it",
    "thrown": "first heard on the spot",
}
LONG = ("evidence", "reasons", "hides", "too_short_for", "begins", "ends")  # fields whose change is told in other words
MARKDOWN = re.compile(r"([\\`*_\[\]<>|#&~])")


def as_text(explanation: Explanation) -> str:
    """For a terminal."""
    return "\n".join(map(_text_line, lines_of(explanation)))


def as_markdown(explanation: Explanation) -> str:
    """For an article: headings, lists, sentences as code."""
    return "\n".join(map(_markdown_line, lines_of(explanation)))


def _text_line(line: Line) -> str:
    said = printable(INDENT.join(filter(None, (line.code, line.text))))
    return f"\n{said}" if line.form == "section" else INDENT * line.depth + said


def _markdown_line(line: Line) -> str:
    said = " ".join(filter(None, (_code(line.code), MARKDOWN.sub(r"\\\1", printable(line.text)))))
    match line.form:
        case "title":
            return f"# {said}\n"
        case "section":
            return f"\n## {said}\n"
        case _:
            return f"{INDENT * line.depth}- {said}"


def _code(text: str) -> str:
    """A code span: one backtick more around it than it holds in a row (AIS payloads do hold backticks)."""
    if not text:
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    room = " " if "`" in (text[0], text[-1]) else ""
    return f"{fence}{room}{printable(text)}{room}{fence}"


def lines_of(explanation: Explanation) -> Iterator[Line]:
    """What there is to say, line by line, in sections."""
    about = explanation.about
    mark = f"{SYNTHETIC}: " if explanation.synthetic else ""
    yield Line("title", f"{mark}{about.words}")
    yield Line("item", "", about.id)
    yield Line("item", f"corridor {explanation.corridor}, {_when(explanation)}")
    if explanation.synthetic:
        yield Line("item", f"{SYNTHETIC}: the ships are made up and none of their voyages was made.")
    if explanation.gone is not None:
        yield Line(
            "item", "was asked for, was retracted and no longer stands; this stands for it now", explanation.asked
        )
    elif explanation.asked != about.id:
        yield Line(
            "item", "was asked for, and is no id of this ledger; a decision on it would mean this", explanation.asked
        )
    elif not about.stands:
        yield Line("item", "It was retracted and no longer stands; this is what was told of it last.")
    yield from _section("What is known of it", said_of(about.object, explanation.ports))
    yield from _section("The rule", _rule(explanation.rule, about))
    yield from _section("Published beside it", _published(explanation))
    yield from _section("What it rests on", _rests_on(explanation))
    yield from _section("Which hull", (line for each in explanation.identities for line in _bound(each)))
    yield from _section("What rests on it", (Line("item", each.words, each.id) for each in explanation.used_by))
    yield from _section("How it came to be known", (line for each in explanation.history for line in _change(each)))
    yield from _section("What is not known", (Line("item", each) for each in explanation.not_known))
    yield from _section("To cite it", _cited(explanation))


def _cited(explanation: Explanation) -> Iterator[Line]:
    """What anybody needs to find it again, and to see that nothing before it was changed."""
    mark = f"{SYNTHETIC}, " if explanation.synthetic else ""
    yield Line("item", f"{mark}corridor {explanation.corridor}, {_when(explanation)}", explanation.about.id)
    yield Line("item", "ledger head; sealane verify --noted holds a ledger to it", explanation.head)


def _when(explanation: Explanation) -> str:
    if explanation.known_by is not None:
        return f"as known on {moment(explanation.known_by)}"
    return f"as of {moment(explanation.as_of)}" if explanation.as_of else "as of no time"


def _section(title: str, lines: Iterable[Line]) -> Iterator[Line]:
    """A section, unless there is nothing to say in it."""
    said = list(lines)
    if said:
        yield Line("section", title)
        yield from said


def _rule(said: RuleSaid | None, about: Node) -> Iterator[Line]:
    if said is None:
        if key := about.object.get("rule"):
            yield Line("item", f"rule {key}: no longer in the corridor's files; what it said is not known here")
        return
    rule = said.rule
    window = "a calendar month, UTC" if rule.rolling_days is None else f"{rule.rolling_days} days"
    limit = f"{rule.at_least} or more" if rule.at_least is not None else f"{rule.at_most} or fewer"
    relative = f", more than in each of {rule.highest_of_months} full months before" if rule.highest_of_months else ""
    relative += f" and {rule.times_mean:g} times their mean" if rule.times_mean else ""
    yield Line("item", f"{rule.severity}: {limit} deliveries in {window} ({rule.bound} count){relative}", rule.key)
    yield Line("item", f"by {rule.author or 'an author not named'}, {rule.dated or 'not dated'}")
    if rule.basis:
        yield Line("item", f"basis: {rule.basis}")
    for key, text in said.sources.items():
        yield Line("item", f"source {key}: {text or 'not explained in the corridor files'}")
    if about.object.get("offensives") and not about.object.get("tied"):  # the corridor's files say no more of them
        yield Line("item", f"tempo consistent with that published around: {shown(about.object['offensives'])}")
    for tied in msgspec.convert(about.object.get("tied") or (), tuple[Tied, ...]):
        leads = f"{_days(tied.lead_d)} the alert fired, {_days(tied.window_lead_d)} its window began"
        yield Line("item", f"{tied.sentence}; {leads}")
    for each in said.offensives:
        yield Line(
            "item",
            f"{each.key}: {each.first_day} to {each.last_day or 'open'}, source {' '.join(each.source)}",
            depth=1,
        )


def _days(lead_d: int) -> str:
    """How far an offensive was from something."""
    days = "day" if abs(lead_d) == 1 else "days"
    return f"{abs(lead_d)} {days} {'before' if lead_d < 0 else 'after'}"


def _published(explanation: Explanation) -> Iterator[Line]:
    for each in explanation.published:
        high = "or more" if each.high is None else f"to {each.high}"
        count = str(each.low) if each.low == each.high else f"{each.low} {high}"
        yield Line("item", f"{each.month}, {each.series}: {count} ({each.quality}; source {' '.join(each.source)})")


def _rests_on(explanation: Explanation) -> Iterator[Line]:
    about = explanation.about
    yield from _received(about, explanation, 0)
    told: set[str] = {about.id}
    for each in about.rests_on:
        yield from _node(each, explanation, told, 0)


def _node(node: Node, explanation: Explanation, told: set[str], depth: int) -> Iterator[Line]:
    """An object and what it rests on; what was told before is not told again."""
    if node.id in told:
        yield Line("item", "as above", node.id, depth)
        return
    told.add(node.id)
    yield Line("item", node.words, node.id, depth)
    yield from (
        msgspec.structs.replace(line, depth=depth + 1 + line.depth) for line in said_of(node.object, explanation.ports)
    )
    yield from _received(node, explanation, depth + 1)
    for each in node.rests_on:
        yield from _node(each, explanation, told, depth + 1)


def _received(node: Node, explanation: Explanation, depth: int) -> Iterator[Line]:
    """The fixes and messages of an object, each with its sentences as received."""
    evidence = node.object.get("evidence")
    rows = evidence if isinstance(evidence, list) else explanation.heard.get(node.id, ())
    for row in rows:
        yield from (_stated("states", row, depth) if row["kind"] == "stated" else _fix(row, depth))


def _fix(fix: Row, depth: int) -> Iterator[Line]:
    where = f"{_degrees(fix['lat_deg'], 'NS')} {_degrees(fix['lon_deg'], 'EW')}"
    speed = "speed not said" if fix["sog_kn"] is None else f"{fix['sog_kn']} kn"
    kind = str(fix["kind"])
    said = f"{SHOWS.get(kind, kind)}: {fix['at']}, {where}, {speed}, {_heard(fix)}"
    yield Line("item", said, depth=depth)
    yield from _raw(fix, depth + 1)


def _raw(row: Row, depth: int) -> Iterator[Line]:
    raw = row["raw"]
    yield from (Line("raw", "", sentence, depth) for sentence in (raw if isinstance(raw, list) else ()))


def _degrees(angle: object, sides: str) -> str:
    assert isinstance(angle, int | float)
    return f"{abs(angle):.5f} {sides[angle < 0]}"


def _heard(said: Row) -> str:
    return f"heard by {said['source']}, time from {str(said['stamped_by']).replace('_', ' ')}"


def _bound(binding: Bound) -> Iterator[Line]:
    row = binding.object
    reach = f"{shown(row['from_at'])} to {shown(row['to_at'])}"
    yield Line("item", f"{binding.words}, IMO {row['imo']}, {reach}", binding.id)
    for each in binding.told:
        yield Line("item", f"{each['by']}: {each['reason']}, known at {shown(each['known_at'])}", str(each["id"]), 1)
    for which, each in zip(("first", "last"), binding.statements, strict=False):
        yield from _stated(f"{which} message 5 kept that says so:", each, 1)


def _stated(which: str, each: Row, depth: int) -> Iterator[Line]:
    stated = f"name {each['name'] or 'not said'}, call sign {each['callsign'] or 'not said'}"
    said = f"MMSI {each['mmsi']}, IMO {each['imo_stated'] or 'not said'}, {stated}, {_heard(each)}"
    yield Line("item", f"{which} {each['at']}, {said}", depth=depth)
    yield from _raw(each, depth + 1)


def _change(change: Change) -> Iterator[Line]:
    known = f"known as of {moment(change.known_at)}" if change.known_at else ""
    yield Line("item", f"entry {change.sequence}, {known}, {change.kind}: {change.words}")
    because = [each for each in change.because if not each.startswith("fix:")]
    if because:
        yield Line("item", f"because of {', '.join(because)}", depth=1)
    for field, (was, now) in change.changed.items():
        if field not in LONG:  # as they stand they are shown above
            yield Line("item", f"{field.replace('_', ' ')}: {shown(was)}, now {shown(now)}", depth=1)
