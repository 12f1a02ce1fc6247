"""Hostile text: whatever a ship calls herself, a table stays a table, and a terminal and a spreadsheet obey nothing."""

import csv
from io import StringIO

import pytest

from streams.showing.table import csv_text, plain_table, printable
from tests.core.hostile import PAYLOADS

FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def test_there_are_two_hundred_of_them_no_two_alike():
    assert len(PAYLOADS) == len(set(PAYLOADS)) == 200


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_csv_keeps_it_in_its_cell_and_no_formula(payload: str):
    text = csv_text(("name", "after"), [{"name": payload, "after": 7}])
    header, row = csv.reader(StringIO(text, newline=""))
    assert header == ["name", "after"]
    name, after = row
    assert after == "7"
    assert not name.startswith(FORMULA_BEGINS)
    assert not name.lstrip().startswith(FORMULA_BEGINS)
    assert name in (printable(payload), f"'{printable(payload)}")


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_a_terminal_is_given_nothing_to_obey(payload: str):
    lines = plain_table(("name", "after"), [{"name": payload, "after": 7}]).split("\n")
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
