"""One fact by a command: what it says, and what it refuses."""

import pytest

from streams.ledger.server import data_folder
from tests.shell.facts.adding import FACTS, KITTIWAKE, SANDPIPER, Desk

SIGHT = ("sight", "Rajin", "--from", "2024-05-01T02:00Z", "--to", "2024-05-01T17:00+09:00", "--source", "an image")
ME = ("--by", "an analyst")


def test_a_sighting_is_added_its_id_told_and_what_follows(desk: Desk):
    status, out, err = desk("", *SIGHT, *ME, "--ship", "kittiwake=0.6", "--ship", f"{SANDPIPER}=0.4")
    assert status == 0, err
    id_, first, *_ = out.splitlines()
    assert "SightingRecorded" in first
    (fact,) = desk.told("facts list --json")
    assert fact["id"] == id_
    assert (fact["place"], fact["to"]) == ("rajin", "2024-05-01T08:00:00Z")
    assert fact["ships"] == [{"imo": KITTIWAKE, "weight": 0.6}, {"imo": SANDPIPER, "weight": 0.4}]


def test_the_same_sighting_again_is_there_already_whatever_the_time_is(desk: Desk):
    words = (*SIGHT, *ME, "--ship", "KITTIWAKE")
    first = desk("", *words, "--known-at", "2024-05-03T00:00Z")
    again = desk("", *words)
    assert (first[0], again[0]) == (0, 0)
    assert again[1] == first[1].splitlines()[0] + "\n"
    assert "it is there already" in again[2]
    assert len(desk.told("facts list --json")) == 1


def test_an_arrival_seen_after_a_load_is_a_delivery_and_a_decision_rejects_what_it_rests_on(desk: Desk):
    words = ("--source", "an image", *ME, "--ship", "KITTIWAKE")
    span = ("--from", "2024-05-01T02:00Z", "--to", "2024-05-01T08:00Z")
    later = ("--from", "2024-05-02T02:00Z", "--to", "2024-05-02T08:00Z")
    assert desk("sight rajin --id s1", *span, *words)[0] == 0
    assert "DeliveryRecorded" in desk("sight vostochny", *later, *words)[1]
    status, out, err = desk("decide reject s1 --reason", "another ship", *ME)
    assert status == 0, err
    assert "DecisionRecorded" in out
    assert "DeliveryRetracted" in out


def test_among_made_up_ships_a_decision_is_told_as_of_their_time_and_moves_none(desk: Desk):
    replayed = desk("replay", desk.recording, "--ledger", "embedded")
    assert replayed[0] == 0, replayed[2]
    call = desk.told("calls --json")[0]["id"]
    assert desk("decide annotate", call, "--reason", "looked at", *ME)[0] == 0
    (decision,) = desk.told("facts list --json")
    newest = max(each["last_heard_at"] for each in desk.told("calls --json"))
    assert newest[:7] <= decision["at"][:7] < "2026"


def test_a_published_count_and_a_binding_are_added(desk: Desk):
    assert desk("report deliveries --from 2024-05 --low 4 --high 5 --source", "a report")[0] == 0
    assert desk("bind 200000099 kittiwake --reason", "her call sign", *ME)[0] == 0
    binding, report = desk.told("facts list --json")
    assert (binding["kind"], binding["imo"], binding["from"]) == ("binding", KITTIWAKE, None)
    assert (report["from"], report["to"], report["high"]) == ("2024-05", "2024-05", 5)


def test_the_list_is_a_table_marked_synthetic(desk: Desk):
    assert desk("facts add", desk.file(*FACTS))[0] == 0
    status, out, _ = desk("facts list")
    assert status == 0
    assert out.startswith("SYNTHETIC facts\n")
    assert "KITTIWAKE at Rajin" in out


def test_an_empty_list_is_said_and_no_failure(desk: Desk):
    status, out, err = desk("facts list")
    assert (status, out) == (0, "")
    assert "no facts have been added" in err


REFUSED = {
    "an unknown place": ("sight rajni --ship KITTIWAKE", "place: read 'rajni'.*did you mean 'rajin'"),
    "an unknown ship": ("sight rajin --ship KITIWAKE", "--ship: read 'KITIWAKE'.*did you mean 'kittiwake'"),
    "a wrong check digit": ("sight rajin --ship 2000017", "ships 1 imo: read 2000017.*check digit"),
    "a weight that is none": ("sight rajin --ship KITTIWAKE=much", "--ship: read 'KITTIWAKE=much'.*KITTIWAKE=0.7"),
    "a weight over one": ("sight rajin --ship KITTIWAKE=7", "weight: read 7.0.*0 to 1"),
    "a blank reason": ("decide reject s1 --reason=", "reason: read nothing"),
    "an unknown action": ("decide rejcet s1 --reason x", "action: read 'rejcet'.*did you mean 'reject'"),
    "a silence without end": ("decide silence alert:x:y --reason x", "until: read nothing"),
    "merge with nothing": ("decide merge s1 --reason x", "with: read nothing"),
    "an MMSI of ten digits": ("bind 2000000990 KITTIWAKE --reason x", "mmsi: read 2000000990"),
    "months upside down": ("report deliveries --from 2024-05 --to 2024-04 --low 1", "from: read 2024-05 to 2024-04"),
    "low over high": ("report deliveries --from 2024-05 --low 3 --high 1", "low: read 3, above high 1"),
    "an empty id": ("report deliveries --from 2024-05 --low 3 --id=", "id: read nothing"),
}
FILLED = {
    "sight": ("--from", "2024-05-01T02:00Z", "--to", "2024-05-01T08:00Z", "--source", "an image", *ME),
    "decide": ME,
    "bind": ME,
    "report": ("--source", "a report"),
}


@pytest.mark.parametrize(("command", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_on_the_command_line_is(desk: Desk, command: str, said: str):
    status, out, err = desk(command, *FILLED[command.split()[0]])
    assert (status, out) == (2, "")
    first, _, last = said.partition(".*")
    assert first in err
    assert last.replace("KITTIWAKE=0.7", "=0.7") in err
    assert not data_folder("demo").exists()
