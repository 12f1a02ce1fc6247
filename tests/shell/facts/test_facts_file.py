"""A file of facts: what is taken, what is refused and how that is said."""

import pytest

from streams.clock import now
from streams.facts import FactsFile, read_facts, without_clashes
from tests.shell.facts.adding import ARRIVED, COUNTED, FACTS, LOADED, Desk, text_of


def read(desk: Desk, content: bytes, name: str = "facts.jsonl") -> FactsFile:
    path = desk.folder / name
    path.write_bytes(content)
    return read_facts(str(path), desk.corridor, now())


def test_blank_lines_repeats_and_the_mark_of_an_editor_are_fine(desk: Desk):
    text = text_of(*FACTS).encode()
    assert read(desk, b"\xef\xbb\xbf" + text + b"\r\n  \n" + text.replace(b"\n", b"\r\n")) == read(desk, text)
    assert len(read(desk, text.rstrip()).facts) == len(FACTS)
    assert read(desk, b"") == FactsFile(name=str(desk.folder / "facts.jsonl"))


WRONG_LINES = {
    "no JSON": (b"{", "a mistake in the JSON"),
    "no object": (b"[1]", "expected a JSON object"),
    "no UTF-8": (b'{"kind": "\xff"}', "no UTF-8"),
    "too long": (b" " * 70_000 + text_of(LOADED).encode(), "more than 65,536 bytes"),
    "nested without end": (b"[" * 60_000, "a mistake in the JSON"),
    "half a character": (rb'{"kind": "\ud800"}', "a mistake in the JSON"),
    "an id again": (text_of({**LOADED, "place": "dunay"}).encode(), "id 's1' says something else than on line 1"),
    "an unknown ship": (text_of({**ARRIVED, "ships": [{"imo": 9179842}]}).encode(), "expected a ship of the watchlist"),
}


@pytest.mark.parametrize(("line", "said"), WRONG_LINES.values(), ids=WRONG_LINES.keys())
def test_nothing_of_a_file_is_taken_with_a_line_that_is(desk: Desk, line: bytes, said: str):
    found = read(desk, text_of(LOADED).encode() + line.rstrip(b"\n") + b"\n" + text_of(ARRIVED).encode())
    (complaint,) = found.refused
    assert complaint.startswith(f"{found.name}, line 2: ")
    assert said in complaint
    assert found.facts == ()


def test_every_bad_line_is_named(desk: Desk):
    found = read(desk, b"{\n" * 40 + text_of(LOADED).encode() + b"{")
    assert [each.split(": ")[0].rpartition(" ")[2] for each in found.refused] == [*map(str, range(1, 41)), "42"]


def test_two_files_that_give_one_id_two_meanings_are_both_refused_and_a_third_is_taken(desk: Desk):
    files = [
        read(desk, text_of(LOADED, COUNTED).encode(), "a"),
        read(desk, text_of({**LOADED, "place": "dunay"}).encode(), "b"),
        read(desk, text_of(ARRIVED, COUNTED).encode(), "c"),
    ]
    assert [len(file.facts) for file in without_clashes(files, {})] == [0, 0, 2]
    assert "says something else in" in without_clashes(files, {})[0].refused[0]
    held = {fact.id: fact for fact in files[1].facts}
    assert "in the ledger" in without_clashes(files[:1], held)[0].refused[0]
