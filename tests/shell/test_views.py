"""What a ledger holds, as a desk asks for it: by ship, port and month; as table, JSON and CSV."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO

import msgspec
import pytest
from typer.testing import CliRunner, Result

from geofences.errors import BadReference
from geofences.zone import PortCode
from sealane.candidate import Candidate
from sealane.conflict import IdentityConflict
from sealane.fix import Mmsi
from sealane.identity import Identity
from sealane.judge import Standing
from sealane.tally import month_of
from sealane.watchlist import Watchlist
from streams.cli import app
from streams.corridor.corridor import load_corridor
from streams.demo.fleet import WATCHED
from streams.demo.trips import plan
from streams.ledger.chain import Head
from streams.reading import Reading
from streams.showing.columns import COLUMNS
from streams.showing.rows import FIELDS, rows
from streams.showing.table import csv_text, plain_table, printable
from streams.showing.wanted import Months, Ship, Wanted, ship_of

pytestmark = pytest.mark.shell

VIEWS = ("vessels", "calls", "voyages", "deliveries", "tally", "alerts", "candidates", "conflicts")
HULL = WATCHED[0]

Ask = Callable[..., Result]


@pytest.fixture
def ask(kept) -> Ask:
    """Run a command on the kept ledger."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--ledger", kept.url, "--config", str(kept.config)])

    return run


def told(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.stderr
    rows: list[dict[str, object]] = json.loads(result.stdout)
    return rows


# Every view


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_told_as_a_table_as_json_and_as_csv_and_says_synthetic(view: str, ask: Ask):
    table, rows, sheet = ask(view), told(ask(view, "--json")), ask(view, "--csv")
    assert table.exit_code == sheet.exit_code == 0
    assert "SYNTHETIC" in (table.stdout.splitlines()[0] if rows else table.stderr)
    assert all(row["synthetic"] is True for row in rows)
    read = list(csv.DictReader(StringIO(sheet.stdout, newline="")))
    assert [row.get("id") for row in read] == [row.get("id") for row in rows]
    assert all(row["synthetic"] == "true" for row in read)
    assert len(table.stdout.splitlines()) == (len(rows) + 2 if rows else 0)


@pytest.mark.parametrize("kind", COLUMNS)
def test_csv_has_every_field_of_a_row_but_a_calls_fixes(kind: str, ask: Ask):
    rows = told(ask({"tallies": "tally"}.get(kind, kind), "--json"))
    assert all(set(row) - {"evidence"} == set(FIELDS[kind]) for row in rows)


def test_a_table_is_in_order_of_time(ask: Ask):
    arrived = [row["first_heard_at"] for row in told(ask("calls", "--json"))]
    assert arrived == sorted(arrived, key=str)


# Narrowed


@pytest.mark.parametrize("word", [HULL.name, HULL.name.lower(), str(HULL.imo), str(HULL.mmsi)])
def test_a_ship_is_named_by_name_imo_number_or_mmsi(word: str, ask: Ask):
    calls = told(ask("calls", "--json", "--ship", word))
    assert calls
    assert {call["imo"] for call in calls} == {HULL.imo}


@pytest.mark.parametrize("word", ["dunay", "Dunai", "dunai"])
def test_a_port_is_named_by_its_code_or_by_its_name(word: str, ask: Ask):
    deliveries = told(ask("deliveries", "--json", "--port", word))
    assert {delivery["discharge_port"] for delivery in deliveries} == {"dunay"}


def test_a_month_holds_the_deliveries_that_were_planned_for_it(ask: Ask):
    planned = [trip for trip in plan() if month_of(trip.discharge.arrived_at) == "2023-10"]
    assert len(told(ask("deliveries", "--json", "--month", "2023-10"))) == len(planned)


def test_a_range_of_months_takes_both_ends_in(ask: Ask):
    months = [row["month"] for row in told(ask("tally", "--json", "--month", "2023-09..2023-10"))]
    assert months == ["2023-09", "2023-10"]


def test_a_call_across_the_end_of_a_month_is_in_both(ask: Ask):
    calls = told(ask("calls", "--json"))
    months = [
        (str(call["first_heard_at"])[:7], str(call["departed_at"] or call["last_heard_at"])[:7]) for call in calls
    ]
    listed = {
        month: {call["id"] for call in told(ask("calls", "--json", "--month", month))}
        for month in ("2023-09", "2023-10")
    }
    for call, (first, last) in zip(calls, months, strict=True):
        assert all((call["id"] in listed[month]) == (first <= month <= last) for month in listed)


def test_tallies_of_every_ship_add_up_to_the_tally_of_all(ask: Ask):
    alone = [told(ask("tally", "--json", "--month", "2023-10", "--ship", hull.name))[0] for hull in WATCHED]
    (together,) = told(ask("tally", "--json", "--month", "2023-10"))
    assert sum(int(str(row["low"])) for row in alone) == together["low"]
    assert [row["of_ship"] for row in alone] == [hull.imo for hull in WATCHED]
    assert together["of_ship"] is None


def test_alerts_are_asked_for_by_state(ask: Ask):
    both = {state: told(ask("alerts", "--json", "--state", state)) for state in ("firing", "resolved")}
    assert all(row["state"] == state for state, rows in both.items() for row in rows)
    assert sum(map(len, both.values())) == len(told(ask("alerts", "--json")))
    assert both["resolved"]


def test_deliveries_are_asked_for_by_grade(ask: Ask):
    confirmed = told(ask("deliveries", "--json", "--grade", "confirmed"))
    assert len(confirmed) + len(told(ask("deliveries", "--json", "--grade", "possible"))) <= len(confirmed)


def test_a_vessel_tells_its_radio_its_last_port_and_its_deliveries(ask: Ask):
    (vessel,) = told(ask("vessels", "--json", "--ship", HULL.name))
    deliveries = told(ask("deliveries", "--json", "--ship", HULL.name))
    assert (vessel["mmsis"], vessel["listed_as"], vessel["deliveries"]) == ([HULL.mmsi], "vessel", len(deliveries))


# Nothing, and mistakes


def test_nothing_that_matches_is_said_and_no_failure(ask: Ask):
    result = ask("calls", "--month", "2031-01")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no calls that match" in result.stderr
    assert told(ask("calls", "--month", "2031-01", "--json")) == []
    assert ask("calls", "--month", "2031-01", "--csv").stdout.splitlines() == [",".join(FIELDS["calls"])]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("calls", "--ship", "kitiwake"), "did you mean 'kittiwake'?"),
        (("calls", "--ship", "2000017"), "did you mean '20000"),
        (("calls", "--port", "vostochni"), "did you mean 'vostochny'?"),
        (("calls", "--month", "2023-13"), "a month such as 2024-03"),
        (("calls", "--month", "2023-12..2023-01"), "a month such as 2024-03"),
        (("alerts", "--state", "fired"), "one of firing, resolved"),
        (("deliveries", "--grade", "probabel"), "did you mean 'probable'?"),
        (("calls", "--json", "--csv"), "expected one of them"),
    ],
)
def test_a_mistake_is_told_in_words_with_what_was_meant(words: tuple[str, ...], said: str, ask: Ask):
    result = ask(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_an_empty_ledger_says_how_to_fill_it(url: str, kept):
    result = CliRunner().invoke(app, ["calls", "--ledger", url, "--config", str(kept.config)])
    assert (result.exit_code, result.stdout) == (0, "")
    assert "the ledger is empty; fill it: sealane replay" in result.stderr


def test_a_ledger_of_another_corridor_is_refused(kept):
    result = CliRunner().invoke(app, ["calls", "--ledger", kept.url])
    assert result.exit_code == 1
    assert "of corridor 'demo'" in result.stderr
    assert "--config" in result.stderr


def test_a_ledger_that_does_not_answer_is_told(kept):
    result = CliRunner().invoke(app, ["calls", "--ledger", "redis://127.0.0.1:1", "--config", str(kept.config)])
    assert result.exit_code == 1
    assert "redis://127.0.0.1:1: " in result.stderr
    assert "expected a Redis" in result.stderr


# What a radio said


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1+1", "@SUM(A1)", " =1+1", '"=1', "A,B", "A\nB"])
def test_a_name_from_the_radio_is_no_formula_and_breaks_no_row(name: str):
    (header, row) = list(
        csv.reader(StringIO(csv_text(("name", "draught_m"), [{"name": name, "draught_m": -1.5}]), newline=""))
    )
    assert header == ["name", "draught_m"]
    assert not row[0].lstrip().startswith(("=", "+", "-", "@"))
    assert row[0].lstrip("'") == printable(name)
    assert row[1] == "-1.5"  # a number is a number


def test_csv_is_rfc_4180():
    assert csv_text(("a", "b"), [{"a": 'x"y', "b": None}, {"a": [1, 2], "b": True}]) == 'a,b\r\n"x""y",\r\n1 2,true\r\n'


def test_texts_of_several_words_in_one_cell_are_told_apart():
    text = csv_text(("why", "by"), [{"why": {"for": ["seen there", "heard"], "against": []}, "by": {"A B": 1, "C": 2}}])
    assert text.splitlines()[1] == "for=seen there; heard; against=,A B=1; C=2"


def test_nothing_on_a_terminal_obeys_a_name():
    shown = plain_table(("ship",), [{"ship": "\x1b[2JOSPREY\x07"}])
    assert shown.splitlines()[1] == r"\x1b[2JOSPREY\x07"


def test_columns_are_aligned_and_times_short():
    text = plain_table(("ship", "count", "at"), [{"ship": "TEAL", "count": 7, "at": "2023-10-01T04:05:06Z"}])
    assert text.splitlines() == ["ship  count  at", "TEAL      7  2023-10-01 04:05Z"]


def test_times_are_told_in_full_in_json(ask: Ask):
    first = str(told(ask("calls", "--json"))[0]["first_heard_at"])
    assert datetime.fromisoformat(first).tzinfo is not None
    assert first.endswith("Z")


# Whose name it is


def test_a_watched_name_is_not_taken_for_the_decoy_that_bears_it_too():
    corridor = load_corridor()
    watchlist = corridor.rules.watchlist or Watchlist()
    decoy = next(decoy for decoy in watchlist.decoys if decoy.name == "ANGARA")
    stated = Standing(as_of=None, identities=(bound(decoy.imo, "ANGARA"),))
    meant = ship_of("Angara", corridor, stated)
    assert meant.imo in {vessel.imo for vessel in watchlist.vessels}
    assert meant.imo != decoy.imo


def test_a_name_that_two_hulls_state_names_neither():
    stated = Standing(as_of=None, identities=(bound(2000078, "OSPREY"), bound(2000080, "OSPREY")))
    with pytest.raises(BadReference, match="IMO 2000078 and 2000080 are so called"):
        ship_of("osprey", load_corridor(), stated)


def bound(imo: int, name: str) -> Identity:
    at = datetime(2023, 9, 1, tzinfo=UTC)
    ends = {"from_at": at, "to_at": at, "sure_from_at": at, "sure_to_at": at}
    said = {"imo": imo, "mmsi": 200000099, "by": "message_5", "watched": False, "name": name, "callsign": None}
    return msgspec.convert({"id": f"identity:{imo}", **said, **ends}, Identity)


# What the demo has none of


def test_candidates_and_conflicts_are_asked_for_by_ship_port_and_month():
    reading = Reading(
        corridor=load_corridor(),
        standing=Standing(as_of=datetime(2024, 1, 1, tzinfo=UTC), candidates=(CANDIDATE,), conflicts=(CONFLICT,)),
        head=Head(),
        synthetic=False,
        judged_alike=True,
        names={},
    )
    october, november = Months(first="2023-10", last="2023-10"), Months(first="2023-11", last="2023-11")
    for kind, only in (("candidates", Wanted(port="dunay")), ("conflicts", Wanted(ship=Ship(imo=2000078)))):
        for asked in (Wanted(), only, Wanted(ship=Ship(mmsi=200000099)), Wanted(months=october)):
            assert len(rows(reading, kind, asked)) == 1
        for asked in (Wanted(port="nakhodka"), Wanted(ship=Ship(imo=2000016)), Wanted(months=november)):
            assert rows(reading, kind, asked) == []


CANDIDATE = Candidate(
    id="candidate:200000099:dunay:20231002T0800Z",
    mmsi=Mmsi(200000099),
    imo=None,
    name="OSPREY",
    load_port=PortCode("rajin"),
    discharge_port=PortCode("dunay"),
    load_call="call:200000099:rajin:20230930T2200Z",
    discharge_call="call:200000099:dunay:20231002T0800Z",
)
CONFLICT = IdentityConflict(
    id="conflict:two_imos_on_one_mmsi:2000078-2000080-200000099:20231001T0000Z",
    kind="two_imos_on_one_mmsi",
    imos=(2000078, 2000080),
    mmsis=(Mmsi(200000099),),
    from_at=datetime(2023, 10, 1, tzinfo=UTC),
    to_at=datetime(2023, 10, 2, tzinfo=UTC),
    detail="stated IMO 2000078, then IMO 2000080",
)
