"""Article: an explanation for a person to read, as plain text or as Markdown."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from sealane.annotation import Tied
from sealane.surge import Escalation
from streams.explanation import Binding, Change, Explanation, Node, RuleSaid
from streams.reading import Row
from streams.table import printable, shown
from streams.wording import SYNTHETIC, moment

INDENT = "  "
SHOWS = {  # what a fix of a call shows
    "before_entry": "last heard outside",
    "entered": "first heard inside",
    "last_inside": "last heard inside",
    "left": "first heard outside",
}
MARKDOWN = re.compile(r"([\\`*_\[\]<>|#&~])")

Form = Literal["title", "section", "item", "raw"]


class Line(msgspec.Struct, frozen=True):
    """One line; `code` is shown as it is: an id, or a sentence as received."""

    form: Form
    text: str = ""
    code: str = ""
    depth: int = 0


def as_text(explanation: Explanation) -> str:
    """For a terminal."""
    return "\n".join(map(_text_line, _lines(explanation)))


def as_markdown(explanation: Explanation) -> str:
    """For an article: headings, lists, sentences as code."""
    return "\n".join(map(_markdown_line, _lines(explanation)))


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


def _lines(explanation: Explanation) -> Iterator[Line]:
    about = explanation.about
    mark = f"{SYNTHETIC}: " if explanation.synthetic else ""
    yield Line("title", f"{mark}{about.words}")
    yield Line("item", "", about.id)
    if explanation.as_of is not None:
        yield Line("item", f"corridor {explanation.corridor}, as of {moment(explanation.as_of)}")
    if explanation.synthetic:
        yield Line("item", "The ships are made up and none of their voyages was made.")
    if not about.stands:
        yield Line("item", "It was retracted and no longer stands; this is what was told of it last.")
    if explanation.replaced_by:
        yield Line("item", "in its place stands", explanation.replaced_by)
    yield from _state(about.object)
    yield from _section("The rule", _rule(explanation.rule, about))
    yield from _section("Published beside it", _published(explanation))
    yield from _section("What it rests on", _rests_on(about))
    yield from _section("Which hull", (line for each in explanation.identities for line in _binding(each)))
    yield from _section("How it came to be known", (line for each in explanation.history for line in _change(each)))
    yield from _section("What is not known", (Line("item", each) for each in explanation.not_known))


def _section(title: str, lines: Iterable[Line]) -> Iterator[Line]:
    """A section, unless there is nothing to say in it."""
    said = list(lines)
    if said:
        yield Line("section", title)
        yield from said


def _state(row: Row) -> Iterator[Line]:
    """An alert's life; other objects say theirs in words."""
    if row.get("fired_at"):
        resolved = f", resolved {shown(row['resolved_at'])}" if row.get("resolved_at") else ""
        yield Line("item", f"{row['state']}; fired {shown(row['fired_at'])}{resolved}")
    for each in msgspec.convert(row.get("escalations") or (), tuple[Escalation, ...]):
        yield Line("item", f"escalated {moment(each.at)}, at {each.count} deliveries", depth=1)
    if row.get("trailing_mean") is not None:
        yield Line("item", f"{row['trailing_mean']} deliveries a window in the six full windows before")
    for note in msgspec.convert(row.get("notes") or (), tuple[str, ...]):
        yield Line("item", note)


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


def _rests_on(about: Node) -> Iterator[Line]:
    yield from _fixes(about.object, 0)
    for each in about.rests_on:
        yield from _node(each, 0)


def _node(node: Node, depth: int) -> Iterator[Line]:
    yield Line("item", node.words, node.id, depth)
    yield from _fixes(node.object, depth + 1)
    for each in node.rests_on:
        yield from _node(each, depth + 1)


def _fixes(row: Row, depth: int) -> Iterator[Line]:
    """The fixes of a call before and after each crossing, each with its sentences as received."""
    evidence = row.get("evidence")
    for fix in evidence if isinstance(evidence, list) else ():
        where = f"{_degrees(fix['lat_deg'], 'NS')} {_degrees(fix['lon_deg'], 'EW')}"
        speed = "speed not said" if fix["sog_kn"] is None else f"{fix['sog_kn']:g} kn"
        yield Line(
            "item", f"{SHOWS.get(fix['kind'], fix['kind'])}: {fix['at']}, {where}, {speed}, {_heard(fix)}", depth=depth
        )
        yield from (Line("raw", "", sentence, depth + 1) for sentence in fix["raw"])


def _degrees(angle: float, sides: str) -> str:
    return f"{abs(angle):.5f} {sides[angle < 0]}"


def _heard(said: Row) -> str:
    return f"heard by {said['source']}, time from {str(said['stamped_by']).replace('_', ' ')}"


def _binding(binding: Binding) -> Iterator[Line]:
    row = binding.object
    reach = f"{shown(row['from_at'])} to {shown(row['to_at'])}"
    yield Line("item", f"{binding.words}, IMO {row['imo']}, {reach}", binding.id)
    for which, each in zip(("first", "last"), binding.statements, strict=False):
        stated = f"name {each['name'] or 'not said'}, call sign {each['callsign'] or 'not said'}"
        said = f"IMO {each['imo_stated']}, {stated}, {_heard(each)}"
        yield Line("item", f"{which} message 5 kept that says so: {each['at']}, {said}", depth=1)
        raw = each["raw"]
        yield from (Line("raw", "", sentence, 2) for sentence in (raw if isinstance(raw, list) else ()))


def _change(change: Change) -> Iterator[Line]:
    known = f"known as of {moment(change.known_at)}" if change.known_at else ""
    yield Line("item", f"entry {change.sequence}, {known}, {change.kind}: {change.words}")
    for field, (was, now) in change.changed.items():
        if field != "evidence":  # the fixes as they stand are shown above
            yield Line("item", f"{field.replace('_', ' ')}: {shown(was)}, now {shown(now)}", depth=1)
