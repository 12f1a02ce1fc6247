"""Evidence: an explanation as sections of nested items, for the drawer and for a page of its own.

The words are those of `sealane explain`; here each id in them becomes a link, and each sentence as received stays code.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

import msgspec

from streams.explain.article import lines_of
from streams.explain.explanation import Explanation
from streams.explain.line import Line

# Views by the first word of an id; what has no view of its own has its evidence all the same.
VIEW_OF = {
    "alert": "alerts",
    "tally": "tally",
    "delivery": "deliveries",
    "call": "calls",
    "gap": "gaps",
    "candidate": "candidates",
}
LINKED = (*VIEW_OF, "presence", "voyage", "identity", "conflict", "interference", "sighting", "report", "decision")
ID = re.compile(rf"(?:{'|'.join(LINKED)}):\S+")
LINKS = re.compile(rf"\b(?:{'|'.join(LINKED)}):\S*\w|\bhttps?://\S+")  # no other scheme: a link is what people typed
SPEAKS = ("for", "against")
OPEN = ("What is known of it", "The rule", "What it rests on", "For and against")


class Part(msgspec.Struct, frozen=True):
    """Some words of an item, and where they lead."""

    text: str
    link: str | None = None
    is_id: bool = False


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing said, and what stands under it. `speaks`: for or against a grade, where it is a reason of one."""

    parts: tuple[Part, ...]
    raw: str | None = None  # a sentence as received
    speaks: str | None = None
    below: tuple["Item", ...] = ()


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A heading and what is said under it."""

    title: str
    slug: str
    is_open: bool
    items: tuple[Item, ...]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All that a ledger tells of one object."""

    id: str
    path: str
    words: str
    synthetic: bool
    notes: tuple[Item, ...]  # of what corridor and when, and whether it still stands
    sections: tuple[Section, ...]
    citation: str


def evidence_of(explanation: Explanation) -> Evidence:
    """The evidence of one object, in order."""
    _, *lines = lines_of(explanation)
    heads = [number for number, line in enumerate(lines) if line.form == "section"]
    ends = [*heads[1:], len(lines)]
    id_ = explanation.about.id
    return Evidence(
        id=id_,
        path=path_of(id_),
        words=explanation.about.words,
        synthetic=explanation.synthetic,
        notes=_items(lines[: heads[0]] if heads else lines)[1:],  # the first is the id
        sections=tuple(
            Section(
                title=lines[head].text,
                slug=lines[head].text.lower().replace(" ", "-"),
                is_open=lines[head].text in OPEN,
                items=_items(lines[head + 1 : end]),
            )
            for head, end in zip(heads, ends, strict=True)
        ),
        citation=citation_of(explanation),
    )


def path_of(id_: str) -> str:
    """Where the page of an object is."""
    view = VIEW_OF.get(id_.partition(":")[0])
    return f"/{view or 'evidence'}/{quote(id_, safe=':')}"


def citation_of(explanation: Explanation) -> str:
    """What finds it again, and shows that nothing before it was changed."""
    mark = "SYNTHETIC. " if explanation.synthetic else ""
    as_of = explanation.known_by or explanation.as_of
    when = f"as of {as_of:%Y-%m-%d %H:%MZ}" if as_of else "as of no time"
    return (
        f"{mark}{explanation.about.words}. {explanation.about.id}, sealane ledger of corridor {explanation.corridor}, "
        f"{when}, head {explanation.head}."
    )


def _items(lines: Iterable[Line]) -> tuple[Item, ...]:
    """Lines by their depth, as a tree."""
    kept = list(lines)
    items: list[Item] = []
    number = 0
    while number < len(kept):
        line, begin = kept[number], number + 1
        number = begin
        while number < len(kept) and kept[number].depth > line.depth:
            number += 1
        items.append(_item(line, _items(kept[begin:number])))
    return tuple(items)


def _item(line: Line, below: tuple[Item, ...]) -> Item:
    if line.form == "raw":
        return Item(parts=(), raw=line.code, below=below)
    speaks, colon, reason = line.text.partition(": ")
    is_reason = bool(colon) and speaks in SPEAKS
    parts = list(_parts(reason if is_reason else line.text))
    if line.code:
        parts.append(Part(" "))
        parts.append(Part(line.code, path_of(line.code) if ID.fullmatch(line.code) else None, is_id=True))
    return Item(parts=tuple(parts), speaks=speaks if is_reason else None, below=below)


def _parts(text: str) -> Iterator[Part]:
    """Words, with the ids of objects and the addresses of sources among them as links."""
    at = 0
    for found in LINKS.finditer(text):
        word = found[0].rstrip(".,:;)")
        if found.start() > at:
            yield Part(text[at : found.start()])
        is_id = ID.fullmatch(word) is not None
        yield Part(word, path_of(word) if is_id else word, is_id)
        at = found.start() + len(word)
    if at < len(text):
        yield Part(text[at:])
