"""What counts rest on beside AIS, as a desk asks for it: gaps, sightings, decisions; and what was known by a time."""

import asyncio
import csv
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, ConsoleDimensions
from typer.testing import CliRunner, Result

from streams.app import opened
from streams.cli import app
from streams.corridor.corridor import load_corridor
from streams.demo.files import write_corridor
from streams.ledger.server import serve
from streams.reading import Reading, read
from streams.showing.console import View
from streams.showing.rows import FIELDS
from tests.shell.conftest import Kept, end_servers, keep
from tests.shell.people import SEEN, TALLY_AFTER, TALLY_BEFORE, UNSEEN, dark_autumn, facts_file

pytestmark = pytest.mark.shell

VIEWS = ("gaps", "sightings", "presences", "decisions", "conflicts", "interferences")
FULL_HOURS = (TALLY_BEFORE, "2023-10-18T07:00:00Z", TALLY_AFTER)
OF_STATE = {"tally": "tallies", "deliveries": "deliveries", "gaps": "gaps", "presences": "presences", "calls": "calls"}
SILENT_SINCE = UNSEEN.sailed_at + timedelta(hours=1)

Ask = Callable[..., Result]


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return dark_autumn()


@pytest.fixture(scope="module")
def files(lines: list[bytes]) -> Iterator[Path]:
    """A short folder with the lines and the facts as files."""
    folder = Path(tempfile.mkdtemp(prefix="sl"))
    (folder / "dark.nmea").write_bytes(b"".join(lines))
    (folder / "facts.jsonl").write_bytes(facts_file())
    yield folder
    end_servers(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def told_later(files: Path, lines: list[bytes]) -> tuple[Kept, list[Any]]:
    """A ledger that heard the autumn, and took what people know after it; with the tallies of before that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(files / "run"))
        found = Kept(serve(files / "data"), write_corridor(files / "corridor"))
        asyncio.run(keep(found, lines))
        before = told(asked(found, "tally", "--json"))
        added = asked(found, "facts", "add", str(files / "facts.jsonl"))
        assert added.exit_code == 0, added.stderr
    return found, before


@pytest.fixture(scope="module")
def ask(told_later: tuple[Kept, list[Any]]) -> Ask:
    return lambda *words: asked(told_later[0], *words)


def asked(kept: Kept, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--ledger", kept.url, "--config", str(kept.config)])


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def month(rows: list[Any], word: str) -> tuple[int, int]:
    return next((row["low"], row["high"]) for row in rows if row["month"] == word)


def delivery_of(ask: Ask, name: str, grade: str) -> Any:
    (row,) = told(ask("deliveries", "--json", "--ship", name, "--grade", grade, "--month", "2023-09..2023-10"))[:1]
    return row


# What was known by a time


def test_sightings_entered_later_revise_the_month_and_as_of_before_them_it_is_the_old_one(
    ask: Ask, told_later: tuple[Kept, list[Any]]
):
    _, before = told_later
    low, high = month(before, "2023-09")
    assert month(told(ask("tally", "--json")), "2023-09") == (low + 1, high)
    assert month(told(ask("tally", "--json", "--as-of", TALLY_BEFORE)), "2023-09") == (low, high)
    assert month(told(ask("tally", "--json", "--as-of", TALLY_AFTER)), "2023-09") == (low + 1, high)


@pytest.mark.parametrize("as_of", FULL_HOURS)
def test_as_of_a_full_hour_a_ledger_shows_what_a_replay_as_of_it_does(as_of: str, ask: Ask, files: Path, told_later):
    config, recording, facts = str(told_later[0].config), str(files / "dark.nmea"), str(files / "facts.jsonl")
    words = ["replay", recording, "--facts", facts, "--config", config, "--as-of", as_of, "--state"]
    state = told(CliRunner().invoke(app, [*words, "--ledger", "memory"]))
    for view, kind in OF_STATE.items():
        shown = told(ask(view, "--json", "--as-of", as_of))
        by_id = {row["id"]: row for row in shown}
        assert {row["id"] for row in state[kind]} == set(by_id)
        assert all(row.items() <= by_id[row["id"]].items() for row in state[kind])


@pytest.mark.parametrize("view", [*VIEWS, "vessels", "calls", "voyages", "deliveries", "tally", "alerts", "candidates"])
def test_every_view_can_be_asked_as_of_a_time_and_says_so(view: str, ask: Ask):
    table = ask(view, "--as-of", TALLY_AFTER)
    assert table.exit_code == 0
    assert "as known on 2023-10-25 00:00Z" in (table.stdout.splitlines() or [table.stderr])[0]


def test_a_recording_imported_as_known_later_is_not_known_before(url: str, corridor: Path, two_weeks: Path):
    own = Kept(url, corridor)
    known_at = "2023-12-01T00:00:00Z"
    kept = asked(own, "replay", str(two_weeks), "--known-at", known_at)
    assert kept.exit_code == 0, kept.stderr
    calls = told(asked(own, "calls", "--json"))
    assert calls
    assert told(asked(own, "calls", "--json", "--as-of", "2023-11-30T23:00:00Z")) == []
    later = told(asked(own, "calls", "--json", "--as-of", known_at))
    assert [each["id"] for each in later] == [each["id"] for each in calls]


def test_as_of_before_anything_was_heard_there_is_nothing(ask: Ask):
    result = ask("tally", "--as-of", "2020-01-01T00:00:00Z")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no tallies; as known on 2020-01-01 00:00Z" in result.stderr


@pytest.mark.parametrize(
    ("time", "said"),
    [("2023-10-01", "without a zone"), ("yesterday", "a time with its zone"), ("2999-01-01T00:00:00Z", "has come")],
)
def test_a_time_that_cannot_be_meant_is_told(time: str, said: str, ask: Ask):
    for view in ("tally", "alerts"):
        result = ask(view, "--as-of", time)
        assert result.exit_code == 2
        assert said in result.stderr
    assert ask("explain", "pic-rajin", "--as-of", time).exit_code == 2


# Each view


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_evidence_is_a_table_json_and_csv_and_says_synthetic(view: str, ask: Ask):
    table, rows, sheet = ask(view), told(ask(view, "--json")), ask(view, "--csv")
    assert bool(rows) == (view in ("gaps", "sightings", "presences", "decisions"))
    assert "SYNTHETIC" in (table.stdout.splitlines()[0] if rows else table.stderr)
    assert all(row["synthetic"] is True and set(row) == set(FIELDS[view]) for row in rows)
    read = list(csv.DictReader(StringIO(sheet.stdout, newline="")))
    assert [row.get("id") for row in read] == [row.get("id") for row in rows]
    assert len(table.stdout.splitlines()) == (len(rows) + 2 if rows else 0)


def test_a_gap_says_how_long_what_it_leaves_room_for_and_who_was_heard(ask: Ask):
    lines = ask("gaps", "--ship", UNSEEN.name, "--kind", "ship").stdout.splitlines()
    (row,) = told(ask("gaps", "--json", "--ship", UNSEEN.name, "--kind", "ship"))
    (line,) = [each for each in lines if row["id"] in each]
    assert row["hides"]
    assert "room for " in line
    assert "h to spare" in line
    assert told(ask("gaps", "--json", "--kind", "coverage")) == []


def test_a_gap_is_asked_for_by_month_and_by_a_port_it_could_hide(ask: Ask):
    assert told(ask("gaps", "--json", "--port", "dunay", "--ship", SEEN.name))
    assert told(ask("gaps", "--json", "--month", "2023-08")) == []


def test_presences_are_asked_for_by_what_they_rest_on_and_how_well_they_are_known(ask: Ask):
    sighted = told(ask("presences", "--json", "--basis", "sighted", "--strength", "strong"))
    assert {(row["imo"], row["port"]) for row in sighted} == {(SEEN.imo, "rajin"), (SEEN.imo, "dunay")}
    assert all(each.startswith("sighting:pic-") for row in sighted for each in row["rests_on"])
    every = told(ask("presences", "--json"))
    counts = [len(told(ask("presences", "--json", "--basis", word))) for word in ("observed", "sighted", "inferred")]
    assert sum(counts) == len(every)


def test_sightings_are_asked_for_by_ship_and_port(ask: Ask):
    assert {row["id"] for row in told(ask("sightings", "--json", "--ship", SEEN.name))} == {
        "pic-rajin",
        "pic-dunay",
        "pic-either",
    }
    assert {row["id"] for row in told(ask("sightings", "--json", "--port", "Dunai"))} == {"pic-dunay"}


def test_a_decision_shows_what_it_means_and_one_on_nothing_is_unresolved(ask: Ask):
    force = {row["id"]: row["force"] for row in told(ask("decisions", "--json"))}
    assert force == {"said-so": "in_force", "turned-down": "in_force", "astray": "unresolved"}
    (lost,) = told(ask("decisions", "--json", "--force", "unresolved"))
    assert (lost["id"], lost["means"]) == ("astray", None)
    assert "nothing near delivery:demo:" in ask("decisions", "--force", "unresolved").stdout
    of_ship = told(ask("decisions", "--json", "--ship", UNSEEN.name))
    assert [row["id"] for row in of_ship] == ["turned-down"]


def test_a_delivery_shows_both_grades_where_they_differ_and_every_port_a_gap_could_hide(ask: Ask):
    table = ask("deliveries", "--ship", UNSEEN.name).stdout
    row = delivery_of(ask, UNSEEN.name, "rejected")
    (line,) = [each for each in table.splitlines() if row["id"] in each]
    assert f"rejected (machine: {row['machine_grade']})" in line
    assert row["discharge_port"] is None
    assert "Dunai or Vostochny" in line


def test_a_tally_stands_beside_what_was_published_and_how_much_was_heard(ask: Ask):
    (row,) = told(ask("tally", "--json", "--month", "2023-10"))
    (beside,) = row["published"]
    assert (beside["series"], beside["low"], beside["high"]) == ("desk A", 9, 9)
    assert beside["gap"] == 9 - row["high"] > 0
    assert f"desk A 9 (+{beside['gap']})" in ask("tally", "--month", "2023-10").stdout
    heard = {int(imo): share for imo, share in row["heard_percent"].items()}
    assert heard[UNSEEN.imo] < 100 == heard[2_000_042]
    (alone,) = told(ask("tally", "--json", "--month", "2023-10", "--ship", UNSEEN.name))
    assert alone["heard_percent"] == {str(UNSEEN.imo): heard[UNSEEN.imo]}
    assert alone["published"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gaps", "--kind", "shipp"), "did you mean 'ship'?"),
        (("presences", "--basis", "seen"), "one of observed, sighted, inferred, decided"),
        (("presences", "--strength", "strog"), "did you mean 'strong'?"),
        (("decisions", "--force", "forced"), "one of in_force, undone, overruled, unresolved"),
        (("conflicts", "--kind", "two_imos"), "one of two_imos_on_one_mmsi"),
    ],
)
def test_a_word_that_no_field_has_is_told_with_what_was_meant(words: tuple[str, ...], said: str, ask: Ask):
    result = ask(*words)
    assert result.exit_code == 2
    assert said in result.stderr


# Explained


@pytest.mark.parametrize("word", ["pic-rajin", "sighting:pic-rajin"])
def test_a_sighting_is_explained_by_its_id_with_source_link_who_and_since_when(word: str, ask: Ask):
    found = told(ask("explain", word, "--json"))
    assert found["about"]["id"] == "sighting:pic-rajin"
    text = ask("explain", word).stdout
    for said in ("SYNTHETIC picture of CURLEW", "entered by desk A", "link: https://example.org/picture", "known at "):
        assert said in text
    assert any(each["id"].startswith(f"presence:{SEEN.imo}:rajin") for each in found["used_by"])


def test_a_delivery_seen_by_others_leads_to_every_sighting_it_rests_on(ask: Ask):
    row = delivery_of(ask, SEEN.name, "confirmed")
    text = ask("explain", row["id"]).stdout
    assert "sighting:pic-rajin" in text
    assert "sighting:pic-dunay" in text
    assert "for: sighting:pic-rajin" in text


@pytest.mark.parametrize("word", ["said-so", "decision:said-so"])
def test_a_decision_is_explained_with_who_when_why_and_what_it_is_about(word: str, ask: Ask):
    found = told(ask("explain", word, "--json"))
    assert found["about"]["id"] == "decision:said-so"
    assert [each["id"] for each in found["about"]["rests_on"]] == ["sighting:pic-rajin"]
    assert "by A. Analyst, 2023-10-25 00:00Z: sharp" in ask("explain", word).stdout


def test_a_gap_leads_to_the_sentences_before_and_after_it(ask: Ask, lines: list[bytes]):
    (row,) = told(ask("gaps", "--json", "--ship", UNSEEN.name, "--kind", "ship"))
    heard = {line.decode().strip() for line in lines}
    found = told(ask("explain", row["id"], "--json"))
    around = found["heard"][row["id"]]
    assert [(each["kind"], each["at"]) for each in around] == [
        ("last_before", row["from_at"]),
        ("first_after", row["to_at"]),
    ]
    assert {sentence for each in around for sentence in each["raw"]} <= heard
    text = ask("explain", row["id"]).stdout
    for said in ("heard before by SYNTHETIC-1", "h to spare", "shows nothing but room"):
        assert said in text


def test_a_rejected_delivery_says_who_rejected_it_and_what_the_machine_says(ask: Ask):
    row = delivery_of(ask, UNSEEN.name, "rejected")
    text = ask("explain", row["id"]).stdout
    assert f"grade: rejected; by the machine {row['machine_grade']}" in text
    assert "against: decision:turned-down of A. Analyst" in text
    assert "in dock" in text


def test_a_presence_that_only_a_gap_hides_is_never_told_as_known(ask: Ask):
    (row, *_) = told(ask("presences", "--json", "--basis", "inferred"))
    title = ask("explain", row["id"]).stdout.splitlines()[0]
    assert "could have been at" in title
    assert title.endswith("(inferred, weak)")


def test_what_is_explained_can_be_cited_by_id_and_head_and_the_ledger_held_to_it(ask: Ask):
    found = told(ask("explain", "pic-rajin", "--json"))
    text = ask("explain", "pic-rajin", "--markdown").stdout
    assert f"- `{found['head']}` ledger head" in text
    assert "- `sighting:pic-rajin` SYNTHETIC, corridor demo, as of" in text
    assert ask("verify", "--noted", found["head"]).exit_code == 0


def test_as_of_before_a_sighting_was_known_nobody_can_explain_it(ask: Ask):
    result = ask("explain", "pic-rajin", "--as-of", TALLY_BEFORE)
    assert result.exit_code == 2
    text = ask("explain", "tally:2023-09", "--as-of", TALLY_BEFORE).stdout
    assert "as known on 2023-10-10 00:00Z" in text
    assert "pic-" not in text
    assert "pic-" in ask("explain", "tally:2023-09", "--as-of", TALLY_AFTER).stdout


def test_an_id_near_an_object_but_never_told_is_explained_as_a_decision_on_it_would_mean(ask: Ask):
    near = f"delivery:demo:{UNSEEN.imo}:dunay:{UNSEEN.discharge.arrived_at:%Y%m%dT%H%MZ}"
    found = told(ask("explain", near, "--json"))
    assert (found["asked"], found["gone"]) == (near, None)
    assert found["about"]["id"] == told(ask("decisions", "--json", "--ship", UNSEEN.name))[0]["means"] != near


# In words


def test_every_event_of_what_people_added_and_of_silences_is_a_plain_line(ask: Ask):
    events = [json.loads(line) for line in ask("tail", "--no-follow", "--after", "0", "--json").stdout.splitlines()]
    kinds = {event["kind"] for event in events}
    assert {"GapFound", "GapClosed", "SightingRecorded", "CountReported", "DecisionRecorded"} <= kinds
    lines = ask("tail", "--no-follow", "--after", "0").stdout.splitlines()
    for event, line in zip(events, lines, strict=True):
        words = line.partition(event["kind"])[2].strip()
        assert words
        assert words.partition("  (in place of")[0] != event["subject"]  # told in words, not by its id
        assert line.startswith("SYNTHETIC")


# On the screen


@pytest.mark.parametrize("size", [(80, 24), (130, 40)])
def test_a_ship_that_is_silent_now_is_on_the_screen_with_the_room_it_has(size: tuple[int, int], told_later):
    reading = asyncio.run(known_at(told_later[0], SILENT_SINCE + timedelta(hours=36)))
    console = Console(width=size[0], height=size[1], force_terminal=True, color_system=None)
    with console.capture() as captured:
        console.print(View(reading.corridor).draw(reading.standing, 1, ConsoleDimensions(*size)))
    shown = captured.get()
    assert "not heard now: 1" in shown
    assert f"{UNSEEN.name} unheard for 3" in shown
    assert "h or more to" in shown


async def known_at(kept: Kept, at: datetime) -> Reading:
    corridor = load_corridor(kept.config)
    async with opened(kept.url, corridor) as ledger:
        return await read(ledger, corridor, at)
