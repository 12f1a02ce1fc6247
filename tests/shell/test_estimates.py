"""Estimates, reports and back-test, as a desk asks for them: on a ledger, on published counts, with mistakes."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from sealane.countreport import CountReport
from streams.cli.reports import told_of
from streams.corridor.config import shipped_path
from streams.corridor.corridor import load_corridor
from tests.shell.commands import Answer, sealane

pytestmark = pytest.mark.shell

REFERENCE = shipped_path().parent
ROOT = Path(__file__).resolve().parents[2]
PARTS = ("conversions", "expenditure", "published")
MODELS = ["osc", "estonia", "seoul", "mass"]

Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def full(kept, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's corridor with the shipped conversions, expenditure and published counts."""
    folder = shutil.copytree(kept.config.parent, tmp_path_factory.mktemp("full") / "corridor")
    for part in PARTS:
        shutil.copy(REFERENCE / f"{part}.toml", folder)
    config = folder / "corridor.toml"
    config.write_text(config.read_text() + "".join(f'{part} = "{part}.toml"\n' for part in PARTS))
    return config


@pytest.fixture
def ask(kept, full: Path) -> Ask:
    """Run a command on the kept ledger."""
    return lambda *words: sealane(*words, "--ledger", kept.url, "--config", full)


@pytest.fixture
def nowhere(home: Path) -> Path:
    """No ledger has been begun: data folder and runtime folder are empty."""
    return home


def told(answer: Answer) -> Any:
    assert answer[0] == 0, answer[2]
    return json.loads(answer[1])


# Estimates


def test_a_ledgers_tallies_are_estimated_by_every_model_each_month_and_together(ask: Ask):
    rows = told(ask("estimates", "--json"))
    tallies = told(ask("tally", "--json"))
    months = [each["month"] for each in tallies]
    assert [(row["month"], row["model"]) for row in rows] == [
        (month, model) for month in [*months, f"{months[0]}..{months[-1]}"] for model in MODELS
    ]
    for row in rows:
        counted = [each for each in tallies if row["month"] in (each["month"], f"{months[0]}..{months[-1]}")]
        assert row["deliveries"]["low"] == sum(each["low"] for each in counted)
        assert row["containers"]["low"] == 222 * row["deliveries"]["low"]
        assert (row["synthetic"], row["counted_by"]) == (True, "ledger")


def test_an_estimate_in_a_table_says_synthetic_and_that_it_is_not_what_was_carried(ask: Ask):
    code, text, _ = ask("estimates", "--month", "2023-10")
    assert code == 0
    assert text.splitlines()[0].startswith("SYNTHETIC estimates from ledger")
    assert "not what was carried" in text.splitlines()[0]


def test_csv_has_both_ends_of_every_interval(ask: Ask):
    rows = told(ask("estimates", "--month", "2023-10", "--json"))
    read = list(csv.DictReader(StringIO(ask("estimates", "--month", "2023-10", "--csv")[1], newline="")))
    assert [(each["id"], int(each["rounds_low"]), int(each["rounds_high"])) for each in read] == [
        (row["id"], row["rounds"]["low"], row["rounds"]["high"]) for row in rows
    ]


def test_published_counts_are_estimated_without_a_ledger(nowhere: Path):
    """64 deliveries, Sep 2023 - Mar 2025: 4.2 to 5.8 M rounds at the mean (seed000, seed002)."""
    rows = told(sealane("estimates", "--published", "--json"))
    (row,) = [each for each in rows if each["id"] == "estimate:2023-09..2025-03:osc"]
    assert row["deliveries"] == {"low": 64, "high": 64}
    assert row["rounds_at_mean"] == pytest.approx({"low": 4.2e6, "high": 5.8e6}, rel=1e-3)
    assert (row["counted_by"], row["synthetic"]) == ("published osc", False)
    assert not list(nowhere.glob("data/*"))


def test_a_published_sum_narrows_the_months_it_holds(nowhere: Path):
    """13 deliveries, Jan-Mar 2024 (seed000): the months alone would leave 12 to 14."""
    del nowhere
    rows = told(sealane("estimates", "--published", "--month", "2024-01..2024-03", "--json"))
    assert rows[-1]["deliveries"] == {"low": 13, "high": 13}


def test_a_series_sets_estimates_beside_what_was_fired(nowhere: Path):
    del nowhere
    words = ("estimates", "--published", "--month", "2024-01", "--series", "syrskyi")
    row = told(sealane(*words, "--json"))[0]
    assert (row["fired"], row["days"], row["unknown_days"]) == ({"low": 2_170_000, "high": 2_170_000}, 31, 0)
    assert row["share_percent"]["low"] == round(100 * row["rounds"]["low"] / 2_170_000, 1)
    assert row["days_of_fire"]["high"] == round(row["rounds"]["high"] / 70_000, 1)
    assert "syrskyi_aug24" in row["source"]
    assert "% of fired" in sealane(*words)[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--series", "syrsky"), "did you mean 'syrskyi'?"),
        (("--month", "2024-13"), "a month such as 2024-03"),
        (("--json", "--csv"), "expected one of them"),
    ],
)
def test_a_mistake_is_told_in_words(words: tuple[str, ...], said: str, nowhere: Path):
    del nowhere
    code, text, complaint = sealane("estimates", "--published", *words)
    assert (code, text) == (2, "")
    assert said in complaint


def test_a_corridor_without_models_says_so(kept):
    code, text, said = sealane("estimates", "--ledger", kept.url, "--config", kept.config)
    assert (code, text) == (0, "")
    assert "this corridor has no models" in said


def test_a_series_of_a_corridor_without_expenditure_is_refused_in_words(kept):
    code, _, said = sealane("estimates", "--series", "gull", "--ledger", kept.url, "--config", kept.config)
    assert code == 2
    assert "[corridor] expenditure names a file" in said


def test_every_field_of_an_answer_is_explained(ask: Ask):
    explained = set(re.findall(r"`(\w+)(?:\[\])?`", (ROOT / "docs" / "estimates.md").read_text()))
    (estimate, *_), reports = told(ask("estimates", "--json")), told(ask("reports", "--json"))
    found = told(sealane("backtest", "--draws", "1", "--json"))
    rows = (reports, *(each[0] for each in reports.values()), found, found["rules"][0], estimate)
    assert {field for row in rows for field in row} - explained == set()


def test_months_that_nobody_counted_have_no_estimate(ask: Ask):
    code, text, said = ask("estimates", "--month", "2031-01")
    assert (code, text) == (0, "")
    assert "no month is counted" in said


# Reports


def test_published_counts_stand_beside_the_tally_with_their_gap(ask: Ask):
    tallies = {each["month"]: each for each in told(ask("tally", "--json"))}
    claims = {each["id"]: each for each in told(ask("reports", "--json"))["claims"]}
    october = claims["published:osc:2023-10"]
    assert october["tally"] == {"low": tallies["2023-10"]["low"], "high": tallies["2023-10"]["high"]}
    assert october["gap"] == 7 - tallies["2023-10"]["low"]
    assert claims["published:osc:2025-02"]["gap"] is None


def test_without_a_ledger_reports_are_told_alone_and_none_is_begun(nowhere: Path):
    found = told(sealane("reports", "--json"))
    assert all(each["tally"] is None for each in found["claims"])
    assert [each["claims"] for each in found["contradictions"]] == [
        ["published:nkpro:2024-02", "published:osc:2024-02"],
        ["published:containers_min:2024-02-23", "published:containers:2024-02-26"],
    ]
    assert len(found["totals"]) == 19
    assert not list(nowhere.glob("data/*"))


def test_a_count_a_person_reported_stands_among_the_published_ones():
    report = CountReport(
        id="report:1",
        measure="deliveries",
        first_month="2023-10",
        last_month="2023-10",
        low=9,
        high=9,
        known_at=datetime(2024, 3, 1, tzinfo=UTC),
        source="tern",
    )
    found = told_of(load_corridor(), (), (report,))
    assert {"report:1", "published:osc:2023-10"} <= {str(each["id"]) for each in found["claims"]}
    assert "osc 7 in 2023-10; tern 9 in 2023-10: cannot both hold" in {
        each["detail"] for each in found["contradictions"]
    }


def test_reports_without_a_ledger_are_asked_for_by_memory(nowhere: Path):
    del nowhere
    assert told(sealane("reports", "--ledger", "memory", "--json")) == told(sealane("reports", "--json"))


def test_reports_in_words_name_months_that_cannot_both_hold(nowhere: Path):
    del nowhere
    code, text, _ = sealane("reports")
    assert code == 0
    assert "nkpro 2 in 2024-02; osc 4-5 in 2024-02: cannot both hold" in text


@pytest.mark.parametrize("command", ["reports", "backtest"])
def test_a_corridor_without_published_counts_says_so(command: str, kept):
    options = ("--ledger", kept.url) if command == "reports" else ()
    code, text, said = sealane(command, *options, "--config", kept.config)
    assert (code, text) == (0, "")
    assert "no published counts" in said


# Back-test


def test_a_backtest_tells_where_rules_fire_and_what_the_published_one_has():
    found = told(sealane("backtest", "--draws", "40", "--json"))
    rules = {each["rule"]: each for each in found["rules"]}
    assert (found["series"], found["draws"], found["possible"], found["synthetic"]) == ("osc", 40, 79_112, False)
    assert rules["surge_month"]["always"] == ["2023-10", "2024-01"]
    assert (rules["surge_month"]["differs"], rules["lull"]["published"]) == ([], None)


def test_the_same_seed_draws_the_same_and_another_does_not():
    first, again, other = (sealane("backtest", "--draws", "20", "--json", "--seed", seed)[1] for seed in "112")
    assert first == again
    assert json.loads(first)["rules"] != json.loads(other)["rules"]


def test_a_backtest_in_words_names_rules_and_months():
    code, text, _ = sealane("backtest", "--draws", "10")
    assert code == 0
    assert "10 of 79,112 series that fit" in text.splitlines()[0]
    assert [line.split()[0] for line in text.splitlines()[2:]][-1] == "lull"


COUNT = '[[counts]]\nmonth = "2024-01"\nseries = "osc"\nlow = 3\n{high}quality = "made up"\nsource = "seed000"\n'
SUM = (
    '[[sums]]\nseries = "osc"\nfirst_month = "2024-01"\nlast_month = "2024-02"\nlow = 1\nhigh = 1\nsource = "seed000"\n'
)


@pytest.mark.parametrize(
    ("counts", "code", "said"),
    [
        (COUNT.format(high=""), 2, "2024-01: no highest count"),
        (COUNT.format(high="high = 3\n") + SUM, 1, "cannot all hold: sealane reports says which"),
    ],
)
def test_counts_that_cannot_be_drawn_are_refused_in_words(
    counts: str, code: int, said: str, full: Path, tmp_path: Path
):
    folder = shutil.copytree(full.parent, tmp_path / "corridor")
    (folder / "published.toml").write_text(counts)
    answer = sealane("backtest", "--config", folder / "corridor.toml")
    assert answer[:2] == (code, "")
    assert said in answer[2]
