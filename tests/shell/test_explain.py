"""From anything in a ledger back to the sentences it rests on, as text, JSON and Markdown."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import pyais
import pytest
from typer.testing import CliRunner, Result

from sealane.judge import Standing
from sealane.surge import SurgeRule
from streams.cli import app
from streams.demo import feed
from streams.demo.fleet import WATCHED
from streams.explain.article import _markdown_line, _rule
from streams.explain.explanation import Node, RuleSaid
from streams.explain.line import Line
from streams.ledger.ledger import Ledger
from streams.ledger.views import KIND, id_of, stored_standing

pytestmark = pytest.mark.shell

EARLY_LINES = 4_000
FIRST_ARRIVAL = (1_693_754_000, 1_693_761_000)  # of SANDPIPER at Rajin, 2023-09-03
ALERT = "alert:surge_month:2023-10"

Ask = Callable[..., Result]


@pytest.fixture
def ask(kept) -> Ask:
    """Ask for an explanation from the kept ledger."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["explain", *words, "--ledger", kept.url, "--config", str(kept.config)])

    return run


def told(result: Result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def stamp(line: bytes) -> int:
    """When a line of the demo was heard, in seconds since 1970."""
    found = re.search(rb"c:(\d+)", line)
    return int(found[1]) if found else 0


def decoded(raw: list[str]) -> Mapping[str, object]:
    """What sentences say, taken out of the explanation and decoded anew."""
    return pyais.decode(*(sentence.rpartition("\\")[2] for sentence in raw)).asdict()


def nodes(node) -> Iterator[Any]:
    yield node
    for each in node["rests_on"]:
        yield from nodes(each)


def ids(ask: Ask, noun: str) -> list[str]:
    """Ids of one kind that the surge of October rests on."""
    return [each["id"] for each in nodes(told(ask(ALERT, "--json"))["about"]) if each["id"].startswith(f"{noun}:")]


# Back to the sentence


def test_an_alert_leads_back_to_its_rule_and_to_every_sentence_it_rests_on(ask: Ask, heard: set[str]):
    found = told(ask(ALERT, "--json"))
    nouns = [each["id"].partition(":")[0] for each in nodes(found["about"])]
    assert nouns.count("delivery") == found["about"]["object"]["count"] == 7
    assert nouns.count("presence") == nouns.count("call") == 14
    fixes = [fix for each in nodes(found["about"]) for fix in each["object"].get("evidence", ())]
    assert {fix["kind"] for fix in fixes} == {"before_entry", "entered", "last_inside", "left"}
    assert {sentence for fix in fixes for sentence in fix["raw"]} <= heard
    rule = found["rule"]["rule"]
    assert (rule["key"], rule["author"], rule["dated"]) == ("surge_month", "sealane", "2026-11-22")
    assert rule["basis"]
    assert set(found["rule"]["sources"]) == set(rule["source"])


def test_each_fix_is_what_its_sentence_says(ask: Ask):
    (call,) = nodes(told(ask(ids(ask, "call")[0], "--json"))["about"])
    for fix in call["object"]["evidence"]:
        said = decoded(fix["raw"])
        assert (said["mmsi"], said["lat"], said["lon"]) == (call["object"]["mmsi"], fix["lat_deg"], fix["lon_deg"])
        assert f"s:{fix['source']}" in fix["raw"][0]


def test_an_identity_shows_the_message_5_that_bound_the_radio_to_the_hull(ask: Ask, heard: set[str]):
    hull = WATCHED[0]
    found = told(ask(f"identity:{hull.imo}", "--json"))
    (binding,) = found["identities"]
    assert binding["object"]["mmsi"] == hull.mmsi
    for statement in binding["statements"]:
        said = decoded(statement["raw"])
        assert [said[field] for field in ("msg_type", "mmsi", "imo", "shipname")] == [5, hull.mmsi, hull.imo, hull.name]
        assert set(statement["raw"]) <= heard


def test_a_delivery_names_the_binding_of_its_ship_alone(ask: Ask):
    found = told(ask(ids(ask, "delivery")[0], "--json"))
    assert [each["object"]["imo"] for each in found["identities"]] == [found["about"]["object"]["imo"]]


@pytest.mark.parametrize("noun", ["delivery", "presence", "call", "voyage", "identity", "tally", "alert"])
def test_whatever_stands_can_be_explained_in_every_form(noun: str, ask: Ask, standing: Standing):
    word = next(id_of(each) for kind in KIND for each in getattr(standing, kind) if id_of(each).startswith(noun))
    assert told(ask(word, "--json"))["about"]["id"] == word
    assert word in ask(word).stdout
    assert f"`{word}`" in ask(word, "--markdown").stdout


def test_of_what_was_retracted_is_told_what_stands_for_it_now(keep_in):
    """The first arrival is heard late: the call is known first from a later fix, then moves and takes another id."""
    lines = list(islice(feed(), EARLY_LINES))
    keep_in([line for line in lines if not FIRST_ARRIVAL[0] <= stamp(line) < FIRST_ARRIVAL[1]])
    kept = keep_in(lines)
    options = ("--ledger", kept.url, "--config", str(kept.config))
    calls = told(CliRunner().invoke(app, ["calls", "--json", "--port", "rajin", *options]))
    stands = calls[0]["id"]
    events = CliRunner().invoke(app, ["tail", "--no-follow", "--after", "0", "--json", *options]).stdout.splitlines()
    (gone,) = [event["subject"] for event in map(json.loads, events) if event["kind"] == "PortCallRetracted"]
    found = told(CliRunner().invoke(app, ["explain", gone, "--json", *options]))
    assert (found["asked"], found["gone"]["stands"]) == (gone, False)
    assert (found["about"]["id"], found["about"]["stands"]) == (stands, True)
    assert stands != gone
    of_it = [change["kind"] for change in found["history"] if change["id"].startswith(gone)]
    assert of_it[-1] == "PortCallRetracted"
    text = CliRunner().invoke(app, ["explain", gone, *options]).stdout
    assert f"{gone}  was asked for, was retracted and no longer stands; this stands for it now" in text


# How it came to be known


def test_the_history_of_a_tally_tells_each_revision_with_its_sequence_and_what_changed(ask: Ask):
    history = told(ask("tally:2023-10", "--json"))["history"]
    counts = [change["changed"]["high"] for change in history[1:]]
    assert all(was < now for was, now in counts)
    assert counts[-1][1] == 7
    sequences = [change["sequence"] for change in history]
    assert sequences == sorted(set(sequences))
    assert all(re.fullmatch(r"[0-9a-f]{64}", change["hash"]) for change in history)


# What is not known


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (ALERT, "It does not say why"),
        (ALERT, "no proof of cargo"),
        (ALERT, "Whether a receiver covered the place"),
        (ALERT, "typed by hand"),
        ("tally:2023-10", "A count is of what was heard"),
    ],
)
def test_what_is_not_known_is_said(word: str, said: str, ask: Ask):
    assert said in ask(word).stdout
    assert said in ask(word, "--markdown").stdout
    assert any(said in line for line in told(ask(word, "--json"))["not_known"])


# In words


def test_the_text_says_synthetic_first_and_shows_the_sentences(ask: Ask, heard: set[str]):
    text = ask(ALERT).stdout.splitlines()
    assert text[0].startswith("SYNTHETIC: surge: 7th delivery of October 2023; threshold 7")
    assert sum(line.strip() in heard for line in text) >= 14 * 4
    assert {"The rule", "What it rests on", "Which hull", "How it came to be known", "What is not known"} <= set(text)


def test_an_alert_is_explained_beside_the_offensives_its_rule_names():
    tied = {
        "key": "heath",
        "first_day": "2023-10-10",
        "lead_d": -11,
        "window_lead_d": 9,
        "sentence": "consistent with it",
    }
    about = Node(id=ALERT, words="", stands=True, object={"offensives": ["heath"], "tied": [tied]})
    said = RuleSaid(rule=SurgeRule(key="busy", severity="surge", at_least=7), sources={}, offensives=())
    assert [line.text for line in _rule(said, about)][-1] == (
        "consistent with it; 11 days before the alert fired, 9 days after its window began"
    )


def test_markdown_has_headings_lists_and_sentences_as_code(ask: Ask, heard: set[str]):
    lines = ask(ALERT, "--markdown").stdout.splitlines()
    assert lines[0].startswith("# SYNTHETIC: ")
    assert "## What it rests on" in lines
    assert all(line == "" or line.lstrip().startswith(("#", "- ")) for line in lines)
    coded = [found[2].strip() for line in lines if (found := re.fullmatch(r"\s*- (`+) ?(.*?) ?\1", line))]
    assert len([sentence for sentence in coded if sentence in heard]) >= 14 * 4


def test_a_name_is_no_markup_and_a_backtick_ends_no_code():
    assert _markdown_line(Line("item", "<b>[x](y)</b> *A_B*")) == r"- \<b\>\[x\](y)\</b\> \*A\_B\*"
    assert _markdown_line(Line("raw", "", "!AIVDM,a`b``c")) == "- ```!AIVDM,a`b``c```"
    assert _markdown_line(Line("raw", "", "`x")) == "- `` `x ``"


# Ids


@pytest.mark.parametrize("word", [ALERT, ALERT.upper(), "alert:surge_m", "surge_month:2023-10", f"{ALERT}#1"])
def test_an_id_may_be_cut_short_as_long_as_it_is_no_other(word: str, ask: Ask):
    assert told(ask(word, "--json"))["about"]["id"] == ALERT


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("delivery", "it stands for"),
        ("alert:surge_mouth:2023-10", f"nearest: {ALERT}"),
        ("", "expected the id of"),
        ("xyz", "expected the id of"),
    ],
)
def test_an_id_that_names_none_or_several_is_told_with_the_nearest(word: str, said: str, ask: Ask):
    result = ask(word)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_one_form_at_a_time(ask: Ask):
    assert ask(ALERT, "--json", "--markdown").exit_code == 2


@pytest.fixture(scope="module")
def standing(kept) -> Standing:
    """What stands in the kept ledger."""

    async def read() -> Standing:
        ledger = Ledger(kept.url)
        found = await stored_standing(ledger)
        await ledger.close()
        return found

    return asyncio.run(read())


@pytest.fixture(scope="module")
def heard() -> set[str]:
    """Every line of the begin of the demo."""
    return {line.decode().strip() for line in islice(feed(), 20_000)}
