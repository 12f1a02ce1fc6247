"""The evidence of the desk: an explanation's lines as a tree, with links only where they lead somewhere."""

import pytest

from desk.evidence import Item, evidence_of, path_of
from streams.explain.explanation import Explanation, Node

GAP = "gap:200000012:20250224T0612Z"


def explanation(**row: object) -> Explanation:
    delivery = {
        "arrival_earliest_at": "2025-02-24T22:50:00Z", "arrival_latest_at": "2025-02-24T22:50:00Z", "grade": "possible",
        "reasons": {"for": [], "against": []}, **row,
    }  # fmt: skip
    about = Node(id="delivery:demo:2000028:rajin:1", words="SANDPIPER: a delivery", stands=True, object=delivery)
    return Explanation(
        synthetic=True, corridor="demo", head="7:abc", as_of=None, known_by=None, asked=about.id, gone=None,
        about=about, rule=None, published=(), heard={}, identities=(), used_by=(), history=(), not_known=(),
    )  # fmt: skip


def known(**row: object) -> tuple[Item, ...]:
    sections = {section.title: section.items for section in evidence_of(explanation(**row)).sections}
    return sections["What is known of it"]


def links(item: Item) -> list[tuple[str, str | None]]:
    return [(part.text, part.link) for part in item.parts]


def test_a_reason_is_marked_for_or_against_and_names_its_evidence_as_a_link():
    item = known(reasons={"for": [], "against": [f"{GAP}: has room for 2"]})[-1]
    assert item.speaks == "against"
    assert links(item) == [(GAP, f"/gaps/{GAP}"), (": has room for 2", None)]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "ftp://example.org/x"])
def test_only_addresses_of_the_web_become_links(address: str):
    assert [link for _, link in links(known(reasons={"for": [address], "against": []})[-1]) if link] == []


def test_an_address_of_the_web_is_a_link_to_itself():
    item = known(reasons={"for": ["seen, https://example.org/picture?id=1."], "against": []})[-1]
    assert ("https://example.org/picture?id=1", "https://example.org/picture?id=1") in links(item)


@pytest.mark.parametrize(
    ("id_", "path"),
    [
        ("delivery:demo:1:rajin:2", "/deliveries/delivery:demo:1:rajin:2"),
        ("tally:2024-03", "/tally/tally:2024-03"),
        ("presence:1:rajin:2", "/evidence/presence:1:rajin:2"),
        ("sighting:a b/c", "/evidence/sighting:a%20b%2Fc"),
    ],
)
def test_each_object_has_a_page(id_: str, path: str):
    assert path_of(id_) == path


def test_a_citation_names_object_corridor_and_head_and_marks_made_up_ships():
    assert evidence_of(explanation()).citation == (
        "SYNTHETIC. SANDPIPER: a delivery. delivery:demo:2000028:rajin:1, sealane ledger of corridor demo, "
        "as of no time, head 7:abc."
    )
